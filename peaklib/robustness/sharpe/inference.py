"""How far a Sharpe ratio can be trusted: errors, probability of skill, length of record needed.

Per period, a Sharpe ratio S estimated from n returns has a standard error of about 1/√n;
skewness and fat tails widen it, autocorrelation changes both it and the annual figure.
Deviations are those of `metrics.py` (ddof=1); skewness and kurtosis are ratios of
population moments, and kurtosis is *not* in excess: a normal distribution has 3.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

from peaklib.errors import DataError
from peaklib.metrics import checked_returns, checked_year, sharpe

Floats = NDArray[np.float64]
Kind = Literal["iid", "non_normal", "hac"]

# Rounding of sample moments that lie on the edge of what a distribution can have.
_MOMENT_SLACK = 1e-9


@dataclass(frozen=True)
class SharpeMoments:
    """What the inference needs to know of a series of returns.

    Args:
        sharpe_per_period: mean over deviation (ddof=1), not annualised; NaN if constant.
        n: number of returns.
        skew: third standardised moment, 0 for a normal distribution.
        kurtosis: fourth standardised moment, 3 for a normal distribution.
    """

    sharpe_per_period: float
    n: int
    skew: float
    kurtosis: float


def sharpe_moments(returns: ArrayLike) -> SharpeMoments:
    """Per-period Sharpe ratio, length, skewness and kurtosis of (n,) simple returns.

    Raises:
        DataError: fewer than two returns, or one that is not finite.
    """
    array = checked_series(returns)
    ratio = sharpe(array, periods_per_year=1.0)
    if np.isnan(ratio):
        return SharpeMoments(ratio, array.size, np.nan, np.nan)
    z = (array - array.mean()) / array.std()
    return SharpeMoments(ratio, array.size, float(np.mean(z**3)), float(np.mean(z**4)))


def sharpe_error(
    returns: ArrayLike,
    *,
    periods_per_year: float,
    kind: Kind = "non_normal",
    lags: int | None = None,
) -> float:
    """Standard error of the annualised Sharpe ratio (scaled by the square root of time).

    Args:
        returns: (n,) simple returns per period.
        periods_per_year: periods in a year.
        kind: `iid`: independent normal returns, √((1 + S²/2) / n). `non_normal`:
            independent returns of any shape, √((1 − skew·S + (kurtosis − 1)/4·S²) / (n − 1)).
            `hac`: also autocorrelated ones; long-run variance of the estimate's
            influence with Bartlett weights.
        lags: autocorrelations that `hac` takes in; 4·(n/100)^(2/9), rounded down, if None.

    Returns:
        The error in annual units; NaN for constant returns.

    Raises:
        DataError: fewer than two returns, an unknown kind, or lags out of range or without use.

    Source: Lo (2002), Financial Analysts Journal 58(4), for `iid` and `hac`; Mertens (2002),
    comments on it, for `non_normal`; Newey and West (1987, 1994) for weights and lags.
    """
    array = checked_series(returns)
    root = np.sqrt(checked_year(periods_per_year))
    if kind not in ("iid", "non_normal", "hac"):
        raise DataError(f"kind is {kind!r}; choose iid, non_normal or hac")
    if lags is not None and kind != "hac":
        raise DataError(f"lags = {lags} has no meaning for kind {kind!r}; leave it out or take hac")
    moments = sharpe_moments(array)
    s, n = moments.sharpe_per_period, moments.n
    if np.isnan(s):
        return float("nan")
    if kind == "iid":
        return float(np.sqrt((1.0 + s * s / 2.0) / n) * root)
    if kind == "non_normal":
        return float(np.sqrt(_shape_factor(moments) / (n - 1)) * root)
    usual = min(int(4.0 * (n / 100.0) ** (2.0 / 9.0)), n - 1)
    variance = bartlett_variance(sharpe_influence(array), usual if lags is None else lags)
    return float(np.sqrt(variance / n) * root)


def sharpe_influence(returns: Floats) -> Floats:
    """Influence of each return on the per-period Sharpe ratio, (n,), mean 0.

    z − S/2·(z² − 1) for standardised returns z: the delta method written per observation.
    Deviations divide by n here, so that the mean is exactly 0.
    """
    z = (returns - returns.mean()) / returns.std()
    s = returns.mean() / returns.std()
    influence: Floats = z - 0.5 * s * (z * z - 1.0)
    return influence


def bartlett_variance(values: ArrayLike, lags: int) -> float:
    """Long-run variance of a series with Bartlett weights 1 − k/(lags + 1), never negative.

    Raises:
        DataError: `lags` is not in 0 … n − 1.

    Source: Newey and West (1987), Econometrica 55(3).
    """
    array = checked_series(values)
    n = array.size
    if not 0 <= lags < n:
        raise DataError(f"lags = {lags} for {n} values; give 0 … {n - 1}")
    centred = array - array.mean()
    total = float(centred @ centred)
    for k in range(1, lags + 1):
        total += 2.0 * (1.0 - k / (lags + 1.0)) * float(centred[k:] @ centred[:-k])
    return max(total, 0.0) / n


def annualisation_factor(autocorrelations: ArrayLike, periods_per_year: float) -> float:
    """Factor from the per-period to the annual Sharpe ratio under autocorrelation.

    q / √(q + 2 Σ (q − k) r_k), k = 1 … q − 1, for q periods a year: √q if all r_k are 0, less if
    they are positive.

    Args:
        autocorrelations: (lags,) r_1, r_2, …; later ones count as 0.
        periods_per_year: q, periods in a year.

    Raises:
        DataError: the autocorrelations make the annual variance zero or negative.

    Source: Lo (2002), Financial Analysts Journal 58(4).
    """
    q = checked_year(periods_per_year)
    rho = np.asarray(autocorrelations, dtype=np.float64)
    lag = np.arange(1, rho.size + 1)
    variance = q + 2.0 * float(np.sum(np.maximum(q - lag, 0.0) * rho))
    if not variance > 0.0:
        raise DataError(
            f"{rho.size} autocorrelations make the annual variance {variance:g} times that of a "
            "period; take fewer lags"
        )
    return float(q / np.sqrt(variance))


def annualised_sharpe(returns: ArrayLike, *, periods_per_year: float, lags: int) -> float:
    """Annual Sharpe ratio that allows for the autocorrelation of returns.

    Args:
        returns: (n,) simple returns per period.
        periods_per_year: periods in a year.
        lags: how many sample autocorrelations to use, 0 … n − 1; 0 is the square-root rule.

    Raises:
        DataError: fewer than two returns, lags out of range, or see `annualisation_factor`.

    Source: Lo (2002), Financial Analysts Journal 58(4).
    """
    array = checked_series(returns)
    n = array.size
    if not 0 <= lags < n:
        raise DataError(f"lags = {lags} for {n} returns; give 0 … {n - 1}")
    ratio = sharpe(array, periods_per_year=1.0)
    if np.isnan(ratio):
        return float("nan")
    centred = array - array.mean()
    rho = [centred[k:] @ centred[:-k] / (centred @ centred) for k in range(1, lags + 1)]
    return float(ratio * annualisation_factor(rho, periods_per_year))


def probabilistic_sharpe(
    returns: ArrayLike, *, benchmark: float = 0.0, periods_per_year: float
) -> float:
    """Probability that the true Sharpe ratio is above a benchmark, 0 … 1 (PSR).

    Args:
        returns: (n,) simple returns per period.
        benchmark: Sharpe ratio to beat, annualised.
        periods_per_year: periods in a year.

    Returns:
        NaN for constant returns, whose Sharpe ratio is undefined.

    Raises:
        DataError: fewer than two returns, or one that is not finite.

    Source: Bailey and López de Prado (2012), Journal of Risk 15(2).
    """
    year = checked_year(periods_per_year)
    moments = sharpe_moments(returns)
    if np.isnan(moments.sharpe_per_period):
        return float("nan")
    return probabilistic_sharpe_of(
        moments.sharpe_per_period,
        moments.n,
        moments.skew,
        moments.kurtosis,
        benchmark / np.sqrt(year),
    )


def probabilistic_sharpe_of(
    sharpe_per_period: float,
    n: int,
    skew: float = 0.0,
    kurtosis: float = 3.0,
    benchmark_per_period: float = 0.0,
) -> float:
    """`probabilistic_sharpe` from moments; both Sharpe ratios per period, kurtosis not in excess.

    Raises:
        DataError: n below 2, or a kurtosis below 1 + skew², which no distribution has.
    """
    if n < 2:
        raise DataError(f"n = {n}; two returns are the least that a Sharpe ratio needs")
    moments = SharpeMoments(sharpe_per_period, n, skew, kurtosis)
    error = float(np.sqrt(_shape_factor(moments) / (n - 1)))
    distance = sharpe_per_period - benchmark_per_period
    # Two-point returns can have no error at all: then the comparison is certain.
    score = distance / error if error > 0.0 else np.copysign(np.inf, distance)
    return float(ndtr(score))


def minimum_track_record_length(
    returns: ArrayLike, *, benchmark: float = 0.0, periods_per_year: float, level: float = 0.95
) -> float:
    """Periods needed until the PSR of such returns against the benchmark reaches `level`.

    Args:
        returns: (n,) simple returns per period, for their Sharpe ratio and shape.
        benchmark: Sharpe ratio to beat, annualised.
        periods_per_year: periods in a year; divide the answer by it for years.
        level: probability wanted, between 0.5 and 1.

    Returns:
        A number of periods; infinite when the Sharpe ratio is not above the benchmark, NaN for
        constant returns.

    Source: Bailey and López de Prado (2012), Journal of Risk 15(2).
    """
    year = checked_year(periods_per_year)
    moments = sharpe_moments(returns)
    if np.isnan(moments.sharpe_per_period):
        return float("nan")
    return minimum_track_record_length_of(
        moments.sharpe_per_period,
        moments.skew,
        moments.kurtosis,
        benchmark / np.sqrt(year),
        level=level,
    )


def minimum_track_record_length_of(
    sharpe_per_period: float,
    skew: float = 0.0,
    kurtosis: float = 3.0,
    benchmark_per_period: float = 0.0,
    *,
    level: float = 0.95,
) -> float:
    """`minimum_track_record_length` from moments; both Sharpe ratios per period.

    Raises:
        DataError: `level` is not between 0.5 and 1, or a kurtosis that no distribution has.
    """
    if not 0.5 < level < 1.0:
        raise DataError(f"level = {level!r}; give a probability between 0.5 and 1, as 0.95")
    factor = _shape_factor(SharpeMoments(sharpe_per_period, 2, skew, kurtosis))
    distance = sharpe_per_period - benchmark_per_period
    if distance <= 0.0:
        return float("inf")
    return float(1.0 + factor * (ndtri(level) / distance) ** 2)


def checked_series(returns: ArrayLike) -> Floats:
    """Returns as a float array, once they are a series of two or more finite numbers."""
    array = checked_returns(returns)
    if array.size < 2:
        raise DataError("returns: one row only; two are the least that a deviation needs")
    return array


def _shape_factor(moments: SharpeMoments) -> float:
    """1 − skew·S + (kurtosis − 1)/4·S²: n times the squared error, 1 for normal and S = 0."""
    s, skew, kurtosis = moments.sharpe_per_period, moments.skew, moments.kurtosis
    if kurtosis < 1.0 + skew * skew - _MOMENT_SLACK * kurtosis:
        raise DataError(
            f"kurtosis = {kurtosis:g} with skew = {skew:g}: no distribution has it below "
            "1 + skew²; give kurtosis, not excess kurtosis (3 for a normal distribution)"
        )
    return max(1.0 - skew * s + (kurtosis - 1.0) / 4.0 * s * s, 0.0)
