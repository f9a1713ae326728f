"""Mean reversion on Wilder's relative strength index."""

from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from peaklib.features import Bars, rsi
from peaklib.features.parameters import Param
from peaklib.strategies.holding import hold_between
from peaklib.strategies.strategy import strategy


@strategy("rsi_reversion", version="1", warm_up=lambda window, **_: window)
def rsi_reversion(
    bars: Bars,
    *,
    window: Annotated[int, Param(2, 500, "bars", "window of the RSI")] = 14,
    oversold: Annotated[float, Param(0, 100, "RSI points", "enter below this level")] = 30.0,
    leave: Annotated[float, Param(0, 100, "RSI points", "leave above this level")] = 50.0,
) -> NDArray[np.float64]:
    """Long from an oversold RSI until it has recovered."""
    return hold_between(bars.apply(rsi, "close", window=window), oversold, leave)
