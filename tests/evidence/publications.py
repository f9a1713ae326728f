"""Publish lines for tests of the registry, and ledgers that are written without waiting."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

FIRST = datetime(2026, 1, 2, 12, tzinfo=UTC)


def run_id_of(number: int) -> str:
    """An id of the usual form; the later number started a minute later."""
    return f"{FIRST + timedelta(minutes=number):%Y%m%d_%H%M%S}_{number * 7919 % 2**24:06x}"


def publication(number: int, **changes: Any) -> dict[str, Any]:
    """`data` of a publish line of a plain run; `changes` replace its values."""
    start = FIRST + timedelta(minutes=number)
    return {
        "run_id": run_id_of(number),
        "kind": "interactive",
        "family": None,
        "parent": None,
        "key": None,
        "status": "completed",
        "error": None,
        "start": start.isoformat(),
        "end": (start + timedelta(seconds=5)).isoformat(),
        "seed": 7,
        "root": f"{number:064x}",
        "content": "c" * 64,
        "metrics": {},
        "datasets": [],
        "trials": [],
        **changes,
    }


def grid(
    strategy: str = "sma_crossover", count: int = 4, **extremes: list[float]
) -> dict[str, Any]:
    """One element of `trials`, as far as the index reads it."""
    return {
        "strategy": strategy,
        "version": "1",
        "fixed": {},
        "grid": {"axes": {"fast": list(range(count))}, "order": ["fast"], "where": None},
        "conventions": {"data": "sp500", "digest": "5" * 64},
        "count": count,
        "extremes": extremes,
    }


def write_ledger(path: Path, published: Iterable[Mapping[str, Any]]) -> None:
    """A chained ledger written at once: thousands of lines need no thousands of fsyncs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    previous = "0" * 64
    with path.open("wb") as file:
        events = [("genesis", {"id": "0" * 16}), *(("publish", data) for data in published)]
        for seq, (event, data) in enumerate(events):
            line = {"data": data, "event": event, "prev": previous, "seq": seq}
            stamped = {**line, "time": "2026-01-02T12:00:00.000000+00:00"}
            content = json.dumps(stamped, sort_keys=True, separators=(",", ":")).encode()
            previous = sha256(content).hexdigest()
            file.write(content + b"\n")
