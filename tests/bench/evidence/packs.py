"""Hashing of files: ours beside `hashlib` alone, in one run."""

import os
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

from peaklib.evidence.files import sha256_of

BYTES: Final = 512 << 20
_CHUNK: Final = 1 << 20


def measure_hashing(size: int = BYTES, repeats: int = 3) -> dict[str, float]:
    """Time the hashing of one large file, both ways by turns.

    Args:
        size: of the file, in bytes.
        repeats: pairs of measurements; the medians count.

    Returns:
        `bytes`, `seconds` of `sha256_of`, `hashlib_seconds` of a loop over chunks, and
        `ratio`, the median of the ratios within the pairs (bar: at most 1.3).
    """
    with TemporaryDirectory(prefix="peak-bench-") as folder:
        path = Path(folder) / "large.bin"
        _write(path, size)
        if sha256_of(path) != _by_hashlib(path):  # the first reading, which fills the page cache
            raise RuntimeError("two ways to hash a file give two digests")
        pairs = [(_seconds(sha256_of, path), _seconds(_by_hashlib, path)) for _ in range(repeats)]
    return {
        "bytes": float(size),
        "seconds": median(ours for ours, _ in pairs),
        "hashlib_seconds": median(alone for _, alone in pairs),
        "ratio": median(ours / alone for ours, alone in pairs),
    }


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


def _seconds(hash_file: Callable[[Path], str], path: Path) -> float:
    begin = time.perf_counter()
    hash_file(path)
    return time.perf_counter() - begin


if __name__ == "__main__":
    print(measure_hashing())
