"""What is tried on a small file system of its own, which `test_llm_books_faults.py` mounts."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from llm.ledgers import ANSWER, SCOPES, books_in, intent, kept, told

from peaklib.errors import EvidenceError
from peaklib.llm.books import Books

PAGE = os.sysconf("SC_PAGE_SIZE")


def refused(call: Callable[[], object]) -> str | None:
    """How it was refused, or None if it was not; nothing but an `EvidenceError` may be raised."""
    try:
        call()
    except EvidenceError as error:
        return str(error)
    return None


def costs(books: Books) -> dict[str, int]:
    """What a scope has cost, as the database and the ledger say."""
    states = {"database": kept(books), "ledger": told(books)}
    return {name: state.scopes[SCOPES[0].name].cost for name, state in states.items()}


def fill(folder: Path) -> None:
    """Open and close calls with room for 0, 1, 2, … pages, until both are done."""
    ballast = folder / "ballast"
    books_in(folder).open(intent("old"), SCOPES)
    for room in count():
        books = books_in(folder)
        old = books.open(intent(f"before-{room}"), SCOPES)
        before = costs(books)
        books.shut()
        with ballast.open("wb") as file:
            facts = os.statvfs(folder)
            free = facts.f_bavail * facts.f_frsize - room * PAGE
            os.posix_fallocate(file.fileno(), 0, max(free, 1))
        errors = [
            refused(lambda room=room, books=books: books.open(intent(f"full-{room}"), SCOPES)),
            refused(lambda old=old, books=books: books.close(old, ANSWER)),
        ]
        ballast.unlink()
        done = {"errors": errors, "before": before, "after": costs(books_in(folder))}
        print(json.dumps({**done, "problems": books.ledger.verify().problems}))
        if errors == [None, None]:
            return


def read_only(folder: Path) -> None:
    """Ask books that cannot be written, with and without a database."""
    books = books_in(folder)
    ticket = books.open(intent("old"), SCOPES)
    books.shut()
    for name in ("with", "without"):
        subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
        tried: dict[str, Callable[[], object]] = {
            "open": lambda: books.open(intent("late"), SCOPES),
            "close": lambda: books.close(ticket, ANSWER),
            "disabled": lambda: books.disabled("openai:a"),
            "disable": lambda: books.disable("openai:a", "drift", "run"),
        }
        for what, call in tried.items():
            print(json.dumps({"database": name, "call": what, "error": refused(call)}))
        books.shut()
        subprocess.run(["mount", "-o", "remount,rw", folder], check=True)
        for file in books.folder.glob("state.*"):
            file.unlink()


if __name__ == "__main__":
    {"fill": fill, "read_only": read_only}[sys.argv[1]](Path(sys.argv[2]))
