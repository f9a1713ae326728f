"""One night held against the one before: what moved, what broke, what is new."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Final, Literal

from peaklib.errors import PeakError
from peaklib.sweep.nightly.config import Drift
from peaklib.sweep.nightly.record import CellRecord, Cells

Level = Literal["alert", "note"]
Kind = Literal[
    "broken", "drift", "data", "content", "repro", "removed", "new", "recovered", "evidence",
    "report", "delivery", "first",
]  # fmt: skip

SHARPES: Final = ("best_sharpe", "hold_sharpe")
# As in `peak repro`: closer numbers are the same number.
_RTOL: Final = 1e-9
_ATOL: Final = 1e-12
_NAMED: Final = 3


@dataclass(frozen=True)
class Finding:
    """One thing that a night found.

    Args:
        level: an `alert` is worth waking somebody for, a `note` is worth reading.
        kind: what it is about.
        sweep, cell: where; empty if it is about no single one.
        text: what was found, in one line.
    """

    level: Level
    kind: Kind
    sweep: str
    cell: str
    text: str


def compare_cells(before: Cells, now: Cells, limits: Drift) -> list[Finding]:
    """What became of the cells since the previous night.

    Args:
        before: what that night kept; empty on the first one.
        now: tonight's, with those of broken sweeps: see `record.carried`.
        limits: what is worth an alert.

    Returns:
        Findings by kind: failed cells first, then drift, data, content, removed, new, recovered.
    """
    both = [(before[id_], cell) for id_, cell in now.items() if id_ in before]
    known = [(old, new) for old, new in both if new.finished and old.measured]
    return [
        *_failed(now),
        *(finding for old, new in known for finding in _drift(old, new, limits)),
        *_data(known, limits),
        *(finding for old, new in known for finding in _content(old, new, limits)),
        *_gone(before, now),
        *_new(before, now),
        *(
            Finding("note", "recovered", *new.id, "has a result again")
            for old, new in both
            if new.finished and not old.finished
        ),
    ]


def differing(old: CellRecord, new: CellRecord) -> list[str]:
    """Metrics that are not the same number on both nights, sorted."""
    names = sorted({*old.metrics, *new.metrics})
    return [
        name
        for name in names
        if (name in old.metrics) != (name in new.metrics)
        or not _same(old.metrics[name], new.metrics[name])
    ]


def one_line(error: BaseException) -> str:
    """What an error says, in one line; of one that nobody raised on purpose with its name."""
    text = " ".join(str(error).split())
    return text if isinstance(error, PeakError) else f"{type(error).__name__}: {text}".rstrip(": ")


def _same(old: float | None, new: float | None) -> bool:
    if old is None or new is None:
        return old is new
    return old == new or math.isclose(old, new, rel_tol=_RTOL, abs_tol=_ATOL)


def _failed(now: Cells) -> Iterator[Finding]:
    for cell in now.values():
        if cell.state == "failed":
            where = f"; see runs/{cell.run_id}/" if cell.run_id else ""
            yield Finding("alert", "broken", *cell.id, f"failed: {cell.error}{where}")


def _drift(old: CellRecord, new: CellRecord, limits: Drift) -> Iterator[Finding]:
    """Sharpe ratios one by one, and the share of all metrics if others moved as well."""
    told = set()
    for name in SHARPES:
        if name in old.metrics and name in new.metrics:
            was, is_ = old.metrics[name], new.metrics[name]
            apart = abs(is_ - was) if was is not None and is_ is not None else math.inf
            if apart > limits.sharpe and not _same(was, is_):
                told.add(name)
                moved = f"{name} {_shown(was)} → {_shown(is_)}"
                said = f"{moved} (moved by {apart:.4g}, limit {limits.sharpe:g})"
                yield Finding("alert", "drift", *new.id, said)
    names, every = differing(old, new), {*old.metrics, *new.metrics}
    if {*names} - told and len(names) / len(every) > limits.metrics:
        share = f"{len(names)} of {len(every)} metrics differ (limit {limits.metrics:.0%})"
        yield Finding("alert", "drift", *new.id, f"{share}: {_listed(names)}")


def _data(pairs: list[tuple[CellRecord, CellRecord]], limits: Drift) -> Iterator[Finding]:
    """Changed data sets, each once for each sweep that reads it."""
    changed = sorted(
        (new.sweep, label, old.inputs.get(label, "none")[:12], new.inputs.get(label, "none")[:12])
        for old, new in pairs
        for label in {*old.inputs, *new.inputs}
        if old.inputs.get(label) != new.inputs.get(label)
    )
    for (sweep, label, was, is_), cells in groupby(changed):
        said = f"{label}: digest {was} → {is_}, read by {_count(len([*cells]), 'cell')}"
        yield Finding(limits.new_data, "data", sweep, "", said)


def _content(old: CellRecord, new: CellRecord, limits: Drift) -> Iterator[Finding]:
    if old.content == new.content:
        return
    if old.key == new.key:
        said = "the same notebook, parameters, data, seed and code gave another content digest"
        told = f"{said}: {old.content[:12]} → {new.content[:12]}"
        yield Finding("alert", "content", *new.id, told)
    elif not [*_drift(old, new, limits)]:
        said = "another content digest, from other inputs or code; its metrics are within limits"
        yield Finding("note", "content", *new.id, said)


def _gone(before: Cells, now: Cells) -> Iterator[Finding]:
    there = {cell.sweep for cell in now.values()}
    gone = [cell for id_, cell in before.items() if id_ not in now]
    for sweep, cells in groupby(gone, lambda cell: cell.sweep):
        names = [cell.cell for cell in cells]
        if sweep in there:
            for name in names:
                yield Finding("alert", "removed", sweep, name, "is no cell of this sweep any more")
        else:
            said = f"is run no more; it had {_count(len(names), 'cell')}"
            yield Finding("alert", "removed", sweep, "", said)


def _new(before: Cells, now: Cells) -> Iterator[Finding]:
    """What there is nothing to compare with; on the first night that goes without saying."""
    sweeps = {cell.sweep for cell in before.values()}
    fresh = [cell for id_, cell in now.items() if before and id_ not in before]
    for sweep, cells in groupby(fresh, lambda cell: cell.sweep):
        names = [cell.cell for cell in cells]
        if sweep in sweeps:
            for name in names:
                yield Finding("note", "new", sweep, name, "is new; nothing to compare with")
        else:
            yield Finding("note", "new", sweep, "", f"is new, with {_count(len(names), 'cell')}")


def _shown(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.4f}"


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' if number != 1 else ''}"
