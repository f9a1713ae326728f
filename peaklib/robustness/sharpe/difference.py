"""Is one Sharpe ratio higher than another, on the same bars?

Two strategies in one market share most of their luck, so two separate intervals say little;
these tests take the pairs of returns together. Jobson and Korkie's is exact only for
independent normal returns; Ledoit and Wolf's holds for fat tails and autocorrelation too.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from peaklib.errors import DataError
from peaklib.evidence.compiled import compiled
from peaklib.metrics import checked_year, sharpe
from peaklib.robustness.bootstrap.resampling import chunks
from peaklib.robustness.sharpe.inference import checked_series, sharpe_influence

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class JobsonKorkie:
    """Outcome of `jobson_korkie`.

    Args:
        difference: Sharpe ratio of the returns minus the benchmark's, annualised.
        error: its standard error, annualised.
        statistic: difference over error, standard normal if the ratios are the same.
        p_value: two-sided.
    """

    difference: float
    error: float
    statistic: float
    p_value: float


def jobson_korkie(
    returns: ArrayLike, benchmark: ArrayLike, *, periods_per_year: float
) -> JobsonKorkie:
    """Test of equal Sharpe ratios for independent normal returns, with Memmel's correction.

    Args:
        returns: (n,) simple returns per period.
        benchmark: (n,) those of the other strategy, over the same periods.
        periods_per_year: periods in a year.

    Raises:
        DataError: different lengths, fewer than two periods, a value that is not finite, or a
            series that never moves.

    Source: Jobson and Korkie (1981), J. of Finance 36(4); Memmel (2003), Finance Letters 1.
    """
    a, b = _pair(returns, benchmark)
    correlation = float(np.corrcoef(a, b)[0, 1])
    return jobson_korkie_of(
        sharpe(a, periods_per_year=1.0),
        sharpe(b, periods_per_year=1.0),
        correlation,
        a.size,
        periods_per_year=periods_per_year,
    )


def jobson_korkie_of(
    sharpe_per_period: float,
    benchmark_per_period: float,
    correlation: float,
    n: int,
    *,
    periods_per_year: float,
) -> JobsonKorkie:
    """`jobson_korkie` from moments; both Sharpe ratios per period.

    The variance of their difference is (2 − 2r + (S₁² + S₂² − 2 S₁ S₂ r²) / 2) / n for returns
    with the correlation r. Two series that are the same have no difference: p-value 1.

    Raises:
        DataError: fewer than two periods, or a correlation outside −1 … 1.
    """
    root = float(np.sqrt(checked_year(periods_per_year)))
    if n < 2 or not -1.0 <= correlation <= 1.0:
        raise DataError(f"n = {n}, correlation = {correlation!r}; give 2 or more, and −1 … 1")
    s, b, r = sharpe_per_period, benchmark_per_period, correlation
    variance = (2.0 - 2.0 * r + (s * s + b * b - 2.0 * s * b * r * r) / 2.0) / n
    error = float(np.sqrt(max(variance, 0.0)))
    difference = s - b
    statistic = difference / error if error > 0.0 else 0.0
    p_value = float(2.0 * ndtr(-abs(statistic)))
    return JobsonKorkie(difference * root, error * root, statistic, p_value)


@dataclass(frozen=True)
class LedoitWolf:
    """Outcome of `ledoit_wolf`; Sharpe ratios are annualised.

    Args:
        difference: Sharpe ratio of the returns minus the benchmark's.
        error: its standard error, allowing for autocorrelation.
        p_value: two-sided, of equal Sharpe ratios.
        low, high: symmetric studentized interval for the difference; it leaves out 0 where
            `p_value` is below 1 − level.
        level: the interval holds the true difference with this probability.
        block_length: bars in a block.
        resamples, seed: as given.
    """

    difference: float
    error: float
    p_value: float
    low: float
    high: float
    level: float
    block_length: int
    resamples: int
    seed: int


def ledoit_wolf(
    returns: ArrayLike,
    benchmark: ArrayLike,
    *,
    periods_per_year: float,
    block_length: int | None = None,
    level: float = 0.90,
    resamples: int = 5000,
    seed: int = 0,
) -> LedoitWolf:
    """Test of equal Sharpe ratios by the studentized circular block bootstrap.

    Pairs of returns are resampled in blocks of neighbours. Each resample's distance from the
    observed difference is divided by a standard error of its own, from the sums over its
    blocks; the observed difference by a prewhitened one with the quadratic spectral kernel.

    Args:
        returns: (n,) simple returns per period.
        benchmark: (n,) those of the other strategy, over the same periods.
        periods_per_year: periods in a year.
        block_length: bars in a block; the cube root of n, rounded up, if None. The authors
            choose it by a bootstrap within the bootstrap.
        level: of the interval.
        resamples: number of resamples, of as many whole blocks as fit into n.
        seed: of the resamples.

    Raises:
        DataError: see `jobson_korkie`; returns whose difference has no error, as those of the
            same strategy at another leverage; fewer than two blocks; or a level out of range.

    Source: Ledoit and Wolf (2008), J. of Empirical Finance 15(5). They prewhiten four moments
    together, here their combination that matters, the influence on the difference, is.
    """
    a, b = _pair(returns, benchmark)
    n = a.size
    root = float(np.sqrt(checked_year(periods_per_year)))
    block = int(np.ceil(round(n ** (1.0 / 3.0), 9))) if block_length is None else block_length
    if not 1 <= block <= n // 2:
        raise DataError(f"block_length = {block} for {n} bars; give 1 … {n // 2}")
    if not 0.0 < level < 1.0:
        raise DataError(f"level = {level!r}; give a probability between 0 and 1, as 0.90")
    influence = sharpe_influence(a) - sharpe_influence(b)
    error = float(np.sqrt(quadratic_spectral_variance(influence) / n))
    if not error > 1e-12:
        raise DataError("both series have the same influence on their Sharpe ratios: no error")
    difference = float(a.mean() / a.std() - b.mean() / b.std())
    distances = _resampled_distances(a, b, difference, block, resamples, seed)
    reached = 1 + int(np.sum(distances >= abs(difference) / error))
    width = float(np.quantile(distances, level)) * error
    # Sharpe ratios are shown with ddof=1 as everywhere; the test itself divides by n.
    shown = sharpe(a, periods_per_year=1.0) - sharpe(b, periods_per_year=1.0)
    return LedoitWolf(
        shown * root,
        error * root,
        reached / (resamples + 1),
        (shown - width) * root,
        (shown + width) * root,
        level,
        block,
        resamples,
        seed,
    )


def quadratic_spectral_variance(values: ArrayLike) -> float:
    """Long-run variance of a series: quadratic spectral kernel, prewhitened by an AR(1).

    The bandwidth is Andrews' for an AR(1) of the prewhitened series. The coefficient that
    whitens is kept within ±0.97.

    Source: Andrews (1991), Econometrica 59(3); Andrews and Monahan (1992), Econometrica 60(4).
    """
    array = checked_series(values)
    centred = array - array.mean()
    kept = float(np.clip(_first_order(centred), -0.97, 0.97))
    white = centred[1:] - kept * centred[:-1]
    rest = float(np.clip(_first_order(white), -0.97, 0.97))
    alpha = 4.0 * rest**2 / (1.0 - rest) ** 4
    bandwidth = 1.3221 * (alpha * white.size) ** 0.2
    variance = spectral_sum(white, bandwidth)
    return max(variance, 0.0) / (1.0 - kept) ** 2


def spectral_sum(values: Floats, bandwidth: float) -> float:
    """Sum of autocovariances (divided by n) under the quadratic spectral kernel.

    A bandwidth of 0 leaves the variance alone.
    """
    n = values.size
    total = float(values @ values)
    if bandwidth <= 0.0:
        return total / n
    x = 6.0 * np.pi * np.arange(1, n) / (5.0 * bandwidth)
    weights = 3.0 / x**2 * (np.sin(x) / x - np.cos(x))
    padded = np.fft.rfft(values, 2 * n)
    products = np.fft.irfft(padded * padded.conj(), 2 * n)[1:n]
    return (total + 2.0 * float(weights @ products)) / n


def _first_order(values: Floats) -> float:
    """Least-squares coefficient of a series on its own past; 0 if it does not move."""
    past = float(values[:-1] @ values[:-1])
    return float(values[1:] @ values[:-1]) / past if past > 0.0 else 0.0


def _pair(returns: ArrayLike, benchmark: ArrayLike) -> tuple[Floats, Floats]:
    a, b = checked_series(returns), checked_series(benchmark)
    if a.size != b.size:
        raise DataError(f"the benchmark has {b.size} periods, the returns have {a.size}")
    for name, series in (("returns", a), ("benchmark", b)):
        if np.isnan(sharpe(series, periods_per_year=1.0)):
            raise DataError(f"the {name} never move: their Sharpe ratio is undefined")
    return a, b


def _resampled_distances(
    a: Floats, b: Floats, difference: float, block: int, resamples: int, seed: int
) -> Floats:
    """|Δ* − Δ| over its own error in each resample, (resamples,); infinite without an error."""
    # Scaled to unit deviation and centred: the Sharpe ratios stay, cancellation goes.
    za, zb = (a - a.mean()) / a.std(), (b - b.mean()) / b.std()
    sa, sb = a.mean() / a.std(), b.mean() / b.std()
    powers = np.column_stack([za, zb, za * za, zb * zb])
    wrapped = np.concatenate([powers, powers[: block - 1]])
    sums = np.concatenate([np.zeros((1, 4)), np.cumsum(wrapped, axis=0)])
    blocks = np.ascontiguousarray(sums[block:] - sums[:-block])
    distances = np.empty(resamples)
    for start, stop, generator in chunks(resamples, seed):
        picked = generator.integers(0, a.size, (stop - start, a.size // block))
        _distances(blocks, picked, block, sa, sb, difference, distances[start:stop])
    return distances


@compiled
def _distances(
    blocks: Floats,
    picked: Ints,
    block: int,
    sa: float,
    sb: float,
    difference: float,
    out: Floats,
) -> None:
    """Studentized distances; `blocks` (n, 4) are sums over the block from each bar on.

    Columns: centred returns of both in units of their deviation, and their squares; `sa`
    and `sb` are the means that were taken off, in the same units.
    """
    count = picked.shape[1]
    size = count * block
    for i in range(picked.shape[0]):
        m = np.zeros(4)
        for j in range(count):
            for k in range(4):
                m[k] += blocks[picked[i, j], k] / size
        va, vb = m[2] - m[0] * m[0], m[3] - m[1] * m[1]
        if va <= 1e-12 or vb <= 1e-12:
            out[i] = np.inf
            continue
        star_a, star_b = (sa + m[0]) / np.sqrt(va), (sb + m[1]) / np.sqrt(vb)
        variance = 0.0
        for j in range(count):
            at = picked[i, j]
            # Sums over the block of z and z² − 1, standardised by the resample's moments.
            za = (blocks[at, 0] - block * m[0]) / np.sqrt(va)
            zb = (blocks[at, 1] - block * m[1]) / np.sqrt(vb)
            qa = (blocks[at, 2] - 2.0 * m[0] * blocks[at, 0] + block * m[0] ** 2) / va - block
            qb = (blocks[at, 3] - 2.0 * m[1] * blocks[at, 1] + block * m[1] ** 2) / vb - block
            score = za - 0.5 * star_a * qa - (zb - 0.5 * star_b * qb)
            variance += score * score
        error = np.sqrt(variance) / size
        distance = abs(star_a - star_b - difference)
        out[i] = distance / error if error > 0.0 else np.inf
