"""How long a service asks to be left alone."""

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

_LONGEST_S: Final = 86_400.0


def retry_after(headers: Mapping[str, str], now: Callable[[], datetime]) -> float | None:
    """Seconds to wait, from `retry-after-ms` or `Retry-After`, a number or a date of HTTP.

    A date is counted from the service's own clock if it sends one, so that a clock that is
    wrong here does no harm.

    Args:
        headers: of the reply, by lower-case name.
        now: the clock here.

    Returns:
        Between 0 and a day; None if nothing was said, or nothing sane.

    Source: RFC 9110, 10.2.3 and 5.6.7.
    """
    for name, divisor in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        seconds = _sane(_number(headers.get(name, "")) / divisor)
        if seconds is not None:
            return seconds
    until = _date(headers.get("retry-after", ""))
    if until is None:
        return None
    since = _date(headers.get("date", "")) or now()
    return _sane(max((until - since).total_seconds(), 0.0))


def _number(text: str) -> float:
    """A plain decimal number, or not a number."""
    text = text.strip()
    if not text.isascii() or not text.replace(".", "", 1).isdigit():
        return math.nan
    return float(text)


def _sane(seconds: float) -> float | None:
    return seconds if 0 <= seconds <= _LONGEST_S else None


def _date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
