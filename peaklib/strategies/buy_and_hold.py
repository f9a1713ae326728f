"""The benchmark."""

import numpy as np
from numpy.typing import NDArray

from peaklib.features import Bars
from peaklib.strategies.strategy import strategy


@strategy("buy_and_hold", version="1", warm_up=lambda: 0)
def buy_and_hold(bars: Bars) -> NDArray[np.float64]:
    """Long from the first bar to the last."""
    return np.ones(len(bars))
