"""What a circuit breaker watches, and what it is shown."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from peaklib.errors import DataError

LONGEST_WINDOW_S: Final = 366 * 86_400.0
MOST_ORDERS: Final = 10**9


@dataclass(frozen=True, kw_only=True)
class BreakerRules:
    """Limits of one account. None means "not watched", and has to be said: nothing has a default.

    A value of exactly the limit is inside. Losses are positive numbers: 0.1 is a loss of 10 %.

    Args:
        daily_loss: largest loss since the last equity of the day before, a share of it, in
            (0, 1]. A day is a date in UTC.
        drawdown: largest loss from the highest equity seen, a share of it, in (0, 1].
        orders: most orders within any `order_window_s`, 1 or more.
        order_window_s: length of that window in seconds, up to 366 days; one day by default. An
            order leaves it when it is as old as the window is long.

    Raises:
        DataError: a limit is outside its range.
    """

    daily_loss: float | None
    drawdown: float | None
    orders: int | None
    order_window_s: float = 86_400.0

    def __post_init__(self) -> None:
        for name in ("daily_loss", "drawdown"):
            limit = getattr(self, name)
            if limit is not None and not (is_finite_number(limit) and 0.0 < limit <= 1.0):
                raise DataError(
                    f"{name} = {limit!r}; a loss as a share of equity, above 0 and up to 1, or "
                    "None if it is not watched"
                )
        if self.orders is not None and not (is_count(self.orders) and self.orders >= 1):
            raise DataError(
                f"orders = {self.orders!r}; a whole number from 1 to {MOST_ORDERS:,}, or None if "
                "orders are not counted"
            )
        window = self.order_window_s
        if not (is_finite_number(window) and 0.0 < window <= LONGEST_WINDOW_S):
            raise DataError(
                f"order_window_s = {window!r}; seconds, above 0 and up to {LONGEST_WINDOW_S:,.0f}"
            )


@dataclass(frozen=True, kw_only=True)
class Observation:
    """What a breaker is shown of an account. None stands for what could not be had: it trips.

    Args:
        time: of the observation, with a time zone; never before the one before.
        equity: value of the account, in any one unit of money.
        orders: sent since the observation before.
    """

    time: datetime | None
    equity: float | None
    orders: int | None


def is_finite_number(value: object) -> bool:
    """Whether a value is a finite number; a truth value is none, a float of NumPy's is one."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer that no float holds
        return False


def is_count(value: object) -> bool:
    """Whether a value is a whole number that orders can be counted by."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_ORDERS


def in_utc(value: object) -> datetime | None:
    """A time with a zone as a plain datetime in UTC; None for everything else.

    Everything else includes pandas' NaT and what lies outside the years that datetime knows. A
    Timestamp of pandas loses its nanoseconds.
    """
    if not isinstance(value, datetime) or value != value:
        return None
    offset = value.utcoffset()
    if offset is None:
        return None
    day, clock = value.date(), value.time()
    try:
        return datetime.combine(day, clock, UTC) - offset
    except OverflowError:
        return None
