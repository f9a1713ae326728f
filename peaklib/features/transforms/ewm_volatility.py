"""Exponentially weighted volatility."""

from typing import Annotated

from peaklib.features import volatility
from peaklib.features.feature import Floats, feature
from peaklib.features.parameters import Param


@feature("ewm_volatility", version="1", warm_up=lambda span: span)
def ewm_volatility(
    close: Floats,
    *,
    span: Annotated[int, Param(1, 1000, "bars", "span of the weights, 2 / (span + 1)")] = 20,
) -> Floats:
    """Exponentially weighted deviation of log returns, per bar.

    About zero instead of their mean: v += w (r^2 - v) with w = 2 / (span + 1), from the mean
    square of the first `span` returns onwards; this is sqrt(v). Not annualised.

    Source: J.P. Morgan/Reuters (1996), RiskMetrics Technical Document, with decay 1 - w.
    """
    return volatility.ewm_volatility(close, span)
