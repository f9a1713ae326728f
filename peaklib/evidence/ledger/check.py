"""Holding a ledger to its chain, and to checkpoints that were kept elsewhere.

The chain alone shows what was changed in the middle. A cut tail, an edited last line and a
history that was written anew show only against a checkpoint.
"""

from base64 import b64encode
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from peaklib.evidence.ledger import file as ledger_file, line as ledger_line
from peaklib.evidence.ledger.checkpoint import Checkpoint
from peaklib.evidence.ledger.line import GENESIS, NO_LINE
from peaklib.evidence.ledger.merkle import Frontier

_ORIGIN: Final = "peak-trade/ledger"
# Problems that are listed; the rest is counted, so that memory stays constant.
_LISTED: Final = 100
_GENESIS: Final = GENESIS.encode()


@dataclass(frozen=True)
class LedgerReport:
    """What verification found.

    Args:
        size: complete lines.
        checkpoint: of the ledger as it is, to be kept elsewhere.
        problems: one line each, with the number of the line; none when all is well.
    """

    size: int
    checkpoint: Checkpoint
    problems: tuple[str, ...]


def origin(first: bytes) -> str:
    """Name of the ledger by its first line; a ledger without lines has none of its own.

    Raises:
        ValueError: the line is no genesis event.
    """
    if not first:
        return _ORIGIN
    event = ledger_line.parse(first)
    name = event.data.get("id")
    if event.event != GENESIS or not isinstance(name, str) or not name.isalnum():
        raise ValueError("is no genesis event: lines before it were removed, or it was changed")
    return f"{_ORIGIN}/{name}"


def check(path: Path, checkpoints: Iterable[Checkpoint] = ()) -> LedgerReport:
    """Read every line of a ledger once; memory does not grow with the file.

    Args:
        path: of the ledger; a missing one is empty.
        checkpoints: what it was at other times.

    Raises:
        EvidenceError: the file cannot be read at all.
    """
    chain, frontier = _Chain(), Frontier()
    anchors, name, torn, last = _Anchors(checkpoints, chain), _ORIGIN, 0, b""
    anchors.reach(frontier)
    with ledger_file.reading(path) as fd:
        if fd is not None:
            end, torn = ledger_file.settled_end(fd)
            for line in ledger_file.lines(fd, 0, end):
                last = line
                chain.follow(line)
                frontier.add(line)
                if chain.lines == 1:
                    name = _origin_or_report(line, chain)
                    anchors.begin(name)
                if chain.lines == anchors.next_size:
                    anchors.reach(frontier)
    chain.close(last)
    anchors.finish(frontier.size)
    if torn:
        chain.report(f"torn last line, {torn} bytes; the next write sets it aside")
    checkpoint = Checkpoint(name, frontier.size, frontier.root())
    return LedgerReport(frontier.size, checkpoint, chain.problems())


def _origin_or_report(line: bytes, chain: "_Chain") -> str:
    try:
        return origin(line)
    except ValueError as error:
        chain.report(f"line 1 {error}")
        return _ORIGIN


class _Chain:
    """What the lines so far promise of the next one."""

    def __init__(self) -> None:
        self.lines = 0
        self._seq = 0
        self._digest = NO_LINE
        self._problems: list[str] = []
        self._unlisted = 0

    def follow(self, line: bytes) -> None:
        """Hold one line to its shape and to the line before."""
        self.lines += 1
        try:
            # The chain holds every byte of the data; what they say is read by whoever asks.
            _, event, prev, seq, _ = ledger_line.fields(line)
        except ValueError as error:
            if self.lines > 1:  # of the first line, the origin's check speaks
                self.report(f"line {self.lines} {error}")
        else:
            if seq != self._seq or prev.decode() != self._digest:
                self.report(f"line {self.lines} {self._break(seq)}")
            if self.lines > 1 and event == _GENESIS:
                self.report(f"line {self.lines} begins a ledger anew in the middle of this one")
            self._seq = seq
        self._seq += 1
        self._digest = sha256(line).hexdigest()

    def close(self, line: bytes) -> None:
        """Look into the data of the last line, which no line after it holds."""
        with suppress(ValueError):  # its shape was reported above
            data = ledger_line.fields(line)[0]
            try:
                ledger_line.values(data)
            except ValueError as error:
                self.report(f"line {self.lines} {error}")

    def _break(self, seq: int) -> str:
        found = f"has seq {seq} where {self._seq} belongs"
        if seq > self._seq:
            return f"{found}: lines before it were removed or moved"
        if seq < self._seq:
            return f"{found}: lines were put in, repeated or moved"
        if self.lines == 1:
            return "names a line before it, and is the first"
        return f"does not follow from line {self.lines - 1}: that one is not what it was"

    def report(self, problem: str) -> None:
        if len(self._problems) < _LISTED:
            self._problems.append(problem)
        else:
            self._unlisted += 1

    def problems(self) -> tuple[str, ...]:
        more = [f"and {self._unlisted} more problems"] if self._unlisted else []
        return (*self._problems, *more)


class _Anchors:
    """Checkpoints that wait for the line they end with."""

    def __init__(self, checkpoints: Iterable[Checkpoint], chain: _Chain) -> None:
        given = sorted(set(checkpoints), key=lambda c: (c.size, c.origin, c.root), reverse=True)
        self._waiting = given  # the smallest last
        self._chain = chain
        self._look_ahead()

    def _look_ahead(self) -> None:
        """`next_size` is the number of lines at which one is due; -1 when none is left."""
        self.next_size = self._waiting[-1].size if self._waiting else -1

    def begin(self, name: str) -> None:
        """Put those of other ledgers apart, now that this one's name is known."""
        others = [c for c in self._waiting if c.size and c.origin != name]
        self._waiting = [c for c in self._waiting if not c.size or c.origin == name]
        self._look_ahead()
        for other, count in sorted(Counter(c.origin for c in others).items()):
            self._chain.report(
                f"{count} checkpoint{'s' if count > 1 else ''} of the ledger {other}, and this one "
                f"is {name}: another ledger, or this one was written anew from its first line"
            )

    def reach(self, frontier: Frontier) -> None:
        """Compare those that are due."""
        while self.next_size == frontier.size:
            kept, here = self._waiting.pop().root, frontier.root()
            self._look_ahead()
            if kept != here:
                self._chain.report(
                    f"lines 1 to {frontier.size} have the root {b64encode(here).decode()}, a "
                    f"checkpoint of them {b64encode(kept).decode()}: they were changed after it"
                )

    def finish(self, size: int) -> None:
        """Report those that the ledger is too short for."""
        for checkpoint in reversed(self._waiting):
            self._chain.report(
                f"the ledger has {size} lines, a checkpoint saw {checkpoint.size}: its end was cut "
                "off"
            )
