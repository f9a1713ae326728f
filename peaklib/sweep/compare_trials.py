"""The best trials of sweeps held against each other: curves, intervals, and their grids."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import pandas as pd

from peaklib.errors import PeakError
from peaklib.evidence import SealedRun, open_run
from peaklib.evidence.trials.points import read_record
from peaklib.metrics import sharpe
from peaklib.sweep.analysis import Best, best_of
from peaklib.sweep.cell import CellData
from peaklib.sweep.comparison import return_correlations
from peaklib.sweep.curves import (
    Curve,
    curve_of,
    curve_returns,
    hold_of,
    last_bars,
    sharpe_difference,
    sharpe_interval,
)
from peaklib.sweep.results import SweepResults

if TYPE_CHECKING:
    from peaklib.robustness.bootstrap.intervals import Interval

Found = TypeVar("Found")

KEEP: Final = 0.8
"""A neighbour on the grid belongs to the plateau if it keeps this share of the best Sharpe."""
# Of the points that two grids share, so many are the top of each.
_TENTH: Final = 10
_LEAST: Final = 10
_BY: Final = "sharpe"


@dataclass(frozen=True)
class Side:
    """The best trial of some cells of one sweep.

    Args:
        sweep: number of the sweep.
        best: its highest Sharpe, in sample.
        n_trials: it was chosen among so many.
        plateau: share of its neighbours on the grid that keep `KEEP` of it, or None.
        sharpe: over the bars that are compared; None if they are fewer than those that it was
            chosen on and there is no curve.
        curve: its equity over these bars, or why there is none.
        interval: of `sharpe`; None without a curve.
    """

    sweep: int
    best: Best
    n_trials: int
    plateau: float | None
    sharpe: float | None
    curve: Curve
    interval: "Interval | None"


@dataclass(frozen=True)
class Overlap:
    """How far two grids agree on what is good, over the points that have a Sharpe in both.

    Args:
        common: such points.
        top: how many of them are the top of each grid: a tenth, at least ten, never more
            than half.
        shared: points in both tops.
        jaccard: points in both tops over points in either.
        by_chance: `jaccard` of tops that share as many points as chance lets them expect.
        rank_correlation: Spearman's, of the Sharpe ratios; None where it is undefined.
    """

    common: int
    top: int
    shared: int
    jaccard: float
    by_chance: float
    rank_correlation: float | None


@dataclass(frozen=True)
class Pair:
    """Two sides on the same ground.

    Args:
        one, other: numbers of the sweeps.
        overlap: of their grids; None where strategies differ or no point is shared.
        difference: Sharpe of one minus that of the other, or None.
        correlation: of their returns, or None.
        reason: why there is no difference.
    """

    one: int
    other: int
    overlap: Overlap | None
    difference: "Interval | None"
    correlation: float | None
    reason: str = ""


@dataclass(frozen=True)
class Study:
    """Computes what is held against each other; no trial is replayed twice.

    Args:
        sweeps: all of them.
        labels: what each is called.
        runs: folder of the packs; the project's by default.
    """

    sweeps: Sequence[SweepResults]
    labels: Sequence[str]
    runs: Path | None = None
    _curves: dict[str, tuple[Curve, "Interval | None"]] = field(default_factory=dict, repr=False)

    def side(self, number: int, cells: Sequence[CellData]) -> Side | None:
        """The best of some cells of a sweep; None if no trial has a Sharpe."""
        found = [best_of(replace(self.sweeps[number], cells=(cell,))) for cell in _ranked(cells)]
        if not found:
            return None
        # Of equals, the first.
        best = max(found, key=lambda each: each.metrics[_BY])
        count = sum(len(cell.trials) for cell in cells)
        return Side(
            number, best, count, plateau_of(best), best.metrics[_BY], *self._curve(number, best)
        )

    def over(self, side: Side, count: int) -> Side:
        """A side over its last bars only.

        Grids with other look-backs begin to be measured on other days: numbers of both exist
        over the bars that they share, and there they can be computed again.
        """
        used = side.best.cell.conventions
        if count == used["n_bars"]:
            return side
        curve, bars = last_bars(side.curve, count), used["bars_per_year"]
        found = _or_none(lambda: sharpe(curve_returns(curve), periods_per_year=bars))
        interval = _or_none(lambda: sharpe_interval(curve, bars))
        return replace(side, sharpe=found, curve=curve, interval=interval)

    def pair(self, one: Side, other: Side) -> Pair:
        """Two sides, whose cells must stand on the same ground."""
        overlap = overlap_of(one.best.cell, other.best.cell)
        try:
            bars = one.best.cell.conventions["bars_per_year"]
            difference = sharpe_difference(one.curve, other.curve, bars)
        except PeakError as error:
            return Pair(one.sweep, other.sweep, overlap, None, None, str(error))
        (rho,) = return_correlations([one.curve, other.curve]).values()
        defined = None if math.isnan(rho) else rho
        return Pair(one.sweep, other.sweep, overlap, difference, defined)

    def hold(self, side: Side) -> "pd.Series[float] | None":
        """Equity of the benchmark on the ground of a side."""
        return _or_none(lambda: hold_of(*self._point(side.best)))

    def _curve(self, number: int, best: Best) -> tuple[Curve, "Interval | None"]:
        if best.trial not in self._curves:
            try:
                curve = curve_of(*self._point(best), self.labels[number])
            except PeakError as error:
                curve = Curve(self.labels[number], None, str(error))
            bars = best.cell.conventions["bars_per_year"]
            interval = _or_none(lambda: sharpe_interval(curve, bars))
            self._curves[best.trial] = curve, interval
        curve, interval = self._curves[best.trial]
        # Two sweeps may stand on one cell that was resumed.
        return replace(curve, label=self.labels[number]), interval

    def _point(self, best: Best) -> tuple[SealedRun, dict[str, Any]]:
        run = open_run(best.cell.run_id, runs=self.runs)
        return run, read_record(run, int(best.trial.rpartition(":")[2]))


def _ranked(cells: Sequence[CellData]) -> list[CellData]:
    return [cell for cell in cells if cell.trials[_BY].notna().any()]


def plateau_of(best: Best) -> float | None:
    """Share of a trial's neighbours on the grid that keep `KEEP` of its Sharpe.

    Returns:
        A fraction, 0 where the Sharpe itself is not above 0; None if it has no neighbour.
    """
    from peaklib.robustness.selection.plateaus import plateau

    cell, number = best.cell, int(best.trial.rpartition(":")[2])
    share = plateau(cell.trials, cell.params, _BY, keep=KEEP, at=number).share
    return None if math.isnan(share) else share


def overlap_of(one: CellData, other: CellData) -> Overlap | None:
    """How far two grids agree; None where strategies differ or no point is in both."""
    first, second = one.trials, other.trials
    if first.attrs["strategy"] != second.attrs["strategy"]:
        return None
    names = _parameters(one)
    if names != _parameters(other):
        return None
    if not names:
        return None
    both = _points(one, names).merge(_points(other, names), on=names).dropna()
    sharpes, count = both[[f"{_BY}_x", f"{_BY}_y"]], len(both)
    if not count:
        return None
    top = max(1, min(max(count // _TENTH, _LEAST), count // 2))
    here, there = (set(_best_rows(sharpes.iloc[:, side], top)) for side in (0, 1))
    expected = top * top / count
    rho = float(sharpes.rank().corr().to_numpy()[0, 1]) if count > 1 else math.nan
    return Overlap(
        count,
        top,
        len(here & there),
        len(here & there) / len(here | there),
        expected / (2 * top - expected),
        None if math.isnan(rho) else rho,
    )


def _parameters(cell: CellData) -> list[str]:
    """Names of all parameters; what one grid fixes may be an axis of the other."""
    return sorted({*cell.trials.attrs["fixed"], *cell.params})


def _points(cell: CellData, names: Sequence[str]) -> pd.DataFrame:
    """All parameters of each trial as numbers, and its Sharpe."""
    fixed = cell.trials.attrs["fixed"]
    columns = {name: cell.trials[name] if name in cell.params else fixed[name] for name in names}
    return pd.DataFrame({**columns, _BY: cell.trials[_BY]}).astype("float64")


def _best_rows(sharpes: "pd.Series[float]", count: int) -> pd.Index:
    return sharpes.sort_values(ascending=False, kind="stable").index[:count]


def _or_none(compute: Callable[[], Found]) -> Found | None:
    """What is computed; None if an error of ours says that it cannot be."""
    try:
        return compute()
    except PeakError:
        return None
