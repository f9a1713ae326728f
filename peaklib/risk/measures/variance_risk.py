"""Risk over one horizon from a variance model and the shocks that it is fed."""

import math
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from peaklib.risk.measures.inputs import tail_of
from peaklib.risk.measures.order_statistics import QuantileMethod
from peaklib.risk.measures.results import TailRisk
from peaklib.risk.measures.simulation import checked_paths, simulated_tail
from peaklib.risk.measures.volatility_model import Variance

Floats = NDArray[np.float64]
# Shocks z of a shape (paths, bars).
Draw = Callable[[np.random.Generator, tuple[int, int]], Floats]


def variance_risk(
    fit: Variance,
    losses: tuple[float, float],
    draw: Draw,
    *,
    measure: str,
    level: float,
    horizon: int,
    paths: int,
    seed: int,
    method: QuantileMethod = "linear",
    details: Mapping[str, float | str],
) -> TailRisk:
    """Value at risk and expected shortfall of the bars that follow; losses are positive.

    Args:
        fit: the model.
        losses: VaR and expected shortfall of z, as losses; one bar scales them.
        draw: shocks z; several bars are simulated with them, and compounded.
        measure: name of the result.
        level: confidence.
        horizon: bars.
        paths, seed: of the simulation; unused for one bar.
        method: of the quantile of the paths, one of NumPy's.
        details: of the result; a simulation adds `paths` and `seed`.

    Raises:
        DataError: a level that does not exist, or too few paths.
    """
    tail = tail_of(level)
    if horizon == 1:
        deviation = math.sqrt(fit.following)
        var, shortfall = (deviation * loss - fit.mean for loss in losses)
        simulation: dict[str, float | str] = {}
    else:
        shape = (checked_paths(paths, tail), horizon)
        steps = fit.simulate(draw(np.random.default_rng(seed), shape))
        var, shortfall = simulated_tail(steps, tail, method)
        simulation = {"paths": paths, "seed": seed}
    return TailRisk(
        measure=measure,
        var=var,
        expected_shortfall=shortfall,
        level=level,
        horizon=horizon,
        n_obs=fit.residuals.size,
        details={**details, **simulation},
    )
