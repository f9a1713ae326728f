"""How fast a ledger is verified, and what an append costs beside a bare write and fsync."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from peaklib.evidence import ledger_line
from peaklib.evidence.ledger import Ledger

_LINES = 200_000
_APPENDS = 500
_PASSES = 3


def measure() -> dict[str, float]:
    """Measure in a folder of its own, on the file system of the working folder.

    Returns:
        `verify_events_per_s` (best of three passes), `line_bytes`, `checkpoint_cold_s` (no
        cache) and `checkpoint_warm_s` on the same file; `append_s` and `bare_s`, medians of
        appends and of bare writes with fsync that took turns, and their `append_ratio`.
    """
    with TemporaryDirectory(prefix=".bench-ledger-", dir=Path.cwd()) as folder:
        return {**_verify(Path(folder) / "long.jsonl"), **_append(Path(folder) / "new.jsonl")}


def publish_data(number: int) -> dict[str, Any]:
    """What a publish event of a small sweep cell says; about 600 bytes as a line."""
    run_id = f"20260102_030405_{number:06x}"
    return {
        "run_id": run_id,
        "kind": "sweep_cell",
        "family": "sma_cross/sp500",
        "parent": None,
        "status": "completed",
        "error": None,
        "start": "2026-01-02T03:04:05+00:00",
        "end": "2026-01-02T03:04:06+00:00",
        "seed": 7,
        "root": sha256(run_id.encode()).hexdigest(),
        "content": sha256(str(number).encode()).hexdigest(),
        "metrics": {"sharpe": number / 7, "cagr": 0.0625},
        "datasets": [{"name": "sp500", "digest": "e35cf660" * 4}],
        "trials": [],
    }


def write_ledger(path: Path, lines: int) -> None:
    """A ledger of many lines, written without fsync."""
    time, prev = datetime(2026, 1, 2, tzinfo=UTC), ledger_line.NO_LINE
    head = ledger_line.name_and_data("genesis", {"id": "0" * 16})
    with path.open("wb") as file:
        for number in range(lines):
            line = ledger_line.line(head, prev, number, time)
            file.write(line + b"\n")
            prev = sha256(line).hexdigest()
            head = ledger_line.name_and_data("publish", publish_data(number + 1))


def _verify(path: Path) -> dict[str, float]:
    write_ledger(path, _LINES)
    ledger = Ledger(path)
    cold = _seconds(ledger.checkpoint)
    kept = [ledger.checkpoint()]
    if ledger.verify(kept).problems:
        raise RuntimeError("a good ledger does not verify")
    seconds = [_seconds(partial(ledger.verify, kept)) for _ in range(_PASSES)]
    return {
        "verify_events_per_s": _LINES / min(seconds),
        "line_bytes": path.stat().st_size / _LINES,
        "checkpoint_cold_s": cold,
        "checkpoint_warm_s": _seconds(Ledger(path).checkpoint),
    }


def _append(path: Path) -> dict[str, float]:
    ledger = Ledger(path)
    ledger.append("publish", publish_data(0))
    bare, appended, line = [], [], path.read_bytes().splitlines(keepends=True)[-1]
    fd = os.open(path.with_name("bare"), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        for number in range(_APPENDS):
            data = publish_data(number)
            appended.append(_seconds(partial(ledger.append, "publish", data)))
            bare.append(_seconds(partial(_write, fd, line)))
    finally:
        os.close(fd)
    return {
        "append_s": median(appended),
        "bare_s": median(bare),
        "append_ratio": median(appended) / median(bare),
    }


def _write(fd: int, line: bytes) -> None:
    os.write(fd, line)
    os.fsync(fd)


def _seconds(call: Callable[[], object]) -> float:
    start = perf_counter()
    call()
    return perf_counter() - start
