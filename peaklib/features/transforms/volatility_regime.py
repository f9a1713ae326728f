"""Calm, middling or wild: terciles of realised volatility."""

from typing import Annotated

import numpy as np

from peaklib.errors import DataError
from peaklib.features import volatility
from peaklib.features.feature import Floats, State, feature
from peaklib.features.parameters import Param


def _learn(close: Floats, *, window: int) -> State:
    needed = 4 * window
    if close.size < needed:
        raise DataError(
            f"volatility_regime learns from {close.size} rows and needs {needed}, four windows of "
            f"{window}: give more rows or a shorter window"
        )
    known = volatility.realised_volatility(close, window)[window:]
    low, high = np.quantile(known, [1 / 3, 2 / 3]).tolist()
    if not low < high:
        raise DataError(
            f"volatility_regime cannot tell regimes apart: both terciles of {known.size} "
            f"volatilities are {low:g}; give rows on which prices move"
        )
    return {"low": low, "high": high}


@feature("volatility_regime", version="1", warm_up=lambda window, **_: window, learn=_learn)
def volatility_regime(
    close: Floats,
    *,
    window: Annotated[int, Param(2, 1000, "bars", "window of realised volatility")] = 20,
    state: State,
) -> Floats:
    """Regime of realised volatility: 0 calm, 1 middling, 2 wild.

    Learns the terciles (quantiles 1/3 and 2/3, linearly interpolated) of the deviation of the
    last `window` log returns (ddof=0) on the training rows: 0 up to the first, 2 above the
    second. A constant price is calm.

    Source: own definition, by the terciles of the training rows.
    """
    now = volatility.realised_volatility(close, window)
    regime = np.where(now <= state["low"], 0.0, np.where(now <= state["high"], 1.0, 2.0))
    regime[np.isnan(now)] = np.nan
    return regime
