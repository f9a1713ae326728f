"""Garman and Klass' volatility, from open, range and close."""

from typing import Annotated

from peaklib.features import volatility
from peaklib.features.feature import Floats, feature
from peaklib.features.parameters import Param


@feature("garman_klass", version="1", warm_up=lambda window: window - 1)
def garman_klass(
    open: Floats,
    high: Floats,
    low: Floats,
    close: Floats,
    *,
    window: Annotated[int, Param(1, 1000, "bars", "bars that are averaged")] = 20,
) -> Floats:
    """Garman and Klass' volatility from open, high, low and close, per bar.

    sqrt(mean(ln(high / low)^2 / 2 - (2 ln 2 - 1) ln(close / open)^2)). Not annualised; gaps
    between bars are not in it. A mean below 0, which only an open or close outside the
    range can make, counts as 0.

    Source: Garman and Klass (1980), On the Estimation of Security Price Volatilities from
    Historical Data, Journal of Business 53(1), the practical estimator.
    """
    return volatility.garman_klass(open, high, low, close, window)
