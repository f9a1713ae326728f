"""Value at risk and expected shortfall from four moments, after Cornish and Fisher."""

import math
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from peaklib.errors import DataError
from peaklib.features.moments import rolling_moments
from peaklib.risk.measures.expansion import (
    cornish_fisher_moments,
    cornish_fisher_quantile,
    in_cornish_fisher_domain,
    matched_parameters,
)
from peaklib.risk.measures.inputs import (
    checked_count,
    checked_returns,
    checked_window,
    tail_of,
)
from peaklib.risk.measures.refits import estimates, refit_bars
from peaklib.risk.measures.results import RollingRisk, TailRisk

Floats = NDArray[np.float64]
Parameters = Literal["sample", "matched"]

LEAST: Final = 4


def cornish_fisher_risk(
    returns: ArrayLike,
    *,
    level: float = 0.99,
    horizon: int = 1,
    parameters: Parameters = "sample",
) -> TailRisk:
    """Cornish-Fisher ("modified") value at risk and expected shortfall; losses are positive.

    Moments with ddof=0. With `parameters="sample"` the sample's skewness and excess kurtosis
    stand in the formula as S and K, as is common; with `"matched"` S and K are those for
    which T(z) *has* the sample's skewness and kurtosis, and T(z) is scaled to variance 1.
    The shortfall is that of T(z) itself, in closed form. A `horizon` of h bars is a sum of h
    independent returns: mean h·m, deviation √h·s, skewness / √h, kurtosis / h; compounding
    is left out.

    Args:
        returns: (n,) simple returns as fractions per bar.
        level: confidence.
        horizon: bars.
        parameters: where S and K come from.

    Raises:
        DataError: returns that are not finite, fewer than four or all the same, moments
            outside the domain, or a level, horizon or choice that does not exist.

    Source: Cornish and Fisher (1937), Revue de l'Institut International de Statistique 5(4);
    Favre and Galeano (2002), J. of Alternative Investments 5(2); Maillard (2012), A User's
    Guide to the Cornish Fisher Expansion.
    """
    tail, bars = tail_of(level), checked_count("horizon", horizon)
    array = checked_returns(returns, LEAST)
    mean, deviation, skewness, kurtosis = _moments(array)
    s, k = _chosen(parameters, skewness / math.sqrt(bars), kurtosis / bars)
    quantile, shortfall = _tail(tail, s, k, parameters)
    spread = math.sqrt(bars) * deviation
    return TailRisk(
        measure=_name(parameters),
        var=spread * quantile - bars * mean,
        expected_shortfall=spread * shortfall - bars * mean,
        level=level,
        horizon=bars,
        n_obs=array.size,
        details={
            "parameters": parameters,
            "mean": mean,
            "deviation": deviation,
            "skewness": skewness,
            "excess_kurtosis": kurtosis,
            "S": s,
            "K": k,
        },
    )


def rolling_cornish_fisher(
    returns: ArrayLike,
    *,
    level: float = 0.99,
    window: int = 250,
    parameters: Parameters = "sample",
) -> RollingRisk:
    """`cornish_fisher_risk` of the `window` bars before each bar; losses are positive.

    The forecast for bar t uses returns up to t − 1. Windows of real returns leave the domain
    now and then, most of all calm ones, whose tails are thinner than normal. Bars after such
    a window keep S and K of the last good one, with mean and deviation of their own, and are
    listed in `failed`.

    Args:
        returns: (n,) simple returns as fractions per bar.
        level: confidence.
        window: bars looked back on.
        parameters: where S and K come from.

    Raises:
        DataError: returns that are not finite, a level, window or choice that does not exist,
            or no window inside the domain.

    Source: as `cornish_fisher_risk`.
    """
    tail = tail_of(level)
    array = checked_returns(returns, LEAST)
    bars = checked_window(window, array.size, LEAST)
    means, deviations, skewnesses, kurtoses = rolling_moments(array[:-1], bars, 0.0)
    var, shortfall = np.full(array.size, np.nan), np.full(array.size, np.nan)
    starts, failed = refit_bars(array.size, bars, 1), list[int]()

    def shape(start: int) -> tuple[float, float]:
        if deviations[start - 1] == 0.0:
            raise DataError(f"all {bars} returns before row {start} are the same")
        s, k = _chosen(parameters, skewnesses[start - 1], kurtoses[start - 1])
        return _tail(tail, s, k, parameters)

    now = (np.nan, np.nan)
    for start, found in estimates(starts, bars, shape):
        if found is None:
            failed.append(start)
        else:
            now = found
        var[start] = deviations[start - 1] * now[0] - means[start - 1]
        shortfall[start] = deviations[start - 1] * now[1] - means[start - 1]
    return RollingRisk(
        measure=_name(parameters),
        var=var,
        expected_shortfall=shortfall,
        level=level,
        window=bars,
        refits=tuple(starts),
        failed=tuple(failed),
    )


def _name(parameters: Parameters) -> str:
    return "cornish_fisher_matched" if parameters == "matched" else "cornish_fisher"


def _moments(array: Floats) -> tuple[float, float, float, float]:
    mean = float(array.mean())
    gaps = array - mean
    squares = gaps * gaps
    variance = float(squares.mean())
    if variance <= 0.0:
        raise DataError(f"all {array.size} returns are {mean:g}; there are no moments to bend")
    third, fourth = float((squares * gaps).mean()), float((squares * squares).mean())
    return mean, math.sqrt(variance), third / variance**1.5, fourth / variance**2 - 3.0


def _chosen(parameters: Parameters, skewness: float, kurtosis: float) -> tuple[float, float]:
    if parameters == "matched":
        return matched_parameters(skewness, kurtosis)
    if parameters != "sample":
        raise DataError(f"parameters = {parameters!r}; give 'sample' or 'matched'")
    if not in_cornish_fisher_domain(skewness, kurtosis):
        raise DataError(
            f"skewness {skewness:.4g} and excess kurtosis {kurtosis:.4g} lie outside the domain "
            "of Cornish-Fisher, where its quantiles change places; take parameters='matched', "
            "or the historical or Student-t measure"
        )
    return skewness, kurtosis


def _tail(tail: float, s: float, k: float, parameters: Parameters) -> tuple[float, float]:
    """VaR and expected shortfall of T(z), or of T(z) at variance 1 if it is matched."""
    z = float(ndtri(tail))
    density = math.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)
    var = -cornish_fisher_quantile(z, s, k)
    shortfall = (
        density
        / tail
        * (1.0 + z * s / 6.0 + (z * z - 1.0) * k / 24.0 - (2.0 * z * z - 1.0) * s * s / 36.0)
    )
    size = cornish_fisher_moments(s, k)[0] if parameters == "matched" else 1.0
    return var / size, shortfall / size
