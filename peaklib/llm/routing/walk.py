"""The way of one call down the rows of its layer, until one of them answers or it has to end."""

import asyncio
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from peaklib.errors import BudgetError, GuardrailError, PeakError, ProviderError
from peaklib.llm.books.lines import service_name
from peaklib.llm.history.counts import alert_of
from peaklib.llm.messages import Answer, Usage
from peaklib.llm.roles import FALLS_BACK, Outcome
from peaklib.llm.routing.admission import Refused, check_switches, to_enable
from peaklib.llm.routing.attempt import Ended, attempt, place_of
from peaklib.llm.routing.call import Call
from peaklib.llm.routing.desk import Desk
from peaklib.llm.routing.reply import Attempt, Reply
from peaklib.llm.routing.validation import REPORTED

if TYPE_CHECKING:
    from peaklib.llm.settings import Row

# Why the first row is asked, where it is not the matrix that says so.
_FIRST: Final = {"evals": "the eval measures this model, whatever the matrix says"}
_LOG: Final = logging.getLogger(__name__)
# A service that asks for patience and gets it is asked once more, not forever.
_RESENDS: Final = 1


@dataclass
class Walk:
    """One call on its way; it is walked once.

    Args:
        call: what is asked.
        desk: of the router.
        attempts: so far.
    """

    call: Call
    desk: Desk
    attempts: list[Attempt] = field(default_factory=list)

    async def run(self) -> Reply:
        """Ask row after row.

        Raises:
            PeakError: as `Router.call` says.
        """
        started = self.desk.monotonic()
        try:
            await self._check_switches()
            if not self.desk.client.ready:
                await self.desk.aside(self.desk.client.prepare)
            reply = await self._down_the_rows(started)
        except BaseException as problem:
            self._tell(type(problem).__name__)
            raise
        self._tell()
        return reply

    async def _down_the_rows(self, started: float) -> Reply:
        because = _FIRST.get(self.call.phase, "first row of the matrix for this layer and role")
        for row in self.call.chain:
            pause = self.desk.cooldowns.of(row.service)
            if pause is not None:
                because = f"{row.key} is left alone for {pause.left_s:.0f} s after {pause.after}"
                self._note(row, pause.after, because)
                continue
            ended = await self._ask(row, because)
            if ended.answer is not None and ended.ending.outcome is Outcome.OK:
                return self._reply(ended, ended.answer, started)
            if ended.ending.outcome not in FALLS_BACK:
                raise await self._end(row, ended)
            because = f"{row.key} ended with {ended.ending.outcome}"
        if not any(attempt.sent for attempt in self.attempts):
            # Otherwise nobody could tell that the run has asked.
            await self._record(self.call.chain[-1], Outcome.DISABLED, because)
        raise ProviderError(f"{self.call}: no service answered; {self._path()}", True)

    async def _check_switches(self, row: "Row | None" = None) -> None:
        try:
            check_switches(self.call, self.desk)
        except Refused as refused:
            await self._refuse(row, refused.outcome, refused.reason)
            raise refused.error from None

    async def _refuse(self, row: "Row | None", outcome: Outcome, reason: str) -> None:
        self._note(row, outcome, reason)
        self._alert(outcome)
        await self._record(row, outcome, reason)

    async def _record(self, row: "Row | None", outcome: Outcome, reason: str) -> None:
        number = 1 + sum(attempt.sent for attempt in self.attempts)
        refusal = self.call.refusal(self.desk, outcome, reason, row, number)
        await self.desk.aside(self.desk.books.refuse, refusal)

    async def _ask(self, row: "Row", because: str) -> Ended:
        """Ask one row, and once more if the wait that it names fits the deadline."""
        until = self.desk.monotonic() + self.call.deadline_s
        for resend in range(_RESENDS + 1):
            ended = await self._attempt(row, because, until - self.desk.monotonic())
            outcome, wait = ended.ending.outcome, ended.retry_after_s
            fits = wait is not None and wait < until - self.desk.monotonic()
            if resend == _RESENDS or outcome is not Outcome.RATE_LIMITED or not fits:
                break
            because = f"{row.key} asked for {wait:g} s of patience, which the deadline allows"
            await asyncio.sleep(wait or 0.0)
        if outcome is Outcome.TIMEOUT and ended.ending.status is None and self.call.hurried:
            # The caller had no time; nothing is known of the service.
            return ended
        if outcome in FALLS_BACK:
            self.desk.cooldowns.begin(row.service, outcome, wait)
        else:
            self.desk.cooldowns.end(row.service)
        return ended

    async def _attempt(self, row: "Row", because: str, deadline_s: float) -> Ended:
        # They may have been thrown since the last attempt.
        await self._check_switches(row)
        number = 1 + sum(attempt.sent for attempt in self.attempts)
        try:
            ended = await attempt(
                self.call,
                row,
                self.desk,
                number=number,
                because=because,
                deadline_s=deadline_s,
            )
        except Refused as refused:
            await self._refuse(row, refused.outcome, refused.reason)
            raise refused.error from None
        except BudgetError as error:
            await self._refuse(row, Outcome.BUDGET, str(error))
            raise
        ending = ended.ending
        self.attempts.append(
            Attempt(
                row.key,
                row.service,
                ending.outcome,
                ending.reason,
                True,
                ending.latency_ms,
                ending.cost_micro_eur,
            )
        )
        self.desk.metrics.attempt(
            self.call.layer,
            self.call.role,
            row.provider,
            row.model_id,
            outcome=ending.outcome.value,
            seconds=ending.latency_ms / 1000,
            cost=ending.cost_micro_eur,
            input_tokens=ending.input_tokens,
            output_tokens=ending.output_tokens,
        )
        return ended

    def _note(self, row: "Row | None", outcome: Outcome, reason: str) -> None:
        """Remember a row that was not asked."""
        key, service = (row.key, row.service) if row else ("", "")
        self.attempts.append(Attempt(key, service, outcome, reason, False))

    def _alert(self, outcome: Outcome) -> None:
        if kind := alert_of(outcome):
            self.desk.metrics.alert(kind)

    async def _end(self, row: "Row", ended: Ended) -> PeakError:
        """The error of an attempt that ends the call; a strange model is locked out."""
        outcome, reason = ended.ending.outcome, ended.ending.reason
        place = place_of(ended.admitted.endpoint)
        service = service_name(row.provider, row.model_id, place)
        self._alert(outcome)
        if outcome in (Outcome.DRIFT, Outcome.DENIED):
            await self.desk.aside(self.desk.books.disable, service, reason, self.call.run_id)
        if ended.violation is not None:
            return ended.violation
        told = f"{self.call}: {self._path()}"
        if outcome is Outcome.DRIFT:
            then = f"{service} is disabled until `{to_enable(service)}`"
            return GuardrailError(f"{told}; {then}")
        if outcome is Outcome.FORMAT:
            return GuardrailError(told)
        return ProviderError(told)

    def _path(self) -> str:
        """What happened at each row, in words."""
        return "; ".join(
            f"{attempt.row} ({attempt.service}) {attempt.outcome}: {attempt.reason}"
            for attempt in self.attempts
        )

    def _reply(self, ended: Ended, answer: Answer, started: float) -> Reply:
        row, ending, call = ended.admitted.row, ended.ending, self.call
        believed = ending.usage == REPORTED
        return Reply(
            text=answer.text,
            parsed=ended.parsed,
            tool_calls=answer.tool_calls,
            tool_events=answer.tool_events,
            layer=call.layer,
            role=call.role,
            row=row.key,
            provider=row.provider,
            model_id=row.model_id,
            returned=answer.model,
            endpoint=place_of(ended.admitted.endpoint),
            degraded=row.degraded,
            finish=answer.finish,
            usage=Usage(ending.input_tokens, ending.output_tokens) if believed else None,
            cost_micro_eur=sum(attempt.cost_micro_eur for attempt in self.attempts),
            latency_ms=round((self.desk.monotonic() - started) * 1000),
            call_id=call.call_id,
            request_hash=call.request_hash,
            prompt_version=call.prompt_version,
            attempts=tuple(self.attempts),
        )

    def _tell(self, problem: str = "") -> None:
        """One count and one log line for the whole call, however it ended."""
        nobody = Attempt("", "", Outcome.CLIENT_ERROR, f"ended by {problem}", False)
        last = self.attempts[-1] if self.attempts else nobody
        provider, _, model_id = last.service.partition(":")
        call = self.call
        self.desk.metrics.call(call.layer, call.role, provider, model_id)
        tell = self.desk.log.info if last.outcome is Outcome.OK else self.desk.log.warning
        try:
            tell(
                "llm_call",
                run_id=call.run_id,
                call_id=call.call_id,
                layer=call.layer,
                role=call.role,
                row=last.row,
                provider=provider,
                model_id=model_id,
                request_hash=call.request_hash,
                prompt_version=call.prompt_version,
                outcome=last.outcome.value,
                reason=last.reason,
                attempts=sum(attempt.sent for attempt in self.attempts),
                cost_micro_eur=sum(attempt.cost_micro_eur for attempt in self.attempts),
                latency_ms=sum(attempt.latency_ms for attempt in self.attempts),
            )
        except OSError as error:
            # The ledger has it all; an answer is not lost because its log line is.
            _LOG.warning("call %s: its line in the log was not written: %s", call.call_id, error)
