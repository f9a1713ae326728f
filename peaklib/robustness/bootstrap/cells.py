"""An interval for each trial of a grid, so that a heatmap can say how sure its cells are.

All trials are drawn by the same bars (common random numbers): what two cells share, such as
the market's luck, cancels when they are compared. Returns stream through in batches.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain, islice
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from peaklib.errors import DataError
from peaklib.metrics import checked_year
from peaklib.robustness.bootstrap.draws import checked_returns, default_block_length
from peaklib.robustness.bootstrap.intervals import checked_level
from peaklib.robustness.bootstrap.lanes import LANES, Runs, lane_values, single_values
from peaklib.robustness.bootstrap.methods import MOST_UNDEFINED
from peaklib.robustness.bootstrap.run_metrics import code_of, prepare
from peaklib.robustness.bootstrap.threads import threads_of

Floats = NDArray[np.float64]
Trial = tuple[int, Floats]

ASKED: Final = 50


def grid_intervals(
    returns: Iterable[ArrayLike],
    count: int,
    metric: str = "sharpe",
    *,
    periods_per_year: float,
    level: float = 0.90,
    resamples: int = 1000,
    block_length: float | None = None,
    benchmark: ArrayLike | None = None,
    seed: int = 0,
    threads: int | None = None,
) -> Floats:
    """Percentile interval of a metric for each trial, (count, 2) low and high end.

    Row i is what `interval` (with a benchmark: `paired_interval`) finds for trial i alone
    with the same block length, resamples and seed, by a stationary bootstrap. NaN where
    the metric is undefined in more than 5 % of the resamples, as for a trial that never
    trades.

    Args:
        returns: (n,) simple returns of each trial in turn, as `trial_returns` yields them;
            taken up a few at a time.
        count: of the trials.
        metric: a name in `run_metrics.RETURN_METRICS`.
        periods_per_year: bars in a year.
        level: nominal coverage of each interval by itself, in (0, 1).
        resamples: for every trial.
        block_length: mean length of a run, in bars. If None the median of Politis and
            White's over the first 50 trials whose returns (less the benchmark's) vary; the
            first of a grid are its corner, so give one if trials differ a lot.
        benchmark: (n,) returns whose metric is taken off that of each trial.
        seed: of the draws.
        threads: all processors if None; results do not depend on it.

    Raises:
        DataError: another number of trials than `count`, series of different lengths, or
            an argument out of range.
    """
    code_of(metric)
    level, year = checked_level(level), checked_year(periods_per_year)
    out = np.full((max(count, 0), 2), np.nan)
    other = None if benchmark is None else checked_returns(benchmark, "benchmark")
    trials = _checked(returns, count, other)
    asked = list(islice(trials, ASKED))
    if not asked:
        return out
    if block_length is None:
        block_length = _median_block_length([own for _, own in asked], other)
    runs = Runs.drawn(asked[0][1].size, float(block_length), "stationary", resamples, seed)
    off = np.zeros(resamples)
    if other is not None:
        series = prepare(other, metric, year)
        off = single_values(series, runs.starts, runs.lengths, runs.first)
    tails = np.array([(1.0 - level) / 2.0, (1.0 + level) / 2.0])

    def work(batch: list[Trial]) -> None:
        draws = lane_values(np.stack([own for _, own in batch]), metric, year, runs) - off
        for (row, _), values in zip(batch, draws, strict=True):
            out[row] = _ends(values, tails)

    _in_turn(work, _batches(chain(asked, trials)), threads_of(threads))
    return out


def _ends(draws: Floats, tails: Floats) -> Floats:
    """(2,) quantiles of the defined draws; NaN if too many are not."""
    kept = draws[np.isfinite(draws)]
    if draws.size - kept.size > MOST_UNDEFINED * draws.size:
        return np.full(2, np.nan)
    found: Floats = np.quantile(kept, tails)
    return found


def _checked(returns: Iterable[ArrayLike], count: int, benchmark: Floats | None) -> Iterator[Trial]:
    """Each trial with its number, all of one length and exactly `count`."""
    if count < 0:
        raise DataError(f"count = {count}; give the number of trials")
    n, seen = None if benchmark is None else benchmark.size, 0
    for row, one in enumerate(returns):
        own = checked_returns(one, f"returns of trial {row}")
        n = own.size if n is None else n
        if own.size != n:
            raise DataError(
                f"returns of trial {row}: {own.size} bars, where the others (or the benchmark) "
                f"have {n}; all are drawn by the same bars"
            )
        if row >= count:
            raise DataError(f"returns: more than count = {count} trials; give their true number")
        seen += 1
        yield row, own
    if seen != count:
        raise DataError(f"returns: {seen} trials, but count = {count}; give their true number")


def _median_block_length(asked: list[Floats], benchmark: Floats | None) -> float:
    series = asked if benchmark is None else [own - benchmark for own in asked]
    lengths = [default_block_length(one, "stationary") for one in series if np.ptp(one) > 0.0]
    return float(np.median(lengths)) if lengths else 1.0


def _batches(trials: Iterator[Trial]) -> Iterator[list[Trial]]:
    while batch := list(islice(trials, LANES)):
        yield batch


def _in_turn(
    work: Callable[[list[Trial]], None], batches: Iterator[list[Trial]], threads: int
) -> None:
    """Work on batches as they come, holding no more of them than there is work for."""
    if threads == 1:
        for batch in batches:
            work(batch)
        return
    waiting: deque[Future[None]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for batch in batches:
            waiting.append(pool.submit(work, batch))
            if len(waiting) > 2 * threads:
                waiting.popleft().result()
        for one in waiting:
            one.result()
