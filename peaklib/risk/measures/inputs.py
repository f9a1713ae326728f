"""What every measure asks of its input."""

import math
from numbers import Real
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from peaklib.errors import DataError
from peaklib.risk.measures.units import check_units

Floats = NDArray[np.float64]

# Enough for a decimal level; `1 - 0.95` is 0.050000000000000044, which is a rank too many.
_DIGITS: Final = 12


def is_number(value: object) -> bool:
    """Whether something is a real number of Python or NumPy; text and truth values are none."""
    return isinstance(value, Real) and not isinstance(value, bool)


def tail_of(level: float) -> float:
    """Probability of the tail, 1 − level without the noise of floats: 0.05 for 0.95.

    Raises:
        DataError: `level` is not inside 0.5 … 1.
    """
    tail = round(1.0 - level, _DIGITS) if is_number(level) and 0.5 < level < 1.0 else 0.0
    if tail <= 0.0:
        raise DataError(
            f"level = {level!r}; give a confidence inside 0.5 … 1, such as 0.99 for a tail of 1 %"
        )
    return tail


def checked_returns(returns: ArrayLike, least: int = 2) -> Floats:
    """(n,) simple returns as float64.

    Args:
        returns: fractions per bar; 0.01 is a gain of 1 %.
        least: how many are needed.

    Raises:
        DataError: not one-dimensional, not numbers, fewer than `least`, NaN or infinity, or
            percent or prices as `check_units` tells them.
    """
    array = checked_array("returns", returns)
    if array.ndim != 1:
        raise DataError(f"returns have the shape {array.shape}; give those of one series, (n,)")
    if array.size < least:
        raise DataError(f"{array.size} returns; this measure needs {least} or more")
    # Both ends are NaN if any number is: two passes tell what a pass an element would.
    with np.errstate(invalid="ignore"):
        low, high = float(array.min()), float(array.max())
    if not (math.isfinite(low) and math.isfinite(high)):
        finite = np.isfinite(array)
        row = int(np.argmin(finite))
        others = array.size - int(finite.sum())
        raise DataError(
            f"return at row {row} is {array[row]}; {others} of {array.size} are not finite; drop "
            "or repair them before measuring risk"
        )
    if low < -1.0 or low > 0.0:
        check_units(array, lambda row: f"return at row {row}")
    return array


def checked_array(name: str, values: ArrayLike) -> Floats:
    """Numbers as float64.

    Args:
        name: what they are, in the plural, for the message.
        values: of any shape.

    Raises:
        DataError: not numbers, or rows of different lengths.
    """
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"{name} are not numbers ({error}); give an array of numbers") from None


def check_tail(n: int, level: float) -> float:
    """The tail's probability, if it holds at least one of `n` observations.

    Raises:
        DataError: too few of them, or `level` is not inside 0.5 … 1.
    """
    tail = tail_of(level)
    if round(n * tail, 9) < 1.0:
        raise DataError(
            f"{n} observations have {n * tail:.3g} of them beyond level = {level}; give "
            f"{math.ceil(round(1.0 / tail, 9))} or more, a lower level, or a parametric measure"
        )
    return tail


def checked_count(name: str, value: object, least: int = 1) -> int:
    """A whole number of bars, paths or the like.

    Raises:
        DataError: something else, or fewer than `least`.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise DataError(f"{name} = {value!r}; give a whole number, {least:,} or more")
    return int(value)


def checked_window(window: int, n: int, least: int = 2) -> int:
    """The window of a rolling forecast over `n` returns, in bars.

    Raises:
        DataError: shorter than `least`, or no return is left to forecast.
    """
    bars = checked_count("window", window, least)
    if bars >= n:
        raise DataError(
            f"a window of {bars} bars over {n} returns leaves nothing to forecast; give a "
            f"shorter window or more than {bars} returns"
        )
    return bars
