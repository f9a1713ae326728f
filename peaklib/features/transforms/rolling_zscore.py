"""Standard score within a rolling window."""

from typing import Annotated

from peaklib.features import moments
from peaklib.features.feature import Floats, feature
from peaklib.features.parameters import Param


@feature("rolling_zscore", version="1", warm_up=lambda window: window - 1)
def rolling_zscore(
    close: Floats,
    *,
    window: Annotated[int, Param(2, 10_000, "bars", "window of mean and deviation")] = 20,
) -> Floats:
    """Distance from the mean of the last `window` values, in standard deviations.

    This value is in its window, the deviation has ddof=0. 0 where the window is flat: a
    deviation within 1e-12 of the mean's size. Any column or feature may stand for `close`.

    Source: Kreyszig (1979), Advanced Engineering Mathematics: the standard score.
    """
    return moments.rolling_zscore(close, window)
