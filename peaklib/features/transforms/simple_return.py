"""Simple return over some bars."""

from typing import Annotated

from peaklib.features import oscillators
from peaklib.features.feature import Floats, feature
from peaklib.features.parameters import Param


@feature("simple_return", version="1", warm_up=lambda window: window)
def simple_return(
    close: Floats,
    *,
    window: Annotated[int, Param(1, 10_000, "bars", "bars that the return spans")] = 1,
) -> Floats:
    """Simple return over the last `window` bars, close[t] / close[t - window] - 1.

    A fraction: 0.01 is one per cent. Not annualised. NaN where the earlier value is 0, which
    no price is but a volume may be.

    Source: Campbell, Lo and MacKinlay (1997), The Econometrics of Financial Markets, ch. 1.
    """
    return oscillators.rate_of_change(close, window)
