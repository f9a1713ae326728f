"""A strategy that another package adds: buy weakness within an upward trend."""

from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from peaklib.features import Bars, rate_of_change, sma
from peaklib.strategies import Param, strategy


@strategy("example_pullback", version="1", warm_up=lambda trend, dip: max(trend - 1, dip))
def pullback(
    bars: Bars,
    *,
    trend: Annotated[int, Param(2, 1000, "bars", "window of the average that must be below")] = 100,
    dip: Annotated[int, Param(1, 100, "bars", "bars over which the price must have fallen")] = 5,
) -> NDArray[np.float64]:
    """Long after a fall, as long as the close stands above its average."""
    above = bars.close > bars.apply(sma, "close", window=trend)
    fallen = bars.apply(rate_of_change, "close", window=dip) < 0
    return np.where(above & fallen, 1.0, 0.0)


STRATEGY = pullback
