"""Portfolios that a solver finds under constraints, through skfolio and Clarabel."""

import warnings
from importlib import import_module
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from peaklib.errors import DataError
from peaklib.risk.allocation.constraints import Limits
from peaklib.risk.allocation.covariance import check_definite
from peaklib.risk.allocation.feasible import why_infeasible

Floats = NDArray[np.float64]
Goal = Literal["minimum_variance", "maximum_sharpe", "utility"]

SOLVER: Final = "CLARABEL"
TOLERANCE: Final = 1e-8
NOISE: Final = 1e-6


def solve_weights(
    goal: Goal,
    covariance: Floats,
    limits: Limits,
    *,
    expected: Floats | None = None,
    risk_aversion: float = 1.0,
) -> Floats:
    """Weights that are best under limits.

    The covariance is scaled to a mean variance of 1, and the solver asked for a gap of 1e-8:
    the objective is best to about 1e-8 of itself, the weights exact to about 1e-4. Those within
    1e-6 of a bound or of 0 are put there; the others are scaled to keep a sum of 1.

    Args:
        goal: `minimum_variance`; `maximum_sharpe`, mean by volatility; or `utility`, mean minus
            half the risk aversion times variance. The weights of the first two sum to 1.
        covariance: (n_assets, n_assets) of returns a bar, positive definite.
        limits: in the order of the assets.
        expected: (n_assets,) means a bar, above the risk-free return for `maximum_sharpe`.
        risk_aversion: of `utility`.

    Returns:
        (n_assets,).

    Raises:
        DataError: no weights obey the limits (the message names which cannot hold), there is
            no best one, or the solver could not tell.
    """
    check_definite(covariance, goal)
    means = np.zeros(len(covariance)) if expected is None else expected
    invested = goal != "utility"
    if goal == "maximum_sharpe":
        _check_positive(means, limits)
    scale = float(np.trace(covariance)) / len(covariance)
    # Means go with the root of the scale for a ratio, and with the scale in a utility.
    means = means / (scale if goal == "utility" else np.sqrt(scale))
    model = _model(goal, means, covariance / scale, limits, risk_aversion)
    weights = _solved(model, goal, limits, invested)
    weights = _cleaned(weights, limits, invested)
    broken = limits.broken(weights, 10 * NOISE)
    if broken is not None:
        raise DataError(f"{goal}: the solver's weights break a constraint: {broken}")
    return weights


def _check_positive(means: Floats, limits: Limits) -> None:
    if (limits.lower >= 0).all() and not (means > 0).any():
        raise DataError(
            f"maximum_sharpe: no asset has a mean return above the risk-free one (the highest is "
            f"{means.max():.3g} a bar above it), so that no ratio is positive; give `expected`, "
            "other bars, or take 'minimum_variance'"
        )


def _model(
    goal: Goal, means: Floats, covariance: Floats, limits: Limits, risk_aversion: float
) -> Any:
    from skfolio.optimization import MeanRisk, ObjectiveFunction

    from peaklib.risk.allocation.given import GivenMoments

    objective = {
        "minimum_variance": ObjectiveFunction.MINIMIZE_RISK,
        "maximum_sharpe": ObjectiveFunction.MAXIMIZE_RATIO,
        "utility": ObjectiveFunction.MAXIMIZE_UTILITY,
    }[goal]
    return MeanRisk(
        objective_function=objective,
        risk_aversion=risk_aversion / 2.0,
        prior_estimator=GivenMoments(means, covariance),
        min_weights=None,
        max_weights=None,
        budget=None if goal == "utility" else 1.0,
        add_constraints=_conditions(limits, invested=goal != "utility"),
        solver=SOLVER,
        solver_params={
            "tol_gap_abs": TOLERANCE,
            "tol_gap_rel": TOLERANCE,
            "tol_feas": TOLERANCE,
        },
    )


def _conditions(limits: Limits, *, invested: bool) -> Any:
    """Limits on skfolio's variable, which for a ratio is a multiple of the weights."""

    def conditions(w: Any) -> list[Any]:
        cvxpy: Any = import_module("cvxpy")

        one = cvxpy.sum(w) if invested else 1.0
        found = []
        low, high = np.isfinite(limits.lower), np.isfinite(limits.upper)
        if low.any():
            found.append(w[low] >= limits.lower[low] * one)
        if high.any():
            found.append(w[high] <= limits.upper[high] * one)
        if len(limits.rows):
            found.append(limits.rows @ w <= limits.most * one)
        if limits.max_leverage is not None:
            found.append(cvxpy.norm1(w) <= limits.max_leverage * one)
        if limits.max_turnover is not None:
            found.append(cvxpy.norm1(w - limits.previous * one) <= limits.max_turnover * one)
        return found

    return conditions


def _solved(model: Any, goal: Goal, limits: Limits, invested: bool) -> Floats:
    from skfolio.exceptions import OptimizationError

    blank = np.zeros((2, len(limits.assets)))
    try:
        with warnings.catch_warnings():
            # skfolio only warns of a solution that is not known to be the best.
            warnings.simplefilter("error", UserWarning)
            weights = model.fit(blank).weights_
    except (OptimizationError, UserWarning) as problem:
        reason = why_infeasible(limits, invested=invested)
        if reason is not None:
            raise DataError(f"{goal}: {reason}") from None
        raise DataError(
            f"{goal}: {SOLVER} found no best weights within {TOLERANCE:g} ({problem}); bound the "
            "weights, or take a covariance of more bars or 'ledoit_wolf'"
        ) from None
    return np.asarray(weights, dtype=np.float64)


def _cleaned(weights: Floats, limits: Limits, invested: bool) -> Floats:
    """Weights with what the solver left beside bounds and 0 taken away."""
    clean = weights.copy()
    for bound in (limits.lower, limits.upper, np.zeros(len(weights))):
        clean = np.where(np.abs(clean - bound) <= NOISE, bound, clean)
    if invested:
        # Only weights between their bounds and above 0 may take up the rest.
        free = (clean > limits.lower) & (clean < limits.upper) & (clean > 0)
        rest = 1.0 - clean[~free].sum()
        if free.any() and rest > 0:
            clean[free] *= rest / clean[free].sum()
    return clean
