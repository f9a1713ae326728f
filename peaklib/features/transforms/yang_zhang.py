"""Yang and Zhang's volatility, with the gaps between bars."""

from typing import Annotated

from peaklib.features import volatility
from peaklib.features.feature import Floats, feature
from peaklib.features.parameters import Param


@feature("yang_zhang", version="1", warm_up=lambda window: window)
def yang_zhang(
    open: Floats,
    high: Floats,
    low: Floats,
    close: Floats,
    *,
    window: Annotated[int, Param(2, 1000, "bars", "bars that the variances are over")] = 20,
) -> Floats:
    """Yang and Zhang's volatility, free of drift and with gaps between bars, per bar.

    The root of the variance of the gaps, plus k times that of close over open, plus 1 - k
    times Rogers and Satchell's, with ddof=1 and k = 0.34 / (1.34 + (n + 1) / (n - 1)). Not
    annualised. A sum below 0, which only an open or close outside the range can make,
    counts as 0.

    Source: Yang and Zhang (2000), Drift-Independent Volatility Estimation Based on High,
    Low, Open, and Close Prices, Journal of Business 73(3).
    """
    return volatility.yang_zhang(open, high, low, close, window)
