"""Borrow cost and interest, worked by hand; 252 bars a year."""

import pytest

from peaklib.backtest import run_backtest

FLAT = [100.0] * 6


def test_borrow_cost_is_paid_on_the_value_of_the_short_position(make_bars, books) -> None:
    data = make_bars(open=[100, 100, 100, 110, 100, 100], close=[100, 100, 110, 100, 100, 100])
    # 2,520 bp a year = 0.1 % a bar.
    result = run_backtest([-1, -1, -1, 0, 0, 0], data, borrow_bps=2520)
    book = books(result, capital=10_000)
    # Bar 1: 100 short at 100, cash 20,000. Bar 2 pays 10 on 10,000: 19,990 - 11,000.
    # Bar 3 pays 11 on 11,000: 19,979 - 10,000. Bar 4 pays 10, then buys back at 100.
    assert book.equity == [10_000, 10_000, 8_990, 9_979, 9_969, 9_969]


def test_borrow_cost_is_not_paid_on_a_long_position(make_bars, books) -> None:
    result = run_backtest([1] * 6, make_bars(FLAT), borrow_bps=2520)
    assert books(result, capital=10_000).equity == [10_000] * 6


def test_idle_cash_earns_interest_bar_by_bar(make_bars, books) -> None:
    result = run_backtest([0] * 6, make_bars(FLAT), cash_rate=0.252)
    # 0.1 % a bar from the second bar on: 10,000 x 1.001 ** k.
    assert books(result, capital=10_000).equity == [
        10_000,
        10_010,
        10_020.01,
        10_030.03,
        10_040.06,
        10_050.10,
    ]


def test_a_fully_invested_account_earns_no_interest(make_bars, books) -> None:
    result = run_backtest([1] * 6, make_bars(FLAT), fill="close", cash_rate=0.252)
    assert books(result, capital=10_000).equity == [10_000] * 6


def test_interest_is_not_paid_on_short_sale_proceeds(make_bars, books) -> None:
    result = run_backtest([-1] * 6, make_bars(FLAT), fill="close", cash_rate=0.252)
    # Cash 20,000, of which 10,000 are proceeds: 10 on the rest, then 10.01, …
    assert books(result, capital=10_000).equity[:4] == [10_000, 10_010, 10_020.01, 10_030.03]


def test_half_invested_earns_on_the_other_half(make_bars, books) -> None:
    result = run_backtest([0.5] * 6, make_bars(FLAT), fill="close", cash_rate=0.504)
    # 0.2 % on 5,000, then on 5,010.
    assert books(result, capital=10_000).equity[:3] == [10_000, 10_010, 10_020.02]


def test_interest_counts_as_equity_when_the_next_fill_is_sized(make_bars, books) -> None:
    result = run_backtest([0, 0, 1, 1, 1, 1], make_bars(FLAT), cash_rate=0.252)
    # Three bars of interest before the fill at the open of bar 3; nothing is left over.
    assert books(result, capital=10_000).shares()[3:] == [pytest.approx(100.30030010)] * 3
    assert books(result, capital=10_000).equity[5] == 10_030.03


def test_profit_of_trades_leaves_out_what_financing_brought(make_bars) -> None:
    data = make_bars(open=[100, 100, 100, 110, 100, 100], close=[100, 100, 110, 100, 100, 100])
    result = run_backtest([-1, -1, -1, 0, 0, 0], data, borrow_bps=2520, cash_rate=0.252)
    # Sold and bought back at 100.
    assert result.trades["profit"].iloc[0] == pytest.approx(0, abs=1e-15)
    assert result.metrics["ret"] != 0
