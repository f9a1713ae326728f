"""Claims that the sources make by themselves: each is a quote, its confidence follows a rule."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from peaklib.llm.sources.quotes import STRONG, Quote

Confidence = Literal["high", "medium", "low"]
CONFIDENCES: Final[tuple[Confidence, ...]] = ("high", "medium", "low")
SUPPORTED: Final = "supported"
UNKNOWN: Final = "I do not know"
"""What stands in the place of a claim where no source answers."""


@dataclass(frozen=True)
class Claim:
    """Something that is said, and what it stands on.

    Args:
        claim: one sentence or two.
        source: name of the source.
        quote: words of the source that say so.
        confidence: `high`, `medium` or `low`.
        keys: evidence keys that the claim or its quote cites.
        first, last: lines of the quote in the source's text; 0 where it is not found.
        status: `supported`, or what is wrong: `unknown_source`, `no_quote`,
            `no_claim`, `wrong_number`, or a rule of the guard such as `trade.order`.
        reason: in words, why it has this confidence or this status.
        question: that the claim answers; empty of a model's claims.
    """

    claim: str
    source: str
    quote: str
    confidence: Confidence
    keys: tuple[str, ...] = ()
    first: int = 0
    last: int = 0
    status: str = SUPPORTED
    reason: str = ""
    question: str = ""

    @property
    def supported(self) -> bool:
        """Whether source, quote and numbers hold."""
        return self.status == SUPPORTED

    @property
    def place(self) -> str:
        """Source and lines, as a reader looks for them."""
        lines = lines_text(self.first, self.last)
        return f"{self.source}:{lines}" if lines else self.source

    def row(self) -> dict[str, Any]:
        """For a table."""
        return {
            "claim": self.claim,
            "source": self.source,
            "lines": lines_text(self.first, self.last),
            "quote": self.quote,
            "confidence": self.confidence,
            "status": self.status,
            "reason": self.reason,
            "keys": " ".join(self.keys),
            "question": self.question,
        }


def extractive_claims(quotes: Iterable[Quote], keys: Iterable[str] = ()) -> tuple[Claim, ...]:
    """Each quote as a claim, as it reads: in the words of its source, a row with its header's.

    `high`: the quote meets the question well (coverage of `STRONG` or more), and so does another
    source in words of its own. `medium`: it meets the question well, alone. `low`: it meets a
    part of it. So confidence says how closely words fit, and in how many sources; whether the
    sources agree, or are right, it does not say.

    Args:
        quotes: of any questions.
        keys: evidence keys that a quote may cite.
    """
    known = sorted(keys)
    claims = []
    for quote in quotes:
        confidence, reason = _judged(quote)
        claim = Claim(quote.reading, quote.source, quote.text, confidence, cited(quote.text, known))
        claim = replace(claim, first=quote.first, last=quote.last, reason=reason)
        claims.append(replace(claim, question=quote.question))
    return tuple(claims)


def unanswered(questions: Sequence[str], quotes: Iterable[Quote]) -> tuple[str, ...]:
    """Questions that no source answers, in order."""
    answered = {quote.question for quote in quotes}
    return tuple(question for question in questions if question not in answered)


def cited(text: str, keys: Iterable[str]) -> tuple[str, ...]:
    """Those of some evidence keys that a text cites in square brackets."""
    inside = {
        part.strip() for piece in text.split("[")[1:] for part in piece.partition("]")[0].split(",")
    }
    return tuple(key for key in keys if key in inside)


def lines_text(first: int, last: int) -> str:
    """Lines as a reader looks for them: `12`, `12–14`, or nothing."""
    if not first:
        return ""
    return str(first) if first == last else f"{first}–{last}"


def _judged(quote: Quote) -> tuple[Confidence, str]:
    """Confidence of a quote, and the reason in words."""
    met = f"meets {quote.coverage:.0%} of the question"
    if quote.coverage < STRONG:
        return "low", f"{met}, by the weight of its words"
    copies = f"; {len(quote.copies)} with the same words do not count" if quote.copies else ""
    if not quote.also:
        return "medium", f"{met}; no other source does well{copies}"
    others = "another source does" if len(quote.also) == 1 else f"{len(quote.also)} others do"
    return "high", f"{met}; {others} so in words of their own{copies}"
