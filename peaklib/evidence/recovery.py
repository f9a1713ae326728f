"""Mending what crashes left in a folder of runs."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peaklib.errors import EvidenceError
from peaklib.evidence.checks.verify import verify_pack
from peaklib.evidence.pack import open_pack
from peaklib.evidence.publication import publication
from peaklib.evidence.registry.leftovers import Leftover, claimed, lock_of
from peaklib.evidence.registry.registry import Registry


@dataclass(frozen=True)
class Recovery:
    """What became of a leftover.

    Args:
        leftover: what was found.
        is_settled: whether it is mended or removed.
        says: what was done, or why nothing was.
    """

    leftover: Leftover
    is_settled: bool
    says: str


def recover(registry: Registry, *, clean: bool = False) -> list[Recovery]:
    """Give packs the line that the ledger lacks; remove the rest, if that is asked for.

    Args:
        registry: of the folder of runs.
        clean: remove open runs that nobody owns, halves of deletions and temporary files.

    Returns:
        What became of each leftover.
    """
    return [_recover(registry, leftover, clean) for leftover in registry.leftovers()]


def _recover(registry: Registry, leftover: Leftover, clean: bool) -> Recovery:
    try:
        if leftover.kind == "unpublished":
            return Recovery(leftover, True, _adopt(registry, leftover))
        if clean and leftover.kind in ("open", "deleted", "temporary"):
            return Recovery(leftover, True, _remove(registry, leftover))
    except EvidenceError as error:
        return Recovery(leftover, False, str(error))
    return Recovery(leftover, False, leftover.remedy)


def _adopt(registry: Registry, leftover: Leftover) -> str:
    """Publish a pack that lies in its place and verifies.

    Raises:
        EvidenceError: it does not verify, or its process is not gone after all.
    """
    run = open_pack(leftover.path)
    with claimed(registry.runs, run.run_id) as is_ours:
        if not is_ours or registry.root_of(run.run_id) is not None:
            raise EvidenceError("another process has published it meanwhile")
        record: Mapping[str, Any] = run.record()
        report = verify_pack(run.folder, root=run.root)
        if not report.ok:
            wrong = "; ".join(line for check in report.failed for line in check.details)
            raise EvidenceError(f"it does not verify, so it gets no line: {wrong}")
        origin, ours = record["anchor"]["origin"], registry.ledger.checkpoint().origin
        if record["anchor"]["size"] and origin != ours:
            raise EvidenceError(
                f"it was sealed beside the ledger {origin}, and this one is {ours}: it is a copy "
                "from elsewhere, move it out of the folder of runs"
            )
        registry.record_publication({**publication(record, run.root), "adopted": True})
        lock_of(registry.runs, run.run_id).unlink(missing_ok=True)
    return "verified, and published in the ledger as adopted"


def _remove(registry: Registry, leftover: Leftover) -> str:
    """Remove files that nobody owns; the run's lock is held meanwhile.

    Raises:
        EvidenceError: somebody does own them, or they cannot be removed.
    """
    path: Path = leftover.path
    with claimed(registry.runs, path.stem) as is_ours:
        if not is_ours:
            raise EvidenceError("its process is not gone after all")
        try:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
            lock_of(registry.runs, path.stem).unlink(missing_ok=True)
        except OSError as error:
            raise EvidenceError(f"{error.filename} cannot be removed: {error.strerror}") from error
    return "removed"
