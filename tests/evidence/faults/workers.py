"""Processes that write into folders of runs and are killed: what they do, and how they start.

Run as a program, this loads everything once and forks a worker for each order that it reads,
one line of JSON; so a thousand of them start quickly. It answers with the worker's process id;
to the order `wait`, with a worker's exit status.
"""

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import pandas as pd

from peaklib.evidence import Registry, start_run

# Events of the interpreter after which a file or a folder is another one.
_CHANGES: Final = ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "fcntl.flock")


def die_before(step: int) -> None:
    """Kill this process, as a power switch would, before it changes a file the nth time."""
    left = step

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal left
        changes = event in _CHANGES or event == "sqlite3.connect"
        if event == "open" and isinstance(arguments[2], int):
            changes = bool(arguments[2] & (os.O_WRONLY | os.O_RDWR))
        left -= changes
        if changes and left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)


class Said:
    """What a worker has acknowledged; a file, because a pipe may be full."""

    def __init__(self, path: Path) -> None:
        self._handle = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND)

    def __call__(self, what: str, name: object) -> None:
        os.write(self._handle, f"{what} {name}\n".encode())


def seal_one(runs: Path, number: int) -> str:
    """A small run with some of everything."""
    with start_run(kind="test", config={"number": number}, seed=number, runs=runs) as run:
        run.log_metric("number", number)
        run.save_table("squares", pd.DataFrame({"n": range(3), "square": [0.0, 1.0, 4.0]}))
        run.save_text("words.txt", f"run {number}\n" * 100)
        run.note("written by a worker")
    return run.run_id


def write_on(order: Mapping[str, Any], rounds: int | None = None) -> None:
    """Seal runs and append events, and acknowledge each, until killed or left alone."""
    runs, said = Path(order["runs"]), Said(Path(order["said"]))
    starter = os.getppid()
    ledger = Registry(runs).ledger
    for number in count() if rounds is None else range(rounds):
        said("run", seal_one(runs, number))
        # Now and then a line that the system does not write in one go.
        event = ledger.append("page", {"number": number, "pad": "x" * (200_000 * (number % 8 == 3))})
        said("event", event.seq)
        if os.getppid() != starter:
            return


def write_once(order: Mapping[str, Any]) -> None:
    """One run and one event."""
    write_on(order, rounds=1)


def recover(order: Mapping[str, Any]) -> None:
    """Mend what crashes left."""
    Registry(Path(order["runs"])).recover(clean=True)


def delete(order: Mapping[str, Any]) -> None:
    """Take a run away."""
    Registry(Path(order["runs"])).delete(order["run_id"], "a test of deletions")
    Said(Path(order["said"]))("deleted", order["run_id"])


TASKS: Final[Mapping[str, Callable[[Mapping[str, Any]], None]]] = {
    task.__name__: task for task in (write_on, write_once, recover, delete)
}


def _fork(order: Mapping[str, Any]) -> int:
    worker = os.fork()
    if worker:
        return worker
    status = 1
    try:
        if order.get("step"):
            die_before(order["step"])
        TASKS[order["task"]](order)
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def main() -> None:
    """Fork workers until the input ends."""
    with TemporaryDirectory() as folder:
        seal_one(Path(folder) / "runs", 0)
    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        if "wait" in order:
            answer = os.waitstatus_to_exitcode(os.waitpid(order["wait"], 0)[1])
        else:
            answer = _fork(order)
        print(answer, flush=True)


if __name__ == "__main__":
    main()
