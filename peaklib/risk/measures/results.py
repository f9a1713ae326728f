"""What a measure answers, for one horizon and bar by bar."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class TailRisk:
    """Value at risk and expected shortfall of one horizon; losses are positive fractions.

    Args:
        measure: name of the measure, such as `historical`.
        var: loss that is exceeded with probability 1 − level; 0.02 is a loss of 2 %. Negative
            where even the tail is a gain.
        expected_shortfall: mean of the losses in that tail.
        level: confidence, such as 0.99.
        horizon: bars that the loss is taken over.
        n_obs: observations that the tail or the parameters come from.
        details: what else the measure is known by: fitted parameters, quantile method, seed.
    """

    measure: str
    var: float
    expected_shortfall: float
    level: float
    horizon: int
    n_obs: int
    details: Mapping[str, float | str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class RollingRisk:
    """Forecasts of one bar, each from the bars before it; losses are positive fractions.

    Args:
        measure: name of the measure.
        var, expected_shortfall: (n,) forecasts for each bar, made at the close before it;
            NaN in the warm-up, that is until the first window is full and fitted.
        level: confidence, such as 0.99.
        window: bars that each forecast or each fit looks back on.
        refits: bars before which the parameters were estimated anew; empty for measures
            that have none or estimate them at every bar.
        failed: those of `refits` at which no estimate was found; the parameters of the last
            good one stayed in use, or NaN if there was none yet.
    """

    measure: str
    var: Floats
    expected_shortfall: Floats
    level: float
    window: int
    refits: tuple[int, ...] = ()
    failed: tuple[int, ...] = ()
