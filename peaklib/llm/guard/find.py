"""Sentences of a text against the rules."""

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from peaklib.evidence.redaction.forms import SHAPES, replacement
from peaklib.llm.guard.frames import PROMPT_AND_PAGE
from peaklib.llm.guard.german import GERMAN
from peaklib.llm.guard.trade import TRADE

GROUPS: Final = ("trade", "injection", "secret", "page")
"""What `findings` looks for unless told otherwise."""

_RULES: Final = (*TRADE, GERMAN, *PROMPT_AND_PAGE)
RULES: Final = ("injection.hidden", "secret.shape", *(rule.name for rule in _RULES))
"""Names of all rules."""

_LONGEST_EXCERPT: Final = 160
_LONGEST_SENTENCE: Final = 2000


@dataclass(frozen=True)
class Finding:
    """One thing that a text must not hold.

    Args:
        rule: group and name, such as `trade.order`.
        excerpt: the sentence around it, shortened; a key in it is replaced.
        reason: what the rule says.
    """

    rule: str
    excerpt: str
    reason: str


def findings(text: str, groups: Collection[str] = GROUPS) -> tuple[Finding, ...]:
    """Everything in a text that the rules of some groups forbid.

    Args:
        text: prose of a model, or a passage of a source.
        groups: of `GROUPS`; L1 and L2 prose wants all, a quoted source may speak of trades.

    Returns:
        One finding for each rule and sentence, in the order of the text; empty if it is clean.
    """
    found = []
    plain = _plain(text)
    if "injection" in groups and (hidden := _hidden(text)):
        found.append(hidden)
    if "secret" in groups:
        found += _secrets(text)
    wanted = [rule for rule in _RULES if rule.name.partition(".")[0] in groups]
    for sentence in _sentences(plain):
        for rule in wanted:
            if match := rule.match(sentence):
                excerpt = _redacted(_around(sentence, match.start()))
                found.append(Finding(rule.name, excerpt, rule.reason))
    return tuple(found)


def _plain(text: str) -> str:
    """Compatibility letters as plain ones, without invisible characters."""
    folded = unicodedata.normalize("NFKC", text)
    if folded.isascii():
        return folded
    visible = "".join(c for c in folded if unicodedata.category(c) != "Cf")
    return visible.replace("’", "'").replace("\u2018", "'")


def _hidden(text: str) -> Finding | None:
    """Direction marks and tag characters: text that a person does not see and a model reads."""
    for place, char in enumerate(text if not text.isascii() else ""):
        if "\u202a" <= char <= "\u202e" or "\u2066" <= char <= "\u2069" or char >= "\U000e0000":
            excerpt = _around(_plain(text[max(0, place - 80) : place + 80]), 0)
            reason = f"holds the invisible character U+{ord(char):04X}; remove it"
            return Finding("injection.hidden", excerpt, reason)
    return None


def _secrets(text: str) -> Iterator[Finding]:
    content = text.encode("utf-8", "surrogatepass")
    for shape in SHAPES:
        if shape.occurs(content):
            excerpt = replacement(shape.name).decode()
            yield Finding("secret.shape", excerpt, f"holds what looks like a key: {shape.name}")


def _redacted(text: str) -> str:
    content = text.encode("utf-8", "surrogatepass")
    for shape in SHAPES:
        content = shape.replace(content)
    return content.decode("utf-8", "surrogatepass")


_END: Final = re.compile(r"(?<=[.!?])\s+(?=[^\s\d])|\n")


def _sentences(text: str) -> Iterator[str]:
    """Sentences and lines; a line without an end comes in pieces that overlap."""
    for sentence in _END.split(text):
        step = _LONGEST_SENTENCE - 200
        for start in range(0, max(1, len(sentence) - 200), step):
            piece = sentence[start : start + _LONGEST_SENTENCE]
            if piece.strip():
                yield piece


def _around(sentence: str, place: int) -> str:
    start = max(0, min(place - 60, len(sentence) - _LONGEST_EXCERPT))
    excerpt = " ".join(sentence[start : start + _LONGEST_EXCERPT].split())
    return f"{'…' if start else ''}{excerpt}"
