"""Crossover of two exponential moving averages."""

from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from peaklib.features import Bars, ema
from peaklib.features.parameters import Param
from peaklib.strategies.holding import hold_after_cross
from peaklib.strategies.strategy import strategy


@strategy("ema_crossover", version="1", warm_up=lambda fast, slow: max(fast, slow) - 1)
def ema_crossover(
    bars: Bars,
    *,
    fast: Annotated[int, Param(1, 1000, "bars", "window of the fast average")] = 12,
    slow: Annotated[int, Param(2, 2000, "bars", "window of the slow average")] = 26,
) -> NDArray[np.float64]:
    """Long while the fast exponential average is above the slow one, from its first cross."""
    return hold_after_cross(
        bars.apply(ema, "close", window=fast), bars.apply(ema, "close", window=slow)
    )
