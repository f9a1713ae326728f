"""Value at risk and expected shortfall from the returns that were seen, and nothing else."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from peaklib.errors import DataError
from peaklib.risk.measures.inputs import (
    check_tail,
    checked_count,
    checked_returns,
    checked_window,
)
from peaklib.risk.measures.order_statistics import (
    QuantileMethod,
    empirical_tail,
    place,
    rolling_tail,
)
from peaklib.risk.measures.results import RollingRisk, TailRisk

Floats = NDArray[np.float64]


def historical_risk(
    returns: ArrayLike,
    *,
    level: float = 0.99,
    horizon: int = 1,
    method: QuantileMethod = "linear",
) -> TailRisk:
    """Empirical value at risk and expected shortfall; losses are positive.

    VaR is −quantile(returns, 1 − level) by NumPy's `method`. The shortfall does not depend
    on the method: of n returns it is the mean of the n·(1 − level) worst, the last of which
    counts by the fraction that is left for it. So it is coherent, and not below VaR, but for
    `lower` and `closest_observation`: these can take a rank that is further out than
    n·(1 − level).

    A `horizon` of h bars takes the n − h + 1 returns compounded over h bars in a row. They
    overlap: neighbours share h − 1 bars, so that they say little more than the
    n // h separate ones (`details["separate"]`), and their error is larger than it looks.

    Args:
        returns: (n,) simple returns as fractions per bar.
        level: confidence.
        horizon: bars.
        method: one of NumPy's.

    Raises:
        DataError: returns that are not finite, fewer observations than the tail needs (one),
            a level, horizon or method that does not exist; compounding a return below −100 %.

    Source: Hyndman and Fan (1996), The American Statistician 50(4); Acerbi and Tasche (2002),
    J. of Banking and Finance 26(7), proposition 4.1.
    """
    bars = checked_count("horizon", horizon)
    values = compounded(checked_returns(returns, bars + 1), bars)
    quantile, mean = empirical_tail(values, check_tail(values.size, level), method)
    details: dict[str, float | str] = {"method": method}
    if bars > 1:
        details["separate"] = (values.size + bars - 1) // bars
    return TailRisk(
        measure="historical",
        var=-quantile,
        expected_shortfall=-mean,
        level=level,
        horizon=bars,
        n_obs=values.size,
        details=details,
    )


def compounded(returns: Floats, bars: int) -> Floats:
    """(n − bars + 1,) returns over all runs of `bars` bars; they overlap.

    Raises:
        DataError: an account is ruined by a return below −100 %, which nothing compounds.
    """
    if bars == 1:
        return returns
    lowest = float(returns.min())
    if lowest < -1.0:
        raise DataError(
            f"return at row {int(np.argmin(returns))} is {lowest:.4g}: below −100 % there is "
            "nothing to compound; take horizon=1, or end the account before its ruin"
        )
    runs = np.ones(returns.size - bars + 1)
    for k in range(bars):
        runs *= 1.0 + returns[k : k + runs.size]
    runs -= 1.0
    return runs


def rolling_historical(
    returns: ArrayLike,
    *,
    level: float = 0.99,
    window: int = 250,
    method: QuantileMethod = "linear",
) -> RollingRisk:
    """`historical_risk` of the `window` bars before each bar; losses are positive.

    The forecast for bar t uses returns up to t − 1. VaR equals −numpy.quantile of that window
    to the last bit.

    Args:
        returns: (n,) simple returns as fractions per bar.
        level: confidence.
        window: bars looked back on.
        method: one of NumPy's.

    Raises:
        DataError: as `historical_risk`, or the window leaves nothing to forecast.

    Source: as `historical_risk`.
    """
    array = checked_returns(returns)
    bars = checked_window(window, array.size)
    tail = check_tail(bars, level)
    quantile, mean = rolling_tail(array, bars, tail, *place(bars, tail, method))
    return RollingRisk(
        measure="historical", var=-quantile, expected_shortfall=-mean, level=level, window=bars
    )
