"""The driver's end of a side: start its process, ask it, end it."""

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from chapters.errors import BenchError

_ROOT = Path(__file__).resolve().parents[1]


class Side:
    """A process that serves `paired.worker` commands; a context manager.

    Args:
        python: interpreter of its environment.
        module: `paired.ours` or `paired.peer`.
        arguments: of the module.
        cache: folder for what numba compiles.
    """

    def __init__(self, python: Path, module: str, *arguments: Path, cache: Path) -> None:
        self.module = module
        self._process = subprocess.Popen(
            [str(python), "-m", module, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(_ROOT), "NUMBA_CACHE_DIR": str(cache)},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            self._process.kill()
        self._process.communicate()

    def ask(self, command: str, argument: str | Path = "") -> Any:
        """What the process answers to one command.

        Raises:
            BenchError: it ended instead.
        """
        stdin, stdout = self._process.stdin, self._process.stdout
        reply = ""
        if stdin is not None and stdout is not None and self._process.poll() is None:
            stdin.write(f"{command} {argument}\n")
            stdin.flush()
            reply = stdout.readline()
        if not reply:
            raise BenchError(
                f"{self.module} ended (status {self._process.wait()}) when asked for "
                f"{command!r}; its own message stands above"
            )
        return json.loads(reply)

    def timing(self, command: str = "grid") -> Mapping[str, float]:
        """Answer to a command that is timed: `wall`, `cpu` in seconds, `peak` in MB."""
        times: dict[str, float] = self.ask(command)
        return times
