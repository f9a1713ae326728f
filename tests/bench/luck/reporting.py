"""The report of a very large sweep, in a project of its own. `python -m luck.reporting PROJECT`."""

import gc
import os
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from chapters.errors import BenchError
from paired.worker import Command, serve

from peaklib.backtest.grid import process_cpus
from peaklib.evidence import open_run
from peaklib.evidence.places import HOME_VARIABLE
from peaklib.sweep import make_plan, make_report, run_sweep
from peaklib.sweep.report import ReportFiles

ROOT: Final = Path(__file__).resolve().parents[3]
_NEEDED: Final = (
    "configs/robustness.toml",
    "notebooks/sweep_cell.ipynb",
    "notebooks/sweep_report.ipynb",
)
_HEAD: Final = """question = "How long does the report of a very large sweep take?"
notebook = "notebooks/sweep_cell.ipynb"
seed = 7
[fixed]
dataset = "sp500"
[foreach]
strategy = ["sma_crossover"]
costs = ["retail"]
{filter}
[costs.retail]
fees_bps = 5.0
slippage_bps = 5.0
"""
# Two axes: one heatmap of all trials. Four: heatmaps are slices, and their cells have intervals.
_PLAIN: Final = """[grid.sma_crossover]
fast = {{ start = 2, stop = {highest}, step = 1 }}
slow = {{ start = 2, stop = {highest}, step = 1 }}
where = "fast < slow"
"""
_FILTERED: Final = """[grid.sma_crossover]
fast = {{ start = 5, stop = {fast}, step = 5 }}
slow = {{ start = 110, stop = {slow}, step = 10 }}
[grid.vol_regime_filter]
vol_window = {{ start = 10, stop = {window}, step = 5 }}
vol_rank = {{ start = 0.5, stop = {rank}, step = 0.025 }}
"""


def make_project(folder: Path) -> Path:
    """A project with no more than a sweep and its report need."""
    for name in _NEEDED:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, folder / name)
    return folder


def config_of(axes: int, size: str) -> str:
    """Configuration of a sweep of one cell.

    Args:
        axes: 2 or 4.
        size: `large`, at least 100,000 trials; or `small`, less than 300.
    """
    large = size == "large"
    if axes == 2:
        return _HEAD.format(filter="") + _PLAIN.format(highest=449 if large else 21)
    filtered = _HEAD.format(filter='filter = ["vol_regime_filter"]')
    fast, slow, window, rank = (100, 350, 55, 0.975) if large else (20, 140, 20, 0.6)
    return filtered + _FILTERED.format(fast=fast, slow=slow, window=window, rank=rank)


class Reporting:
    """The commands of this side; a question is number of axes and size, as in `2 large`.

    Args:
        project: folder that `make_project` made.
    """

    def __init__(self, project: Path) -> None:
        self.project = project

    def sweep(self, question: str) -> dict[str, Any]:
        """Run a sweep; its id, and how many trials it has."""
        axes, size = question.split()
        path = self.project / "configs" / "sweeps" / f"luck-{axes}-{size}.toml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(config_of(int(axes), size), "utf-8")
        plan = make_plan(path)
        done = run_sweep(plan, lambda _: None, workers=1, threads=process_cpus())
        if done.failed:
            raise BenchError(f"a sweep of {plan.n_trials:,} trials failed: {done.failed[0].error}")
        return {"run": done.run.run_id, "trials": plan.n_trials}

    def report(self, run: str) -> dict[str, float]:
        """Report a sweep: seconds, and MB of the page and of the tables beside it."""
        sweep, made = open_run(run), list[ReportFiles]()
        cost = timed_with_kernels(lambda: made.append(make_report(sweep, threads=process_cpus())))
        return {**cost, "page": _megabytes(made[0].page), "tables": _megabytes(*made[0].tables)}


def timed_with_kernels(work: Callable[[], object]) -> dict[str, float]:
    """Seconds by the clock, and of processor of this process and those that it started."""
    gc.collect()
    wall, before = time.perf_counter(), os.times()
    work()
    wall, after = time.perf_counter() - wall, os.times()
    return {"wall": wall, "cpu": sum(after[:4]) - sum(before[:4])}


def _megabytes(*paths: Path) -> float:
    return sum(path.stat().st_size for path in paths) / 1e6


def commands(project: Path) -> Mapping[str, Command]:
    """By name."""
    side = Reporting(project)
    return {"sweep": side.sweep, "report": side.report}


if __name__ == "__main__":
    # Kernels look for their project there.
    os.environ[HOME_VARIABLE] = sys.argv[1]
    serve(commands(make_project(Path(sys.argv[1]))))
