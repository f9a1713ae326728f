"""Mean reversion to the middle of Bollinger's bands."""

from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from peaklib.features import Bars, bollinger_z
from peaklib.features.parameters import Param
from peaklib.strategies.holding import hold_between
from peaklib.strategies.strategy import strategy


@strategy("bollinger_reversion", version="1", warm_up=lambda window, **_: window - 1)
def bollinger_reversion(
    bars: Bars,
    *,
    window: Annotated[int, Param(2, 1000, "bars", "window of mean and deviation")] = 20,
    width: Annotated[float, Param(0, 10, "standard deviations", "distance of the bands")] = 2.0,
) -> NDArray[np.float64]:
    """Long from a close below the lower band until a close above the middle."""
    return hold_between(bars.apply(bollinger_z, "close", window=window), -width, 0.0)
