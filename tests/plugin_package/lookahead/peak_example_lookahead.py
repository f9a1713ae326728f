"""A strategy and a feature that break their contracts: both know the future."""

from typing import Annotated

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peaklib.features import Bars, feature
from peaklib.strategies import Param, strategy


@strategy("example_centred", version="1", warm_up=lambda **_: 0)
def centred(
    bars: Bars, *, window: Annotated[int, Param(3, 99, "bars", "width of the average")] = 11
) -> NDArray[np.float64]:
    """Long where the close is below the average of the bars around it."""
    average = pd.Series(bars.close).rolling(window, center=True, min_periods=1).mean()
    return np.where(bars.close < average, 1.0, 0.0)


STRATEGY = centred


@feature("example_rank", version="1", warm_up=lambda: 0)
def rank(close: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rank of the close among all closes, those to come included."""
    return pd.Series(close).rank(pct=True).to_numpy()


FEATURE = rank
