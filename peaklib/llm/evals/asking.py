"""Asking a model all cases, a few at a time, through the router."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from peaklib.errors import (
    BudgetError,
    ConfigError,
    ModelCallError,
    PeakError,
    PolicyViolation,
    ProviderError,
    SwitchedOffError,
)
from peaklib.llm.evals.case import Case
from peaklib.llm.evals.kept import NOT_ASKED, Kept
from peaklib.llm.history import Call, why
from peaklib.llm.messages import Message, Request
from peaklib.llm.roles import PRIMARY
from peaklib.llm.router import Router
from peaklib.llm.routing.reply import Reply
from peaklib.llm.session.prompts import Prompt
from peaklib.llm.settings import Row

AT_ONCE: Final = 4
"""Cases that are asked at the same time, unless told otherwise."""

_PATIENCE_S: Final = 60.0
"""Longest pause of a service that is waited for; one without quota takes longer to come back."""
_GIVE_UP: Final = 5
"""So many calls in a row without an answer of the service, and the rest is not tried."""
# A case is asked again only if nothing was sent, since another call had just failed.
_ROUNDS: Final = 3

Listener = Callable[[Case, Reply | None, str], None]
"""Told of each case that ended: its answer, or why there is none."""


@dataclass(frozen=True)
class Question:
    """A case as it is asked.

    Args:
        case: that is asked.
        messages: of the call.
        version: of the prompt.
        request_hash: of the call.
    """

    case: Case
    messages: tuple[Message, ...]
    version: str
    request_hash: str


def questions_of(
    cases: Sequence[Case], prompts: Mapping[str, Prompt], max_output_tokens: int
) -> tuple[Question, ...]:
    """What is asked, case by case.

    Args:
        cases: in order.
        prompts: by the name that cases give them.
        max_output_tokens: of one call.

    Raises:
        ConfigError: a case does not fit its prompt, or asks what another one asks.
    """
    found = []
    for case in cases:
        prompt = prompts[case.prompt]
        messages = case.messages(prompt)
        request = Request(messages, max_output_tokens, (), case.response_schema())
        found.append(Question(case, messages, prompt.version, request.digest()))
    first: dict[str, str] = {}
    for each in found:
        same = first.setdefault(each.request_hash, each.case.id)
        if same != each.case.id:
            raise ConfigError(f"case {each.case.id}", [f"asks exactly what {same} asks"])
    return tuple(found)


class PatientRouter(Router):
    """A router that says how long a service is left alone, for a caller that can wait."""

    def pause_of(self, service: str) -> float:
        """Seconds for which a service is not asked after a failure; 0 if it may be."""
        pause = self._desk.cooldowns.of(service)
        return 0.0 if pause is None else pause.left_s


class Asking:
    """One pass over the cases of a layer; what is done stays, however it ends.

    Args:
        router: in whose settings the measured row stands alone.
        row: that is measured.
        run_id: that the ledger is told.
        questions: what is asked.
        at_once: calls at the same time.
        listen: told of each case that ended.
    """

    def __init__(
        self,
        router: PatientRouter,
        row: Row,
        run_id: str,
        questions: Sequence[Question],
        *,
        at_once: int,
        listen: Listener,
    ) -> None:
        self._router = router
        self._row = row
        self._run_id = run_id
        self._questions = questions
        self._at_once = at_once
        self._listen = listen
        self._replies: dict[str, Reply] = {}
        self._failed: set[str] = set()
        self._in_a_row = 0
        self.stopped = ""
        """Why the cases that are left were not asked; empty if all were."""

    def run(self) -> None:
        """Ask all of them.

        Raises:
            KeyboardInterrupt: after Ctrl-C; `kept` has what was done before.
            EvidenceError: a call could not be put on record.
        """
        asyncio.run(self._all())

    def kept(self) -> list[Kept]:
        """What is known of each case, in order, by the router's ledger and its replies.

        Close the router before: only then calls that were cut off have ended in the ledger, too.
        """
        calls = self._calls()
        return [self._kept(each, calls.get(each.request_hash)) for each in self._questions]

    async def _all(self) -> None:
        turn, left = asyncio.Semaphore(self._at_once), self._questions
        for _ in range(_ROUNDS):
            tasks = [asyncio.create_task(self._one(each, turn)) for each in left]
            try:
                await asyncio.gather(*tasks)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
            left = await asyncio.to_thread(self._unsent)
            if self.stopped or not left:
                break

    def _unsent(self) -> list[Question]:
        calls = self._calls()
        return [each for each in self._questions if each.request_hash not in calls]

    def _calls(self) -> dict[str, Call]:
        """Calls of which something was sent, by request; else those that a rule refused."""
        calls = why(self._router.ledger, self._run_id).calls
        in_order = sorted(calls, key=lambda call: any(step.sent for step in call.steps))
        return {call.request_hash: call for call in in_order}

    async def _wait(self) -> None:
        """Wait until the service may be asked again, or give up on it."""
        while not self.stopped and (left := self._router.pause_of(self._row.service)):
            if left > _PATIENCE_S:
                self.stopped = f"{self._row.service} is left alone for {left:.0f} s"
            else:
                await asyncio.sleep(left)

    async def _one(self, question: Question, turn: asyncio.Semaphore) -> None:
        async with turn:
            await self._wait()
            if self.stopped:
                return
            reply, problem = None, ""
            try:
                reply = await self._router.acall(
                    self._row.layer,
                    PRIMARY,
                    question.messages,
                    response_schema=question.case.response_schema(),
                    run_id=self._run_id,
                    prompt_version=question.version,
                )
                self._replies[question.case.id] = reply
                self._in_a_row = 0
            except (ModelCallError, PolicyViolation) as error:
                problem = str(error)
                self._note(question, error)
            self._listen(question.case, reply, problem)

    def _note(self, question: Question, error: PeakError) -> None:
        """What a call that gave no reply means for the calls to come."""
        self._failed.add(question.case.id)
        failed = isinstance(error, ProviderError)
        self._in_a_row = self._in_a_row + 1 if failed else 0
        # The next case would meet the same: it is left out, not failed.
        if isinstance(error, BudgetError | SwitchedOffError):
            self.stopped = str(error)
        elif self._in_a_row == _GIVE_UP:
            self.stopped = f"{_GIVE_UP} calls in a row were not answered, the last one: {error}"

    def _kept(self, question: Question, call: Call | None) -> Kept:
        case, asked = question.case.id, question.request_hash
        sent = [step for step in call.steps if step.sent] if call else []
        if call is None or not sent:
            reason = call.steps[-1].reason if call and call.steps else self.stopped
            return Kept(case, asked, NOT_ASKED, reason or "interrupted")
        last, reply = sent[-1], self._replies.get(case)
        # A call that was cut off on this side says nothing about the model, and may have cost.
        ended = bool(last.outcome) and (reply is not None or case in self._failed)
        return Kept(
            case,
            asked,
            last.outcome if ended and last.outcome else NOT_ASKED,
            last.reason if ended else "interrupted",
            last.service,
            last.returned or "",
            "local" if last.local else "provider",
            sum(step.tokens for step in sent),
            sum(step.cost_micro_eur for step in sent),
            last.latency_ms,
            call.call_id,
            reply.text if reply else None,
        )
