"""Every stored number of a seven-bar account with three round trips, worked by hand.

Filled at the close, no costs, seven bars a year:

    bar     0      1      2      3      4      5      6
    close   8     10      5      4      4      5      6
    target  1      0      1   -0.5   -0.5      0      0
    equity  1   1.25   1.25      1      1  0.875  0.875

Long 1/8 share wins 0.25; long 1/4 share loses 0.25; short 1/8 share loses 0.125.
"""

from collections.abc import Callable
from math import isnan, sqrt

import numpy as np
import pytest

from peaklib import metrics
from peaklib.backtest import BacktestResult, run_backtest
from peaklib.data import Dataset

CLOSE = (8.0, 10.0, 5.0, 4.0, 4.0, 5.0, 6.0)
TARGET = (1.0, 0.0, 1.0, -0.5, -0.5, 0.0, 0.0)

# Returns 0, 1/4, 0, -1/5, 0, -1/8, 0; drawdowns 0, 0, 0, -0.2, -0.2, -0.3, -0.3.
MEAN = (0.25 - 0.2 - 0.125) / 7
DEVIATION = sqrt((0.0625 + 0.04 + 0.015625 - 7 * MEAN**2) / 6)
ULCER = sqrt((0.04 + 0.04 + 0.09 + 0.09) / 7)

BY_HAND = {
    "ret": -0.125,
    "cagr": -0.125,
    "vol": DEVIATION * sqrt(7),
    "sharpe": MEAN / DEVIATION * sqrt(7),
    "sortino": MEAN / sqrt((0.04 + 0.015625) / 7) * sqrt(7),
    "calmar": -0.125 / 0.3,
    "max_dd": -0.3,
    "ulcer": ULCER,
    "martin": -0.125 / ULCER,
    "recovery": -0.125 / 0.3,
    "omega": 0.25 / 0.325,
    # Bars 0, 2, 3 and 4 end with a position.
    "exposure": 4 / 7,
    # Over equity: buy 1, sell 1, buy 1, sell 1 and short 0.5 more, buy back 0.625 of 0.875.
    "turnover": 1 + 1 + 1 + 1.5 + 0.625 / 0.875,
    "n_trades": 3,
    "hit_rate": 1 / 3,
    "profit_factor": 0.25 / 0.375,
    # Over equity at entry: 0.25 / 1, -0.25 / 1.25, -0.125 / 1.
    "avg_trade": (0.25 - 0.2 - 0.125) / 3,
    "ruined": 0.0,
}

MakeBars = Callable[..., Dataset]


@pytest.fixture(scope="module")
def account(make_bars: MakeBars) -> BacktestResult:
    return run_backtest(TARGET, make_bars(CLOSE, bars_per_year=7), fill="close")


def test_every_stored_number_is_worked_by_hand() -> None:
    assert tuple(BY_HAND) == metrics.METRIC_NAMES


@pytest.mark.parametrize("name", BY_HAND)
def test_stored_number_is_the_one_worked_by_hand(account: BacktestResult, name: str) -> None:
    assert account.metrics[name] == pytest.approx(BY_HAND[name], rel=1e-12)


@pytest.mark.parametrize(
    ("name", "measure"),
    [
        ("ret", lambda r: metrics.total_return(r)),
        ("cagr", lambda r: metrics.cagr(r, periods_per_year=252)),
        ("vol", lambda r: metrics.volatility(r, periods_per_year=252)),
        ("sharpe", lambda r: metrics.sharpe(r, periods_per_year=252)),
        ("sortino", lambda r: metrics.sortino(r, periods_per_year=252)),
        ("calmar", lambda r: metrics.calmar(r, periods_per_year=252)),
        ("max_dd", lambda r: metrics.max_drawdown(r)),
        ("ulcer", lambda r: metrics.ulcer_index(r)),
        ("martin", lambda r: metrics.martin_ratio(r, periods_per_year=252)),
        ("recovery", lambda r: metrics.recovery_factor(r)),
        ("omega", lambda r: metrics.omega(r, periods_per_year=252)),
    ],
)
def test_stored_number_is_that_of_the_function_on_the_returns(
    traded: BacktestResult, name: str, measure: Callable[[object], float]
) -> None:
    assert traded.metrics[name] == pytest.approx(measure(traded.returns), rel=1e-11)


def test_account_that_never_trades_has_no_ratios(make_bars: MakeBars) -> None:
    found = run_backtest(np.zeros(7), make_bars(CLOSE)).metrics
    zero = {"ret", "cagr", "vol", "max_dd", "ulcer", "exposure", "turnover", "n_trades", "ruined"}
    zero |= {"dd_days"}
    assert {name for name, value in found.items() if value == 0} == zero
    assert {name for name, value in found.items() if isnan(value)} == set(found) - zero


def test_profit_factor_without_a_losing_trade_is_undefined(make_bars: MakeBars) -> None:
    found = run_backtest((1, 0, 0), make_bars((4, 5, 5)), fill="close").metrics
    assert found["hit_rate"] == 1
    assert isnan(found["profit_factor"])


def test_trade_at_one_price_loses_its_costs(make_bars: MakeBars) -> None:
    bars = make_bars((10, 10, 10))
    found = run_backtest((1, 0, 0), bars, fill="close", fees_bps=100).metrics
    # All in at 1 %: 1/1.01 of the money buys shares, and selling them costs 1 % of that.
    assert found["hit_rate"] == 0
    assert found["profit_factor"] == 0
    assert found["avg_trade"] == pytest.approx(0.99 / 1.01 - 1, rel=1e-12)


def test_trade_that_breaks_even_is_neither_a_hit_nor_a_loss(make_bars: MakeBars) -> None:
    found = run_backtest((1, 0, 0), make_bars((8, 8, 8)), fill="close").metrics
    assert (found["n_trades"], found["hit_rate"], found["avg_trade"]) == (1, 0, 0)
    assert isnan(found["profit_factor"])


def test_open_position_counts_as_a_trade_and_turns_over_once(hold: BacktestResult) -> None:
    assert hold.metrics["n_trades"] == 1
    assert hold.metrics["avg_trade"] == hold.metrics["ret"]
    assert hold.metrics["turnover"] == pytest.approx(252 / 5031)
    assert hold.metrics["exposure"] == pytest.approx(5030 / 5031)


def test_constant_interest_on_cash_has_no_sharpe(sp500: Dataset) -> None:
    # Interest starts on the second bar; from there on every return is 3 % / 252.
    returns = run_backtest(np.zeros(len(sp500)), sp500, cash_rate=0.03).returns[1:]
    assert isnan(metrics.sharpe(returns, periods_per_year=252))


def test_account_that_owes_money_is_ruined_and_has_lost_more_than_all(make_bars: MakeBars) -> None:
    # Short one share's worth at 10, bought back at 30: wealth is -1.
    found = run_backtest((-1, -1, -1), make_bars((10, 30, 30)), fill="close").metrics
    assert (found["ruined"], found["ret"], found["cagr"], found["max_dd"]) == (1, -2, -1, -2)
