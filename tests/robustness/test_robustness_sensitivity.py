"""Sensitivity: each row is its own backtest; break-even against an account solved by hand."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from peaklib.backtest import run_backtest
from peaklib.data import Dataset
from peaklib.errors import DataError
from peaklib.features import Bars
from peaklib.robustness.selection.sensitivity import (
    Trial,
    break_even_cost,
    cost_sensitivity,
    delay_sensitivity,
    start_sensitivity,
)
from peaklib.strategies import strategy

MakeBars = Callable[..., Dataset]

PARAMS = {"fast": 5, "slow": 30}
TERMS: dict[str, Any] = {"slippage_bps": 3, "fees_bps": 4, "borrow_bps": 20, "warmup": 40}


@strategy("one_bar", version="1", warm_up=lambda: 0)
def one_bar(bars: Bars) -> np.ndarray:
    """Long for the first decision only."""
    return (np.arange(len(bars)) == 0).astype(float)


@pytest.fixture(scope="module")
def trial(sp500: Dataset) -> Trial:
    return Trial("sma_crossover", sp500.between("2003", "2006"), PARAMS, TERMS)


def alone(trial: Trial, **changed: Any) -> dict[str, float]:
    terms = {**trial.terms, **changed}
    return dict(run_backtest(trial.strategy, trial.dataset, trial.params, **terms).metrics)


def test_costs_take_the_place_of_the_agreed_ones(trial: Trial) -> None:
    found = cost_sensitivity(trial, [0, 7, 50])
    for cost in (0, 7, 50):
        expected = alone(trial, fees_bps=cost, slippage_bps=0)
        assert_allclose(found.loc[cost], pd.Series(expected)[found.columns], rtol=1e-12)
    assert found["sharpe"].is_monotonic_decreasing
    assert list(cost_sensitivity(trial).index) == [0, 5, 10, 20, 50]


def test_break_even_is_where_the_sharpe_ratio_meets_the_benchmark(trial: Trial) -> None:
    for benchmark in (0.0, 0.2):
        cost = break_even_cost(trial, benchmark=benchmark, tolerance=0.001)
        assert 0 < cost < 1000
        below, above = cost_sensitivity(trial, [cost - 0.01, cost + 0.01])["sharpe"]
        assert above < benchmark < below


def test_break_even_of_one_round_trip_by_hand(make_bars: MakeBars) -> None:
    # Bought at 100 at the second open, sold at the open of 104: the return is
    # 1.04 * (1 - c) / (1 + c) - 1, which is 0 at c = 0.04 / 2.04. The mean simple return is 0
    # elsewhere, by less than the 0.1 % that a compounded path differs from it here.
    data = make_bars([100.0, 100.0, 104.0, 104.0, 104.0], [100.0, 100.0, 104.0, 104.0, 104.0])
    found = break_even_cost(Trial(one_bar, data), tolerance=1e-4)
    returns = run_backtest(one_bar, data, fees_bps=found).returns
    assert_allclose(returns.sum(), 0.0, atol=1e-7)
    assert_allclose(found, 1e4 * 0.04 / 2.04, rtol=0.02)


def test_break_even_at_the_ends(make_bars: MakeBars) -> None:
    rising = make_bars([100.0 + k + (k % 3) for k in range(60)])
    falling = make_bars([200.0 - k - (k % 3) for k in range(60)])
    assert break_even_cost(Trial("buy_and_hold", falling)) == 0.0
    assert break_even_cost(Trial("buy_and_hold", rising), most=10) == np.inf
    never = Trial("sma_crossover", rising, {"fast": 40, "slow": 100})
    assert np.isnan(break_even_cost(never))
    with pytest.raises(DataError, match="most = 0"):
        break_even_cost(never, most=0)


def test_a_delay_adds_to_the_agreed_lag(trial: Trial) -> None:
    later = Trial(trial.strategy, trial.dataset, trial.params, {**TERMS, "lag": 2})
    found = delay_sensitivity(later, [0, 1, 3])
    for delay in (0, 1, 3):
        expected = alone(later, lag=2 + delay)
        assert_allclose(found.loc[delay], pd.Series(expected)[found.columns], rtol=1e-12)
    assert found["sharpe"].nunique() == 3
    first = delay_sensitivity(trial, [1]).iloc[0]
    assert_allclose(first, found.loc[0], rtol=1e-12)


def test_later_starts_open_later_accounts_with_the_same_decisions(trial: Trial) -> None:
    found = start_sensitivity(trial, months=3, n=4)
    index = trial.dataset.frame.index
    assert len(found) == 4
    assert found.index[0] == index[40]
    for k, stamp in enumerate(found.index):
        assert stamp == index[index >= index[40] + pd.DateOffset(months=3 * k)][0]
        expected = alone(trial, warmup=int(index.get_loc(stamp)))
        assert_allclose(found.iloc[k], pd.Series(expected)[found.columns], rtol=1e-12)


def test_starts_end_with_the_data(trial: Trial) -> None:
    found = start_sensitivity(trial, months=12, n=50)
    assert list(found.index.year) == [2003, 2004, 2005, 2006]
    with pytest.raises(DataError, match="months = 0"):
        start_sensitivity(trial, months=0)
