"""What stands around the digits of a number: scales, units, currencies, powers of ten."""

import re
from dataclasses import dataclass
from typing import Final

# A blank, a line break of wrapped prose, or the asterisks of bold type; never more than a few.
GAP: Final = r"(?:\\?[\s\u00a0\u2009\u202f]){0,2}[*_]{0,3}(?:\\?[\s\u00a0\u2009\u202f]){0,2}"

_SCALES: Final = {
    r"hundred\b": 2,
    r"(?:thousands?|tsd\.?|[kK](?![\w-]))\b": 3,
    r"(?:millions?|mio\.?|mln|mn|mm|m(?![\w-]))\b": 6,
    r"(?:billions?|bio\.?|bln|bn|mrd\.?|b(?![\w-]))\b": 9,
    r"(?:trillions?|trn|tn|tr|t(?![\w-]))\b": 12,
}
_SHORT_SCALES: Final = {
    r"[kK]\b": 3,
    r"(?:mn|mm|m|M)\b": 6,
    r"(?:bn|b|B)\b": 9,
    r"(?:tn|tr|T)\b": 12,
}
_DAY: Final = r"(?:(?:trading|business|calendar|consecutive|full|whole|working)[ -])?"

# Longer spellings first; what no fact has (weeks, pounds) is known so that it can be refused.
_UNITS: Final = {
    "pp": r"percentage[ -]points?\b|per cent points?\b|%[ -]?points?\b|pp\b|ppts?\b|p\.p\.|"
    r"(?:volatility|vol) points\b",
    "bp": r"basis[ -]points?\b|bps?\b",
    "permille": r"‰|per mille\b|permille\b",
    "percentile": r"(?:st|nd|rd|th)?[ -]?(?:percentiles?|pctl)\b",
    "%": r"\\?[%\uff05\ufe6a]|percent\b|per[ -]cent\b|pct\b\.?",
    "days": rf"{_DAY}days?\b|(?:trading[ -])?sessions?\b|d\b",
    "years": r"(?:calendar[ -]|full[ -])?years?\b|yrs?\b\.?|y\b",
    "weeks": r"weeks?\b|wks?\b",
    "months": r"months?\b|mths?\b",
    "quarters": r"quarters?\b",
    "decades": r"decades?\b",
    "hours": r"hours?\b|hrs?\b|minutes?\b|seconds?\b",
    "x": r"x\b(?!\s?\d)|×(?!\s?\d)|times\b|-?fold\b",
    "USD": r"US[ -]?\$|USD\b|(?:US )?dollars?\b|\$",
    "EUR": r"€|EUR\b|euros?\b",
    "money": r"£|GBP\b|pounds?\b|JPY\b|yen\b|¥|CHF\b|francs?\b|cents?\b|pence\b",
    "points": r"(?:index )?points?\b|pts?\b",
    "sigma": r"sigmas?\b|\u03c3|standard deviations?\b",
    "ordinal": r"(?:st|nd|rd|th)\b",
}
_SCALE: Final = re.compile("|".join(f"(?P<s{p}>{s})" for s, p in _SCALES.items()), re.IGNORECASE)
_SHORT: Final = re.compile("|".join(f"(?P<s{p}>{s})" for s, p in _SHORT_SCALES.items()))
_NAMES: Final = {f"u{place}": name for place, name in enumerate(_UNITS)}
_UNIT: Final = re.compile(
    "|".join(f"(?P<u{place}>{spelling})" for place, spelling in enumerate(_UNITS.values())),
    re.IGNORECASE,
)
_BEFORE_UNIT: Final = re.compile(rf"{GAP}-?")
_CITED: Final = re.compile(r"[\s\u00a0]?\[[^\[\]\n]{1,200}\]")
_POWER: Final = re.compile(
    r"[eE](?P<e>[+\-−]?\d{1,3})(?![\w.])|"
    r"\s?[×x·*]\s?10(?:\^|\*\*)\{?(?P<p>[+\-−]?\d{1,3})\}?|"
    r"\s?[×x·*]\s?10(?P<s>[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3})"
)
_RAISED: Final = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")


@dataclass(frozen=True)
class Suffix:
    """What follows the digits.

    Args:
        end: offset behind it.
        power: of ten, from scale words and exponents.
        unit: a unit of facts, one that no fact has, or empty.
        spelling: the unit as the text writes it.
    """

    end: int
    power: int = 0
    unit: str = ""
    spelling: str = ""


def suffix_at(text: str, start: int) -> Suffix:
    """Exponent, scale and unit of the digits that end at an offset.

    The unit may also stand behind the citation: `1,258 [sp500.dd_days] days`.
    """
    end, power = start, 0
    if found := _POWER.match(text, end):
        digits = found["e"] or found["p"] or found["s"].translate(_RAISED)
        end, power = found.end(), int(digits.replace("−", "-"))
    if found := _SHORT.match(text, end) or _SCALE.match(text, _glued(text, end)):
        end, power = found.end(), power + int(str(found.lastgroup)[1:])
    if found := _unit_at(text, end):
        return Suffix(found.end(), power, _NAMES[str(found.lastgroup)], found[0])
    cited = _CITED.match(text, end)
    if cited and (found := _unit_at(text, cited.end())):
        return Suffix(end, power, _NAMES[str(found.lastgroup)], found[0])
    return Suffix(end, power)


def _glued(text: str, start: int) -> int:
    found = _BEFORE_UNIT.match(text, start)
    return found.end() if found else start


def _unit_at(text: str, start: int) -> re.Match[str] | None:
    """A unit right here or behind a blank; `d` and `y` only if glued to the digits."""
    if near := _UNIT.match(text, start):
        return near
    far = _UNIT.match(text, _glued(text, start))
    return None if far and far[0] in ("d", "D", "y", "Y") else far
