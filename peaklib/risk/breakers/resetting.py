"""Opening the latch of a circuit breaker: by a token for that very latch, once, and in time.

A token binds and dates a decision, it does not prove who took it: nothing in it is secret.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from peaklib.errors import DataError, PeakError
from peaklib.risk.breakers.rules import in_utc
from peaklib.risk.breakers.state import BreakerState, Reset


class BreakerResetError(PeakError):
    """A token did not open the latch: it is another's, used, expired, or no token."""


@dataclass(frozen=True, kw_only=True)
class ResetToken:
    """Leave to open one latch, once.

    Args:
        latch: `BreakerState.latch` of the tripped breaker.
        by, reason: who gave it, and why.
        issued, expires: in UTC; it is good from the one to before the other.
    """

    latch: str
    by: str
    reason: str
    issued: datetime
    expires: datetime


def issue_reset_token(
    state: BreakerState, *, by: str, reason: str, now: datetime, ttl: timedelta
) -> ResetToken:
    """A token for the latch of a tripped breaker.

    Args:
        state: tripped. A further trip after this one makes the token worthless.
        by, reason: kept in the state for good.
        now: with a time zone.
        ttl: how long the token is good, above 0.

    Raises:
        BreakerResetError: the breaker has not tripped.
        DataError: nobody, no reason, no time, or a token that would never be good.
    """
    if not state.tripped:
        raise BreakerResetError(
            f"breaker of {state.account!r}: has not tripped, so there is no latch to open; "
            "ask for a token when it has"
        )
    for name, text in (("by", by), ("reason", reason)):
        if not text.strip() or not text.isprintable():
            raise DataError(f"{name} = {text!r}; a reset says in a line who wants it and why")
    if not ttl > timedelta(0):
        raise DataError(f"ttl = {ttl}; a token has to be good for some time")
    issued = _utc(now)
    return ResetToken(latch=state.latch, by=by, reason=reason, issued=issued, expires=issued + ttl)


def breaker_reset(state: BreakerState, token: ResetToken, *, now: datetime) -> BreakerState:
    """The breaker with its latch opened.

    It starts anew from the last equity it could read: peak and start of the day are that, and
    no order is counted. What had tripped, and who reset it, stays in `resets`.

    Args:
        state: tripped.
        token: for this latch.
        now: with a time zone; not before what the breaker saw last.

    Raises:
        BreakerResetError: the token is no token, of another latch, used, not yet or no longer
            good; or the account has no equity left to start from.
        DataError: `now` is no time with a zone.
    """
    moment = _utc(now)
    refusal = _refusal(state, token, moment)
    if refusal:
        raise BreakerResetError(f"breaker of {state.account!r} stays as it is: {refusal}")
    done = Reset(latch=token.latch, by=token.by, reason=token.reason, at=moment, trips=state.trips)
    return replace(
        state,
        peak=state.equity,
        day_start=state.equity,
        time=moment,
        recent=(),
        trips=(),
        resets=(*state.resets, done),
    )


def _refusal(state: BreakerState, token: object, now: datetime) -> str:
    """Why a token does not open the latch; empty if it does."""
    if type(token) is not ResetToken:
        return f"got {type(token).__name__} for a token; make one with issue_reset_token"
    if any(done.latch == token.latch for done in state.resets):
        return f"the token of {token.by} has been used; every latch takes a token of its own"
    if not state.tripped:
        return "it has not tripped, so there is nothing to reset"
    if token.latch != state.latch:
        return (
            f"the token is for latch {token.latch[:12]}, this one is {state.latch[:12]}; another "
            "account's, or something has tripped since: look again, and issue a new one"
        )
    if not token.issued <= now < token.expires:
        return (
            f"the token is good from {token.issued.isoformat()} to before "
            f"{token.expires.isoformat()}, and it is {now.isoformat()}; issue a new one"
        )
    if state.time is not None and now < state.time:
        return f"it saw the account at {state.time.isoformat()}, which is after {now.isoformat()}"
    if state.equity <= 0.0:
        return f"an equity of {state.equity:g} is nothing to start from"
    return ""


def _utc(now: object) -> datetime:
    moment = in_utc(now)
    if moment is None:
        raise DataError(f"now = {now!r}; expected a datetime with a time zone")
    return moment
