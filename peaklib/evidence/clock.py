"""The clock, which is an argument everywhere: a test or a repeated run brings its own."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The time; the default of everything that takes a clock."""
    return datetime.now(UTC)
