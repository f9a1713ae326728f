"""Breakout of Donchian's channel."""

from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from peaklib.features import Bars, highest_before, lowest_before
from peaklib.features.parameters import Param
from peaklib.strategies.holding import hold_breakout
from peaklib.strategies.strategy import strategy


@strategy("donchian_breakout", version="1", warm_up=lambda enter, leave: max(enter, leave))
def donchian_breakout(
    bars: Bars,
    *,
    enter: Annotated[int, Param(1, 1000, "bars", "highs that must be exceeded")] = 20,
    leave: Annotated[int, Param(1, 1000, "bars", "lows that end the position")] = 10,
) -> NDArray[np.float64]:
    """Long from a close above the highest high before it until one below the lowest low."""
    return hold_breakout(
        bars.close,
        bars.apply(highest_before, "high", window=enter),
        bars.apply(lowest_before, "low", window=leave),
    )
