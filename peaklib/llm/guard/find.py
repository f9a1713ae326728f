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

# Format characters between letters or digits of Latin script, where they join and part nothing.
_IN_A_WORD: Final = re.compile(
    r"(?<=[0-9A-Za-z\u00c0-\u024f])[\u00ad\u180e\u200b-\u200f\u2060-\u2064\u206a-\u206f\ufeff]+"
    r"(?=[0-9A-Za-z\u00c0-\u024f])"
)
# Cyrillic letters, and the Greek ones that look like Latin ones, in a word with Latin ones.
_ALIEN: Final = (
    r"[\u0400-\u052f\u03bf\u0391\u0392\u0395-\u0397\u0399\u039a"
    r"\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7]"
)
_MIXED: Final = re.compile(rf"[A-Za-z]{_ALIEN}|{_ALIEN}[A-Za-z]")

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
    """What a person does not see and a model reads.

    Direction marks and tag characters, invisible ones inside a word, letters of two scripts in one.
    """
    for place, char in enumerate(text if not text.isascii() else ""):
        if "\u202a" <= char <= "\u202e" or "\u2066" <= char <= "\u2069" or char >= "\U000e0000":
            return _hiding(text, place, "the invisible character", "remove it")
    if found := None if text.isascii() else _IN_A_WORD.search(text):
        return _hiding(text, found.start(), "the invisible character", "remove it")
    if found := None if text.isascii() else _MIXED.search(text):
        place = next(k for k in range(*found.span()) if not text[k].isascii())
        return _hiding(text, place, "between Latin letters", "write the one that it looks like")
    return None


def _hiding(text: str, place: int, what: str, advice: str) -> Finding:
    excerpt = _around(_plain(text[max(0, place - 80) : place + 80]), 0)
    reason = f"holds {what} U+{ord(text[place]):04X}; {advice}"
    return Finding("injection.hidden", excerpt, reason)


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
