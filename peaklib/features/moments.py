"""Moments over rolling windows.

Each row is computed from the rows of its window alone, in passes over it: no running sum
carries rounding errors along, so nothing depends on where the series began.
"""

import numpy as np
from numpy.typing import NDArray

from peaklib.evidence.compiled import compiled

Floats = NDArray[np.float64]


@compiled
def _offset(part: Floats) -> float:
    """Mean minus the last value; exactly 0 where all are alike, however large they are."""
    total = 0.0
    for value in part:
        total += value - part[-1]
    return total / part.size


@compiled
def rolling_mean(values: Floats, window: int) -> Floats:
    """Mean of the last `window` values, (n,); exact zero for a window of zeros.

    `sma` takes one step a row, yet its running sum can keep a remainder, even a negative
    one, of values many orders larger that have left; and it never gets over a NaN.
    """
    out = np.full(values.size, np.nan)
    for t in range(window - 1, values.size):
        total = 0.0
        for k in range(t - window + 1, t + 1):
            total += values[k]
        out[t] = total / window
    return out


@compiled
def rolling_zscore(values: Floats, window: int) -> Floats:
    """Distance from the mean of the last `window` values, in their deviations, (n,).

    This value is part of its window; deviation with ddof=0, so that |z| is at most
    sqrt(window - 1). 0 where the deviation is within 1e-12 of the mean's size: flat but
    for rounding.
    """
    out = np.full(values.size, np.nan)
    for t in range(window - 1, values.size):
        part = values[t - window + 1 : t + 1]
        offset = _offset(part)
        squares = 0.0
        for value in part:
            gap = value - part[-1] - offset
            squares += gap * gap
        deviation = np.sqrt(squares / window)
        flat = deviation <= 1e-12 * abs(values[t] + offset)
        out[t] = 0.0 if flat else -offset / deviation
    return out


@compiled
def rolling_moments(
    values: Floats, window: int, flat: float
) -> tuple[Floats, Floats, Floats, Floats]:
    """Mean, deviation, skewness and excess kurtosis of the last `window` values, each (n,).

    Moments of the window itself, divided by n (ddof=0, no correction for bias): skewness
    m3 / m2^1.5, kurtosis m4 / m2^2 - 3, of which a normal sample has about 0. Where the
    deviation is not above `flat`, both are 0.

    Source: Joanes and Gill (1998), The Statistician 47: their g1 and g2.
    """
    mean = np.full(values.size, np.nan)
    deviation = np.full(values.size, np.nan)
    skewness = np.full(values.size, np.nan)
    kurtosis = np.full(values.size, np.nan)
    for t in range(window - 1, values.size):
        part = values[t - window + 1 : t + 1]
        offset = _offset(part)
        squares = 0.0
        for value in part:
            gap = value - part[-1] - offset
            squares += gap * gap
        spread = np.sqrt(squares / window)
        mean[t], deviation[t] = values[t] + offset, spread
        skewness[t], kurtosis[t] = 0.0, 0.0
        if spread <= flat:
            continue
        third, fourth = 0.0, 0.0
        for value in part:
            score = (value - part[-1] - offset) / spread
            third += score * score * score
            fourth += score * score * score * score
        skewness[t], kurtosis[t] = third / window, fourth / window - 3.0
    return mean, deviation, skewness, kurtosis


@compiled
def rolling_autocorrelation(values: Floats, window: int, lag: int, flat: float) -> Floats:
    """Correlation of the last `window` values with themselves `lag` rows before, (n,).

    Pearson's correlation of the window - lag pairs inside the window, earlier and later
    values each about a mean of their own. Where either deviation is not above `flat`: 0;
    NaN where a value of the window is.
    """
    out = np.full(values.size, np.nan)
    pairs = window - lag
    for t in range(window - 1, values.size):
        early = values[t - window + 1 : t - lag + 1]
        late = values[t - pairs + 1 : t + 1]
        offset, offset_late = _offset(early), _offset(late)
        both, first, second = 0.0, 0.0, 0.0
        for k in range(pairs):
            gap = early[k] - early[-1] - offset
            gap_late = late[k] - late[-1] - offset_late
            both += gap * gap_late
            first += gap * gap
            second += gap_late * gap_late
        least = pairs * flat * flat
        if np.isnan(both):
            continue
        if first <= least or second <= least:
            out[t] = 0.0
        else:
            ratio = both / np.sqrt(first) / np.sqrt(second)
            out[t] = max(-1.0, min(1.0, ratio))
    return out
