"""Wilder's relative strength index."""

from typing import Annotated

from peaklib.features import oscillators
from peaklib.features.feature import Floats, feature
from peaklib.features.parameters import Param


@feature("rsi", version="1", warm_up=lambda window: window)
def rsi(
    close: Floats,
    *,
    window: Annotated[int, Param(1, 1000, "bars", "window of Wilder's smoothing")] = 14,
) -> Floats:
    """Wilder's relative strength index, 0 … 100.

    50 where the price has not moved at all.

    Source: Wilder (1978), New Concepts in Technical Trading Systems.
    """
    return oscillators.rsi(close, window)
