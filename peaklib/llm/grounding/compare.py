"""One number of a text against one fact: value, unit, sign, rounding."""

import re
from dataclasses import replace
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import Final

from peaklib.llm.grounding.comparators import Bound, bound, is_denied
from peaklib.llm.grounding.direction import DOWN, UP, direction, is_hedged, is_size_of_loss, rises
from peaklib.llm.grounding.facts import Fact
from peaklib.llm.grounding.numerals import Numeral, numerals

STATUSES: Final = (
    *("supported", "uncited", "unknown_key", "wrong_value", "wrong_unit"),
    *("wrong_sign", "wrong_rounding", "wrong_period", "ambiguous"),
)
"""What a claim may be."""

Verdict = tuple[str, str]
"""A status and its reason in words."""

LARGEST_ROUNDING: Final = Decimal("0.05")
"""What leaving out a digit may change, as a share of the value."""
ENOUGH_DIGITS: Final = 4
"""With so many significant digits any rounding is fine."""

_SIGNED: Final = ("%", "", "x", "USD", "EUR")
_DIFFERENCE: Final = re.compile(
    r"differ|excess|spread|change|minus|alpha|gap|over the|above|below|against|relative|cost",
    re.IGNORECASE,
)
_RATES: Final = {
    "day": re.compile(r"\b(?:daily|(?:a|per|each) (?:trading )?day)\b", re.IGNORECASE),
    "week": re.compile(r"\b(?:weekly|(?:a|per|each) week)\b", re.IGNORECASE),
    "month": re.compile(r"\b(?:monthly|(?:a|per|each) month)\b", re.IGNORECASE),
    "quarter": re.compile(r"\b(?:quarterly|per quarter)\b", re.IGNORECASE),
    "year": re.compile(
        r"\b(?:yearly|annual|annually|annuali[sz]ed|(?:a|per|each) (?:year|annum)|p\.a\.)",
        re.IGNORECASE,
    ),
}
_TRADING: Final = re.compile(r"\b(?:trading|business) days?|\bsessions?\b", re.IGNORECASE)
_CALENDAR: Final = re.compile(r"\bcalendar days?\b", re.IGNORECASE)


def compare(numeral: Numeral, fact: Fact, shown: str, sentence: tuple[int, int]) -> Verdict:
    """Whether a number is what a fact says.

    Args:
        numeral: the number, clear by itself.
        fact: what it cites.
        shown: the text that it stands in.
        sentence: offsets of its sentence.

    Returns:
        `supported`, or the first thing that is wrong with it, and why.
    """
    if numeral.inherited:
        alone = replace(numeral, unit="", spelling="", inherited=False)
        verdict = compare(alone, fact, shown, sentence)
        if verdict[0] == "supported":
            return verdict
    written = shown[numeral.start : numeral.end]
    said = f"the text says {_quoted(written)}, {fact.key} is {_quoted(fact.written)}"
    if numeral.places is not None and fact.is_number and numeral.places > fact.places:
        said = f"{said} ({fact.value!r} exactly)"
    if not fact.is_number:
        return _literal(numeral, fact, said)
    converted = _converted(numeral, fact)
    if converted is None:
        return "wrong_unit", f"{said}: {_unit_words(numeral)} is not {_name(fact.unit)}"
    amount, places = converted
    status, why = _rounded(numeral, amount, places, fact, is_hedged(shown, numeral.start))
    if status == "wrong_value" and _means_other_unit(numeral, fact):
        return "wrong_unit", f"{said}: the digits agree, the unit does not"
    if status == "wrong_value":
        return status, said
    if clash := _sign_clash(numeral, fact, shown, sentence):
        return "wrong_sign", f"{said}: {clash}"
    if status != "supported":
        return status, f"{said}: {why}"
    if is_denied(shown, numeral.start, sentence):
        return "wrong_value", f"{said}: the words before it deny it"
    comparison = bound(shown, numeral.start, numeral.end, numeral.unit, sentence)
    if comparison and (clash := _beyond(comparison, numeral, amount, fact)):
        return "wrong_value", f"{said}: {clash}"
    if clash := _rate_clash(numeral, fact, shown, sentence):
        return "wrong_unit", f"{said}: {clash}"
    return "supported", said


def _quoted(text: str) -> str:
    return f"'{' '.join(text.split())}'"


def _name(unit: str) -> str:
    return {"": "a plain number", "count": "a count"}.get(unit, unit)


def _unit_words(numeral: Numeral) -> str:
    return _quoted(numeral.spelling) if numeral.unit else "a number without a unit"


def _literal(numeral: Numeral, fact: Fact, said: str) -> Verdict:
    """A date has no numbers but its own; a text supports the numbers that stand in it."""
    if fact.unit == "text":
        for other in numerals(str(fact.value)):
            same = (other.amount, other.unit, other.sign) == (
                numeral.amount,
                numeral.unit,
                numeral.sign,
            )
            if same and not other.problem:
                return "supported", said
    return "wrong_value", said


def _converted(numeral: Numeral, fact: Fact) -> tuple[Decimal, int | None] | None:
    """The number in the unit of the fact as written, with its places; None if it has another."""
    amount, places, unit = numeral.amount, numeral.places, numeral.unit
    if fact.unit == "%":
        power = {"%": 0, "percentile": 0, "permille": -1, "bp": -2, "": 2, "share": 2}.get(unit)
        if unit == "pp" and _DIFFERENCE.search(f"{fact.label} {fact.key}"):
            power = 0
        if power is None:
            return None
        return amount.scaleb(power), None if places is None else places - power
    if numeral.parts:
        return None
    allowed = {
        "": ("", "points", "ordinal", "share"),
        "x": ("x", "", "share"),
        "count": ("", "ordinal"),
    }.get(fact.unit, (fact.unit,))
    if unit in allowed or (unit and _stands_in_label(numeral, fact)):
        return amount, places
    if fact.unit == "count" and numeral.spelling.lower() == "times":
        return amount, places
    return None


def _stands_in_label(numeral: Numeral, fact: Fact) -> bool:
    """Whether the label counts in the unit that the text writes: `days in this regime`."""
    stem = numeral.spelling.split()[-1].lower().rstrip("s.")
    return fact.unit in ("", "count") and len(stem) > 2 and stem in fact.label.lower()


def _means_other_unit(numeral: Numeral, fact: Fact) -> bool:
    """Whether the digits are right and `%` is missing or too much."""
    if fact.unit != "%" or numeral.unit not in ("", "%"):
        return False
    power = -2 if numeral.unit == "" else 2
    amount = numeral.amount
    moved = amount if power == -2 else amount.scaleb(2)
    return abs(moved - abs(fact.amount)) <= Decimal(1).scaleb(-fact.places)


def _rounded(
    numeral: Numeral, amount: Decimal, places: int | None, fact: Fact, hedged: bool
) -> Verdict:
    target = abs(fact.amount)
    if places is None:
        return _in_words(numeral, amount, fact)
    if _agree(amount, target, places):
        return _coarse(amount, places, fact)
    tens = places - 1
    if hedged and numeral.zeros and _agree(amount, target, tens):
        return _coarse(amount, tens, fact)
    if abs(amount - target) < Decimal(1).scaleb(-min(places, fact.places)):
        return "wrong_rounding", "that is not how it rounds"
    if abs(amount - target) <= target * LARGEST_ROUNDING / 10 and numeral.zeros:
        return "wrong_rounding", "that is rounded to tens and does not say so"
    return "wrong_value", ""


def _agree(amount: Decimal, target: Decimal, places: int) -> bool:
    unit = Decimal(1).scaleb(-places)
    return amount in (target.quantize(unit, ROUND_HALF_UP), target.quantize(unit, ROUND_HALF_EVEN))


def _coarse(amount: Decimal, places: int, fact: Fact) -> Verdict:
    """Whether enough digits are left of a number that is rounded rightly."""
    if places >= fact.places:
        return "supported", ""
    target = abs(fact.amount)
    digits = amount.adjusted() + 1 + places if amount else 0
    if places < fact.places - 1 and digits < ENOUGH_DIGITS:
        return "wrong_rounding", "it leaves out more than one digit"
    if abs(amount - target) > target * LARGEST_ROUNDING:
        return "wrong_rounding", "rounding so far changes it by more than a twentieth"
    return "supported", ""


def _in_words(numeral: Numeral, amount: Decimal, fact: Fact) -> Verdict:
    """`twice` and `a third` may be off by what leaving out one digit makes, `two of five` not."""
    places = fact.places if numeral.parts else max(0, fact.places - 1)
    unit = Decimal(1).scaleb(-places)
    rounded = [
        {value.quantize(unit, ROUND_HALF_UP), value.quantize(unit, ROUND_HALF_EVEN)}
        for value in (amount, abs(fact.amount))
    ]
    near = abs(amount - abs(fact.amount)) <= abs(fact.amount) * LARGEST_ROUNDING
    return ("supported", "") if near and rounded[0] & rounded[1] else ("wrong_value", "")


def _sign_clash(numeral: Numeral, fact: Fact, shown: str, sentence: tuple[int, int]) -> str:
    """Why the direction is wrong; empty if it is right."""
    sign = (fact.amount > 0) - (fact.amount < 0)
    if sign == 0 or ((fact.unit not in _SIGNED or numeral.amount == 0) and not numeral.sign):
        return ""
    if numeral.sign and numeral.sign != sign:
        return "the sign is the other one"
    is_loss = is_size_of_loss(fact)
    way, certain = direction(shown, numeral.start, numeral.end, sentence)
    if sign > 0:
        clashes = way == DOWN and certain and not is_loss
        return "the words around it say a loss" if clashes else ""
    if numeral.sign:
        return "the words say a rise" if rises(shown, numeral.start) else ""
    if way == UP:
        return "the words around it say a gain"
    if way == DOWN or (is_loss and not certain):
        return ""
    return "neither a sign nor a word says that it is negative"


def _beyond(comparison: Bound, numeral: Numeral, amount: Decimal, fact: Fact) -> str:
    """Why a comparison is wrong: of sizes, but of a level with a sign as it stands."""
    is_signed = comparison.is_level and numeral.sign < 0
    excess = fact.amount + amount if is_signed else abs(fact.amount) - amount
    excess *= comparison.way
    if excess > 0 or (excess == 0 and not comparison.is_strict):
        return ""
    return f"it is not {'more' if comparison.way > 0 else 'less'} than that"


def _rate_clash(numeral: Numeral, fact: Fact, shown: str, sentence: tuple[int, int]) -> str:
    """`a day` where the label says `a year`, or trading days where it counts calendar days."""
    around = shown[numeral.start : min(sentence[1], numeral.end + 24)]
    before = shown[max(sentence[0], numeral.start - 60) : numeral.start]
    said = {rate for rate, form in _RATES.items() if form.search(f"{before} {around}")}
    meant = {rate for rate, form in _RATES.items() if form.search(fact.label)}
    if fact.unit != "count" and said and meant and not said & meant:
        return f"one is by the {min(said)}, the other by the {min(meant)}"
    kinds = (_TRADING, _CALENDAR)
    for mine, other in (kinds, kinds[::-1]):
        if mine.search(numeral.spelling) and other.search(fact.label) and fact.unit == "days":
            return "trading days and calendar days are not the same"
    return ""
