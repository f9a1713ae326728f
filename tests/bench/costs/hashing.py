"""Hashing of a large file: ours beside `hashlib` alone, by turns."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Final

from chapters.errors import BenchError

from costs.timing import seconds
from peaklib.evidence.files import sha256_of

BYTES: Final = 512 << 20
_CHUNK: Final = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Hashed:
    """One large file, hashed both ways.

    Args:
        bytes: of the file.
        ours, alone: seconds of `sha256_of` and of a loop over chunks.
    """

    bytes: int
    ours: Sequence[float]
    alone: Sequence[float]

    @property
    def ratios(self) -> list[float]:
        """Our time over that of the loop which ran next."""
        return [ours / alone for ours, alone in zip(self.ours, self.alone, strict=True)]


def measure(folder: Path, size: int = BYTES, repeats: int = 5) -> Hashed:
    """Time the hashing of one large file, both ways by turns.

    Args:
        folder: for the file, which is removed.
        size: of the file, in bytes.
        repeats: pairs of measurements.

    Raises:
        BenchError: the digests differ.
    """
    path = folder / "large.bin"
    _write(path, size)
    if sha256_of(path) != _by_hashlib(path):  # the first reading, which fills the page cache
        raise BenchError("two ways to hash a file give two digests; see peaklib/evidence/files.py")
    ours: list[float] = []
    alone: list[float] = []
    for _ in range(repeats):
        ours.append(seconds(partial(sha256_of, path)))
        alone.append(seconds(partial(_by_hashlib, path)))
    path.unlink()
    return Hashed(bytes=size, ours=ours, alone=alone)


def _write(path: Path, size: int) -> None:
    block = os.urandom(_CHUNK)
    with path.open("wb") as file:
        for _ in range(size // _CHUNK):
            file.write(block)


def _by_hashlib(path: Path) -> str:
    """What anybody would write."""
    total = sha256()
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(_CHUNK):
            total.update(chunk)
    return total.hexdigest()
