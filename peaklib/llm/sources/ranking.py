"""Which passages speak about a question: Okapi BM25, and the share of the question they meet."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from peaklib.llm.sources.passages import Passage
from peaklib.llm.sources.words import terms

K1: Final = 1.2
"""How soon it stops to matter that a word comes once more."""
B: Final = 0.75
"""How much a long passage is marked down, 0 … 1."""


@dataclass(frozen=True)
class Hit:
    """A passage that shares words with a question.

    Args:
        passage: what was found.
        score: BM25, positive; comparable within one question only.
        coverage: share of the question that the passage meets, in (0, 1]: the weight of the
            words that it has over that of all words of the question.
    """

    passage: Passage
    score: float
    coverage: float


class Ranking:
    """Passages, ready to be asked.

    A passage is found by its own words and by those of its section. The weight of a word is
    `ln(1 + (N - n + 0.5) / (n + 0.5))` with `n` of `N` passages having it, so a word of the
    question that no source has weighs most.

    Args:
        passages: in order; among equals the earlier one comes first.

    Source: Robertson and Zaragoza (2009), The probabilistic relevance framework: BM25 and
    beyond, Foundations and Trends in Information Retrieval 3(4); the weight as Lucene has it,
    which is never negative.
    """

    def __init__(self, passages: Sequence[Passage]) -> None:
        self.passages = tuple(passages)
        self._counts = [Counter(terms(f"{each.section} {each.text}")) for each in self.passages]
        self._holding = Counter(term for counts in self._counts for term in counts)
        self._mean = sum(count.total() for count in self._counts) / max(len(self._counts), 1)

    def has(self, term: str) -> bool:
        """Whether any passage has a word."""
        return term in self._holding

    def weight(self, term: str) -> float:
        """What it is worth that a passage has a word; positive."""
        n = self._holding[term]
        return math.log(1 + (len(self.passages) - n + 0.5) / (n + 0.5))

    @staticmethod
    def has_words(question: str) -> bool:
        """Whether a question has any word that can be looked for."""
        return any(terms(question))

    def coverage(self, question: str, text: str) -> float:
        """Share of a question's words, by weight, that a text has; 0 for a question without any."""
        return self._covered(_distinct(question), set(terms(text)))

    def ask(self, question: str) -> tuple[Hit, ...]:
        """Passages that share a word with the question, the best first."""
        asked = _distinct(question)
        hits = [
            Hit(passage, self._score(asked, counts), self._covered(asked, set(counts)))
            for passage, counts in zip(self.passages, self._counts, strict=True)
            if any(term in counts for term in asked)
        ]
        return tuple(sorted(hits, key=lambda hit: -hit.score))

    def _score(self, asked: Sequence[str], counts: Counter[str]) -> float:
        damp = K1 * (1 - B + B * counts.total() / self._mean)
        # Rounded, so that equal passages are equal on every machine.
        return round(
            sum(self.weight(t) * counts[t] * (K1 + 1) / (counts[t] + damp) for t in asked), 9
        )

    def _covered(self, asked: Sequence[str], found: set[str]) -> float:
        whole = sum(self.weight(term) for term in asked)
        met = sum(self.weight(term) for term in asked if term in found)
        return round(met / whole, 9) if whole else 0.0


def _distinct(question: str) -> Sequence[str]:
    return tuple(dict.fromkeys(terms(question)))
