"""Small state machines that turn indicators into a held long position, (n,) of 0 and 1.

NaN in an indicator means that it is not ready: the position is then 0.
"""

import numpy as np
from numpy.typing import NDArray

from peaklib.evidence.compiled import compiled

Floats = NDArray[np.float64]

# Two averages of the same prices differ by rounding even where they are equal.
_TIE = 1e-12


@compiled
def hold_after_cross(line: Floats, other: Floats) -> Floats:
    """1 from an upward cross of `line` over `other` until the next downward cross.

    A line already above when both are first known has not crossed: the position stays
    0 until it has been below. A tie changes nothing.
    """
    out = np.zeros(line.size)
    been_below, held = False, 0.0
    for t in range(line.size):
        gap = line[t] - other[t]
        margin = _TIE * abs(other[t])
        if np.isnan(gap):
            held = 0.0
        elif gap < -margin:
            been_below, held = True, 0.0
        elif gap > margin and been_below:
            held = 1.0
        out[t] = held
    return out


@compiled
def hold_between(value: Floats, enter_below: float, leave_above: float) -> Floats:
    """1 from where `value` falls below a level until it rises above another."""
    out = np.zeros(value.size)
    held = 0.0
    for t in range(value.size):
        if np.isnan(value[t]) or value[t] > leave_above:
            held = 0.0
        elif value[t] < enter_below:
            held = 1.0
        out[t] = held
    return out


@compiled
def hold_breakout(close: Floats, upper: Floats, lower: Floats) -> Floats:
    """1 from a close above `upper` until a close below `lower`."""
    out = np.zeros(close.size)
    held = 0.0
    for t in range(close.size):
        if np.isnan(upper[t]) or np.isnan(lower[t]) or close[t] < lower[t]:
            held = 0.0
        elif close[t] > upper[t]:
            held = 1.0
        out[t] = held
    return out
