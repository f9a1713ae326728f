"""Auto-liquidation on real prices: the S&P 500 of 2007 to 2009, and twenty stocks of these years.

The closes of 1,565.15 (9 October 2007) and 1,407.22 (26 November 2007) are those of the series
that is loaded, arch.data.sp500.
"""

from datetime import timedelta

import numpy as np
import pytest

from peaklib.backtest import run_backtest
from peaklib.data import Panel, load_panel
from peaklib.risk.breakers.capping import TrailingCovariance, var_cap
from peaklib.risk.breakers.liquidation import AutoLiquidation, cooling_off
from peaklib.risk.breakers.rules import BreakerRules

NOTHING = BreakerRules(daily_loss=None, drawdown=None, orders=None)
TEN = BreakerRules(daily_loss=None, drawdown=0.1, orders=None)
QUANTILE = 2.3263478740408408  # of the normal distribution, at 0.99


@pytest.fixture(scope="module")
def crisis(sp500):
    return sp500.between("2007", "2009")


def test_holding_through_2008_is_sold_once_in_november_2007(crisis) -> None:
    guard = AutoLiquidation(TEN)
    result = run_backtest("buy_and_hold", crisis, fees_bps=10, guard=guard)
    (trade,) = result.trades.to_dict("records")
    assert f"{trade['entry_time']:%Y-%m-%d}" == "2007-01-04"
    assert f"{trade['exit_time']:%Y-%m-%d}" == "2007-11-27"
    # From one close to the other: the account holds nothing but the index.
    depth = 1 - 1407.22 / 1565.15
    assert guard.state.trips[0].value == pytest.approx(depth, abs=1e-6)
    assert trade["exit_reason"] == "guard: drawdown 10.09 % over the limit of 10 %"
    opens = crisis.frame["open"]
    bought, sold = float(opens.loc["2007-01-04"]), float(opens.loc["2007-11-27"])
    # One is paid in with 10 bp taken out of it, and 10 bp of what it sells for.
    assert trade["profit"] == pytest.approx(sold / bought / 1.001 * 0.999 - 1, rel=1e-12)
    assert trade["costs"] == pytest.approx(0.001 / 1.001 * (1 + sold / bought), rel=1e-12)
    flat = result.positions.loc["2007-11-27":]
    assert len(flat) > 500
    assert (flat == 0).all(axis=None)
    assert result.equity.iloc[-1] == pytest.approx(1 + trade["profit"], rel=1e-12)
    held = run_backtest("buy_and_hold", crisis, fees_bps=10)
    assert held.metrics["max_dd"] < -0.55
    assert result.metrics["max_dd"] == pytest.approx(-depth, abs=1e-6)


def test_with_a_desk_that_waits_it_goes_back_in_and_is_sold_again(crisis) -> None:
    wait = timedelta(days=60)
    guard = AutoLiquidation(TEN, desk=cooling_off(wait, by="test"))
    result = run_backtest("buy_and_hold", crisis, fees_bps=10, guard=guard)
    trades, resets = result.trades, guard.state.resets
    assert len(trades) == len(resets) + 1 > 2
    assert [*trades["exit_reason"].str.startswith("guard: drawdown")[: len(resets)]] == [
        True
    ] * len(resets)
    for reset, entry in zip(resets, trades["entry_time"][1:], strict=True):
        # Reset and entered before the same fill, on the first bar on which the wait is over.
        assert reset.at == entry
        bars = crisis.frame.index
        assert entry == bars[bars >= reset.trips[-1].at + wait][0]


def test_twenty_stocks_are_cut_inside_a_value_at_risk_and_never_grow() -> None:
    panel = load_panel("stocks20")
    closes = panel.close.loc["2007":"2009"]
    first = panel.close.index.get_loc(closes.index[0])
    history = panel.close.iloc[first - 60 : first].to_numpy()
    window = Panel(panel.name, closes, None, panel.digest, panel.meta)
    limit, level, cost = 0.03, 0.99, 0.001
    cap = var_cap(limit, level, TrailingCovariance(60, history))
    guard = AutoLiquidation(NOTHING, cap=cap)
    weights = np.full(closes.shape, 1 / 20)
    result = run_backtest(weights, window, fill="close", lag=2, fees_bps=1e4 * cost, guard=guard)
    done = result.interventions
    assert set(done["reason"].str[:8]) == {"99 % VaR"}
    assert np.all(done["after"].abs() < done["before"].abs())
    assert done["cost"].to_numpy() == pytest.approx(
        cost * (done["before"] - done["after"]) * done["price"], rel=1e-9
    )
    # After every close since the trip the book is inside, by a covariance of pandas and the
    # quantile of the normal distribution.
    returns = panel.close.pct_change(fill_method=None)
    since = result.equity.index.get_indexer([guard.state.trips[0].at])[0]
    for bar in range(since, len(closes), 7):
        value = result.positions.iloc[bar] * closes.iloc[bar]
        sample = returns.iloc[first + bar - 59 : first + bar + 1].cov()
        book = np.sqrt(value @ sample @ value) / result.equity.iloc[bar]
        assert QUANTILE * book <= limit * (1 + 1e-6), closes.index[bar]
        # The first cut goes no further than it has to.
        assert bar > since or pytest.approx(limit, rel=1e-6) == QUANTILE * book
    assert (result.positions.iloc[since - 1 :].diff().iloc[1:] <= 0).all(axis=None)
    # Not by selling all: something is left when the crisis is over.
    assert (result.positions.iloc[-1] > 0).any()
    free = run_backtest(weights, window, fill="close", lag=2, fees_bps=1e4 * cost)
    assert result.metrics["max_dd"] > free.metrics["max_dd"]
