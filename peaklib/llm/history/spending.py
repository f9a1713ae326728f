"""What models have used, in sums."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from peaklib.evidence.ledger.ledger import Ledger
from peaklib.evidence.ledger.line import Event
from peaklib.llm.books.lines import INTENT, OUTCOME
from peaklib.llm.books.reading import line_of

HEADINGS: Final[Mapping[str, Callable[[Event], str]]] = {
    "layer": lambda event: str(event.data["layer"]),
    "run": lambda event: str(event.data["run_id"]),
    "day": lambda event: event.time[:10],
    "model": lambda event: f"{event.data['provider']}:{event.data['asked']}",
}
"""What there can be sums of; days are those of UTC."""


@dataclass
class Sum:
    """What was used under one heading.

    Args:
        calls: that sent something.
        attempts: requests that were sent, or about to be.
        tokens: charged for attempts with an outcome.
        cost_micro_eur: charged for them.
        local_micro_eur: of it, the part of stand-ins on this machine, which nobody pays.
        unfinished: attempts without an outcome.
        held_tokens: that those have set aside, and that count as spent.
        held_micro_eur: likewise.
    """

    calls: int = 0
    attempts: int = 0
    tokens: int = 0
    cost_micro_eur: int = 0
    local_micro_eur: int = 0
    unfinished: int = 0
    held_tokens: int = 0
    held_micro_eur: int = 0


@dataclass(frozen=True)
class Spend:
    """Sums of what models have used.

    Args:
        by: what the sums are of.
        sums: by heading, sorted.
        total: of all.
    """

    by: str
    sums: Mapping[str, Sum]
    total: Sum


def spend(ledger: Ledger, by: str = "layer", since: datetime | None = None) -> Spend:
    """Sum what the ledger says was used.

    Args:
        ledger: of the project.
        by: one of `HEADINGS`.
        since: only attempts that began then or later; it has a time zone.

    Raises:
        EvidenceError: the ledger cannot be read, or one of its lines lacks something.
    """
    count = _Count(HEADINGS[by])
    for event in ledger.events(INTENT, OUTCOME):
        with line_of(ledger, event):
            if event.event == OUTCOME:
                count.end(event)
            elif since is None or datetime.fromisoformat(event.time) >= since:
                count.begin(event)
    count.close()
    return Spend(by, dict(sorted(count.sums.items())), count.total)


class _Count:
    """Sums that grow line by line."""

    def __init__(self, heading: Callable[[Event], str]) -> None:
        self.sums: dict[str, Sum] = {}
        self.total = Sum()
        self._heading = heading
        self._calls: set[tuple[str, str]] = set()
        self._open: dict[tuple[str, int], tuple[str, Mapping[str, Any]]] = {}

    def begin(self, event: Event) -> None:
        """Count an intent."""
        data, heading = event.data, self._heading(event)
        self._open[data["call_id"], data["attempt"]] = heading, data
        self._calls.add((heading, data["call_id"]))
        self.sums.setdefault(heading, Sum())
        self._add(heading, attempts=1)

    def end(self, event: Event) -> None:
        """Count an outcome; that of an attempt that is not counted is not counted either."""
        data = event.data
        heading, _ = self._open.pop((data["call_id"], data["attempt"]), ("", {}))
        if heading:
            cost = data["cost_micro_eur"]
            local = cost if data["endpoint"] == "local" else 0
            self._add(heading, tokens=data["tokens"], cost_micro_eur=cost, local_micro_eur=local)

    def close(self) -> None:
        """Count what stayed without an outcome, and calls."""
        for heading, data in self._open.values():
            tokens, cost = data["reserved_tokens"], data["reserved_micro_eur"]
            self._add(heading, unfinished=1, held_tokens=tokens, held_micro_eur=cost)
        for heading, _ in self._calls:
            self.sums[heading].calls += 1
        self.total.calls = len({call for _, call in self._calls})

    def _add(self, heading: str, **amounts: int) -> None:
        for one in (self.sums[heading], self.total):
            for name, amount in amounts.items():
                setattr(one, name, getattr(one, name) + amount)
