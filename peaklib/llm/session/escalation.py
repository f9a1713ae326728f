"""When a critic is asked about a text, by rule, and what it is asked."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from peaklib.llm.grounding import Evidence, Grounding
from peaklib.llm.guard import Finding
from peaklib.llm.messages import Message
from peaklib.llm.session.prompts import Prompt

UNSURE: Final = "unsure"
VERDICT_SCHEMA: Final[Mapping[str, Any]] = {
    "type": "object",
    "properties": {
        "verdict": {"type": "string", "enum": ["pass", "fail"]},
        "findings": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["verdict", "findings"],
    "additionalProperties": False,
}
"""What a critic answers."""


@dataclass(frozen=True)
class Reason:
    """One reason to ask a critic.

    Args:
        rule: `unsure`, `grounding` or `policy`.
        text: what was found.
    """

    rule: str
    text: str


def reasons(
    confidence: str, groundings: Iterable[Grounding], findings: Iterable[Finding]
) -> tuple[Reason, ...]:
    """Why a critic is asked about a text; nobody decides this but these three rules.

    Args:
        confidence: the writer's own.
        groundings: of the parts of the text.
        findings: of the guard.
    """
    found = [Reason("unsure", "the writer says that it is unsure")] if confidence == UNSURE else []
    for grounding in groundings:
        found += [
            Reason("grounding", f"{claim.text}: {claim.reason}") for claim in grounding.unsupported
        ]
    found += [Reason("policy", f"{finding.rule}: {finding.excerpt}") for finding in findings]
    return tuple(found)


def messages_to_critic(
    prompt: Prompt, text: str, found: Iterable[Reason], evidence: Evidence | None = None
) -> tuple[Message, ...]:
    """What a critic is asked.

    Args:
        prompt: whose critic's rules hold.
        text: that is judged.
        found: why the critic is asked.
        evidence: that the text may use.
    """
    listed = json.dumps([vars(reason) for reason in found], ensure_ascii=False, indent=1)
    parts = [f"<text>\n{text}\n</text>", f"<found>\n{listed}\n</found>"]
    if evidence is not None:
        parts.append(evidence.block())
    return (
        {"role": "system", "content": prompt.critic.strip()},
        {"role": "user", "content": "\n\n".join(parts)},
    )
