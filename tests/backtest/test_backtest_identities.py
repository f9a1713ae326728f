"""Identities that hold for every account, checked on random prices, targets and terms."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.testing import assert_allclose

from peaklib.backtest import run_backtest

few = settings(max_examples=25)

TARGETS = st.sampled_from([-1.0, -0.5, 0.0, 0.0, 0.3, 0.8, 1.0])
# Moves too small to ruin an account within twelve bars.
MOVES = st.floats(-0.02, 0.02)


@st.composite
def markets(draw, n_bars: int = 12):
    """Opens and closes of one asset."""
    moves = np.array(draw(st.lists(MOVES, min_size=2 * n_bars, max_size=2 * n_bars)))
    prices = draw(st.floats(0.5, 5000)) * np.cumprod(1 + moves)
    return prices[::2].copy(), prices[1::2].copy()


targets = st.lists(TARGETS, min_size=12, max_size=12).map(np.array)
terms = st.fixed_dictionaries(
    {
        "fill": st.sampled_from(["next_open", "close"]),
        "lag": st.integers(1, 3),
        "fees_bps": st.floats(0, 200),
        "slippage_bps": st.floats(0, 200),
    }
)


def fill_prices(market, options) -> np.ndarray:
    return market[1] if options["fill"] == "close" else market[0]


def cost_rate(options) -> float:
    return (options["fees_bps"] + options["slippage_bps"]) / 10_000


@few
@given(market=markets(), target=targets, options=terms)
def test_a_fill_is_sized_so_that_after_costs_it_is_worth_target_times_equity(
    make_bars, market, target, options
) -> None:
    opens, closes = market
    result = run_backtest(target, make_bars(closes, opens), **options)
    quantity = result.positions.iloc[:, 0].to_numpy()
    equity, c = result.equity.to_numpy(), cost_rate(options)
    delay = options["lag"] - (options["fill"] == "close")
    for t in range(1, 12):
        before, after, p = quantity[t - 1], quantity[t], fill_prices(market, options)[t]
        if after == before:
            continue
        available = equity[t - 1] + before * (p - closes[t - 1])
        wanted = target[t - delay] * (available - c * abs(after - before) * p)
        assert after * p == pytest.approx(wanted, abs=1e-12)


@few
@given(market=markets(), target=targets, options=terms)
def test_equity_moves_by_prices_times_quantity_less_costs_and_by_nothing_else(
    make_bars, market, target, options
) -> None:
    opens, closes = market
    result = run_backtest(target, make_bars(closes, opens), **options)
    quantity = np.concatenate([[0.0], result.positions.iloc[:, 0]])
    equity = np.concatenate([[1.0], result.equity])
    p = fill_prices(market, options)
    previous = np.concatenate([[p[0]], closes[:-1]])
    explained = (
        quantity[:-1] * (p - previous)
        + quantity[1:] * (closes - p)
        - cost_rate(options) * np.abs(np.diff(quantity)) * p
    )
    assert_allclose(np.diff(equity), explained, atol=1e-13)


@few
@given(market=markets(), target=targets, options=terms)
def test_cash_and_position_add_up_to_the_equity(make_bars, market, target, options) -> None:
    opens, closes = market
    result = run_backtest(target, make_bars(closes, opens), **options)
    quantity = result.positions.iloc[:, 0].to_numpy()
    traded = np.diff(quantity, prepend=0.0) * fill_prices(market, options)
    cash = 1.0 - np.cumsum(traded + cost_rate(options) * np.abs(traded))
    assert_allclose(result.equity, cash + quantity * closes, atol=1e-12)


@few
@given(market=markets(), target=targets, options=terms, liquidate=st.booleans())
def test_profits_of_the_trades_sum_to_the_profit_of_the_account(
    make_bars, market, target, options, liquidate
) -> None:
    opens, closes = market
    result = run_backtest(target, make_bars(closes, opens), liquidate=liquidate, **options)
    assert result.trades["profit"].sum() == pytest.approx(result.metrics["ret"], abs=1e-12)
    assert result.metrics["n_trades"] == len(result.trades)


@few
@given(market=markets(), target=targets, options=terms)
def test_a_trade_is_its_price_difference_less_its_costs(make_bars, market, target, options) -> None:
    opens, closes = market
    trades = run_backtest(target, make_bars(closes, opens), **options).trades
    side = np.where(trades["side"] == "long", 1, -1)
    moved = side * trades["quantity"] * (trades["exit_price"] - trades["entry_price"])
    assert_allclose(trades["profit"], moved - trades["costs"], atol=1e-12)
    assert (trades["quantity"] > 0).all()


@few
@given(market=markets(), target=targets, options=terms, scale=st.floats(0.001, 1000))
def test_the_unit_of_the_prices_does_not_matter(make_bars, market, target, options, scale) -> None:
    opens, closes = market
    given_prices = run_backtest(target, make_bars(closes, opens), **options)
    scaled = run_backtest(target, make_bars(closes * scale, opens * scale), **options)
    assert_allclose(scaled.equity, given_prices.equity, rtol=1e-12)


@few
@given(market=markets(), target=targets, options=terms)
def test_no_cost_is_ever_to_the_accounts_advantage(make_bars, market, target, options) -> None:
    data = make_bars(market[1], market[0])
    free = {**options, "fees_bps": 0, "slippage_bps": 0}
    paid = run_backtest(np.abs(target), data, **options).equity.iloc[-1]
    assert paid <= run_backtest(np.abs(target), data, **free).equity.iloc[-1] + 1e-12


@few
@given(market=markets())
def test_buying_and_holding_without_costs_earns_the_price_ratio(make_bars, market) -> None:
    opens, closes = market
    data = make_bars(closes, opens)
    at_close = run_backtest("buy_and_hold", data, fill="close")
    assert at_close.metrics["ret"] == pytest.approx(closes[-1] / closes[0] - 1, abs=1e-12)
    at_open = run_backtest("buy_and_hold", data)
    assert at_open.metrics["ret"] == pytest.approx(closes[-1] / opens[1] - 1, abs=1e-12)


@few
@given(market=markets(), target=targets, options=terms)
def test_returns_compound_to_the_equity(make_bars, market, target, options) -> None:
    result = run_backtest(target, make_bars(market[1], market[0]), **options)
    assert_allclose(np.cumprod(1 + result.returns), result.equity, rtol=1e-12)


@few
@given(market=markets(), target=targets, options=terms, liquidate=st.booleans())
def test_exposure_is_the_share_of_bars_that_end_with_a_position(
    make_bars, market, target, options, liquidate
) -> None:
    data = make_bars(market[1], market[0])
    result = run_backtest(target, data, liquidate=liquidate, **options)
    assert result.metrics["exposure"] == pytest.approx((result.positions != 0).mean().item())
