"""One night at a time: a locked file that says whose it is."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, LOCK_NB, LOCK_UN, flock
from pathlib import Path
from typing import Final

from peaklib.errors import EvidenceError
from peaklib.evidence import Clock, to_json, utc_now
from peaklib.evidence.canonical import from_json

LOCK: Final = "nightly.lock"
# More than a holder writes.
_LONGEST: Final = 4096


class NightHeldError(EvidenceError):
    """Another night is at work in this folder of runs."""


@contextmanager
def night_lock(runs: Path, *, config: str, clock: Clock = utc_now) -> Iterator[Path]:
    """Keep other nights out while the block lasts.

    The lock is the system's and ends with the process that holds it, however that dies; what
    stands in the file is only for those who wonder. The file itself stays.

    Args:
        runs: folder of runs.
        config: what the night works on, for the message to the next one.
        clock: gives the start.

    Yields:
        Path of the file.

    Raises:
        NightHeldError: says who holds it, and since when.
        EvidenceError: the file cannot be made.
    """
    path = runs / LOCK
    try:
        runs.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise EvidenceError(
            f"{path} cannot be opened: {error.strerror}; check the rights of the folder"
        ) from error
    try:
        _take(handle, path)
        mark = {"pid": os.getpid(), "start": clock(), "config": config}
        _say(handle, to_json(mark) + b"\n")
        try:
            yield path
        finally:
            _say(handle, b"")
            # A process forked meanwhile would hold the lock as long as it lives.
            flock(handle, LOCK_UN)
    finally:
        os.close(handle)


def _take(handle: int, path: Path) -> None:
    try:
        flock(handle, LOCK_EX | LOCK_NB)
    except BlockingIOError:
        raise NightHeldError(
            f"another night is at work: {_holder(handle)} holds {path}; wait for it, or end that "
            "process, which frees the lock at once"
        ) from None
    except OSError as error:
        raise EvidenceError(
            f"{path} cannot be locked: {error.strerror}; put runs/ on a disk of this machine"
        ) from error


def _say(handle: int, text: bytes) -> None:
    os.ftruncate(handle, 0)
    os.pwrite(handle, text, 0)


def _holder(handle: int) -> str:
    """Who holds the file, by its own words."""
    try:
        mark = from_json(os.pread(handle, _LONGEST, 0))
        return f"process {mark['pid']} (since {mark['start']}, {mark['config']})"
    except (ValueError, KeyError, TypeError):
        return "a process that has just begun or is about to end"
