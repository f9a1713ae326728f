"""How each method of the catalogue finds its weights."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peaklib.errors import DataError
from peaklib.risk.allocation.black_litterman import black_litterman
from peaklib.risk.allocation.budgeting import (
    inverse_volatility_weights,
    risk_budgeting_weights,
)
from peaklib.risk.allocation.constraints import Limits, as_number
from peaklib.risk.allocation.hierarchical import hrp_weights
from peaklib.risk.allocation.quadratic import solve_weights
from peaklib.risk.allocation.spec import AllocationSpec, ByAsset
from peaklib.risk.attribution.contributions import risk_shares

Floats = NDArray[np.float64]

# Weights, the value of the objective, and what a reader should know.
Solved = tuple[Floats, float, tuple[str, ...]]


@dataclass(frozen=True)
class Task:
    """What a method is asked, checked and in one order of assets.

    Args:
        spec: the method and its options.
        returns: (n_bars, n_assets).
        covariance: (n_assets, n_assets), of the same assets in the same order.
        limits: likewise.
    """

    spec: AllocationSpec
    returns: pd.DataFrame
    covariance: pd.DataFrame
    limits: Limits

    @property
    def matrix(self) -> Floats:
        """The covariance as an array."""
        return self.covariance.to_numpy(np.float64)

    def by_asset(self, given: ByAsset, what: str) -> Floats:
        """One number for each asset, in order.

        Raises:
            DataError: the names differ from those of the assets.
        """
        entries = {
            str(name): as_number(value, f"{what} of {name!r}") for name, value in given.items()
        }
        odd = sorted(set(entries) ^ set(self.limits.assets))
        if odd:
            raise DataError(
                f"method {self.spec.method!r}, {what}: differs from the assets of the returns in "
                f"{odd[:5]}; give one number for each asset"
            )
        return np.array([entries[name] for name in self.limits.assets])


def _variance(weights: Floats, task: Task) -> float:
    return float(weights @ task.matrix @ weights)


def _equal_weight(task: Task) -> Solved:
    n_assets = len(task.limits.assets)
    weights = np.full(n_assets, 1.0 / n_assets)
    return weights, _variance(weights, task), ()


def _inverse_volatility(task: Task) -> Solved:
    weights = inverse_volatility_weights(task.matrix)
    return weights, _variance(weights, task), ()


def _minimum_variance(task: Task) -> Solved:
    weights = solve_weights("minimum_variance", task.matrix, task.limits)
    return weights, _variance(weights, task), ()


def _maximum_sharpe(task: Task) -> Solved:
    given = task.spec.expected
    notes: tuple[str, ...] = ()
    if given is None:
        means = task.returns.to_numpy(np.float64).mean(axis=0)
        notes = ("expected returns are the means of the training bars, which predict little",)
    else:
        means = task.by_asset(given, "expected")
    means = means - (task.spec.risk_free or 0.0)
    weights = solve_weights("maximum_sharpe", task.matrix, task.limits, expected=means)
    return weights, float(means @ weights) / _variance(weights, task) ** 0.5, notes


def _risk_parity(task: Task) -> Solved:
    given = task.spec.budgets
    n_assets = len(task.limits.assets)
    budgets = np.ones(n_assets) if given is None else task.by_asset(given, "budgets")
    weights = risk_budgeting_weights(task.matrix, budgets)
    missed = np.abs(risk_shares(weights, task.matrix) - budgets / budgets.sum()).max()
    return weights, float(missed), ()


def _hrp(task: Task) -> Solved:
    linkage_on = task.spec.linkage_on or "distances"
    weights = hrp_weights(
        task.matrix,
        linkage=task.spec.linkage or "single",
        linkage_on=linkage_on,
        leaves=task.spec.leaves or "optimal",
        lower=task.limits.lower,
        upper=task.limits.upper,
    )
    return weights, _variance(weights, task), (f"linkage on the {linkage_on} of assets",)


def _black_litterman(task: Task) -> Solved:
    spec = task.spec
    if spec.market is None:
        raise DataError("method 'black_litterman': give `market`, the weights of the market")
    delta = 2.5 if spec.delta is None else spec.delta
    posterior = black_litterman(
        task.covariance,
        pd.Series(task.by_asset(spec.market, "market"), index=list(task.limits.assets)),
        spec.views or (),
        delta=delta,
        tau=0.05 if spec.tau is None else spec.tau,
    )
    weights = posterior.weights.to_numpy(np.float64)
    means, total = posterior.expected.to_numpy(np.float64), posterior.covariance.to_numpy()
    if task.limits.broken(weights, 0.0) is not None:
        weights = solve_weights("utility", total, task.limits, expected=means, risk_aversion=delta)
    utility = float(means @ weights - delta / 2 * weights @ total @ weights)
    cash = 1.0 - float(weights.sum())
    return weights, utility, (f"the weights sum to {1 - cash:.4f}; the rest is cash",)


SOLVERS: Final[Mapping[str, Callable[[Task], Solved]]] = {
    "equal_weight": _equal_weight,
    "inverse_volatility": _inverse_volatility,
    "minimum_variance": _minimum_variance,
    "maximum_sharpe": _maximum_sharpe,
    "risk_parity": _risk_parity,
    "hrp": _hrp,
    "black_litterman": _black_litterman,
}
