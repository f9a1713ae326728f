"""Momentum and oscillators on closing prices. NaN until the window is full."""

import numpy as np
from numpy.typing import NDArray

from peaklib.evidence.compiled import compiled
from peaklib.features.averages import ema, wilder

Floats = NDArray[np.float64]


@compiled
def rate_of_change(close: Floats, window: int) -> Floats:
    """Return over the last `window` bars, close[t] / close[t - window] - 1, (n,).

    NaN where the earlier value is 0.
    """
    out = np.full(close.size, np.nan)
    for t in range(window, close.size):
        if close[t - window] != 0.0:
            out[t] = close[t] / close[t - window] - 1.0
    return out


@compiled
def rsi(close: Floats, window: int) -> Floats:
    """Wilder's relative strength index, 0 … 100, (n,); first value at index `window`.

    Seeding: average gain and loss start as the plain means of the first `window`
    changes, then follow Wilder's smoothing. 50 where price did not move at all.

    Source: Wilder (1978), New Concepts in Technical Trading Systems.
    """
    change = np.full(close.size, np.nan)
    change[1:] = close[1:] - close[:-1]
    gain = wilder(np.maximum(change, 0.0), window)
    loss = wilder(np.maximum(-change, 0.0), window)
    out = np.full(close.size, np.nan)
    for t in range(window, close.size):
        moved = gain[t] + loss[t]
        out[t] = 100.0 * gain[t] / moved if moved > 0.0 else 50.0
    return out


@compiled
def macd_line(close: Floats, fast: int, slow: int) -> Floats:
    """Appel's MACD line, ema(fast) - ema(slow), (n,); both seeded with their own mean.

    Source: Appel (1979), The Moving Average Convergence Divergence Trading Method.
    """
    return ema(close, fast) - ema(close, slow)


@compiled
def macd_signal(close: Floats, fast: int, slow: int, signal: int) -> Floats:
    """Signal line: ema of the MACD line, seeded with the mean of its first `signal` values."""
    return ema(macd_line(close, fast, slow), signal)
