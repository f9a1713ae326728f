"""Moments of log returns."""

from typing import Annotated

from peaklib.features.feature import Floats, feature
from peaklib.features.moments import rolling_moments
from peaklib.features.parameters import Param
from peaklib.features.returns import STEADY, log_returns


@feature(
    "moments",
    version="1",
    warm_up=lambda window: window,
    outputs=("mean", "std", "skew", "kurt"),
)
def moments(
    close: Floats,
    *,
    window: Annotated[int, Param(2, 10_000, "bars", "log returns in the window")] = 60,
) -> tuple[Floats, Floats, Floats, Floats]:
    """Mean, deviation, skewness and excess kurtosis of the last `window` log returns.

    Per bar, not annualised. The window's own moments, ddof=0, not corrected for bias;
    kurtosis is excess: about 0 for normal returns. Skewness and kurtosis are 0 where the
    returns are all alike but for rounding (deviation up to 1e-14).

    Source: Joanes and Gill (1998), Comparing Measures of Sample Skewness and Kurtosis, The
    Statistician 47: g1 and g2.
    """
    return rolling_moments(log_returns(close, 1), window, STEADY)
