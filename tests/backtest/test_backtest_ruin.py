"""The edges of ruin: costs that eat the account, the last sale, and what follows."""

import pytest

from peaklib.backtest import run_backtest


@pytest.mark.parametrize("target", [-0.5, 1.0])
def test_a_fill_that_the_account_cannot_pay_for_only_closes(make_bars, books, target) -> None:
    data = make_bars([100, 195, 195, 195])
    result = run_backtest([-1, target, target, target], data, fill="close", fees_bps=500)
    book = books(result, capital=10_500)
    # Bar 0: 100 short at 100, cost 500, cash 20,000.
    # Bar 1: 20,000 - 19,500 = 500, and buying 100 back costs 975: -475, nothing is opened.
    assert book.equity == [10_000, -475, -475, -475]
    assert book.trades("side", "quantity", "costs") == [("short", 100, 1_475)]
    assert result.ruined


def test_a_last_sale_that_leaves_a_debt_is_flagged_as_ruin(make_bars, books) -> None:
    result = run_backtest(
        [-1, -1], make_bars([100, 199]), fill="close", fees_bps=200, liquidate=True
    )
    # Bar 0: 100 short at 100, cost 200, cash 20,000. Bar 1: bought back for 19,900 and 398.
    assert books(result, capital=10_200).equity == [10_000, -298]
    assert result.ruined


def test_a_ruined_account_stops_for_good_whatever_cash_earns(make_bars) -> None:
    result = run_backtest([-1] * 5, make_bars([100, 250, 1, 1, 1]), fill="close", cash_rate=0.252)
    assert result.ruined
    assert result.equity.iloc[1:].nunique() == 1


def test_a_ruined_account_pays_no_borrow_cost(make_bars) -> None:
    result = run_backtest([-1] * 5, make_bars([100, 250, 1, 1, 1]), fill="close", borrow_bps=500)
    assert result.equity.iloc[1:].nunique() == 1


def test_ruin_is_never_flagged_where_equity_stays_positive(make_bars) -> None:
    result = run_backtest([-1, -1, -1, 0], make_bars([100, 199.99, 199.99, 100]), fill="close")
    assert 0 < result.equity.min() < 0.001
    assert not result.ruined


def test_a_long_account_cannot_be_ruined_by_prices(make_bars) -> None:
    result = run_backtest([1] * 4, make_bars([100, 1, 1e-6, 1e-6]), fill="close")
    assert result.equity.iloc[-1] == pytest.approx(1e-8)
    assert not result.ruined
