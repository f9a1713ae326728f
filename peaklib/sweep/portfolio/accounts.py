"""Accounts side by side: wealth divided once, every part run by its own rule, nothing left out.

A portfolio here is a purse that is divided among its members at the first bar and never again.
So its equity is the weighted sum of the members' equities, every cost included: dividing anew
would be trading, and its cost would have to be guessed.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from peaklib.backtest import BacktestResult, run_backtest
from peaklib.data import Dataset
from peaklib.errors import DataError
from peaklib.sweep.portfolio.grounds import Ground
from peaklib.sweep.portfolio.selection import Candidate


def inside(one: Candidate) -> BacktestResult:
    """The account of a trial before the split."""
    ground = one.trial.ground
    return run_backtest(
        one.strategy, ground.subject.dataset, one.trial.params, **ground.subject.agreed
    )


def outside(one: Candidate, split: str) -> BacktestResult:
    """The account of a trial that opens at the split; earlier bars only warm up its indicators."""
    return _later(one.strategy, one.trial.ground, split, one.trial.params)


def held_inside(ground: Ground) -> BacktestResult:
    """The benchmark's account before the split."""
    return run_backtest(ground.subject.benchmark, ground.subject.dataset, **ground.subject.agreed)


def held_outside(ground: Ground, split: str) -> BacktestResult:
    """The benchmark's account that opens at the split."""
    return _later(ground.subject.benchmark, ground, split, {})


def _later(
    strategy: str, ground: Ground, split: str, params: dict[str, int | float]
) -> BacktestResult:
    data: Dataset = ground.data
    terms = {**ground.subject.agreed, "warmup": data.bars_before(split)}
    return run_backtest(strategy, data, params, **terms)


def divided(accounts: Sequence[BacktestResult], weights: Sequence[float]) -> pd.Series:
    """Simple returns of wealth that is divided once among several accounts.

    Args:
        accounts: each starts with a wealth of 1.0; their calendars may differ, and one that has
            no bar on a day keeps its value.
        weights: shares of the wealth, 0 or more, that sum to 1.

    Returns:
        (n_bars,) over the days of any of them.

    Raises:
        DataError: the weights are no shares.
    """
    shares = np.asarray(weights, dtype=np.float64)
    if shares.shape != (len(accounts),) or not (shares >= 0).all() or abs(shares.sum() - 1) > 1e-9:
        raise DataError(
            f"weights: {list(weights)} for {len(accounts)} accounts; expected one share each, 0 or "
            "more, that sum to 1"
        )
    # A list of the stamps first, so that one account's calendar never drops another's last bar.
    equities = pd.concat([account.equity for account in accounts], axis=1, sort=True)
    wealth = equities.ffill().fillna(1.0).to_numpy() @ shares
    before = np.concatenate([[1.0], wealth[:-1]])
    return pd.Series(wealth / before - 1.0, index=equities.index, name="returns")
