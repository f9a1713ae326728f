"""Log return over some bars."""

from typing import Annotated

from peaklib.features import returns
from peaklib.features.feature import Floats, feature
from peaklib.features.parameters import Param


@feature("log_return", version="1", warm_up=lambda window: window)
def log_return(
    close: Floats,
    *,
    window: Annotated[int, Param(1, 10_000, "bars", "bars that the return spans")] = 1,
) -> Floats:
    """Log return over the last `window` bars, ln(close[t] / close[t - window]).

    Continuously compounded, not annualised; the column has to be positive.

    Source: Campbell, Lo and MacKinlay (1997), The Econometrics of Financial Markets, ch. 1.
    """
    return returns.log_returns(close, window)
