"""Fractional differencing with a window of fixed width: stationary, yet with memory."""

from collections.abc import Iterable
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peaklib.errors import DataError

Floats = NDArray[np.float64]

MOST_WEIGHTS: Final = 100_000
"""Where weights end at the latest; with any threshold from 1e-6 on they are fewer."""

LEAST_ROWS: Final = 50
"""Fewest values that a test of stationarity is made on."""

LAGS: Final = 1
"""Lagged differences in the test's regression, as López de Prado (2018) has it."""

# Below so many weights the plain sum is quicker than transforms, and scipy is not loaded.
_FEW = 64


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

    With 64 weights or more the sums are made by Fourier transforms in blocks. Their rounding
    is some 1e-15 of the largest value of a block, which is how much later rows can matter.

    Raises:
        DataError: `d` or `threshold` outside its range.

    Source: Hosking (1981), Biometrika 68(1); López de Prado (2018), ch. 5.
    """
    weights = fractional_weights(d, threshold)
    there = np.isfinite(values)
    if there.all():
        return _filtered(values, weights)
    out = np.full(values.size, np.nan)
    edges = np.flatnonzero(np.diff(there, prepend=False, append=False)).reshape(-1, 2)
    for start, stop in edges:
        out[start:stop] = _filtered(values[start:stop], weights)
    return out


def _filtered(values: Floats, weights: Floats) -> Floats:
    width = weights.size
    if values.size < width:
        return np.full(values.size, np.nan)
    if width < _FEW:
        out = np.convolve(values, weights)[: values.size]
    else:
        from scipy.signal import oaconvolve

        out = np.asarray(oaconvolve(values, weights), dtype=np.float64)[: values.size]
    out[: width - 1] = np.nan
    return out


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
