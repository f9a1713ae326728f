"""Books over a scratch ledger, and calls that are entered in them."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from peaklib.evidence.ledger.ledger import Ledger
from peaklib.llm.books import Books, Ending, Intent, Refusal, Scope
from peaklib.llm.books.state import Spent, state_of
from peaklib.llm.roles import Outcome

RUN = "20261121_140000_abcdef"
OTHER_RUN = "20261122_090000_fedcba"


@dataclass(frozen=True)
class Allowance:
    """What a scope may use."""

    max_tokens: int = 10**12
    max_cost: int = 10**12
    max_calls: int = 10**9


BOUNDLESS = Allowance()
SCOPES = (
    Scope(f"run {RUN}", BOUNDLESS),
    Scope(f"layer {RUN} L1", BOUNDLESS),
    Scope("phase research 2026-11-21", BOUNDLESS),
)
INTENT = Intent(
    call_id="c1",
    attempt=1,
    run_id=RUN,
    phase="research",
    layer="L1",
    role="primary",
    row="L1.primary",
    provider="openai",
    asked="o3-deep-research",
    sent="o3-deep-research",
    api="responses",
    endpoint="provider",
    prompt_version="l1-research/3",
    request_hash="8f3a" * 16,
    reserved_tokens=1000,
    reserved_micro_eur=5000,
    deadline_ms=60_000,
    policy_digest="3f2a" * 16,
    matrix_digest="77aa" * 16,
)
ANSWER = Ending(
    Outcome.OK,
    returned="o3-deep-research",
    status=200,
    usage="reported",
    input_tokens=200,
    output_tokens=34,
    cost_micro_eur=1234,
    latency_ms=2310,
)


def intent(call_id: str = "c1", attempt: int = 1, **others: Any) -> Intent:
    """An attempt that may use 1,000 tokens and 5,000 micro-EUR."""
    return replace(INTENT, call_id=call_id, attempt=attempt, **others)


def refusal(call_id: str, attempt: int, outcome: Outcome, reason: str, **others: Any) -> Refusal:
    """A row that was passed over."""
    place = {
        "row": "L1.fallback1",
        "provider": "openai",
        "asked": "o4-mini-deep-research",
        "policy_digest": INTENT.policy_digest,
        "matrix_digest": INTENT.matrix_digest,
    }
    return Refusal(call_id, attempt, RUN, "L1", "primary", outcome, reason, **{**place, **others})


class Ticks:
    """A clock that goes on by two seconds whenever it is read."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 14, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=2)
        return self.now


def books_in(folder: Path) -> Books:
    """Books of a folder of runs."""
    clock = Ticks()
    return Books(folder / "llm", Ledger(folder / "ledger.jsonl", clock), clock)


@dataclass(frozen=True)
class Sums:
    """What has been used, by scope; attempts that stand; services that are off."""

    scopes: dict[str, Spent]
    reserved: set[tuple[str, int]]
    disabled: set[str]


def kept(books: Books) -> Sums:
    """What the database says, to others than these books."""
    with Books(books.folder, books.ledger)._current() as database:
        scopes = database.ask("SELECT * FROM scopes ORDER BY name")
        reserved = database.ask("SELECT * FROM reserved")
        services = database.ask("SELECT service FROM disabled")
    return Sums(
        {name: Spent(*amounts) for name, *amounts in scopes},
        {(call_id, attempt) for call_id, attempt in reserved},
        {service for (service,) in services},
    )


def told(books: Books) -> Sums:
    """What the ledger says."""
    state = state_of(books.ledger)
    return Sums(state.scopes, set(state.reserved), set(state.disabled))
