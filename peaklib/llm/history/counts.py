"""The counts of all calls that the ledger knows of, as Prometheus reads them."""

from collections.abc import Collection, Mapping
from typing import Any, Final

from peaklib.evidence.ledger.ledger import Ledger
from peaklib.llm.books.lines import ENDED_HERE, OUTCOME, REFUSED
from peaklib.llm.books.reading import line_of
from peaklib.llm.roles import Outcome
from peaklib.observability import CallMetrics

_ALERTS: Final[Mapping[str, str]] = {
    Outcome.DENIED: "policy",
    Outcome.DRIFT: "drift",
    Outcome.AUTH: "auth",
    Outcome.GONE: "gone",
    Outcome.CLIENT_ERROR: "client_error",
}


def alert_of(outcome: str) -> str | None:
    """Kind of alert that an outcome is, if it is one."""
    return _ALERTS.get(outcome)


def counted(ledger: Ledger, services: Collection[tuple[str, str]]) -> CallMetrics:
    """Counts over all processes and all time: those of one process end with it.

    An attempt whose process died in the middle has no outcome; it is in no count.

    Args:
        ledger: of the project.
        services: pairs of provider and model id that have labels of their own.

    Raises:
        EvidenceError: the ledger cannot be read, or one of its lines lacks something.
    """
    metrics = CallMetrics(services)
    asked_last: dict[str, tuple[str, str, str, str]] = {}
    for event in ledger.events(OUTCOME, REFUSED):
        with line_of(ledger, event):
            data = event.data
            row = (data["layer"], data["role"], data["provider"], data["asked"])
            asked_last[data["call_id"]] = row
            if event.event == OUTCOME:
                _count(metrics, row, data)
            kind = alert_of(data["outcome"])
            if kind and not data["reason"].startswith(ENDED_HERE):
                metrics.alert(kind)
    for row in asked_last.values():
        metrics.call(*row)
    return metrics


def _count(metrics: CallMetrics, row: tuple[str, str, str, str], data: Mapping[str, Any]) -> None:
    metrics.attempt(
        *row,
        outcome=data["outcome"],
        seconds=data["latency_ms"] / 1000,
        cost=data["cost_micro_eur"],
        input_tokens=data["input_tokens"],
        output_tokens=data["output_tokens"],
    )
