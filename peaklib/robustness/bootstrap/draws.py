"""The draws of a metric: its value in each resample, on several threads."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from peaklib.errors import DataError
from peaklib.evidence.compiled import compiled
from peaklib.metrics import checked_year
from peaklib.robustness.bootstrap.resampling import (
    Chunk,
    Ints,
    Kind,
    chunks,
    draw_runs,
    guide_of,
    optimal_block_length,
)
from peaklib.robustness.bootstrap.run_metrics import Prepared, estimate, metric_of_runs, prepare
from peaklib.robustness.bootstrap.standard_errors import (
    error_by_resampling,
    error_of_runs,
    is_linearised,
)
from peaklib.robustness.bootstrap.threads import for_each

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Question:
    """What is bootstrapped, and how.

    Args:
        series: of the returns.
        minus: of the benchmark that is taken off, or None.
        estimate: the metric (or difference) of the series themselves.
        kind, block_length, resamples, seed: of the resamples.
        threads: None for all processors.
    """

    series: Prepared
    minus: Prepared | None
    estimate: float
    kind: Kind
    block_length: float
    resamples: int
    seed: int
    threads: int | None


def question_of(
    returns: ArrayLike,
    benchmark: ArrayLike | None,
    metric: str,
    *,
    periods_per_year: float,
    resamples: int,
    block_length: float | None,
    kind: Kind,
    seed: int,
    threads: int | None,
) -> Question:
    """Check and prepare; the block length is that of Politis and White unless given.

    Raises:
        DataError: anything that cannot be bootstrapped, with what to do about it.
    """
    own = checked_returns(returns, "returns")
    year = checked_year(periods_per_year)
    other = None if benchmark is None else checked_returns(benchmark, "benchmark")
    if other is not None and other.size != own.size:
        raise DataError(
            f"benchmark: {other.size} bars beside {own.size} of the returns; both are drawn by the "
            "same bars, so bring them to the same days first"
        )
    series, value = prepare(own, metric, year), estimate(own, metric, year)
    minus = None
    if other is not None:
        minus = prepare(other, metric, year)
        value -= estimate(other, metric, year)
    if block_length is None:
        block_length = default_block_length(own if other is None else own - other, kind)
    guide_of(kind, block_length)
    return Question(series, minus, value, kind, float(block_length), resamples, seed, threads)


def default_block_length(series: Floats, kind: Kind) -> float:
    """The optimal block length, at least one bar."""
    return max(1.0, optimal_block_length(series, kind))


def checked_returns(returns: ArrayLike, name: str) -> Floats:
    """(n,) finite returns, at least two.

    Raises:
        DataError: anything else.
    """
    array = np.ascontiguousarray(returns, dtype=np.float64)
    if array.ndim != 1 or array.size < 2:
        raise DataError(f"{name}: needs a series of two bars or more, found shape {array.shape}")
    bad = np.flatnonzero(~np.isfinite(array))
    if bad.size:
        raise DataError(
            f"{name}: row {bad[0] + 1} is {array[bad[0]]}; drop or fill it before resampling"
        )
    return array


@compiled
def _fill_values(
    generator: np.random.Generator,
    series: Prepared,
    minus: Prepared,
    paired: bool,
    guide: Ints,
    log_stay: float,
    out: Floats,
) -> None:
    n = series.returns.size
    starts, lengths = np.empty(n, np.int32), np.empty(n, np.int32)
    for k in range(out.size):
        count = draw_runs(generator, n, n, guide, log_stay, starts, lengths)
        out[k] = metric_of_runs(series, starts, lengths, count, n)
        if paired:
            out[k] -= metric_of_runs(minus, starts, lengths, count, n)


@compiled
def _fill_linearised(
    generator: np.random.Generator,
    series: Prepared,
    minus: Prepared,
    paired: bool,
    guide: Ints,
    log_stay: float,
    out: Floats,
) -> None:
    """Values and errors of a metric of two sums."""
    n = series.returns.size
    starts, lengths = np.empty(n, np.int32), np.empty(n, np.int32)
    scratch = np.empty((2, n))
    for k in range(out.shape[0]):
        count = draw_runs(generator, n, n, guide, log_stay, starts, lengths)
        out[k, 0] = metric_of_runs(series, starts, lengths, count, n)
        if paired:
            out[k, 0] -= metric_of_runs(minus, starts, lengths, count, n)
        out[k, 1] = error_of_runs(series, minus, paired, starts, lengths, count, scratch)


@compiled
def _fill_resampled(
    generator: np.random.Generator,
    series: Prepared,
    minus: Prepared,
    paired: bool,
    guide: Ints,
    log_stay: float,
    out: Floats,
) -> None:
    """Values and errors of any other metric."""
    n = series.returns.size
    starts, lengths = np.empty(n, np.int32), np.empty(n, np.int32)
    for k in range(out.shape[0]):
        count = draw_runs(generator, n, n, guide, log_stay, starts, lengths)
        out[k, 0] = metric_of_runs(series, starts, lengths, count, n)
        if paired:
            out[k, 0] -= metric_of_runs(minus, starts, lengths, count, n)
        out[k, 1] = error_by_resampling(
            generator, series, minus, paired, starts, lengths, count, guide, log_stay
        )


def values(question: Question) -> Floats:
    """(resamples,) the metric in each resample; NaN where it is undefined."""
    guide, log_stay = guide_of(question.kind, question.block_length)
    out = np.empty(question.resamples)
    minus, paired = question.minus or question.series, question.minus is not None

    def work(chunk: Chunk) -> None:
        start, stop, generator = chunk
        own = out[start:stop]
        _fill_values(generator, question.series, minus, paired, guide, log_stay, own)

    for_each(work, chunks(question.resamples, question.seed), question.threads)
    return out


def values_and_errors(question: Question) -> Floats:
    """(resamples, 2) the metric in each resample and its standard error there."""
    guide, log_stay = guide_of(question.kind, question.block_length)
    out = np.empty((question.resamples, 2))
    minus, paired = question.minus or question.series, question.minus is not None
    fill = _fill_linearised if is_linearised(question.series.code) else _fill_resampled

    def work(chunk: Chunk) -> None:
        start, stop, generator = chunk
        fill(generator, question.series, minus, paired, guide, log_stay, out[start:stop])

    for_each(work, chunks(question.resamples, question.seed), question.threads)
    return out
