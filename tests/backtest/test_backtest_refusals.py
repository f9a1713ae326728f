"""Terms and targets that are refused, and what a result says about itself."""

import numpy as np
import pandas as pd
import pytest

from peaklib.backtest import Terms, run_backtest, run_grid
from peaklib.errors import DataError, StrategyError


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"fill": "open"}, "fill = 'open'; allowed: 'next_open', 'close'"),
        ({"lag": 0}, "lag = 0; a decision is filled 1 or more bars later"),
        ({"fees_bps": -1}, "fees_bps = -1; allowed: from 0 to below 10,000"),
        ({"slippage_bps": 10_000}, "slippage_bps = 10000; allowed"),
        ({"borrow_bps": float("nan")}, "borrow_bps = nan; allowed"),
        ({"cash_rate": 3}, "cash_rate = 3; a fraction a year, 0.03 for 3 %"),
    ],
)
def test_terms_outside_their_range_are_refused(terms, message) -> None:
    with pytest.raises(DataError, match=message):
        Terms(**terms)


# Costs that together exceed what is traded leave no size that solves the fill.
@pytest.mark.parametrize(
    "terms", [{"lag": 1.5}, {"lag": "1"}, {"fees_bps": 6_000, "slippage_bps": 6_000}], ids=repr
)
def test_terms_that_make_no_sense_are_refused(terms) -> None:
    with pytest.raises(DataError):
        Terms(**terms)


@pytest.mark.parametrize("bad", [np.nan, 1.01, -2, np.inf])
def test_a_target_that_is_no_share_of_equity_names_its_bar(make_bars, bad) -> None:
    with pytest.raises(StrategyError, match=r"bar 2 \(2024-01-03\) for 'bars'"):
        run_backtest([0, 1, bad, 0], make_bars([1, 2, 3, 4]))


def test_a_target_of_another_length_is_refused(make_bars) -> None:
    with pytest.raises(DataError, match=r"shape \(3,\), expected \(4, 1\)"):
        run_backtest([0, 1, 0], make_bars([1, 2, 3, 4]))


def test_a_series_must_have_the_index_of_the_data(make_bars) -> None:
    data = make_bars([1, 2, 3, 4])
    target = pd.Series([0, 1, 1, 0], index=data.frame.index)
    assert run_backtest(target, data, fill="close").metrics["ret"] == 1
    with pytest.raises(DataError, match="its index is not the index of 'bars'; reindex it"):
        run_backtest(target.reset_index(drop=True), data)


def test_parameters_without_a_strategy_are_refused(make_bars) -> None:
    with pytest.raises(StrategyError, match="params belong to a strategy"):
        run_backtest([0, 1, 0, 1], make_bars([1, 2, 3, 4]), {"fast": 3})


def test_a_result_names_its_conventions(sp500) -> None:
    result = run_backtest("buy_and_hold", sp500, fill="close", fees_bps=10)
    assert result.conventions.digest == sp500.digest
    text = repr(result)
    assert "sp500 1999-01-04 to 2018-12-31, 5031 bars (252 a year)" in text
    assert "decided and filled at the close (optimistic); fees 10 bp" in text


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({}, "decided at the close, filled at the next open;"),
        ({"lag": 3}, "filled at the next open, 2 bars later;"),
        ({"fill": "close", "lag": 2}, "decided and filled at the close, 1 bar later;"),
        ({"cash_rate": 0.03, "borrow_bps": 50}, "borrow 50 bp a year; cash earns 3 % a year"),
    ],
)
def test_the_convention_is_stated_in_words(terms, words) -> None:
    assert words in Terms(**terms).describe()


def test_the_trades_table_has_the_columns_that_its_docstring_names(make_bars) -> None:
    trades = run_backtest([1, 0, -1, -1], make_bars([1, 2, 3, 4])).trades
    assert list(trades.columns) == [
        *("asset", "entry_time", "exit_time", "side", "quantity", "entry_price", "exit_price"),
        *("costs", "profit", "return", "bars_held", "open"),
    ]
    assert trades.attrs["fill_at"] == "open"
    assert list(trades["open"]) == [False, True]


def test_a_table_without_trades_has_the_same_columns(make_bars) -> None:
    none = run_backtest([0, 0, 0, 0], make_bars([1, 2, 3, 4])).trades
    some = run_backtest([1, 0, -1, -1], make_bars([1, 2, 3, 4])).trades
    assert none.empty
    assert list(none.columns) == list(some.columns)


def test_the_curve_starts_from_one_before_the_first_bar(make_bars) -> None:
    result = run_backtest([1, 1, 1, 1], make_bars([1, 2, 3, 4]), fill="close")
    assert list(result.curve) == [1, 1, 2, 3, 4]
    assert result.curve.index[0] < result.equity.index[0]
    assert result.curve.index.is_monotonic_increasing


@pytest.mark.parametrize(
    ("data", "advice"),
    [
        ("sp500", r"peaklib\.data\.load\('sp500'\)"),
        (pd.DataFrame({"close": [1.0, 2.0]}), r"from_frame\(frame, name=\.\.\.\)"),
        (None, "load or from_frame"),
    ],
    ids=["name", "frame", "nothing"],
)
def test_what_is_no_data_set_is_refused_with_advice(data, advice) -> None:
    with pytest.raises(DataError, match=advice):
        run_backtest("sma_crossover", data)
    with pytest.raises(DataError, match=advice):
        run_grid("sma_crossover", data, {"fast": [5]})


def test_a_plain_function_is_told_how_to_become_a_strategy(make_bars) -> None:
    with pytest.raises(StrategyError, match=r"'rule' is a function; make a strategy of it"):
        run_backtest(rule, make_bars([1, 2, 3]))


def rule(bars):
    return bars.close


def test_words_are_no_target(make_bars) -> None:
    with pytest.raises(DataError, match="expected numbers from -1 to 1"):
        run_backtest(["long", "flat", "long"], make_bars([1, 2, 3]))


def test_a_grid_takes_lists(make_bars) -> None:
    with pytest.raises(StrategyError, match="fast = 5 is no list of values"):
        run_grid("sma_crossover", make_bars([1, 2, 3]), {"fast": 5})
