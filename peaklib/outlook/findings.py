"""Everything that an outlook found about one market."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from peaklib.data import Dataset
from peaklib.outlook.falls import DrawdownState
from peaklib.outlook.participation import BreadthState
from peaklib.outlook.regime import RegimeNow
from peaklib.outlook.variability import VolatilityState


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What `peaklib.outlook` found about one data set and what stands beside it.

    Args:
        data: the data set, ending on the day of the outlook.
        regime: the regime of that day.
        history: of `regime_history`.
        volatility, drawdown: of that day.
        outcomes: of `outcomes`, with or without intervals.
        chance: of `chance_of_largest`, None where nothing was drawn.
        assets, rates, correlations: of the functions of those names.
        breadth: of a panel, None without one.
        panel: its name.
        notes: what a reader must know about a data set or the panel, by name.
        average: days of the average that breadth is measured against.
    """

    data: Dataset
    regime: RegimeNow
    history: pd.DataFrame
    volatility: VolatilityState
    drawdown: DrawdownState
    outcomes: pd.DataFrame
    assets: pd.DataFrame
    rates: pd.DataFrame
    correlations: pd.DataFrame
    chance: float | None = None
    breadth: BreadthState | None = None
    panel: str = ""
    notes: Mapping[str, str] = field(default_factory=dict)
    average: int = 200
