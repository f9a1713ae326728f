"""Numbers as a text writes them, for asking whether one text has the numbers of another."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Final

from peaklib.llm.grounding.moments import Moment, moments, unclear
from peaklib.llm.grounding.names import INDEX_NAMES
from peaklib.llm.grounding.numerals import Numeral, numerals
from peaklib.llm.grounding.reading import as_seen
from peaklib.llm.grounding.spelled import spelled

# A text that leaves one of these out says the same; without any other unit it says something else.
_MAY_BE_LEFT_OUT: Final = frozenset(
    (
        *("", "days", "weeks", "months", "quarters", "years", "decades", "h", "m", "s"),
        *("points", "ordinal"),
    )
)
_NAME: Final = re.compile(
    r"(?<![\w.])(?!(?:USD|EUR|GBP|JPY|CHF|x)[\d.,]+(?:k|m|mn|bn)?(?!\w))[^\W\d_]\w*?\d[\w-]*",
    re.IGNORECASE,
)
# Shares that a text written in sentences has behind any word, `a third less`, `it halves`.
_SHARE: Final = re.compile(
    r"(?<![\w-])(?:an?\s(?P<word>third|quarter|fifth|tenth)|halves|halving)(?![\w-])", re.IGNORECASE
)
_DENOMINATORS: Final = {"third": 3, "quarter": 4, "fifth": 5, "tenth": 10}
_COIN: Final = re.compile(
    r"(?P<GBP>£|GBP|pound)|(?P<JPY>¥|JPY|yen)|(?P<CHF>CHF|franc)|(?P<cent>cent|pence)",
    re.IGNORECASE,
)
_COIN_BEFORE: Final = re.compile(r"(?:£|¥|(?<!\w)(?:GBP|JPY|CHF))[\s\u00a0]?$")
_MINUS: Final = re.compile(
    r"(?:\b(?:minus|negative)[\s*_]{1,3}|(?<![\w)\]%])(?<![\w)\]%]\s)(?:[-\uff0d]|\u2212\s?))$",
    re.IGNORECASE,
)
_SCALES: Final = frozenset(("hundred", "thousand", "million", "billion"))
_LONGEST_SIGN: Final = 12


@dataclass(frozen=True)
class Written:
    """A number in a text.

    Args:
        text: as it is written.
        start, end: where.
        value: what it is worth, in its unit and with its sign; first and last day of a time; the
            letters of a name that holds digits, and of a number that nobody can be sure of.
        unit: as facts have it, or another that a text may have; empty without one.
        parts: the two numbers of `2 of 5`.
        is_idle: whether it is a word such as `one` or `a million`, which mostly counts nothing.
    """

    text: str
    start: int
    end: int
    value: Decimal | tuple[date, date] | str
    unit: str = ""
    parts: tuple[int, ...] = ()
    is_idle: bool = False

    def is_said_by(self, other: "Written") -> bool:
        """Whether another one says the same: equal value and sign, and the same unit.

        A unit of time may be left out, one that changes what the number is worth may not. A date
        says its month and its year, `2 of 5` says 2 and 5, but not the other way round.
        """
        if isinstance(self.value, tuple) and isinstance(other.value, tuple):
            first, last = self.value
            is_inside = (
                first.year == last.year and first <= other.value[0] <= other.value[1] <= last
            )
            return is_inside or self.value == other.value
        if self.parts != other.parts:
            return not self.parts and not self.unit and self._plain in other.parts
        is_same = self.value == other.value or self._plain == other._plain is not None
        return is_same and (
            self.unit == other.unit or (not self.unit and other.unit in _MAY_BE_LEFT_OUT)
        )

    @property
    def _plain(self) -> Decimal | None:
        """Its value as a number; `2000` may be a year, and bars."""
        if isinstance(self.value, tuple):
            return Decimal(self.text) if self.text.isdecimal() else None
        return self.value if isinstance(self.value, Decimal) else None


def numbers_in(text: str) -> tuple[Written, ...]:
    """All numbers of a text in order, read as those of a text that cites evidence are.

    Digits and words with sign, scale and unit, shares, multiples, dates, and names with digits.
    """
    shown, places = as_seen(text)
    found: dict[int, Written] = {}
    for each in _written(shown):
        start, end = places[each.start], places[each.end - 1] + 1
        found.setdefault(start, replace(each, text=text[start:end], start=start, end=end))
    return tuple(found[start] for start in sorted(found))


def without_names(text: str, names: Collection[str]) -> str:
    """The text with blanks in the place of names, so that places in it stay what they are."""
    for name in sorted(names, key=len, reverse=True):
        pattern = rf"(?<!\w){re.escape(name)}(?!\w)"
        text = re.sub(pattern, lambda match: " " * len(match[0]), text, flags=re.IGNORECASE)
    return text


def missing_from(text: str, said: str, names: Collection[str] = INDEX_NAMES) -> Iterator[Written]:
    """Numbers of a text that another one does not have."""
    known = numbers_in(said)
    for number in numbers_in(without_names(text, names)):
        if number.is_idle or any(number.is_said_by(other) for other in known):
            continue
        if not number.parts or "/" in number.text or not _has_parts(known, number.parts):
            yield number


def _has_parts(known: Collection[Written], parts: Collection[int]) -> bool:
    """Whether `66 of 500` may tell of plain numbers, as in `of 500 phases, 66 are better`."""
    return {*parts} <= {other.value for other in known if not other.unit}


def _written(shown: str) -> Iterator[Written]:
    times = moments(shown)
    rest = _hidden(shown, [(each.start, each.end) for each in times if not each.is_bare])
    names = [match.span() for match in _NAME.finditer(rest)]
    names += [span for span in unclear(rest) if "\0" not in rest[slice(*span)]]
    rest = _hidden(rest, names)
    times = _without_amounts(times, rest)
    rest = _hidden(rest, [(each.start, each.end) for each in times])
    for start, end in names:
        yield Written("", start, end, shown[start:end].casefold())
    for time in times:
        yield Written("", time.start, time.end, (time.first, time.last))
    digits = _in_lists(rest, numerals(rest))
    # A share may need a mark behind it, which a claim without a full stop does not have.
    words = spelled(f"{rest} .")
    taken = bytearray(len(rest))
    # `two of 5` holds digits, which belong to it then.
    for number in (*(n for n in words if n.parts), *digits, *words):
        if not any(taken[number.start : number.end]):
            for found in _number(rest, number):
                # Letters that touch an unclear number are read once.
                end = max(found.end, number.end)
                taken[found.start : end] = b"\1" * (end - found.start)
                yield found
    for match in _SHARE.finditer(rest):
        if not any(taken[slice(*match.span())]):
            value = Decimal(1) / _DENOMINATORS.get((match["word"] or "").casefold(), 2)
            yield Written("", *match.span(), value, "share")


def _hidden(text: str, spans: Collection[tuple[int, int]]) -> str:
    chars = list(text)
    for start, end in spans:
        chars[start:end] = "\0" * (end - start)
    return "".join(chars)


def _without_amounts(times: list[Moment], rest: str) -> list[Moment]:
    """Times but for years of four digits that have a sign or a unit: `$2000`, `2000 days`."""
    amounts = {
        place
        for n in numerals(rest)
        if n.sign or n.parts or (n.unit and not n.inherited)
        for place in range(n.start, n.end)
    }
    return [each for each in times if not each.is_bare or each.start not in amounts]


def _in_lists(shown: str, found: list[Numeral]) -> list[Numeral]:
    """Numbers before a comma have the unit of the next one only if a list goes on: `3, 4 and 5 %`.

    In `regime 2, 5 % of days` they have none.
    """
    kept: list[Numeral] = []
    for place in range(len(found) - 1, -1, -1):
        number = found[place]
        if number.inherited:
            between = shown[number.end : found[place + 1].start].strip(" *_\u00a0\u2009\u202f")
            if between in (",", "") and not kept[-1].inherited:
                number = replace(number, unit="", spelling="", inherited=False)
        kept.append(number)
    return kept[::-1]


def _number(shown: str, number: Numeral) -> Iterator[Written]:
    start, end = number.start, number.end
    if number.problem:
        # `thousands` says no number that a text could lack.
        if not shown[start:end].isalpha() or not shown[start:end].isascii():
            start, end = _run(shown, start, end)
            yield Written("", start, end, shown[start:end].casefold())
        return
    unit, sign = number.unit, number.sign
    if unit == "money":
        if before := _COIN_BEFORE.search(shown, max(0, start - 5), start):
            start = before.start()
        coin = _COIN.search(shown, start, end)
        unit = str(coin.lastgroup) if coin else unit
    elif unit == "hours":
        unit = number.spelling[0].casefold()
    if not sign and (minus := _MINUS.search(shown[max(0, start - _LONGEST_SIGN) : start])):
        start, sign = start - len(minus[0]), -1
    value = -number.amount if sign < 0 else number.amount
    is_idle = number.is_pronoun or (not unit and shown[start:end].casefold() in _SCALES)
    yield Written("", start, end, value, unit, number.parts, is_idle)


def _run(shown: str, start: int, end: int) -> tuple[int, int]:
    """The letters and digits that touch a number."""
    while start and (shown[start - 1].isalnum() or shown[start - 1] == "_"):
        start -= 1
    while end < len(shown) and (shown[end].isalnum() or shown[end] == "_"):
        end += 1
    return start, end
