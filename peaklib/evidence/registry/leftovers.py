"""What crashes leave in a folder of runs.

A living process holds a lock on `.staging/<run_id>.lock` from before its run's folder is
made until the ledger has the run: what can be locked belongs to nobody any more.
"""

import fcntl
import os
from collections.abc import Iterator, Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from peaklib.evidence.ledger import file as ledger_file
from peaklib.evidence.pack import STAGING

if TYPE_CHECKING:
    from peaklib.evidence.ledger.ledger import Ledger

DELETED_MARK: Final = "deleted-"
_LOCK: Final = ".lock"
_PACKS: Final = "[0-9]*_*_*"
# Files that are written beside their place and renamed at once, and bear no lock.
_MOMENTARY: Final = ("data/.*.part", ".ledger.state.*")
_LONG_AGO: Final = timedelta(hours=1)


@dataclass(frozen=True)
class Leftover:
    """Something that a crash left.

    Args:
        kind: `open` (a run that was never sealed), `unpublished` (a pack that the ledger does
            not know), `lost` (a run that the ledger knows, without a folder), `deleted` (a run
            whose deletion did not come to its end), `torn` (half a line of the ledger) or
            `temporary` (a file that served for a moment).
        name: the run's id, or the name of the file.
        path: where it lies, or should lie.
        says: what was found.
        remedy: what helps.
    """

    kind: str
    name: str
    path: Path
    says: str
    remedy: str


def find_leftovers(runs: Path, ledger: "Ledger", now: datetime) -> list[Leftover]:
    """Everything that crashes left, oldest runs first within a kind.

    What a living process is at work on is none.

    Args:
        runs: the folder of runs.
        ledger: of that folder.
        now: files that bear no lock count when they are an hour old.
    """
    # Folders first: a run that is published meanwhile then has its line in the ledger.
    packs = {path.name for path in runs.glob(_PACKS) if path.is_dir()}
    abandoned = {name for name in sorted(packs) if is_abandoned(runs, name)}
    known = {event.data["run_id"] for event in ledger.events("publish")}
    deleted = {event.data["run_id"] for event in ledger.events("delete")}
    there = {name for name in known if (runs / name).is_dir()}
    return [
        *_staged(runs),
        *_unpublished(runs, abandoned - known),
        *_lost(runs, known - deleted - there),
        *_half_deleted(runs, there & deleted),
        *_torn(ledger.path),
        *_temporary(runs, now),
    ]


def is_abandoned(runs: Path, run_id: str) -> bool:
    """Whether no living process owns a run."""
    with claimed(runs, run_id) as is_ours:
        return is_ours


@contextmanager
def claimed(runs: Path, run_id: str) -> Iterator[bool]:
    """Own a run while the block lasts, if nobody else does; yields whether that worked."""
    try:
        lock = os.open(lock_of(runs, run_id), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        yield True
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
    else:
        yield True
    finally:
        os.close(lock)


def lock_of(runs: Path, run_id: str) -> Path:
    """The file that the owner of an open run keeps locked."""
    return runs / STAGING / f"{run_id}{_LOCK}"


def _staged(runs: Path) -> Iterator[Leftover]:
    """Open runs that nobody owns, and small files about them."""
    staging = runs / STAGING
    for path in sorted(staging.iterdir()) if staging.is_dir() else ():
        if path.name.startswith(DELETED_MARK):
            says = "a deleted run that was not removed to its end"
            yield Leftover("deleted", path.name, path, says, "--clean removes it")
        elif is_abandoned(runs, path.stem):
            if path.is_dir():
                says = "a run that was never sealed; its process is gone"
                yield Leftover("open", path.name, path, says, "--clean removes it")
            elif not (staging / path.stem).is_dir():
                says = "a mark of a run whose process is gone"
                yield Leftover("temporary", path.name, path, says, "--clean removes it")


def _unpublished(runs: Path, names: AbstractSet[str]) -> Iterator[Leftover]:
    for name in sorted(names):
        says = "a pack that the ledger does not know"
        yield Leftover("unpublished", name, runs / name, says, "gets its line if it verifies")


def _lost(runs: Path, names: AbstractSet[str]) -> Iterator[Leftover]:
    for name in sorted(names):
        remedy = f"put the folder back, or peak runs delete {name} --reason TEXT"
        says = "the ledger knows this run, and its folder is gone"
        yield Leftover("lost", name, runs / name, says, remedy)


def _half_deleted(runs: Path, names: AbstractSet[str]) -> Iterator[Leftover]:
    for name in sorted(names):
        says = "deleted by the ledger, and its folder is still there"
        yield Leftover("deleted", name, runs / name, says, "--clean removes it")


def _torn(path: Path) -> Iterator[Leftover]:
    with ledger_file.reading(path) as fd:
        torn = 0 if fd is None else ledger_file.settled_end(fd)[1]
    if torn:
        says = f"the last line of the ledger is torn, {torn} bytes of it are there"
        yield Leftover("torn", path.name, path, says, "the next line sets it aside in torn/")


def _temporary(runs: Path, now: datetime) -> Iterator[Leftover]:
    for path in sorted(path for pattern in _MOMENTARY for path in runs.glob(pattern)):
        written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        if now - written > _LONG_AGO:
            says = "a file that was never put in its place"
            yield Leftover("temporary", path.name, path, says, "--clean removes it")
