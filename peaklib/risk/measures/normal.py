"""Value at risk and expected shortfall of normal returns."""

import math

import numpy as np
from numpy.typing import ArrayLike

from peaklib.features.moments import rolling_moments
from peaklib.risk.measures.inputs import (
    checked_count,
    checked_returns,
    checked_window,
    tail_of,
)
from peaklib.risk.measures.results import RollingRisk, TailRisk
from peaklib.risk.measures.standard import normal_tail


def normal_risk(returns: ArrayLike, *, level: float = 0.99, horizon: int = 1) -> TailRisk:
    """Normal value at risk and expected shortfall; losses are positive.

    Deviation with ddof=1. A `horizon` of h bars is a sum of h independent returns: mean h·m,
    deviation √h·s. Compounding is left out, and so is any memory of the returns.

    Args:
        returns: (n,) simple returns as fractions per bar.
        level: confidence.
        horizon: bars.

    Raises:
        DataError: returns that are not finite, fewer than two, or a level or horizon that
            does not exist.

    Source: McNeil, Frey and Embrechts (2005), Quantitative Risk Management, 2.2.
    """
    tail, bars = tail_of(level), checked_count("horizon", horizon)
    array = checked_returns(returns)
    mean, deviation = float(array.mean()), float(array.std(ddof=1))
    quantile, shortfall = normal_tail(tail)
    spread = math.sqrt(bars) * deviation
    return TailRisk(
        measure="normal",
        var=spread * quantile - bars * mean,
        expected_shortfall=spread * shortfall - bars * mean,
        level=level,
        horizon=bars,
        n_obs=array.size,
        details={"mean": mean, "deviation": deviation},
    )


def rolling_normal(returns: ArrayLike, *, level: float = 0.99, window: int = 250) -> RollingRisk:
    """`normal_risk` of the `window` bars before each bar; losses are positive.

    The forecast for bar t uses returns up to t − 1.

    Args:
        returns: (n,) simple returns as fractions per bar.
        level: confidence.
        window: bars looked back on.

    Raises:
        DataError: as `normal_risk`, or the window leaves nothing to forecast.

    Source: as `normal_risk`.
    """
    quantile, shortfall = normal_tail(tail_of(level))
    array = checked_returns(returns)
    bars = checked_window(window, array.size)
    mean, deviation, _, _ = rolling_moments(array[:-1], bars, np.inf)
    deviation *= math.sqrt(bars / (bars - 1.0))
    return RollingRisk(
        measure="normal",
        var=np.append(np.nan, quantile * deviation - mean),
        expected_shortfall=np.append(np.nan, shortfall * deviation - mean),
        level=level,
        window=bars,
    )
