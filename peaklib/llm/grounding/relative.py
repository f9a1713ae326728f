"""Periods that a text names by today: `last year`, `yesterday`, `in Q3` without a year."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from peaklib.llm.grounding.facts import Fact
from peaklib.llm.grounding.moments import span

_FORM: Final = re.compile(
    r"\b(?:(?:last|past|previous|prior|preceding|this|current)[\s\u00a0-]{1,2}"
    r"(?P<length>week|month|quarter|year|decade)\b(?!\sof\b|-end)"
    r"|an?\s(?P<ago>week|month|quarter|year|decade)\sago\b|(?P<day>yesterday)\b"
    r"|Q(?P<number>[1-4])(?![\w.]*\d)"
    r"|(?P<word>first|second|third|fourth|final|last)[\s-]quarter\b(?!\sof\b))",
    re.IGNORECASE,
)
_DAYS: Final = {
    "day": (0, 5),
    "week": (3, 10),
    "month": (25, 35),
    "quarter": (80, 100),
    "year": (350, 380),
    "decade": (3500, 3800),
}
_QUARTERS: Final = {"first": 1, "second": 2, "third": 3, "fourth": 4, "final": 4}
_OF_LATE: Final = re.compile(
    r"\b(?:last|past|previous|prior|preceding|trailing|rolling|current|this)\b", re.IGNORECASE
)


@dataclass(frozen=True)
class Relative:
    """A period that is told by the day of the reader.

    Args:
        start: offset in the text.
        end: offset behind it.
        length: `day`, `week` to `decade`.
        quarter: its number if the text says it, else 0.
    """

    start: int
    end: int
    length: str
    quarter: int = 0


def relatives(shown: str) -> Iterator[Relative]:
    """Such periods of a text, in order; `shown` has no years, months and quarters of years."""
    for found in _FORM.finditer(shown):
        word = (found["word"] or "").lower()
        number = int(found["number"] or 0) or _QUARTERS.get(word, 0)
        length = (found["length"] or found["ago"] or "").lower()
        length = length or ("day" if found["day"] else "quarter")
        yield Relative(*found.span(), length, number)


def may_be(said: Relative, fact: Fact) -> bool | None:
    """Whether a fact may be about such a period; None if it tells no time.

    A fact of one day may look back from it, and one whose label says `last` does.
    """
    if _OF_LATE.search(fact.label) and not said.quarter:
        return True
    if said.quarter and re.search(rf"\bQ{said.quarter}\b", fact.label):
        return True
    if fact.unit == "date":
        days = date.fromisoformat(str(fact.value)), date.fromisoformat(str(fact.value))
    elif period := span(fact.period):
        days = period
    else:
        return None
    first, last = days
    if said.quarter:
        same_year = first.year == last.year
        return same_year and {(day.month + 2) // 3 for day in days} == {said.quarter}
    least, most = _DAYS[said.length]
    return first == last or least <= (last - first).days + 1 <= most
