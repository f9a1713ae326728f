"""What the ledger is told of a call, before and after it, and what a call may use."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Literal, Protocol

from peaklib.errors import BudgetError
from peaklib.llm.roles import Outcome

INTENT: Final = "llm_intent"
OUTCOME: Final = "llm_outcome"
REFUSED: Final = "llm_refused"
DISABLED: Final = "llm_disabled"
ENABLED: Final = "llm_enabled"
BARS: Final = frozenset({Outcome.DRIFT, Outcome.DENIED})
"""Outcomes that disable the service, whether or not a line `llm_disabled` follows."""
EVENTS: Final = (INTENT, OUTCOME, REFUSED, DISABLED, ENABLED)
"""Events of the ledger that tell the story of model calls."""

ENDED_HERE: Final = "ended on this side"
"""What the reason begins with where no service had the last word."""

# What a service says may be long or no text at all; the line has to be written all the same.
_LONGEST: Final = 300
_MOST_EVENTS: Final = 100


def service_name(provider: str, model_id: str, endpoint: str) -> str:
    """What may be disabled: `openai:gpt-5-mini`, or `local openai:gpt-5-mini` for its stand-in.

    What a stand-in on this machine does says nothing about the service that it stands for.

    Args:
        provider, model_id: of the row.
        endpoint: `provider` or `local`.
    """
    service = f"{provider}:{model_id}"
    return f"local {service}" if endpoint == "local" else service


class Limit(Protocol):
    """What one scope may use in all."""

    @property
    def max_tokens(self) -> int:
        """Tokens, read and written."""

    @property
    def max_cost(self) -> int:
        """Micro-EUR."""

    @property
    def max_calls(self) -> int:
        """Attempts, whatever became of them."""


@dataclass(frozen=True)
class Scope:
    """Something that has a budget, such as a run, or a layer in a run.

    Args:
        name: of what is counted; the same name is the same count in every process.
        limit: what it may use in all.
    """

    name: str
    limit: Limit


@dataclass(frozen=True)
class Intent:
    """An attempt that is about to be sent.

    Args:
        call_id: of the call that it belongs to.
        attempt: number within the call, from 1.
        run_id: of the run that asks.
        phase: of the project, or empty.
        layer: that is served.
        role: that was asked for.
        row: of the matrix, such as `L1.primary`.
        provider: of the row.
        asked: model of the row.
        sent: model as the request names it.
        api: `chat` or `responses`.
        endpoint: `provider`, or `local` for a stand-in on this machine.
        prompt_version: of the prompt.
        request_hash: SHA-256 of the request.
        reserved_tokens: the most that it can use.
        reserved_micro_eur: the most that it can cost.
        deadline_ms: of the attempt.
        policy_digest: of the rules that let it pass.
        matrix_digest: of the matrix that named the row.
        tools: names of the functions offered.
        because: why this row was chosen, in words.
        host: that it goes to; empty in lines of before there was this field.

    Raises:
        BudgetError: a reservation is no whole number, or below zero.
    """

    call_id: str
    attempt: int
    run_id: str
    phase: str
    layer: str
    role: str
    row: str
    provider: str
    asked: str
    sent: str
    api: str
    endpoint: Literal["provider", "local"]
    prompt_version: str
    request_hash: str
    reserved_tokens: int
    reserved_micro_eur: int
    deadline_ms: int
    policy_digest: str
    matrix_digest: str
    tools: tuple[str, ...] = ()
    because: str = ""
    host: str = ""

    @property
    def service(self) -> str:
        """Provider and model as `service_name` has them."""
        return service_name(self.provider, self.asked, self.endpoint)

    def __post_init__(self) -> None:
        for name in ("reserved_tokens", "reserved_micro_eur"):
            if not _is_amount(getattr(self, name)):
                raise BudgetError(
                    f"attempt {self.attempt} of call {self.call_id}: {name} is "
                    f"{getattr(self, name)!r}; a reservation is a whole number, 0 or more"
                )


@dataclass(frozen=True)
class Ticket:
    """A reservation that stands until it is closed.

    Args:
        intent: what it was made for.
        scopes: names of the scopes that it was taken from.
    """

    intent: Intent
    scopes: tuple[str, ...]


@dataclass(frozen=True)
class Ending:
    """How an attempt ended.

    Args:
        outcome: in one word.
        reason: in a few words, without secrets.
        returned: model that the reply names; None without a reply.
        status: of HTTP; None without one.
        usage: whether the service said what was used: `reported` (a service that certainly did
            nothing used 0), `missing`, or `absurd`.
        input_tokens: read, as reported.
        output_tokens: written, as reported.
        cost_micro_eur: of those tokens.
        latency_ms: from sending to the end.
        tool_events: what the service did by itself.
        degraded: the row is a weaker stand-in.
        reply_hash: SHA-256 of the reply's text; empty without one.
    """

    outcome: Outcome
    reason: str = ""
    returned: str | None = None
    status: int | None = None
    usage: Literal["reported", "missing", "absurd"] = "missing"
    input_tokens: int = 0
    output_tokens: int = 0
    cost_micro_eur: int = 0
    latency_ms: int = 0
    tool_events: tuple[str, ...] = ()
    degraded: bool = False
    reply_hash: str = ""


@dataclass(frozen=True)
class Refusal:
    """A row that was not asked, or a call that never got as far as a row; nothing was sent.

    Args:
        call_id: of the call.
        attempt: number that the attempt would have had, from 1.
        run_id: of the run that asks.
        layer: that is served.
        role: that was asked for.
        outcome: why not, in one word: `denied`, `budget`, `disabled`.
        reason: why not, in a sentence, without secrets.
        phase: of the project, or empty.
        row: of the matrix; empty where the call did not get so far.
        provider: of the row.
        asked: model of the row.
        prompt_version: of the prompt.
        request_hash: SHA-256 of the request.
        policy_digest: of the rules in force.
        matrix_digest: of the matrix in force.
    """

    call_id: str
    attempt: int
    run_id: str
    layer: str
    role: str
    outcome: Outcome
    reason: str
    phase: str = ""
    row: str = ""
    provider: str = ""
    asked: str = ""
    prompt_version: str = ""
    request_hash: str = ""
    policy_digest: str = ""
    matrix_digest: str = ""


@dataclass(frozen=True)
class Disabled:
    """A service that nobody may ask until a person clears it.

    Args:
        service: provider and model, such as `openai:gpt-5-mini`.
        reason: why.
        run_id: of the run in which it showed.
        since: when, ISO 8601 in UTC.
    """

    service: str
    reason: str
    run_id: str
    since: str


def disabled_by(line: Mapping[str, Any], since: str) -> Disabled:
    """The service that an attempt disables by how it ended.

    Args:
        line: data of an event `llm_outcome` whose outcome is one of `BARS`.
        since: when, ISO 8601 in UTC.
    """
    service = service_name(line["provider"], line["asked"], line["endpoint"])
    return Disabled(service, line["reason"], line["run_id"], since)


def settled(intent: Intent, ending: Ending) -> tuple[Ending, int]:
    """What is charged for an attempt: what it used, or all that was set aside.

    Usage that exceeds the reservation cannot be: the reservation is the most that the request
    allows. Such usage is absurd, and costs what was reserved, as missing usage does.

    Returns:
        The ending with the cost that is charged, and the tokens that are.
    """
    used = (ending.input_tokens, ending.output_tokens, ending.cost_micro_eur)
    believable = (
        all(_is_amount(amount) for amount in used)
        and ending.input_tokens + ending.output_tokens <= intent.reserved_tokens
        and ending.cost_micro_eur <= intent.reserved_micro_eur
    )
    if ending.usage == "reported" and believable:
        return ending, ending.input_tokens + ending.output_tokens
    charged = replace(
        ending,
        usage="missing" if ending.usage == "missing" else "absurd",
        input_tokens=0,
        output_tokens=0,
        cost_micro_eur=intent.reserved_micro_eur,
    )
    return charged, intent.reserved_tokens


def intent_line(ticket: Ticket) -> dict[str, Any]:
    """Data of the event `llm_intent`."""
    return {**vars(ticket.intent), "scopes": ticket.scopes}


def outcome_line(intent: Intent, ending: Ending, tokens: int) -> dict[str, Any]:
    """Data of the event `llm_outcome`.

    Args:
        intent: of the attempt.
        ending: of it, as `settled` made it.
        tokens: that are charged.
    """
    return {
        **_named(intent, "call_id", "attempt", "run_id", "phase", "layer", "role", "row"),
        **_named(intent, "provider", "asked", "endpoint"),
        **vars(ending),
        "outcome": ending.outcome.value,
        "reason": _text(ending.reason),
        "returned": None if ending.returned is None else _text(ending.returned),
        "tool_events": [_text(event) for event in ending.tool_events[:_MOST_EVENTS]],
        "tokens": tokens,
    }


def refusal_line(refusal: Refusal) -> dict[str, Any]:
    """Data of the event `llm_refused`."""
    return {
        **asdict(refusal),
        "outcome": refusal.outcome.value,
        "reason": _text(refusal.reason),
    }


def disabled_line(service: str, reason: str, run_id: str) -> dict[str, Any]:
    """Data of the event `llm_disabled`."""
    return {"service": service, "reason": _text(reason), "run_id": run_id}


def _named(intent: Intent, *names: str) -> Mapping[str, Any]:
    return {name: getattr(intent, name) for name in names}


def _text(value: str) -> str:
    """Text of fair length that can be written, whatever came over the wire."""
    written = value[:_LONGEST].encode("utf-8", "replace").decode()
    return written + "…" if len(value) > _LONGEST else written


def _is_amount(value: object) -> bool:
    return type(value) is int and value >= 0
