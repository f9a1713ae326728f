"""Cells of the previous night, run again."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from peaklib.evidence import Registry, Reproduction, SealedRun, open_run, reproduce
from peaklib.sweep.nightly.compare import Finding, one_line
from peaklib.sweep.nightly.record import CellRecord, Cells


@dataclass(frozen=True)
class Repeat:
    """What came out of one cell that was run again.

    Args:
        cell: of the previous night.
        word: `identical`, `equivalent`, `different`, or `impossible`.
        detail: the largest difference, or why it was not possible.
    """

    cell: CellRecord
    word: str
    detail: str = ""

    def finding(self) -> Finding | None:
        """The alert about it, if it is worth one."""
        if self.word in ("identical", "equivalent"):
            return None
        said = f"run {self.cell.run_id} of the previous night, run again: {self.word}"
        return Finding("alert", "repro", *self.cell.id, f"{said}; {self.detail}".rstrip("; "))


def choose(before: Cells, previous: SealedRun, n: int, seed: int) -> list[CellRecord]:
    """Finished cells of a night, at random, but the same ones for the same night and seed.

    Args:
        before: cells of that night.
        previous: its run, whose root hash goes into the choice: another night, other cells.
        n: how many; all of them if there are fewer.
        seed: of the choice.
    """
    finished = [cell for cell in before.values() if cell.finished and cell.run_id]
    drawn = np.random.default_rng([seed, int(previous.root[:16], 16)])
    picked = drawn.choice(len(finished), size=min(n, len(finished)), replace=False)
    return [finished[at] for at in sorted(picked.tolist())]


def repeat(cell: CellRecord, registry: Registry, roots: Mapping[str, str]) -> Repeat:
    """Run a cell again in a folder of its own, and note what comes out in the ledger.

    Other code or data than the pack pins are no reason to leave it out: a difference then
    says so.

    Args:
        cell: what to run.
        registry: of the folder that its run lies in.
        roots: root hashes by the ledger.
    """
    with TemporaryDirectory(prefix="peak-nightly-") as scratch:
        try:
            run = open_run(cell.run_id, runs=registry.runs)
            done = reproduce(run, roots, Path(scratch) / "again", despite_drift=True)
        except Exception as error:
            # One that cannot be run must not take the night with it.
            return Repeat(cell, "impossible", one_line(error))
        registry.ledger.append("repro", done.event())
        return Repeat(cell, done.word, _detail(done))


def _detail(done: Reproduction) -> str:
    parts = []
    if done.largest is not None:
        run_id, found = done.largest
        parts.append(f"largest relative difference {found.relative:.2g}, {found.where} of {run_id}")
    elif done.word == "different":
        first = next(d for _, c in done.comparisons for d in c.differences)
        parts.append(f"{first.where}: {first.left}, now {first.right}")
    return "; ".join([*parts, *done.drift])
