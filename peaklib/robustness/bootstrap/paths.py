"""Monte-Carlo paths: what the same trades or days could have done in another order.

`shuffle_trades` keeps every round trip and permutes their order: the end is the same, the
way there is not. `bootstrap_paths` draws days in runs with replacement: both vary. Wealth
starts from 1.0; once it is 0 it stays there. Of each path three numbers are kept, and wealth
at a few points of time of the first paths, for a fan chart.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from peaklib.errors import DataError
from peaklib.evidence.compiled import compiled
from peaklib.robustness.bootstrap.draws import checked_returns, default_block_length
from peaklib.robustness.bootstrap.resampling import Chunk, Ints, Kind, chunks, draw_runs, guide_of
from peaklib.robustness.bootstrap.threads import for_each

Floats = NDArray[np.float64]

QUANTILES: Final = (0.05, 0.25, 0.5, 0.75, 0.95)
_POINTS: Final = 200
# The bands of a chart need no more: their error is far below the width of a line.
_BAND_PATHS: Final = 10_000


@dataclass(frozen=True, eq=False)
class MonteCarlo:
    """What many paths came to.

    Args:
        method: "shuffle_trades" or "bootstrap_paths".
        steps: trades or bars of each path.
        block_length: mean length of a run in bars; None for shuffled trades.
        seed: of the draws.
        wealth: (paths,) at the end, where 1.0 is the start.
        max_drawdown: (paths,) largest loss from a running peak, 0 or negative.
        lowest: (paths,) lowest wealth on the way, at most 1.0.
        bands: quantiles of wealth over time: a row for each of at most 200 steps (index
            `step`, 0 is the start), a column for each quantile.
        band_paths: number of paths, the first ones, that the bands come from.
    """

    method: str
    steps: int
    block_length: float | None
    seed: int
    wealth: Floats
    max_drawdown: Floats
    lowest: Floats
    bands: pd.DataFrame
    band_paths: int

    @property
    def paths(self) -> int:
        """How many there are."""
        return self.wealth.size

    def ruin_probability(self, level: float = 0.5) -> float:
        """Share of paths whose wealth falls to `level` of its start or below, at any time.

        Raises:
            DataError: a level outside [0, 1).
        """
        if not 0.0 <= level < 1.0:
            raise DataError(f"level = {level!r}; give a share of the start below 1, as 0.5")
        return float(np.mean(self.lowest <= level))

    def quantiles(self, levels: Sequence[float] = QUANTILES) -> pd.DataFrame:
        """Quantiles of final wealth and largest drawdown, a row for each level in [0, 1].

        Raises:
            DataError: a level outside [0, 1].
        """
        wanted = checked_quantiles(levels)
        return pd.DataFrame(
            {
                "wealth": np.quantile(self.wealth, wanted),
                "max_drawdown": np.quantile(self.max_drawdown, wanted),
            },
            index=pd.Index(wanted, name="quantile"),
        )


def shuffle_trades(
    trade_returns: ArrayLike,
    *,
    paths: int = 2000,
    seed: int = 0,
    quantiles: Sequence[float] = QUANTILES,
    threads: int | None = None,
) -> MonteCarlo:
    """Permute the order of round trips; every order is equally likely.

    Says how lucky the order was, and nothing about the trades themselves: the final
    wealth of all paths is the same. Drawdowns within a trade are not seen.

    Args:
        trade_returns: (n,) profit of each round trip over equity at its entry, n >= 2.
        paths: how many.
        seed: of the permutations.
        quantiles: of the bands.
        threads: all processors if None; results do not depend on it.

    Raises:
        DataError: trades that are no finite series, or an argument out of range.
    """
    growth = _growth(trade_returns, "trade_returns")
    marks, kept = _marks(growth.size), _Kept(paths, growth.size)

    def work(chunk: Chunk) -> None:
        start, stop, generator = chunk
        _fill_shuffled(generator, growth, marks, kept.ends[start:stop], kept.of(start, stop))

    for_each(work, chunks(paths, seed), threads)
    return kept.result("shuffle_trades", None, seed, quantiles)


def bootstrap_paths(
    returns: ArrayLike,
    *,
    paths: int = 2000,
    horizon: int | None = None,
    block_length: float | None = None,
    kind: Kind = "stationary",
    seed: int = 0,
    quantiles: Sequence[float] = QUANTILES,
    threads: int | None = None,
) -> MonteCarlo:
    """Draw paths from bars in runs, as `bootstrap_metric` draws resamples.

    Args:
        returns: (n,) simple returns per bar, n >= 2.
        paths: how many.
        horizon: bars of a path; n if None, may be more.
        block_length: mean length of a run, in bars; that of Politis and White if None.
        kind: "stationary" or "circular".
        seed: of the draws.
        quantiles: of the bands.
        threads: all processors if None; results do not depend on it.

    Raises:
        DataError: returns that are no finite series, or an argument out of range.
    """
    growth = _growth(returns, "returns")
    size = growth.size if horizon is None else horizon
    if size < 1:
        raise DataError(f"horizon = {horizon}; give bars, at least 1, or None for all")
    length = default_block_length(growth - 1.0, kind) if block_length is None else block_length
    guide, log_stay = guide_of(kind, length)
    marks, kept = _marks(size), _Kept(paths, size)

    def work(chunk: Chunk) -> None:
        start, stop, generator = chunk
        own = kept.ends[start:stop]
        _fill_drawn(generator, growth, size, guide, log_stay, marks, own, kept.of(start, stop))

    for_each(work, chunks(paths, seed), threads)
    return kept.result("bootstrap_paths", float(length), seed, quantiles)


def checked_quantiles(levels: Sequence[float]) -> Floats:
    """Levels in [0, 1], at least one.

    Raises:
        DataError: anything else.
    """
    wanted = np.asarray(levels, dtype=np.float64)
    if wanted.ndim != 1 or not wanted.size or not ((wanted >= 0.0) & (wanted <= 1.0)).all():
        raise DataError(f"quantiles = {levels!r}; give shares from 0 to 1, as (0.05, 0.5, 0.95)")
    return wanted


class _Kept:
    """What is kept of the paths while they are made."""

    def __init__(self, paths: int, steps: int) -> None:
        self.steps = steps
        self.ends = np.empty((max(paths, 0), 3))
        self.waypoints = np.empty((min(max(paths, 0), _BAND_PATHS), _marks(steps).size))

    def of(self, start: int, stop: int) -> Floats:
        """Where paths start … stop - 1 write their waypoints; fewer rows, or none, at the end."""
        return self.waypoints[start:stop]

    def result(
        self, method: str, block_length: float | None, seed: int, quantiles: Sequence[float]
    ) -> MonteCarlo:
        wanted = checked_quantiles(quantiles)
        bands = pd.DataFrame(
            np.quantile(self.waypoints, wanted, axis=0).T,
            index=pd.Index(_marks(self.steps), name="step"),
            columns=pd.Index(wanted, name="quantile"),
        )
        return MonteCarlo(
            method,
            self.steps,
            block_length,
            seed,
            self.ends[:, 0].copy(),
            self.ends[:, 1] - 1.0,
            self.ends[:, 2].copy(),
            bands,
            len(self.waypoints),
        )


def _growth(returns: ArrayLike, name: str) -> Floats:
    return np.asarray(np.maximum(1.0 + checked_returns(returns, name), 0.0))


def _marks(steps: int) -> Ints:
    """Steps of a fan chart, from 0 to the last, at most 200."""
    return np.unique(np.linspace(0, steps, min(steps + 1, _POINTS)).round().astype(np.int64))


@compiled
def _follow(growth: Floats, marks: Ints, ends: Floats, waypoints: Floats) -> None:
    """Write final wealth, lowest value / peak and lowest wealth, and wealth at the marks.

    Args:
        growth: (steps,) factors of the path.
        marks: (k,) steps, the first 0.
        ends: (3,) written.
        waypoints: (k,) written, or empty.
    """
    wealth, level, deepest, lowest, mark = 1.0, 1.0, 1.0, 1.0, 1
    if waypoints.size:
        waypoints[0] = 1.0
    for t in range(growth.size):
        wealth *= growth[t]
        level = min(level * growth[t], 1.0)
        deepest, lowest = min(deepest, level), min(lowest, wealth)
        if mark < waypoints.size and marks[mark] == t + 1:
            waypoints[mark] = wealth
            mark += 1
    ends[0], ends[1], ends[2] = wealth, deepest, lowest


@compiled
def _fill_shuffled(
    generator: np.random.Generator, growth: Floats, marks: Ints, ends: Floats, waypoints: Floats
) -> None:
    own, nothing = growth.copy(), np.empty(0)
    for k in range(ends.shape[0]):
        for i in range(own.size - 1, 0, -1):
            j = int(generator.random() * (i + 1))
            own[i], own[j] = own[j], own[i]
        _follow(own, marks, ends[k], waypoints[k] if k < waypoints.shape[0] else nothing)


@compiled
def _fill_drawn(
    generator: np.random.Generator,
    growth: Floats,
    size: int,
    guide: Ints,
    log_stay: float,
    marks: Ints,
    ends: Floats,
    waypoints: Floats,
) -> None:
    n, path, nothing = growth.size, np.empty(size), np.empty(0)
    starts, lengths = np.empty(size, np.int32), np.empty(size, np.int32)
    for k in range(ends.shape[0]):
        count, step = draw_runs(generator, n, size, guide, log_stay, starts, lengths), 0
        for j in range(count):
            t = starts[j]
            for _ in range(lengths[j]):
                path[step] = growth[t]
                step += 1
                t = t + 1 if t + 1 < n else 0
        _follow(path, marks, ends[k], waypoints[k] if k < waypoints.shape[0] else nothing)
