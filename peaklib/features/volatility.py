"""Volatility and where it stands in its own past."""

import numpy as np
from numpy.typing import NDArray

from peaklib.evidence.compiled import compiled
from peaklib.features.channels import rolling_deviation

Floats = NDArray[np.float64]


@compiled
def realised_volatility(close: Floats, window: int) -> Floats:
    """Deviation of the last `window` log returns, per bar, ddof=0, (n,).

    First value at index `window`: that many returns need one close more.
    """
    out = np.full(close.size, np.nan)
    out[1:] = rolling_deviation(np.log(close[1:] / close[:-1]), window)
    return out


@compiled
def trailing_rank(values: Floats, lookback: int) -> Floats:
    """Share of the last `lookback` values, this one included, that are not above it, (n,).

    In (0, 1]; 1 means the highest of its past. NaN until `lookback` values are there;
    leading NaN shift the start.
    """
    out = np.full(values.size, np.nan)
    first = 0
    while first < values.size and np.isnan(values[first]):
        first += 1
    for t in range(first + lookback - 1, values.size):
        below = 0
        for k in range(t - lookback + 1, t + 1):
            if values[k] <= values[t]:
                below += 1
        out[t] = below / lookback
    return out


@compiled
def volatility_rank(close: Floats, window: int, lookback: int) -> Floats:
    """Trailing rank of realised volatility, (n,); first value at window + lookback - 1."""
    return trailing_rank(realised_volatility(close, window), lookback)
