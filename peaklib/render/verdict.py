"""The closed vocabulary of a report's answer: a word, a sign and a tone, never colour alone."""

from enum import Enum


class Verdict(Enum):
    """What the evidence says about the question; computed from gates, never typed.

    Args:
        word: shown on the first screen and at the start of the page's title.
        sign: stands before the word, so that the word is told apart without colour.
        tone: `better`, `worse` or `open`; the page picks the colour.
    """

    SUPPORTED = ("SUPPORTED", "✓", "better")
    INCONCLUSIVE = ("INCONCLUSIVE", "~", "open")
    NOT_SUPPORTED = ("NOT SUPPORTED", "✕", "worse")
    INVALID = ("INVALID", "!", "worse")

    def __init__(self, word: str, sign: str, tone: str) -> None:
        self.word = word
        self.sign = sign
        self.tone = tone
