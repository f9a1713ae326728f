"""Price channels: Bollinger's standardised distance and Donchian's extremes."""

import numpy as np
from numpy.typing import NDArray

from peaklib.evidence.compiled import compiled
from peaklib.features.averages import sma

Floats = NDArray[np.float64]


@compiled
def rolling_deviation(values: Floats, window: int) -> Floats:
    """Standard deviation of the last `window` values, ddof=0, (n,); two passes a window."""
    out = np.full(values.size, np.nan)
    for t in range(window - 1, values.size):
        part = values[t - window + 1 : t + 1]
        centre = part.mean()
        squares = 0.0
        for value in part:
            squares += (value - centre) * (value - centre)
        out[t] = np.sqrt(squares / window)
    return out


@compiled
def bollinger_z(close: Floats, window: int) -> Floats:
    """Distance of the close from its moving average, in standard deviations, (n,).

    The k-sigma Bollinger bands are where this is +k and -k. Deviation with ddof=0, as
    Bollinger defines it; 0 where the window is flat.

    Source: Bollinger (2001), Bollinger on Bollinger Bands.
    """
    centre = sma(close, window)
    deviation = rolling_deviation(close, window)
    out = np.full(close.size, np.nan)
    for t in range(window - 1, close.size):
        # A flat window leaves rounding noise, which must not look like many sigmas.
        if deviation[t] > 1e-12 * abs(centre[t]):
            out[t] = (close[t] - centre[t]) / deviation[t]
        else:
            out[t] = 0.0
    return out


@compiled
def highest_before(values: Floats, window: int) -> Floats:
    """Highest of the `window` values before this one, (n,); first at index `window`.

    Source: Donchian's channel, without the current bar so that it can be broken.
    """
    out = np.full(values.size, np.nan)
    for t in range(window, values.size):
        out[t] = values[t - window : t].max()
    return out


@compiled
def lowest_before(values: Floats, window: int) -> Floats:
    """Lowest of the `window` values before this one, (n,); first at index `window`."""
    out = np.full(values.size, np.nan)
    for t in range(window, values.size):
        out[t] = values[t - window : t].min()
    return out
