"""Long while Armstrong's wave rises: folklore, here to be tested."""

from typing import Annotated

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peaklib.features import Bars
from peaklib.features.cycles import rising
from peaklib.features.parameters import Param
from peaklib.strategies.strategy import strategy


@strategy("ecm_cycle", version="1", warm_up=lambda **_: 0, research_only=True)
def ecm_cycle(
    bars: Bars,
    *,
    shift_days: Annotated[int, Param(0, 3141, "days", "how much earlier the wave comes")] = 0,
    down: Annotated[float, Param(-1, 0, "share of equity", "position while the wave falls")] = 0.0,
) -> NDArray[np.float64]:
    """Long while Armstrong's wave of 8.6 years rises, flat or short while it falls.

    The wave rises from a low (… 2002.85, 2011.45, 2020.05 …) to the turning point 4.3 years
    later (… 2007.15, 2015.75, 2024.35 …), dates by the rule `armstrong` of
    `peaklib.features.cycles`. `shift_days` moves the whole calendar to earlier dates; a run over
    many shifts says how the published phase does among arbitrary ones.

    Source: Armstrong's published turning points of the Economic Confidence Model.
    """
    up = rising(bars.index + pd.Timedelta(days=shift_days))
    return np.where(up, 1.0, down)
