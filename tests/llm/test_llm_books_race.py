"""One budget, many callers: threads, processes, and processes that are killed."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import pytest
from llm.books_workers import TIGHT
from llm.ledgers import ANSWER, BOUNDLESS, RUN, Allowance, books_in, intent, kept, told

from peaklib.errors import BudgetError
from peaklib.evidence.ledger.ledger import Ledger
from peaklib.llm.books import Books, Scope
from peaklib.llm.books.state import Spent

WORKERS = Path(__file__).with_name("books_workers.py")


def start(task: str, folder: Path, name: str, threads: int, rounds: int) -> subprocess.Popen[bytes]:
    order = [task, folder, name, threads, rounds]
    return subprocess.Popen([sys.executable, WORKERS, *map(str, order)], stderr=subprocess.PIPE)


def said(folder: Path) -> dict[str, set[str]]:
    """What workers have acknowledged, by what they did."""
    found: dict[str, set[str]] = {"opened": set(), "closed": set(), "refused": set()}
    for file in folder.glob("said-*"):
        for line in file.read_text("utf-8").splitlines():
            what, name = line.split()
            found[what].add(name)
    return found


@contextmanager
def watched(books: Books, scope: str, limit: int) -> Iterator[list[int]]:
    """Look at a budget all the time; it must never be over its limit."""
    done, seen = Event(), list[int]()

    def watch() -> None:
        while not done.is_set():
            with books._current() as database:
                found = database.ask("SELECT cost FROM scopes WHERE name = ?", scope)
            seen.extend(int(cost) for (cost,) in found)
            time.sleep(0.002)

    watcher = Thread(target=watch)
    watcher.start()
    yield seen
    done.set()
    watcher.join()
    assert seen
    assert max(seen) <= limit


def together(count: int, work: Callable[[int], None]) -> None:
    """Run a function in threads, with their numbers."""
    threads = [Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_64_threads_do_not_overrun_a_budget_by_one_micro_eur(tmp_path: Path) -> None:
    books, opened, refused = books_in(tmp_path), list[int](), list[int]()
    scopes = [
        Scope("tight", replace(BOUNDLESS, max_cost=40 * 5000 + 4999)),
        Scope("wide", BOUNDLESS),
    ]

    def call(number: int) -> None:
        for attempt in (1, 2):
            try:
                books.open(intent(f"c{number}", attempt), scopes)
                opened.append(number)
            except BudgetError:
                refused.append(number)

    together(64, call)
    assert (len(opened), len(refused)) == (40, 88)
    state = kept(books)
    assert state.scopes == dict.fromkeys(("tight", "wide"), Spent(40_000, 200_000, 40))
    assert state == told(books)


def test_what_threads_give_back_is_given_to_others_and_never_twice(tmp_path: Path) -> None:
    books, closed = books_in(tmp_path), list[int]()
    scopes = [Scope("tight", replace(BOUNDLESS, max_cost=50_000))]

    def call(number: int) -> None:
        for attempt in (1, 2):
            try:
                ticket = books.open(intent(f"c{number}", attempt), scopes)
            except BudgetError:
                continue
            books.close(ticket, ANSWER)
            closed.append(number)

    with watched(books_in(tmp_path), "tight", 50_000):
        together(64, call)
    state = kept(books)
    assert state.scopes == {"tight": Spent(234 * len(closed), 1234 * len(closed), len(closed))}
    assert len(closed) > 10
    assert state.scopes == told(books).scopes
    assert books.ledger.verify().problems == ()


@pytest.mark.slow
def test_8_processes_of_8_threads_do_not_overrun_a_budget(tmp_path: Path) -> None:
    books = books_in(tmp_path)
    with watched(books, "tight", TIGHT.max_cost):
        workers = [start("race", tmp_path, f"p{number}", 8, 16) for number in range(8)]
        for worker in workers:
            _, errors = worker.communicate(timeout=240)
            assert worker.returncode == 0, errors.decode()
    done, state = said(tmp_path), kept(books)
    assert state.scopes["tight"].calls == len(done["closed"])
    # Used up: not even one more reservation fits.
    assert TIGHT.max_cost - 5000 < state.scopes["tight"].cost <= TIGHT.max_cost
    assert done["refused"]
    assert state == told(books)
    assert books.ledger.verify().problems == ()


@pytest.mark.slow
def test_processes_that_find_no_database_build_it_once(tmp_path: Path) -> None:
    """All start at once over a ledger that says that the budget is nearly used up."""
    first = books_in(tmp_path)
    for number in range(150):
        scopes = [Scope("tight", TIGHT), Scope(f"run {RUN}", BOUNDLESS)]
        first.open(intent(f"old-{number}"), scopes)
    for round_ in range(3):
        for file in first.folder.glob("state.sqlite*"):
            file.unlink()
        workers = [start("race", tmp_path, f"r{round_}p{k}", 2, 8) for k in range(6)]
        for worker in workers:
            _, errors = worker.communicate(timeout=240)
            assert worker.returncode == 0, errors.decode()
        state = kept(first)
        assert state == told(first)
        assert state.scopes["tight"].calls == 150 + len(said(tmp_path)["closed"])
        assert state.scopes["tight"].cost <= TIGHT.max_cost


@pytest.mark.slow
def test_a_killed_process_leaves_its_reservations_and_nothing_else(tmp_path: Path) -> None:
    threads, rounds = 4, 8
    for number in range(rounds):
        worker = start("go_on", tmp_path, f"k{number}", threads, 0)
        heard = tmp_path / f"said-k{number}"
        until = time.monotonic() + 60
        while not (heard.exists() and heard.stat().st_size > 200 * (number + 1)):
            assert worker.poll() is None, worker.communicate()[1].decode()
            assert time.monotonic() < until
            time.sleep(0.001)
        worker.send_signal(signal.SIGKILL)
        worker.communicate()
        assert_right(tmp_path, threads * (number + 1))
    for file in (tmp_path / "llm").glob("state.sqlite*"):
        file.unlink()
    assert_right(tmp_path, threads * rounds)
    assert Ledger(tmp_path / "ledger.jsonl").verify().problems == ()


def assert_right(folder: Path, in_flight: int) -> None:
    """Hold database and ledger to what workers acknowledged; few calls were under way."""
    books = books_in(folder)
    acknowledged = said(folder)
    lines = list(books.ledger.events("llm_intent", "llm_outcome"))
    begun = {event.data["call_id"] for event in lines if event.event == "llm_intent"}
    ended = {event.data["call_id"] for event in lines if event.event == "llm_outcome"}
    assert acknowledged["opened"] <= begun
    assert acknowledged["closed"] <= ended <= begun
    state = kept(books)
    assert len(state.reserved) <= in_flight
    for wide in (state.scopes["wide"], told(books).scopes["wide"]):
        # A call costs 1,234 when it is settled and 5,000 while it is not.
        assert len(begun) <= wide.calls <= len(begun) + in_flight
        assert 1234 * len(begun) <= wide.cost
        assert wide.cost <= 1234 * len(acknowledged["closed"]) + 5000 * in_flight
    # Whoever comes later can use what is left, and no more.
    spent = state.scopes["wide"].cost
    with pytest.raises(BudgetError):
        books.open(intent("late"), [Scope("wide", Allowance(max_cost=spent + 4999))])
