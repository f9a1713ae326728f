"""Source files as they lie on the disk, and whether this process can have read them so."""

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

import psutil

# Taken on import and not when it is asked for: a forked worker runs what its parent has read.
_STARTED: Final = int(psutil.Process().create_time() * 1e9)


@dataclass(frozen=True)
class Source:
    """One state of a source file.

    Args:
        path: of the file.
        written: when, in nanoseconds since 1970.
        size: bytes.
    """

    path: Path
    written: int
    size: int

    @property
    def is_newer(self) -> bool:
        """Whether it was written after the process began, which may have imported another."""
        return self.written >= _STARTED

    @property
    def is_there(self) -> bool:
        """Whether the file is in this state still."""
        return look_at(self.path) == self


def look_at(path: Path) -> Source | None:
    """A file's present state; None if it is gone."""
    try:
        found = path.stat()
    except OSError:
        return None
    return Source(path, found.st_mtime_ns, found.st_size)


@cache
def source_digest(source: Source) -> str:
    """SHA-256 of a file, hexadecimal."""
    return sha256(source.path.read_bytes()).hexdigest()
