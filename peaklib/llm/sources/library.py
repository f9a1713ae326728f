"""The sources of a piece of research, together."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from peaklib.llm.grounding import Evidence, Fact
from peaklib.llm.guard import Finding, findings
from peaklib.llm.sources.literal import Literal, Place
from peaklib.llm.sources.passages import Passage, passages_of
from peaklib.llm.sources.source import Source

_BLOCK: Final = re.compile(r"[^\n]+(?:\n[^\n]+)*")


@dataclass(frozen=True)
class Warned:
    """Something in a source that a reader, and a model, should be warned of.

    Args:
        source: name of the source.
        line: in its text, from 1.
        rule: of `peaklib.llm.guard`.
        excerpt: what was found, printable.
        reason: why it is shown.
    """

    source: str
    line: int
    rule: str
    excerpt: str
    reason: str


@dataclass(frozen=True)
class Library:
    """Sources in the order in which they were asked for, each once.

    Args:
        asked: patterns and ids that were asked for.
        sources: what they led to.
    """

    asked: tuple[str, ...]
    sources: tuple[Source, ...]

    def __iter__(self) -> Iterator[Source]:
        return iter(self.sources)

    def __len__(self) -> int:
        return len(self.sources)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the sources."""
        return tuple(source.name for source in self.sources)

    @cached_property
    def short_names(self) -> dict[str, str]:
        """The end of each path that no other source has, for a table that has to be narrow."""
        ends = {name: name.split("/") for name in self.names}
        return {name: _end(parts, ends.values()) for name, parts in ends.items()}

    @cached_property
    def passages(self) -> tuple[Passage, ...]:
        """All passages, by source and line."""
        return passages_of(self.sources)

    @cached_property
    def evidence(self) -> Evidence:
        """Numbers of all runs among the sources, by evidence key."""
        return Evidence(fact for source in self.sources for fact in source.facts)

    def facts(self) -> Sequence[Fact]:
        """The same in the order of the sources."""
        return [fact for source in self.sources for fact in source.facts]

    def find(self, name: str, quote: str) -> Place | None:
        """Where a source has a quote, word for word; None if it has not, or is none of these."""
        literal = self._literals.get(name)
        return literal.find(quote) if literal else None

    def is_marked_up(self, name: str) -> bool:
        """Whether the text of a source is Markdown."""
        return name in self._marked_up

    @cached_property
    def _marked_up(self) -> frozenset[str]:
        return frozenset(s.name for s in self.sources if s.kind in ("markdown", "notebook"))

    @cached_property
    def _literals(self) -> dict[str, Literal]:
        return {source.name: Literal(source.text) for source in self.sources}

    @cached_property
    def warned(self) -> tuple[Warned, ...]:
        """Sentences of the sources that give orders to a model, comments and all.

        Passages are data wherever they go; this says which of them ask to be more.
        """
        return tuple(
            Warned(source.name, 1 + source.text.count("\n", 0, block.start()), *_words(found))
            for source in self.sources
            for block in _BLOCK.finditer(source.text)
            for found in findings(block[0], groups=("injection",))
        )

    def rows(self) -> list[dict[str, Any]]:
        """One row a source, for a table."""
        counts = dict.fromkeys(self.names, 0)
        for passage in self.passages:
            counts[passage.source] += 1
        return [
            {
                "source": source.name,
                "kind": source.kind,
                "bytes": source.size,
                "lines": source.text.count("\n") + 1,
                "passages": counts[source.name],
                "sha256": source.digest,
            }
            for source in self.sources
        ]


def _end(parts: Sequence[str], others: Iterable[Sequence[str]]) -> str:
    for size in range(1, len(parts)):
        if sum(other[-size:] == parts[-size:] for other in others) == 1:
            return "/".join(parts[-size:])
    return "/".join(parts)


def _words(found: Finding) -> tuple[str, str, str]:
    return found.rule, found.excerpt, found.reason
