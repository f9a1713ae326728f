"""Each check of the gate: its value by hand, and that it alone blocks just beyond its limit."""

from datetime import timedelta
from typing import Any

import pytest
from risk_gate_cases import FIGURES, NOW, decide, failed

from peaklib.risk.gate import CHECKS, STAGES

# 30 A at 100 and -10 B at 50 after the order.
BY_HAND = {
    "price_age": 40.0,  # of B
    "price_gap": 0.0,
    "order_notional": 1_000.0,  # 10 x 100
    "position_notional": 3_000.0,  # 30 x 100
    "gross_exposure": 3_500.0,  # 3,000 + 500
    "net_exposure": 2_500.0,  # 3,000 - 500
    "leverage": 0.35,  # 3,500 / 10,000
    "concentration": 0.3,  # 3,000 / 10,000
    "daily_loss": 100 / 10_100,
    "drawdown": 500 / 10_500,
    "order_rate": 3,  # two of the last minute and this one
    # Profits 30 - 10, -90 + 10, 60 - 0, -30 - 20; a quarter of four scenarios is the worst.
    "var": 80 / 10_000,
    # Crash: -900 + 200; squeeze: 300 - 250.
    "stress_loss": 700 / 10_000,
}


def limit_of(name: str) -> str:
    return {"price_age": "max_price_age_s", "order_rate": "max_orders"}.get(name, f"max_{name}")


def test_an_order_inside_every_limit_is_allowed_and_every_check_is_told() -> None:
    decision = decide()
    assert decision.allowed
    assert bool(decision) is True
    assert decision.reasons == ()
    assert tuple(check.name for check in decision.checks) == CHECKS
    values = {check.name: check.value for check in decision.checks}
    assert {name: values[name] for name in FIGURES} == pytest.approx(BY_HAND, rel=1e-12)


def test_each_limit_blocks_alone_and_says_so_and_none_does_at_the_limit_itself() -> None:
    """The hand-worked values as limits: met exactly is allowed, a little less is a block."""
    for name, value in BY_HAND.items():
        if name == "price_gap":
            continue  # 0 here; by itself below
        limit = limit_of(name)
        exact: Any = value
        tight: Any = exact - 1 if name == "order_rate" else exact * (1 - 1e-12)
        if name not in ("daily_loss", "drawdown"):  # repeating decimals are above or below
            assert decide(limits={limit: exact}).allowed, name
        decision = decide(limits={limit: tight})
        assert failed(decision) == {name}
        assert not decision.allowed
        assert not decision
        (reason,) = decision.reasons
        assert "is over" in reason, reason


def test_a_price_far_from_the_last_one_blocks_on_either_side() -> None:
    wide = {"max_price_gap": 0.1}
    assert decide({"price": 110.0}, limits=wide).allowed
    assert decide({"price": 90.0}, limits=wide).allowed
    assert failed(decide({"price": 110.1}, limits=wide)) == {"price_gap"}
    assert failed(decide({"price": 89.9}, limits=wide)) == {"price_gap"}


def test_a_fill_worse_than_the_last_price_is_paid_by_equity_and_a_better_one_is_no_gain() -> None:
    """10 at 104 are 40 paid for nothing; sold at 96 as well; bought at 96 nothing is gained."""
    for side, price, equity in (("buy", 104.0, 9_960.0), ("sell", 96.0, 9_960.0)):
        values = {c.name: c.value for c in decide({"side": side, "price": price}).checks}
        assert values["drawdown"] == pytest.approx(1 - equity / 10_500, rel=1e-12)
        assert values["daily_loss"] == pytest.approx(1 - equity / 10_100, rel=1e-12)
        assert values["order_notional"] == (1_040.0 if side == "buy" else 1_000.0)
        gross = 3_500.0 if side == "buy" else 1_500.0
        assert values["leverage"] == pytest.approx(gross / equity, rel=1e-12)
    better = {c.name: c.value for c in decide({"price": 96.0}).checks}
    assert better["drawdown"] == pytest.approx(500 / 10_500, rel=1e-12)
    assert better["order_notional"] == 1_000.0  # the higher of both prices counts


def test_live_is_denied_first_and_by_its_name_whatever_else_holds() -> None:
    decision = decide({"stage": "live"})
    assert failed(decision) == {"stage"}
    assert decision.checks[0].name == "stage"
    assert "live orders do not exist here" in decision.reasons[0]
    both = decide({"stage": "live", "quantity": float("nan")}, {"kill_switch": True})
    assert "live orders do not exist here" in both.reasons[0]


def test_a_stage_passes_only_if_it_exists_and_the_limits_name_it() -> None:
    for stage in STAGES:
        named = stage in ("paper", "shadow")
        assert decide({"stage": stage}).allowed is named
        assert decide({"stage": stage}, limits={"stages": (stage,)}).allowed
    for stage in ("LIVE", "Live", " live", "live ", "", "prod", "Paper", "paper\n", "p\u0430per"):
        assert "stage" in failed(decide({"stage": stage})), stage
    assert not decide({"stage": "live"}, limits={"stages": ("live",)}).allowed


def test_the_kill_switch_blocks_everything_and_only_a_plain_false_releases_it() -> None:
    assert failed(decide(state={"kill_switch": True})) == {"kill_switch"}
    switches: tuple[Any, ...] = (0, 0.0, None, "", "false", [], 1)
    for odd in switches:
        assert "kill_switch" in failed(decide(state={"kill_switch": odd})), odd


def test_a_symbol_has_to_be_spelled_exactly_so() -> None:
    for odd in ("a", "A ", " A", "\u0410", "A\u200b", "A\x00", "", "\uff21", "C"):
        assert "symbol" in failed(decide({"symbol": odd})), ascii(odd)
    cyrillic = decide({"symbol": "\u0410"})
    assert any(r"'\u0410'" in reason for reason in cyrillic.reasons)


def test_prices_and_states_that_are_old_or_from_the_future_block() -> None:
    late = NOW - timedelta(seconds=60, microseconds=1)
    early = NOW + timedelta(microseconds=1)
    on_time = NOW - timedelta(seconds=60)
    for moment, names in ((late, {"price_age"}), (early, {"price_age"}), (on_time, set())):
        assert failed(decide(state={"as_of": moment})) == names
        assert failed(decide(state={"price_times": {"A": moment, "B": NOW}})) == names
        assert failed(decide(state={"price_times": {"A": NOW, "B": moment}})) == names
    (reason,) = decide(state={"as_of": NOW + timedelta(hours=1)}).reasons
    assert "3,600.0 s in the future" in reason


def test_an_old_price_of_what_is_neither_held_nor_ordered_does_not_matter() -> None:
    old = {
        "prices": {"A": 100.0, "B": 50.0, "C": 7.0, "D": 7.0},
        "price_times": {"A": NOW, "B": NOW, "C": NOW - timedelta(days=1), "D": NOW},
        "positions": {"A": 20.0, "B": -10.0, "C": 0.0},
    }
    assert decide(state=old).allowed


def test_orders_are_counted_in_a_window_that_is_open_at_its_start() -> None:
    for seconds, counted in ((59.999999, 2), (60.0, 1), (0.0, 2)):
        sent = [NOW - timedelta(seconds=seconds)]
        values = {c.name: c.value for c in decide(state={"order_times": sent}).checks}
        assert values["order_rate"] == counted
    future = [NOW + timedelta(microseconds=1)]
    assert failed(decide(state={"order_times": future})) == {"order_rate"}


def test_selling_through_zero_counts_the_position_on_the_other_side() -> None:
    """20 held, 35 sold: 15 short, worth 1,500; with B 2,000 gross and -2,000 net."""
    sold = {"side": "sell", "quantity": 35.0}
    values = {c.name: c.value for c in decide(sold, limits={"max_order_notional": 4_000.0}).checks}
    assert values["position_notional"] == 1_500.0
    assert values["gross_exposure"] == 2_000.0
    assert values["net_exposure"] == 2_000.0


def test_concentration_is_that_of_the_largest_position_whichever_was_ordered() -> None:
    """5 B bought: B is worth -250, and A with 2,000 of 10,000 stays the largest."""
    bought = {"symbol": "B", "quantity": 5.0, "price": 50.0}
    values = {c.name: c.value for c in decide(bought).checks}
    assert values["position_notional"] == 250.0
    assert values["concentration"] == 0.2
    assert failed(decide(bought, limits={"max_concentration": 0.199})) == {"concentration"}


def test_a_reducing_order_passes_only_if_the_book_that_it_leaves_is_inside() -> None:
    """Deny by default: the gate looks at the book after the order, not at its direction."""
    heavy = {"positions": {"A": 80.0, "B": 0.0}, "prices": {"A": 100.0, "B": 50.0}}
    roomy = {"max_order_notional": 8_000.0}
    sell = {"side": "sell", "quantity": 10.0}
    assert "position_notional" in failed(decide(sell, heavy, roomy))
    assert decide({**sell, "quantity": 60.0}, heavy, roomy).allowed


def test_an_order_that_closes_the_book_leaves_no_risk_even_without_scenarios() -> None:
    bare = {"positions": {"A": 0.3}, "scenario_returns": {}, "stress_moves": {}}
    closing = decide({"side": "sell", "quantity": 0.3}, bare)
    values = {check.name: check.value for check in closing.checks}
    assert closing.allowed
    assert (values["gross_exposure"], values["var"], values["stress_loss"]) == (0.0, 0.0, 0.0)


def test_a_closing_order_does_not_pass_a_loss_of_the_day_or_a_drawdown() -> None:
    """No order undoes a loss: getting out is for the circuit breakers, in simulation."""
    sell = {"side": "sell", "quantity": 20.0}
    poor = {"equity": 8_000.0, "day_start_equity": 10_000.0}
    assert failed(decide(sell, poor)) == {"daily_loss", "drawdown"}


def test_what_is_not_computable_blocks_with_its_reason() -> None:
    cases: list[tuple[dict[str, Any], dict[str, Any], set[str], str]] = [
        ({"scenario_returns": {"B": [0.0] * 4}}, {}, {"var"}, "no scenario returns of the order"),
        ({"scenario_returns": {"A": [0.0] * 4}}, {}, {"var"}, "no scenario returns of 'B'"),
        ({}, {"min_scenarios": 5}, {"var"}, "4 scenarios, and 5 are demanded"),
        ({}, {"var_level": 0.9, "max_var": 1.0}, {"var"}, "too few"),
        ({"stress_moves": {}}, {}, {"stress_loss"}, "no stress scenario"),
        ({"stress_moves": {"x": {"A": 0.0}}}, {}, {"stress_loss"}, "'x' has no move of 'B'"),
        ({"stress_moves": {"x": {"B": 0.0}}}, {}, {"stress_loss"}, "no move of the order's"),
    ]
    for state, limits, names, words in cases:
        decision = decide(state=state, limits=limits)
        assert failed(decision) == names
        assert words in decision.reasons[0]
        assert "not computable" in decision.reasons[0]


def test_a_symbol_without_a_price_makes_all_that_needs_one_not_computable() -> None:
    decision = decide({"symbol": "C"}, limits={"symbols": ("A", "B", "C")})
    assert failed(decision) == set(FIGURES) - {"order_rate"}
    assert all("no price of 'C'" in reason for reason in decision.reasons)


def test_an_order_that_costs_all_equity_blocks() -> None:
    """10 at 1,100 instead of 100 cost the 10,000 that there are."""
    gap = {"max_price_gap": 1.0, "max_order_notional": 1e6}
    for price in (1_100.0, 1_200.0):
        decision = decide({"price": price}, limits=gap)
        told = [check for check in decision.checks if "no equity" in check.problem]
        names = [check.name for check in told]
        assert names == ["leverage", "concentration", "var", "stress_loss"]
        assert not any(check.ok for check in told)


def test_equity_that_only_rounding_leaves_is_none() -> None:
    """3 x (1 - 0.9) is 0.3, all there is; floats would leave 5.6e-17 and pass the empty book."""
    poor = {
        **dict.fromkeys(("equity", "day_start_equity", "peak_equity"), 0.3),
        "positions": {"A": 3.0},
        "prices": {"A": 1.0, "B": 50.0},
    }
    wide = {"max_price_gap": 0.5, "max_daily_loss": 1.0, "max_drawdown": 1.0}
    sold = {"side": "sell", "quantity": 3.0, "price": 0.9}
    assert 0.3 - 3 * (1.0 - 0.9) > 0
    assert failed(decide(sold, poor, wide)) == {"leverage", "concentration"}


def test_equity_that_only_rounding_takes_away_is_there() -> None:
    """3 x (1.1 - 1) is 0.3 and leaves 1e-16; floats would leave less than nothing."""
    left = 0.3000000000000001
    poor = {
        **dict.fromkeys(("equity", "day_start_equity", "peak_equity"), left),
        "positions": {"A": -3.0},
        "prices": {"A": 1.0, "B": 50.0},
    }
    wide = {"max_price_gap": 0.5, "max_daily_loss": 1.0, "max_drawdown": 1.0}
    bought = {"quantity": 3.0, "price": 1.1}
    assert left - 3 * (1.1 - 1.0) < 0
    assert decide(bought, poor, wide).allowed


def test_a_cost_that_is_small_beside_what_changes_hands_is_counted_exactly() -> None:
    """1,000 x 1e-12 of 3.33333e-8 are 3.00003 %; `1.100000000001 - 1.1` makes it 2.9996 %."""
    poor = {
        **dict.fromkeys(("equity", "day_start_equity", "peak_equity"), 3.33333e-08),
        "positions": {"A": -1_000.0},
        "prices": {"A": 1.1, "B": 50.0},
    }
    bought = {"quantity": 1_000.0, "price": 1.100000000001}
    assert 1_000.0 * (1.100000000001 - 1.1) / 3.33333e-08 < 0.03
    assert failed(decide(bought, poor, {"max_daily_loss": 0.03})) == {"daily_loss"}
    assert failed(decide(bought, poor, {"max_drawdown": 0.03, "max_daily_loss": 1.0})) == {
        "drawdown"
    }
    assert decide(bought, poor, {"max_daily_loss": 0.0300001}).allowed


def test_a_position_of_next_to_no_value_is_held_all_the_same() -> None:
    """5e-324 units at 1e-12 are 0 in floats; nobody has a scenario for them."""
    dust = {
        "positions": {"A": 20.0, "B": 5e-324},
        "prices": {"A": 100.0, "B": 1e-12},
        "scenario_returns": {"A": [0.0] * 4},
        "stress_moves": {"x": {"A": 0.0}},
    }
    closing = {"side": "sell", "quantity": 20.0}
    assert failed(decide(closing, dust)) == {"var", "stress_loss"}
    assert decide(closing, {**dust, "positions": {"A": 20.0}}).allowed


def test_a_window_and_a_tail_of_many_digits_are_not_rounded_in_favour_of_the_order() -> None:
    """1.0000004 s hold what was sent 1 s ago; of 100 scenarios 0.99999999999 lie beyond."""
    sent = {"order_times": [NOW - timedelta(seconds=1)]}
    for window, counted in ((1.0000004, 2), (1.0, 1)):
        decision = decide(None, sent, {"order_window_s": window})
        values = {check.name: check.value for check in decision.checks}
        assert values["order_rate"] == counted
    calm = {"scenario_returns": {"A": [0.0] * 100, "B": [0.0] * 100}}
    assert decide(None, calm, {"var_level": 0.99}).allowed
    assert failed(decide(None, calm, {"var_level": 0.9900000000001})) == {"var"}


def test_decimals_that_binary_numbers_do_not_have_are_counted_as_they_are_printed() -> None:
    """3 x 0.1 is 0.30000000000000004 in floats, and 10 x 0.1 hides that 0.1 is a little more."""
    cheap = {
        "prices": {"A": 0.1, "B": 50.0},
        "positions": {"A": 0.0, "B": -10.0},
    }
    for quantity, limit in ((3.0, 0.3), (10.0, 1.0), (7.0, 0.7)):
        order = {"quantity": quantity, "price": 0.1}
        assert decide(order, cheap, {"max_order_notional": limit}).allowed
        assert decide(order, cheap, {"max_position_notional": limit}).allowed
        less = {"max_order_notional": limit * (1 - 2e-16)}
        assert failed(decide(order, cheap, less)) == {"order_notional"}


def test_a_product_that_is_no_binary_number_keeps_its_rank() -> None:
    """100 scenarios at 93 %: the seventh worst. `100 * 0.07` is 7.000000000000001, the eighth."""
    returns = [-0.001 * k for k in range(1, 101)]
    moves = {"none": {"A": 0.0}}
    state = {"positions": {}, "scenario_returns": {"A": returns}, "stress_moves": moves}
    limits = {"var_level": 0.93, "max_var": 1.0}
    values = {c.name: c.value for c in decide(None, state, limits).checks}
    assert values["var"] == pytest.approx(0.1 * 0.094, rel=1e-12)


def test_a_probability_of_the_tail_that_is_no_binary_number_keeps_its_rank() -> None:
    """20 scenarios at 95 %: the worst. `20 * (1 - 0.95)` is 1.0000000000000009, the second."""
    returns = [-0.01 * k for k in range(1, 21)]
    state = {
        "positions": {},
        "scenario_returns": {"A": returns},
        "stress_moves": {"none": {"A": 0.0}},
    }
    for level, worst in ((0.95, 0.20), (0.9, 0.19), (0.86, 0.18), (0.85, 0.18)):
        limits = {"var_level": level, "max_var": 1.0}
        values = {c.name: c.value for c in decide(None, state, limits).checks}
        assert values["var"] == pytest.approx(0.1 * worst, rel=1e-12), level


def test_value_at_risk_is_numpys_inverted_cdf_of_the_profits() -> None:
    import numpy as np

    draw = np.random.default_rng(7)
    for count in (10, 47, 100, 250):
        a, b = draw.normal(0, 0.02, (2, count))
        state = {"scenario_returns": {"A": a.tolist(), "B": b.tolist()}}
        limits = {"var_level": 0.9, "max_var": 1.0}
        values = {c.name: c.value for c in decide(None, state, limits).checks}
        profits = 3_000 * a - 500 * b
        expected = -np.quantile(profits, 0.1, method="inverted_cdf") / 10_000
        assert values["var"] == pytest.approx(expected, rel=1e-12), count
