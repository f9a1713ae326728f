"""Moments of returns by window: count, sum and sum of squares are enough for a Sharpe ratio.

`run_grid` keeps them for every trial and window that it is asked for. Those of several windows
add up, so that any choice of windows is measured without touching a return again. As an array
they are `moments`, (n_trials, n_windows, 3), with count, sum and sum of squares on the last axis.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peaklib.errors import DataError
from peaklib.evidence.compiled import compiled
from peaklib.metrics import NOISE, NOISE_FLOOR, checked_year

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_COLUMNS: Final = ("n", "sum", "sumsq")

# Adding n squares one by one, and squaring a sum of n, is off by at most some n roundings.
_ROUNDING: Final = 4 * float(np.finfo(np.float64).eps)
_LEAST_DEVIATION: Final = NOISE * NOISE_FLOOR


@compiled
def sharpe_per_period(count: float, total: float, squares: float) -> float:
    """Mean over ddof=1 deviation of `count` returns; NaN where the spread is only rounding.

    A difference of two nearly equal sums says nothing below their rounding error: a constant
    series has no Sharpe ratio here, as in `metrics.sharpe`, and neither has a single return.
    """
    if count < 2.0:
        return np.nan
    spread = squares - total * total / count
    noise = max(_ROUNDING * count * squares, (count - 1.0) * _LEAST_DEVIATION * _LEAST_DEVIATION)
    if not spread > noise:
        return np.nan
    ratio: float = total / count / np.sqrt(spread / (count - 1.0))
    return ratio


@compiled
def _fill_sharpes(moments: Floats, out: Floats) -> None:
    for i in range(moments.shape[0]):
        out[i] = sharpe_per_period(moments[i, 0], moments[i, 1], moments[i, 2])


def window_moments(grid_frame: pd.DataFrame, names: Sequence[str]) -> Floats:
    """The moments that `run_grid` kept, as an array.

    Args:
        grid_frame: what `run_grid(windows=...)` returned, one row per trial.
        names: windows, in the order wanted.

    Returns:
        (n_trials, n_windows, 3) count, sum and sum of squares.

    Raises:
        DataError: a window is not in the frame, or a moment is not finite.
    """
    missing = [name for name in names if f"{name}_sumsq" not in grid_frame.columns]
    if missing:
        kept = [str(c).removesuffix("_sumsq") for c in grid_frame if str(c).endswith("_sumsq")]
        raise DataError(
            f"the frame has no moments of window {missing[0]!r}; it has: "
            f"{', '.join(kept) or 'none'}. Give the window to run_grid(windows=...)"
        )
    columns = [f"{name}_{moment}" for name in names for moment in _COLUMNS]
    values = grid_frame[columns].to_numpy(dtype=np.float64)
    return checked_moments(values.reshape(len(grid_frame), len(names), len(_COLUMNS)))


def checked_moments(moments: Floats) -> Floats:
    """Moments as a contiguous array, once they are what they should be.

    Raises:
        DataError: wrong shape, no trial or window, a value that is not finite, or trials that
            do not count the same bars in a window.
    """
    array = np.ascontiguousarray(moments, dtype=np.float64)
    if array.ndim != 3 or array.shape[2] != len(_COLUMNS) or array.size == 0:
        raise DataError(
            f"moments: shape {array.shape}; expected (n_trials, n_windows, 3) with count, sum and "
            "sum of squares on the last axis, as window_moments gives them"
        )
    bad = np.argwhere(~np.isfinite(array))
    if bad.size:
        trial, window, which = bad[0]
        raise DataError(
            f"moments: {_COLUMNS[which]} of trial {trial} in window {window} is "
            f"{array[trial, window, which]}; leave that trial out or run it again"
        )
    odd = np.argwhere(array[:, :, 0] != array[0, :, 0])
    if odd.size:
        trial, window = odd[0]
        raise DataError(
            f"moments: trial {trial} has {array[trial, window, 0]:g} bars in window {window} and "
            f"trial 0 has {array[0, window, 0]:g}; compare trials over the same bars only"
        )
    return array


def sharpe_of_moments(
    moments: Floats, *, periods_per_year: float, windows: Sequence[int] | None = None
) -> Floats:
    """Annualised Sharpe ratio of each trial over several windows together.

    Args:
        moments: (n_trials, n_windows, 3).
        periods_per_year: bars in a year.
        windows: numbers of those that count; all by default.

    Returns:
        (n_trials,), NaN for an account that never moved.

    Raises:
        DataError: the moments are none, or no window is chosen.
    """
    array = checked_moments(moments)
    chosen = array if windows is None else array[:, list(windows)]
    if chosen.shape[1] == 0:
        raise DataError("windows: none was chosen; name at least one, or leave the argument out")
    return _sharpes(chosen.sum(axis=1), periods_per_year)


def window_sharpes(moments: Floats, *, periods_per_year: float) -> Floats:
    """Annualised Sharpe ratio of each trial in each window, (n_trials, n_windows).

    Args:
        moments: (n_trials, n_windows, 3).
        periods_per_year: bars in a year.
    """
    array = checked_moments(moments)
    flat = _sharpes(array.reshape(-1, len(_COLUMNS)), periods_per_year)
    return flat.reshape(array.shape[:2])


def _sharpes(moments: Floats, periods_per_year: float) -> Floats:
    out = np.empty(len(moments))
    _fill_sharpes(np.ascontiguousarray(moments), out)
    return np.asarray(out * np.sqrt(checked_year(periods_per_year)), dtype=np.float64)


def best_trials(sharpes: Floats) -> Ints:
    """Number of the best trial in each column; the first of equals, -1 where there is none.

    Args:
        sharpes: (n_trials, n_windows); a NaN is never chosen.

    Returns:
        (n_windows,).
    """
    known = np.where(np.isnan(sharpes), -np.inf, sharpes)
    best: Ints = known.argmax(axis=0)
    return np.where(np.isnan(sharpes).all(axis=0), -1, best)


def rolled(moments: Floats, width: int) -> Floats:
    """Moments of every `width` consecutive windows together.

    Args:
        moments: (n_trials, n_windows, 3) of windows that follow one another.
        width: how many; 2 makes rolling years of half-years.

    Returns:
        (n_trials, n_windows - width + 1, 3); each sum is made anew, so that nothing of a window
        that was left is in it.

    Raises:
        DataError: `width` is below 1 or above the number of windows.
    """
    array = checked_moments(moments)
    if not 1 <= width <= array.shape[1]:
        raise DataError(f"width = {width}; there are {array.shape[1]} windows, give 1 to that many")
    views = np.lib.stride_tricks.sliding_window_view(array, width, axis=1)
    return np.ascontiguousarray(views.sum(axis=-1), dtype=np.float64)
