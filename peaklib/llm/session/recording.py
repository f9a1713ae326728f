"""What a run keeps of the models that it asked, so that it can be repeated without asking again."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from peaklib.errors import EvidenceError
from peaklib.evidence.canonical import digest, from_json, to_json
from peaklib.evidence.places import INPUTS_VARIABLE
from peaklib.llm.messages import Message
from peaklib.llm.routing.reply import Reply
from peaklib.llm.session.prompts import Prompt

KEPT: Final = "llm/session.json"
"""Among the inputs of a pack: who was asked, and every answer."""
LEDGER: Final = "llm/ledger.jsonl"
"""Among the outputs of a pack: the ledger's lines about its calls."""


@dataclass(frozen=True)
class Said:
    """An answer, as a pack keeps it.

    Args:
        role: that was asked for.
        asked: digest of messages and schema, see `asked_digest`.
        text: of the answer.
        parsed: the answer as JSON.
        row: that answered, such as `L2.primary`.
        service: `provider:model_id`.
        returned: model that the service named.
        endpoint: `provider`, or `local` for a stand-in on this machine.
        degraded: whether a lesser model stood in.
        input_tokens, output_tokens: None if the service gave no count that can be believed.
        cost_micro_eur: of all attempts.
        attempts: how many were made.
        call_id, request_hash: in the ledger.
    """

    role: str
    asked: str
    text: str
    parsed: Any
    row: str
    service: str
    returned: str
    endpoint: str
    degraded: bool
    input_tokens: int | None
    output_tokens: int | None
    cost_micro_eur: int
    attempts: int
    call_id: str
    request_hash: str

    @classmethod
    def of(cls, reply: Reply, asked: str) -> Self:
        """What is kept of a reply."""
        usage = reply.usage
        return cls(
            reply.role,
            asked,
            reply.text,
            reply.parsed,
            reply.row,
            f"{reply.provider}:{reply.model_id}",
            reply.returned,
            reply.endpoint,
            reply.degraded,
            usage.input_tokens if usage else None,
            usage.output_tokens if usage else None,
            reply.cost_micro_eur,
            sum(attempt.sent for attempt in reply.attempts),
            reply.call_id,
            reply.request_hash,
        )

    @property
    def by(self) -> str:
        """Who wrote it, in words that do not claim more than is known."""
        if self.endpoint == "local":
            return f"a stand-in on this machine, asked for {self.service}"
        lesser = ", a lesser model standing in" if self.degraded else ""
        return f"{self.service} (answered as {self.returned}{lesser})"


@dataclass(frozen=True)
class Unanswered:
    """A call that brought no answer.

    Args:
        role: that was asked for.
        asked: digest of messages and schema, see `asked_digest`.
        kind: class of the error.
        reason: in words.
        row, service: that were asked last; empty if none was.
        endpoint: `provider` or `local`; empty likewise.
        attempts: how many were sent.
        tokens, cost_micro_eur: charged for them.
    """

    role: str
    asked: str
    kind: str
    reason: str
    row: str = ""
    service: str = ""
    endpoint: str = ""
    attempts: int = 0
    tokens: int = 0
    cost_micro_eur: int = 0


def words_of(critic: Said | Unanswered) -> str:
    """What a critic says, or why it says nothing, in a sentence."""
    if isinstance(critic, Unanswered):
        return f"A critic was wanted and did not answer: {critic.reason}"
    found = "; ".join(critic.parsed["findings"]) or "no finding"
    return f"The critic ({critic.by}) says {critic.parsed['verdict']}: {found}"


@dataclass
class Recording:
    """Everything that a session asked and was answered.

    Args:
        status: what the reader is told; filled in at the end.
        prompt: as it was, with its version.
        matrix_digest, policy_digest: in force; empty while no model may be asked.
        calls: in order.
        ledger: lines about these calls, as canonical JSON.
    """

    prompt: Prompt
    status: str = ""
    matrix_digest: str = ""
    policy_digest: str = ""
    calls: list[Said | Unanswered] = field(default_factory=list)
    ledger: str = ""

    def find(self, role: str, asked: str) -> Said | Unanswered:
        """What became of a question.

        Args:
            role: that is asked for.
            asked: digest of the question.

        Raises:
            EvidenceError: it was not asked then.
        """
        for call in self.calls:
            if (call.role, call.asked) == (role, asked):
                return call
        raise EvidenceError(
            f"the run that is repeated did not ask its {role} this question ({asked[:12]}): the "
            "prompt, the evidence or the code is another one now; nobody is asked anew"
        )

    def to_bytes(self) -> bytes:
        """Canonical JSON, without the ledger's lines."""
        return to_json(
            {
                "status": self.status,
                "prompt": self.prompt.model_dump(),
                "prompt_digest": self.prompt.digest,
                "matrix_digest": self.matrix_digest,
                "policy_digest": self.policy_digest,
                "calls": [
                    {"answered": isinstance(call, Said), **asdict(call)} for call in self.calls
                ],
            }
        )

    @classmethod
    def load(cls, pack: Path) -> Self:
        """What a pack kept.

        Raises:
            EvidenceError: it cannot be read.
        """
        path = pack / "inputs" / KEPT
        try:
            content = from_json(path.read_bytes())
            lines = pack / "outputs" / LEDGER
            return cls(
                Prompt.model_validate(content["prompt"]),
                content["status"],
                content["matrix_digest"],
                content["policy_digest"],
                [_call(entry) for entry in content["calls"]],
                lines.read_text("utf-8") if lines.is_file() else "",
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise EvidenceError(
                f"{path} cannot be read: {error}; the pack was changed, see `peak evidence verify`"
            ) from None


def _call(entry: Mapping[str, Any]) -> Said | Unanswered:
    values = {name: value for name, value in entry.items() if name != "answered"}
    return Said(**values) if entry["answered"] else Unanswered(**values)


def asked_digest(messages: Sequence[Message], schema: Mapping[str, Any] | None) -> str:
    """SHA-256 of a question, whatever the limits that it is asked under."""
    return digest({"messages": list(messages), "schema": schema})


def repeated_pack(environ: Mapping[str, str]) -> Path | None:
    """The pack that is being repeated, if one is."""
    named = environ.get(INPUTS_VARIABLE)
    return Path(named) if named else None
