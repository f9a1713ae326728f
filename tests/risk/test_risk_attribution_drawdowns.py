"""Profits by source, and what drawdowns are made of."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra.numpy import arrays

from peaklib import metrics
from peaklib.backtest import run_backtest
from peaklib.errors import DataError
from peaklib.risk.attribution.drawdowns import attribute_drawdowns
from peaklib.risk.attribution.profits import profits_of_backtest, profits_of_weights

BARS, ASSETS = 12, 2


def percent(low, high):
    """Fractions of two decimals: no drawdown is as small as rounding."""
    return st.integers(low, high).map(lambda whole: whole / 100)


prices = arrays(np.float64, (BARS, 2 * ASSETS), elements=st.floats(0.2, 5.0))
targets = arrays(np.float64, (BARS, ASSETS), elements=st.sampled_from([-1.0, -0.5, 0.0, 0.3, 1.0]))
terms = st.fixed_dictionaries(
    {
        "fill": st.sampled_from(["next_open", "close"]),
        "lag": st.integers(1, 2),
        "fees_bps": st.sampled_from([0.0, 50.0]),
        "borrow_bps": st.sampled_from([0.0, 400.0]),
        "cash_rate": st.sampled_from([0.0, 0.05]),
        "liquidate": st.booleans(),
    }
)


def test_profits_of_weights_and_their_drawdown_worked_by_hand():
    weights = pd.DataFrame({"A": [0.5, 0.5, 0.5], "B": [0.5, 0.25, 0.5]})
    returns = pd.DataFrame({"A": [0.2, -0.4, 0.0], "B": [0.0, 0.2, -0.1]})
    profits = profits_of_weights(weights, returns)
    # Wealth 1 -> 1.1 -> 1.1 (1 - 0.2 + 0.05) = 0.935 -> 0.935 * 0.95 = 0.88825.
    assert profits["A"].tolist() == pytest.approx([0.1, -0.22, 0.0])
    assert profits["B"].tolist() == pytest.approx([0.0, 0.055, -0.04675])
    found = attribute_drawdowns(profits)
    one = found.drawdowns.loc[1]
    assert one["depth"] == pytest.approx(0.88825 / 1.1 - 1)
    assert (one["peak"], one["trough"], one["bars"], one["bars_under"]) == (0, 2, 2, 2)
    assert pd.isna(one["recovery"])
    assert found.contributions.loc[1].tolist() == pytest.approx([-0.2, 0.00825 / 1.1])


def test_drawdowns_are_told_apart_and_ranked_by_depth():
    # 1 -> .9 -> 1 -> 1.2 -> .6 -> .9 -> 1.2 -> 1.1: the start and the second peak count.
    earned = pd.DataFrame({"A": [-0.1, 0.1, 0.2, -0.6, 0.3, 0.3, -0.1]})
    table = attribute_drawdowns(earned).drawdowns
    assert table["depth"].tolist() == pytest.approx([-0.5, -0.1, -0.1 / 1.2])
    assert table["trough"].tolist() == [3, 0, 6]
    assert table["recovery"].isna().tolist() == [False, False, True]
    assert table["recovery"].tolist()[:2] == [5, 1]
    assert table["peak"].isna().tolist() == [False, True, False]
    # Wealth comes back to the level of bar 2 in bar 5: the later drawdown still starts at bar 2.
    assert table["peak"].tolist()[::2] == [2, 2]
    assert table["bars"].tolist() == [1, 1, 4]
    assert table["bars_under"].tolist() == [3, 2, 4]
    assert len(attribute_drawdowns(earned, count=2).drawdowns) == 2


def test_an_account_that_never_falls_has_no_drawdown():
    found = attribute_drawdowns(pd.DataFrame({"A": [0.0, 0.1, 0.0, 1e-17]}))
    assert found.drawdowns.empty
    assert found.contributions.shape == (0, 1)


@given(
    arrays(np.float64, (15, 3), elements=percent(-30, 30)),
    arrays(np.float64, (15, 3), elements=percent(-100, 100)),
)
@settings(max_examples=60)
def test_contributions_sum_to_the_depth_and_the_deepest_is_that_of_the_metrics(returns, weights):
    profits = profits_of_weights(pd.DataFrame(weights), pd.DataFrame(returns))
    found = attribute_drawdowns(profits, count=100)
    sums = found.contributions.sum(axis=1)
    assert sums.to_numpy() == pytest.approx(found.drawdowns["depth"].to_numpy(), abs=1e-12)
    deepest = metrics.max_drawdown((returns * weights).sum(axis=1))
    if len(sums):
        assert found.drawdowns["depth"].min() == pytest.approx(deepest, abs=1e-12)
    else:
        assert deepest > -1e-12
    turned = attribute_drawdowns(profits[[2, 0, 1]], count=100).contributions[[0, 1, 2]]
    pd.testing.assert_frame_equal(turned, found.contributions, rtol=0, atol=1e-12)


def test_profits_of_a_backtest_worked_by_hand(make_bars):
    bars = make_bars([10.0, 11.0, 12.0, 9.0], [10.0, 10.0, 12.0, 12.0])
    result = run_backtest([0.5, 0.5, 0.0, 0.0], bars, fees_bps=100)
    profits = profits_of_backtest(result, bars)
    # Bar 1 buys at 10 for half of the equity after costs: E = 1 / 1.005, q = 0.05 E.
    after = 1 / 1.005
    quantity = 0.05 * after
    # Bar 3 sells all at 12, the open: from 12 to 12 nothing is won or lost.
    assert profits["bars"].tolist() == pytest.approx([0, quantity, quantity, 0])
    assert profits["costs"].tolist() == pytest.approx(
        [0, -0.01 * 10 * quantity, 0, -0.01 * 12 * quantity]
    )
    assert profits["financing"].tolist() == [0, 0, 0, 0]


def test_financing_is_a_source_of_its_own_worked_by_hand(make_bars):
    bars = make_bars([10.0, 10.0, 10.0], bars_per_year=10)
    result = run_backtest([-0.5, -0.5, -0.5], bars, fill="close", borrow_bps=100, cash_rate=0.1)
    # Cash 1.5, of which 0.5 are proceeds: interest on 1.0 at 1 % a bar, fee of 0.1 % on 0.5.
    assert profits_of_backtest(result, bars)["financing"].tolist() == pytest.approx(
        [0.0, 0.01 - 0.0005, (1.0095) * 0.01 - 0.0005]
    )


@given(prices, targets, terms)
@settings(max_examples=120)
def test_profits_of_any_account_sum_to_its_equity_ruin_and_last_sale_included(
    make_panel, levels, target, chosen
):
    panel = make_panel(
        {"A": levels[:, 0], "B": levels[:, 1]}, {"A": levels[:, 2], "B": levels[:, 3]}
    )
    result = run_backtest(target, panel, **chosen)
    profits = profits_of_backtest(result, panel)
    wealth = 1.0 + profits.sum(axis=1).cumsum()
    size = 1.0 + profits.abs().to_numpy().sum()
    assert wealth.to_numpy() == pytest.approx(result.equity.to_numpy(), abs=1e-12 * size)
    assert (profits["costs"] <= 1e-12 * size).all()
    costs = -result.trades["costs"].sum()
    assert profits["costs"].sum() == pytest.approx(costs, abs=1e-12 * size)
    by_asset = (result.trades["profit"] + result.trades["costs"]).groupby(result.trades["asset"])
    for asset, profit in by_asset.sum().items():
        assert profits[asset].sum() == pytest.approx(profit, abs=1e-12 * size)


def test_an_account_ruined_within_a_bar_that_it_traded_in_is_still_explained(make_bars):
    # Short at the open of bar 1, and the price more than doubles until its close.
    bars = make_bars([10.0, 25.0, 30.0], [10.0, 10.0, 30.0])
    result = run_backtest([-1.0, -1.0, -1.0], bars, fees_bps=10)
    assert result.ruined
    profits = profits_of_backtest(result, bars)
    quantity = 0.1 / 1.001
    assert profits["bars"].tolist() == pytest.approx([0, -15 * quantity, 0])
    assert profits["costs"].tolist() == pytest.approx([0, -0.001 * 35 * quantity, 0])


def test_a_guarded_account_is_explained_as_any_other(make_panel):
    panel = make_panel({"A": [1.0, 2.0, 1.5, 1.2], "B": [3.0, 3.0, 2.0, 2.5]})
    result = run_backtest(
        np.full((4, 2), 0.5), panel, fill="close", fees_bps=20, guard=lambda view, due: due / 2
    )
    profits = profits_of_backtest(result, panel)
    wealth = 1.0 + profits.sum(axis=1).cumsum()
    assert wealth.tolist() == pytest.approx(result.equity.tolist(), abs=1e-14)


def test_the_deepest_drawdown_of_a_real_account_is_that_of_its_result(sp500):
    result = run_backtest("sma_crossover", sp500, {"fast": 20, "slow": 50}, fees_bps=10, warmup=100)
    profits = profits_of_backtest(result, sp500)
    found = attribute_drawdowns(profits, count=3)
    one = found.drawdowns.loc[1]
    assert one["depth"] == pytest.approx(result.drawdown.depth, abs=1e-12)
    assert (one["peak"], one["trough"]) == (result.drawdown.peak, result.drawdown.trough)
    sums = found.contributions.sum(axis=1)
    assert sums.tolist() == pytest.approx(found.drawdowns["depth"].tolist(), abs=1e-12)
    assert found.contributions.loc[1, "costs"] < 0 == found.contributions.loc[1, "financing"]


def test_other_data_than_the_account_ran_on_are_refused(make_bars, make_panel):
    bars, other = make_bars([10.0, 11.0, 12.0]), make_bars([10.0, 11.0, 13.0])
    result = run_backtest([0.5, 0.5, 0.5], bars)
    with pytest.raises(DataError, match="give the data it ran on"):
        profits_of_backtest(result, other)
    # These panels share a digest, because the builder does not compute one.
    ran, meant = make_panel({"A": [1.0, 2.0, 3.0]}), make_panel({"A": [1.0, 2.0, 2.0]})
    result = run_backtest([[1.0]] * 3, ran, fill="close")
    with pytest.raises(DataError, match=r"on 2024-01-03 sum to 0, but equity changed by 1"):
        profits_of_backtest(result, meant)
    named = make_panel({"costs": [1.0, 2.0, 3.0]})
    with pytest.raises(DataError, match="an asset is called 'costs'"):
        profits_of_backtest(run_backtest([[1.0]] * 3, named, fill="close"), named)


def test_tables_that_say_nothing_clear_are_refused_by_name():
    weights = pd.DataFrame({"A": [0.5, 0.5], "B": [0.5, np.nan]})
    returns = pd.DataFrame({"A": [0.1, 0.1], "B": [0.1, np.nan]})
    assert profits_of_weights(weights, returns).notna().all(axis=None)
    cases = [
        (weights, returns.set_index([[7, 8]]), "labels are not those"),
        (weights, returns.assign(A=[0.1, np.nan]), "returns: nan for 'A' in 1"),
        (weights.assign(B=np.inf), returns, "weights: inf for 'B' in 0"),
        (weights.iloc[:0], returns, "weights: empty"),
    ]
    for held, moved, message in cases:
        with pytest.raises(DataError, match=message):
            profits_of_weights(held, moved)
    for profits, count, message in (
        (pd.DataFrame(), 5, "nothing in it"),
        (pd.DataFrame({"A": [np.nan]}), 5, "nan of 'A' in 0"),
        (pd.DataFrame({"A": [0.1]}), 0, "count = 0"),
    ):
        with pytest.raises(DataError, match=message):
            attribute_drawdowns(profits, count=count)
