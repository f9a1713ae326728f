"""Sweeps of tests without kernels: the same packs, their cells computed in this process."""

import time
from collections.abc import Mapping
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

from peaklib.evidence import create_run
from peaklib.runner import NotebookJob, Outcome
from peaklib.sweep import evaluate_cell, make_plan, run_sweep


class InProcess(Executor):
    """Evaluates what the notebook of a cell would evaluate, at once and one after another."""

    def __init__(self, workers: int) -> None:
        del workers

    def submit(self, call: Any, /, *arguments: Any, **named: Any) -> "Future[Any]":
        """The outcome of a cell."""
        done: Future[Outcome] = Future()
        done.set_result(_outcome(*arguments, **named))
        return done


def _outcome(job: NotebookJob) -> Outcome:
    started, error = time.monotonic(), None
    run = create_run(job.spec, runs=job.runs)
    try:
        evaluate_cell(run, **{k: v for k, v in job.parameters.items() if k != "seed"})
    except Exception as problem:
        error = f"{type(problem).__name__}: {problem}"
    status = "failed" if error else "completed"
    pack = run.seal(status, error)
    seconds = time.monotonic() - started
    return Outcome(pack.run_id, pack.folder, pack.root, pack.content, status, error, seconds)


def sweep_in_process(project: Path, name: str, text: str) -> str:
    """Run a sweep in the project at work; returns the id of its run."""
    config = project / "configs" / "sweeps" / f"{name}.toml"
    config.write_text(text, "utf-8")
    done = run_sweep(
        make_plan(config), lambda progress: None, workers=1, threads=1, executor=InProcess
    )
    return done.run.run_id


SMA = {"fast": [5, 10, 20], "slow": [50, 100]}
MORE_SMA = {"fast": [10, 20, 30], "slow": [50, 100, 200]}
RSI = {"window": [5, 10], "oversold": [20, 30]}
Grid = Mapping[str, list[int]]


def sweep_text(
    grids: Mapping[str, Grid],
    *,
    data: str = "sp500",
    costs: Mapping[str, float] | None = None,
    fixed: str = "",
) -> str:
    """A sweep's file over the grids of some strategies.

    Args:
        grids: by strategy.
        data: one data set.
        costs: name of each scenario to its fees, in basis points.
        fixed: further lines of `[fixed]`.
    """
    scenarios = costs or {"retail": 5.0}
    lines = [
        'question = "Does a textbook rule beat holding the index?"',
        'notebook = "notebooks/sweep_cell.ipynb"',
        "[fixed]",
        f'dataset = "{data}"',
        fixed,
        "[foreach]",
        f"strategy = {list(grids)}",
        f"costs = {list(scenarios)}",
    ]
    for name, fees in scenarios.items():
        lines += [f"[costs.{name}]", f"fees_bps = {fees}"]
    for strategy, grid in grids.items():
        lines += [f"[grid.{strategy}]", *(f"{axis} = {values}" for axis, values in grid.items())]
    return "\n".join(lines)


def make_sweeps(project: Path, *wanted: str) -> dict[str, str]:
    """Sweeps that have more or less in common; ids of their runs by what they are.

    `first` and `again` are runs of one file. `wide` has another grid and a second scenario,
    `cheap` other costs, `nasdaq` other data, `reversion` another strategy.

    Args:
        project: at work in this process.
        wanted: which of them; all if none is named.
    """
    texts = {
        "first": ("narrow", sweep_text({"sma_crossover": SMA})),
        "again": ("narrow", sweep_text({"sma_crossover": SMA})),
        "wide": (
            "wide",
            sweep_text({"sma_crossover": MORE_SMA}, costs={"retail": 5.0, "cheap": 1.0}),
        ),
        "cheap": ("cheap", sweep_text({"sma_crossover": SMA}, costs={"cheap": 1.0})),
        "nasdaq": ("nasdaq", sweep_text({"sma_crossover": SMA}, data="nasdaq")),
        "reversion": ("reversion", sweep_text({"rsi_reversion": RSI})),
    }
    return {key: sweep_in_process(project, *texts[key]) for key in wanted or texts}
