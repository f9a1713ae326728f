"""What another package adds: a rule that buys weakness in an upward trend, and a feature."""

from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from peaklib.features import Bars, feature, rate_of_change, sma
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


@feature("example_close_location", version="1", warm_up=lambda: 0)
def close_location(high: NDArray[np.float64], low: NDArray[np.float64], close: NDArray[np.float64]):
    """Where in its bar the price closed, 0 at the low, 1 at the high; 0.5 where they are one.

    Source: this example.
    """
    width = high - low
    return np.divide(close - low, width, out=np.full(close.size, 0.5), where=width > 0)


FEATURE = close_location
