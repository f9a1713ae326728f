"""A lock between processes and threads, on a file of its own."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, LOCK_SH, LOCK_UN, flock
from pathlib import Path

from peaklib.errors import EvidenceError


@contextmanager
def held(path: Path, *, alone: bool) -> Iterator[None]:
    """Hold a lock until the block ends.

    Args:
        path: of the file; it is made, with its folder, if need be.
        alone: keep everybody else out; otherwise only those who want to be alone.

    Raises:
        EvidenceError: the file cannot be opened.
    """
    while True:
        fd = _opened(path)
        try:
            flock(fd, LOCK_EX if alone else LOCK_SH)
            if _is_at(fd, path):
                yield
                return
        finally:
            # A process that was forked meanwhile has the file open, too.
            flock(fd, LOCK_UN)
            os.close(fd)


def _opened(path: Path) -> int:
    try:
        try:
            return os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            return os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise EvidenceError(
            f"{path}: the budgets cannot be locked ({error.strerror}), so nothing is sent; check "
            "the space on the disk and the rights of the folder, then repeat"
        ) from error


def _is_at(fd: int, path: Path) -> bool:
    """Whether the name still stands for this file: somebody may have removed it meanwhile."""
    try:
        return os.path.samestat(os.fstat(fd), os.stat(path))
    except FileNotFoundError:
        return False
