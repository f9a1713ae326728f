"""Position in Donchian's channel."""

from typing import Annotated

from peaklib.features import channels
from peaklib.features.feature import Floats, feature
from peaklib.features.parameters import Param


@feature("donchian", version="1", warm_up=lambda window: window - 1)
def donchian(
    high: Floats,
    low: Floats,
    close: Floats,
    *,
    window: Annotated[int, Param(1, 1000, "bars", "bars that the channel spans")] = 20,
) -> Floats:
    """Where the close is between the lowest low (0) and the highest high (1).

    Of the last `window` bars, this one included, unlike the channel that the strategy
    `donchian_breakout` trades, which leaves it out so that it can be broken. 0.5 where the
    channel is flat.

    Source: Lane (1984), Lane's Stochastics, Technical Analysis of Stocks and Commodities 2:
    his %K, here over the channel of Donchian's four-week rule.
    """
    return channels.channel_position(high, low, close, window)
