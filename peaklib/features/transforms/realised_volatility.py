"""Deviation of log returns over a window."""

from typing import Annotated

from peaklib.features import volatility
from peaklib.features.feature import Floats, feature
from peaklib.features.parameters import Param


@feature("realised_volatility", version="1", warm_up=lambda window: window)
def realised_volatility(
    close: Floats,
    *,
    window: Annotated[int, Param(2, 10_000, "bars", "log returns in the window")] = 20,
) -> Floats:
    """Deviation of the last `window` log returns about their mean, per bar.

    ddof=0: divided by `window`. Not annualised.

    Source: Hull, Options, Futures, and Other Derivatives, on estimating volatility from
    historical data; he divides by window - 1.
    """
    return volatility.realised_volatility(close, window)
