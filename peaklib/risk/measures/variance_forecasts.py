"""A variance model carried through a series and estimated again from time to time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from peaklib.risk.measures.inputs import checked_returns, checked_window
from peaklib.risk.measures.refits import estimates, refit_bars
from peaklib.risk.measures.results import RollingRisk
from peaklib.risk.measures.volatility_model import (
    LEAST,
    Innovations,
    Model,
    Variance,
    continued,
    fit_variance,
)

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """Bars that are forecast with the same parameters.

    Args:
        start, stop: first bar, and the one after the last.
        fit: the model; its `residuals` are those of the window before `start`.
        deviations: (stop − start,) of each bar, known at the close before it.
        residuals: (window + stop − start,) z of the window and of the bars themselves.
        following: variance of bar `stop`.
    """

    start: int
    stop: int
    fit: Variance
    deviations: Floats
    residuals: Floats
    following: float


# VaR and expected shortfall of z for each bar of a stretch, as losses.
Losses = Callable[[Stretch], tuple[float | Floats, float | Floats]]


def rolling_variance(
    returns: ArrayLike,
    losses: Losses,
    *,
    measure: str,
    level: float,
    window: int,
    model: Model,
    innovations: Innovations,
    refit: int,
) -> RollingRisk:
    """One-bar forecasts from the variance of each bar and the tail of z.

    Args:
        returns: (n,) simple returns as fractions per bar.
        losses: tail of z in a stretch; from residuals before each bar only.
        measure: name of the result.
        level: confidence, for the result.
        window: bars of each fit.
        model, innovations: see `fit_variance`.
        refit: bars from one fit to the next.

    Raises:
        DataError: returns that are not finite, a window, refit or model that does not exist,
            or no fit in any window.
    """
    array = checked_returns(returns, LEAST)
    bars = checked_window(window, array.size, LEAST)
    starts, failed = refit_bars(array.size, bars, refit), list[int]()
    var, shortfall = np.full(array.size, np.nan), np.full(array.size, np.nan)
    for stretch in _stretches(array, bars, starts, model, innovations, failed):
        quantile, mean_loss = losses(stretch)
        here = slice(stretch.start, stretch.stop)
        var[here] = stretch.deviations * quantile - stretch.fit.mean
        shortfall[here] = stretch.deviations * mean_loss - stretch.fit.mean
    return RollingRisk(
        measure=measure,
        var=var,
        expected_shortfall=shortfall,
        level=level,
        window=bars,
        refits=tuple(starts),
        failed=tuple(failed),
    )


def _stretches(
    array: Floats,
    window: int,
    starts: range,
    model: Model,
    innovations: Innovations,
    failed: list[int],
) -> Iterator[Stretch]:
    """Each stretch that has parameters; refits without a fit are added to `failed`."""
    last: Stretch | None = None

    def fitted(start: int) -> Variance:
        before = array[start - window : start]
        begin = last.fit.estimates if last else None
        return fit_variance(before, model=model, innovations=innovations, start=begin)

    for start, fit in estimates(starts, window, fitted):
        if fit is None:
            failed.append(start)
            if last is None:
                continue
            kept = last.residuals[-window:]
            fit = replace(last.fit, residuals=kept, following=last.following)
        last = _carried(fit, array[start : start + starts.step], start)
        yield last


def _carried(fit: Variance, returns: Floats, start: int) -> Stretch:
    """The model through the bars after its window."""
    gaps = returns - fit.mean
    variances = continued(gaps, fit.following, fit.omega, fit.alpha, fit.gamma, fit.beta)
    deviations = np.sqrt(variances[:-1])
    return Stretch(
        start=start,
        stop=start + returns.size,
        fit=fit,
        deviations=deviations,
        residuals=np.concatenate([fit.residuals, gaps / deviations]),
        following=float(variances[-1]),
    )
