"""What a circuit breaker remembers: a value that is never changed, only followed by another."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from peaklib.errors import DataError
from peaklib.evidence.canonical import digest
from peaklib.risk.breakers.rules import in_utc, is_count, is_finite_number


@dataclass(frozen=True, kw_only=True)
class Trip:
    """Why a breaker tripped.

    Args:
        rule: `daily_loss`, `drawdown`, `order_rate`, `observation` (what was shown could not be
            read), or the name of a rule that is checked elsewhere.
        at: of the observation, in UTC; None if it had no readable time and none was before it.
        value, limit: a share of equity or a number of orders; None where there is none.
        reason: in words.
    """

    rule: str
    at: datetime | None
    value: float | None
    limit: float | None
    reason: str

    def __post_init__(self) -> None:
        for name in ("rule", "reason"):
            _refuse_blank("Trip", name, getattr(self, name))
        for name in ("value", "limit"):
            number = getattr(self, name)
            if number is not None and not is_finite_number(number):
                raise DataError(f"Trip: {name} = {number!r}; expected a finite number or None")
        _refuse_local("Trip", "at", self.at)


@dataclass(frozen=True, kw_only=True)
class Reset:
    """A reset that happened.

    Args:
        latch: digest of the latch that was opened.
        by, reason: who, and why.
        at: when, in UTC.
        trips: what had tripped.
    """

    latch: str
    by: str
    reason: str
    at: datetime
    trips: tuple[Trip, ...]

    def __post_init__(self) -> None:
        for name in ("latch", "by", "reason"):
            _refuse_blank("Reset", name, getattr(self, name))
        if not self.trips:
            raise DataError("Reset: without trips; a reset opens the latch of a tripped breaker")
        _refuse_local("Reset", "at", self.at, needed=True)


@dataclass(frozen=True, kw_only=True)
class BreakerState:
    """A circuit breaker between two observations; see `fresh` for a new one.

    Args:
        account: name of what it watches.
        equity: last one that could be read; any finite number.
        peak: highest since the start or the last reset, above 0.
        day_start: last equity of the day before.
        time: of the last readable observation or the last reset, in UTC; None before any.
        recent: times and numbers of orders that the rule on orders still counts.
        trips: in their order, one a rule; the breaker is tripped if there are any.
        resets: all that happened, in their order.

    Raises:
        DataError: the fields contradict each other.
    """

    account: str
    equity: float
    peak: float
    day_start: float
    time: datetime | None
    recent: tuple[tuple[datetime, int], ...]
    trips: tuple[Trip, ...]
    resets: tuple[Reset, ...]

    @classmethod
    def fresh(cls, account: str, equity: float) -> "BreakerState":
        """A breaker that has seen nothing yet.

        Args:
            account: name of what it watches; a reset token is good for that one only.
            equity: to begin with, above 0; drawdown and the first day's loss start from it.

        Raises:
            DataError: the name is blank, or the equity is no positive number.
        """
        start = float(equity) if is_finite_number(equity) else equity
        return cls(
            account=account,
            equity=start,
            peak=start,
            day_start=start,
            time=None,
            recent=(),
            trips=(),
            resets=(),
        )

    def __post_init__(self) -> None:
        where = "BreakerState"
        _refuse_blank(where, "account", self.account)
        _refuse_local(where, "time", self.time)
        for name in ("equity", "peak", "day_start"):
            if not is_finite_number(getattr(self, name)):
                raise DataError(
                    f"{where}: {name} = {getattr(self, name)!r}; expected a finite number"
                )
        if not (self.peak > 0.0 and max(self.equity, self.day_start) <= self.peak):
            raise DataError(
                f"{where}: equity {self.equity:g} and day_start {self.day_start:g} under a peak of "
                f"{self.peak:g}; a peak is above 0 and the highest of them"
            )
        self._check_history()

    def _check_history(self) -> None:
        times = [at for at, _ in self.recent]
        for at, count in self.recent:
            _refuse_local("BreakerState", "recent", at, needed=True)
            if not is_count(count) or count == 0:
                raise DataError(f"BreakerState: {count!r} recent orders at {at}; expected some")
        if times != sorted(times) or (times and (self.time is None or times[-1] > self.time)):
            raise DataError("BreakerState: recent orders out of order, or later than its time")
        rules = [trip.rule for trip in self.trips]
        if len(set(rules)) != len(rules):
            raise DataError(f"BreakerState: trips {rules}; a rule trips once until it is reset")

    @property
    def tripped(self) -> bool:
        """Whether it stays open until somebody resets it."""
        return bool(self.trips)

    @property
    def day(self) -> date | None:
        """Date in UTC of what was seen last."""
        return None if self.time is None else self.time.date()

    @property
    def latch(self) -> str:
        """SHA-256 of the account, what has tripped, and every reset before; hexadecimal.

        A further trip makes it another one, so does a reset: no latch comes back.
        """
        return digest(
            {
                "account": self.account,
                "trips": [vars(trip) for trip in self.trips],
                "resets": [
                    vars(reset) | {"trips": [vars(trip) for trip in reset.trips]}
                    for reset in self.resets
                ],
            }
        )


def _refuse_blank(where: str, name: str, text: object) -> None:
    if not isinstance(text, str) or not text.strip() or not text.isprintable():
        raise DataError(
            f"{where}: {name} = {text!r}; expected one line of text that says something"
        )


def _refuse_local(where: str, name: str, time: object, *, needed: bool = False) -> None:
    if time is None and not needed:
        return
    if in_utc(time) is None or type(time) is not datetime or time.tzinfo is not UTC:
        raise DataError(f"{where}: {name} = {time!r}; expected a datetime in UTC")
