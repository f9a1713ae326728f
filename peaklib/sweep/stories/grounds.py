"""Grounds of a sweep: one data set under one set of terms, and all that was tried on it."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from peaklib.errors import EvidenceError
from peaklib.robustness import Evaluated, Subject, Thresholds
from peaklib.robustness.verdict.subject import evaluate
from peaklib.sweep.cell import CellData
from peaklib.sweep.results import SweepResults
from peaklib.sweep.review.subject import peers_of, subject_of

_SAME = ("digest", "start", "end", "terms")
_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Ground:
    """Cells that measured the same bars under the same terms, computed once more.

    Args:
        cells: in the order of the sweep.
        subject: their data, terms and grids.
        fields: their grids with the moments of all windows, in the same order.
        thresholds: by which windows were made.
    """

    cells: tuple[CellData, ...]
    subject: Subject
    fields: tuple[Evaluated, ...]
    thresholds: Thresholds

    def parts(self) -> Iterator[tuple[CellData, Evaluated]]:
        """Each cell with its grid."""
        yield from zip(self.cells, self.fields, strict=True)


def ground_of(
    results: SweepResults,
    cell: CellData,
    thresholds: Thresholds,
    *,
    embargo_bars: int | None = None,
    threads: int | None = None,
) -> Ground:
    """The ground of a cell.

    Args:
        results: of the sweep.
        cell: one of its cells.
        thresholds: how windows are made.
        embargo_bars: bars between those that choose and those that judge; by default as the
            thresholds say.
        threads: all processors by default.

    Raises:
        EvidenceError: a trial gives another Sharpe now than the one on record.
    """
    if embargo_bars is not None:
        rule = thresholds.out_of_sample.model_copy(update={"embargo_bars": embargo_bars})
        thresholds = thresholds.model_copy(update={"out_of_sample": rule})
    cells, subject = peers_of(results, cell), subject_of(results, cell)
    fields = evaluate(subject, thresholds, threads=threads)
    for one, field in zip(cells, fields, strict=True):
        _check_same(one, field)
    return Ground(cells, subject, fields, thresholds)


def grounds_of(
    results: SweepResults,
    thresholds: Thresholds,
    *,
    embargo_bars: int | None = None,
    threads: int | None = None,
) -> list[Ground]:
    """All grounds under the first cost scenario; arguments as for `ground_of`."""
    found: list[Ground] = []
    for cell in results.base:
        if not any(cell is known for ground in found for known in ground.cells):
            found.append(
                ground_of(results, cell, thresholds, embargo_bars=embargo_bars, threads=threads)
            )
    return found


def _check_same(cell: CellData, field: Evaluated) -> None:
    recorded = cell.trials["sharpe"].to_numpy()
    now = field.frame["sharpe"].to_numpy()
    same = np.isclose(now, recorded, rtol=0, atol=_TOLERANCE, equal_nan=True)
    if not same.all():
        number = int(np.argmin(same))
        raise EvidenceError(
            f"trial {cell.run_id or 'preview'}:{number} gives a Sharpe of {now[number]:.12g} now "
            f"and {recorded[number]:.12g} on record: data or code have changed since"
        )
