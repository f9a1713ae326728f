"""Log returns, and what follows from prices and volume bar by bar: drawdown, illiquidity."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from peaklib.evidence.compiled import compiled
from peaklib.features.oscillators import rate_of_change

Floats = NDArray[np.float64]

STEADY: Final = 1e-14
"""Deviation of log returns up to which they are all alike; rounding alone makes 1e-16."""


@compiled
def log_returns(close: Floats, window: int) -> Floats:
    """Log return over the last `window` bars, ln(close[t] / close[t - window]), (n,).

    First value at index `window`. Prices must be positive.
    """
    out = np.full(close.size, np.nan)
    if window < close.size:
        out[window:] = np.log(close[window:] / close[:-window])
    return out


@compiled
def drawdown(close: Floats) -> tuple[Floats, Floats]:
    """How far the price is below its running high, and for how long.

    The running high is the highest close from the first row on, this one included.

    Returns:
        Depth, close / high - 1, at most 0, (n,); bars since the last close at the running
        high, 0 on such a bar, (n,). Both start on the first row.
    """
    depth = np.zeros(close.size)
    bars = np.zeros(close.size)
    high = 0.0
    for t in range(close.size):
        if t == 0 or close[t] >= high:
            high = close[t]
        else:
            depth[t] = close[t] / high - 1.0
            bars[t] = bars[t - 1] + 1.0
    return depth, bars


@compiled
def illiquidity(close: Floats, volume: Floats, window: int) -> Floats:
    """Mean of |simple return| / (close x volume) over the last `window` bars, (n,).

    Bars without volume are left out; 0 if the window has no other. First value at index
    `window`: that many returns need one close more. The unit is one over that of close x
    volume; nothing is scaled.

    Source: Amihud (2002), Journal of Financial Markets 5.
    """
    moved = np.abs(rate_of_change(close, 1))
    traded = close * volume
    out = np.full(close.size, np.nan)
    for t in range(window, close.size):
        total, days = 0.0, 0
        for k in range(t - window + 1, t + 1):
            if traded[k] > 0.0:
                total += moved[k] / traded[k]
                days += 1
        out[t] = total / days if days > 0 else 0.0
    return out
