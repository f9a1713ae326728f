"""The breaker's state machine: days and peaks by hand, and what trips for being unreadable."""

import math
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from peaklib.errors import DataError
from peaklib.risk.breakers.machine import breaker_step, breaker_trip
from peaklib.risk.breakers.resetting import breaker_reset, issue_reset_token
from peaklib.risk.breakers.rules import BreakerRules, Observation
from peaklib.risk.breakers.state import BreakerState
from peaklib.risk.breakers.storing import breaker_from_json, breaker_to_json

MONDAY = datetime(2024, 1, 1, 9, tzinfo=UTC)
LOOSE = BreakerRules(daily_loss=None, drawdown=None, orders=None)


def rules(**limits: Any) -> BreakerRules:
    return BreakerRules(**({"daily_loss": None, "drawdown": None, "orders": None} | limits))


def seen(hours: float, equity: Any, orders: Any = 0) -> Observation:
    return Observation(time=MONDAY + timedelta(hours=hours), equity=equity, orders=orders)


def after(limits: BreakerRules, *observations: Observation | None) -> BreakerState:
    state = BreakerState.fresh("test", 100.0)
    for observation in observations:
        state = breaker_step(state, observation, limits)
    return state


def test_the_days_loss_is_counted_from_the_last_equity_of_the_day_before() -> None:
    limit = rules(daily_loss=0.05)
    # 100 to start with, 110 on Monday evening; Tuesday may fall to 104.5 and no further.
    quiet = [seen(0, 96), seen(8, 110), seen(24, 106), seen(30, 104.5)]
    assert not after(limit, *quiet).tripped
    state = after(limit, *quiet, seen(31, 104.4))
    (trip,) = state.trips
    assert (trip.rule, trip.limit, trip.at) == ("daily_loss", 0.05, MONDAY + timedelta(hours=31))
    assert trip.value == pytest.approx(5.6 / 110)
    assert trip.reason == "daily loss 5.091 % over the limit of 5 %"
    # The first day counts from the equity that it began with.
    assert not after(limit, seen(0, 95.5)).tripped
    assert after(limit, seen(0, 94.5)).tripped
    # On Wednesday the count begins anew, from Tuesday's last.
    assert not after(limit, *quiet, seen(48, 99.5)).tripped


def test_a_day_is_a_date_in_utc_whatever_zone_the_clock_has() -> None:
    tokyo = timezone(timedelta(hours=9))
    early = datetime(2024, 1, 2, 8, tzinfo=tokyo)  # still Monday, 23:00, in UTC
    late = datetime(2024, 1, 2, 10, tzinfo=tokyo)  # Tuesday, 01:00
    limit = rules(daily_loss=0.05)
    first = [seen(0, 100), Observation(time=early, equity=96.0, orders=0)]
    assert after(limit, *first).day == MONDAY.date()
    # 92 is 8 % under Monday's first, and 4.2 % under its last.
    assert not after(limit, *first, Observation(time=late, equity=92.0, orders=0)).tripped


def test_the_drawdown_is_counted_from_the_highest_equity_seen() -> None:
    limit = rules(drawdown=0.25)
    assert not after(limit, seen(0, 75)).tripped
    assert after(limit, seen(0, 74.9)).trips[0].value == pytest.approx(0.251)
    rising = [seen(hours, 100 + hours) for hours in range(0, 101, 20)]
    assert not after(limit, *rising, seen(200, 150)).tripped
    assert after(limit, *rising, seen(200, 149)).trips[0].rule == "drawdown"
    assert after(limit, seen(0, -20)).trips[0].value == pytest.approx(1.2)


def test_orders_are_counted_within_a_window_that_moves() -> None:
    limit = rules(orders=5, order_window_s=3600.0)
    assert not after(limit, seen(0, 100, 3), seen(0.5, 100, 2)).tripped
    assert after(limit, seen(0, 100, 3), seen(0.5, 100, 3)).trips[0].value == 6
    # After an hour the first three are out.
    assert not after(limit, seen(0, 100, 3), seen(0.5, 100, 2), seen(1.0, 100, 3)).tripped
    state = after(limit, seen(0, 100, 6))
    assert state.trips[0].reason == "6 orders within 3600 s over the limit of 5"


def test_a_tripped_breaker_goes_on_watching_for_what_else_trips() -> None:
    both = rules(daily_loss=0.05, drawdown=0.2)
    state = after(both, seen(0, 94), seen(24, 93), seen(48, 79), seen(72, 200))
    assert [trip.rule for trip in state.trips] == ["daily_loss", "drawdown"]
    assert [trip.value for trip in state.trips] == pytest.approx([0.06, 0.21])


UNREADABLE: list[Any] = [
    None,
    Observation(time=None, equity=100.0, orders=0),
    Observation(time=datetime(2024, 1, 2), equity=100.0, orders=0),
    Observation(time=pd.NaT, equity=100.0, orders=0),
    Observation(time="2024-01-02T00:00:00Z", equity=100.0, orders=0),
    Observation(
        time=datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5))), equity=100.0, orders=0
    ),
    *[seen(1, equity) for equity in (None, math.nan, math.inf, -math.inf, "100", True, 10**400)],
    *[seen(1, equity) for equity in (np.float64("nan"), np.array([100.0]), 100 + 0j)],
    *[seen(1, 100.0, orders) for orders in (None, -1, 2.0, math.nan, True, 10**30, "3")],
    seen(-1, 100.0),
    {"time": MONDAY, "equity": 100.0, "orders": 0},
]


def test_what_cannot_be_read_trips_even_where_nothing_else_is_watched() -> None:
    for observation in UNREADABLE:
        state = after(LOOSE, seen(0, 100), observation)
        assert [trip.rule for trip in state.trips] == ["observation"], observation
        assert state.trips[0].value is None
        assert state.trips[0].at == MONDAY
        assert (state.equity, state.time) == (100, MONDAY), observation
        assert breaker_from_json(breaker_to_json(state)) == state


def test_a_loss_that_cannot_be_computed_trips() -> None:
    # Ruined on Monday: there is nothing that Tuesday's loss could be a share of.
    state = after(rules(daily_loss=1.0), seen(0, 0.0), seen(24, 0.0))
    assert state.trips[0].reason == "daily loss of everything over the limit of 100 %"
    tiny = breaker_step(BreakerState.fresh("test", 5e-324), seen(0, -1e308), rules(drawdown=1.0))
    assert tiny.tripped
    assert breaker_from_json(breaker_to_json(tiny)) == tiny


def test_what_is_checked_elsewhere_can_trip_it_too() -> None:
    state = breaker_trip(
        after(LOOSE, seen(0, 100)), rule="kill_switch", at=MONDAY, reason="pulled by hand"
    )
    assert state.tripped
    again = breaker_trip(state, rule="kill_switch", at=None, reason="pulled once more")
    assert again is state
    for mistake in ({"rule": " "}, {"reason": "two\nlines"}, {"value": math.nan}):
        with pytest.raises(DataError, match="Trip"):
            breaker_trip(state, **({"rule": "x", "at": None, "reason": "y"} | mistake))
    with pytest.raises(DataError, match="UTC"):
        breaker_trip(state, rule="x", at=datetime(2024, 1, 1), reason="y")


@pytest.mark.parametrize(
    "limits",
    [
        {"daily_loss": 0.0},
        {"daily_loss": 1.01},
        {"drawdown": math.nan},
        {"drawdown": True},
        {"drawdown": "10 %"},
        {"orders": 0},
        {"orders": 2.0},
        {"order_window_s": 0.0},
        {"order_window_s": math.inf},
    ],
    ids=str,
)
def test_a_limit_outside_its_range_is_an_error_that_names_it(limits) -> None:
    with pytest.raises(DataError, match=next(iter(limits))):
        rules(**limits)
    with pytest.raises(TypeError):
        BreakerRules()  # nothing is unlimited for not being mentioned


def test_a_breaker_starts_from_an_equity_above_zero() -> None:
    for equity in (0.0, -1.0, math.nan, math.inf, None, "1"):
        with pytest.raises(DataError, match="BreakerState"):
            BreakerState.fresh("test", equity)
    with pytest.raises(DataError, match="account"):
        BreakerState.fresh(" ", 1.0)


WEIRD = st.sampled_from([None, math.nan, math.inf, -math.inf, "x", True, -1, 10**400])
NUMBERS = st.floats(allow_nan=True, allow_infinity=True) | st.floats(80, 120)
OBSERVATIONS = st.none() | st.builds(
    Observation,
    time=st.integers(-5, 2000).map(lambda hours: MONDAY + timedelta(hours=hours)) | WEIRD,
    equity=NUMBERS | WEIRD,
    orders=st.integers(0, 9) | WEIRD,
)
LIMITS = st.builds(
    BreakerRules,
    daily_loss=st.none() | st.floats(0.001, 1),
    drawdown=st.none() | st.floats(0.001, 1),
    orders=st.none() | st.integers(1, 20),
    order_window_s=st.floats(1, 1e6),
)


@settings(derandomize=True, max_examples=150, deadline=None)
@given(st.lists(OBSERVATIONS, max_size=12), LIMITS, st.lists(OBSERVATIONS, max_size=12))
def test_once_tripped_no_observation_opens_it(before, limits, later) -> None:
    state = breaker_trip(after(limits, *before), rule="by hand", at=None, reason="pulled")
    for observation in later:
        following = breaker_step(state, observation, limits)
        assert following.tripped
        assert following.trips[: len(state.trips)] == state.trips
        state = following


@settings(derandomize=True, max_examples=150, deadline=None)
@given(st.lists(OBSERVATIONS, max_size=20), LIMITS, st.integers(0, 20))
def test_a_breaker_stored_at_any_point_has_the_same_future(observations, limits, when) -> None:
    through = after(limits, *observations)
    half = after(limits, *observations[:when])
    text = breaker_to_json(half)
    restored = breaker_from_json(text)
    assert restored == half
    assert breaker_to_json(restored) == text
    for observation in observations[when:]:
        restored = breaker_step(restored, observation, limits)
    assert restored == through
    assert breaker_to_json(restored) == breaker_to_json(through)


@settings(derandomize=True, max_examples=100, deadline=None)
@given(st.lists(st.floats(1, 200), min_size=1, max_size=15), st.floats(0.01, 0.9))
def test_it_trips_where_a_walk_over_all_equities_first_breaks_the_limit(path, limit) -> None:
    states = [BreakerState.fresh("test", 100.0)]
    for hour, equity in enumerate(path):
        states.append(breaker_step(states[-1], seen(hour, equity), rules(drawdown=limit)))
    peaks = [max([100.0, *path[: k + 1]]) for k in range(len(path))]
    depths = [(peak - value) / peak for peak, value in zip(peaks, path, strict=True)]
    broken = [any(depth > limit for depth in depths[: k + 1]) for k in range(len(path))]
    assert [state.tripped for state in states[1:]] == broken


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.lists(OBSERVATIONS, max_size=8), LIMITS, st.lists(OBSERVATIONS, max_size=8))
def test_a_reset_breaker_judges_as_a_fresh_one_from_that_equity(before, limits, later) -> None:
    state = breaker_trip(after(limits, *before), rule="by hand", at=None, reason="pulled")
    now = max(state.time or MONDAY, MONDAY)
    if state.equity <= 0:
        return
    token = issue_reset_token(state, by="test", reason="go on", now=now, ttl=timedelta(hours=1))
    reset = breaker_reset(state, token, now=now)
    fresh = breaker_step(
        BreakerState.fresh("test", state.equity),
        Observation(time=now, equity=state.equity, orders=0),
        LOOSE,
    )
    for observation in later:
        reset = breaker_step(reset, observation, limits)
        fresh = breaker_step(fresh, observation, limits)
    assert reset.trips == fresh.trips
    assert (reset.peak, reset.day_start, reset.recent) == (
        fresh.peak,
        fresh.day_start,
        fresh.recent,
    )
