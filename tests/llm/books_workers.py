"""Processes that share the books of a folder: started by tests, and killed by some.

Run as a program: `books_workers.py TASK FOLDER NAME THREADS ROUNDS`.
"""

import os
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from threading import Thread

sys.path.insert(0, str(Path(__file__).parents[1]))

from llm.ledgers import ANSWER, RUN, Allowance, intent

from peaklib.errors import BudgetError
from peaklib.evidence.ledger.ledger import Ledger
from peaklib.llm.books import Books, Ending, Scope
from peaklib.llm.roles import Outcome

TIGHT = Allowance(max_cost=1_000_003)
"""What 200 calls may set aside, and three micro-EUR that nobody can use."""
RACED = (Scope("tight", TIGHT), Scope(f"run {RUN}", Allowance()))


def race(books: Books, name: str, said: Callable[[str, str], None], rounds: int) -> None:
    """Call, also when a budget is used up; two of three answers give back what they did not use."""
    for number in range(rounds):
        try:
            ticket = books.open(intent(f"{name}-{number}"), RACED)
        except BudgetError:
            said("refused", f"{name}-{number}")
            continue
        ending = ANSWER if number % 3 else Ending(Outcome.TIMEOUT)
        books.close(ticket, ending)
        said("closed", f"{name}-{number}")


def go_on(books: Books, name: str, said: Callable[[str, str], None], rounds: int) -> None:
    """Call without end, until killed or left alone."""
    starter = os.getppid()
    for number in count():
        ticket = books.open(intent(f"{name}-{number}"), (Scope("wide", Allowance()),))
        said("opened", f"{name}-{number}")
        books.close(ticket, ANSWER)
        said("closed", f"{name}-{number}")
        if os.getppid() != starter:
            return


def main() -> None:
    """Let threads do a task, and fail if one of them does."""
    task, folder, name, threads, rounds = sys.argv[1:]
    runs = Path(folder)
    books = Books(runs / "llm", Ledger(runs / "ledger.jsonl"))
    handle = os.open(runs / f"said-{name}", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    failed = list[BaseException]()

    def said(what: str, which: str) -> None:
        os.write(handle, f"{what} {which}\n".encode())

    def work(number: int) -> None:
        try:
            {"race": race, "go_on": go_on}[task](books, f"{name}.{number}", said, int(rounds))
        except BaseException as error:
            failed.append(error)

    workers = [Thread(target=work, args=(number,)) for number in range(int(threads))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if failed:
        raise failed[0]


if __name__ == "__main__":
    main()
