"""What a routed call gives back: the reply, and every attempt that led to it."""

from dataclasses import dataclass
from typing import Any

from peaklib.llm.messages import ToolCall, Usage
from peaklib.llm.roles import Outcome


@dataclass(frozen=True)
class Attempt:
    """One row that was tried, or would have been.

    Args:
        row: key of the matrix, such as `L1.primary`.
        service: `provider:model_id`.
        outcome: how it ended.
        reason: in words, without secrets.
        sent: whether anything went to the service.
        latency_ms: from sending to the end; 0 if nothing was sent.
        cost_micro_eur: what was settled.
    """

    row: str
    service: str
    outcome: Outcome
    reason: str
    sent: bool
    latency_ms: int = 0
    cost_micro_eur: int = 0


@dataclass(frozen=True)
class Reply:
    """An answer that passed every check.

    Args:
        text: of the answer.
        parsed: the answer as JSON where a schema was asked for, else None.
        tool_calls: functions that the model wants to be called.
        tool_events: what the service did by itself, such as `web_search_call`.
        layer, role: that were asked for.
        row: that answered, such as `L1.fallback1`.
        provider, model_id: of that row.
        returned: the model that the service named.
        endpoint: `provider`, or `local` for a stand-in on this machine.
        degraded: whether the row stands in at a lower quality.
        finish: why the model stopped.
        usage: tokens; None if the service gave none that can be believed.
        cost_micro_eur: of all attempts together, in millionths of a euro.
        latency_ms: of the whole call.
        call_id, request_hash, prompt_version: as in the ledger.
        attempts: in order, the last one answered.
    """

    text: str
    parsed: Any
    tool_calls: tuple[ToolCall, ...]
    tool_events: tuple[str, ...]
    layer: str
    role: str
    row: str
    provider: str
    model_id: str
    returned: str
    endpoint: str
    degraded: bool
    finish: str
    usage: Usage | None
    cost_micro_eur: int
    latency_ms: int
    call_id: str
    request_hash: str
    prompt_version: str
    attempts: tuple[Attempt, ...]
