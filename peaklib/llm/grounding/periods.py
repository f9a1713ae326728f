"""Years and dates of a text against the periods and dates of the facts that it cites."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from peaklib.llm.grounding.facts import Fact
from peaklib.llm.grounding.moments import Moment, moments, span

_JOIN: Final = re.compile(
    r"[\s\u00a0\u2009\u202f]{0,3}(?:[-–—−/]|\.\.|to|until|till|through|thru|and)"
    r"(?: the end of| early| late| mid-)?[\s\u00a0\u2009\u202f]{0,3}",
    re.IGNORECASE,
)
_AND: Final = re.compile(r"\band\b", re.IGNORECASE)
_BETWEEN: Final = re.compile(r"\bbetween (?:the years )?$", re.IGNORECASE)
_SINCE: Final = re.compile(
    r"\b(?:since|from|starting(?: in)?|beginning(?: in)?|after)"
    r"(?: (?:the )?(?:start|beginning) of)?\s$",
    re.IGNORECASE,
)
_UNTIL: Final = re.compile(
    r"\b(?:until|till|through|to|by|as of|as at|(?:the )?end of|close of|end-|late|up to|"
    r"ending(?: in| on)?"
    r"|ended)[\s-]?$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Mention:
    """One or two moments that a text names together.

    Args:
        start: offset in the text.
        end: offset behind it.
        first: first day.
        last: last day.
        kind: `in`, `range`, `since` or `until`.
        is_bare: a year of four digits and nothing else.
    """

    start: int
    end: int
    first: date
    last: date
    kind: str = "in"
    is_bare: bool = False


def mentions(shown: str, found: Sequence[Moment], pairs: bool = True) -> list[Mention]:
    """Moments with the words that say how they are meant; `1999 to 2018` is one range."""
    result: list[Mention] = []
    place = 0
    while place < len(found):
        here = found[place]
        after = found[place + 1] if place + 1 < len(found) else None
        if pairs and after is not None and _is_range(shown, here, after):
            result.append(Mention(here.start, after.end, here.first, after.last, "range"))
            place += 2
            continue
        before = shown[max(0, here.start - 24) : here.start]
        kind = "since" if _SINCE.search(before) else "until" if _UNTIL.search(before) else "in"
        result.append(Mention(here.start, here.end, here.first, here.last, kind, here.is_bare))
        place += 1
    return result


def agrees(mention: Mention, fact: Fact, is_context: bool = True) -> bool | None:
    """Whether a fact is about the time that a text names.

    Args:
        mention: of the text.
        fact: that it belongs to.
        is_context: whether the text may speak of the period of a date, not of the date: so
            behind its citation, `the low was on 2009-03-09 [low] (1999-2018)`.

    Returns:
        None if the fact says nothing of time.
    """
    if any(_same(mention, moment) for moment in moments(f"{fact.label} . {_words(fact)}")):
        return True
    if fact.unit == "date":
        day = date.fromisoformat(str(fact.value))
        if mention.kind != "range" and mention.first <= day <= mention.last:
            return True
        if not is_context or not fact.period:
            return False
    period = span(fact.period)
    if period is None:
        return None
    first, last = period
    starts = mention.first <= first <= mention.last
    ends = mention.first <= last <= mention.last
    match mention.kind:
        case "since":
            return starts or (first >= mention.first and last <= mention.last)
        case "until":
            return ends
        case "range":
            whole_years = (mention.first.year, mention.last.year) == (first.year, last.year)
            return starts and ends and (whole_years or _is_exact(mention, first, last))
    return starts and ends


def _words(fact: Fact) -> str:
    return str(fact.value) if fact.unit == "text" else ""


def _same(mention: Mention, moment: Moment) -> bool:
    return (mention.first, mention.last) == (moment.first, moment.last)


def _is_exact(mention: Mention, first: date, last: date) -> bool:
    return (mention.first, mention.last) == (first, last)


def _is_range(shown: str, left: Moment, right: Moment) -> bool:
    between = shown[left.end : right.start]
    if left.last > right.last or not _JOIN.fullmatch(between):
        return False
    if _AND.search(between):
        return _BETWEEN.search(shown, max(0, left.start - 24), left.start) is not None
    return True
