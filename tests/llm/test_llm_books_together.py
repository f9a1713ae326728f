"""Entries made together: each fares as it would alone, and they wait for the disk once."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event, Lock
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from llm.ledgers import ANSWER, SCOPES, Allowance, books_in, intent, kept
from llm.routing import HELLO, RUN, bench

from peaklib.errors import BudgetError, EvidenceError, SwitchedOffError
from peaklib.evidence.ledger.ledger import Ledger
from peaklib.llm.books import Books, Closing, Disabled, Entered, Entry, Opening, Scope, Ticket
from peaklib.llm.roles import Outcome
from peaklib.llm.routing.clerk import Clerk

# Together they take long: `make test` runs them.
pytestmark = pytest.mark.slow


@pytest.fixture
def books(tmp_path: Path) -> Books:
    """Books that know nothing yet."""
    return books_in(tmp_path)


def opening(name: str, *scopes: Scope, **changes: Any) -> Opening:
    return Opening(intent(name, **changes), scopes or tuple(SCOPES))


def two_calls(name: str = "two") -> Scope:
    return Scope(name, Allowance(max_calls=2))


def syncs(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Waits for the disk of the ledger's file, from now on."""
    from peaklib.evidence.ledger import file

    waited: list[int] = []
    real = file.put

    def put(fd: int, *rest: Any) -> None:
        waited.append(fd)
        real(fd, *rest)

    monkeypatch.setattr(file, "put", put)
    return waited


def test_entries_are_recorded_in_their_order_with_one_wait_for_the_disk(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = books.open(intent("c0"), SCOPES)
    waited = syncs(monkeypatch)
    found = books.together([opening("c1"), Closing(before, ANSWER), opening("c2")])
    assert len(waited) == 1
    assert [type(one).__name__ for one in found] == ["Ticket", "Ending", "Ticket"]
    told = [(line.event, line.data.get("call_id")) for line in books.ledger.events()][2:]
    assert told == [("llm_intent", "c1"), ("llm_outcome", "c0"), ("llm_intent", "c2")]
    assert books.ledger.verify().problems == ()


def test_entries_together_leave_what_they_leave_one_by_one(tmp_path: Path) -> None:
    one, all_ = books_in(tmp_path / "one"), books_in(tmp_path / "all")
    tickets = [one.open(intent(f"c{n}"), SCOPES) for n in range(3)]
    one.close(tickets[1], ANSWER)
    opened = all_.together([opening(f"c{n}") for n in range(3)])
    assert opened == tickets
    assert all_.together([Closing(tickets[1], ANSWER)]) == [ANSWER]
    assert kept(all_) == kept(one)
    lines = [[(x.event, x.data) for x in b.ledger.events()][1:] for b in (one, all_)]
    assert lines[0] == lines[1]


def test_a_budget_that_two_of_three_use_up_refuses_the_third_alone(books: Books) -> None:
    *fits, short = books.together([opening(f"c{n}", two_calls()) for n in range(3)])
    assert all(isinstance(one, Ticket) for one in fits)
    assert isinstance(short, BudgetError)
    assert "two: 1 call wanted, 0 left of 2" in str(short)
    assert [line.data["call_id"] for line in books.ledger.events("llm_intent")] == ["c0", "c1"]


def test_what_ends_makes_room_for_what_begins_after_it(books: Books) -> None:
    tight = Scope("tight", Allowance(max_tokens=1_300))
    ticket = books.open(intent("c1"), [tight])
    late, ended, again = books.together(
        [opening("c2", tight), Closing(ticket, ANSWER), opening("c3", tight)]
    )
    assert isinstance(late, BudgetError)
    assert ended == ANSWER
    assert isinstance(again, Ticket)


def test_a_disabled_service_opens_nothing_and_says_why(books: Books) -> None:
    service = intent("c1").service
    books.disable(service, "another model answered", "r1")
    barred, fine = books.together([opening("c1"), opening("c2", provider="mistral")])
    assert isinstance(barred, Disabled)
    assert (barred.service, barred.reason) == (service, "another model answered")
    assert isinstance(fine, Ticket)
    assert {call for call, _ in kept(books).reserved} == {"c2"}


def test_an_entry_that_cannot_be_recorded_leaves_the_others_alone(books: Books) -> None:
    odd = opening("c2", because="half a \ud800 character")
    good, bad, last = books.together([opening("c1"), odd, opening("c3")])
    assert isinstance(good, Ticket)
    assert isinstance(last, Ticket)
    assert isinstance(bad, EvidenceError)
    assert {call for call, _ in kept(books).reserved} == {"c1", "c3"}
    told = [line.data["call_id"] for line in books.ledger.events("llm_intent")]
    assert told == ["c1", "c3"]


def test_an_entry_that_the_database_refuses_leaves_the_others_alone(books: Books) -> None:
    found = books.together([opening("c1"), opening("c2", attempt=2**70), opening("c3")])
    kinds = [type(one).__name__ for one in found]
    assert kinds[0] == kinds[2] == "Ticket"
    assert kinds[1] != "Ticket"
    assert {call for call, _ in kept(books).reserved} == {"c1", "c3"}


@pytest.mark.parametrize("outcome", [Outcome.DRIFT, Outcome.DENIED])
def test_what_begins_after_another_model_answered_in_the_same_go_is_not_sent(
    books: Books, outcome: Outcome
) -> None:
    first = books.open(intent("c1"), SCOPES)
    drift = replace(ANSWER, outcome=outcome, usage="missing", reason="gpt-4o answered")
    _, barred, local = books.together(
        [Closing(first, drift), opening("c2"), opening("c3", endpoint="local")]
    )
    assert isinstance(barred, Disabled)
    assert (barred.reason, barred.run_id) == ("gpt-4o answered", first.intent.run_id)
    assert isinstance(local, Ticket)


def test_a_ticket_is_closed_once_however_many_ask_at_once(books: Books) -> None:
    ticket = books.open(intent("c1"), SCOPES)
    first, second = books.together([Closing(ticket, ANSWER), Closing(ticket, ANSWER)])
    assert first == ANSWER
    assert isinstance(second, EvidenceError)
    assert len(list(books.ledger.events("llm_outcome"))) == 1


def test_when_the_ledger_cannot_be_written_nothing_stays_set_aside(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    books.together([opening("c0")])
    held = kept(books)
    from peaklib.evidence.ledger import file

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(file, "put", full)
    found = books.together([opening("c1"), opening("c2")])
    assert all(isinstance(one, EvidenceError) and "NOT recorded" in str(one) for one in found)
    assert kept(books) == held


def test_no_entries_need_nothing(books: Books) -> None:
    assert books.together([]) == []


@settings(max_examples=25, derandomize=True, deadline=None)
@given(sizes=st.lists(st.integers(1, 6), min_size=1, max_size=4), limit=st.integers(0, 12))
def test_no_grouping_overruns_a_budget(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], limit: int
) -> None:
    books = books_in(tmp_path_factory.mktemp("books"))
    scope, number, opened = Scope("s", Allowance(max_calls=limit)), 0, 0
    for size in sizes:
        entries = [opening(f"c{number + k}", scope) for k in range(size)]
        number += size
        opened += sum(isinstance(one, Ticket) for one in books.together(entries))
    assert opened == min(limit, number)


def test_events_appended_together_are_a_chain_that_verifies(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    written = ledger.append_all([("first", {"n": 1}), ("second", {"n": 2})])
    assert [(event.seq, event.event) for event in written] == [(1, "first"), (2, "second")]
    assert ledger.append("third", {}).seq == 3
    assert ledger.append_all([]) == []
    assert list(ledger.events())[1:3] == written
    assert ledger.verify().problems == ()


def test_of_events_appended_together_all_are_written_or_none(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    with pytest.raises(EvidenceError, match="canonical JSON"):
        ledger.append_all([("first", {}), ("second", {"no": {1, 2}})])
    assert list(ledger.events()) == []


class Slow:
    """Books that make entries when they are told to, and remember who came together.

    Args:
        make: what becomes of an entry.
    """

    def __init__(self, make: Callable[[Entry], Entered]) -> None:
        self.go = Event()
        self.groups: list[int] = []
        self._make = make
        self._lock = Lock()

    def together(self, entries: Sequence[Entry]) -> list[Entered]:
        with self._lock:
            self.groups.append(len(entries))
        assert self.go.wait(10)
        return [self._make(entry) for entry in entries]


def _ticket(entry: Entry) -> Entered:
    assert isinstance(entry, Opening)
    return Ticket(entry.line, ())


def test_whoever_comes_while_the_disk_is_awaited_goes_together() -> None:
    slow = Slow(_ticket)

    async def calls() -> list[Any]:
        clerk = Clerk(slow.together)
        first = asyncio.create_task(clerk.open(opening("c0")))
        while not slow.groups:
            await asyncio.sleep(0.001)
        others = [asyncio.create_task(clerk.open(opening(f"c{n}"))) for n in range(1, 6)]
        await asyncio.sleep(0)
        slow.go.set()
        return await asyncio.gather(first, *others)

    tickets = asyncio.run(calls())
    assert slow.groups == [1, 5]
    assert [ticket.intent.call_id for ticket in tickets] == [f"c{n}" for n in range(6)]


def test_an_attempt_that_was_given_up_while_it_waited_is_not_opened() -> None:
    slow = Slow(_ticket)

    async def calls() -> None:
        clerk = Clerk(slow.together)
        first = asyncio.create_task(clerk.open(opening("c0")))
        while not slow.groups:
            await asyncio.sleep(0.001)
        other = asyncio.create_task(clerk.open(opening("c1")))
        await asyncio.sleep(0)
        other.cancel()
        await asyncio.sleep(0)
        slow.go.set()
        await first
        await clerk.open(opening("c2"))

    asyncio.run(calls())
    assert slow.groups == [1, 1]


def test_a_mistake_of_the_books_reaches_everybody_who_waits() -> None:
    def broken(_: Sequence[Entry]) -> list[Entered]:
        raise ZeroDivisionError("a mistake")

    async def calls() -> list[Any]:
        clerk = Clerk(broken)
        return await asyncio.gather(
            *(clerk.open(opening(f"c{n}")) for n in range(3)), return_exceptions=True
        )

    assert [type(one) for one in asyncio.run(calls())] == [ZeroDivisionError] * 3


def test_a_clerk_serves_a_loop_that_came_after_another() -> None:
    slow = Slow(_ticket)
    slow.go.set()
    clerk = Clerk(slow.together)
    for n in range(2):
        assert asyncio.run(clerk.open(opening(f"c{n}")))


def test_a_service_that_is_disabled_while_it_is_asked_refuses_the_calls_after(
    tmp_path: Path,
) -> None:
    with bench(tmp_path) as at:
        asked = {"run_id": RUN, "prompt_version": "test/1"}
        assert at.router.call("L2", "primary", HELLO, **asked).text
        at.router._desk.books.disable("local openai:gpt-5-mini", "a person said so", RUN)
        with pytest.raises(SwitchedOffError, match="a person said so"):
            at.router.call("L2", "primary", HELLO, **asked)
        assert len(at.standin.seen) == 1
        assert [line["outcome"] for line in at.lines("refused")] == ["disabled"]
