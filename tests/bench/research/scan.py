"""What anybody would write: the triple barrier as two loops in numba, arrays in and out."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from research.setting import HORIZON

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Found = tuple[Ints, Ints, Floats, Ints, NDArray[np.int8], Ints]


def scan(close: Floats, target: Floats, width: float) -> Found:
    """Labels of all bars, both barriers `width` targets away.

    Returns:
        Bar of the event, bar of the exit, return, label, barrier (0 profit, 1 stop, 2
        vertical) and bars held: the columns of peaklib's table, without stamps.
    """
    n = close.size
    event, exit_, label, held = (np.empty(n, dtype=np.int64) for _ in range(4))
    returns, barrier = np.empty(n), np.empty(n, dtype=np.int8)
    found = (event, exit_, returns, label, barrier, held)
    count = _scan(close, target, width, HORIZON, *found)
    return (
        event[:count],
        exit_[:count],
        returns[:count],
        label[:count],
        barrier[:count],
        held[:count],
    )


@njit(cache=True)
def _scan(
    close: Floats,
    target: Floats,
    width: float,
    horizon: int,
    event: Ints,
    exit_: Ints,
    returns: Floats,
    label: Ints,
    barrier: NDArray[np.int8],
    held: Ints,
) -> int:
    count = 0
    for begin in range(close.size):
        upper = close[begin] * (1.0 + width * target[begin])
        lower = close[begin] * (1.0 - width * target[begin])
        at, kind = min(begin + horizon, close.size - 1), 2
        for bar in range(begin + 1, at + 1):
            if close[bar] >= upper:
                at, kind = bar, 0
                break
            if close[bar] <= lower:
                at, kind = bar, 1
                break
        if kind == 2 and begin + horizon >= close.size:
            continue
        event[count], exit_[count], held[count] = begin, at, at - begin
        returns[count] = close[at] / close[begin] - 1.0
        barrier[count] = kind
        label[count] = 1 if kind == 0 else -1 if kind == 1 else 0
        count += 1
    return count
