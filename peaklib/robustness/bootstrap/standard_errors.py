"""Standard errors of a metric and of its resamples, for studentized intervals.

A metric of two sums is linearised at its own sums: bar t moves it by an influence. Inside
a resample the runs are independent given the series, so the squared sums of influences
of its runs add up to the variance (Götze and Künsch 1996, Annals of Statistics 24(5)). The
variance of the series itself is the one that the bootstrap would give the mean of the
influences, in closed form (Politis and Romano 1994, lemma 1). Other metrics have no such
linearisation: the resample is resampled again, `INNER` times with the same runs' law.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from peaklib.evidence.compiled import compiled
from peaklib.robustness.bootstrap.resampling import Ints, Kind, Places, draw_runs, write_indices
from peaklib.robustness.bootstrap.run_metrics import (
    CAGR,
    OMEGA,
    RET,
    SHARPE,
    SORTINO,
    VOL,
    Prepared,
    features,
    metric_of_runs,
    run_sums,
)

Floats = NDArray[np.float64]

INNER: Final = 50


@compiled
def _slopes(
    code: int, first: float, second: float, size: int, centre: float, year: float
) -> tuple[float, float]:
    """Derivatives of the metric by the means of both features; NaN where it has none."""
    root, one, two = np.sqrt(year), first / size, second / size
    if code in (SHARPE, VOL):
        correction = size / (size - 1.0)
        variance = (two - one * one) * correction
        if variance <= 0.0:
            return np.nan, np.nan
        sigma, mean = np.sqrt(variance), centre + one
        if code == VOL:
            return -root * one * correction / sigma, root * correction / (2.0 * sigma)
        by_square = -root * mean * correction / (2.0 * sigma * variance)
        return root / sigma - 2.0 * one * by_square, by_square
    if code in (SORTINO, OMEGA):
        if two <= 0.0:
            return np.nan, np.nan
        if code == OMEGA:
            return 1.0 / two, -one / (two * two)
        down = np.sqrt(two)
        return root / down, -root * (centre + one) / (2.0 * down * two)
    if two > 0.0:
        return np.nan, np.nan
    scale = float(size) if code == RET else year
    return scale * np.exp(scale * one), 0.0


@compiled
def _influences(
    series: Prepared, starts: Places, lengths: Places, count: int, size: int, out: Floats
) -> None:
    """Write the sum of influences of each run into `out`, (count,)."""
    n = series.returns.size
    first, second = run_sums(series.sums, starts, lengths, count, n)
    slope, other = _slopes(series.code, first, second, size, series.centre, series.periods_per_year)
    for j in range(count):
        one, two = run_sums(series.sums, starts[j : j + 1], lengths[j : j + 1], 1, n)
        share = lengths[j] / size
        out[j] = slope * (one - share * first) + other * (two - share * second)


@compiled
def error_of_runs(
    series: Prepared,
    minus: Prepared,
    paired: bool,
    starts: Places,
    lengths: Places,
    count: int,
    scratch: Floats,
) -> float:
    """Standard error of a metric of two sums (or a difference) in one resample.

    Args:
        series, minus: what is measured, and what is taken off it if `paired`.
        starts, lengths: (>= count,) runs of the resample.
        scratch: (2, >= count) written.
    """
    size = 0
    for j in range(count):
        size += lengths[j]
    _influences(series, starts, lengths, count, size, scratch[0])
    if paired:
        _influences(minus, starts, lengths, count, size, scratch[1])
    total = 0.0
    for j in range(count):
        own = scratch[0, j] - scratch[1, j] if paired else scratch[0, j]
        total += own * own
    error: float = np.sqrt(total) / size
    return error


@compiled
def gathered(series: Prepared, indices: Ints) -> Prepared:
    """The resample that `indices` pick, prepared for a metric of the path or of tails."""
    growth, ranks = np.empty_like(series.growth), np.empty_like(series.ranks)
    for k in range(growth.size):
        growth[k] = series.growth[indices[k]]
    for k in range(ranks.size):
        ranks[k] = series.ranks[indices[k]]
    return Prepared(
        series.code,
        series.periods_per_year,
        series.centre,
        series.spread,
        series.returns,
        series.sums,
        growth,
        ranks,
        series.ordered,
    )


@compiled
def error_by_resampling(
    generator: np.random.Generator,
    series: Prepared,
    minus: Prepared,
    paired: bool,
    starts: Places,
    lengths: Places,
    count: int,
    guide: Ints,
    log_stay: float,
) -> float:
    """Standard error in one resample as the deviation of `INNER` resamples of it."""
    n = series.returns.size
    indices = np.empty(n, np.int64)
    write_indices(starts, lengths, count, n, indices)
    own = gathered(series, indices)
    other = gathered(minus, indices) if paired else own
    inner_starts, inner_lengths = np.empty(n, np.int32), np.empty(n, np.int32)
    values = np.empty(INNER)
    for k in range(INNER):
        runs = draw_runs(generator, n, n, guide, log_stay, inner_starts, inner_lengths)
        values[k] = metric_of_runs(own, inner_starts, inner_lengths, runs, n)
        if paired:
            values[k] -= metric_of_runs(other, inner_starts, inner_lengths, runs, n)
    error: float = np.sqrt(np.sum((values - values.mean()) ** 2) / (INNER - 1))
    return error


def error_of_series(
    series: Prepared, minus: Prepared | None, kind: Kind, block_length: float
) -> float:
    """Standard error of a metric of two sums (or a difference) of the series itself."""
    influence = _influence_of_bars(series)
    if minus is not None:
        influence = influence - _influence_of_bars(minus)
    n = influence.size
    spectrum = np.abs(np.fft.rfft(influence)) ** 2
    around = np.fft.irfft(spectrum, n) / n
    lags = np.arange(1, n)
    if kind == "stationary":
        weights = (1.0 - lags / n) * (1.0 - 1.0 / block_length) ** lags
    else:
        weights = np.maximum(1.0 - lags / round(block_length), 0.0)
    variance = float(around[0] + 2.0 * np.sum(weights * around[1:])) / n
    return float(np.sqrt(max(variance, 0.0)))


def _influence_of_bars(series: Prepared) -> Floats:
    """(n,) by how much each bar moves the metric times n; its mean is 0."""
    n, total = series.returns.size, series.sums[-1]
    slope, other = _slopes(
        series.code, total[0], total[1], n, series.centre, series.periods_per_year
    )
    bars = features(series.returns, series.code, series.centre)
    influence: Floats = slope * (bars[:, 0] - total[0] / n) + other * (bars[:, 1] - total[1] / n)
    return influence


def is_linearised(code: int) -> bool:
    """Whether a metric is a function of two sums."""
    return code <= CAGR
