"""Tokens open the latch that they were made for, once and in time; stored states come back."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from peaklib.errors import DataError
from peaklib.risk.breakers.machine import breaker_step, breaker_trip
from peaklib.risk.breakers.resetting import (
    BreakerResetError,
    ResetToken,
    breaker_reset,
    issue_reset_token,
)
from peaklib.risk.breakers.rules import BreakerRules, Observation
from peaklib.risk.breakers.state import BreakerState
from peaklib.risk.breakers.storing import breaker_from_json, breaker_to_json

NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
RULES = BreakerRules(daily_loss=None, drawdown=0.1, orders=3)


def tripped(account: str = "paper") -> BreakerState:
    """Down 11 % from 100, at noon."""
    shown = Observation(time=NOON, equity=89.0, orders=2)
    return breaker_step(BreakerState.fresh(account, 100.0), shown, RULES)


def token_for(state: BreakerState) -> ResetToken:
    return issue_reset_token(state, by="ops", reason="seen and understood", now=NOON, ttl=HOUR)


def test_a_reset_starts_from_the_equity_that_is_left_and_remembers() -> None:
    state = tripped()
    reset = breaker_reset(state, token_for(state), now=NOON + HOUR / 2)
    assert not reset.tripped
    assert (reset.equity, reset.peak, reset.day_start, reset.recent) == (89, 89, 89, ())
    (done,) = reset.resets
    assert (done.by, done.reason, done.at) == ("ops", "seen and understood", NOON + HOUR / 2)
    assert done.trips == state.trips
    # Another 10 % from there, and it trips again.
    lower = Observation(time=NOON + HOUR, equity=80.2, orders=0)
    assert not breaker_step(reset, lower, RULES).tripped
    assert breaker_step(reset, replace(lower, equity=80.0), RULES).tripped


def refused(state: BreakerState, token: object, now: datetime, words: str) -> None:
    before = breaker_to_json(state)
    with pytest.raises(BreakerResetError, match=words):
        breaker_reset(state, token, now=now)
    assert breaker_to_json(state) == before


def test_a_token_is_good_for_one_latch_once_and_in_time() -> None:
    state = tripped()
    token = token_for(state)
    refused(state, token, NOON - timedelta(microseconds=1), "good from")
    refused(state, token, NOON + HOUR, "good from .* to before")
    refused(tripped("another"), token, NOON, "another account's")
    refused(state, replace(token, latch="0" * 64), NOON, "is for latch 0000")
    for fake in (None, True, "token", vars(token), object()):
        refused(state, fake, NOON, "for a token")
    reset = breaker_reset(state, token, now=NOON)
    refused(reset, token, NOON, "has been used")
    # Tripped again by the very same numbers, it is another latch.
    again = breaker_trip(
        reset,
        rule="drawdown",
        at=state.trips[0].at,
        value=state.trips[0].value,
        limit=state.trips[0].limit,
        reason=state.trips[0].reason,
    )
    assert again.trips == state.trips
    assert again.latch != state.latch
    refused(again, token, NOON, "has been used")
    assert not breaker_reset(again, token_for(again), now=NOON).tripped


def test_a_further_trip_makes_a_token_worthless_and_quiet_watching_does_not() -> None:
    state = tripped()
    token = token_for(state)
    quiet = breaker_step(state, Observation(time=NOON, equity=90.0, orders=0), RULES)
    assert not breaker_reset(quiet, token, now=NOON).tripped
    worse = breaker_step(quiet, Observation(time=NOON, equity=90.0, orders=9), RULES)
    refused(worse, token, NOON, "something has tripped since")


def test_the_clock_and_the_account_have_to_allow_it() -> None:
    state = tripped()
    seen_late = breaker_step(state, Observation(time=NOON + HOUR, equity=90.0, orders=0), RULES)
    refused(seen_late, token_for(seen_late), NOON, "which is after")
    broke = breaker_step(state, Observation(time=NOON, equity=0.0, orders=0), RULES)
    refused(broke, token_for(broke), NOON, "nothing to start from")
    fresh = BreakerState.fresh("paper", 1.0)
    refused(fresh, token_for(state), NOON, "nothing to reset")
    with pytest.raises(DataError, match="time zone"):
        breaker_reset(state, token_for(state), now=datetime(2024, 1, 1, 12))


def test_a_token_says_who_why_and_for_how_long() -> None:
    state = tripped()
    good = {"by": "ops", "reason": "seen", "now": NOON, "ttl": HOUR}
    for mistake in (
        {"by": " "},
        {"reason": ""},
        {"reason": "two\nlines"},
        {"ttl": timedelta(0)},
        {"now": datetime(2024, 1, 1)},
    ):
        with pytest.raises(DataError, match=next(iter(mistake))):
            issue_reset_token(state, **(good | mistake))
    with pytest.raises(BreakerResetError, match="has not tripped"):
        issue_reset_token(BreakerState.fresh("paper", 1.0), **good)


def stored() -> BreakerState:
    """With everything in it: a reset, recent orders, a trip."""
    first = tripped()
    state = breaker_reset(first, token_for(first), now=NOON)
    state = breaker_step(state, Observation(time=NOON, equity=88.8, orders=1), RULES)
    return breaker_step(state, Observation(time=NOON + HOUR, equity=70.1, orders=2), RULES)


def test_a_stored_breaker_comes_back_exactly() -> None:
    state = stored()
    text = breaker_to_json(state)
    assert json.loads(text)["schema"] == "peaklib.breaker/2"
    for form in (text, text.encode()):
        restored = breaker_from_json(form)
        assert restored == state
        assert restored.latch == state.latch
        assert breaker_to_json(restored) == text


def sealed(plain: dict[str, object]) -> str:
    """A text with the checksum of what it says: somebody has taken care of that too."""
    bare = {name: value for name, value in plain.items() if name != "sha256"}
    return written(bare | {"sha256": sha256(written(bare).encode()).hexdigest()})


def written(plain: dict[str, object]) -> str:
    return json.dumps(plain, separators=(",", ":"), sort_keys=True, ensure_ascii=False)


def changed(**fields: object) -> str:
    return sealed(json.loads(breaker_to_json(stored())) | fields)


def test_what_was_changed_is_an_error_and_never_a_fresh_breaker() -> None:
    good = breaker_to_json(stored())
    plain = json.loads(good)
    assert changed() == good
    trip, reset = plain["trips"][0], plain["resets"][0]
    broken = {
        "empty": "",
        "cut short": good[:-1],
        "more behind": good + "{}",
        "blanks": good.replace(",", ", "),
        "a list": "[]",
        "null": "null",
        "not text": b"\xff\xfe",
        "key twice": good[:-1] + ',"trips":[]}',
        "NaN": good.replace('"equity":70.1', '"equity":NaN'),
        "no number": good.replace('"equity":70.1', '"equity":null'),
        "a text": good.replace('"equity":70.1', '"equity":"70.1"'),
        "too large": good.replace('"equity":70.1', '"equity":1e999'),
        "another digit form": good.replace('"equity":70.1', '"equity":70.10'),
        "schema": changed(schema="peaklib.breaker/1"),
        "no schema": sealed({k: v for k, v in plain.items() if k != "schema"}),
        "no checksum": written({k: v for k, v in plain.items() if k != "sha256"}),
        "another checksum": written(plain | {"sha256": "0" * 64}),
        "a checksum of nothing": written(plain | {"sha256": None}),
        "unknown field": changed(colour="red"),
        "missing field": sealed({k: v for k, v in plain.items() if k != "trips"}),
        "equity above its peak": changed(peak=60),
        "peak of nothing": changed(peak=0, equity=-1, day_start=-1),
        "no account": changed(account=""),
        "local time": changed(time="2024-01-01T13:00:00"),
        "another zone": changed(time="2024-01-01T14:00:00+01:00"),
        "orders later than now": changed(time="2024-01-01T12:00:00+00:00"),
        "orders without a time": changed(recent=[[None, 1]]),
        "a part of an order": changed(recent=[[plain["time"], 1.5]]),
        "no orders": changed(recent=[[plain["time"], 0]]),
        "a rule twice": changed(trips=[trip, trip]),
        "trip with more": changed(trips=[trip | {"x": 1}]),
        "trip without": changed(trips=[{"rule": "drawdown"}]),
        "trips are a table": changed(trips={"drawdown": trip}),
        "value is true": changed(trips=[trip | {"value": True}]),
        "reset without trips": changed(resets=[reset | {"trips": []}]),
        "reset without a time": changed(resets=[reset | {"at": None}]),
        "deep": "[" * 100_000,
    }
    for name, text in broken.items():
        with pytest.raises(DataError, match="hold the account flat"):
            pytest.fail(f"{name}: {breaker_from_json(text)}")
    with pytest.raises(DataError, match=r"its schema is 'peaklib.breaker/1', and this reads"):
        breaker_from_json(changed(schema="peaklib.breaker/1"))


def test_a_latch_is_not_opened_by_an_edit_of_its_text_that_forgets_the_checksum() -> None:
    plain = json.loads(breaker_to_json(stored()))
    assert plain["trips"]
    edits: list[dict[str, object]] = [{"trips": []}, {"peak": 1e6}, {"account": "another"}]
    for edit in (*edits, {"equity": 70.2}, {"resets": []}):
        with pytest.raises(DataError, match="sha256 is not that of its content"):
            breaker_from_json(written(plain | edit))
    # The checksum is no secret: it finds what was not meant, and no more.
    assert not breaker_from_json(changed(trips=[])).tripped
