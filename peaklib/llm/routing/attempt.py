"""One attempt at one row: reserve, record, send, check, settle, record."""

import asyncio
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import urlsplit

from peaklib.errors import BudgetError, PolicyViolation
from peaklib.evidence.redaction.secrets import Secrets
from peaklib.llm.books import Closing, Disabled, Ending, Intent, Opening, Scope
from peaklib.llm.books.lines import ENDED_HERE
from peaklib.llm.client import Failure
from peaklib.llm.messages import Answer, Request
from peaklib.llm.roles import Outcome
from peaklib.llm.routing.admission import Admitted, admit, barred
from peaklib.llm.routing.call import Call
from peaklib.llm.routing.desk import Desk
from peaklib.llm.routing.validation import (
    MISSING,
    REPORTED,
    check_answer,
    input_bound,
    is_bounded,
    name_of,
    usage_state,
)

if TYPE_CHECKING:
    from peaklib.llm.settings import Endpoint, Row


# Request timeout, gateway timeout, and the same of a network that is widely used.
_WAITED: Final = (408, 504, 524)


@dataclass(frozen=True)
class Ended:
    """An attempt after its checks.

    Args:
        admitted: the row that was asked, and where.
        ending: what is recorded of it.
        answer: of the service, if there was one.
        parsed: the answer as JSON where a schema was asked for.
        retry_after_s: seconds that the service asked for.
        violation: of the policy, by the model that the reply named.
    """

    admitted: Admitted
    ending: Ending
    answer: Answer | None = None
    parsed: Any = None
    retry_after_s: float | None = None
    violation: PolicyViolation | None = None


async def attempt(
    call: Call, row: "Row", desk: Desk, *, number: int, because: str, deadline_s: float
) -> Ended:
    """Ask a row once if it may be asked, with both lines in the ledger.

    Args:
        call: what is asked.
        row: of the matrix.
        desk: of the router.
        number: of the attempt within the call, from 1.
        because: why this row, in words.
        deadline_s: for all of it.

    Raises:
        Refused: the row may not be asked; nothing was sent.
        BudgetError: a budget has too little left; nothing was sent.
        EvidenceError: the attempt could not be recorded.
    """
    admitted = admit(call, row, desk)
    intent = _intent(call, admitted, desk, number, because, deadline_s)
    scopes = tuple(Scope(name, limit) for name, limit in call.limits.items())
    ticket = await desk.clerk.open(Opening(intent, scopes))
    if isinstance(ticket, Disabled):
        raise barred(call, ticket)
    started = desk.monotonic()
    try:
        desk.keep_prompt(call.request, call.request_hash)
        ended = await _exchange(call, admitted, desk, deadline_s)
    except BaseException as problem:
        # A caller that gave up, or a fault of our own: what was sent may have to be paid for.
        given_up = isinstance(problem, asyncio.CancelledError)
        words = f"{ENDED_HERE}: {'interrupted' if given_up else type(problem).__name__}"
        spent_ms = round((desk.monotonic() - started) * 1000)
        desk.books.close(ticket, Ending(Outcome.CLIENT_ERROR, words, latency_ms=spent_ms))
        raise
    ending = replace(
        ended.ending,
        latency_ms=round((desk.monotonic() - started) * 1000),
        degraded=row.degraded,
    )
    return replace(ended, ending=await desk.clerk.close(Closing(ticket, ending)))


def most_input(request: Request, row: "Row") -> int:
    """Tokens that a row can read at most for a request.

    No token is shorter than a byte, so what is sent bounds them; a service that is given tools of
    its own, such as a search, or a picture, reads on by itself, up to what its row allows.

    Raises:
        BudgetError: nothing bounds them.
    """
    sent, limit = input_bound(request), row.max_input_tokens
    if is_bounded(request):
        return sent if limit is None else min(sent, limit)
    if limit is None:
        raise BudgetError(
            f"nobody knows how much {row.service} reads for a request that is not text alone; "
            f"give {row.key} max_input_tokens in configs/ai/layer_model_matrix.toml"
        )
    return limit


def _intent(
    call: Call, admitted: Admitted, desk: Desk, number: int, because: str, deadline_s: float
) -> Intent:
    row, request = admitted.row, call.request
    most = most_input(request, row)
    return Intent(
        call_id=call.call_id,
        attempt=number,
        run_id=call.run_id,
        phase=call.phase,
        layer=call.layer,
        role=call.role,
        row=row.key,
        provider=row.provider,
        asked=row.model_id,
        sent=row.model_id,
        api=row.api,
        endpoint=place_of(admitted.endpoint),
        prompt_version=call.prompt_version,
        request_hash=call.request_hash,
        reserved_tokens=most + request.max_output_tokens,
        reserved_micro_eur=admitted.price.cost(most, request.max_output_tokens),
        deadline_ms=round(deadline_s * 1000),
        policy_digest=desk.settings.policy_digest,
        matrix_digest=desk.settings.matrix_digest,
        tools=tuple(name_of(tool) for tool in request.tools),
        because=because,
        host=urlsplit(admitted.endpoint.base_url).hostname or "",
    )


def place_of(endpoint: "Endpoint") -> Literal["provider", "local"]:
    """What the ledger calls an endpoint."""
    return "local" if endpoint.local else "provider"


async def _exchange(call: Call, admitted: Admitted, desk: Desk, deadline_s: float) -> Ended:
    """Send, and hold what comes back to what was asked."""
    row, endpoint = admitted.row, admitted.endpoint
    try:
        answer = await desk.client.send(row, endpoint, call.request, deadline_s)
    except Failure as failure:
        ending = Ending(
            failure.outcome,
            failure.reason,
            status=failure.status,
            usage=REPORTED if _is_free(failure) else "missing",
        )
        return Ended(admitted, ending, retry_after_s=failure.retry_after_s)
    except PolicyViolation as violation:
        reason = f"the reply was refused: {violation}"
        ending = Ending(Outcome.DENIED, reason, violation.saw)
        return Ended(admitted, ending, violation=violation)
    checked = check_answer(answer, call.request, row.model_id, desk.settings.snapshots(row))
    reason = Secrets.known(desk.environ).text(checked.reason)
    ending = _ending(answer, checked.outcome, reason, call.request, admitted)
    return Ended(admitted, ending, answer, checked.parsed)


def _is_free(failure: Failure) -> bool:
    """Whether nothing can have been written: no service charges for an error status.

    Those of a wait that was too long for somebody in between say nothing about the service.
    """
    if failure.status is None:
        return not failure.sent or failure.outcome in (Outcome.AUTH, Outcome.CLIENT_ERROR)
    return failure.status >= 300 and failure.status not in _WAITED


def _ending(
    answer: Answer, outcome: Outcome, reason: str, request: Request, admitted: Admitted
) -> Ending:
    """What is recorded of an answer; usage that cannot be believed costs what was reserved."""
    most = most_input(request, admitted.row)
    usage, state = answer.usage, usage_state(answer.usage, most, request.max_output_tokens)
    if outcome is Outcome.DRIFT:
        # Of another model nobody knows the price.
        state = MISSING
    known = usage if usage is not None and state == REPORTED else None
    return Ending(
        outcome,
        reason,
        returned=answer.model,
        status=answer.status,
        usage=state,
        input_tokens=known.input_tokens if known else 0,
        output_tokens=known.output_tokens if known else 0,
        cost_micro_eur=admitted.price.cost(known.input_tokens, known.output_tokens) if known else 0,
        tool_events=answer.tool_events,
        reply_hash=sha256(answer.text.encode("utf-8", "surrogatepass")).hexdigest(),
    )
