"""What is said of a number before it is named: `more than`, `below`, `at most`, `never reached`."""

import re
from dataclasses import dataclass
from typing import Final

_B: Final = r"[\s\u00a0*_]{1,4}"
_HEDGE: Final = rf"(?:(?:about|around|roughly|approximately|some|even|just|an?){_B}){{0,2}}"
_NO: Final = (
    r"(?:\bno\s|(?:\b(?:not|never|cannot)|n['’]t)\s"
    r"(?:(?!but|and|only|just|merely)[a-z]{1,12}\s){0,2})"
)
_MORE: Final = (
    r"(?:more|greater|larger|bigger|longer|higher) than|in excess of|upwards? of|north of"
)
_LESS: Final = r"(?:less|fewer|smaller|shorter|lower) than|short of|shy of|south of"
_OVER: Final = r"above|over|beyond|exceed(?:s|ed|ing)?|surpass(?:es|ed|ing)?|topp(?:ed|ing)|tops"
_UNDER: Final = r"below|under|beneath"
_BEFORE: Final = re.compile(
    rf"(?P<no>{_NO})?\b(?:"
    rf"(?:(?P<more>{_MORE})|(?P<less>{_LESS})|(?P<least>at least|a minimum of)|"
    rf"(?P<most>at most|a maximum of|up to)){_B}(?:the{_B})?{_HEDGE}"
    rf"|(?:(?P<over>{_OVER})|(?P<under>{_UNDER})){_B}{_HEDGE})$"
    r"|(?:(?P<gt>[>≥]=?)|(?P<lt>[<≤]=?))\s?$",
    re.IGNORECASE,
)
_BEHIND: Final = re.compile(
    r"(?:\s?\[[^\[\]]{1,400}\])?\sor\s"
    r"(?:(?P<least>more|above|higher|over|longer|greater)|"
    r"(?P<most>less|fewer|below|lower|under|shorter|smaller))\b"
    r"(?!\s(?:than|its|their|the|that|an?)\b|\s\d)",
    re.IGNORECASE,
)
# `23.7 % [now], well above 18.3 % [mean]` sets two numbers of the text side by side.
_TWO_NUMBERS: Final = re.compile(
    r"\d[^\[\]\n]{0,24}\[[^\[\]\n]{1,400}\][\s,(–—-]{0,4}"
    r"(?:(?:which|that|is|was|still|well|far|just|slightly|now|and|much|a|little|only|barely|"
    r"clearly|remains|stands|thus)\s){0,4}$",
    re.IGNORECASE,
)
# `over 42 days` is how long it took, or the days in which something happened.
_TOOK: Final = re.compile(
    r"\b(?:for|took|takes?|taken|last(?:s|ed|ing)?|spent|well|just|little|slightly)\s$",
    re.IGNORECASE,
)
# A level at which something would be so is no claim about the fact that gives it.
_IF: Final = re.compile(
    r"\b(?:if|unless|until|once|should|would|invalidat\w{0,5}|triggers?|thresholds?)\b",
    re.IGNORECASE,
)
_TIMES: Final = ("days", "years", "weeks", "months", "quarters", "decades", "hours")

_DENYING: Final = (
    r"(?:\b(?:not|never|cannot|failed to|fails to|neither|nor|by no means|far from|nothing like|"
    r"nowhere (?:near|close to)|anything but)|n['’]t)"
)
_VERB: Final = (
    r"been|be|being|have|has|had|at|to|by|of|the|an?|yet|quite|even|exactly|really|actually|ever|"
    r"in fact|anywhere|near(?:ly)?|close|about|around|as|high|low|much|large|many|long|"
    r"reach(?:ed|es|ing)?|hit|touch(?:ed|es)?|attain(?:ed|s)?|equal(?:led|s)?|amount(?:ed|s)?|"
    r"comes?|came|rise|risen|rose|fall|fallen|fell|drop(?:ped)?|lose|lost|gain(?:ed)?|make|made|"
    r"return(?:ed)?|climb(?:ed)?|declined?|stand|stood|last(?:ed)?|take|took|taken|close|closed|"
    r"average|averaged|it|was|is|were|are"
)
_DENIED: Final = re.compile(rf"{_DENYING}{_B}(?:(?:{_VERB}){_B}){{0,5}}$", re.IGNORECASE)


@dataclass(frozen=True)
class Bound:
    """What a text compares with a number.

    Args:
        way: 1 if it should be more, -1 if less.
        is_strict: whether as much is not enough.
        is_level: whether below a negative number means further from zero.
    """

    way: int
    is_strict: bool
    is_level: bool


def bound(shown: str, start: int, end: int, unit: str, sentence: tuple[int, int]) -> Bound | None:
    """The comparison in which a number stands; None if there is none.

    Args:
        shown: the text.
        start: offset of the number.
        end: offset behind it.
        unit: of the number.
        sentence: its offsets.
    """
    if behind := _BEHIND.match(shown, end, sentence[1]):
        return Bound(1 if behind["least"] else -1, False, False)
    low = max(sentence[0], start - 80)
    found = _BEFORE.search(shown, low, start)
    if not found:
        return None
    if found["gt"] or found["lt"]:
        sign = found["gt"] or found["lt"]
        return Bound(1 if found["gt"] else -1, sign in "<>", True)
    if _TWO_NUMBERS.search(shown, max(sentence[0], found.start() - 200), found.start()):
        return None
    is_level = bool(found["over"] or found["under"])
    if is_level and _IF.search(shown, max(sentence[0], start - 200), found.start()):
        return None
    is_while = (found["over"] or "").lower() == "over" and unit in _TIMES
    if is_while and not _TOOK.search(shown, low, found.start("over")):
        return None
    way = 1 if found["more"] or found["over"] or found["least"] else -1
    if found["no"]:
        return Bound(-way, False, is_level)
    return Bound(way, not (found["least"] or found["most"]), is_level)


def is_denied(shown: str, start: int, sentence: tuple[int, int]) -> bool:
    """Whether the words before a number say that it is not so: `was not`, `never reached`."""
    return _DENIED.search(shown, max(sentence[0], start - 80), start) is not None
