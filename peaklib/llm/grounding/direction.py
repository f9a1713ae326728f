"""Which way a number points: `fell by`, `a loss of`, `below its peak`."""

import re
from typing import Final

from peaklib.llm.grounding.facts import Fact

_DOWN_NOUNS: Final = (
    r"drawdowns?|loss(?:es)?|declines?|drops?|falls?|crash(?:es)?|slumps?|plunges?|dips?|decreases?|"
    r"shortfalls?|reductions?|setbacks?|retreats?|corrections?|troughs?|deficits?|underperformance|dd"
)
_DOWN_VERBS: Final = (
    r"fell|fallen|falling|lost|losing|lose|dropped|dropping|declined|declining|slid|sank|sunk|"
    r"plunged|slumped|crashed|tumbled|shed|decreased|shrank|shrunk|retreated|down|underperformed|"
    r"lagged|trailed|gave up|gives up|loses|lowered|cut|reduced|slipped"
)
_UP: Final = (
    r"rose|risen|rising|rises?|gain(?:s|ed|ing)?|climb(?:s|ed)?|increas(?:es?|ed)|advanc(?:es?|ed)|"
    r"rall(?:y|ied)|grew|grown|growth|jump(?:s|ed)?|soar(?:s|ed)?|surg(?:es?|ed)|up|added|profits?|"
    r"recover(?:y|ed)|outperform(?:ed|ance)?|earned|made"
)
_NEUTRAL: Final = (
    r"returns?|returned|performance|change|changed|cagr|sharpe|skew(?:ness)?|correlations?|"
    r"autocorrelations?"
)
_AFTER_DOWN: Final = (
    r"below|under|beneath|lower|less|down|loss|decline|drop|fall|drawdown|drawdowns|losses|decrease|"
    r"off|short|correction|slump|crash|worse|underperformance|smaller|slide|dip"
)
_AFTER_UP: Final = (
    r"above|higher|more|gain|gains|increase|rise|growth|rally|profit|upside|better|up|"
    r"recovery"
)
_WORDS: Final = re.compile(
    rf"\b(?:(?P<down>{_DOWN_NOUNS}|{_DOWN_VERBS})|(?P<up>{_UP})|(?P<neutral>{_NEUTRAL}))\b",
    re.IGNORECASE,
)
_FILLER: Final = (
    r"(?:by|of|about|around|some|roughly|nearly|almost|approximately|circa|just|only|another|"
    r"a|an|the|as much as|more than|less than|at most|at least|up|total|further|over|well|is|"
    r"was|were|are|has|been|reached|amounted to|came to|totall?ed|equall?ed|:|=|"
    r"[*_(≈~|,]{1,3}|of up to)"
)
_LINKED: Final = re.compile(rf"^\s{{0,3}}(?:{_FILLER}\s{{0,3}}){{0,5}}$", re.IGNORECASE)
_LEVEL: Final = re.compile(
    r"\b(?:to|from|at|with|versus|against)\b[\s*_(]{0,4}"
    r"(?:about |around |some |roughly |nearly |almost |only |just )?$",
    re.IGNORECASE,
)
# `fell 5 % [a] in 2008 and 3 % [b]`: the verb goes on to the second number.
_GOES_ON: Final = re.compile(
    r"\][\s,]{0,3}(?:in \d{4})?[\s,]{0,3}(?:and|or|then|plus)?[\s,]{0,3}"
    r"(?:by|then|another|of)?\s{0,2}$",
    re.IGNORECASE,
)
_AFTER: Final = re.compile(
    rf"^(?:\s?\[[^\[\]]{{1,400}}\])?[\s*_)]{{0,4}}(?:(?:a|per) \w{{1,9}} )?"
    rf"(?:(?P<down>{_AFTER_DOWN})|(?P<up>{_AFTER_UP}))\b(?! than)",
    re.IGNORECASE,
)
_RISES: Final = re.compile(
    r"\b(?:rose|gained|climbed|increased|advanced|rallied|grew|jumped|soared|surged|added)"
    r"(?: by)?[\s*_]{1,3}$",
    re.IGNORECASE,
)
_CLAUSE: Final = re.compile(r";|\bwhile\b|\bwhereas\b|\bbut\b", re.IGNORECASE)
_HEDGE: Final = re.compile(
    r"(?:\b(?:about|around|some|roughly|nearly|almost|approximately|approx\.|circa|ca\.|close to|"
    r"more than|less than|over|just under|just over)\s(?:an?\s)?|[~≈]\s?)$",
    re.IGNORECASE,
)
_DIGITS: Final = re.compile(r"[-−+$]?\d")
_WORD: Final = re.compile(r"[^\W\d_]+")
_DOWN_LABEL: Final = re.compile(
    rf"(?:{_DOWN_NOUNS}|down|below|under|underwater|worst|falling)", re.IGNORECASE
)
DOWN: Final = -1
UP: Final = 1


def is_size_of_loss(fact: Fact) -> bool:
    """Whether a fact is a loss by its nature, so that people write it without a sign."""
    words = _WORD.findall(f"{fact.label} {fact.key}")
    return any(_DOWN_LABEL.fullmatch(word) for word in words)


def direction(shown: str, start: int, end: int, sentence: tuple[int, int]) -> tuple[int, bool]:
    """Which way the words around a number point.

    Args:
        shown: the text.
        start: offset of the number.
        end: offset behind it.
        sentence: its offsets.

    Returns:
        -1 for down, 1 for up, 0 for neither; and whether that word belongs to this number
        for certain (`fell by 33.4 %`, `33.4 % below`), not merely stands nearest before it.
    """
    if after := _AFTER.match(shown[end : min(sentence[1], end + 460)]):
        return (DOWN if after["down"] else UP), True
    before = shown[max(sentence[0], start - 300) : start]
    clause = _CLAUSE.split(before)[-1]
    words = list(_WORDS.finditer(clause))
    if not words:
        return 0, False
    nearest = words[-1]
    way = DOWN if nearest["down"] else UP if nearest["up"] else 0
    gap = clause[nearest.end() :]
    if _LINKED.match(gap) or (_GOES_ON.search(gap) and _LINKED.match(_to_number(gap))):
        return way, True
    return (0 if _LEVEL.search(gap) else way), False


def _to_number(gap: str) -> str:
    """What stands between a word and the first number behind it."""
    found = _DIGITS.search(gap)
    return gap[: found.start()] if found else gap


def rises(shown: str, start: int) -> bool:
    """Whether a verb such as `rose by` stands directly before a number."""
    return _RISES.search(shown, max(0, start - 30), start) is not None


def is_hedged(shown: str, start: int) -> bool:
    """Whether `about` or its like stands before a number."""
    return _HEDGE.search(shown, max(0, start - 20), start) is not None
