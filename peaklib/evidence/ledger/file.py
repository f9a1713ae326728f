"""The bytes of the ledger: complete lines, a lock for writers, all or nothing for a write.

Complete lines never change, so readers need no lock: they look up to the last newline that
was there when they began.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fcntl import LOCK_EX, LOCK_SH, LOCK_UN, flock
from hashlib import sha256
from pathlib import Path
from typing import Final

from peaklib.errors import EvidenceError

_STEP: Final = 1 << 16
_BUFFER: Final = 1 << 20


@dataclass(frozen=True)
class Place:
    """Where a line lies that was read or written before.

    Args:
        size: lines up to and with this one; 0 stands for the beginning of the file.
        start: offset of its first byte.
        end: offset behind its newline.
        digest: SHA-256 of its bytes without the newline, hexadecimal.
    """

    size: int
    start: int
    end: int
    digest: str

    def holds(self, fd: int) -> bool:
        """Whether the file still has this line here."""
        content = os.pread(fd, self.end - self.start, self.start)
        if len(content) != self.end - self.start:
            return False
        return not self.size or (
            content.endswith(b"\n") and sha256(content[:-1]).hexdigest() == self.digest
        )


@contextmanager
def reading(path: Path) -> Iterator[int | None]:
    """Open the file for reading; None when there is none.

    Raises:
        EvidenceError: it is there and cannot be read.
    """
    try:
        fd = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        yield None
        return
    except OSError as error:
        raise EvidenceError(f"{path}: the ledger cannot be read: {error.strerror}") from error
    try:
        yield fd
    except OSError as error:
        raise EvidenceError(f"{path}: the ledger cannot be read: {error.strerror}") from error
    finally:
        os.close(fd)


@contextmanager
def writing(path: Path) -> Iterator[int]:
    """Open the file, made if need be, and keep other writers out until the block ends."""
    while True:
        fd = _opened(path)
        try:
            flock(fd, LOCK_EX)
            if _is(fd, path):
                yield fd
                return
        finally:
            # A process forked meanwhile would hold the lock as long as it lives: closing
            # the file here is not enough.
            flock(fd, LOCK_UN)
            os.close(fd)


def _opened(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o644)


def _is(fd: int, path: Path) -> bool:
    """Whether a name still stands for an open file, not for one put in its place."""
    try:
        there = os.stat(path)
    except FileNotFoundError:
        return False
    return os.path.samestat(os.fstat(fd), there)


def complete_end(fd: int) -> int:
    """Offset behind the last newline, as of now."""
    return line_start(fd, os.fstat(fd).st_size + 1)


def settled_end(fd: int) -> tuple[int, int]:
    """Offset behind the last newline, and bytes after it that no writer is at work on."""
    end = complete_end(fd)
    if end == os.fstat(fd).st_size:
        return end, 0
    flock(fd, LOCK_SH)
    try:
        end = complete_end(fd)
        return end, os.fstat(fd).st_size - end
    finally:
        flock(fd, LOCK_UN)


def line_start(fd: int, end: int) -> int:
    """Offset of the first byte of the line whose last byte, the newline, lies before `end`."""
    before = end - 1
    while before > 0:
        start = max(0, before - _STEP)
        found = os.pread(fd, before - start, start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        before = start
    return 0


def lines(fd: int, start: int, end: int) -> Iterator[bytes]:
    """The lines between two offsets, without their newlines."""
    with open(fd, "rb", buffering=_BUFFER, closefd=False) as stream:
        stream.seek(start)
        for line in stream:
            start += len(line)
            if start > end:
                return
            yield line[:-1]


def put(fd: int, end: int, tail: bytes, content: bytes) -> None:
    """Write lines over what follows the last complete line; return when they are on the disk.

    Args:
        fd: the file, locked.
        end: offset behind the last complete line.
        tail: what lies there now: a torn line that was set aside, or nothing.
        content: what to write.

    Raises:
        OSError: it could not be written; the file is as it was before, if the system let us.
    """
    try:
        written = os.pwrite(fd, content, end)
        if written != len(content):
            raise OSError(errno.ENOSPC, f"{written} of {len(content)} bytes could be written")
        if len(tail) > len(content):
            os.ftruncate(fd, end + len(content))
        os.fsync(fd)
    except OSError:
        with suppress(OSError):
            os.pwrite(fd, tail, end)
            os.ftruncate(fd, end + len(tail))
        raise


def set_aside(folder: Path, content: bytes) -> str:
    """Keep the bytes of a torn line in `torn/`, by their digest.

    Returns:
        The name of the file, relative to the folder.
    """
    name = f"torn/{sha256(content).hexdigest()[:16]}.bin"
    (folder / "torn").mkdir(exist_ok=True)
    with (folder / name).open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    sync_folder(folder / "torn")
    sync_folder(folder)
    return name


def sync_folder(folder: Path) -> None:
    """Make the names in a folder last through a power failure."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
