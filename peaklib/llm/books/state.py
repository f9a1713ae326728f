"""What has been spent, set aside and switched off, as the ledger alone tells it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from peaklib.evidence.ledger.ledger import Ledger
from peaklib.evidence.ledger.line import GENESIS, Event
from peaklib.llm.books.lines import (
    BARS,
    DISABLED,
    ENABLED,
    EVENTS,
    INTENT,
    OUTCOME,
    Disabled,
    disabled_by,
)
from peaklib.llm.books.reading import line_of


@dataclass
class Spent:
    """What a scope has used, reservations that stand included.

    Args:
        tokens: read and written.
        cost: micro-EUR.
        calls: attempts.
    """

    tokens: int = 0
    cost: int = 0
    calls: int = 0


@dataclass(frozen=True)
class Reserved:
    """What one attempt has set aside.

    Args:
        scopes: names of the scopes that it was taken from.
        tokens: the most that it can use.
        cost: the most that it can cost, micro-EUR.
    """

    scopes: tuple[str, ...]
    tokens: int
    cost: int


@dataclass
class State:
    """Everything that the database of the books holds.

    Args:
        scopes: what each has used.
        reserved: attempts without an outcome, by call and number.
        disabled: services that are off, by name.
    """

    scopes: dict[str, Spent] = field(default_factory=dict)
    reserved: dict[tuple[str, int], Reserved] = field(default_factory=dict)
    disabled: dict[str, Disabled] = field(default_factory=dict)

    def take_in(self, event: Event) -> None:
        """Count one line of the ledger.

        Raises:
            KeyError, TypeError: the line does not have what such a line has.
        """
        data = event.data
        if event.event == INTENT:
            self._reserve(data)
        elif event.event == OUTCOME:
            self._settle(data)
            if data["outcome"] in BARS:
                # Whoever got the reply may have died before it wrote the line that disables.
                self._disable(disabled_by(data, event.time))
        elif event.event == DISABLED:
            self._disable(Disabled(data["service"], data["reason"], data["run_id"], event.time))
        elif event.event == ENABLED:
            self.disabled.pop(data["service"], None)

    def _reserve(self, data: Mapping[str, Any]) -> None:
        tokens, cost = data["reserved_tokens"], data["reserved_micro_eur"]
        made = Reserved(tuple(data["scopes"]), tokens, cost)
        for name in made.scopes:
            spent = self.scopes.setdefault(name, Spent())
            spent.tokens += tokens
            spent.cost += cost
            spent.calls += 1
        self.reserved[data["call_id"], data["attempt"]] = made

    def _disable(self, made: Disabled) -> None:
        self.disabled.setdefault(made.service, made)

    def _settle(self, data: Mapping[str, Any]) -> None:
        tokens, cost = data["tokens"], data["cost_micro_eur"]
        made = self.reserved.pop((data["call_id"], data["attempt"]))
        for name in made.scopes:
            self.scopes[name].tokens -= made.tokens - tokens
            self.scopes[name].cost -= made.cost - cost


def state_of(ledger: Ledger) -> State:
    """Read the state out of a ledger; an attempt without an outcome counts what it set aside.

    Raises:
        EvidenceError: the ledger cannot be read, or a line of it does not fit the others.
    """
    state = State()
    for event in ledger.events(*EVENTS):
        with line_of(ledger, event):
            state.take_in(event)
    return state


def name_of(ledger: Ledger) -> str:
    """What the first line calls a ledger; empty for one without lines.

    Raises:
        EvidenceError: the ledger cannot be read.
    """
    first = next(ledger.events(GENESIS), None)
    return "" if first is None else str(first.data.get("id", ""))
