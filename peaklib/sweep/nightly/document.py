"""What a night says to others, as plain values: the JSON beside the page, and the alert."""

import os
from collections.abc import Sequence
from typing import Any, Final

from peaklib.evidence.redaction.secrets import Secrets
from peaklib.sweep.nightly.compare import SHARPES, Finding
from peaklib.sweep.nightly.night import Night, SweepNight
from peaklib.sweep.nightly.record import CellRecord

SCHEMA: Final = "peak-nightly/1"
ALERT_SCHEMA: Final = "peak-nightly-alert/1"
# A message is read on a telephone; the page has the rest.
_MOST_ALERTS: Final = 50

Document = dict[str, Any]


def word_of(alerts: int) -> str:
    """The night in a word or two: `all well`, `1 alert`, `3 alerts`."""
    return f"{alerts} alert{'s' if alerts != 1 else ''}" if alerts else "all well"


def document_of(night: Night, undelivered: Sequence[Finding] = ()) -> Document:
    """All that a night says, secrets redacted.

    Args:
        night: that is sealed.
        undelivered: alerts about alerts that did not arrive; the pack cannot know of them.

    Returns:
        Plain values, the schema `peak-nightly/1` of `docs/reference/nightly.md`.
    """
    record = night.run.record()
    found = [*night.findings, *undelivered]
    alerts = [_said(finding) for finding in found if finding.level == "alert"]
    previous = None
    if night.previous is not None:
        previous = {"run_id": night.previous.run.run_id, "start": night.previous.start}
    plain: Document = {
        "schema": SCHEMA,
        "name": night.config.name,
        "word": word_of(len(alerts)),
        "run_id": night.run.run_id,
        "root": night.run.root,
        "start": record["start"],
        "end": record["end"],
        "commit": record["code"]["commit"],
        "previous": previous,
        "alerts": alerts,
        "notes": [_said(finding) for finding in found if finding.level == "note"],
        "sweeps": [_sweep(sweep) for sweep in night.sweeps],
        "cells": [_cell(cell, night) for cell in night.cells.values()],
        "repeats": [
            {
                "sweep": done.cell.sweep,
                "cell": done.cell.cell,
                "run_id": done.cell.run_id,
                "word": done.word,
                "detail": done.detail,
            }
            for done in night.repeats
        ],
        "limits": night.config.drift.model_dump(),
    }
    redacted: Document = Secrets.known(os.environ).value(plain)
    return redacted


def message_of(document: Document) -> Document:
    """What is posted and filed: the alerts, and where to read on.

    Args:
        document: as `document_of` made it.
    """
    kept = ("name", "word", "run_id", "root", "start", "end", "previous")
    return {
        "schema": ALERT_SCHEMA,
        **{name: document[name] for name in kept},
        "page": f"{document['name']}.html",
        "n_alerts": len(document["alerts"]),
        "n_notes": len(document["notes"]),
        "alerts": document["alerts"][:_MOST_ALERTS],
    }


def _said(finding: Finding) -> dict[str, str]:
    return {
        "kind": finding.kind,
        "sweep": finding.sweep,
        "cell": finding.cell,
        "text": finding.text,
    }


def _sweep(sweep: SweepNight) -> dict[str, Any]:
    return {
        "sweep": sweep.name,
        "path": sweep.path,
        "run_id": sweep.run_id,
        "error": sweep.error,
        "cells": len(sweep.cells),
        "failed": sweep.failed,
        "resumed": sum(cell.state == "resumed" for cell in sweep.cells),
        "trials": sum(cell.n_trials for cell in sweep.cells if cell.finished),
        "report": sweep.report,
    }


def _cell(cell: CellRecord, night: Night) -> dict[str, Any]:
    """A cell with its Sharpe ratios of tonight and of the night before."""
    old = night.previous.cells.get(cell.id) if night.previous else None
    row: dict[str, Any] = {"sweep": cell.sweep, "cell": cell.cell, "state": cell.state}
    row |= {"run_id": cell.run_id, "content": cell.content if cell.finished else ""}
    for name in SHARPES:
        row[name] = cell.metrics.get(name) if cell.finished else None
        row[f"{name}_before"] = old.metrics.get(name) if old else None
    row["content_before"] = old.content if old else ""
    return row
