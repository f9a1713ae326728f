"""Filtered historical simulation: yesterday's shocks at today's volatility."""

import math

import numpy as np
from numpy.typing import ArrayLike

from peaklib.risk.measures.inputs import check_tail, checked_count, tail_of
from peaklib.risk.measures.order_statistics import (
    QuantileMethod,
    empirical_tail,
    place,
    rolling_tail,
)
from peaklib.risk.measures.results import RollingRisk, TailRisk
from peaklib.risk.measures.simulation import checked_paths, compounded_paths
from peaklib.risk.measures.variance_forecasts import Floats, Stretch, rolling_variance
from peaklib.risk.measures.volatility_model import LEAST, Model, fit_variance


def filtered_historical_risk(
    returns: ArrayLike,
    *,
    level: float = 0.99,
    horizon: int = 1,
    model: Model = "garch",
    method: QuantileMethod = "linear",
    paths: int = 100_000,
    seed: int = 0,
) -> TailRisk:
    """Value at risk and expected shortfall by filtered historical simulation; losses positive.

    Returns are divided by the volatility of their own bars, under a model with normal
    (quasi-)likelihood; their empirical tail, times the volatility of the next bar, is the
    forecast. A `horizon` of several bars draws residuals with replacement, carries the
    variance along each path, and compounds.

    Args:
        returns: (n,) simple returns as fractions per bar, a hundred or more.
        level: confidence.
        horizon: bars.
        model: of the variance, see `fit_variance`.
        method: of the quantile, one of NumPy's.
        paths, seed: of the simulation; unused for one bar.

    Raises:
        DataError: no fit (see `fit_variance`), fewer returns than the tail needs (one), a
            level, horizon or method that does not exist, or too few paths.

    Source: Hull and White (1998), J. of Risk 1(1); Barone-Adesi, Giannopoulos and Vosper
    (1999), J. of Futures Markets 19(5).
    """
    tail, bars = tail_of(level), checked_count("horizon", horizon)
    fit = fit_variance(returns, model=model)
    check_tail(fit.residuals.size, level)
    details: dict[str, float | str] = {"method": method, "model": model, **fit.details()}
    if bars == 1:
        low, mean = empirical_tail(fit.residuals, tail, method)
        deviation = math.sqrt(fit.following)
        low, mean = fit.mean + deviation * low, fit.mean + deviation * mean
    else:
        rng = np.random.default_rng(seed)
        drawn = rng.integers(fit.residuals.size, size=(checked_paths(paths, tail), bars))
        ends = compounded_paths(fit.simulate(fit.residuals[drawn]))
        low, mean = empirical_tail(ends, tail, method)
        details |= {"paths": paths, "seed": seed}
    return TailRisk(
        measure="filtered_historical",
        var=-low,
        expected_shortfall=-mean,
        level=level,
        horizon=bars,
        n_obs=fit.residuals.size,
        details=details,
    )


def rolling_filtered_historical(
    returns: ArrayLike,
    *,
    level: float = 0.99,
    window: int = 1000,
    model: Model = "garch",
    method: QuantileMethod = "linear",
    refit: int = 20,
) -> RollingRisk:
    """One-bar forecasts by filtered historical simulation; losses are positive.

    The forecast for bar t uses returns up to t − 1: parameters from the last refit, the
    volatility carried on from there, and the tail of the last `window` residuals, those since
    the refit included. Failed searches are handled as in `rolling_garch`.

    Args:
        returns: (n,) simple returns as fractions per bar.
        level: confidence.
        window: bars of each fit and of the residuals, a hundred or more.
        model: of the variance, see `fit_variance`.
        method: of the quantile, one of NumPy's.
        refit: bars from one fit to the next.

    Raises:
        DataError: returns that are not finite, fewer in a window than the tail needs (one), a
            level, window, refit, model or method that does not exist, or no fit in any window.

    Source: as `filtered_historical_risk`.
    """
    checked_count("window", window, LEAST)
    tail = check_tail(window, level)
    where = place(window, tail, method)

    def losses(stretch: Stretch) -> tuple[Floats, Floats]:
        low, mean = rolling_tail(stretch.residuals, window, tail, *where)
        return -low[window:], -mean[window:]

    return rolling_variance(
        returns,
        losses,
        measure="filtered_historical",
        level=level,
        window=window,
        model=model,
        innovations="normal",
        refit=refit,
    )
