"""Running the cells of a plan over an executor, so that nothing finished is lost."""

import time
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from peaklib.evidence import Query, Registry, RunSpec, SealedRun, open_if_there, verify_pack
from peaklib.runner import NotebookJob, Outcome, run_notebook
from peaklib.sweep.plan import Cell, Plan

State = Literal["done", "failed", "resumed"]


@dataclass(frozen=True)
class CellResult:
    """A cell and the run that holds its result.

    Args:
        cell: what was asked.
        run_id, root: the run, and the SHA-256 of its sums; empty if none could be written.
        content: digest of its metrics, tables and figures.
        state: computed now, failed now, or found finished.
        error: first line of what went wrong.
        seconds: of computing; 0 if it was found.
    """

    cell: Cell
    run_id: str
    root: str
    content: str
    state: State
    error: str | None = None
    seconds: float = 0.0


@dataclass(frozen=True)
class Progress:
    """Where a batch stands; handed to whoever shows it after every change.

    Args:
        plan: what is being done.
        results: finished cells so far, in the order in which they finished.
        running: cells being computed, with the (monotonic) second of their start.
    """

    plan: Plan
    results: tuple[CellResult, ...]
    running: tuple[tuple[Cell, float], ...]

    @property
    def trials_done(self) -> int:
        """Trials of the cells that were computed now."""
        return sum(result.cell.n_trials for result in self.results if result.state == "done")


Listener = Callable[[Progress], None]


@dataclass
class Batch:
    """The cells of one plan on their way through an executor.

    Args:
        plan: what to compute.
        runs: folder that runs are published in.
        parent: id of the sweep's own run.
        threads: for numbers, in each kernel.
    """

    plan: Plan
    runs: Path
    parent: str
    threads: int = 1
    results: list[CellResult] = field(default_factory=list)
    running: dict["Future[Outcome]", tuple[Cell, float]] = field(default_factory=dict)

    def resume(self) -> None:
        """Take over the cells that some earlier run has finished with the same key."""
        finished = finished_cells(self.runs, {cell.key for cell in self.plan.cells})
        for cell in self.plan.cells:
            if cell.key in finished:
                run = finished[cell.key]
                self.results.append(CellResult(cell, run.run_id, run.root, run.content, "resumed"))

    def run(self, executor: Executor, workers: int, listener: Listener) -> list[CellResult]:
        """Compute what is not finished; at most `workers` cells are in flight.

        Returns:
            All results, in the order of the plan.
        """
        have = {result.cell.key for result in self.results}
        waiting = iter([cell for cell in self.plan.cells if cell.key not in have])
        self._submit(executor, waiting, workers)
        listener(self.progress())
        while self.running:
            finished, _ = wait(self.running, timeout=0.5, return_when=FIRST_COMPLETED)
            for future in finished:
                self._collect(future)
            self._submit(executor, waiting, workers)
            listener(self.progress())
        # By label: two cost scenarios may have the same numbers, and so the same key.
        order = {tuple(cell.label.items()): k for k, cell in enumerate(self.plan.cells)}
        return sorted(self.results, key=lambda result: order[tuple(result.cell.label.items())])

    def progress(self) -> Progress:
        """Where the batch stands."""
        return Progress(self.plan, tuple(self.results), tuple(self.running.values()))

    def _submit(self, executor: Executor, waiting: Iterator[Cell], workers: int) -> None:
        while len(self.running) < workers:
            cell = next(waiting, None)
            if cell is None:
                return
            future = executor.submit(run_notebook, self._job(cell))
            self.running[future] = (cell, time.monotonic())

    def _job(self, cell: Cell) -> NotebookJob:
        spec = RunSpec(
            kind="sweep_cell",
            config={
                "sweep": self.plan.name,
                "notebook": self.plan.config.notebook,
                "label": dict(cell.label),
                "parameters": dict(cell.parameters),
                "thresholds": self.plan.thresholds_digest,
            },
            seed=self.plan.config.seed,
            family=cell.family,
            parent=self.parent,
            key=cell.key,
            sources=cell.sources,
        )
        return NotebookJob(
            self.plan.notebook,
            cell.parameters,
            spec,
            self.runs,
            self.threads,
            holdout_from=self.plan.config.holdout_from,
        )

    def _collect(self, future: "Future[Outcome]") -> None:
        cell, _ = self.running.pop(future)
        try:
            outcome = future.result()
        except Exception as error:
            # A cell that cannot even be recorded must not take the others with it.
            text = f"{type(error).__name__}: {error}"
            self.results.append(CellResult(cell, "", "", "", "failed", text))
            return
        self.results.append(
            CellResult(
                cell,
                outcome.run_id,
                outcome.root,
                outcome.content,
                "failed" if outcome.error else "done",
                outcome.error,
                outcome.seconds,
            )
        )


def finished_cells(runs: Path, keys: Collection[str]) -> dict[str, SealedRun]:
    """Completed runs of cells by key, the newest of each whose pack is untouched."""
    found: dict[str, SealedRun] = {}
    for row in Registry(runs).select(Query(kind="sweep_cell", status="completed")):
        if row.key and row.key in keys and row.key not in found:
            run = open_if_there(row.run_id, runs=runs)
            if run and verify_pack(run.folder, root=row.root).ok:
                found[row.key] = run
    return found


def estimate_seconds(plan: Plan, runs: Path, workers: int) -> tuple[float, str]:
    """How long a plan will take, and what that is based on."""
    query = Query(kind="sweep_cell", status="completed", limit=20)
    spent = [_seconds(row.start, row.end) for row in Registry(runs).select(query)]
    each = sorted(spent)[len(spent) // 2] if spent else 6.0
    basis = f"median of the last {len(spent)} cells" if spent else "assumed, none was run yet"
    return each * -(-len(plan.cells) // workers), f"{each:.1f} s a cell, {basis}"


def _seconds(start: str, end: str) -> float:
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()
