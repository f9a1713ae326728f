"""Auto-liquidation: a guard of backtests that closes positions when a circuit breaker trips."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peaklib.backtest import AccountView, Answer
from peaklib.errors import DataError, LiveNotImplementedError
from peaklib.risk.breakers.capping import RiskCap
from peaklib.risk.breakers.machine import breaker_step, breaker_trip
from peaklib.risk.breakers.reducing import exits_only, untouched
from peaklib.risk.breakers.resetting import ResetToken, breaker_reset, issue_reset_token
from peaklib.risk.breakers.rules import BreakerRules, Observation, in_utc
from peaklib.risk.breakers.state import BreakerState, Trip

Floats = NDArray[np.float64]

Desk = Callable[[BreakerState, datetime], ResetToken | None]
"""Asked on every bar on which a tripped breaker may be reset: a token does so, None does not.

That is from the fill after the one that acted on the last trip: no trip is reset unsold."""

RISK = "risk"


def cooling_off(wait: timedelta, *, by: str) -> Desk:
    """A desk that resets a breaker some time after its last trip.

    Args:
        wait: from the last trip to the reset, which is no earlier than the fill after the one
            that acted on the trip, however short the wait.
        by: on whose behalf.
    """

    def desk(state: BreakerState, now: datetime) -> ResetToken | None:
        last = state.trips[-1].at
        if last is None or now - last < wait:
            return None
        reason = f"{wait} since the last trip"
        return issue_reset_token(state, by=by, reason=reason, now=now, ttl=timedelta(days=1))

    return desk


def _latch_of(state: BreakerState) -> tuple[int, tuple[Trip, ...]]:
    """What tells the latches of one account apart, without a digest on every bar."""
    return len(state.resets), state.trips


@dataclass(frozen=True)
class _Seen:
    """The bar before: when, what was held then, and whether its fills were the strategy's."""

    bar: int
    time: pd.Timestamp
    quantity: Floats
    free: bool


class AutoLiquidation:
    """Closes positions of a simulated account on a breach, and keeps entries out until a reset.

    Give it to `run_backtest(guard=...)`, a new one for each account. Before the fill of each
    bar it shows the breaker the last close (with the orders of the bar before) and the account
    at the prices of this fill; it sees nothing later. If the breaker is tripped then, in this
    very fill:

    - daily loss, drawdown, order rate, or an account that cannot be read: everything is sold;
    - `risk` alone: positions are cut by `cut_by_contribution` until the book is inside the cap
      after costs (or everything is sold, with `on_risk="flatten"`), again on each bar on
      which it has grown out of it.

    From then on a changed target may reduce positions, down to 0; it opens, increases or flips
    none. What may not be traded keeps its quantity. The desk may reset the breaker once every
    trip has been acted upon in a fill, on the next bar at the earliest. After the reset the
    target that is due is traded to again, changed or not.

    Args:
        rules: of the breaker.
        cap: a limit on the risk of what is held, rule `risk` of the breaker. A book whose risk
            is not known trips it and is sold.
        on_risk: what a breach of the cap does.
        desk: may reset the breaker after it has acted; nobody does by default.
        state: to go on from; by default a fresh breaker over an account of 1.0.

    Raises:
        DataError: `on_risk` is neither, or the guard is used for a second account.
        LiveNotImplementedError: it is called with anything but an `AccountView`.
    """

    def __init__(
        self,
        rules: BreakerRules,
        *,
        cap: RiskCap | None = None,
        on_risk: Literal["cut", "flatten"] = "cut",
        desk: Desk | None = None,
        state: BreakerState | None = None,
    ) -> None:
        if on_risk not in ("cut", "flatten"):
            raise DataError(f"on_risk = {on_risk!r}; allowed: 'cut', 'flatten'")
        self.rules, self.cap, self.on_risk, self.desk = rules, cap, on_risk, desk
        self._state = state or BreakerState.fresh("simulation", 1.0)
        self._seen: _Seen | None = None
        self._due: Floats | None = None
        self._covariance: Floats | None = None
        self._acted_on: tuple[int, tuple[Trip, ...]] = (0, ())

    @property
    def state(self) -> BreakerState:
        """The breaker as it stands: what has tripped, and every reset."""
        return self._state

    def __call__(self, account: AccountView, due: Floats) -> Answer:
        """What may be traded to; see the class."""
        if type(account) is not AccountView:
            raise LiveNotImplementedError(
                f"auto-liquidation: got a {type(account).__name__!r} for an account; it acts on "
                "accounts of backtests and on nothing else: give it to run_backtest(guard=...)"
            )
        if self._seen is not None and account.bar <= self._seen.bar:
            raise DataError(
                f"auto-liquidation: bar {account.bar} after bar {self._seen.bar}; each account "
                "takes an AutoLiquidation (and a TrailingCovariance) of its own"
            )
        self._watch(account)
        news = self._due is None or bool(np.any(due != self._due))
        self._due = due.copy()
        self._seen = _Seen(account.bar, account.time, account.quantity, not self._state.tripped)
        if not self._state.tripped:
            return Answer(due)
        self._acted_on = _latch_of(self._state)
        return self._held_back(account, due, news)

    def _watch(self, account: AccountView) -> None:
        """Show the breaker the last close and the present fill; reset it in between, if at all."""
        state, rules, now = self._state, self.rules, in_utc(account.time)
        if self._seen is not None:
            traded = account.quantity != self._seen.quantity
            orders = int(np.count_nonzero(traded)) if self._seen.free else 0
            closed = Observation(time=self._seen.time, equity=account.marked, orders=orders)
            state = breaker_step(state, closed, rules)
        # What tripped at the last close is sold in this fill: before it, nobody has acted on that.
        # A ruined account has ended: there is nothing to reset it for.
        acted_on = state.tripped and _latch_of(state) == self._acted_on
        resettable = acted_on and state.equity > 0.0
        if resettable and self.desk is not None and now is not None:
            token = self.desk(state, now)
            state = state if token is None else breaker_reset(state, token, now=now)
        here = Observation(time=account.time, equity=account.equity, orders=0)
        self._state = self._watch_risk(breaker_step(state, here, rules), account)

    def _watch_risk(self, state: BreakerState, account: AccountView) -> BreakerState:
        if self.cap is None:
            return state
        self._covariance = self.cap.covariance(account)
        if account.equity <= 0.0:
            # Ruined, or about to be: the account sells everything by itself.
            return state
        book = untouched(account)
        risk = self.cap.risk_of(book.values / book.equity, self._covariance)
        if risk is None:
            reason = f"the {self.cap.name} of what is held is not known"
            return breaker_trip(state, rule="observation", at=state.time, reason=reason)
        if risk <= self.cap.limit:
            return state
        reason = self._over(risk, self.cap)
        limit = self.cap.limit
        return breaker_trip(state, rule=RISK, at=state.time, reason=reason, value=risk, limit=limit)

    def _held_back(self, account: AccountView, due: Floats, news: bool) -> Answer:
        """The answer of a tripped breaker."""
        trips = self._state.trips
        final = [one for one in trips if one.rule != RISK or self.on_risk == "flatten"]
        if final or self.cap is None or account.equity <= 0.0:
            return Answer(np.zeros_like(due), reason=(final or trips)[0].reason)
        left = exits_only(account, due) if news else untouched(account)
        if left.equity <= 0.0:
            return Answer(np.zeros_like(due), reason=trips[0].reason)
        risk = self.cap.risk_of(left.values / left.equity, self._covariance) or 0.0
        if risk <= self.cap.limit or self._covariance is None:
            return left.answer(account, trips[0].reason)
        cut = left.cut(self._covariance, self.cap.volatility, account.cost_rate)
        return cut.answer(account, self._over(risk, self.cap))

    @staticmethod
    def _over(risk: float, cap: RiskCap) -> str:
        return f"{cap.name} {100 * risk:.4g} % over the limit of {100 * cap.limit:.4g} %"
