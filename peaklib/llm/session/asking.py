"""What a notebook asks a model, if it may: answers are checked and kept with the run."""

import os
import re
import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, Final, Self

from peaklib.errors import ConfigError, ModelCallError, PeakError, PolicyViolation
from peaklib.evidence.canonical import to_json
from peaklib.evidence.clock import Clock, utc_now
from peaklib.evidence.redaction.secrets import Secrets
from peaklib.evidence.run import Run
from peaklib.llm.books.lines import EVENTS
from peaklib.llm.books.money import eur
from peaklib.llm.grounding import Evidence
from peaklib.llm.history import why
from peaklib.llm.messages import Message
from peaklib.llm.roles import CRITIC, PRIMARY
from peaklib.llm.router import Router, today
from peaklib.llm.routing.switches import ENABLED, is_on, why_off
from peaklib.llm.session.escalation import (
    UNSURE,
    VERDICT_SCHEMA,
    Reason,
    messages_to_critic,
    reasons,
)
from peaklib.llm.session.prompts import load_prompt
from peaklib.llm.session.recording import (
    KEPT,
    LEDGER,
    Recording,
    Said,
    Unanswered,
    asked_digest,
    repeated_pack,
)
from peaklib.llm.session.written import Written, section_of
from peaklib.llm.settings import load_settings

if TYPE_CHECKING:
    import pandas as pd


# What the status says anyway: which call, of which run.
_CALL: Final = re.compile(r"^call \w+ of L\d \w+ \(run [^)]*\): ")
_FROM: Final = {"local": "this machine", "provider": "the provider", "": ""}


class Session:
    """Asks the models of one layer for one notebook.

    Nothing is asked while `AI_ENABLED` is off; what was asked is kept with the run, and a run
    that is repeated is given the answers of then.

    Args:
        run: of the notebook.
        layer: `L0` … `L4`.
        prompt: name of a file under `configs/ai/prompts`.
        environ: variables of the environment.
        clock: of the ledger, and of what a notebook without a run is called there.

    Raises:
        ConfigError: the prompt is of another layer, or a file is wrong.
    """

    def __init__(
        self,
        run: Run,
        *,
        layer: str,
        prompt: str,
        environ: Mapping[str, str] | None = None,
        clock: Clock = utc_now,
    ) -> None:
        self._environ: Mapping[str, str] = os.environ if environ is None else environ
        pack = repeated_pack(self._environ)
        self._replay = pack is not None
        self._recording = Recording(load_prompt(prompt)) if pack is None else Recording.load(pack)
        self.prompt = self._recording.prompt
        if self.prompt.layer != layer:
            raise ConfigError(
                f"prompt {prompt}", [f"layer = {self.prompt.layer!r}: {layer} cannot use it"]
            )
        self.layer = layer
        self.run_id = run.folder.name if run.folder else unrecorded_id(clock)
        self._run = run
        self._clock = clock
        self._router: Router | None = None

    @property
    def on(self) -> bool:
        """Whether a model is asked, or was when the repeated run was made."""
        return bool(self._recording.calls) if self._replay else is_on(self._environ, ENABLED)

    @property
    def status(self) -> str:
        """Whether a model was asked, in a sentence for the reader."""
        if self._replay:
            return self._recording.status
        if not self.on:
            return f"No model was asked: {why_off(self._environ, ENABLED)}."
        answered = [call for call in self._recording.calls if isinstance(call, Said)]
        failed = [call for call in self._recording.calls if isinstance(call, Unanswered)]
        words = [f"Asked and answered by {call.by}." for call in answered]
        words += [f"No answer ({call.role}): {call.reason}." for call in failed]
        return " ".join(dict.fromkeys(words)) or "A model may be asked, and was not yet."

    def ask(
        self,
        values: Mapping[str, str],
        schema: Mapping[str, Any],
    ) -> Said | None:
        """Ask the prompt's question.

        Args:
            values: texts that the prompt asks for.
            schema: JSON schema of the answer.

        Returns:
            The answer; None if no model may be asked or none answered, see `status`.
        """
        said = self._call(PRIMARY, self.prompt.messages(values), schema) if self.on else None
        return said if isinstance(said, Said) else None

    def write(
        self, evidence: Evidence, sections: Sequence[str], context: str = "none"
    ) -> Written | None:
        """Have a text written about evidence, and check every number and word of it.

        Args:
            evidence: the only facts that the text may hold.
            sections: titles of its parts.
            context: what it is about.

        Returns:
            The text; None if no model may be asked or none answered, see `status`.
        """
        values = {"sections": "; ".join(sections), "context": context, "evidence": evidence.block()}
        said = self.ask(values, sections_schema(sections))
        if said is None:
            return None
        parts = tuple(
            section_of(title, said.parsed["sections"][title], evidence) for title in sections
        )
        confidence = said.parsed["confidence"]
        found = [finding for part in parts for finding in part.findings]
        why = reasons(confidence, [part.grounding for part in parts], found)
        return Written(parts, said, confidence, why, self.criticise(said.text, why, evidence))

    def criticise(
        self, text: str, why: Sequence[Reason], evidence: Evidence | None = None
    ) -> Said | Unanswered | None:
        """Ask the critic about a text if there is a reason to.

        Args:
            text: that is judged.
            why: reasons; without one, nobody is asked.
            evidence: that the text may use.

        Returns:
            The critic's answer, or why there is none; None without a reason.
        """
        if not why or not self.prompt.critic:
            return None
        messages = messages_to_critic(self.prompt, text, why, evidence)
        return self._call(CRITIC, messages, VERDICT_SCHEMA)

    def calls(self) -> "pd.DataFrame":
        """Every call of this session, one row each, with its tokens and its cost in EUR."""
        import pandas as pd

        columns = ["role", "row", "service", "from", "attempts", "tokens", "EUR", "answer"]
        rows = [_row(call) for call in self._recording.calls]
        return pd.DataFrame(rows, columns=columns)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        self.finish()

    def finish(self) -> None:
        """Keep with the run who was asked and what was answered, and close the connections."""
        recording = self._recording
        if not self._replay:
            recording.status = self.status
            self._keep_digests()
        if self._router is not None:
            recording.ledger = self._lines(self._router)
            self._router.close()
            self._router = None
        self._run.save_input(KEPT, recording.to_bytes())
        if recording.ledger:
            self._run.save_text(LEDGER, recording.ledger)

    def _keep_digests(self) -> None:
        """Which matrix and policy were in force, also where nobody was asked."""
        settings = self._router.settings if self._router else None
        with suppress(PeakError):
            # A configuration that is wrong is no matter for a run that asks nobody.
            settings = settings or load_settings(today=today(self._clock))
        if settings is not None:
            self._recording.matrix_digest = settings.matrix_digest
            self._recording.policy_digest = settings.policy_digest

    def _call(
        self, role: str, messages: Sequence[Message], schema: Mapping[str, Any]
    ) -> Said | Unanswered:
        asked = asked_digest(messages, schema)
        if self._replay:
            return self._recording.find(role, asked)
        call = self._answer(role, messages, schema, asked)
        self._recording.calls.append(call)
        return call

    def _answer(
        self, role: str, messages: Sequence[Message], schema: Mapping[str, Any], asked: str
    ) -> Said | Unanswered:
        try:
            reply = self._opened().call(
                self.layer,
                role,
                messages,
                response_schema=schema,
                run_id=self.run_id,
                prompt_version=self.prompt.version,
            )
        except (ModelCallError, PolicyViolation) as error:
            # The notebook goes on without it, and says so.
            return self._unanswered(role, asked, error)
        return _without_secrets(Said.of(reply, asked), Secrets.known(self._environ))

    def _unanswered(self, role: str, asked: str, error: PeakError) -> Unanswered:
        """A call without an answer, with what it has cost by the ledger."""
        calls = why(self._opened().ledger, self.run_id).calls
        sent = [step for step in calls[-1].steps if step.sent] if calls else []
        last = sent[-1] if sent else None
        return Unanswered(
            role,
            asked,
            type(error).__name__,
            _CALL.sub("", str(error)),
            last.row if last else "",
            last.service if last else "",
            ("local" if last.local else "provider") if last else "",
            len(sent),
            sum(step.tokens for step in sent),
            sum(step.cost_micro_eur for step in sent),
        )

    def _opened(self) -> Router:
        if self._router is None:
            runs = self._run.folder.parents[1] if self._run.folder else None
            self._router = Router.of_project(environ=self._environ, runs=runs, clock=self._clock)
        return self._router

    def _lines(self, router: Router) -> str:
        """The ledger's lines about this run, as they stand there."""
        found = [
            to_json(asdict(event)).decode()
            for event in router.ledger.events(*EVENTS)
            if event.data.get("run_id") == self.run_id
        ]
        return "".join(f"{line}\n" for line in found)


def sections_schema(titles: Sequence[str]) -> dict[str, Any]:
    """JSON schema of a text in sections, with the writer's own confidence."""
    return {
        "type": "object",
        "properties": {
            "sections": {
                "type": "object",
                "properties": {title: {"type": "string"} for title in titles},
                "required": list(titles),
                "additionalProperties": False,
            },
            "confidence": {"type": "string", "enum": ["sure", UNSURE]},
        },
        "required": ["sections", "confidence"],
        "additionalProperties": False,
    }


def unrecorded_id(clock: Clock) -> str:
    """What the ledger calls a notebook that somebody opened by hand."""
    return f"unrecorded_{clock():%Y%m%d_%H%M%S}_{secrets.token_hex(3)}"


def _without_secrets(said: Said, hidden: Secrets) -> Said:
    """An answer as its pack will keep it: what a critic is asked about it can be asked again."""
    parsed = hidden.value(said.parsed)
    # JSON may spell a secret so that only what it means shows it.
    text = hidden.text(said.text) if parsed == said.parsed else to_json(parsed).decode()
    return replace(said, text=text, parsed=parsed)


def _row(call: Said | Unanswered) -> dict[str, Any]:
    answered = isinstance(call, Said)
    return {
        "role": call.role,
        "row": call.row,
        "service": call.service,
        "from": _FROM[call.endpoint],
        "attempts": call.attempts,
        "tokens": _tokens(call) if isinstance(call, Said) else call.tokens,
        "EUR": eur(call.cost_micro_eur).removesuffix(" EUR"),
        "answer": "yes" if answered else "none",
    }


def _tokens(said: Said) -> int | None:
    return None if said.input_tokens is None else said.input_tokens + (said.output_tokens or 0)
