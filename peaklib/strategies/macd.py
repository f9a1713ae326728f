"""Appel's moving average convergence divergence."""

from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from peaklib.features import Bars, macd_line, macd_signal
from peaklib.features.parameters import Param
from peaklib.strategies.holding import hold_after_cross
from peaklib.strategies.strategy import strategy


@strategy("macd", version="1", warm_up=lambda fast, slow, signal: max(fast, slow) + signal - 2)
def macd(
    bars: Bars,
    *,
    fast: Annotated[int, Param(1, 500, "bars", "window of the fast average")] = 12,
    slow: Annotated[int, Param(2, 1000, "bars", "window of the slow average")] = 26,
    signal: Annotated[int, Param(1, 500, "bars", "window of the signal line")] = 9,
) -> NDArray[np.float64]:
    """Long while the MACD line is above its signal line, from its first upward cross."""
    return hold_after_cross(
        bars.apply(macd_line, "close", fast=fast, slow=slow),
        bars.apply(macd_signal, "close", fast=fast, slow=slow, signal=signal),
    )
