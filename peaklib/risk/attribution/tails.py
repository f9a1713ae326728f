"""Euler contributions of positions to historical value at risk and expected shortfall.

Both measures are weighted sums of the sorted losses of the portfolio. The contribution of a
position is the same sum of its own losses in the same scenarios: its expected loss, given that
the portfolio is in its tail. Scenarios with the same portfolio loss share their weight, so that
neither their order nor that of the positions matters.
"""

import math
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from peaklib.risk.attribution.positions import beside_weights
from peaklib.risk.measures.inputs import check_tail
from peaklib.risk.measures.order_statistics import QuantileMethod, place
from peaklib.risk.measures.units import check_units

Floats = NDArray[np.float64]


def var_contributions(
    weights: ArrayLike,
    returns: ArrayLike,
    *,
    level: float = 0.99,
    method: QuantileMethod = "linear",
) -> Floats:
    """Contributions of positions to historical value at risk; they sum to it.

    The whole is that of `measures.historical_risk`. It hangs on one or two scenarios, and so do
    these contributions: they jump from day to day. `shortfall_contributions` rest on the whole
    tail.

    Args:
        weights: (n_assets,) shares of wealth, or amounts of money; negative when short.
        returns: (n_scenarios, n_assets) simple returns as fractions, rows in any order.
        level: confidence, 0.99 for the loss that one scenario in a hundred exceeds.
        method: of the quantile of the portfolio's returns, by NumPy's name.

    Returns:
        (n_assets,) losses as positive numbers in the unit of the weights, per period of the
        returns; a hedge has a negative one.

    Raises:
        DataError: shapes that do not fit, something that is no number or not finite, returns
            that are percent or prices (see `check_units`), a level outside
            0.5 to 1, too few scenarios for it, or an unknown method.

    Source: Tasche (1999), Risk Contributions and Performance Measurement; Hallerbach (2003),
    J. of Risk 5(2): the contribution is E[loss of the position | loss = VaR].

    >>> moved = [[0.01, -0.04], [0.02, 0.0], [-0.02, 0.01], [0.0, 0.02]]
    >>> var_contributions([0.5, 0.5], moved, level=0.75, method="higher").round(6).tolist()
    [0.01, -0.005]
    """
    held, scenarios = _checked(weights, returns)
    count = len(scenarios)
    found = place(count, check_tail(count, level), method)
    by_rank = np.zeros(count)
    by_rank[found.above] = found.weight
    by_rank[found.below] += 1.0 - found.weight
    return _weighted_losses(held, scenarios, by_rank)


def shortfall_contributions(
    weights: ArrayLike, returns: ArrayLike, *, level: float = 0.975
) -> Floats:
    """Contributions of positions to historical expected shortfall; they sum to it.

    The whole is that of `measures.historical_risk`: the mean of the worst scenarios, where the
    one at the edge of the tail counts with the part of it that lies inside.

    Args:
        weights: (n_assets,) shares of wealth, or amounts of money; negative when short.
        returns: (n_scenarios, n_assets) simple returns as fractions, rows in any order.
        level: confidence, 0.975 for the mean of the worst 2.5 % of scenarios.

    Returns:
        (n_assets,) losses as positive numbers in the unit of the weights, per period of the
        returns; a hedge has a negative one.

    Raises:
        DataError: as `var_contributions`.

    Source: Acerbi and Tasche (2002), J. of Banking and Finance 26(7), for the estimate; Tasche
    (1999) for the contributions.

    >>> moved = [[0.01, -0.04], [0.02, 0.0], [-0.02, 0.01], [0.0, 0.02], [0.01, 0.01]]
    >>> shortfall_contributions([0.5, 0.5], moved, level=0.6).round(6).tolist()
    [0.0025, 0.0075]
    """
    held, scenarios = _checked(weights, returns)
    count = len(scenarios)
    inside = count * check_tail(count, level)
    by_rank = np.clip(inside - np.arange(count), 0.0, 1.0) / inside
    return _weighted_losses(held, scenarios, by_rank)


def _weighted_losses(held: Floats, returns: Floats, by_rank: Floats) -> Floats:
    """Losses of each position, weighted by the rank of the portfolio's return from the worst."""
    components = returns * held
    totals = np.array([math.fsum(row) for row in components.tolist()])
    _, group, sizes = np.unique(totals, return_inverse=True, return_counts=True)
    shared = np.bincount(np.repeat(np.arange(sizes.size), sizes), by_rank) / sizes
    by_scenario = shared[group]
    counts = by_scenario != 0.0
    losses: Floats = 0.0 - by_scenario[counts] @ components[counts]
    return losses


def _scenario(asset: int, row: int) -> str:
    return f"returns: the one at {(row, asset)}"


def _checked(weights: ArrayLike, returns: ArrayLike) -> tuple[Floats, Floats]:
    """Weights and returns as arrays that fit each other."""
    held, scenarios = beside_weights(weights, "returns", returns, rows="n_scenarios")
    for asset, column in enumerate(scenarios.T):
        # Scenarios are in any order, so that none can be the ruin that others follow.
        check_units(column, partial(_scenario, asset), in_order=False)
    return held, scenarios
