"""Is the best Sharpe ratio of many trials better than chance, or than a benchmark's?

White's reality check in Sharpe units. All trials saw the same bars, so their luck is shared.
Resampling the bars for all of them at once keeps that dependence, however strong: no count
of independent trials is needed.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from peaklib.backtest.grid import process_cpus
from peaklib.errors import DataError
from peaklib.evidence.compiled import compiled
from peaklib.metrics import checked_year, mean_and_deviation
from peaklib.robustness.bootstrap.resampling import chunks, draw_runs, guide_of
from peaklib.robustness.sharpe.inference import checked_series

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Counts = NDArray[np.int32]

# Trials that one call of the kernel carries: 16 columns of 5,000 bars stay in a core's cache.
_BATCH: Final = 16
_ROUNDING: Final = 4 * float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class MaxSharpe:
    """Outcome of `max_sharpe_test`; Sharpe ratios are annualised, above the benchmark's.

    Args:
        p_value: of the null that no trial's true Sharpe ratio is above the benchmark's, when
            all are as good as it.
        p_consistent: the same without the hopeless trials, those too bad to be as good as the
            benchmark by the law of the iterated logarithm; at most `p_value`.
        best: position of the best trial.
        sharpe: of the best trial, minus the benchmark's.
        expected: mean over the resamples of the best trial's under the null.
        critical: what the best trial's stays below in 95 % of resamples under the null.
        n_trials: trials that took part; those with constant returns do not.
        block_length, resamples, seed: as given.
    """

    p_value: float
    p_consistent: float
    best: int
    sharpe: float
    expected: float
    critical: float
    n_trials: int
    block_length: float
    resamples: int
    seed: int


def max_sharpe_test(
    returns: ArrayLike,
    *,
    periods_per_year: float,
    block_length: float,
    benchmark: ArrayLike | None = None,
    resamples: int = 500,
    seed: int = 0,
    threads: int | None = None,
) -> MaxSharpe:
    """P-value of the best trial's Sharpe ratio, all trials taken together.

    Every trial's returns are shifted so that its Sharpe ratio equals the benchmark's (0 without
    one): the null at its least favourable. Stationary bootstrap resamples of the bars, the
    same for all trials, give the distribution of the largest difference; each Sharpe ratio
    divides by the deviation within the resample. The p-value counts the observed data as
    one of the resamples.

    Args:
        returns: (n_bars, n_trials) simple returns per bar.
        periods_per_year: bars in a year.
        block_length: mean length of the resampled blocks, in bars, 1 or more.
        benchmark: (n_bars,) returns of what the trials should beat, on the same bars.
        resamples: number of resamples.
        seed: of the resamples.
        threads: how many to use; all processors by default. The result does not depend on it.

    Raises:
        DataError: too few or non-finite returns, no trial that ever moves, or a benchmark of
            another length or without movement.

    Source: White (2000), Econometrica 68(5); Politis and Romano (1994), JASA 89; `p_consistent`
    after Hansen (2005), J. of Business and Economic Statistics 23(4).
    """
    matrix = checked_matrix(returns)
    return max_sharpe_test_of(
        matrix.T,
        periods_per_year=periods_per_year,
        block_length=block_length,
        benchmark=benchmark,
        resamples=resamples,
        seed=seed,
        threads=threads,
    )


def max_sharpe_test_of(
    trials: Iterable[Floats],
    *,
    periods_per_year: float,
    block_length: float,
    benchmark: ArrayLike | None = None,
    resamples: int = 500,
    seed: int = 0,
    threads: int | None = None,
) -> MaxSharpe:
    """`max_sharpe_test` over trials that arrive one after another and are not kept.

    Args:
        trials: (n_bars,) simple returns of each trial, such as `trial_returns` streams.
        periods_per_year, block_length, benchmark, resamples, seed, threads: see there.
    """
    root = float(np.sqrt(checked_year(periods_per_year)))
    stream = iter(trials)
    first = next(stream, None)
    if first is None:
        raise DataError("there are no trials to test; give at least one series of returns")
    n = checked_series(first).size
    counts = resampled_counts(n, block_length, resamples, seed)
    level, benchmark_sharpes = _benchmark(benchmark, n, counts)
    batches = _batches(first, stream, n, level)
    best = _run(batches, counts, benchmark_sharpes, level, threads or process_cpus())
    if best.n_trials == 0:
        raise DataError("no trial ever moves, all returns are constant; there is nothing to test")
    beaten = 1 + int(np.sum(best.null >= best.sharpe))
    beaten_consistent = 1 + int(np.sum(best.consistent >= best.sharpe))
    return MaxSharpe(
        beaten / (resamples + 1),
        beaten_consistent / (resamples + 1),
        best.position,
        best.sharpe * root,
        _mean_of_defined(best.null) * root,
        float(np.quantile(best.null, 0.95)) * root,
        best.n_trials,
        float(block_length),
        resamples,
        seed,
    )


def _mean_of_defined(null: Floats) -> float:
    """Mean over the resamples in which any trial moved."""
    known = null[np.isfinite(null)]
    return float(known.mean()) if known.size else float("nan")


def resampled_counts(n: int, block_length: float, resamples: int, seed: int) -> Counts:
    """How often each bar occurs in each of the stationary `resample_indices`, (resamples, n).

    Raises:
        DataError: a block length or a number of resamples below 1.
    """
    guide, log_stay = guide_of("stationary", block_length)
    counts = np.zeros((resamples, n), dtype=np.int32)
    for start, stop, generator in chunks(resamples, seed):
        _draw_counts(generator, guide, log_stay, counts[start:stop])
    return counts


@dataclass
class _Batch:
    """Trials side by side: returns shifted to the null, and what was measured before that."""

    first: int
    shifted: Floats
    mean: Floats
    sharpe: Floats
    deviation: Floats


@dataclass
class _Best:
    """The best trial so far, and the largest of all trials in each resample."""

    null: Floats
    consistent: Floats
    sharpe: float = -np.inf
    position: int = -1
    n_trials: int = 0


def _benchmark(benchmark: ArrayLike | None, n: int, counts: Counts) -> tuple[float, Floats]:
    """Sharpe ratio per period of the benchmark, and in each resample; zeros without one."""
    if benchmark is None:
        return 0.0, np.zeros(len(counts))
    returns = checked_series(benchmark)
    if returns.size != n:
        raise DataError(f"the benchmark has {returns.size} bars, the trials have {n}")
    mean, deviation = mean_and_deviation(returns)
    if deviation == 0.0:
        raise DataError("the benchmark never moves: leave it out, its Sharpe ratio is undefined")
    sharpes = np.empty((len(counts), 1))
    _resampled_sharpes((returns - mean)[:, None], np.array([mean]), counts, sharpes)
    return mean / deviation, sharpes[:, 0]


def _batches(first: Floats, rest: Iterator[Floats], n: int, level: float) -> Iterator[_Batch]:
    """Trials in batches of fixed size, without those that never move."""
    done = 0
    rows = [first, *islice(rest, _BATCH - 1)]
    while rows:
        block = np.empty((n, len(rows)))
        mean, deviation = np.empty(len(rows)), np.empty(len(rows))
        for k, row in enumerate(rows):
            returns = checked_series(row)
            if returns.size != n:
                raise DataError(f"trial {done + k + 1} has {returns.size} bars, the first has {n}")
            mean[k], deviation[k] = mean_and_deviation(returns)
            block[:, k] = returns - mean[k]
        sharpe = np.full(len(rows), np.nan)
        np.divide(mean, deviation, out=sharpe, where=deviation > 0.0)
        yield _Batch(done, block, level * deviation, sharpe, deviation)
        done += len(rows)
        rows = list(islice(rest, _BATCH))


def _run(
    batches: Iterator[_Batch], counts: Counts, benchmark: Floats, level: float, threads: int
) -> _Best:
    """The largest difference to the benchmark over all batches, observed and resampled."""
    n = counts.shape[1]
    best = _Best(np.full(len(counts), -np.inf), np.full(len(counts), -np.inf))
    # A Sharpe ratio this far below the benchmark's is no candidate (Hansen's threshold).
    hopeless = -np.sqrt(2.0 * np.log(max(np.log(n), 1.0)) / n)

    def one(batch: _Batch) -> tuple[_Batch, Floats]:
        stars = np.empty((len(counts), batch.sharpe.size))
        _resampled_sharpes(batch.shifted, batch.mean, counts, stars)
        return batch, stars - benchmark[:, None]

    with ThreadPoolExecutor(threads) as pool:
        while group := list(islice(batches, threads)):
            for batch, stars in pool.map(one, group):
                above = batch.sharpe - level
                moves = np.flatnonzero(np.isfinite(above))
                if not moves.size:
                    continue
                best.n_trials += moves.size
                top = int(moves[np.argmax(above[moves])])
                if above[top] > best.sharpe:
                    best.sharpe, best.position = float(above[top]), batch.first + top
                shift = np.where(above < hopeless, above, 0.0)[moves]
                stars = stars[:, moves]
                best.null = np.maximum(best.null, stars.max(axis=1))
                best.consistent = np.maximum(best.consistent, (stars + shift).max(axis=1))
    return best


@compiled
def _draw_counts(generator: np.random.Generator, guide: Ints, log_stay: float, out: Counts) -> None:
    n = out.shape[1]
    starts, lengths = np.empty(n, np.int32), np.empty(n, np.int32)
    for b in range(out.shape[0]):
        for j in range(draw_runs(generator, n, n, guide, log_stay, starts, lengths)):
            for k in range(lengths[j]):
                t = starts[j] + k
                out[b, t - n if t >= n else t] += 1


@compiled
def _resampled_sharpes(centred: Floats, mean: Floats, counts: Counts, out: Floats) -> None:
    """Sharpe ratio per period of each trial in each resample, (resamples, n_trials).

    Args:
        centred: (n, n_trials) returns minus their mean.
        mean: (n_trials,) what is added to the mean of each.
        counts: (resamples, n) how often each bar is drawn.
        out: written; −inf for a trial that does not move in the resample.
    """
    n, width = centred.shape
    total, squares = np.empty(width), np.empty(width)
    for b in range(counts.shape[0]):
        total[:] = 0.0
        squares[:] = 0.0
        for t in range(n):
            count = float(counts[b, t])
            if count == 0.0:
                continue
            for k in range(width):
                value = count * centred[t, k]
                total[k] += value
                squares[k] += value * centred[t, k]
        for k in range(width):
            average = total[k] / n
            variance = (squares[k] - n * average * average) / (n - 1)
            # A resample without a bar on which the trial moved has the variance of rounding alone.
            noise = max(1e-30, _ROUNDING * squares[k])
            out[b, k] = (mean[k] + average) / np.sqrt(variance) if variance > noise else -np.inf


def checked_matrix(returns: ArrayLike) -> Floats:
    """Returns as a float matrix, (n_bars, n_trials), once all of it is finite.

    Raises:
        DataError: another shape, fewer than two bars, or a value that is not finite.
    """
    matrix = np.asarray(returns, dtype=np.float64)
    if matrix.ndim != 2 or matrix.shape[0] < 2 or matrix.shape[1] < 1:
        raise DataError(f"returns: expected (n_bars, n_trials), found shape {matrix.shape}")
    bad = np.argwhere(~np.isfinite(matrix))
    if len(bad):
        row, column = (int(place) for place in bad[0])
        raise DataError(
            f"returns: bar {row + 1} of trial {column + 1} is {matrix[row, column]}; drop or fill "
            "it before testing"
        )
    return matrix
