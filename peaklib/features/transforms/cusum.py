"""Events of the symmetric CUSUM filter on log prices."""

from typing import Annotated

import numpy as np

from peaklib.features import events, volatility
from peaklib.features.feature import Floats, feature
from peaklib.features.parameters import Param


@feature(
    "cusum",
    version="1",
    warm_up=lambda span, **_: span + 1,
    outputs=("event", "up", "down"),
)
def cusum(
    close: Floats,
    *,
    multiple: Annotated[
        float, Param(0.1, 100, "deviations", "threshold in multiples of EWM volatility")
    ] = 2.0,
    span: Annotated[int, Param(2, 1000, "bars", "span of the EWM volatility")] = 20,
) -> tuple[Floats, Floats, Floats]:
    """Events of the symmetric CUSUM filter on log prices: 1 up, -1 down, 0 none.

    The threshold of a bar is `multiple` times the EWM volatility (per bar) of the bar before;
    both sums start from 0 on the first bar that has one. `up` and `down` are the sums after
    the bar, in log units; the one that made an event is 0 again. A sum has to exceed the
    threshold, so a constant price, whose threshold is 0, has no event.

    Source: Page (1954), Biometrika 41; López de Prado (2018), Advances in Financial
    Machine Learning, ch. 2.
    """
    limit = np.full(close.size, np.nan)
    limit[1:] = multiple * volatility.ewm_volatility(close, span)[:-1]
    parts = events.cusum(np.log(close), limit)
    for part in parts:
        part[np.isnan(limit)] = np.nan
    return parts
