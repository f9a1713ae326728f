"""A strategy that breaks its contract: its average is centred, so it knows the future."""

from typing import Annotated

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peaklib.features import Bars
from peaklib.strategies import Param, strategy


@strategy("example_centred", version="1", warm_up=lambda **_: 0)
def centred(
    bars: Bars, *, window: Annotated[int, Param(3, 99, "bars", "width of the average")] = 11
) -> NDArray[np.float64]:
    """Long where the close is below the average of the bars around it."""
    average = pd.Series(bars.close).rolling(window, center=True, min_periods=1).mean()
    return np.where(bars.close < average, 1.0, 0.0)


STRATEGY = centred
