"""Average true range."""

from typing import Annotated

from peaklib.features import volatility
from peaklib.features.feature import Floats, feature
from peaklib.features.parameters import Param


@feature("atr", version="1", warm_up=lambda window: window, outputs=("price", "share"))
def atr(
    high: Floats,
    low: Floats,
    close: Floats,
    *,
    window: Annotated[int, Param(1, 1000, "bars", "window of Wilder's smoothing")] = 14,
) -> tuple[Floats, Floats]:
    """Wilder's average true range: `price` in price units, `share` as a fraction of the close.

    Seeded with the mean of the first `window` true ranges. The first bar has none, for lack
    of a previous close, so that the first value is at index `window`, as in TA-Lib.

    Source: Wilder (1978), New Concepts in Technical Trading Systems.
    """
    price = volatility.atr(high, low, close, window)
    return price, price / close
