"""Inside the process of a side: answer the driver's questions, a line of JSON for each."""

import gc
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Any

from paired.memory import peak

Command = Callable[[str], Any]


def timed(work: Callable[[], object]) -> dict[str, float]:
    """Run `work` once.

    Returns:
        Seconds by the clock (`wall`), seconds of processor over all threads (`cpu`), and
        the process's peak memory so far in MB (`peak`).
    """
    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return {
        "wall": time.perf_counter() - wall,
        "cpu": time.process_time() - cpu,
        "peak": peak(),
    }


def versions_of(packages: str) -> dict[str, str]:
    """Versions of packages (names with a space between), and of Python."""
    found = {"Python": sys.version.split()[0]}
    return found | {name: version(name) for name in packages.split()}


def serve(commands: Mapping[str, Command]) -> None:
    """Answer `name argument` lines from standard input until it closes.

    Whatever the libraries print goes to standard error, so that it is no answer.
    """
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    known = {**commands, "versions": versions_of}
    for line in sys.stdin:
        name, _, argument = line.rstrip("\n").partition(" ")
        print(json.dumps(known[name](argument)), file=replies, flush=True)
