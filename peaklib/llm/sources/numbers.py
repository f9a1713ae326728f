"""Numbers as a text writes them, for asking whether one text has the numbers of another."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from peaklib.llm.grounding.names import INDEX_NAMES

_MONTHS: Final = (
    *("january", "february", "march", "april", "may", "june", "july", "august"),
    *("september", "october", "november", "december"),
)
_MONTH: Final = "|".join(("sept", *(f"{name}|{name[:3]}" for name in _MONTHS)))
_SMALL: Final = (
    *("zero", "", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen"),
    "nineteen",
)
# "one" is a pronoun too often; of "third" nobody knows whether it is a rank or a share.
_TENS: Final = {
    word: 10 * tens
    for tens, word in enumerate(
        ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"), 2
    )
}
_WORDS: Final = {word: n for n, word in enumerate(_SMALL) if word} | _TENS | {"dozen": 12}
_ONES: Final = {"one": 1} | {word: n for n, word in enumerate(_SMALL[:10]) if word}
_PARTS: Final = {
    **dict.fromkeys(("half", "halves", "halved"), "half"),
    **dict.fromkeys(("quarter", "quarters"), "quarter"),
    **dict.fromkeys(("twice", "double", "doubled", "doubles"), "double"),
    **dict.fromkeys(("thrice", "triple", "tripled", "triples"), "triple"),
}
_SCALES: Final = {
    "hundred": 100,
    **dict.fromkeys(("thousand", "k"), 1000),
    **dict.fromkeys(("million", "mn", "m"), 10**6),
    **dict.fromkeys(("billion", "bn"), 10**9),
    "trillion": 10**12,
}
_UNITS: Final = {
    **dict.fromkeys(("%", "percent", "per cent"), "%"),
    **dict.fromkeys(("pp", "percentage points", "percentage point"), "pp"),
    **dict.fromkeys(("bp", "bps", "basis points", "basis point"), "bp"),
    **dict.fromkeys(("x", "×", "times"), "x"),
    **dict.fromkeys(("$", "usd", "dollar", "dollars"), "USD"),
    **dict.fromkeys(("€", "eur", "euro", "euros"), "EUR"),
    **dict.fromkeys(("£", "gbp"), "GBP"),
    **{form: unit for unit in ("second", "minute", "hour") for form in (unit, f"{unit}s")},
    **{form: unit for unit in ("day", "week", "month", "year") for form in (unit, f"{unit}s")},
}
# These change what a number is worth; a text that leaves one out says something else.
_VITAL: Final = frozenset({"%", "pp", "bp", "x", "USD", "EUR", "GBP"})

_SPACE: Final = "[ \u00a0\u2009\u202f]"
_SIGN: Final = "[-+\u2212]"
_FORMS: Final = "|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True))
_TOKEN: Final = re.compile(
    rf"(?P<iso>(?<![\w.-])\d{{4}}-\d\d-\d\d(?![\w-]))"
    rf"|(?P<dmy>\b\d{{1,2}}{_SPACE}(?:{_MONTH})\.?{_SPACE}\d{{4}}\b)"
    rf"|(?P<mdy>\b(?:{_MONTH})\.?{_SPACE}\d{{1,2}},?{_SPACE}\d{{4}}\b)"
    rf"|(?P<my>\b(?:{_MONTH})\.?{_SPACE}\d{{4}}\b)"
    rf"|(?P<number>(?P<sign>(?<![\w.)\]]){_SIGN}{_SPACE}?)?(?P<money>(?:[$€£×]|(?<!\w)(?:USD|EUR|GBP)){_SPACE}?)?"
    rf"(?P<digits>(?<![\w.])(?:\d{{1,3}}(?:[,\u00a0\u2009\u202f]\d{{3}}(?!\d))+|\d+)(?:\.\d+)?"
    rf"(?:e[+-]?\d{{1,3}})?)"
    rf"(?:[\s-]?(?P<scale>hundred|thousand|million|billion|trillion|bn|mn|k|m)(?!\w))?"
    rf"(?:[\s-]?(?P<unit>{_FORMS})(?!\w))?)"
    rf"|(?P<word>(?<![\w-])(?:(?:{'|'.join(_TENS)})(?:[\s-](?P<ones>{'|'.join(_ONES)})(?!\w))?"
    rf"|(?:{'|'.join(sorted({*_WORDS, *_PARTS} - {*_TENS}))}))(?!\w)"
    rf"(?:[\s-](?P<more>hundred|thousand|million|billion|trillion)(?!\w))?"
    rf"(?:[\s-](?P<of>{_FORMS})(?!\w))?)"
    r"|(?P<name>(?<!\w)\w*\d[\w-]*)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Written:
    """A number in a text.

    Args:
        text: as it is written.
        start, end: where.
        value: what it is worth, in its unit; a text for dates, shares in words, and for names
            that hold digits.
        unit: `%`, `pp`, `bp`, `x`, a currency, a unit of time, or empty.
    """

    text: str
    start: int
    end: int
    value: Decimal | str
    unit: str = ""

    def is_said_by(self, other: "Written") -> bool:
        """Whether another one says the same: equal value and sign, and the same unit.

        A unit of time may be left out, one that changes what the number is worth may not.
        """
        if self.value == other.value:
            return self.unit == other.unit or (not self.unit and other.unit not in _VITAL)
        # A date says its month and its year.
        is_part = str(other.value).startswith(f"{self.value}-")
        return isinstance(other.value, str) and _is_date(other.value) and is_part


def numbers_in(text: str) -> tuple[Written, ...]:
    """All numbers of a text: digits with sign, scale and unit, dates, and numbers in words."""
    return tuple(_read(match) for match in _TOKEN.finditer(text))


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
        if not any(number.is_said_by(other) for other in known):
            yield number


def _read(match: re.Match[str]) -> Written:
    text, start, end = match[0], match.start(), match.end()
    kind = match.lastgroup if match.lastgroup in ("iso", "dmy", "mdy", "my", "name") else ""
    if kind:
        return Written(text, start, end, _dated(kind, text))
    if match["number"]:
        scale = _SCALES.get((match["scale"] or "").casefold(), 1)
        digits = re.sub("[,\u00a0\u2009\u202f]", "", match["digits"])
        if not digits.isascii():
            return Written(text, start, end, text)
        negative = (match["sign"] or "").strip() in ("-", "\u2212")
        value = Decimal(digits) * scale * (-1 if negative else 1)
        money = (match["money"] or "").strip()
        return Written(text, start, end, value, _unit(match["unit"] or money))
    first = re.split(r"[\s-]", text)[0].casefold()
    if first in _PARTS:
        return Written(text, start, end, _PARTS[first])
    tens = _WORDS[first] + (_ONES[match["ones"].casefold()] if match["ones"] else 0)
    value = Decimal(tens) * _SCALES.get((match["more"] or "").casefold(), 1)
    return Written(text, start, end, value, _unit(match["of"] or ""))


def _unit(written: str) -> str:
    return _UNITS.get(written.casefold(), "")


def _dated(kind: str, text: str) -> str:
    """Dates as ISO writes them, months as the beginning of one; a name in lower case."""
    if kind in ("iso", "name"):
        return text.casefold()
    words = re.split(r"[\W_]+", text.casefold())
    month = next(w for w in words if not w.isdigit())
    number = next(at for at, name in enumerate(_MONTHS, 1) if name.startswith(month))
    digits = [word for word in words if word.isdigit()]
    day = f"-{int(digits[0]):02d}" if kind != "my" else ""
    return f"{digits[-1]}-{number:02d}{day}"


def _is_date(value: str) -> bool:
    return re.fullmatch(r"\d{4}-\d\d(-\d\d)?", value) is not None
