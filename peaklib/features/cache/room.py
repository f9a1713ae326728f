"""The room that the features' cache takes on the disk: counting it, and making some.

Whoever adds or removes entries holds a lock for that moment, so that two processes do not
both make room for the same entry. The file of the lock keeps a tally of the bytes, so that
adding an entry need not look at all the others: it may be too high, as entries also vanish
without the lock, but never too low, and is counted anew when it passes the limit.
"""

import fcntl
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from stat import S_ISREG
from typing import Final

from peaklib.features.cache.keys import short_parts

_LOCK: Final = ".lock"
_UNFINISHED: Final = re.compile(r"\.[0-9a-f]{16}\.tmp")
_HOUR: Final = 3600 * 10**9
# Some more is removed than needed, so that a full cache is not counted at every entry.
_KEPT_TENTHS: Final = 9


@dataclass(frozen=True)
class Lying:
    """An entry as it lies in the folder.

    Args:
        feature: name of its folder.
        path: where it lies.
        size: in bytes.
        used: when it was written or read last, in ns since 1970 UTC.
    """

    feature: str
    path: Path
    size: int
    used: int


class TooLargeError(OSError):
    """An entry is larger than the whole cache may be."""


def entries_in(folder: Path, feature: str | None = None) -> list[Lying]:
    """All entries, or those of one feature, the longest unused first.

    Raises:
        OSError: the folder cannot be listed. One that is missing holds nothing.
    """
    found: list[Lying] = []
    for name in _folders(folder) if feature is None else [feature]:
        with suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder / name) as listing:
            for item in listing:
                with suppress(FileNotFoundError):
                    facts = item.stat(follow_symlinks=False)
                    if short_parts(item.name) is not None and S_ISREG(facts.st_mode):
                        path = Path(item.path)
                        found.append(Lying(name, path, facts.st_size, facts.st_mtime_ns))
    return sorted(found, key=lambda entry: (entry.used, str(entry.path)))


def unfinished_path(folder: Path) -> Path:
    """Where an entry may be written before it is admitted; no other writer has this path."""
    return folder / f".{token_hex(8)}.tmp"


def admit(written: Path, target: Path, max_bytes: int) -> None:
    """Put a finished file in its place, and make room if the cache has grown beyond its limit.

    Args:
        written: the file, at a path from `unfinished_path`.
        target: its place, one folder deeper.
        max_bytes: what all entries may take together; the longest unused make room.

    Raises:
        TooLargeError: it alone is larger than that; nothing was changed.
        OSError: the folder cannot be written.
    """
    folder = written.parent
    size = written.stat().st_size
    if size > max_bytes:
        raise TooLargeError(f"it takes {size:,} bytes and the cache may hold {max_bytes:,}")
    with _locked(folder) as lock:
        tally = _read_tally(lock)
        if tally is not None:
            # Before the entry is there: a process killed in between leaves too high a tally.
            _write_tally(lock, tally + size)
        target.parent.mkdir(exist_ok=True)
        touch(written)
        os.replace(written, target)
        if tally is None or tally + size > max_bytes:
            _write_tally(lock, _make_room(folder, max_bytes, target))
        _remove_unfinished(folder)


def remove_entries(folder: Path, feature: str | None = None) -> int:
    """Remove all entries, or those of one feature; files that are none stay.

    Returns:
        How many were removed.

    Raises:
        OSError: the folder cannot be written.
    """
    if not folder.exists():
        return 0
    with _locked(folder) as lock:
        found = entries_in(folder, feature)
        for entry in found:
            entry.path.unlink(missing_ok=True)
        for name in sorted({entry.feature for entry in found}):
            with suppress(OSError):  # something else lies there
                (folder / name).rmdir()
        _remove_unfinished(folder)
        _write_tally(lock, sum(entry.size for entry in entries_in(folder)))
    return len(found)


def touch(path: Path) -> None:
    """Note that a file was used just now.

    The time is given because the system's own stamp is only as fine as its timer, some
    milliseconds, in which several entries may be read.

    Raises:
        OSError: the file is gone or belongs to someone else.
    """
    now = time.time_ns()
    os.utime(path, ns=(now, now))


def _make_room(folder: Path, max_bytes: int, newest: Path) -> int:
    """Bytes of all entries, after the longest unused were removed if they were too many."""
    found = entries_in(folder)
    total = sum(entry.size for entry in found)
    if total <= max_bytes:
        return total
    goal = max_bytes * _KEPT_TENTHS // 10
    for entry in found:
        if total <= goal:
            break
        if entry.path != newest:
            entry.path.unlink(missing_ok=True)
            total -= entry.size
    return total


def _remove_unfinished(folder: Path) -> None:
    """What writers left that were killed; younger files may still be written."""
    now = time.time_ns()
    with os.scandir(folder) as listing:
        for item in listing:
            with suppress(FileNotFoundError):
                unfinished = _UNFINISHED.fullmatch(item.name)
                if unfinished and item.stat(follow_symlinks=False).st_mtime_ns < now - _HOUR:
                    os.unlink(item.path)


def _folders(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as listing:
            return sorted(
                item.name for item in listing if item.is_dir() and not item.name.startswith(".")
            )
    except FileNotFoundError:
        return []


@contextmanager
def _locked(folder: Path) -> Iterator[int]:
    handle = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle
    finally:
        # Closing would not do: a process forked by another thread has the same open file.
        fcntl.flock(handle, fcntl.LOCK_UN)
        os.close(handle)


def _read_tally(lock: int) -> int | None:
    text = os.pread(lock, 64, 0)
    return int(text) if re.fullmatch(rb"[0-9]{20}\n", text) else None


def _write_tally(lock: int, total: int) -> None:
    os.pwrite(lock, b"%020d\n" % total, 0)
    os.ftruncate(lock, 21)
