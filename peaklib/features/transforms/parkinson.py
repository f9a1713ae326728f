"""Parkinson's volatility, from the range of bars."""

from typing import Annotated

from peaklib.features import volatility
from peaklib.features.feature import Floats, feature
from peaklib.features.parameters import Param


@feature("parkinson", version="1", warm_up=lambda window: window - 1)
def parkinson(
    high: Floats,
    low: Floats,
    *,
    window: Annotated[int, Param(1, 1000, "bars", "bars whose ranges are averaged")] = 20,
) -> Floats:
    """Parkinson's volatility from highs and lows, per bar.

    sqrt(mean(ln(high / low)^2) / (4 ln 2)). Not annualised; gaps between bars are not in it,
    and neither is a drift allowed for.

    Source: Parkinson (1980), The Extreme Value Method for Estimating the Variance of the
    Rate of Return, Journal of Business 53(1).
    """
    return volatility.parkinson(high, low, window)
