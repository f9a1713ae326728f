"""Whether numbers can be simple returns, or are percent or prices given in their place."""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from peaklib.errors import DataError

Floats = NDArray[np.float64]

# Nothing gains half of itself on most bars and never loses: a series that does is of prices.
_PRICE: Final = 0.5
# Fewer numbers than these are no pattern.
_FEWEST: Final = 3


def check_units(values: Floats, at: Callable[[int], str], *, in_order: bool = True) -> None:
    """Refuse what cannot be simple returns as fractions.

    A return below -1 loses more than all there is. It is the ruin of an account if only zeros
    follow; otherwise these are percent, prices or money. Percent of a series that never falls
    by a percent cannot be told from fractions.

    Args:
        values: (n,), NaN where there is none.
        at: words for a row, such as `return at row 3`.
        in_order: whether rows follow each other in time; if not, none can be a ruin.

    Raises:
        DataError: a return below -1 that is no ruin, or no number of three or more is 0 or
            less while half of them are above 0.5.
    """
    lowest = np.fmin.reduce(values, initial=np.nan)
    if not (lowest < -1.0 or lowest > 0.0):
        return
    below = np.flatnonzero(values < -1.0)
    if below.size and not (in_order and _nothing_after(values, int(below[0]))):
        raise DataError(
            f"{at(int(below[0]))} is {values[below[0]]:.6g}, and {below.size:,} of {values.size:,} "
            "are below -1, which is all there is to lose: divide percent by 100, and turn prices "
            "or money into simple returns"
        )
    known = values[~np.isnan(values)]
    if known.size >= _FEWEST and lowest > 0.0 and float(np.median(known)) > _PRICE:
        first = int(np.flatnonzero(~np.isnan(values))[0])
        raise DataError(
            f"{at(first)} is {known[0]:.6g}, all {known.size:,} are above 0 and half of them above "
            f"{_PRICE:g}: these look like prices; give simple returns, such as "
            "prices.pct_change().iloc[1:]"
        )


def _nothing_after(values: Floats, row: int) -> bool:
    """Whether an account that was ruined there earned nothing any more."""
    after = values[row + 1 :]
    return not bool((~np.isnan(after) & (after != 0.0)).any())
