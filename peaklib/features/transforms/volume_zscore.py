"""Standard score of volume within a rolling window."""

from typing import Annotated

import numpy as np

from peaklib.features.feature import Floats, feature
from peaklib.features.moments import rolling_zscore
from peaklib.features.parameters import Param


@feature("volume_zscore", version="1", warm_up=lambda window: window - 1)
def volume_zscore(
    volume: Floats,
    *,
    window: Annotated[int, Param(2, 10_000, "bars", "window of mean and deviation")] = 20,
) -> Floats:
    """Log volume's distance from its mean of the last `window` bars, in standard deviations.

    Of ln(1 + volume), as a bar may have no volume at all. This bar is in its window, the
    deviation has ddof=0; 0 where the window is flat.

    Source: Ajinkya and Jain (1989), The Behavior of Daily Stock Market Trading Volume,
    Journal of Accounting and Economics 11, on why the logarithm.
    """
    return rolling_zscore(np.log1p(volume), window)
