"""Starting, killing and awaiting the processes of `workers.py`."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self


class Nursery:
    """The program that forks workers; a context that ends it and them.

    Args:
        complaints: file for what workers print when something unexpected happens.
    """

    def __init__(self, complaints: Path) -> None:
        self.complaints = complaints

    def __enter__(self) -> Self:
        with self.complaints.open("wb") as errors:
            self._process = subprocess.Popen(
                [sys.executable, Path(__file__).with_name("workers.py")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                bufsize=1,
            )
        assert self._hears().strip() == "ready", self.complaints.read_text("utf-8")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=30)

    def start(self, task: str, **order: object) -> "Worker":
        """Fork a worker.

        Args:
            task: name of a function of `workers.py`.
            order: what it reads; with `step`, it is killed before that change of a file.
        """
        return Worker(self._tell({"task": task, **order}), self)

    def status_of(self, pid: int) -> int:
        """Wait for a worker; its exit status, or the negative number of the signal."""
        return self._tell({"wait": pid})

    def _tell(self, order: dict[str, object]) -> int:
        pipe: IO[str] | None = self._process.stdin
        assert pipe is not None
        print(json.dumps(order, default=str), file=pipe, flush=True)
        return int(self._hears())

    def _hears(self) -> str:
        pipe: IO[str] | None = self._process.stdout
        assert pipe is not None
        return pipe.readline()


@dataclass(frozen=True)
class Worker:
    """One process, until it was waited for.

    Args:
        pid: its number.
        nursery: that started it.
    """

    pid: int
    nursery: Nursery

    def kill(self) -> None:
        """End it as nothing can prevent."""
        os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> int:
        """Its exit status, or the negative number of the signal that ended it."""
        return self.nursery.status_of(self.pid)
