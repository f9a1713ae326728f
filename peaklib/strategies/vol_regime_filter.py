"""A wrapper that lets another strategy act in calm markets only."""

from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from peaklib.errors import StrategyError
from peaklib.features import Bars, volatility_rank
from peaklib.features.parameters import Param
from peaklib.strategies.strategy import Strategy, parameters_of

NAME = "vol_regime_filter"
VERSION = "1"
SUMMARY = "Flat while volatility ranks high."


def _calm(
    bars: Bars,
    *,
    vol_window: Annotated[int, Param(2, 500, "bars", "window of realised volatility")] = 20,
    vol_lookback: Annotated[int, Param(2, 2000, "bars", "past it is ranked in")] = 250,
    vol_rank: Annotated[float, Param(0, 1, "fraction", "highest rank that counts as calm")] = 0.8,
) -> NDArray[np.float64]:
    rank = bars.apply(volatility_rank, "close", window=vol_window, lookback=vol_lookback)
    return np.where(rank <= vol_rank, 1.0, 0.0)


def vol_regime_filter(inner: Strategy) -> Strategy:
    """The inner strategy while volatility is calm, flat while it is high.

    Calm means that realised volatility ranks at most `vol_rank` within its own last
    `vol_lookback` values. The wrapped strategy keeps its parameters and gets three more.

    Raises:
        StrategyError: the inner strategy has a parameter of one of these names.
    """
    own = parameters_of(_calm, NAME)
    if set(own) & set(inner.parameters):
        raise StrategyError(f"{NAME}({inner.name}): the inner strategy has this filter already")

    def targets(bars: Bars, **params: Any) -> NDArray[np.float64]:
        mine = {name: params.pop(name) for name in own}
        return np.asarray(inner.function(bars, **params)) * _calm(bars, **mine)

    def warm_up(**params: Any) -> int:
        mine = {name: params.pop(name) for name in own}
        filter_bars: int = mine["vol_window"] + mine["vol_lookback"] - 1
        return max(inner.warm_up(**params), filter_bars)

    return Strategy(
        name=f"{NAME}({inner.name})",
        version=f"{VERSION}+{inner.version}",
        function=targets,
        parameters={**inner.parameters, **own},
        warm_up=warm_up,
        summary=f"{inner.summary} {SUMMARY}",
        inner=inner,
        research_only=inner.research_only,
    )
