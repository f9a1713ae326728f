"""Selling positions by their contribution to risk until the rest is inside a limit."""

import math

import numpy as np
from numpy.typing import NDArray

from peaklib.errors import DataError
from peaklib.risk.attribution.contributions import risk_contributions

Floats = NDArray[np.float64]

# How far inside the limit a book has to be, and a cut aims twice as far: rounding must neither
# leave it outside nor make a second position pay for the last digit of the first.
_MARGIN = 1e-9


def cut_by_contribution(
    values: Floats, equity: float, covariance: Floats, limit: float, cost_rate: float = 0.0
) -> Floats:
    """Reduce positions until the volatility of what is left is inside a limit.

    The position that contributes most to the volatility (Euler; the first of equals) is cut
    until the limit is met, or its contribution is used up: until it is sold, or a hedge of the
    rest. So it goes on with the one that contributes most of those not cut yet. What is still
    outside when each has had its turn is scaled down as a whole. So at most n + 1 steps are taken,
    few positions are traded, none is increased and none changes its side.

    Args:
        values: (n_assets,) money in each position, negative when short.
        equity: of the account before the cut, above 0, in the same money.
        covariance: (n_assets, n_assets) of simple returns per bar.
        limit: on the volatility per bar, as a share of the equity that the cut leaves.
        cost_rate: what trading costs, a share of what changes hands, in [0, 1).

    Returns:
        (n_assets,) money in each position afterwards. The volatility of these, divided by
        `equity - cost_rate * sum |values - afterwards|`, is at most `limit`.

    Raises:
        DataError: an equity, a limit or a cost outside its range; shapes that do not fit or a
            number that is not finite (`risk_contributions`).

    >>> cut_by_contribution(np.array([0.5, 0.5]), 1.0, np.diag([0.04, 0.01]), 0.05).round(4)
    array([0. , 0.5])
    """
    for name, number, inside in (
        ("equity", equity, equity > 0.0),
        ("limit", limit, limit > 0.0),
        ("cost_rate", cost_rate, 0.0 <= cost_rate < 1.0),
    ):
        if not (inside and math.isfinite(number)):
            raise DataError(
                f"{name} = {number!r}; expected equity and limit above 0, costs in [0, 1)"
            )
    left, aim = np.array(values, dtype=np.float64), limit * (1.0 - 2.0 * _MARGIN)
    open_to_cuts = np.ones(left.size, dtype=np.bool_)
    while True:
        contributions = risk_contributions(left, covariance)
        if math.fsum(contributions) <= limit * (1.0 - _MARGIN) * equity:
            return left
        candidates = np.where(open_to_cuts, contributions, -math.inf)
        worst = int(np.argmax(candidates))
        if not candidates[worst] > 0.0:
            return _scaled(left, equity, covariance, aim, cost_rate)
        kept = _kept_share(worst, left, equity, covariance, aim, cost_rate)
        equity -= cost_rate * (1.0 - kept) * abs(float(left[worst]))
        left[worst] *= kept
        open_to_cuts[worst] = False


def _kept_share(
    asset: int, values: Floats, equity: float, covariance: Floats, limit: float, cost_rate: float
) -> float:
    """How much of one position may stay: as much as the limit allows, or as serves it best.

    With x of the position left, variance - (limit * equity)^2 is a parabola in x, equity after
    costs being linear in it.
    """
    own, rest = float(values[asset]), values.copy()
    rest[asset] = 0.0
    paid = cost_rate * abs(own)
    square = own * own * float(covariance[asset, asset]) - (limit * paid) ** 2
    slope = 2.0 * own * float(covariance[asset] @ rest) - 2.0 * limit**2 * (equity - paid) * paid
    constant = float(rest @ covariance @ rest) - (limit * (equity - paid)) ** 2
    if constant <= 0.0:
        # Outside at x = 1 and inside at 0: one root between, in its stable form.
        root = math.sqrt(max(slope * slope - 4.0 * square * constant, 0.0))
        share = -2.0 * constant / (slope + root) if slope > 0.0 else (root - slope) / (2.0 * square)
        return min(max(share, 0.0), 1.0)
    if square <= 0.0 or slope >= 0.0:
        return 0.0
    lowest = min(-slope / (2.0 * square), 1.0)
    depth = slope * slope - 4.0 * square * constant
    if depth < 0.0:
        return lowest
    return min(lowest + math.sqrt(depth) / (2.0 * square), 1.0)


def _scaled(
    values: Floats, equity: float, covariance: Floats, limit: float, cost_rate: float
) -> Floats:
    """All positions scaled so that the limit is met after the costs of doing so."""
    volatility = math.fsum(risk_contributions(values, covariance))
    paid = cost_rate * math.fsum(np.abs(values))
    if paid >= equity:
        return np.zeros(values.size)
    share = limit * (equity - paid) / (volatility - limit * paid)
    scaled: Floats = values * min(max(share, 0.0), 1.0)
    return scaled
