"""Value at risk and expected shortfall of Student-t returns."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from peaklib.risk.measures.inputs import (
    checked_count,
    checked_returns,
    checked_window,
    tail_of,
)
from peaklib.risk.measures.refits import estimates, refit_bars
from peaklib.risk.measures.results import RollingRisk, TailRisk
from peaklib.risk.measures.simulation import checked_paths, simulated_tail
from peaklib.risk.measures.standard import student_t_tail
from peaklib.risk.measures.student_fit import LEAST, StudentT, fit_student_t

Floats = NDArray[np.float64]


def student_t_risk(
    returns: ArrayLike,
    *,
    level: float = 0.99,
    horizon: int = 1,
    paths: int = 100_000,
    seed: int = 0,
) -> TailRisk:
    """Student-t value at risk and expected shortfall; losses are positive.

    Location, scale and degrees of freedom by maximum likelihood. A sum of t returns is no
    t return, so a `horizon` of several bars is simulated: independent draws, compounded.

    Args:
        returns: (n,) simple returns as fractions per bar.
        level: confidence.
        horizon: bars.
        paths, seed: of the simulation; unused for one bar.

    Raises:
        DataError: returns that are not finite, fewer than ten, without a fit (see
            `fit_student_t`), a level or horizon that does not exist, or too few paths.

    Source: McNeil, Frey and Embrechts (2005), Quantitative Risk Management, 2.2.
    """
    tail, bars = tail_of(level), checked_count("horizon", horizon)
    array = checked_returns(returns, LEAST)
    fit = fit_student_t(array)
    details: dict[str, float | str] = {
        "location": fit.location,
        "scale": fit.scale,
        "dof": fit.dof,
    }
    if bars == 1:
        var, shortfall = _one_bar(fit, tail)
    else:
        shape = (checked_paths(paths, tail), bars)
        draws = np.random.default_rng(seed).standard_t(fit.dof, shape)
        var, shortfall = simulated_tail(fit.location + fit.scale * draws, tail)
        details |= {"paths": paths, "seed": seed}
    return TailRisk(
        measure="student_t",
        var=var,
        expected_shortfall=shortfall,
        level=level,
        horizon=bars,
        n_obs=array.size,
        details=details,
    )


def rolling_student_t(
    returns: ArrayLike, *, level: float = 0.99, window: int = 250, refit: int = 20
) -> RollingRisk:
    """`student_t_risk` of the `window` bars before each refit; losses are positive.

    The forecast for bar t uses returns up to t − 1; until the next refit it stays. A window
    without a fit keeps the forecast of the last good one and is listed in `failed`.

    Args:
        returns: (n,) simple returns as fractions per bar.
        level: confidence.
        window: bars looked back on.
        refit: bars from one fit to the next.

    Raises:
        DataError: returns that are not finite, a level, window or refit that does not exist,
            or no window with a fit.

    Source: as `student_t_risk`.
    """
    tail = tail_of(level)
    array = checked_returns(returns, LEAST)
    bars = checked_window(window, array.size, LEAST)
    starts, failed = refit_bars(array.size, bars, refit), list[int]()
    var, shortfall = np.full(array.size, np.nan), np.full(array.size, np.nan)

    def fitted(start: int) -> tuple[float, float]:
        return _one_bar(fit_student_t(array[start - bars : start]), tail)

    now = (np.nan, np.nan)
    for start, found in estimates(starts, bars, fitted):
        if found is None:
            failed.append(start)
        else:
            now = found
        var[start : start + refit], shortfall[start : start + refit] = now
    return RollingRisk(
        measure="student_t",
        var=var,
        expected_shortfall=shortfall,
        level=level,
        window=bars,
        refits=tuple(starts),
        failed=tuple(failed),
    )


def _one_bar(fit: StudentT, tail: float) -> tuple[float, float]:
    quantile, shortfall = student_t_tail(tail, fit.dof)
    return fit.scale * quantile - fit.location, fit.scale * shortfall - fit.location
