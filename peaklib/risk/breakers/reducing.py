"""Books that only get smaller: what a tripped breaker still lets an account trade to."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peaklib.backtest import AccountView, Answer
from peaklib.risk.breakers.cutting import cut_by_contribution

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Holding:
    """What an account holds, or would hold after a fill.

    Args:
        values: (n_assets,) money in each position, at the fill prices.
        equity: after the costs of getting there.
        goals: (n_assets,) the strategy's own target where it is what is traded to, else NaN.
    """

    values: Floats
    equity: float
    goals: Floats

    def cut(self, covariance: Floats, volatility: float, cost_rate: float) -> "Holding":
        """The book inside a limit on its volatility; see `cut_by_contribution`.

        Its values are what is traded to then, to the last: a target would follow the equity down
        and could leave too little of a hedge.

        Args:
            covariance: (n_assets, n_assets), complete for what is held.
            volatility: per bar, a share of equity.
            cost_rate: share of what changes hands.
        """
        held = self.values != 0.0
        inner = covariance[np.ix_(held, held)]
        values = self.values.copy()
        values[held] = cut_by_contribution(
            self.values[held], self.equity, inner, volatility, cost_rate
        )
        costs = cost_rate * float(np.abs(self.values - values).sum())
        return Holding(values, self.equity - costs, np.full(values.size, np.nan))

    def answer(self, account: AccountView, reason: str) -> Answer:
        """How a guard says so: what does not change is kept as it is.

        Args:
            account: whose book it is.
            reason: of what does change.
        """
        same = self.values == untouched(account).values
        weights = np.where(np.isnan(self.goals), self.values / self.equity, self.goals)
        target = np.where(same, 0.0, np.clip(weights, -1.0, 1.0))
        return Answer(target, keep=same & (account.quantity != 0.0), reason=reason)


def untouched(account: AccountView) -> Holding:
    """What the account holds; unlisted assets that it does not hold count as nothing."""
    held = account.quantity != 0.0
    values = np.where(held, account.quantity * np.where(held, account.prices, 0.0), 0.0)
    return Holding(values, account.equity, np.full(values.size, np.nan))


def exits_only(account: AccountView, due: Floats) -> Holding:
    """The book with those changes of a target that reduce a position and do not flip it.

    Args:
        account: as it stands.
        due: (n_assets,) the strategy's target. One on the other side of a position, or 0,
            closes it; a smaller one of its side reduces it; for anything else it is kept.
    """
    now = untouched(account)
    goals = np.where(due * now.values > 0.0, due, 0.0)
    less = np.abs(goals) * now.equity < np.abs(now.values)
    # Equity after costs solves E' = E - c * sum(|value| - |goal| * E').
    cost = account.cost_rate
    paid = cost * float(np.abs(now.values[less]).sum())
    equity = (now.equity - paid) / (1.0 - cost * float(np.abs(goals[less]).sum()))
    values = np.where(less, goals * equity, now.values)
    return Holding(values, equity, np.where(less, goals, np.nan))
