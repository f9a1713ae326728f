"""A strategy under a name that peaklib has already."""

import numpy as np
from numpy.typing import NDArray

from peaklib.features import Bars
from peaklib.strategies import strategy


@strategy("buy_and_hold", version="2", warm_up=lambda: 0)
def hold(bars: Bars) -> NDArray[np.float64]:
    """Long, but called like another."""
    return np.ones(len(bars))


STRATEGY = hold
