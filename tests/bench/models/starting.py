"""How long it takes to start Python with an import, and without."""

import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from chapters.errors import BenchError

_SDK = ("openai", "httpx2", "httpx")


@dataclass(frozen=True, kw_only=True)
class Started:
    """Fresh interpreters, with and without an import by turns.

    Args:
        imported, plain: milliseconds of the whole process, of each turn.
    """

    imported: Sequence[float]
    plain: Sequence[float]

    @property
    def added(self) -> list[float]:
        """What the import adds, of each turn."""
        return [a - b for a, b in zip(self.imported, self.plain, strict=True)]


def measure_start(python: Path, code: str, repeats: int) -> Started:
    """Start interpreters; the first of them, which reads everything from the disk, does not count.

    Args:
        python: interpreter of an environment.
        code: of the import.
        repeats: turns.
    """
    imported: list[float] = []
    plain: list[float] = []
    for _ in range(repeats + 1):
        imported.append(_milliseconds(python, code))
        plain.append(_milliseconds(python, ""))
    return Started(imported=imported[1:], plain=plain[1:])


def loaded_sdk(python: Path, code: str) -> list[str]:
    """Which libraries of HTTP an import has loaded."""
    return _run(
        python, f"{code}; import sys; print(*(n for n in {_SDK} if n in sys.modules))"
    ).split()


def _milliseconds(python: Path, code: str) -> float:
    start = time.perf_counter()
    _run(python, code)
    return 1e3 * (time.perf_counter() - start)


def _run(python: Path, code: str) -> str:
    environ = {"PATH": os.environ.get("PATH", ""), "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    done = subprocess.run(
        [str(python), "-c", code], capture_output=True, text=True, env=environ, check=False
    )
    if done.returncode != 0:
        raise BenchError(f"{python} -c {code!r} ended with {done.returncode}: {done.stderr[-500:]}")
    return done.stdout
