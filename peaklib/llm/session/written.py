"""A text by a model, with what became of its numbers and words."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from peaklib.llm.grounding import Evidence, Grounding, check_grounding
from peaklib.llm.guard import Finding, findings
from peaklib.llm.session.escalation import Reason
from peaklib.llm.session.recording import Said, Unanswered, words_of


@dataclass(frozen=True)
class Section:
    """One part of a text by a model.

    Args:
        title: as it was asked for.
        text: as it came.
        grounding: what became of its numbers.
        findings: what it should not hold; then it is not shown.
    """

    title: str
    text: str
    grounding: Grounding
    findings: tuple[Finding, ...]

    def faults(self) -> Iterator[tuple[str, str]]:
        """What does not hold, and why."""
        yield from ((claim.text, claim.reason) for claim in self.grounding.unsupported)
        yield from ((finding.excerpt, finding.reason) for finding in self.findings)


@dataclass(frozen=True)
class Written:
    """A text by a model, after all checks.

    Args:
        sections: in the order in which they were asked for.
        said: the answer it came in.
        confidence: the writer's own, `sure` or `unsure`.
        escalated: why a critic was wanted; empty if none was.
        critic: its answer, or why there is none; None if none was wanted.
    """

    sections: tuple[Section, ...]
    said: Said
    confidence: str
    escalated: tuple[Reason, ...]
    critic: Said | Unanswered | None

    @property
    def grounded(self) -> bool:
        """Whether every number has been found in the evidence."""
        return all(section.grounding.grounded for section in self.sections)

    def unsupported(self) -> list[dict[str, Any]]:
        """Numbers and words that do not hold, one row each."""
        return [
            {"section": part.title, "what": what, "why": why}
            for part in self.sections
            for what, why in part.faults()
        ]

    @property
    def verdict(self) -> str:
        """What the critic says, in a sentence; empty if none was wanted."""
        return "" if self.critic is None else words_of(self.critic)


def section_of(title: str, text: str, evidence: Evidence) -> Section:
    """One part of a text, checked."""
    return Section(title, text, check_grounding(text, evidence), findings(text))
