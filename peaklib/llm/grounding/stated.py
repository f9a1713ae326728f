"""Facts that are words: the sentence that cites one has to say it."""

import re
from typing import Final

from peaklib.llm.grounding.facts import Fact

_LONGEST: Final = 3
_ENDING: Final = re.compile(r"(?:ed|ing|ly|er|e|s)$", re.IGNORECASE)
_DENIED: Final = re.compile(
    r"(?:\b(?:not|never|no longer|far from|anything but|neither|nor)|n['’]t)[\s*_]{1,3}"
    r"(?:(?:an?|the|in|at all|really|very|yet)\s){0,2}[\"'“*_]{0,3}$",
    re.IGNORECASE,
)


def is_name(fact: Fact) -> bool:
    """Whether a fact is a word or a few, such as the name of a regime, and no note."""
    value = str(fact.value)
    words = value.split()
    return fact.unit == "text" and len(words) <= _LONGEST and value.replace(" ", "").isalpha()


def says(sentence: str, fact: Fact) -> str:
    """What is wrong with a sentence that cites such a fact; empty if nothing is."""
    value = str(fact.value)
    stem = _ENDING.sub("", value)
    words = re.escape(stem if len(stem) >= 4 else value).replace(r"\ ", r"[\s\u00a0-]{1,3}")
    found = list(re.finditer(rf"(?<!\w){words}", sentence, re.IGNORECASE))
    if not found:
        return f"its sentence does not say {value!r}, which {fact.key} is"
    if all(_DENIED.search(sentence, max(0, each.start() - 60), each.start()) for each in found):
        return f"its sentence denies {value!r}, which {fact.key} is"
    return ""
