"""The gate against its rules recomputed in fractions, on random, borderline and hostile inputs."""

import math
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from risk_gate_cases import (
    FIGURES,
    NOW,
    Fields,
    beyond,
    failed,
    limit_fields,
    order_fields,
    recomputed,
    state_fields,
    var_of,
)

from peaklib.risk.gate import OrderIntent, PortfolioState, RiskLimits, evaluate
from peaklib.risk.gating.limits import RANGES, WHOLE
from peaklib.risk.gating.reading import MISSING

JUNK: tuple[Any, ...] = (
    *(MISSING, None, True, False, "", "1", math.nan, math.inf, -math.inf, 1e308, 10**400, 1e16),
    *([], {}, (), object(), 1j, b"x", {1: 2}, {"A": math.nan}, [math.nan], {"A": [math.nan]}),
)


def draw_order(draw: Random) -> Fields:
    """An order that may be small or large, near the price or far."""
    return order_fields(
        symbol=draw.choice("AABC"),
        side=draw.choice(("buy", "sell")),
        quantity=number(draw, 1, 60),
        price=number(draw, 45, 110),
        stage=draw.choice(("paper", "paper", "paper", "paper", "shadow", "live", "dry-run")),
    )


def draw_state(draw: Random) -> Fields:
    """A book in up to three symbols, with few scenarios; sometimes one is not known to it."""
    names = "ABC" if draw.random() < 0.7 else "AB"
    count = draw.choice((0, 3, 4, 5, 8, 8, 8, 8))
    equity = number(draw, 5_000, 12_000)
    day = equity * draw.choice((0.99, 1.0, 1.01, 1.03))
    covered = names if draw.random() < 0.9 else names[1:]
    ages = (0.0, 1.0, 59.0, 60.0, *[30.0] * 12, 60.000001, -0.000001)
    return state_fields(
        kill_switch=draw.random() < 0.05,
        as_of=NOW - timedelta(seconds=draw.choice(ages[:4])),
        equity=equity,
        day_start_equity=day,
        peak_equity=max(equity, day) * draw.choice((1.0, 1.0, 1.05, 1.2)),
        positions={n: draw.choice((0, 1, -1)) * number(draw, 1, 40) for n in names},
        prices={n: number(draw, 45, 110) for n in names},
        price_times={n: NOW - timedelta(seconds=draw.choice(ages)) for n in names},
        order_times=[
            NOW - timedelta(seconds=draw.choice((0.0, 59.9, 60.0, 61.0)))
            for _ in range(draw.randrange(7))
        ],
        scenario_returns={n: [move(draw) for _ in range(count)] for n in covered},
        stress_moves={
            name: {n: move(draw) * 5 for n in covered}
            for name in "xyz"[: draw.choice((0, 1, 2, 3, 3, 3))]
        },
    )


def draw_limits(draw: Random) -> Fields:
    """The limits of the examples, each wider or tighter."""
    fields = limit_fields(
        symbols=draw.choice((("A", "B", "C"), ("A", "B"))),
        max_price_gap=draw.choice((0.05, 0.5, 1.0)),
        var_level=draw.choice((0.5, 0.6, 0.75, 0.8)),
        min_scenarios=draw.choice((1, 4)),
    )
    for name in fields:
        if name.startswith("max_") and name not in ("max_orders", "max_price_gap"):
            fields[name] = min(
                fields[name] * draw.choice((0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0)), RANGES[name][1]
            )
    return fields


def number(draw: Random, low: float, high: float) -> float:
    """Whole, decimal or with all digits."""
    value = draw.uniform(low, high)
    return draw.choice((float(round(value)), round(value, 1), round(value, 2), value))


def move(draw: Random) -> float:
    return draw.choice((0.0, round(draw.uniform(-0.1, 0.1), 2), draw.uniform(-0.1, 0.1)))


def decided(order: Fields, state: Fields, limits: Fields) -> set[str]:
    """Checks that fail; every one is there, and only what is not computable is without a value."""
    given = OrderIntent(**order), PortfolioState(**state), RiskLimits(**limits)
    decision = evaluate(*given, now=NOW)
    assert decision.allowed == (not failed(decision))
    assert all(check.ok or check.sentence for check in decision.checks)
    return failed(decision)


@pytest.mark.slow
@settings(max_examples=1_500)
@given(st.integers(0, 2**32))
def test_every_check_agrees_with_the_recomputation(seed: int) -> None:
    """Both ways: what the gate blocks is beyond a limit, and what is beyond is blocked."""
    draw = Random(seed)
    order, state, limits = draw_order(draw), draw_state(draw), draw_limits(draw)
    if order["symbol"] not in state["prices"]:
        assert decided(order, state, limits) >= set(FIGURES) - {"order_rate"}
        return
    assert decided(order, state, limits) == beyond(order, state, limits, NOW)


@pytest.mark.slow
@settings(max_examples=100)
@given(st.integers(0, 2**32))
def test_limits_that_are_met_to_the_last_digit_are_decided_as_by_hand(seed: int) -> None:
    """Each limit is the exact value, rounded to a float, and one float more and less."""
    draw = Random(seed)
    order, state, limits = draw_order(draw), draw_state(draw), draw_limits(draw)
    order["symbol"] = draw.choice("AB")
    found = recomputed(order, state, limits, NOW)
    for name in FIGURES:
        key = {"price_age": "max_price_age_s", "order_rate": "max_orders"}.get(name, f"max_{name}")
        if found.get(name) is None or key in WHOLE:
            continue
        low, high = RANGES[key]
        edge = float(found[name])
        for limit in (edge, math.nextafter(edge, 0), math.nextafter(edge, math.inf)):
            if low <= limit <= high:
                tight = {**limits, key: limit}
                assert decided(order, state, tight) == beyond(order, state, tight, NOW), name


def draw_extreme(draw: Random) -> tuple[Fields, Fields]:
    """An order and a state whose numbers cancel: little is left of much, or hangs on a last digit.

    The equity is tiny beside the positions or beside what the order moves, shorts are closed to
    the last unit or but for dust, and the fill is worse than the price by a hair.
    """
    names = "AB" if draw.random() < 0.7 else "A"
    prices = {n: round(10 ** draw.uniform(-2, 4), draw.choice((1, 2, 3))) + 0.01 for n in names}
    held = {n: draw.choice((1, -1)) * size(draw) for n in names}
    side = "buy" if held["A"] < 0 or draw.random() < 0.3 else "sell"
    worse = prices["A"] * 10 ** draw.uniform(-13, -1.5) * draw.choice((0.0, 1.0, 1.0, 1.0))
    price = prices["A"] + (worse if side == "buy" else -worse)
    near = abs(held["A"]) * (1 + draw.choice((0.0, 0.0, 1e-15, -1e-12, 1e-9)))
    quantity = draw.choice((near, size(draw), float(round(near)) + 1.0))
    paid = quantity * abs(price - prices["A"])
    gross = sum(abs(held[n]) * prices[n] for n in names)
    equity = draw.choice((paid * draw.uniform(1, 60), paid * (1 + 1e-9), gross * 1e-9, gross, 1.0))
    equity = min(max(equity, 1e-9), 1e15)
    day = equity * draw.choice((1.0, 1.0, 1.0 + 1e-12, 1.01))
    state = state_fields(
        equity=equity,
        day_start_equity=day,
        peak_equity=max(equity, day) * draw.choice((1.0, 1.0, 1.1)),
        positions=held,
        prices=prices,
        price_times=dict.fromkeys(names, NOW),
        scenario_returns={n: [move(draw) for _ in range(8)] for n in names},
        stress_moves={"x": {n: move(draw) * 5 for n in names}},
    )
    return order_fields(side=side, quantity=quantity, price=price), state


def size(draw: Random) -> float:
    """Units, from dust to a great many, with few digits or all of them."""
    value = 10 ** draw.uniform(-6, 9)
    return draw.choice((value, round(value, 1) + 0.1, float(round(value)) + 1.0))


def edges(draw: Random, value: float) -> tuple[float, ...]:
    """Limits at a value, one float beside it, and so near that only rounding could miss it."""
    off = 10 ** draw.uniform(-16, -6)
    beside = (math.nextafter(value, 0), math.nextafter(value, math.inf))
    return value, *beside, value * (1 - off), value * (1 + off)


@pytest.mark.slow
@settings(max_examples=150)
@given(st.integers(0, 2**32))
def test_limits_are_kept_where_the_numbers_of_the_book_cancel(seed: int) -> None:
    """A scale that forgets one of the cancelling terms lets orders pass a limit here."""
    draw = Random(seed)
    order, state = draw_extreme(draw)
    limits = limit_fields(
        **{name: high for name, (_, high) in RANGES.items() if name not in ("var_level", *WHOLE)}
    )
    found = recomputed(order, state, limits, NOW)
    found["var"] = var_of(found, state, limits)
    for name in FIGURES:
        key = f"max_{name}"
        if name in ("price_age", "order_rate") or found[name] is None:
            continue
        low, high = RANGES[key]
        for limit in edges(draw, float(found[name])):
            if low <= limit <= high:
                tight = {**limits, key: limit}
                assert decided(order, state, tight) == beyond(order, state, tight, NOW), name


@pytest.mark.slow
@settings(max_examples=300)
@given(st.integers(0, 2**32))
def test_the_value_at_risk_that_is_met_exactly_is_decided_as_by_hand(seed: int) -> None:
    draw = Random(seed)
    order, state, limits = draw_order(draw), draw_state(draw), draw_limits(draw)
    order["symbol"] = draw.choice("AB")
    given = OrderIntent(**order), PortfolioState(**state)
    first = evaluate(*given, RiskLimits(**limits), now=NOW)
    value = next(check.value for check in first.checks if check.name == "var")
    if not isinstance(value, float):
        return
    for limit in (value, math.nextafter(value, 0), math.nextafter(value, math.inf)):
        if 1e-12 <= limit <= 1:
            tight = {**limits, "max_var": limit}
            assert decided(order, state, tight) == beyond(order, state, tight, NOW)


@pytest.mark.slow
@settings(max_examples=200)
@given(st.integers(0, 2**32))
def test_a_tighter_limit_never_turns_a_block_into_an_allow(seed: int) -> None:
    draw = Random(seed)
    order, state, limits = draw_order(draw), draw_state(draw), draw_limits(draw)
    before = decided(order, state, limits)
    for name in limits:
        if name in ("stages", "symbols"):
            tighter: Any = limits[name][:1]
        elif name == "max_orders":
            tighter = max(1, limits[name] - 1)
        elif name.startswith("max_"):
            tighter = limits[name] * draw.choice((0.1, 0.9, 1 - 1e-15))
        elif name == "order_window_s":
            tighter = limits[name] * 1.1
        elif name == "var_level":
            tighter = draw.choice((0.85, 0.95, 0.99))
        else:
            tighter = limits[name] + 3
        assert decided(order, state, {**limits, name: tighter}) >= before, name


@settings(max_examples=100)
@given(st.integers(0, 2**32))
def test_a_kill_switch_or_another_order_sent_never_turns_a_block_into_an_allow(seed: int) -> None:
    draw = Random(seed)
    order, state, limits = draw_order(draw), draw_state(draw), draw_limits(draw)
    before = decided(order, state, limits)
    assert decided(order, {**state, "kill_switch": True}, limits) >= before
    more = [*state["order_times"], NOW]
    assert decided(order, {**state, "order_times": more}, limits) >= before
    assert decided({**order, "stage": "live"}, state, limits) >= before | {"stage"}


leaves: st.SearchStrategy[Any] = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.datetimes()
)
anything: st.SearchStrategy[Any] = st.one_of(
    leaves,
    st.sampled_from(JUNK),
    st.lists(leaves, max_size=3),
    st.dictionaries(st.sampled_from("ABC"), leaves, max_size=2),
)


@pytest.mark.slow
@settings(max_examples=2_000)
@given(
    st.dictionaries(st.sampled_from(sorted(order_fields())), anything, max_size=2),
    st.dictionaries(st.sampled_from(sorted(state_fields())), anything, max_size=2),
    st.dictionaries(st.sampled_from(sorted(limit_fields())), anything, max_size=1),
    st.one_of(st.just(NOW), anything),
)
def test_anything_at_all_gives_a_decision_and_never_an_allow_beyond_a_limit(
    order: Fields, state: Fields, limits: Fields, now: Any
) -> None:
    orders, states, bounds = order_fields(**order), state_fields(**state), limit_fields(**limits)
    decision = evaluate(
        OrderIntent(**orders), PortfolioState(**states), RiskLimits(**bounds), now=now
    )
    assert len(decision.digest) == 64
    if decision.allowed:
        assert beyond(orders, states, bounds, now) == set()


@pytest.mark.slow
def test_100_000_random_and_hostile_orders_raise_nothing_and_pass_no_limit() -> None:
    """Each state meets 50 orders; a third of them have junk somewhere, which has to block."""
    draw = Random(20261127)
    allowed = blocked = 0
    for _ in range(2_000):
        states, bounds = draw_state(draw), draw_limits(draw)
        poisoned = draw.random() < 0.2
        if poisoned:
            target = draw.choice((states, bounds))
            spoil(target, draw)
        state, limits = PortfolioState(**states), RiskLimits(**bounds)
        for _ in range(50):
            orders = draw_order(draw)
            junk = draw.random() < 0.2
            if junk:
                spoil(orders, draw)
            decision = evaluate(OrderIntent(**orders), state, limits, now=NOW)
            if decision.allowed:
                allowed += 1
                assert not poisoned
                assert not junk
                assert beyond(orders, states, bounds, NOW) == set()
            else:
                blocked += 1
                assert decision.reasons
    assert allowed + blocked == 100_000
    assert allowed > 2_000  # otherwise the promise would be cheap


def spoil(fields: Fields, draw: Random) -> None:
    """Put something into a field that has no place there."""
    name = draw.choice(sorted(fields))
    fits = {"kill_switch": (bool,), "order_times": (list, tuple)}.get(name, ())
    tables = ("positions", "prices", "price_times", "scenario_returns", "stress_moves")
    junk = [each for each in JUNK if type(each) not in fits]
    if name in tables:
        junk = [each for each in junk if each != {}]
    fields[name] = draw.choice(junk)
