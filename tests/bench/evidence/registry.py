"""What the registry costs with a hundred thousand runs: building, searching, adding one."""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from peaklib.evidence import ledger_line
from peaklib.evidence.query import Query
from peaklib.evidence.registry import Registry

_RUNS = 100_000
_METRICS = ("sharpe", "cagr", "max_dd", *(f"metric_{number}" for number in range(17)))
_REPEATS = 21
_ADDED = 100
_FIRST = datetime(2020, 1, 1, tzinfo=UTC)
_QUERIES = {
    "top10_ms": Query(sort="sharpe", limit=10),
    "top10_of_kind_ms": Query(sort="sharpe", limit=10, kind="report"),
    "top10_of_family_ms": Query(sort="sharpe", limit=10, family="rule_7/sp500"),
    "top10_bounded_ms": Query(sort="sharpe", limit=10, bounds=(("max_dd", ">", 1.0),)),
    "top10_of_nothing_ms": Query(sort="sharpe", limit=10, kind="nothing"),
    "newest10_ms": Query(limit=10),
}


def measure() -> dict[str, float]:
    """Measure in a folder of its own, on the file system of the working folder.

    Returns:
        `rebuild_s` over 100,000 runs with 20 metrics each; for each kind of search the median
        milliseconds; `add_ms` and `add_worst_ms` of one run with fsync, in the full registry.
    """
    with TemporaryDirectory(prefix=".bench-registry-", dir=Path.cwd()) as folder:
        registry = Registry(Path(folder))
        write_ledger(registry.ledger.path, _RUNS)
        measured = {"rebuild_s": _seconds(registry.index.rebuild)}
        for name, query in _QUERIES.items():
            search = partial(registry.select, query)
            measured[name] = 1e3 * median(_seconds(search) for _ in range(_REPEATS))
        added = [
            _seconds(partial(registry.record_publication, data))
            for data in publications(_RUNS, _RUNS + _ADDED)
        ]
        if len(registry.roots()) != _RUNS + _ADDED:
            raise RuntimeError("runs were lost")
        return {**measured, "add_ms": 1e3 * median(added), "add_worst_ms": 1e3 * max(added)}


def publications(first: int, last: int) -> Iterator[dict[str, Any]]:
    """`data` of the publish lines of runs that differ in kind, family and metrics."""
    numbers = random.Random(first)
    for number in range(first, last):
        start = _FIRST + timedelta(minutes=number)
        run_id = f"{start:%Y%m%d_%H%M%S}_{number:06x}"
        yield {
            "run_id": run_id,
            "kind": ("report", "sweep")[number % 2] if number % 20 < 2 else "sweep_cell",
            "family": f"rule_{number % 50}/sp500",
            "parent": None,
            "key": sha256(run_id.encode()).hexdigest(),
            "status": "completed" if number % 30 else "failed",
            "error": None,
            "start": start.isoformat(),
            "end": (start + timedelta(seconds=5)).isoformat(),
            "seed": 7,
            "root": sha256(run_id.encode()).hexdigest(),
            "content": sha256(str(number).encode()).hexdigest(),
            "metrics": {name: numbers.gauss(0, 1) for name in _METRICS},
            "datasets": [{"name": "sp500", "digest": "e35cf660" * 8}],
            "trials": [],
        }


def write_ledger(path: Path, runs: int) -> None:
    """A ledger of many publish lines, written without fsync."""
    prev = ledger_line.NO_LINE
    head = ledger_line.name_and_data("genesis", {"id": "0" * 16})
    with path.open("wb") as file:
        for number, data in enumerate(publications(0, runs + 1)):
            line = ledger_line.line(head, prev, number, _FIRST)
            file.write(line + b"\n")
            prev = sha256(line).hexdigest()
            head = ledger_line.name_and_data("publish", data)


def _seconds(work: Callable[[], object]) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name:22} {value:10.3f}")
