"""Filtered historical simulation: yesterday's shocks at today's volatility."""

from numpy.typing import ArrayLike

from peaklib.risk.measures.inputs import check_tail, checked_count, tail_of
from peaklib.risk.measures.order_statistics import (
    QuantileMethod,
    empirical_tail,
    place,
    rolling_tail,
)
from peaklib.risk.measures.results import RollingRisk, TailRisk
from peaklib.risk.measures.variance_forecasts import Floats, Stretch, rolling_variance
from peaklib.risk.measures.variance_risk import variance_risk
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
    low, mean = empirical_tail(fit.residuals, tail, method)
    return variance_risk(
        fit,
        (-low, -mean),
        lambda rng, shape: fit.residuals[rng.integers(fit.residuals.size, size=shape)],
        measure="filtered_historical",
        level=level,
        horizon=bars,
        paths=paths,
        seed=seed,
        method=method,
        details={"method": method, "model": model, **fit.details()},
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
