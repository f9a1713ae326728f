"""The ledger: an append-only list of what happened, each line chained to the one before.

A line is canonical JSON (RFC 8785) that names the SHA-256 of the bytes of the line before.
Writers take turns by a lock on the file, in whatever process they are; readers take none.
"""

import logging
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from peaklib.errors import EvidenceError
from peaklib.evidence.clock import Clock, utc_now
from peaklib.evidence.ledger import file as ledger_file, line as ledger_line
from peaklib.evidence.ledger.check import LedgerReport, check, origin
from peaklib.evidence.ledger.checkpoint import Checkpoint
from peaklib.evidence.ledger.file import Place
from peaklib.evidence.ledger.head import Head
from peaklib.evidence.ledger.line import GENESIS, TORN, Event

_LOG: Final = logging.getLogger(__name__)
_WINDOW: Final = 1 << 16
# Lines after which the tree is worth another write of its cache.
_KEEP_EVERY: Final = 256


class Ledger:
    """A ledger file; it need not exist yet, and is empty then.

    Any number of objects, threads and processes may use one file at once.

    Args:
        path: of the file; `ledger.state` and `torn/` lie beside it.
        clock: gives the lines their time.
    """

    def __init__(self, path: Path, clock: Clock = utc_now) -> None:
        self.path = path
        self._clock = clock
        self._last: Place | None = None
        self._head = Head.empty()

    def append(self, event: str, data: Mapping[str, Any]) -> Event:
        """Write one event; when this returns, it is on the disk.

        Args:
            event: what happened: lower case letters, digits and _.
            data: plain values.

        Raises:
            EvidenceError: it was not recorded: the values are not plain, the disk is full,
                the folder cannot be written, or lines that this object saw are gone.
        """
        (written,) = self.append_all([(event, data)])
        return written

    def append_all(self, events: Sequence[tuple[str, Mapping[str, Any]]]) -> list[Event]:
        """Write several events, one after another with none of others between; all or none.

        Together they wait for the disk once; see `append`.

        Args:
            events: what happened, and its values.

        Raises:
            EvidenceError: none of them was recorded.
        """
        heads = [_head(event, data) for event, data in events]
        if not heads:
            return []
        try:
            with ledger_file.writing(self.path) as fd:
                return self._write(fd, heads)
        except OSError as error:
            names = ", ".join(repr(event) for event, _ in events)
            what = f"the event {names} was" if len(events) == 1 else f"the events {names} were"
            raise EvidenceError(
                f"{self.path}: {what} NOT recorded: {error.strerror}; check the "
                "space on the disk and the rights of the folder, then repeat the command"
            ) from error

    def _write(self, fd: int, wanted: Sequence[bytes]) -> list[Event]:
        last, tail = self._end_now(fd)
        heads = [*wanted]
        if tail:
            heads.insert(0, self._torn(tail))
        if last.size == 0:
            heads.insert(0, ledger_line.name_and_data(GENESIS, {"id": secrets.token_hex(8)}))
        place, lines = last, []
        for part in heads:
            line = ledger_line.line(part, place.digest, place.size, self._clock())
            lines.append(line)
            end = place.end + len(line) + 1
            place = Place(place.size + 1, place.end, end, sha256(line).hexdigest())
        ledger_file.put(fd, last.end, tail, b"".join(line + b"\n" for line in lines))
        if last.size == 0:
            ledger_file.sync_folder(self.path.parent)
        self._last = place
        return [ledger_line.parse(line) for line in lines[-len(wanted) :]]

    def _end_now(self, fd: int) -> tuple[Place, bytes]:
        """The last complete line, and what follows it."""
        known = self._last
        if known is not None and not known.holds(fd):
            raise EvidenceError(
                f"{self.path}: line {known.size} was changed or removed since this process wrote "
                "or read it; nothing was written. Run `peak ledger verify --packs`, and put the "
                "file back from a copy"
            )
        size = os.fstat(fd).st_size
        if known is not None and known.end == size:
            return known, b""
        end = ledger_file.complete_end(fd)
        return self._place_before(fd, end), os.pread(fd, size - end, end)

    def _place_before(self, fd: int, end: int) -> Place:
        if end == 0:
            return Head.empty().place
        start = ledger_file.line_start(fd, end)
        line = os.pread(fd, end - 1 - start, start)
        event = self._parsed(line, "the last line")
        return Place(event.seq + 1, start, end, event.digest)

    def _torn(self, tail: bytes) -> bytes:
        kept = ledger_file.set_aside(self.path.parent, tail)
        _LOG.warning(
            "%s: the last line was torn by a crash; its %d bytes are kept in %s",
            self.path,
            len(tail),
            self.path.parent / kept,
        )
        data = {"bytes": len(tail), "sha256": sha256(tail).hexdigest(), "kept": kept}
        return ledger_line.name_and_data(TORN, data)

    def events(self, *kinds: str, after: int = -1) -> Iterator[Event]:
        """Read the complete lines that are there now, in order.

        Args:
            kinds: names of events; all by default.
            after: only lines whose `seq` is greater; it is quick near the end of the file.

        Raises:
            EvidenceError: a line cannot be read; the message names it.
        """
        marks = [ledger_line.mark(kind) for kind in kinds]
        with ledger_file.reading(self.path) as fd:
            if fd is None:
                return
            end = ledger_file.complete_end(fd)
            start, seq = _near(fd, end, after + 1)
            for number, line in enumerate(ledger_file.lines(fd, start, end), seq):
                if number <= after or (marks and not any(mark in line for mark in marks)):
                    continue
                event = self._parsed(line, f"line {number + 1}", number)
                if not kinds or event.event in kinds:
                    yield event

    def tail(self, n: int) -> list[Event]:
        """The last events, the oldest of them first; the file is read from its end.

        Args:
            n: how many.

        Raises:
            EvidenceError: a line cannot be read.
        """
        with ledger_file.reading(self.path) as fd:
            start = end = 0 if fd is None else ledger_file.complete_end(fd)
            found: list[Event] = []
            while fd is not None and start > 0 and len(found) < n:
                end, start = start, ledger_file.line_start(fd, start)
                line = os.pread(fd, end - 1 - start, start)
                found.append(self._parsed(line, f"line {len(found) + 1} from the end"))
        return found[::-1]

    def checkpoint(self) -> Checkpoint:
        """Number of lines and Merkle root, as of now.

        Raises:
            EvidenceError: the file cannot be read, or its first line is no genesis event.
        """
        with ledger_file.reading(self.path) as fd:
            if fd is None:
                return Checkpoint(origin(b""), 0, Head.empty().frontier.root())
            end = ledger_file.complete_end(fd)
            known = self._trusted(fd, end)
            head = known.grown(fd, end)
            first = next(ledger_file.lines(fd, 0, end), b"")
        self._head = head
        if head.place.size - known.place.size >= _KEEP_EVERY:
            head.save(self._state)
        try:
            name = origin(first)
        except ValueError as error:
            raise EvidenceError(f"{self.path}: line 1 {error}; run `peak ledger verify`") from None
        return Checkpoint(name, head.place.size, head.frontier.root())

    def verify(self, checkpoints: Iterable[Checkpoint] = ()) -> LedgerReport:
        """Read every line and hold it to the chain and to checkpoints; nothing is cached.

        Args:
            checkpoints: what the ledger was at other times, kept elsewhere.

        Raises:
            EvidenceError: the file cannot be read at all.
        """
        return check(self.path, checkpoints)

    @property
    def _state(self) -> Path:
        return self.path.with_suffix(".state")

    def _trusted(self, fd: int, end: int) -> Head:
        """The largest tree that is known, and whose last line the file still has."""
        if self._head.covers(fd, end):
            return self._head
        kept = Head.load(self._state)
        return kept if kept and kept.covers(fd, end) else Head.empty()

    def _parsed(self, line: bytes, where: str, seq: int | None = None) -> Event:
        try:
            event = ledger_line.parse(line)
        except ValueError as error:
            reason = str(error)
        else:
            if seq is None or event.seq == seq:
                return event
            reason = f"has seq {event.seq} where {seq} belongs"
        raise EvidenceError(
            f"{self.path}: {where} {reason}; run `peak ledger verify`, and put the file back from "
            "a copy"
        )


def _head(event: str, data: Mapping[str, Any]) -> bytes:
    if event in (GENESIS, TORN):
        raise EvidenceError(f"{event!r} is written by the ledger itself; use another name")
    return ledger_line.name_and_data(event, data)


def _near(fd: int, end: int, seq: int) -> tuple[int, int]:
    """An offset and the seq of the line there, not long before a wanted one."""
    window = _WINDOW
    while seq > 0 and window < end:
        start = end - window
        skipped = next(ledger_file.lines(fd, start, end), b"")
        start += len(skipped) + 1
        line = next(ledger_file.lines(fd, start, end), b"")
        try:
            there = ledger_line.fields(line)[3]
        except ValueError:
            break
        if there <= seq:
            return start, there
        window *= 4
    return 0, 0
