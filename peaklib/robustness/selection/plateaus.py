"""Peak or plateau: how much of a trial's neighbourhood on the grid is nearly as good.

The rule of what is "nearly as good" is written for metrics of either sign. Let b be a benchmark
(0 by default: an account that does nothing) and p the peak. A trial of value v keeps the peak if
v - b >= keep * (p - b): it keeps that share of what the peak has *above the benchmark*. A peak that
is not above the benchmark has nothing to keep: its share is 0 and its region is empty. A metric
where less is better is to be given with its sign turned.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peaklib.errors import DataError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

KEEP: Final = 0.8
# Rows of neighbours are made for so many numbers at a time.
_BLOCK: Final = 2_000_000
_MAX_NEIGHBOURS: Final = 20_000


@dataclass(frozen=True)
class Plateau:
    """The surroundings of one trial.

    Args:
        peak: number of its row.
        value: its metric.
        neighbours: trials within `radius` steps on every axis; holes of the grid and what lies
            beyond its edges do not count.
        share: of them that keep the peak; NaN if there are none.
        median, mean: metric of the neighbours. Their median takes a trial without the metric as
            lowest (NaN if that is the median), the mean leaves it out.
        connected: (n_trials,) the region around the peak, itself included, that keeps it and can
            be walked through in single grid steps, diagonals included.
        size: number of trials in it.
        on_edge: axes with more than one value on which the peak has the first or last one: better
            ones may lie outside the grid.
    """

    peak: int
    value: float
    neighbours: int
    share: float
    median: float
    mean: float
    connected: Bools
    size: int
    on_edge: tuple[str, ...]


def plateau(
    trials: pd.DataFrame,
    params: Sequence[str],
    metric: str = "sharpe",
    *,
    keep: float = KEEP,
    at: int | None = None,
    radius: int = 1,
    benchmark: float = 0.0,
) -> Plateau:
    """How much of the neighbourhood of a trial keeps its metric.

    Args:
        trials: one row a trial, with parameters and metric; the grid may have holes.
        params: names of the grid's axes; a step is to the next value that any trial has.
        metric: column, higher is better.
        keep: share of the peak above the benchmark that is to be kept, in (0, 1].
        at: number of the peak's row; the first best one by default.
        radius: steps on every axis.
        benchmark: value of the metric that is no achievement.

    Returns:
        The neighbourhood and the connected region.

    Raises:
        DataError: unknown columns, two trials at one point, or no trial with the metric.
    """
    values = _checked(trials, params, metric, keep, radius, benchmark)
    if at is None:
        at = int(np.nanargmax(values))
    elif not 0 <= at < len(values) or np.isnan(values[at]):
        raise DataError(f"at = {at}: not one of {len(values)} rows, or a row without {metric!r}")
    grid = _Grid(trials, params, radius)
    around = values[_known(grid.neighbours(np.array([at]))[0])]
    keeps = _keeps(values, values[at], keep, benchmark)
    connected = _Grid(trials, params, 1).region(at, keeps)
    scores = _scores(around[None, :], values[[at]], keep, benchmark)
    return Plateau(
        peak=at,
        value=float(values[at]),
        neighbours=int(around.size),
        share=float(scores["share"][0]),
        median=float(scores["median"][0]),
        mean=float(scores["mean"][0]),
        connected=connected,
        size=int(connected.sum()),
        on_edge=_edges(grid.places, at, params),
    )


def plateau_scores(
    trials: pd.DataFrame,
    params: Sequence[str],
    metric: str = "sharpe",
    *,
    keep: float = KEEP,
    radius: int = 1,
    benchmark: float = 0.0,
) -> pd.DataFrame:
    """The same numbers with every trial as the peak, for "peak against plateau".

    Args:
        trials, params, metric, keep, radius, benchmark: as for `plateau`.

    Returns:
        One row a trial, with the index of `trials`: its own `value`, and `neighbours`, `share`,
        `median`, `mean`.
    """
    values = _checked(trials, params, metric, keep, radius, benchmark)
    grid = _Grid(trials, params, radius)
    # Where there is no neighbour, the place after the last trial is read.
    padded = np.append(values, np.nan)
    parts = []
    for rows in grid.parts():
        places = grid.neighbours(rows)
        missing = places < 0
        parts.append(_scores(padded[places], values[rows], keep, benchmark, missing))
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return pd.DataFrame({"value": values, **columns}, index=trials.index)


def broadest(scores: pd.DataFrame) -> int:
    """Number of the row that stands on the best plateau; the first of equals.

    A trial counts with the lower of its own metric and its neighbours' median: neither a spike nor
    a poor trial beside good ones is chosen. Only trials with at least half as many neighbours as
    the trial with most count: a median of one neighbour in a corner says little.

    Args:
        scores: from `plateau_scores`.

    Raises:
        DataError: no trial has a neighbourhood.
    """
    count = scores["neighbours"].to_numpy()
    level = np.minimum(scores["value"].to_numpy(), scores["median"].to_numpy())
    level = np.where(2 * count >= max(count.max(), 1), level, np.nan)
    if np.isnan(level).all():
        raise DataError("scores: no trial has neighbours with the metric; is the grid one point?")
    return int(np.nanargmax(level))


def grid_places(trials: pd.DataFrame, params: Sequence[str]) -> Ints:
    """Place of each trial on each axis, counted from 0 in the order of the axis' values.

    Args:
        trials: one row a trial.
        params: names of the axes.

    Returns:
        (n_trials, n_axes).
    """
    missing = [name for name in params if name not in trials.columns]
    if missing:
        raise DataError(
            f"trials: no column {missing[0]!r}; there are {', '.join(map(str, trials.columns))}"
        )
    places = [np.unique(trials[name].to_numpy(), return_inverse=True)[1] for name in params]
    return np.stack(places, axis=1) if places else np.empty((len(trials), 0), dtype=np.int64)


class _Grid:
    """Trials by their place on the grid.

    A point is one number: its places in a box that is wider than the grid by `radius` all around,
    so that a step is an addition that never wraps around to another row.
    """

    def __init__(self, trials: pd.DataFrame, params: Sequence[str], radius: int) -> None:
        self.places = grid_places(trials, params)
        sides = [int(side) + 1 + 2 * radius for side in self.places.max(axis=0, initial=0)]
        strides = [1]
        for side in sides:
            strides.append(strides[-1] * side)
        if strides[-1] > np.iinfo(np.int64).max:
            raise DataError(f"trials: axes of {sides} values are too many to number their points")
        weights = np.array(strides[:-1], dtype=np.int64)
        self.codes = (self.places + radius) @ weights
        self.order = np.argsort(self.codes, kind="stable")
        self.sorted = self.codes[self.order]
        twice = np.flatnonzero(np.diff(self.sorted) == 0)
        if twice.size:
            rows = sorted(int(row) for row in self.order[twice[0] : twice[0] + 2])
            raise DataError(
                f"trials: rows {rows[0]} and {rows[1]} are the same point in {list(params)}; name "
                "all axes, and keep one row a point"
            )
        self.steps = _steps(weights, radius)

    def parts(self) -> Iterator[Ints]:
        """All rows, in parts whose neighbours fit into memory."""
        size = max(1, _BLOCK // max(1, self.steps.size))
        for start in range(0, len(self.codes), size):
            yield np.arange(start, min(start + size, len(self.codes)))

    def neighbours(self, rows: Ints) -> Ints:
        """Rows of the neighbours of some rows, (n, n_steps), -1 where there is none."""
        wanted = self.codes[rows][:, None] + self.steps[None, :]
        found = np.minimum(np.searchsorted(self.sorted, wanted), len(self.sorted) - 1)
        return np.where(self.sorted[found] == wanted, self.order[found], -1)

    def region(self, at: int, keeps: Bools) -> Bools:
        """What can be reached from a row through rows that keep it, step by step."""
        reached = np.zeros(len(self.codes), dtype=np.bool_)
        front = np.array([at] if keeps[at] else [], dtype=np.int64)
        while front.size:
            reached[front] = True
            near = np.unique(_known(self.neighbours(front)))
            front = near[keeps[near] & ~reached[near]]
        return reached


def _steps(weights: Ints, radius: int) -> Ints:
    """What is added to a point's number to get to each of its neighbours."""
    count = (2 * radius + 1) ** len(weights) - 1
    if count > _MAX_NEIGHBOURS:
        raise DataError(
            f"radius = {radius} on {len(weights)} axes makes {count:,} neighbours, more than "
            f"{_MAX_NEIGHBOURS:,}; take a smaller radius, or fewer axes at a time"
        )
    ways = product(range(-radius, radius + 1), repeat=len(weights))
    moves = np.array([way for way in ways if any(way)], dtype=np.int64)
    return moves.reshape(count, len(weights)) @ weights


def _known(rows: Ints) -> Ints:
    return rows[rows >= 0]


def _keeps(values: Floats, peak: Floats | float, keep: float, benchmark: float) -> Bools:
    above = np.asarray(peak) - benchmark
    kept: Bools = (values - benchmark >= keep * above) & (above > 0)
    return kept


def _scores(
    around: Floats, peaks: Floats, keep: float, benchmark: float, missing: Bools | None = None
) -> dict[str, NDArray[np.generic]]:
    """Share, median and mean of (n, n_steps) values around (n,) peaks."""
    absent = np.zeros(around.shape, dtype=np.bool_) if missing is None else missing
    count = (~absent).sum(axis=1)
    known = ~np.isnan(around) & ~absent
    kept = (known & _keeps(around, peaks[:, None], keep, benchmark)).sum(axis=1)
    sums = np.where(known, around, 0.0).sum(axis=1)
    return {
        "neighbours": count,
        "share": _ratio(kept, count),
        "median": _medians(np.where(absent, np.inf, np.where(known, around, -np.inf)), count),
        "mean": _ratio(sums, known.sum(axis=1)),
    }


def _ratio(above: NDArray[np.generic], below: NDArray[np.generic]) -> Floats:
    out = np.full(above.shape, np.nan)
    np.divide(above, below, out=out, where=below != 0)
    return out


def _medians(values: Floats, count: Ints) -> Floats:
    """Median of the `count` lowest of each row; NaN where there are none or it is no number."""
    out = np.full(len(values), np.nan)
    some = count > 0
    if some.any():
        ordered, n = np.sort(values[some], axis=1), count[some]
        rows = np.arange(len(ordered))
        low, high = ordered[rows, (n - 1) // 2], ordered[rows, n // 2]
        out[some] = (low + high) / 2
    return np.where(np.isfinite(out), out, np.nan)


def _edges(places: Ints, at: int, params: Sequence[str]) -> tuple[str, ...]:
    last = places.max(axis=0, initial=0)
    return tuple(
        name
        for axis, name in enumerate(params)
        if last[axis] > 0 and places[at, axis] in (0, last[axis])
    )


def _checked(
    trials: pd.DataFrame,
    params: Sequence[str],
    metric: str,
    keep: float,
    radius: int,
    benchmark: float,
) -> Floats:
    """The metric of all trials, once the question makes sense."""
    if metric not in trials.columns:
        raise DataError(
            f"trials: no column {metric!r}; there are {', '.join(map(str, trials.columns))}"
        )
    if not 0 < keep <= 1:
        raise DataError(f"keep = {keep}; give a share above 0 and up to 1, as 0.8")
    if radius < 1:
        raise DataError(f"radius = {radius}; give 1 or more grid steps")
    if not np.isfinite(benchmark):
        raise DataError(f"benchmark = {benchmark}; give a finite value of {metric!r}")
    values = trials[metric].to_numpy(dtype=np.float64)
    if values.size == 0 or np.isnan(values).all():
        raise DataError(f"trials: none of {values.size} has the metric {metric!r}")
    return values
