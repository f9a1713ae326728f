"""Moving averages. NaN until a full window of values has been seen."""

import numpy as np
from numpy.typing import NDArray

from peaklib.evidence.compiled import compiled

Floats = NDArray[np.float64]


@compiled
def _add(total: float, lost: float, term: float) -> tuple[float, float]:
    """One step of Neumaier's sum: the new total, and the rounding errors so far."""
    raised = total + term
    if abs(total) >= abs(term):
        return raised, lost + ((total - raised) + term)
    return raised, lost + ((term - raised) + total)


@compiled
def sma(values: Floats, window: int) -> Floats:
    """Simple moving average of the last `window` values, (n,).

    The running sum keeps its rounding error, so that a long series ends as exact as it
    began. Source: Neumaier (1974), Z. angew. Math. Mech. 54.
    """
    out = np.full(values.size, np.nan)
    total, lost = 0.0, 0.0
    for t in range(values.size):
        total, lost = _add(total, lost, values[t])
        if t >= window:
            total, lost = _add(total, lost, -values[t - window])
        if t >= window - 1:
            out[t] = (total + lost) / window
    return out


@compiled
def _recursive(values: Floats, window: int, weight: float) -> Floats:
    """`y += weight * (x - y)` from the mean of the first `window` values onwards."""
    out = np.full(values.size, np.nan)
    first = 0
    while first < values.size and np.isnan(values[first]):
        first += 1
    start = first + window - 1
    if start >= values.size:
        return out
    level = values[first : start + 1].mean()
    out[start] = level
    for t in range(start + 1, values.size):
        before = level
        level += weight * (values[t] - level)
        # Rounding of a large level must not carry it beyond the value that it moves to.
        if (values[t] - before) * (values[t] - level) < 0.0:
            level = values[t]
        out[t] = level
    return out


@compiled
def ema(values: Floats, window: int) -> Floats:
    """Exponential moving average with weight 2 / (window + 1), (n,).

    Seeding: the first value, at index window - 1, is the simple mean of the first
    `window` values (the convention of TA-Lib). Leading NaN shift the start.
    """
    return _recursive(values, window, 2.0 / (window + 1.0))


@compiled
def wilder(values: Floats, window: int) -> Floats:
    """Wilder's smoothing: weight 1 / window, seeded with the mean of the first window.

    Source: Wilder (1978), New Concepts in Technical Trading Systems.
    """
    return _recursive(values, window, 1.0 / window)
