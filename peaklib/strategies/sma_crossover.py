"""Crossover of two simple moving averages."""

from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from peaklib.features import Bars, sma
from peaklib.features.parameters import Param
from peaklib.strategies.holding import hold_after_cross
from peaklib.strategies.strategy import strategy


@strategy("sma_crossover", version="1", warm_up=lambda fast, slow: max(fast, slow) - 1)
def sma_crossover(
    bars: Bars,
    *,
    fast: Annotated[int, Param(1, 1000, "bars", "window of the fast average")] = 20,
    slow: Annotated[int, Param(2, 2000, "bars", "window of the slow average")] = 50,
) -> NDArray[np.float64]:
    """Long while the fast simple average is above the slow one, from its first upward cross."""
    return hold_after_cross(
        bars.apply(sma, "close", window=fast), bars.apply(sma, "close", window=slow)
    )
