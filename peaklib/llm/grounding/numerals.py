"""Numbers in digits: where they stand, what they say, with sign, scale, unit and precision."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from peaklib.llm.grounding.units import suffix_at

_KEYCAP_TEN: Final = "\U0001f51f"
_BLANK: Final = "\u00a0\u2009\u202f\u2007 "
_RUN: Final = re.compile(
    rf"(?<!\d)\d{{1,3}}(?:([{_BLANK}])\d{{3}}(?!\d))(?:\1\d{{3}}(?!\d)){{0,4}}(?:[.,]\d+)*"
    r"|\d+(?:[.,'’·\u066b\u066c]\d+)*(?:/\d+(?:\.\d+)?)*|(?<![\w.)])\.\d+"
)
_GROUPED: Final = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?", re.ASCII)
_PLAIN: Final = re.compile(r"\d*(?:\.\d+)?", re.ASCII)
_RATIO: Final = re.compile(r"(\d{1,6})/(\d{1,6})", re.ASCII)
_RATIO_WORDS: Final = re.compile(r"\s?(?:out )?(?:of|in)(?: the| every)?\s")
_SIGN: Final = re.compile(r"(?:^|(?<=[\s(\[{\"'“„*_|=:~≈,/±]))([+\-−–\uff0b\uff0d])$")
_SIGN_WORD: Final = re.compile(r"\b(minus|negative|plus|positive)[\s*_]{1,3}$", re.IGNORECASE)
_CURRENCY: Final = re.compile(r"(?P<USD>US[ -]?\$|USD[\s\u00a0]?|\$)$|(?P<EUR>€|EUR[\s\u00a0]?)$")
_OTHER_CURRENCY: Final = re.compile(r"(?:£|¥|(?:GBP|JPY|CHF)[\s\u00a0]?)$")
_TIMES: Final = re.compile(r"(?:(?<![\w])[xX]|×)[\s\u00a0\u2009\u202f]?$")
_CONNECTOR: Final = re.compile(
    r"(?:\s?\[[^\[\]]{1,400}\])?[\s\u00a0\u2009\u202f*_]{0,3}"
    r"(?:[-–—−,]|,?\s?(?:to|and|or|through|versus|vs\.|against|bis|und))?[\s\u00a0\u2009\u202f*_]{0,3}"
)


@dataclass(frozen=True)
class Numeral:
    """A number as a text writes it.

    Args:
        start: offset of its first character, sign and currency included.
        end: offset behind its unit.
        amount: the number without its sign, in the unit.
        sign: 1 or -1 where the text writes one, 0 where it does not.
        places: digits after the point in the unit; negative for `1.26 thousand`. None for
            words such as `twice`, which say nothing about it.
        unit: a unit of facts, one that no fact has, or empty.
        spelling: of the unit.
        problem: why nobody can be sure what it says; empty if it is clear.
        zeros: zeros at the end of an integer, which rounding may have made.
        parts: the two numbers of `2 of 5`; empty for all others.
        inherited: whether the unit is that of the next number, as in `12.1 to 18.3 %`.
        is_pronoun: whether it is the word `one`, which mostly counts nothing.
    """

    start: int
    end: int
    amount: Decimal
    sign: int = 0
    places: int | None = 0
    unit: str = ""
    spelling: str = ""
    problem: str = ""
    zeros: int = 0
    parts: tuple[int, ...] = ()
    inherited: bool = False
    is_pronoun: bool = False


def numerals(shown: str) -> list[Numeral]:
    """Numbers in digits of a text, in order.

    Args:
        shown: the text with everything overwritten that is no number.
    """
    found: list[Numeral] = []
    for match in _RUN.finditer(shown):
        # The exponent of 1.8e1 belongs to the number before it.
        if not found or match.start() >= found[-1].end:
            found.append(_numeral(shown, match))
    found += _foreign(shown, found)
    found.sort(key=lambda numeral: numeral.start)
    return list(_inherited(shown, _ratios(shown, found)))


def _numeral(shown: str, match: re.Match[str]) -> Numeral:
    start, end = match.span()
    amount, places, problem = _amount(match[0])
    suffix, parts = suffix_at(shown, end), _parts(match[0])
    zeros = len(match[0]) - len(match[0].rstrip("0")) if places == 0 else 0
    unit, spelling = suffix.unit, suffix.spelling
    start, currency = _before(shown, start, _CURRENCY)
    if currency or _OTHER_CURRENCY.search(shown, max(0, start - 5), start):
        unit, spelling = currency or "money", currency or "another currency"
    start, sign = _signed(shown, start)
    if not unit and (times := _TIMES.search(shown, max(0, start - 3), start)):
        start, unit, spelling = times.start(), "x", "×"
    if not problem:
        problem = _neighbours(shown, match.start() if not unit else start, suffix.end)
    return Numeral(
        start=start,
        end=suffix.end,
        amount=amount.scaleb(suffix.power),
        sign=sign,
        places=None if parts else places - suffix.power,
        unit=unit,
        spelling=spelling,
        problem=problem,
        zeros=zeros,
        parts=parts,
    )


def _amount(run: str) -> tuple[Decimal, int, str]:
    """Number, digits after the point, and what is unclear about a run of digits."""
    if not run.isascii() and not re.fullmatch(rf"[\d{_BLANK}.,]+", run, re.ASCII):
        return Decimal(0), 0, "is not written with the digits 0 to 9"
    if parts := _parts(run):
        return (Decimal(parts[0]) / parts[1] if parts[1] else Decimal(0)), 0, ""
    digits = re.sub(rf"[{_BLANK}]", "", run)
    if _GROUPED.fullmatch(digits):
        digits = digits.replace(",", "")
    if "," in digits:
        return Decimal(0), 0, "has a comma that may be a decimal one; write 18.3 and 1,258"
    if not _PLAIN.fullmatch(digits) or len(digits) > 40:
        return Decimal(0), 0, "is written as no single number"
    return Decimal(digits), len(digits.partition(".")[2]), ""


def _parts(run: str) -> tuple[int, ...]:
    found = _RATIO.fullmatch(run)
    return (int(found[1]), int(found[2])) if found else ()


def _before(shown: str, start: int, pattern: re.Pattern[str]) -> tuple[int, str]:
    found = pattern.search(shown, max(0, start - 5), start)
    return (found.start(), str(found.lastgroup)) if found else (start, "")


def _signed(shown: str, start: int) -> tuple[int, int]:
    """A sign directly before the number, in a character or a word."""
    here = max(0, start - 12)
    before = shown[here:start]
    if found := _SIGN.search(before):
        at_line_start = before[: found.start()].rpartition("\n")[2].strip() == ""
        is_bullet = at_line_start and before.endswith(" ")
        return here + found.start(1), 0 if is_bullet else 1 if found[1] in "+\uff0b" else -1
    if found := _SIGN_WORD.search(before):
        return here + found.start(), 1 if found[1].lower() in ("plus", "positive") else -1
    return start, 0


def _neighbours(shown: str, start: int, end: int) -> str:
    """What is unclear because of the characters that touch the number."""
    before, after = shown[start - 1 : start], shown[end : end + 1]
    if before.isalpha() or before == "_":
        return f"is glued to the letter {before!r}"
    if after.isalnum() or after == "_":
        return f"is glued to {after!r}"
    if shown[end : end + 2].lstrip()[:1] in ("%", "‰", "$", "€"):
        return "has two units"
    if before == "±" or shown[start - 2 : start] == "± ":
        return "has both signs"
    if before and before in "'’·" and shown[start - 2 : start - 1].isdigit():
        return "is part of something longer"
    return ""


def _foreign(shown: str, found: list[Numeral]) -> Iterator[Numeral]:
    """Digits of other scripts, fractions such as ½, and circled or raised numbers."""
    if shown.isascii():
        return
    taken = {place for n in found for place in range(n.start, n.end)}
    for place, char in enumerate(shown):
        if char > "\x7f" and (char.isnumeric() or char == _KEYCAP_TEN) and place not in taken:
            problem = "is not written with the digits 0 to 9"
            yield Numeral(place, place + 1, Decimal(0), problem=problem)


def _ratios(shown: str, found: list[Numeral]) -> Iterator[Numeral]:
    """Put `2 of 5` and `2 out of 5` together."""
    waiting: Numeral | None = None
    for numeral in found:
        if waiting is not None and _is_ratio(shown, waiting, numeral):
            parts = (int(waiting.amount), int(numeral.amount))
            whole = Decimal(parts[0]) / parts[1]
            yield replace(waiting, end=numeral.end, amount=whole, places=None, unit="", parts=parts)
            waiting = None
            continue
        if waiting is not None:
            yield waiting
        waiting = numeral
    if waiting is not None:
        yield waiting


def _is_ratio(shown: str, left: Numeral, right: Numeral) -> bool:
    both = (left, right)
    return (
        all(n.places == 0 and not (n.problem or n.sign or n.parts) for n in both)
        and not left.unit
        and 0 < right.amount < 10**6
        and right.unit in ("", "days", "years")
        and _RATIO_WORDS.fullmatch(shown, left.end, right.start) is not None
    )


def _inherited(shown: str, found: Iterator[Numeral]) -> Iterator[Numeral]:
    """Give the first number of `12.1 to 18.3 %` or `3, 4 and 5 days` the unit of the last."""
    row = list(found)
    for place in range(len(row) - 2, -1, -1):
        left, right = row[place], row[place + 1]
        if left.unit or left.parts or left.problem or right.unit in ("", "ordinal"):
            continue
        if right.start > left.end and _CONNECTOR.fullmatch(shown, left.end, right.start):
            row[place] = replace(left, unit=right.unit, spelling=right.spelling, inherited=True)
    return iter(row)
