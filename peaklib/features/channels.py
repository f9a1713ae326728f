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
def bollinger_width(close: Floats, window: int, width: float) -> Floats:
    """Distance between the bands at +width and -width deviations, by their centre, (n,).

    0 where the window is flat, by the same rule as `bollinger_z`; NaN if the centre is 0.

    Source: Bollinger (2001), Bollinger on Bollinger Bands: BandWidth.
    """
    centre = sma(close, window)
    deviation = rolling_deviation(close, window)
    out = np.full(close.size, np.nan)
    for t in range(window - 1, close.size):
        if deviation[t] <= 1e-12 * abs(centre[t]):
            out[t] = 0.0
        elif centre[t] != 0.0:
            out[t] = 2.0 * width * deviation[t] / centre[t]
    return out


@compiled
def channel_position(high: Floats, low: Floats, close: Floats, window: int) -> Floats:
    """Where the close is between lowest low (0) and highest high (1), (n,).

    The extremes are those of the last `window` bars, this one included; 0.5 where they are
    the same. First value at index window - 1.
    """
    out = np.full(close.size, np.nan)
    for t in range(window - 1, close.size):
        top = high[t - window + 1 : t + 1].max()
        bottom = low[t - window + 1 : t + 1].min()
        out[t] = (close[t] - bottom) / (top - bottom) if top > bottom else 0.5
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
