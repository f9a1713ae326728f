"""Amihud's illiquidity."""

from typing import Annotated

from peaklib.features import returns
from peaklib.features.feature import Floats, feature
from peaklib.features.parameters import Param

MILLION = 1e6


@feature("amihud", version="1", warm_up=lambda window: window)
def amihud(
    close: Floats,
    volume: Floats,
    *,
    window: Annotated[int, Param(1, 1000, "bars", "returns in the window")] = 20,
) -> Floats:
    """Amihud's illiquidity: mean |return| per million of traded value, over `window` bars.

    1e6 x mean of |simple return| / (close x volume), per bar and in the price's currency. A
    bar without volume is left out; 0 if the window has no other.

    Source: Amihud (2002), Illiquidity and Stock Returns, Journal of Financial Markets 5.
    """
    return MILLION * returns.illiquidity(close, volume, window)
