"""Years, dates and periods in words: what stretch of time a text or a fact speaks of."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

_MONTHS: Final = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_MONTH: Final = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_YEAR: Final = r"(?P<year>(?:1[89]|2[01])\d\d)"
_B: Final = r"[\s\u00a0\u2009\u202f]{1,3}"
_EDGE: Final = r"(?<![\w.,/−$€£+])(?<!\d[-–])"
_STOP: Final = r"(?![\w%])(?![.,/:]\d)"

_FORMS: Final = tuple(
    re.compile(pattern, re.IGNORECASE | re.ASCII)
    for pattern in (
        rf"(?<![\w/.]){_YEAR}-(?P<m>\d\d)-(?P<day>\d\d)(?:T[\d:.]{{2,15}}Z?)?(?!\w)(?!-\d)",
        rf"(?<!\w)(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.)?{_B}(?:of{_B})?{_MONTH}{_B}{_YEAR}{_STOP}",
        rf"(?<!\w){_MONTH}{_B}(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?{_B}{_YEAR}{_STOP}",
        rf"(?<![\w/.-]){_YEAR}-(?P<m>0[1-9]|1[0-2])(?![\w-])(?![./]\d)",
        rf"(?<!\w){_MONTH}{_B}(?:of{_B})?{_YEAR}{_STOP}",
        rf"(?<!\w)Q(?P<quarter>[1-4]){_B}(?:of{_B})?{_YEAR}{_STOP}",
        rf"(?<![\w.]){_YEAR}[-\s]?Q(?P<quarter>[1-4])(?!\w)",
        r"(?<![\w.,])(?P<decade>(?:1[89]|2[01])\d0)[’']?s(?!\w)",
        rf"(?<!\w)(?:FY|CY)[\s\u00a0]{{0,2}}{_YEAR}{_STOP}",
        rf"(?<![\w.]){_YEAR}[–/](?P<until>\d\d)(?![\w–/-])(?![.,]\d)",
    )
)
_BARE: Final = re.compile(
    rf"(?:{_EDGE}|(?<=[12]\d\d\d[-–—−/])|(?<=\d\.\.)){_YEAR}{_STOP}", re.ASCII
)
_UNCLEAR: Final = re.compile(
    r"(?<![\w.])\d{1,4}([./])\d{1,2}\1\d{2,4}(?!\w)|(?<![\w.:])\d{1,2}:\d\d(?::\d\d)?(?![\w:])"
)


@dataclass(frozen=True)
class Moment:
    """A stretch of time that a text names.

    Args:
        start: offset in the text.
        end: offset behind it.
        first: its first day.
        last: its last day.
        is_bare: a year of four digits and nothing else, which may also be a plain number.
    """

    start: int
    end: int
    first: date
    last: date
    is_bare: bool = False


def moments(text: str) -> list[Moment]:
    """Dates, months, quarters, years and decades of a text, in order, none inside of another."""
    found: list[Moment] = []
    taken = bytearray(len(text))
    for form in (*_FORMS, _BARE):
        for match in form.finditer(text):
            if any(taken[match.start() : match.end()]):
                continue
            if moment := _moment(match, is_bare=form is _BARE):
                found.append(moment)
                taken[match.start() : match.end()] = b"\1" * (match.end() - match.start())
    return sorted(found, key=lambda moment: moment.start)


def unclear(text: str) -> Iterator[tuple[int, int]]:
    """Offsets of what may be a date in one of several orders, or a time of day."""
    yield from (found.span() for found in _UNCLEAR.finditer(text))


def span(text: str) -> tuple[date, date] | None:
    """First and last day that the period of a fact names; None if it names no time."""
    named = moments(text)
    if not named:
        return None
    return min(m.first for m in named), max(m.last for m in named)


def _moment(match: re.Match[str], is_bare: bool) -> Moment | None:
    parts = match.groupdict()
    year = int(parts.get("year") or parts["decade"])
    start, end = match.span()
    try:
        if parts.get("decade"):
            return Moment(start, end, date(year, 1, 1), date(year + 9, 12, 31))
        if until := parts.get("until"):
            return Moment(
                start, end, date(year, 1, 1), date(year // 100 * 100 + int(until), 12, 31)
            )
        if quarter := parts.get("quarter"):
            month = 3 * int(quarter)
            return Moment(start, end, date(year, month - 2, 1), _month_end(year, month))
        named = parts.get("month")
        month = _number_of(named) if named else int(parts.get("m") or 0)
        if day := parts.get("day"):
            return Moment(start, end, (exact := date(year, month, int(day))), exact)
        if month:
            return Moment(start, end, date(year, month, 1), _month_end(year, month))
    except ValueError:
        return None
    return Moment(start, end, date(year, 1, 1), date(year, 12, 31), is_bare)


def _number_of(name: str) -> int:
    return next(n for n, month in enumerate(_MONTHS, 1) if month.startswith(name[:3].lower()))


def _month_end(year: int, month: int) -> date:
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
