"""Auto-liquidation in backtests: ledgers by hand, what stays possible, and what it cannot see."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from peaklib.backtest import AccountView, Answer, run_backtest
from peaklib.errors import DataError, LiveNotImplementedError
from peaklib.risk.breakers.capping import TrailingCovariance, volatility_cap
from peaklib.risk.breakers.liquidation import AutoLiquidation, cooling_off
from peaklib.risk.breakers.resetting import issue_reset_token
from peaklib.risk.breakers.rules import BreakerRules
from peaklib.risk.breakers.state import BreakerState
from peaklib.risk.breakers.storing import breaker_from_json, breaker_to_json

NOTHING = BreakerRules(daily_loss=None, drawdown=None, orders=None)
DRAWDOWN = BreakerRules(daily_loss=None, drawdown=0.1, orders=None)
OPEN = [100, 100, 110, 104, 90, 80]
CLOSE = [100, 105, 108, 98, 88, 85]


def on_bar(bar: int) -> Any:
    """A desk that resets on one bar of `make_bars`."""

    def desk(state: BreakerState, now: Any) -> Any:
        day = pd.bdate_range("2024-01-01", periods=bar + 1, tz="UTC")[bar]
        if now != day:
            return None
        return issue_reset_token(state, by="t", reason="r", now=now, ttl=timedelta(1))

    return desk


# ---- by hand ------------------------------------------------------------------------------------
def test_a_breach_sells_everything_at_the_next_fill_and_pays_for_it(make_bars) -> None:
    guard = AutoLiquidation(DRAWDOWN)
    result = run_backtest([1] * 6, make_bars(CLOSE, open=OPEN), fees_bps=100, guard=guard)
    # 10,100 buy 100 at 100 on bar 1 and pay 100. The open of bar 2 makes 11,000, the peak; the
    # close of bar 3 is 9,800, 10.9 % below. The open of bar 4 sells at 90 and pays 90.
    equity = [round(10_100 * value, 6) for value in result.equity]
    assert equity == [10_100, 10_500, 10_800, 9_800, 8_910, 8_910]
    (trade,) = result.trades.to_dict("records")
    assert trade["exit_reason"] == "guard: drawdown 10.91 % over the limit of 10 %"
    assert trade["exit_time"] == result.equity.index[4]
    assert 10_100 * trade["costs"] == pytest.approx(190)
    assert 10_100 * trade["profit"] == pytest.approx(8_910 - 10_100)
    (done,) = result.interventions.to_dict("records")
    assert (done["after"], done["price"]) == (0, 90)
    assert 10_100 * done["cost"] == pytest.approx(90)
    (trip,) = guard.state.trips
    assert trip.at == result.equity.index[3]
    assert trip.value == pytest.approx(1_200 / 11_000)


def test_a_gap_at_the_open_is_sold_at_that_open(make_bars) -> None:
    guard = AutoLiquidation(BreakerRules(daily_loss=0.05, drawdown=None, orders=None))
    data = make_bars([100, 100, 100, 90, 95], open=[100, 100, 100, 94, 95])
    result = run_backtest([1] * 5, data, guard=guard)
    assert list(result.equity) == pytest.approx([1, 1, 1, 0.94, 0.94])
    reason = "guard: daily loss 6 % over the limit of 5 %"
    assert list(result.trades["exit_reason"]) == [reason]
    # One that comes during the day is seen at its close, and sold at the next open.
    later = make_bars([100, 100, 100, 94, 95], open=[100, 100, 100, 100, 93])
    guard = AutoLiquidation(BreakerRules(daily_loss=0.05, drawdown=None, orders=None))
    assert list(run_backtest([1] * 5, later, guard=guard).equity)[3:] == pytest.approx([0.94, 0.93])


def test_after_the_reset_the_unchanged_target_is_taken_up_again(make_bars) -> None:
    closes = [100, 100, 80, 80, 80, 80, 90, 88]
    guard = AutoLiquidation(DRAWDOWN, desk=on_bar(5))
    result = run_backtest([1] * 8, make_bars(closes), guard=guard)
    held = [round(100 * value, 6) for value in result.positions.iloc[:, 0]]
    # Bought on bar 1, seen down 20 % and sold on bar 2, all at the same prices; bar 5 resets.
    assert held == [0, 1, 0, 0, 0, 1, 1, 1]
    assert len(result.interventions) == 1
    (reset,) = guard.state.resets
    assert reset.at == result.equity.index[5]
    # The peak before the reset is forgotten: from 80 on, only 10 % down from 90 would trip.
    assert not guard.state.tripped


def test_a_desk_in_a_hurry_resets_no_trip_before_it_was_sold(make_bars) -> None:
    closes = [100, 100, 80, 80, 80, 80]
    guard = AutoLiquidation(DRAWDOWN, desk=cooling_off(timedelta(0), by="t"))
    result = run_backtest([1] * 6, make_bars(closes, open=[100, 100, 100, 80, 80, 80]), guard=guard)
    # Down 20 % at the close of bar 2, sold at the open of bar 3, reset and bought again on bar 4.
    held = [round(100 * value, 6) for value in result.positions.iloc[:, 0]]
    assert held == [0, 1, 1, 0, 1, 1]
    (reset,) = guard.state.resets
    assert reset.trips[0].at == result.equity.index[2]
    assert reset.at == result.equity.index[4]
    assert len(result.interventions) == 1


def test_a_breaker_that_starts_tripped_is_reset_only_after_a_fill(make_bars) -> None:
    first = AutoLiquidation(DRAWDOWN)
    run_backtest([1] * 4, make_bars([100, 100, 80, 80]), guard=first)
    late = replace(first.state, time=None, recent=())
    guard = AutoLiquidation(DRAWDOWN, desk=cooling_off(timedelta(0), by="t"), state=late)
    result = run_backtest([1] * 6, make_bars([80] * 6), guard=guard)
    assert list(result.positions.iloc[:, 0] != 0) == [False, False] + [True] * 4


def test_every_trip_that_is_reset_had_been_sold_however_short_the_wait(sp500) -> None:
    limits = BreakerRules(daily_loss=0.03, drawdown=None, orders=None)
    for days in (0, 1, 3):
        guard = AutoLiquidation(limits, desk=cooling_off(timedelta(days=days), by="t"))
        result = run_backtest(np.ones(len(sp500.frame)), sp500, fees_bps=5, guard=guard)
        held, fills = result.positions.iloc[:, 0], pd.DatetimeIndex(result.interventions["time"])
        assert len(guard.state.resets) > 20
        for reset in guard.state.resets:
            tripped = pd.Timestamp(reset.trips[0].at)
            before = held.loc[:tripped].iloc[-1] or held.loc[:tripped].iloc[-2]
            assert before != 0
            # Sold at the fill that it was seen at, or at the one after the close.
            assert ((fills >= tripped) & (fills < reset.at)).sum() == 1, (days, reset.at)
            assert held.loc[: reset.at].iloc[-2] == 0, (days, reset.at)


def test_while_tripped_no_target_of_the_strategy_opens_anything(make_bars) -> None:
    closes = [100, 100, 80, 80, 80, 80, 80, 80]
    target = [1, 1, 1, 0, 1, -1, 0.5, 1]
    result = run_backtest(target, make_bars(closes), guard=AutoLiquidation(DRAWDOWN))
    assert list(result.positions.iloc[:, 0] != 0) == [False, True] + [False] * 6


def test_a_strategy_that_trades_too_often_is_stopped(make_bars) -> None:
    limit = BreakerRules(daily_loss=None, drawdown=None, orders=3, order_window_s=4 * 86_400.0)
    target = [1, 0, 1, 0, 1, 0, 1, 0]
    result = run_backtest(target, make_bars([100] * 8), guard=AutoLiquidation(limit))
    # Orders on bars 1, 2, 3, 4: the four fall within four days (Tuesday to Friday), and the
    # fourth is seen on bar 5. A calm strategy of the same bars is not stopped.
    assert list(result.positions.iloc[:, 0] != 0) == [False, True, False, True] + [False] * 4
    guard = AutoLiquidation(limit)
    run_backtest([1, 1, 1, 0, 0, 0, 1, 1], make_bars([100] * 8), guard=guard)
    assert not guard.state.tripped


# ---- by contribution to risk --------------------------------------------------------------------
def fixed(covariance: Any) -> Any:
    return lambda _: np.asarray(covariance)


DIAGONAL = np.diag([0.04, 0.01])
# From 50 and 50 of 100 down to 30 of A: sqrt(0.04 x 900 + 0.01 x 2,500) of 98, costs being 2.
LIMIT = 61**0.5 / 98


def cutter(**options: Any) -> AutoLiquidation:
    return AutoLiquidation(NOTHING, cap=volatility_cap(LIMIT, fixed(DIAGONAL)), **options)


def test_a_risky_book_is_cut_by_contribution_until_it_is_inside(make_panel) -> None:
    panel = make_panel({"A": [100] * 5, "B": [50] * 5})
    guard = cutter()
    result = run_backtest([[0.5, 0.5]] * 5, panel, fill="close", fees_bps=1000, guard=guard)
    # 110 buy 50 of each at a cost of 10. On bar 1 A is cut from 50 to 30 and B is not traded.
    values = 110 * result.positions * [100, 50]
    assert values["A"].to_list() == pytest.approx([50, 30, 30, 30, 30])
    assert values["B"].to_list() == [values["B"].iloc[0]] * 5
    assert (110 * result.equity).to_list() == pytest.approx([100, 98, 98, 98, 98])
    (done,) = result.interventions.to_dict("records")
    assert (done["asset"], done["reason"]) == ("A", "volatility 11.18 % over the limit of 7.97 %")
    assert 110 * done["cost"] == pytest.approx(2)
    assert [trip.rule for trip in guard.state.trips] == ["risk"]


def test_or_it_is_sold_as_a_whole(make_panel) -> None:
    panel = make_panel({"A": [100] * 3, "B": [50] * 3})
    guard = cutter(on_risk="flatten")
    result = run_backtest([[0.5, 0.5]] * 3, panel, fill="close", guard=guard)
    assert (result.positions.iloc[1:] == 0).all(axis=None)
    assert set(result.trades["exit_reason"]) == {
        "guard: volatility 11.18 % over the limit of 7.97 %"
    }


def test_exits_pass_while_entries_increases_and_flips_do_not(make_panel) -> None:
    panel = make_panel({"A": [100] * 8, "B": [50] * 8})
    target = [
        [0.5, 0.5],
        [0.5, 0.5],  # cut: A to about 0.3
        [0.9, 0.1],  # A may not grow, B may shrink
        [0.9, 0.1],  # no news
        [0.1, 0.9],  # A may shrink, B may not grow
        [-0.5, 0.1],  # a flip of A is its exit
        [0.2, 0.05],  # A is closed and stays so, B may shrink
        [0.2, 0.0],
    ]
    result = run_backtest(target, panel, fill="close", guard=cutter())
    values = (result.positions * [100, 50]).round(9)
    first = values["A"].iloc[1]
    assert 0.31 < first < 0.3104
    assert values["A"].to_list() == [0.5, first, first, first, 0.1, 0, 0, 0]
    assert values["B"].to_list() == [0.5, 0.5, 0.1, 0.1, 0.1, 0.1, 0.05, 0]
    # What the strategy itself wanted is not the guard's: A in part, and the rest of it at the flip.
    done = result.interventions
    assert list(zip(done["time"].map(panel.close.index.get_loc), done["asset"], strict=True)) == [
        (1, "A"),
        (5, "A"),
    ]
    reasons = result.trades.set_index("asset")["exit_reason"]
    assert reasons["A"] == "guard: volatility 11.18 % over the limit of 7.97 %"
    assert reasons["B"] == "target"


def test_exits_and_a_cut_in_one_fill_meet_the_limit_after_the_costs_of_both(make_panel) -> None:
    panel = make_panel({"A": [100] * 4, "B": [50] * 4, "C": [20] * 4})
    # A carries the risk and B, short, hedges it; on bar 2 the strategy takes back half its hedge.
    # C has a risk of its own; it may not grow, and is never traded again.
    covariance = np.array([[0.04, 0.018, 0.0], [0.018, 0.01, 0.0], [0.0, 0.0, 0.01]])
    target = [[0.9, -0.6, 0.2], [0.9, -0.6, 0.2], [0.6, -0.3, 0.3], [0.6, -0.3, 0.3]]
    for cost in (0.0, 0.1):
        cap = volatility_cap(0.08, fixed(covariance))
        guard = AutoLiquidation(NOTHING, cap=cap)
        result = run_backtest(target, panel, fill="close", fees_bps=1e4 * cost, guard=guard)
        book = (result.positions * [100, 50, 20]).to_numpy()
        equity = result.equity.to_numpy()
        risk = np.sqrt(np.einsum("ti,ij,tj->t", book, covariance, book)) / equity
        assert list(risk[1:] <= 0.08) == [True] * 3
        assert risk[2] == pytest.approx(0.08, rel=1e-6)
        assert 0 < book[2, 0] < 0.6 * equity[2]
        assert book[2, 1] == pytest.approx(-0.3 * equity[2], rel=0.2 * cost + 1e-9)
        assert list(book[3]) == list(book[2])
        assert book[3, 2] == book[0, 2]


def test_its_own_sales_are_no_orders_of_the_strategy(make_panel) -> None:
    panel = make_panel({"A": [100, 80, 80, 80], "B": [50, 40, 40, 40]})
    limits = BreakerRules(daily_loss=None, drawdown=0.1, orders=2, order_window_s=1e7)
    guard = AutoLiquidation(limits)
    run_backtest([[0.5, 0.5]] * 4, panel, fill="close", guard=guard)
    assert [trip.rule for trip in guard.state.trips] == ["drawdown"]


def test_drifting_weights_are_no_reason_to_trade(make_panel) -> None:
    rising = {"A": [100, 100, 104, 108, 112], "B": [50, 50, 51, 52, 53]}
    guard = cutter()
    result = run_backtest([[0.5, 0.5]] * 5, make_panel(rising), fill="close", guard=guard)
    # B's weight drifts above and below its target of a half; it is never traded. A is cut on
    # bar 1, and again only because it outgrows the limit.
    assert result.positions["B"].nunique() == 1
    moves = result.positions["A"].diff().dropna()
    assert (moves <= 0).all()
    assert set(result.interventions["asset"]) == {"A"}


def test_a_loss_after_a_cut_sells_the_rest(make_panel) -> None:
    panel = make_panel({"A": [100, 100, 100, 70, 70], "B": [50, 50, 50, 50, 50]})
    limits = BreakerRules(daily_loss=None, drawdown=0.05, orders=None)
    guard = AutoLiquidation(limits, cap=volatility_cap(LIMIT, fixed(DIAGONAL)))
    result = run_backtest([[0.5, 0.5]] * 5, panel, fill="close", guard=guard)
    assert [trip.rule for trip in guard.state.trips] == ["risk", "drawdown"]
    assert (result.positions.iloc[3:] == 0).all(axis=None)
    assert all(reason.startswith("guard: drawdown") for reason in result.trades["exit_reason"])


def test_a_book_of_unknown_risk_is_sold(make_panel) -> None:
    panel = make_panel({"A": [100] * 4, "B": [50] * 4})
    unknown = [
        lambda _: None,
        fixed([[np.nan, 0], [0, 0.01]]),
        fixed([[0.04]]),
        fixed([[0.04, 0.02], [0, 0.01]]),
        TrailingCovariance(3),
    ]
    for model in unknown:
        guard = AutoLiquidation(NOTHING, cap=volatility_cap(0.5, model))
        result = run_backtest([[0.5, 0.5]] * 4, panel, fill="close", guard=guard)
        assert list(result.positions["A"] != 0) == [True, False, False, False]
        assert guard.state.trips[0].rule == "observation"
        assert "volatility of what is held is not known" in result.trades["exit_reason"].iloc[0]
    # What is not held need not be known, and with its past given it is known from the start.
    guard = AutoLiquidation(NOTHING, cap=volatility_cap(0.5, fixed([[np.nan, 0], [0, 0.01]])))
    run_backtest([[0, 0.5]] * 4, panel, fill="close", guard=guard)
    assert not guard.state.tripped
    past = TrailingCovariance(3, history=[[100, 50], [101, 51], [99, 50]])
    guard = AutoLiquidation(NOTHING, cap=volatility_cap(0.5, past))
    run_backtest([[0.5, 0.5]] * 4, panel, fill="close", guard=guard)
    assert not guard.state.tripped


def test_a_trailing_covariance_is_that_of_the_prices_seen_so_far(make_panel) -> None:
    closes = {"A": [100, 101, 99, 104, 103], "B": [50, 50.5, 52, 51, 49]}
    model, found = TrailingCovariance(2), []

    def watch(account: AccountView, due: np.ndarray) -> np.ndarray:
        model(account)
        found.append(model(account))  # asked twice, it is still one bar
        return due

    run_backtest([[0, 0]] * 5, make_panel(closes), fill="close", guard=watch)
    assert found[:2] == [None, None]
    returns = pd.DataFrame(closes).pct_change()
    for bar in (2, 3, 4):
        expected = returns.iloc[bar - 1 : bar + 1].cov().to_numpy()
        assert found[bar] == pytest.approx(expected, rel=1e-12)
    with pytest.raises(DataError, match="window = 1"):
        TrailingCovariance(1)


# ---- a simulated account, and nothing else ------------------------------------------------------
class Broker:
    """Looks like an account in every field."""

    bar, time, cash, equity, marked, cost_rate = 0, pd.Timestamp("2024-01-01"), 1.0, 1.0, 1.0, 0.0
    quantity, prices = np.ones(1), np.ones(1)


def test_it_refuses_everything_that_is_not_the_account_of_a_backtest() -> None:
    alike = SimpleNamespace(**{k: v for k, v in vars(Broker).items() if not k.startswith("_")})
    for fake in (Broker(), Broker, alike, vars(alike), None, 1.0, AccountView):
        guard = AutoLiquidation(DRAWDOWN)
        with pytest.raises(LiveNotImplementedError, match="accounts of backtests and on nothing"):
            guard(fake, np.ones(1))
        assert guard.state == BreakerState.fresh("simulation", 1.0)


def test_it_serves_one_account(make_bars) -> None:
    guard = AutoLiquidation(DRAWDOWN)
    run_backtest([1] * 3, make_bars([1, 1, 1]), guard=guard)
    with pytest.raises(DataError, match="bar 1 after bar 2; each account takes"):
        run_backtest([1] * 3, make_bars([1, 1, 1]), guard=guard)
    with pytest.raises(DataError, match="on_risk"):
        AutoLiquidation(DRAWDOWN, on_risk="hope")


# ---- properties ---------------------------------------------------------------------------------
class Recorder:
    """A guard that writes down what another one answered."""

    def __init__(self, guard: AutoLiquidation) -> None:
        self.guard, self.answers, self.tripped = guard, [], {}

    def __call__(self, account: AccountView, due: np.ndarray) -> Answer:
        answer = self.guard(account, due)
        keep = None if answer.keep is None else answer.keep.tolist()
        self.answers.append((account.bar, answer.target.tolist(), keep, answer.reason))
        self.tripped[account.bar] = self.guard.state.tripped
        return answer


def random_panel(make_panel: Any, seed: int, n_bars: int = 120) -> tuple[Any, np.ndarray]:
    """Four assets with jumps, and targets that change now and then, some of them to 0."""
    draw = np.random.default_rng(seed)
    moves = 0.02 * draw.standard_t(3, size=(n_bars, 4)).clip(-8, 8)
    closes = 100 * np.cumprod(1 + moves, axis=0)
    rows = draw.uniform(-0.5, 0.5, size=(n_bars, 4)) * draw.integers(0, 2, size=(n_bars, 4))
    held = np.repeat(rows[::5], 5, axis=0)[:n_bars]
    held[:12] = 0
    return make_panel(dict(zip("ABCD", closes.T, strict=True))), held


def random_guard(seed: int) -> Recorder:
    draw = np.random.default_rng(seed)
    return Recorder(
        AutoLiquidation(
            BreakerRules(
                daily_loss=draw.choice([None, 0.04]),
                drawdown=draw.choice([None, 0.08]),
                orders=draw.choice([None, 30]),
            ),
            cap=volatility_cap(draw.uniform(0.005, 0.02), TrailingCovariance(10)),
            desk=draw.choice([None, cooling_off(timedelta(days=15), by="t")]),
        )
    )


@pytest.mark.parametrize("fill_lag", [1, 2])
def test_while_tripped_no_position_grows_or_flips(make_panel, fill_lag) -> None:
    tripped = cut = 0
    for seed in range(12):
        panel, target = random_panel(make_panel, seed)
        guard = random_guard(seed)
        result = run_backtest(
            target, panel, fill="close", lag=fill_lag, fees_bps=20, borrow_bps=50, guard=guard
        )
        quantity = result.positions.to_numpy()
        for bar in (bar for bar, is_tripped in guard.tripped.items() if is_tripped and bar):
            before, after = quantity[bar - 1], quantity[bar]
            assert np.all(np.abs(after) <= np.abs(before)), (seed, bar)
            assert np.all(after * before >= 0), (seed, bar)
            tripped += 1
            cut += bool(np.any(after != before)) and bool(after.any())
    assert tripped > 300
    assert cut > 10


def test_its_answer_on_a_bar_depends_on_no_later_bar(make_panel) -> None:
    for seed in range(6):
        panel, target = random_panel(make_panel, seed)
        whole, part = random_guard(seed), random_guard(seed)
        run_backtest(target, panel, fill="close", fees_bps=20, guard=whole)
        stop = 70
        closes = panel.close.iloc[:stop]
        cut = make_panel({name: closes[name].to_list() for name in closes})
        run_backtest(target[:stop], cut, fill="close", fees_bps=20, guard=part)
        assert part.answers == [one for one in whole.answers if one[0] < stop]


def test_a_breaker_that_does_not_trip_changes_no_bit(sp500) -> None:
    terms = {"fees_bps": 7, "cash_rate": 0.02, "liquidate": True}
    free = run_backtest("sma_crossover", sp500, **terms)
    guarded = run_backtest("sma_crossover", sp500, guard=AutoLiquidation(NOTHING), **terms)
    assert guarded.equity.to_numpy().tobytes() == free.equity.to_numpy().tobytes()
    assert guarded.trades.drop(columns="exit_reason").equals(free.trades)
    assert guarded.interventions.empty


def test_it_goes_on_from_a_stored_breaker(make_bars) -> None:
    first = AutoLiquidation(DRAWDOWN)
    run_backtest([1] * 4, make_bars([100, 100, 80, 80]), guard=first)
    stored = breaker_from_json(breaker_to_json(first.state))
    second = AutoLiquidation(DRAWDOWN, state=stored)
    result = run_backtest([1] * 6, make_bars([80, 80, 90, 95, 96, 97]), guard=second)
    # It was tripped and stays so, although its clock began again: that trips it once more.
    assert (result.positions == 0).all(axis=None)
    assert second.state.trips[: len(stored.trips)] == stored.trips


def test_an_account_that_is_ruined_ends_as_it_does_without_a_guard(make_bars) -> None:
    data = make_bars([100, 100, 100, 300, 300], open=[100, 100, 100, 300, 300])
    limits = BreakerRules(daily_loss=0.5, drawdown=0.5, orders=None)
    cap = volatility_cap(9.0, fixed([[0.01]]))
    guard = AutoLiquidation(limits, cap=cap, desk=cooling_off(timedelta(0), by="t"))
    result = run_backtest([-1] * 5, data, guard=guard)
    assert result.ruined
    assert list(result.trades["exit_reason"]) == ["ruin"]
