"""One sweep from plan to published run, over local workers."""

from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from peaklib.data import load
from peaklib.errors import EvidenceError
from peaklib.evidence import (
    OpenRun,
    Query,
    Registry,
    RunSpec,
    SealedRun,
    create_run,
    digest,
    open_if_there,
    open_run,
    runs_folder,
)
from peaklib.evidence.run import RUN_ROLE
from peaklib.runner import source_digest, stop_kernels, stop_marker
from peaklib.sweep.execute import Batch, CellResult, Listener
from peaklib.sweep.plan import Plan

KIND: Final = "sweep"
NOTEBOOK: Final = "notebook.ipynb"
# What differs when a sweep is run again, or resumed.
_INCIDENTAL: Final = ("run_id", "root", "state", "error", "seconds")

MakeExecutor = Callable[[int], Executor]


@dataclass(frozen=True)
class SweepRun:
    """A finished sweep.

    Args:
        run: the sweep's own run; its config names the runs of all cells.
        results: one a cell, in the order of the plan.
    """

    run: SealedRun
    results: tuple[CellResult, ...]

    @property
    def failed(self) -> list[CellResult]:
        """Cells without a result."""
        return [result for result in self.results if result.state == "failed"]


def run_sweep(
    plan: Plan,
    listener: Listener,
    *,
    workers: int,
    threads: int,
    resume: bool = False,
    runs: Path | None = None,
    executor: MakeExecutor = ThreadPoolExecutor,
) -> SweepRun:
    """Compute the cells of a plan and publish a run that lists them.

    Args:
        plan: what to compute.
        listener: told about every change.
        workers: cells at a time.
        threads: for numbers, in each cell.
        resume: take over cells that were finished before with the same inputs.
        runs: folder of runs; the project's by default.
        executor: makes the pool from a number of workers. Threads do for local work: a
            cell is a kernel in a process of its own, which the thread only waits for.

    Raises:
        KeyboardInterrupt: after the kernels were stopped and the sweep was recorded as
            interrupted; finished cells are kept for `resume`.
    """
    folder = runs or runs_folder()
    config = {
        "sweep": plan.name,
        "command": plan.command,
        "config": plan.config.model_dump(),
        "thresholds": plan.thresholds.model_dump(),
    }
    own = _open(plan, config, folder)
    batch = Batch(plan, folder, own.run_id, threads)
    pool = executor(workers)
    try:
        if resume:
            batch.resume()
        results = batch.run(pool, workers, listener)
    except BaseException as problem:
        _stop(pool, stop_marker(folder, own.run_id))
        _describe(own, batch.results, folder)
        finished = f"{len(batch.results)} of {len(plan.cells)} cells finished"
        if isinstance(problem, Exception):
            own.seal("failed", f"{type(problem).__name__}: {problem}; {finished}")
        else:
            own.seal("interrupted", finished)
        raise
    pool.shutdown()
    _describe(own, results, folder)
    failed = sum(result.state == "failed" for result in results)
    status = "failed" if failed else "completed"
    sealed = own.seal(status, f"{failed} of {len(results)} cells failed" if failed else None)
    return SweepRun(sealed, tuple(results))


def _stop(pool: Executor, marker: Path) -> None:
    """Let no cell start any more, and end those at work as stopped on purpose."""
    marker.touch()
    pool.shutdown(wait=False, cancel_futures=True)
    stop_kernels()
    pool.shutdown(wait=True)
    marker.unlink()


def _open(plan: Plan, config: dict[str, Any], folder: Path) -> OpenRun:
    """The sweep's own run: it holds all that running the sweep again takes."""
    sources = {name: value for cell in plan.cells for name, value in cell.sources.items()}
    sources["notebook"] = source_digest(plan.notebook)
    own = create_run(RunSpec(KIND, config, plan.config.seed, sources=sources), runs=folder)
    for source in plan.datasets:
        own.use(load(source, holdout_from=plan.config.holdout_from))
    own.save_input(NOTEBOOK, plan.notebook.read_bytes())
    return own


def _describe(own: OpenRun, results: list[CellResult], folder: Path) -> None:
    import pandas as pd

    published = [result.run_id for result in results if result.run_id]
    own.use(*(open_run(run_id, runs=folder) for run_id in published), role=RUN_ROLE)
    rows = [_row(result) for result in results]
    if rows:
        own.save_table("cells", pd.DataFrame(rows), incidental=_INCIDENTAL)
    own.log_metrics(
        {
            "cells": len(rows),
            "cells_failed": sum(row["state"] == "failed" for row in rows),
            "n_trials": sum(row["n_trials"] for row in rows if row["state"] != "failed"),
        }
    )


def _row(result: CellResult) -> dict[str, Any]:
    return {
        **{f"axis_{name}": value for name, value in result.cell.label.items()},
        "run_id": result.run_id,
        "root": result.root,
        "content": result.content,
        "finished": result.state != "failed",
        "state": result.state,
        "n_trials": result.cell.n_trials,
        "error": result.error,
        "seconds": result.seconds,
    }


def latest_sweep(plan: Plan, runs: Path | None = None) -> SealedRun:
    """The newest run of this very plan whose cells were all tried.

    Raises:
        EvidenceError: there is none, or its file has changed since.
    """
    wanted = digest(plan.config.model_dump())
    older = ""
    for row in Registry(runs).select(Query(kind=KIND)):
        run = open_if_there(row.run_id, runs=runs) if row.status != "interrupted" else None
        config = run.record()["config"] if run else {}
        if run and config["sweep"] == plan.name:
            if digest(config["config"]) == wanted:
                return run
            older = older or run.run_id
    changed = f"; the newest, {older}, had another configuration" if older else ""
    raise EvidenceError(
        f"no finished run of sweep {plan.name!r}{changed}; make one: {plan.command} --run"
    )
