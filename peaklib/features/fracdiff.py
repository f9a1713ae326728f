"""Fractional differencing with a window of fixed width: stationary, yet with memory."""

from collections.abc import Iterable
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peaklib.errors import DataError
from peaklib.evidence.compiled import compiled

Floats = NDArray[np.float64]

MOST_WEIGHTS: Final = 100_000
"""Where weights end at the latest; with any threshold from 1e-6 on they are fewer."""

LEAST_ROWS: Final = 50
"""Fewest values that a test of stationarity is made on."""

LAGS: Final = 1
"""Lagged differences in the test's regression, as López de Prado (2018) has it."""

# Below so many weights plain sums are as quick as transforms.
_FEW: Final = 128

# Rows in a block that is transformed, at least; and in all blocks that are at one time.
_BLOCK: Final = 2048
_AT_ONCE: Final = 2**16

# Rows that are summed together: they and their sums stay in the processor's nearest memory.
_TILE: Final = 1024

# After so many steps of zero a series stands still.
_STILL: Final = 4


def fractional_weights(d: float, threshold: float = 1e-4, max_width: int = MOST_WEIGHTS) -> Floats:
    """Weights of (1 - L)^d on the present value and those before it, (width,).

    w[0] = 1, w[k] = -w[k-1] (d - k + 1) / k, up to the last one before the first whose size
    is below `threshold`. For d = 0, 1 and 2 they are [1], [1, -1] and [1, -2, 1].

    Args:
        d: order of the difference, 0 … 2.
        threshold: smallest weight that counts, above 0.
        max_width: weights end here at the latest.

    Raises:
        DataError: an argument outside its range.

    Source: Hosking (1981), Biometrika 68(1); the cut by size: López de Prado (2018),
    Advances in Financial Machine Learning, ch. 5.
    """
    if not (0.0 <= d <= 2.0 and threshold > 0.0 and max_width >= 1):
        raise DataError(
            f"fractional weights for d = {d}, threshold = {threshold}, max_width = {max_width}: "
            "d lies in [0, 2], the threshold above 0, the width at 1 or more"
        )
    weights = [1.0]
    for k in range(1, max_width):
        weight = -weights[-1] * (d - k + 1) / k
        if abs(weight) < threshold:
            break
        weights.append(weight)
    return np.array(weights)


def fractional_difference(values: Floats, d: float, threshold: float = 1e-4) -> Floats:
    """(1 - L)^d of a series over a window of fixed width, (n,); unit as that of the series.

    The first value is at index width - 1, the width being that of `fractional_weights`. A
    value that is not finite ends the series, and the next one begins another: leading NaN
    shift the start, and behind a gap NaN stands until the window is full again.

    With fewer than 128 weights, and on rows where the series has stood still for four steps
    or more, later rows change no bit: each value is the plain sum, and where the whole window
    is flat all are alike. Elsewhere the sums are made by Fourier transforms in blocks, whose
    rounding is some 1e-15 of how far the series moves within a block; so much can later rows
    matter.

    Raises:
        DataError: `d` or `threshold` outside its range.

    Source: Hosking (1981), Biometrika 68(1); López de Prado (2018), ch. 5.
    """
    weights = fractional_weights(d, threshold)
    path = np.ascontiguousarray(values, dtype=np.float64)
    there = np.isfinite(path)
    if there.all():
        return _filtered(path, weights)
    out = np.full(path.size, np.nan)
    edges = np.flatnonzero(np.diff(there, prepend=False, append=False)).reshape(-1, 2)
    for start, stop in edges:
        out[start:stop] = _filtered(path[start:stop], weights)
    return out


def _filtered(values: Floats, weights: Floats) -> Floats:
    width = weights.size
    if values.size < width:
        return np.full(values.size, np.nan)
    out = np.empty(values.size)
    if width < _FEW:
        _sum_up(values, weights, out, width - 1, values.size)
    else:
        _transform(values, weights, out)
        if np.any(values[1:] == values[:-1]):
            _sum_up_still(values, weights, out)
    out[: width - 1] = np.nan
    return out


def _transform(values: Floats, weights: Floats, out: Floats) -> None:
    """Write the weighted sums of all full windows by overlap-save, several blocks at a time.

    Where blocks begin depends on nothing behind them, and each is transformed without its
    first value: the rounding goes by the moves within a block, not by the level.

    Source: Oppenheim and Schafer (2010), Discrete-Time Signal Processing, 8.7.3.
    """
    from scipy.fft import irfft, rfft

    width = weights.size
    size = max(_BLOCK, 1 << (4 * width - 1).bit_length())
    step = size - width + 1
    together = max(1, _AT_ONCE // size)
    spectrum, total = rfft(weights, size), weights.sum()
    for begin in range(0, values.size - width + 1, together * step):
        part = values[begin : begin + together * step + width - 1]
        missing = -(part.size - width + 1) % step
        if missing:
            part = np.append(part, np.full(missing, part[-1]))
        blocks = np.lib.stride_tricks.sliding_window_view(part, size)[::step]
        level = blocks[:, :1]
        sums = irfft(rfft(blocks - level) * spectrum, size)[:, width - 1 :] + level * total
        wanted = out[begin + width - 1 : begin + width - 1 + sums.size]
        wanted[:] = sums.reshape(-1)[: wanted.size]


@compiled
def _sum_up_still(values: Floats, weights: Floats, out: Floats) -> None:
    """Make the sums anew where the series stands still.

    Features of these differences compare them with their own changes, which are as small there
    as the rounding of a transform, or smaller.
    """
    least = weights.size - 1
    steps = 0
    for t in range(1, values.size + 1):
        if t < values.size and values[t] == values[t - 1]:
            steps += 1
            continue
        if steps >= _STILL and t > least:
            _sum_up(values, weights, out, max(least, t - 1 - steps + _STILL), t)
        steps = 0


@compiled
def _sum_up(values: Floats, weights: Floats, out: Floats, begin: int, end: int) -> None:
    """Write the weighted sums of the windows that end on rows begin … end - 1.

    Many rows take the same few weights at once. Each one's sum is made in the same order
    wherever it stands, so that its bits depend on its window alone.
    """
    whole = weights.size - weights.size % 8
    for first in range(begin, end, _TILE):
        total = out[first : min(first + _TILE, end)]
        total[:] = 0.0
        for k in range(0, whole, 8):
            _add_eight(total, values[first - k - 7 : first - k + total.size], weights[k : k + 8])
        for k in range(whole, weights.size):
            part = values[first - k : first - k + total.size]
            for i in range(total.size):
                total[i] += weights[k] * part[i]


@compiled
def _add_eight(total: Floats, part: Floats, weights: Floats) -> None:
    """Add eight weights' products: total (n,), part (n + 7,) from the oldest row on."""
    a, b, c, d = weights[0], weights[1], weights[2], weights[3]
    e, f, g, h = weights[4], weights[5], weights[6], weights[7]
    for i in range(total.size):
        newer = (a * part[i + 7] + b * part[i + 6]) + (c * part[i + 5] + d * part[i + 4])
        older = (e * part[i + 3] + f * part[i + 2]) + (g * part[i + 1] + h * part[i])
        total[i] += newer + older


def stationarity_by_d(values: Floats, ds: Iterable[float], threshold: float = 1e-4) -> pd.DataFrame:
    """What each order of differencing gains in stationarity and loses in memory.

    Args:
        values: (n,) series, such as log prices; finite.
        ds: orders, each 0 … 2.
        threshold: smallest weight that counts.

    Returns:
        One row an order: `d`, `statistic` and `p_value` of `adf`, `correlation` with the
        original over the same rows (NaN where the differences are all alike), and `n`,
        the number of differences.

    Raises:
        DataError: too few values for an order, or values that cannot be tested.

    Source: López de Prado (2018), Advances in Financial Machine Learning, ch. 5.
    """
    rows = []
    for d in ds:
        found = fractional_difference(values, d, threshold)
        there = ~np.isnan(found)
        statistic, p_value = adf(found[there])
        correlation = float(np.corrcoef(found[there], values[there])[0, 1])
        rows.append((float(d), statistic, p_value, correlation, int(there.sum())))
    return pd.DataFrame(rows, columns=["d", "statistic", "p_value", "correlation", "n"])


def adf(values: Floats, lags: int = LAGS) -> tuple[float, float]:
    """Statistic and p-value of the augmented Dickey–Fuller test, with a constant.

    Null hypothesis: the series has a unit root. A small p-value speaks for stationarity.

    Args:
        values: (n,) finite.
        lags: number of lagged differences in the regression; taken as given, not searched.

    Raises:
        DataError: too few values, one that is not finite, or all alike.

    Source: Said and Dickey (1984), Biometrika 71(3); p-values of MacKinnon (1994).
    """
    if values.size < LEAST_ROWS + lags:
        raise DataError(
            f"{values.size} values are too few for a test of stationarity with {lags} lags, "
            f"which needs {LEAST_ROWS + lags}: give more rows, or a larger threshold of weights"
        )
    if not np.isfinite(values).all() or values.max() == values.min():
        raise DataError(
            f"{values.size} values from {values.min()} to {values.max()} cannot be tested for "
            "stationarity: they are all alike, or one is not finite"
        )
    from statsmodels.tsa.stattools import adfuller

    found = adfuller(values, maxlag=lags, regression="c", autolag=None, result_object=True)
    return float(found.statistic), float(found.pvalue)
