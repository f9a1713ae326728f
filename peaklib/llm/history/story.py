"""Who selected which model in a run, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from peaklib.evidence.ledger.ledger import Ledger
from peaklib.evidence.ledger.line import Event
from peaklib.llm.books.lines import (
    BARS,
    DISABLED,
    ENABLED,
    EVENTS,
    INTENT,
    OUTCOME,
    REFUSED,
    Disabled,
    disabled_by,
)
from peaklib.llm.books.reading import line_of
from peaklib.llm.history.words import UNFINISHED, in_words, reason_of
from peaklib.llm.roles import Outcome


@dataclass(frozen=True)
class Step:
    """One row that was asked for a call, or passed over.

    Args:
        attempt: number within the call, from 1.
        row: of the matrix; empty where the call did not get as far as a row.
        service: provider and model of the row; empty likewise.
        why: why this row and no other; empty for one that was passed over.
        sent: a request went out, or was about to.
        local: it went to a stand-in on this machine; no provider was asked.
        outcome: in one word; None without one.
        in_words: the outcome, for people.
        reason: what the provider, the policy or the budget said, in short.
        returned: model that the reply named; None without a reply.
        status: of HTTP; None without one.
        usage: `reported`, `missing` or `absurd`; None without an outcome.
        tokens: charged; without an outcome those set aside, which count as spent.
        cost_micro_eur: charged, likewise.
        latency_ms: None without an outcome.
        degraded: the row is a weaker stand-in.
        tools: functions that were offered.
        tool_events: what the service did by itself.
        time: of the first line about it, ISO 8601 in UTC.
        line: number of that line, from 1.
    """

    attempt: int
    row: str
    service: str
    why: str
    sent: bool
    local: bool
    outcome: str | None
    in_words: str
    reason: str
    returned: str | None
    status: int | None
    usage: str | None
    tokens: int
    cost_micro_eur: int
    latency_ms: int | None
    degraded: bool
    tools: tuple[str, ...]
    tool_events: tuple[str, ...]
    time: str
    line: int


@dataclass(frozen=True)
class Call:
    """One question to a layer.

    Args:
        call_id: of the call.
        layer: that was asked.
        role: that was asked for.
        phase: of the project, or empty.
        prompt_version: of the prompt.
        request_hash: SHA-256 of the request.
        policy_digest: of the rules in force.
        matrix_digest: of the matrix in force.
        steps: in order.
    """

    call_id: str
    layer: str
    role: str
    phase: str
    prompt_version: str
    request_hash: str
    policy_digest: str
    matrix_digest: str
    steps: tuple[Step, ...]

    @property
    def answer(self) -> Step | None:
        """The step whose reply was used; None if the caller got an error, or nothing."""
        return next((step for step in self.steps if step.outcome == Outcome.OK), None)


@dataclass(frozen=True)
class Switch:
    """A service that was disabled in a run.

    Args:
        service: provider and model.
        reason: why.
        time: when, ISO 8601 in UTC.
        cleared: who has enabled it since, when and why; empty while it is disabled.
    """

    service: str
    reason: str
    time: str
    cleared: str = ""


@dataclass(frozen=True)
class Story:
    """Everything that a run did with models.

    Args:
        run_id: of the run.
        calls: in the order in which they began.
        switches: services that were disabled in it.
    """

    run_id: str
    calls: tuple[Call, ...]
    switches: tuple[Switch, ...]


def why(ledger: Ledger, run_id: str) -> Story:
    """Who selected which model in a run, and why.

    Args:
        ledger: of the project.
        run_id: of the run, in full; the story of one that asked no model is empty.

    Raises:
        EvidenceError: the ledger cannot be read, or one of its lines lacks something.
    """
    calls: dict[str, list[Event]] = {}
    endings: dict[tuple[str, int], Mapping[str, Any]] = {}
    switches: list[Switch] = []
    for event in ledger.events(*EVENTS):
        data = event.data
        with line_of(ledger, event):
            if event.event == ENABLED:
                switches = [_cleared(switch, event) for switch in switches]
            elif data["run_id"] != run_id:
                continue
            elif event.event == DISABLED:
                found = Disabled(data["service"], data["reason"], run_id, event.time)
                _disable(switches, found)
            elif event.event == OUTCOME:
                endings[data["call_id"], data["attempt"]] = data
                if data["outcome"] in BARS:
                    _disable(switches, disabled_by(data, event.time))
            else:
                calls.setdefault(data["call_id"], []).append(event)
    told = tuple(_call(ledger, events, endings) for events in calls.values())
    return Story(run_id, told, tuple(switches))


def runs(ledger: Ledger) -> list[str]:
    """Ids of all runs that asked a model, or wanted to, the oldest first.

    Raises:
        EvidenceError: the ledger cannot be read, or one of its lines lacks something.
    """
    found: dict[str, None] = {}
    for event in ledger.events(INTENT, REFUSED):
        with line_of(ledger, event):
            found[event.data["run_id"]] = None
    return list(found)


def _disable(switches: list[Switch], found: Disabled) -> None:
    """Add a service that was disabled; it is one story until a person clears it."""
    if all(switch.cleared or switch.service != found.service for switch in switches):
        switches.append(Switch(found.service, found.reason, found.since))


def _cleared(switch: Switch, enabled: Event) -> Switch:
    data = enabled.data
    if switch.cleared or switch.service != data["service"]:
        return switch
    return replace(switch, cleared=f"{data['by']} on {enabled.time[:10]}: {data['reason']}")


def _call(
    ledger: Ledger, events: Sequence[Event], endings: Mapping[tuple[str, int], Mapping[str, Any]]
) -> Call:
    steps: list[Step] = []
    for event in events:
        with line_of(ledger, event):
            data = event.data
            if event.event == REFUSED:
                steps.append(_passed_over(event))
            else:
                before = [(step.row, step.in_words) for step in steps if step.row]
                ending = endings.get((data["call_id"], data["attempt"]))
                steps.append(_asked(event, ending, before))
    with line_of(ledger, events[0]):
        data = events[0].data
        return Call(
            data["call_id"],
            data["layer"],
            data["role"],
            data["phase"],
            data["prompt_version"],
            data["request_hash"],
            data["policy_digest"],
            data["matrix_digest"],
            tuple(steps),
        )


def _asked(
    event: Event, ending: Mapping[str, Any] | None, before: Sequence[tuple[str, str]]
) -> Step:
    data = event.data
    end = ending or {}
    outcome, reason = end.get("outcome"), end.get("reason", "")
    return Step(
        attempt=data["attempt"],
        row=data["row"],
        service=f"{data['provider']}:{data['asked']}",
        why=data["because"] or reason_of(data["layer"], data["role"], data["row"], before),
        sent=True,
        local=data["endpoint"] == "local",
        outcome=outcome,
        in_words=UNFINISHED if ending is None else in_words(ending["outcome"], reason, sent=True),
        reason=reason,
        returned=end.get("returned"),
        status=end.get("status"),
        usage=end.get("usage"),
        tokens=end["tokens"] if ending else data["reserved_tokens"],
        cost_micro_eur=end["cost_micro_eur"] if ending else data["reserved_micro_eur"],
        latency_ms=end.get("latency_ms"),
        degraded=end.get("degraded", False),
        tools=tuple(data["tools"]),
        tool_events=tuple(end.get("tool_events", ())),
        time=event.time,
        line=event.seq + 1,
    )


def _passed_over(event: Event) -> Step:
    data = event.data
    outcome = data["outcome"]
    return Step(
        attempt=data["attempt"],
        row=data["row"],
        service=f"{data['provider']}:{data['asked']}" if data["asked"] else "",
        why="",
        sent=False,
        local=False,
        outcome=outcome,
        in_words=in_words(outcome, data["reason"], sent=False),
        reason=data["reason"],
        returned=None,
        status=None,
        usage=None,
        tokens=0,
        cost_micro_eur=0,
        latency_ms=None,
        degraded=False,
        tools=(),
        tool_events=(),
        time=event.time,
        line=event.seq + 1,
    )
