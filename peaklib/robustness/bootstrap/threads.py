"""Work in pieces that do not depend on how many threads there are."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from peaklib.errors import DataError

Piece = TypeVar("Piece")


def threads_of(threads: int | None) -> int:
    """Number of threads to use; all processors if None.

    Raises:
        DataError: fewer than one.
    """
    if threads is None:
        from peaklib.backtest.grid import process_cpus

        return process_cpus()
    if threads < 1:
        raise DataError(f"threads = {threads}; give at least one, or None for all processors")
    return threads


def for_each(work: Callable[[Piece], None], pieces: Sequence[Piece], threads: int | None) -> None:
    """Do `work` on every piece; each writes where no other does, so order cannot matter."""
    workers = min(threads_of(threads), len(pieces))
    if workers == 1:
        for piece in pieces:
            work(piece)
        return
    with ThreadPoolExecutor(workers) as pool:
        for _ in pool.map(work, pieces):
            pass
