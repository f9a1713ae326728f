"""Processes that write into folders of runs and are killed: what they do, and how they start.

Run as a program, this loads everything once and forks a worker for each order that it reads,
one line of JSON; so a thousand of them start quickly. It answers with the worker's process id;
to the order `wait`, with a worker's exit status.
"""

import json
import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import pandas as pd

from peaklib.cli.runs_upkeep import recover as recover_command
from peaklib.errors import EvidenceError
from peaklib.evidence import OpenRun, Registry, RunSpec, recover as mend, start_run, utc_now

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
        event = ledger.append(
            "page", {"number": number, "pad": "x" * (200_000 * (number % 8 == 3))}
        )
        said("event", event.seq)
        if os.getppid() != starter:
            return


def write_once(order: Mapping[str, Any]) -> None:
    """One run and one event."""
    write_on(order, rounds=1)


def write_some(order: Mapping[str, Any]) -> None:
    """Some runs and events."""
    write_on(order, order["rounds"])


def publish_as(order: Mapping[str, Any]) -> None:
    """A run of an id that another process wants, too: as soon as the other one lets go of it."""
    runs, said, run_id = Path(order["runs"]), Said(Path(order["said"])), order["run_id"]
    (runs / ".staging").mkdir(parents=True, exist_ok=True)
    while True:
        with suppress(FileExistsError):
            (runs / ".staging" / run_id).mkdir()
            break
    while True:
        with suppress(EvidenceError):
            run = OpenRun(run_id, RunSpec("test", {}), Registry(runs), utc_now)
            break
    try:
        run.save_text("words.txt", f"of rival {order['rival']}")
        run.seal()
    except EvidenceError as error:
        said("refused", error)
    else:
        said("run", run_id)


def write_limited(order: Mapping[str, Any]) -> None:
    """One run, while no file may grow beyond a limit, as if the disk was full."""
    said = Said(Path(order["said"]))
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (order["limit"], hard))
    try:
        what, name = "run", seal_one(Path(order["runs"]), order["limit"])
    except EvidenceError as error:
        what, name = "refused", str(error)
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    said(what, name)


def recover(order: Mapping[str, Any]) -> None:
    """Mend what crashes left, by the command that a person would use."""
    os.environ["PEAK_HOME"] = str(Path(order["runs"]).parent)
    with suppress(SystemExit):  # it found something that is for a person to decide
        recover_command(["--clean"], standalone_mode=False)


def recover_on(order: Mapping[str, Any]) -> None:
    """Clean up again and again."""
    for _ in range(order["rounds"]):
        mend(Registry(Path(order["runs"])), clean=True)


def delete(order: Mapping[str, Any]) -> None:
    """Take a run away."""
    Registry(Path(order["runs"])).delete(order["run_id"], "a test of deletions")
    Said(Path(order["said"]))("deleted", order["run_id"])


TASKS: Final[Mapping[str, Callable[[Mapping[str, Any]], None]]] = {
    "write_on": write_on,
    "write_once": write_once,
    "write_some": write_some,
    "write_limited": write_limited,
    "publish_as": publish_as,
    "recover": recover,
    "recover_on": recover_on,
    "delete": delete,
}


def _fork(order: Mapping[str, Any]) -> int:
    worker = os.fork()
    if worker:
        return worker
    status = 1
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # answers only belong there
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
