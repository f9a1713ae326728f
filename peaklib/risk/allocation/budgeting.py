"""Inverse volatility, and portfolios in which every asset contributes its budget of risk.

skfolio solves risk budgeting too. Its interior point stops with contributions that miss their
budgets by some 1e-5 of them; the Newton steps here end below 1e-10, in a fraction of its time.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from peaklib.errors import DataError
from peaklib.risk.allocation.covariance import correlation_of

Floats = NDArray[np.float64]

_CLOSE: Final = 1e-12
_STEPS: Final = 200


def inverse_volatility_weights(covariance: Floats) -> Floats:
    """Weights proportional to 1 / volatility: risk parity if all correlations are equal.

    Args:
        covariance: (n_assets, n_assets) of returns, with positive variances.

    Returns:
        (n_assets,), positive, summing to 1.
    """
    inverse = 1.0 / np.sqrt(np.diag(covariance))
    return np.asarray(inverse / inverse.sum(), dtype=np.float64)


def risk_budgeting_weights(covariance: Floats, budgets: Floats | None = None) -> Floats:
    """Long-only weights whose shares of risk are the budgets: risk parity if all are equal.

    With x = weight * volatility and correlations R, the weights minimise the convex
    x R x / 2 - sum budget * log x; where its gradient vanishes, x_i (R x)_i = budget_i.

    Args:
        covariance: (n_assets, n_assets) of returns, with positive variances.
        budgets: (n_assets,) positive shares of risk, in any scale; None for equal ones.

    Returns:
        (n_assets,), positive, summing to 1; shares of risk meet the budgets to 1e-10 of them.

    Raises:
        DataError: a budget that is not positive, or no solution, because some long-only mix
            of the assets has no risk.

    Source: Maillard, Roncalli and Teïletche (2010), J. of Portfolio Management 36(4);
    Spinu (2013), An algorithm for computing risk parity weights, SSRN 2297383.
    """
    n_assets = len(covariance)
    shares = np.full(n_assets, 1.0 / n_assets) if budgets is None else _checked(budgets, n_assets)
    correlation = correlation_of(covariance)
    x = np.sqrt(shares)
    x *= 1.0 / np.sqrt(max(float(x @ correlation @ x), _CLOSE))
    for _ in range(_STEPS):
        x, gap = _newton(x, correlation, shares)
        if gap <= _CLOSE:
            break
    if not gap <= 1e-10:
        raise DataError(
            f"risk_parity: no weights found whose shares of risk are the budgets (they miss by "
            f"{gap:.2g}); some long-only mix of the assets has next to no risk: leave out assets "
            "that hedge each other, or take covariance='ledoit_wolf'"
        )
    weights = x / np.sqrt(np.diag(covariance))
    return np.asarray(weights / weights.sum(), dtype=np.float64)


def _newton(x: Floats, correlation: Floats, shares: Floats) -> tuple[Floats, float]:
    """One guarded Newton step, and how far the shares of risk were off before it."""
    marginal = correlation @ x
    gap = float(np.max(np.abs(x * marginal / shares - 1.0)))
    gradient = marginal - shares / x
    hessian = correlation + np.diag(shares / x**2)
    try:
        step = cho_solve(cho_factor(hessian), gradient)
    except np.linalg.LinAlgError:
        return x, np.inf
    slope = float(gradient @ step)
    before = _objective(x, correlation, shares)
    length = 1.0
    while length > 1e-10:
        new = x - length * step
        # Close to the optimum the objective no longer tells steps apart: any is taken.
        if (new > 0).all() and (
            slope < 1e-12 or _objective(new, correlation, shares) <= before - 0.25 * length * slope
        ):
            return new, gap
        length /= 2.0
    return x, gap


def _objective(x: Floats, correlation: Floats, shares: Floats) -> float:
    return float(x @ correlation @ x / 2.0 - shares @ np.log(x))


def _checked(budgets: Floats, n_assets: int) -> Floats:
    given = np.asarray(budgets, dtype=np.float64)
    if given.shape != (n_assets,) or not np.isfinite(given).all() or not (given > 0).all():
        raise DataError(
            f"risk_parity: budgets {given!r}; give a positive share of risk for each of the "
            f"{n_assets} assets, and leave out an asset that is to have none"
        )
    return np.asarray(given / given.sum(), dtype=np.float64)
