"""Events on a path: where it has moved far enough since the last one."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peaklib.errors import DataError
from peaklib.evidence.compiled import compiled

Floats = NDArray[np.float64]


def cusum_events(values: Floats, threshold: float | Floats) -> Floats:
    """Events of the symmetric CUSUM filter, (n,): 1 upwards, -1 downwards, 0 none.

    The events of `cusum`, which see.
    """
    return cusum(values, threshold)[0]


def cusum(values: Floats, threshold: float | Floats) -> tuple[Floats, Floats, Floats]:
    """The symmetric CUSUM filter: events, and both sums after each bar, three times (n,).

    A bar adds its increment x to both sums: up = max(0, up + x), down = min(0, down + x).
    An event is where up > threshold or down < -threshold, strictly; the sum that did it
    starts again from 0, the other one goes on. Where both are beyond a threshold that has
    fallen since, the larger one makes the event, and up makes it if they are equal.

    A bar whose value or threshold is NaN is no event and leaves the sums as they are; the
    increment after a missing value counts from the last value known.

    Args:
        values: (n,) path, such as log prices.
        threshold: one for all bars or (n,), in the unit of the values, not negative.

    Returns:
        Events as 1, -1 or 0; up, not negative; down, not positive.

    Raises:
        DataError: thresholds of another length, or a negative one.

    Source: Page (1954), Biometrika 41; López de Prado (2018), Advances in Financial
    Machine Learning, ch. 2.
    """
    given = np.asarray(threshold, dtype=np.float64)
    if given.shape not in ((), values.shape):
        raise DataError(
            f"thresholds of shape {given.shape} for {values.size} values: give one for all, or "
            "one a bar"
        )
    if np.any(given < 0.0):
        raise DataError(f"a threshold is {np.nanmin(given)}: it is a distance, 0 or more")
    limits = np.ascontiguousarray(np.broadcast_to(given, values.shape))
    event, up, down = _cusum(values, limits)
    return event, up, down


def event_times(index: pd.DatetimeIndex, events: Floats) -> pd.DatetimeIndex:
    """Stamps of the bars that are events; 0 and NaN are none."""
    return index[np.abs(events) > 0.0]


@compiled
def _cusum(values: Floats, limits: Floats) -> tuple[Floats, Floats, Floats]:
    event, up, down = np.zeros(values.size), np.zeros(values.size), np.zeros(values.size)
    high, low, last = 0.0, 0.0, np.nan
    for t in range(values.size):
        step = values[t] - last
        if not np.isnan(values[t]):
            last = values[t]
        if not (np.isnan(step) or np.isnan(limits[t])):
            high, low = max(0.0, high + step), min(0.0, low + step)
            if high > limits[t] and high >= -low:
                event[t], high = 1.0, 0.0
            elif low < -limits[t]:
                event[t], low = -1.0, 0.0
        up[t], down[t] = high, low
    return event, up, down
