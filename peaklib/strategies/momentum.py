"""Time-series momentum."""

from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from peaklib.features import Bars, rate_of_change
from peaklib.features.parameters import Param
from peaklib.strategies.strategy import strategy


@strategy("momentum", version="1", warm_up=lambda window, **_: window)
def momentum(
    bars: Bars,
    *,
    window: Annotated[int, Param(1, 2000, "bars", "look-back of the return")] = 120,
    threshold: Annotated[float, Param(0, 1, "fraction", "return that must be exceeded")] = 0.0,
    short: Annotated[float, Param(0, 1, "share of equity", "size of the short side")] = 0.0,
) -> NDArray[np.float64]:
    """Long after a return above the threshold, short (or flat) after one below its negative."""
    past = bars.apply(rate_of_change, "close", window=window)
    return np.where(past > threshold, 1.0, np.where(past < -threshold, -short, 0.0))
