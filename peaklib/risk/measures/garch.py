"""Value at risk and expected shortfall under a GARCH or GJR model of the variance."""

import math
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from peaklib.risk.measures.inputs import checked_count, tail_of
from peaklib.risk.measures.results import RollingRisk, TailRisk
from peaklib.risk.measures.standard import unit_variance
from peaklib.risk.measures.variance_forecasts import rolling_variance
from peaklib.risk.measures.variance_risk import variance_risk
from peaklib.risk.measures.volatility_model import (
    Innovations,
    Model,
    Variance,
    fit_variance,
)

Floats = NDArray[np.float64]


def garch_risk(
    returns: ArrayLike,
    *,
    level: float = 0.99,
    horizon: int = 1,
    model: Model = "garch",
    innovations: Innovations = "normal",
    paths: int = 100_000,
    seed: int = 0,
) -> TailRisk:
    """Value at risk and expected shortfall of the bars that follow; losses are positive.

    One bar is analytic: its variance is known, and z has a known tail. A `horizon` of several
    bars is simulated and compounded, since a sum of GARCH returns has no known distribution;
    the square root of time is not used.

    Args:
        returns: (n,) simple returns as fractions per bar, a hundred or more.
        level: confidence.
        horizon: bars.
        model, innovations: see `fit_variance`.
        paths, seed: of the simulation; unused for one bar.

    Raises:
        DataError: no fit (see `fit_variance`), a level or horizon that does not exist, or too
            few paths.

    Source: McNeil, Frey and Embrechts (2005), Quantitative Risk Management, 4.4.
    """
    tail, bars = tail_of(level), checked_count("horizon", horizon)
    fit = fit_variance(returns, model=model, innovations=innovations)
    return variance_risk(
        fit,
        fit.tail(tail),
        partial(_shocks, fit),
        measure=f"{model}_{innovations}",
        level=level,
        horizon=bars,
        paths=paths,
        seed=seed,
        details=fit.details(),
    )


def rolling_garch(
    returns: ArrayLike,
    *,
    level: float = 0.99,
    window: int = 1000,
    model: Model = "garch",
    innovations: Innovations = "normal",
    refit: int = 20,
) -> RollingRisk:
    """One-bar forecasts of a model that is estimated again every `refit` bars; losses positive.

    The forecast for bar t uses returns up to t − 1: parameters from the `window` bars before
    the last refit, the variance carried on from there through every bar since. A search begins
    at the last good estimates; one that does not converge from there nor from arch's own start
    is listed in `failed`, and the last good parameters stay.

    Args:
        returns: (n,) simple returns as fractions per bar.
        level: confidence.
        window: bars of each fit, a hundred or more.
        model, innovations: see `fit_variance`.
        refit: bars from one fit to the next.

    Raises:
        DataError: returns that are not finite, a level, window, refit or model that does not
            exist, or no fit in any window.

    Source: as `garch_risk`.
    """
    tail = tail_of(level)

    return rolling_variance(
        returns,
        lambda stretch: stretch.fit.tail(tail),
        measure=f"{model}_{innovations}",
        level=level,
        window=window,
        model=model,
        innovations=innovations,
        refit=refit,
    )


def _shocks(fit: Variance, rng: np.random.Generator, shape: tuple[int, int]) -> Floats:
    if math.isinf(fit.dof):
        return rng.standard_normal(shape)
    return unit_variance(fit.dof) * rng.standard_t(fit.dof, shape)
