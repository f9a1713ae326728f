"""A night as one page: the word and the alerts first, then the sweeps."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from peaklib.render import commands, key_values, render_page, table
from peaklib.render.first_screen import MARKER
from peaklib.render.html import Fragment, escape
from peaklib.sweep.nightly.document import Document

if TYPE_CHECKING:
    from nbformat import NotebookNode

_CELLS: Final = 40
_ALERTS: Final = 25
_MINUTE: Final = 16
# Kinds of alerts, as they are counted in one sentence.
_KINDS: Final = {
    "broken": "broken",
    "drift": "drifted",
    "data": "with other data",
    "content": "of other content",
    "repro": "not reproduced",
    "removed": "removed",
    "evidence": "altered",
    "report": "without report",
    "delivery": "not delivered",
}


@dataclass(frozen=True, repr=False)
class _Answer(Fragment):
    """The first screen of a night; its word is none of the verdicts of a report."""

    document: Document

    def html(self) -> str:
        """The word, one sentence, and what was looked at, in the places of a report's screen."""
        said, well = self.document, not self.document["alerts"]
        items = "".join(
            f"<li><span>{escape(name)}</span> {escape(value)}</li>" for name, value in _origin(said)
        )
        rows = "".join(
            f'<tr class="peak-{"fail" if bad else "pass"}"><td>{"✕" if bad else "✓"}</td>'
            f'<th scope=row>{escape(name)}</th><td class="n">{escape(value)}</td></tr>'
            for bad, name, value in _facts(said)
        )
        return (
            f'<section class="{MARKER}" data-verdict="{escape(said["word"])}">'
            f'<ul class="peak-provenance">{items}</ul><div class="peak-answer"><div>'
            f'<p class="peak-question">Did anything change since the previous night?</p>'
            f'<p class="peak-verdict peak-{"better" if well else "worse"}">'
            f"<span>{'✓' if well else '✕'}</span> {escape(said['word'])}</p>"
            f'<h1 class="peak-headline">{escape(headline(said))}</h1></div>'
            f'<table class="peak-facts"><caption>Looked at</caption><tbody>{rows}</tbody></table>'
            "</div></section>"
        )

    def __repr__(self) -> str:
        return f"{self.document['word']}: {headline(self.document)}"


def headline(document: Document) -> str:
    """The night in one sentence: its one alert, the kinds of many, or that all is as it was."""
    alerts = document["alerts"]
    if len(alerts) == 1:
        (first,) = alerts
        where = " · ".join(part for part in (first["sweep"], first["cell"]) if part)
        return f"{where + ': ' if where else ''}{_brief(first['text'])}"
    if alerts:
        kinds = [alert["kind"] for alert in alerts]
        return ", ".join(f"{kinds.count(kind)} {_KINDS[kind]}" for kind in dict.fromkeys(kinds))
    if document["previous"] is None:
        return "The first night: every sweep ran; there is nothing to compare with yet"
    n_cells = len(document["cells"])
    return f"{n_cells} cell{'s' if n_cells != 1 else ''} within limits of the previous night"


def write_page(document: Document, target: Path) -> Path:
    """Write a night's page as one HTML file that needs no network.

    Args:
        document: as `document.document_of` made it.
        target: the file; its folder must exist.

    Returns:
        `target`.

    Raises:
        NotebookError: the page would be too large.
    """
    parts: list[Any] = [_Answer(document), *_tables(document), key_values(_provenance(document))]
    parts.append(commands(_commands(document)))
    return render_page(_notebook(parts), target, title=document["name"])


def _origin(document: Document) -> Sequence[tuple[str, str]]:
    previous = document["previous"]
    against = f"{previous['run_id']}, {_minute(previous['start'])}" if previous else "none"
    return (
        ("night", document["name"]),
        ("run", document["run_id"]),
        ("began", _minute(document["start"])),
        ("compared with", against),
    )


def _facts(document: Document) -> list[tuple[bool, str, str]]:
    """Whether it is bad, what was looked at, and how much of it is well."""
    kinds = [alert["kind"] for alert in document["alerts"]]
    sweeps, cells, repeats = document["sweeps"], document["cells"], document["repeats"]
    broken = sum(bool(sweep["error"]) for sweep in sweeps)
    finished = sum(cell["state"] in ("done", "resumed") for cell in cells)
    alike = sum(done["word"] in ("identical", "equivalent") for done in repeats)
    moved = sum(kind in ("drift", "content", "data") for kind in kinds)
    undelivered = kinds.count("delivery")
    return [
        (broken > 0, "sweeps run", f"{len(sweeps) - broken} of {len(sweeps)}"),
        (finished < len(cells), "cells with a result", f"{finished} of {len(cells)}"),
        (moved > 0, "changes beyond the limits", str(moved)),
        (alike < len(repeats), "reproduced", f"{alike} of {len(repeats)}"),
        *([(True, "alerts that reached nobody", str(undelivered))] if undelivered else []),
    ]


def _tables(document: Document) -> list[Any]:
    found: list[Any] = []
    for rows, caption in (("alerts", "Alerts"), ("notes", "Notes")):
        if document[rows]:
            frame = pd.DataFrame(document[rows])
            found.append(table(frame, caption=caption, fold=_ALERTS))
        elif rows == "alerts":
            found.append(key_values([("Alerts", "none")]))
    # Alerts, sweeps, then the rest: in the order of what a reader does about it.
    found.insert(1, table(_sweeps(document), caption="Sweeps"))
    if document["cells"]:
        found.append(table(_cells(document), caption="Cells, tonight and before", fold=_CELLS))
    if document["repeats"]:
        frame = pd.DataFrame(document["repeats"])
        found.append(table(frame, caption="Cells of the previous night, run again", fold=_CELLS))
    return found


def _sweeps(document: Document) -> pd.DataFrame:
    rows = pd.DataFrame(document["sweeps"])
    state = [
        "✕ broke" if row["error"] else f"✕ {row['failed']} failed" if row["failed"] else "✓"
        for row in document["sweeps"]
    ]
    shown = rows[["sweep", "cells", "resumed", "trials", "run_id", "report"]]
    return shown.assign(state=state)[["state", *shown.columns]]


def _cells(document: Document) -> pd.DataFrame:
    rows = pd.DataFrame(document["cells"])
    same = [
        "–" if not (row["content"] and row["content_before"])
        else "same" if row["content"] == row["content_before"]
        else "other"
        for row in document["cells"]
    ]  # fmt: skip
    numbers = ["best_sharpe_before", "best_sharpe", "hold_sharpe_before", "hold_sharpe"]
    plain = rows[["sweep", "cell", "state"]].join(rows[numbers].astype(float))
    names = {
        "best_sharpe_before": "best_sharpe, before",
        "hold_sharpe_before": "hold_sharpe, before",
    }
    return plain.rename(columns=names).assign(content=same)


def _provenance(document: Document) -> list[tuple[str, str]]:
    limits = document["limits"]
    said = (
        f"Sharpe {limits['sharpe']:g}, share of metrics {limits['metrics']:.0%}, "
        f"changed data: {limits['new_data']}"
    )
    return [
        ("run", f"{document['run_id']}   root {document['root']}"),
        ("began, ended", f"{_minute(document['start'])}, {_minute(document['end'])}"),
        ("code", document["commit"] or "not in a commit"),
        ("limits", said),
    ]


def _commands(document: Document) -> list[tuple[str, str]]:
    run_id = document["run_id"]
    return [
        (
            "Check this page and every run behind it",
            f"peak evidence verify reports/{document['name']}.html",
        ),
        ("Look at the night's own run", f"peak runs show {run_id}"),
    ]


def _minute(stamp: str) -> str:
    """A time of a record to the minute, in UTC."""
    return f"{stamp[:_MINUTE].replace('T', ' ')} UTC"


def _brief(text: str, longest: int = 110) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _notebook(parts: Sequence[Fragment]) -> "NotebookNode":
    """What the page shows, in the form that pages are made from."""
    from nbformat import v4

    cells = []
    for number, part in enumerate(parts):
        output = v4.new_output("display_data", data={"text/html": part._repr_html_()})
        cells.append(v4.new_code_cell("", outputs=[output], id=f"part-{number}"))
    made: NotebookNode = v4.new_notebook(cells=cells)
    return made
