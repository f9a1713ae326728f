"""One step of a circuit breaker: state and observation in, state out. It latches.

Whatever cannot be read trips: no observation, one without time or equity, NaN, infinity, a
clock that runs backwards. No observation ever opens a latch: see `peaklib.risk.breakers.resetting`.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from peaklib.risk.breakers.rules import (
    MOST_ORDERS,
    BreakerRules,
    Observation,
    in_utc,
    is_count,
    is_finite_number,
)
from peaklib.risk.breakers.state import BreakerState, Trip


def breaker_step(
    state: BreakerState, observation: Observation | None, rules: BreakerRules
) -> BreakerState:
    """The breaker after an observation.

    A tripped one goes on watching, so that a further rule may trip too, and stays tripped.

    Args:
        state: before.
        observation: None if there is none, which trips.
        rules: limits.

    Returns:
        The state after; losses in its trips are positive numbers.
    """
    seen = _read(state, observation)
    if isinstance(seen, str):
        return breaker_trip(state, rule="observation", at=state.time, reason=seen)
    after = _moved(state, seen, rules)
    for trip in _breaches(after, rules):
        after = _with(after, trip)
    return after


def breaker_trip(
    state: BreakerState,
    *,
    rule: str,
    at: datetime | None,
    reason: str,
    value: float | None = None,
    limit: float | None = None,
) -> BreakerState:
    """The breaker, tripped by what is checked elsewhere or pulled by hand.

    Args:
        state: before; returned as it is if this rule has tripped already.
        rule, reason: a name, and a sentence.
        at: in UTC.
        value, limit: if there are any.

    Raises:
        DataError: a blank name or reason, a time that is not in UTC, a number that is not finite.
    """
    return _with(state, Trip(rule=rule, at=at, value=value, limit=limit, reason=reason))


def _with(state: BreakerState, trip: Trip) -> BreakerState:
    if any(one.rule == trip.rule for one in state.trips):
        return state
    return replace(state, trips=(*state.trips, trip))


@dataclass(frozen=True)
class _Seen:
    """A readable observation; the time is in UTC."""

    time: datetime
    equity: float
    orders: int


def _read(state: BreakerState, shown: Observation | None) -> _Seen | str:
    """An observation, or what is wrong with it."""
    if not isinstance(shown, Observation):
        return "there was no observation"
    time, equity, orders = in_utc(shown.time), shown.equity, shown.orders
    if time is None:
        return f"the time of the observation is {_named(shown.time)}, not one with a zone"
    if equity is None or not is_finite_number(equity):
        return f"the equity shown is {_named(equity)}, not a finite number"
    if orders is None or not is_count(orders):
        return f"the orders shown are {_named(orders)}, not a number from 0 to {MOST_ORDERS:,}"
    if state.time is not None and time < state.time:
        return f"the clock went back from {state.time.isoformat()} to {time.isoformat()}"
    return _Seen(time, float(equity), int(orders))


def _named(value: object) -> str:
    """Something that could not be read; its own words for itself are not to be trusted."""
    return repr(value) if value is None or type(value) is float else f"a {type(value).__name__!r}"


def _moved(state: BreakerState, seen: _Seen, rules: BreakerRules) -> BreakerState:
    """The state with what was seen, before any rule is asked."""
    new_day = state.day is not None and seen.time.date() != state.day
    recent = (*state.recent, (seen.time, seen.orders)) if seen.orders else state.recent
    kept = tuple(
        (at, count)
        for at, count in recent
        if (seen.time - at).total_seconds() < rules.order_window_s
    )
    day_start = state.equity if new_day else state.day_start
    return replace(
        state,
        equity=seen.equity,
        peak=max(state.peak, seen.equity),
        day_start=day_start,
        time=seen.time,
        recent=kept,
    )


def _breaches(state: BreakerState, rules: BreakerRules) -> Iterator[Trip]:
    """Trips of the rules that the state breaks."""
    losses = (
        ("daily_loss", "daily loss", state.day_start, rules.daily_loss),
        ("drawdown", "drawdown", state.peak, rules.drawdown),
    )
    for rule, words, start, limit in losses:
        loss = (start - state.equity) / start if start > 0.0 else math.inf
        if limit is not None and not loss <= limit:
            shown = f"{100 * loss:.4g} %" if math.isfinite(loss) else "of everything"
            reason = f"{words} {shown} over the limit of {100 * limit:.4g} %"
            value = loss if math.isfinite(loss) else None
            yield Trip(rule=rule, at=state.time, value=value, limit=limit, reason=reason)
    count = sum(number for _, number in state.recent)
    if rules.orders is not None and count > rules.orders:
        reason = (
            f"{count} orders within {rules.order_window_s:g} s over the limit of {rules.orders}"
        )
        limit = float(rules.orders)
        yield Trip(rule="order_rate", at=state.time, value=float(count), limit=limit, reason=reason)
