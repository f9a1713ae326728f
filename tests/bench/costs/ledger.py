"""How fast a ledger is verified, and what an append costs beside a bare write and fsync."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

from chapters.errors import BenchError

from costs.lines import Events, short_events, write_ledger
from costs.timing import seconds
from peaklib.evidence import Ledger


@dataclass(frozen=True, kw_only=True)
class Verified:
    """Verification of one long ledger.

    Args:
        lines: of the ledger.
        line_bytes: mean length of a line.
        rates: events per second, of each pass.
        checkpoint_cold, checkpoint_warm: seconds for a checkpoint, without and with the cache.
    """

    lines: int
    line_bytes: float
    rates: Sequence[float]
    checkpoint_cold: float
    checkpoint_warm: float


@dataclass(frozen=True, kw_only=True)
class Appended:
    """Appends and bare writes with fsync that took turns, in several rounds.

    Args:
        append, bare: median seconds of one, of each round.
    """

    append: Sequence[float]
    bare: Sequence[float]

    @property
    def ratios(self) -> list[float]:
        """An append over a bare write, of each round."""
        return [a / b for a, b in zip(self.append, self.bare, strict=True)]


def measure_verify(path: Path, events: Events, lines: int, passes: int = 5) -> Verified:
    """Write a ledger and verify it against a checkpoint.

    Args:
        path: of the new file.
        events: what its lines say.
        lines: how many, the genesis line included.
        passes: over the whole file.

    Raises:
        BenchError: it does not verify.
    """
    write_ledger(path, events(1, lines))
    cold = seconds(Ledger(path).checkpoint)
    ledger = Ledger(path)
    warm = seconds(ledger.checkpoint)
    kept = [ledger.checkpoint()]
    report = ledger.verify(kept)
    if report.problems or report.size != lines:
        raise BenchError(f"a good ledger of {lines} lines does not verify: {report}")
    return Verified(
        lines=lines,
        line_bytes=path.stat().st_size / lines,
        rates=[lines / seconds(partial(ledger.verify, kept)) for _ in range(passes)],
        checkpoint_cold=cold,
        checkpoint_warm=warm,
    )


def measure_append(folder: Path, rounds: int = 5, turns: int = 100) -> Appended:
    """Append to a ledger and to a plain file by turns, lines of the same length.

    Args:
        folder: for both files, which must be new.
        rounds: whose medians count.
        turns: of each round.
    """
    ledger = Ledger(folder / "appended.jsonl")
    events = short_events(0, rounds * turns + 1)
    ledger.append("publish", next(events))
    line = ledger.path.read_bytes().splitlines(keepends=True)[-1]
    append: list[float] = []
    bare: list[float] = []
    fd = os.open(folder / "bare", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        for data in events:
            append.append(seconds(partial(ledger.append, "publish", data)))
            bare.append(seconds(partial(_write, fd, line)))
    finally:
        os.close(fd)
    return Appended(append=_medians(append, turns), bare=_medians(bare, turns))


def _write(fd: int, line: bytes) -> None:
    os.write(fd, line)
    os.fsync(fd)


def _medians(times: Sequence[float], turns: int) -> list[float]:
    return [median(times[first : first + turns]) for first in range(0, len(times), turns)]
