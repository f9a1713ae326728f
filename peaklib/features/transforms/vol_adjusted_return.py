"""Return in units of the volatility that was known before."""

from typing import Annotated

from peaklib.features import volatility
from peaklib.features.feature import Floats, feature
from peaklib.features.parameters import Param


@feature(
    "vol_adjusted_return",
    version="1",
    warm_up=lambda window, span: max(window, span + 1),
)
def vol_adjusted_return(
    close: Floats,
    *,
    window: Annotated[int, Param(1, 10_000, "bars", "bars that the return spans")] = 1,
    span: Annotated[int, Param(1, 1000, "bars", "span of the EWM volatility")] = 20,
) -> Floats:
    """Log return over `window` bars in deviations of one bar, as known on the bar before.

    Divided by `ewm_volatility` of bar t - 1, so that a jump is not measured by itself. That
    is the volatility of a single bar, whatever `window` is: returns over w quiet bars are
    about sqrt(w) large. 0 where that volatility is 0.

    Source: Moskowitz, Ooi and Pedersen (2012), Time series momentum, Journal of Financial
    Economics 104, who scale by the volatility of the day before; theirs is annualised.
    """
    return volatility.volatility_adjusted_returns(close, window, span)
