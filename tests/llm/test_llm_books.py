"""The books: all scopes or none, charged as promised, in step with the ledger."""

import os
import signal
import sqlite3
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread
from typing import Any, Literal

import pytest
from llm.ledgers import (
    ANSWER,
    BOUNDLESS,
    RUN,
    SCOPES,
    Allowance,
    books_in,
    intent,
    kept,
    refusal,
    told,
)

from peaklib.errors import BudgetError, DataError, EvidenceError
from peaklib.evidence.ledger.ledger import Ledger
from peaklib.evidence.ledger.line import Event as Line
from peaklib.llm.books import Books, Ending, Intent, Opening, Scope, eur
from peaklib.llm.books.state import Spent
from peaklib.llm.roles import Outcome

# Together they take long: `make test` runs them.
pytestmark = pytest.mark.slow


@pytest.fixture
def books(tmp_path: Path) -> Books:
    """Books that know nothing yet."""
    return books_in(tmp_path)


def events(books: Books) -> list[str]:
    return [event.event for event in books.ledger.events()]


def test_what_was_used_takes_the_place_of_what_was_set_aside(books: Books) -> None:
    ticket = books.open(intent(), SCOPES)
    assert kept(books).scopes == {scope.name: Spent(1000, 5000, 1) for scope in SCOPES}
    assert books.close(ticket, ANSWER) == ANSWER
    assert kept(books).scopes == {scope.name: Spent(234, 1234, 1) for scope in SCOPES}
    assert kept(books).reserved == set()


def test_each_attempt_leaves_an_intent_and_an_outcome_in_the_ledger(books: Books) -> None:
    ticket = books.open(intent(tools=("search",), because="first in the matrix"), SCOPES)
    books.close(ticket, ANSWER)
    books.refuse(refusal("c1", 2, Outcome.DISABLED, "cooling down"))
    assert events(books) == ["genesis", "llm_intent", "llm_outcome", "llm_refused"]
    _, begun, ended, refused = (event.data for event in books.ledger.events())
    assert begun == {
        **{name: getattr(ticket.intent, name) for name in Intent.__dataclass_fields__},
        "scopes": [scope.name for scope in SCOPES],
        "tools": ["search"],
    }
    same = ("call_id", "attempt", "run_id", "phase", "layer", "role", "row", "provider", "asked")
    assert {name: ended[name] for name in same} == {name: begun[name] for name in same}
    assert ended["outcome"] == "ok"
    assert (ended["tokens"], ended["cost_micro_eur"], ended["usage"]) == (234, 1234, "reported")
    assert (refused["outcome"], refused["row"]) == ("disabled", "L1.fallback1")


@pytest.mark.parametrize(
    ("allowance", "said"),
    [
        (replace(BOUNDLESS, max_cost=9_999), "0.005 EUR wanted, 0.004999 EUR left of 0.009999 EUR"),
        (replace(BOUNDLESS, max_tokens=1_999), "1,000 tokens wanted, 999 left of 1,999"),
        (replace(BOUNDLESS, max_calls=1), "1 call wanted, 0 left of 1"),
    ],
)
def test_the_scope_that_has_too_little_left_is_named_and_none_is_charged(
    books: Books, allowance: Allowance, said: str
) -> None:
    scopes = (*SCOPES[:2], Scope("phase research", allowance))
    books.open(intent("c1"), scopes)
    before, written = kept(books), events(books)
    with pytest.raises(BudgetError, match=r"budgets\.toml") as refused:
        books.open(intent("c2"), scopes)
    assert f"phase research: {said}" in str(refused.value)
    assert "L1.primary" in str(refused.value)
    assert f"run {RUN}" not in str(refused.value)
    assert kept(books) == before
    assert events(books) == written


def test_a_budget_can_be_used_up_to_the_last_micro_eur_token_and_call(books: Books) -> None:
    exact = [Scope("run", Allowance(2000, 10_000, 2))]
    books.open(intent("c1"), exact)
    books.open(intent("c2"), exact)
    assert kept(books).scopes == {"run": Spent(2000, 10_000, 2)}
    with pytest.raises(BudgetError):
        books.open(intent("c3", reserved_tokens=0, reserved_micro_eur=0), exact)


def test_what_is_not_used_can_be_used_by_the_next_call(books: Books) -> None:
    scope = [Scope("run", Allowance(1500, 6_234, 9))]
    ticket = books.open(intent("c1"), scope)
    with pytest.raises(BudgetError):
        books.open(intent("c2"), scope)
    books.close(ticket, ANSWER)
    books.open(intent("c2"), scope)


@pytest.mark.parametrize(
    ("claim", "usage"),
    [
        (Ending(Outcome.TIMEOUT), "missing"),
        (replace(ANSWER, usage="missing"), "missing"),
        (replace(ANSWER, usage="absurd"), "absurd"),
        (replace(ANSWER, input_tokens=967), "absurd"),
        (replace(ANSWER, cost_micro_eur=5001), "absurd"),
        (replace(ANSWER, cost_micro_eur=-1), "absurd"),
        (replace(ANSWER, output_tokens=-1), "absurd"),
        (replace(ANSWER, output_tokens=2**70), "absurd"),
        (replace(ANSWER, output_tokens=True), "absurd"),
    ],
)
def test_usage_that_is_missing_or_cannot_be_is_charged_as_set_aside(
    books: Books, claim: Ending, usage: str
) -> None:
    recorded = books.close(books.open(intent(), SCOPES), claim)
    assert (recorded.usage, recorded.cost_micro_eur) == (usage, 5000)
    (line,) = books.ledger.tail(1)
    assert (line.data["tokens"], line.data["cost_micro_eur"]) == (1000, 5000)
    assert kept(books).scopes == {scope.name: Spent(1000, 5000, 1) for scope in SCOPES}


def test_a_service_that_certainly_did_nothing_costs_a_call_only(books: Books) -> None:
    books.close(books.open(intent(), SCOPES), Ending(Outcome.RATE_LIMITED, usage="reported"))
    assert kept(books).scopes == {scope.name: Spent(0, 0, 1) for scope in SCOPES}


def test_an_attempt_is_opened_once_and_closed_once(books: Books) -> None:
    ticket = books.open(intent(), SCOPES)
    with pytest.raises(EvidenceError, match="attempt 1 of call c1 is open already"):
        books.open(intent(), SCOPES)
    books.close(ticket, ANSWER)
    before, written = kept(books), events(books)
    with pytest.raises(EvidenceError, match="attempt 1 of call c1 is not open"):
        books.close(ticket, ANSWER)
    assert (kept(books), events(books)) == (before, written)


def test_nothing_is_sent_without_a_budget(books: Books) -> None:
    for scopes in ((), (SCOPES[0], SCOPES[0])):
        with pytest.raises(BudgetError, match="at least one, and each once"):
            books.open(intent(), scopes)
    assert events(books) == []


@pytest.mark.parametrize("amount", [-1, 0.5, True, None])
def test_a_reservation_is_a_whole_number(amount: object) -> None:
    for name in ("reserved_tokens", "reserved_micro_eur"):
        with pytest.raises(BudgetError, match=name):
            intent(**{name: amount})


def test_whatever_a_service_says_can_be_recorded(books: Books) -> None:
    odd = replace(
        ANSWER, returned="\ud800" * 1000, reason="x" * 9999, tool_events=("\udfff",) * 2000
    )
    books.close(books.open(intent(), SCOPES), odd)
    (line,) = books.ledger.tail(1)
    assert line.data["returned"] == "?" * 300 + "…"
    assert len(line.data["reason"]) == 301
    assert line.data["tool_events"] == ["?"] * 100


def test_a_line_that_is_not_written_gives_everything_back(books: Books) -> None:
    books.close(books.open(intent("c1"), SCOPES), ANSWER)
    before = kept(books)
    ledger = books.ledger.path
    away = ledger.rename(ledger.with_suffix(".away"))
    ledger.mkdir()
    with pytest.raises(EvidenceError, match="NOT recorded"):
        books.open(intent("c2"), SCOPES)
    ledger.rmdir()
    away.rename(ledger)
    assert kept(books) == before


def test_an_attempt_without_an_outcome_counts_as_spent_for_whoever_comes_later(
    tmp_path: Path,
) -> None:
    scope = [Scope("run", Allowance(max_cost=9_999))]
    books_in(tmp_path).open(intent("c1"), scope)
    with pytest.raises(BudgetError):
        books_in(tmp_path).open(intent("c2"), scope)


def test_a_lost_database_is_built_anew_from_the_ledger(books: Books) -> None:
    books.close(books.open(intent("c1"), SCOPES), ANSWER)
    ticket = books.open(intent("c2"), SCOPES[:2])
    books.refuse(refusal("c3", 1, Outcome.BUDGET, "nothing left"))
    books.disable("openai:a", "drift", RUN)
    books.disable("openai:b", "drift", RUN)
    books.enable("openai:b", "mira", "looked into it")
    before = kept(books)
    assert before.scopes[SCOPES[0].name] == Spent(1234, 6234, 2)
    assert before.reserved == {("c2", 1)}
    for file in books.folder.glob("state.sqlite*"):
        file.unlink()
    # These books had the file open: they must not go on with the one that has no name.
    books.close(ticket, ANSWER)
    after = kept(books)
    assert after.scopes[SCOPES[0].name] == Spent(468, 2468, 2)
    assert after.scopes[SCOPES[2].name] == Spent(234, 1234, 1)
    assert after.reserved == set()
    assert after.disabled == {"openai:a"}
    assert after.scopes == told(books).scopes


def test_a_database_that_was_replaced_is_not_used_on(books: Books) -> None:
    scope = [Scope("run", replace(BOUNDLESS, max_calls=2))]
    books.open(intent("c1"), scope)
    for file in books.folder.glob("state.sqlite*"):
        file.unlink()
    Books(books.folder, books.ledger).open(intent("c2"), scope)
    with pytest.raises(BudgetError):
        books.open(intent("c3"), scope)


def test_what_the_old_database_had_not_written_back_is_not_taken_for_the_new_one(
    books: Books,
) -> None:
    """sqlite would replay a write-ahead log that was left beside a file of the same name."""
    books.open(intent("c1"), SCOPES)
    before, file = kept(books), books.folder / "state.sqlite"
    with books._current() as database, database.changing() as connection:
        connection.execute("UPDATE scopes SET cost = 0")
    assert kept(books) != before
    file.unlink()
    assert file.with_name("state.sqlite-wal").stat().st_size > 0
    assert kept(books) == before


def test_the_database_is_not_believed_after_the_machine_has_started_again(books: Books) -> None:
    books.open(intent("c1"), SCOPES)
    file = books.folder / "state.sqlite"
    with sqlite3.connect(file) as connection:  # as a power failure may leave it
        connection.execute("UPDATE about SET boot = 'an earlier one'")
        connection.execute("DELETE FROM scopes")
        connection.execute("DELETE FROM reserved")
    connection.close()
    again = Books(books.folder, books.ledger)
    assert again.disabled("openai:a") is None
    assert kept(again).scopes == {scope.name: Spent(1000, 5000, 1) for scope in SCOPES}


@pytest.mark.parametrize("damage", ["garbage", "version", "page"])
def test_a_damaged_database_lets_nothing_through(tmp_path: Path, damage: str) -> None:
    books = books_in(tmp_path)
    for number in range(300):
        books.ledger.append("llm_intent", {**vars(intent(f"c{number}")), "scopes": [f"s{number}"]})
    books.disabled("openai:a")
    books.shut()
    file = books.folder / "state.sqlite"
    content = bytearray(file.read_bytes())
    if damage == "garbage":
        content[:] = b"no database at all" * 300
    elif damage == "page":
        content[4096 * 3 + 8 : 4096 * 4] = b"\xff" * 4088
    file.write_bytes(content)
    if damage == "version":
        with sqlite3.connect(file) as connection:
            connection.execute("PRAGMA user_version = 99")
        connection.close()
    for call in (lambda: books.open(intent(), SCOPES), lambda: books.disabled("openai:a")):
        with pytest.raises(EvidenceError, match=r"nothing is sent.* remove state\.sqlite"):
            call()
    for part in books.folder.glob("state.sqlite*"):
        part.unlink()
    books.open(intent("one more"), SCOPES)


def test_budgets_of_another_ledger_are_not_used(books: Books, tmp_path: Path) -> None:
    books.open(intent(), SCOPES)
    books_in(tmp_path).disabled("openai:a")  # learns the name of the ledger
    other = Ledger(tmp_path / "other.jsonl")
    with pytest.raises(EvidenceError, match="without lines: nothing can be sent"):
        Books(books.folder, other).open(intent(), SCOPES)
    other.append("page", {})
    with pytest.raises(EvidenceError, match="Put the right ledger back"):
        Books(books.folder, other).open(intent(), SCOPES)


def test_a_line_that_does_not_say_what_was_spent_stops_everything(books: Books) -> None:
    books.ledger.append("llm_outcome", {"call_id": "c1", "attempt": 1})
    with pytest.raises(EvidenceError, match="line 2, llm_outcome"):
        books.open(intent(), SCOPES)


def test_a_disabled_service_stays_so_until_a_person_clears_it(books: Books, tmp_path: Path) -> None:
    service = "openai:gpt-5-mini"
    assert books.disabled(service) is None
    books.disable(service, "the reply names gpt-4o-mini", RUN)
    books.disable(service, "the reply names gpt-4o", "another run")
    found = books_in(tmp_path).disabled(service)
    assert found is not None
    assert (found.service, found.reason) == (service, "the reply names gpt-4o-mini")
    assert (found.run_id, found.since[:10]) == (RUN, "2026-11-21")
    for by, reason in (("", "looked into it"), ("mira", " ")):
        with pytest.raises(DataError, match="by a person, for a reason"):
            books.enable(service, by, reason)
    assert books.enable(service, "mira", "looked into it") == found
    assert books.disabled(service) is None
    with pytest.raises(DataError, match="is not disabled"):
        books.enable(service, "mira", "looked into it")
    assert events(books)[1:] == ["llm_disabled", "llm_disabled", "llm_enabled"]


@pytest.mark.parametrize("outcome", [Outcome.DRIFT, Outcome.DENIED])
@pytest.mark.parametrize("endpoint", ["provider", "local"])
def test_an_outcome_that_names_another_model_disables_the_service_by_itself(
    books: Books, outcome: Outcome, endpoint: Literal["provider", "local"]
) -> None:
    """As if the process had died right after it, before the line that disables."""
    ticket = books.open(intent(endpoint=endpoint), SCOPES)
    books.close(ticket, replace(ANSWER, outcome=outcome, reason="the reply names half a \ud800"))
    assert events(books)[1:] == ["llm_intent", "llm_outcome"]
    service = ticket.intent.service
    known = books.disabled(service)
    assert known is not None
    assert (known.reason, known.run_id) == ("the reply names half a ?", RUN)
    assert kept(books) == told(books)
    for file in books.folder.glob("state.sqlite*"):
        file.unlink()
    again = books.disabled(service)
    assert again is not None
    assert (again.reason, again.run_id) == (known.reason, known.run_id)
    assert kept(books).disabled == {service}
    books.disable(service, "the reply names half a \ud800", RUN)
    books.enable(service, "mira", "looked into it")
    assert kept(books).disabled == told(books).disabled == set()


class Meanwhile(Ledger):
    """A ledger before whose line `llm_enabled` is done something else happens, elsewhere."""

    happens: Callable[[], object] = print
    thread: Thread | None = None

    def append(self, event: str, data: Mapping[str, Any]) -> Line:
        line = super().append(event, data)
        if event == "llm_enabled":
            self.thread = Thread(target=self.happens)
            self.thread.start()
            self.thread.join(0.1)
        return line


@pytest.mark.parametrize("by", ["disable", "close"])
def test_what_disables_a_service_while_a_person_clears_it_is_not_lost(
    tmp_path: Path, by: str
) -> None:
    ledger = Meanwhile(tmp_path / "ledger.jsonl")
    books, elsewhere = Books(tmp_path / "llm", ledger), books_in(tmp_path)
    ticket = elsewhere.open(intent(), SCOPES)
    service = ticket.intent.service
    elsewhere.disable(service, "the reply names gpt-4o", RUN)
    ledger.happens = {
        "disable": lambda: elsewhere.disable(service, "once more", RUN),
        "close": lambda: elsewhere.close(ticket, replace(ANSWER, outcome=Outcome.DRIFT)),
    }[by]
    books.enable(service, "mira", "looked into it")
    assert ledger.thread is not None
    ledger.thread.join()
    assert kept(books).disabled == told(books).disabled == {service}


@pytest.mark.parametrize("amount", ["reserved_tokens", "reserved_micro_eur"])
def test_amounts_that_no_database_can_count_are_beyond_every_budget(
    books: Books, amount: str
) -> None:
    endless = [Scope("run", Allowance(2**80, 2**80))]
    for huge in (2**53, 2**63, 2**70):
        with pytest.raises(BudgetError, match=r"run: .* left of 9,007"):
            books.open(intent(**{amount: huge}), endless)
        (refused,) = books.together([Opening(intent(**{amount: huge}), tuple(endless))])
        assert isinstance(refused, BudgetError)
    books.open(intent("c1", **{amount: 2**53 - 1}), endless)
    with pytest.raises(BudgetError, match=r"run: .* wanted, 0"):
        books.open(intent("c2", **{amount: 2**53 - 1}), endless)


def test_a_fork_and_its_parent_go_on_side_by_side(books: Books) -> None:
    """The parent lets go of the file in between, and opens it again."""
    ticket = books.open(intent("c1"), SCOPES)
    (heard, said), (waiting, asked) = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        try:
            books.close(ticket, ANSWER)
            os.write(said, b".")
            os.read(waiting, 1)
            books.open(intent("c2"), SCOPES)
            os._exit(0)
        finally:
            os._exit(1)
    os.read(heard, 1)
    books.shut()
    books.open(intent("c3"), SCOPES)
    os.write(asked, b".")
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    for end in (heard, said, waiting, asked):
        os.close(end)
    books.open(intent("c4"), SCOPES)
    assert kept(books).scopes[SCOPES[0].name] == Spent(3234, 16_234, 4)
    assert kept(books) == told(books)


def test_a_fork_in_the_middle_of_a_change_harms_neither_side(books: Books) -> None:
    """A thread is in the middle of a change when the process forks."""
    begun = Event()

    def change() -> None:
        with books._current() as database, database.changing():
            begun.set()
            time.sleep(0.1)

    busy = Thread(target=change)
    busy.start()
    begun.wait(30)
    child = os.fork()
    if child == 0:
        try:
            books.open(intent("c1"), SCOPES)
        finally:
            os._exit(0 if books.ledger.tail(1) else 1)
    busy.join()
    until = time.monotonic() + 20
    while os.waitpid(child, os.WNOHANG) == (0, 0):
        if time.monotonic() > until:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            pytest.fail("the fork waits for ever")
        time.sleep(0.005)
    assert kept(books).scopes[SCOPES[0].name] == Spent(1000, 5000, 1)


class Interrupted(Ledger):
    """A ledger before whose first line of a call the database is lost, and asked for by others."""

    others: Thread | None = None

    def append(self, event: str, data: Mapping[str, Any]) -> Line:
        if self.others is None and data.get("call_id") == "late":
            for file in self.path.parent.glob("llm/state.sqlite*"):
                file.unlink()
            plain = Ledger(self.path)
            books = Books(self.path.parent / "llm", plain)
            self.others = Thread(target=books.disabled, args=("openai:a",))
            self.others.start()
            self.others.join(0.1)
        return super().append(event, data)


def test_the_database_is_not_built_between_a_reservation_and_its_line(tmp_path: Path) -> None:
    ledger = Interrupted(tmp_path / "ledger.jsonl")
    books = Books(tmp_path / "llm", ledger)
    books.open(intent("c1"), SCOPES)
    books.open(intent("late"), SCOPES)
    assert ledger.others is not None
    ledger.others.join()
    assert kept(books).scopes[SCOPES[0].name] == Spent(2000, 10_000, 2)


def test_nothing_is_written_before_the_first_question(tmp_path: Path) -> None:
    books_in(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("micro_eur", "text"),
    [
        (0, "0.00 EUR"),
        (1, "0.000001 EUR"),
        (10_000, "0.01 EUR"),
        (1_000_000, "1.00 EUR"),
        (1_234_500, "1.2345 EUR"),
        (12_345_678_901, "12,345.678901 EUR"),
        (-1_500_000, "-1.50 EUR"),
    ],
)
def test_money_is_written_exactly(micro_eur: int, text: str) -> None:
    assert eur(micro_eur) == text
