"""All measurements of the chapter on luck."""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chapters.errors import BenchError
from chapters.machine import Machine, file_system_of
from paired.side import Side
from paired.worker import versions_of
from research.weighing import Timing

import peaklib
from luck.bootstrap import DATASET, Bootstraps, measure_bootstrap
from luck.cells import pairs_up_to
from luck.explorer import Interactions, measure_explorer
from luck.selection import Selected, measure_pbo, measure_plateaus, measure_walk_forward
from luck.sizes import Sizes
from peaklib.data import load

_PACKAGES: Final = "peaklib numpy numba pandas arch scipy plotly"
_TINY: Final = 4


@dataclass(frozen=True, kw_only=True)
class Cells:
    """Intervals for all pairs of averages, in a process of their own.

    Args:
        pairs, resamples: how many, and of each.
        timings: by metric, one after the other.
        peak: MB of the whole process at the peak of all of them.
    """

    pairs: int
    resamples: int
    timings: Mapping[str, Timing]
    peak: float


@dataclass(frozen=True, kw_only=True)
class Reported:
    """Reports of one large sweep.

    Args:
        trials: of the sweep.
        turns: timings of the reports; processors of kernels included.
        page: MB of the page.
        tables: MB of the tables beside it, as CSV and as JSON.
    """

    trials: int
    turns: Sequence[Timing]
    page: float
    tables: float


@dataclass(frozen=True, kw_only=True)
class Measured:
    """All that the chapter is written from.

    Args:
        machine: where.
        file_system: that sweeps and reports were written to.
        versions: package to version.
        sizes: how much was measured.
        bootstraps: of one series, beside arch.
        cells: intervals of a heatmap.
        pbo, walk_forward, plateaus: judging a selection.
        reports: by number of the sweep's axes.
        explorer: interactions.
    """

    machine: Machine
    file_system: str
    versions: Mapping[str, str]
    sizes: Sizes
    bootstraps: Bootstraps
    cells: Cells
    pbo: Selected
    walk_forward: Selected
    plateaus: Selected
    reports: Mapping[int, Reported]
    explorer: Interactions


def measure(folder: Path, sizes: Sizes) -> Measured:
    """Measure everything.

    Args:
        folder: an empty one, on the file system that projects are kept on.
        sizes: how much.

    Raises:
        BenchError: something gave a wrong result, or a sweep failed.
    """
    machine, data = Machine.here(), load(DATASET)
    print("intervals beside arch, in turn ...", flush=True)
    bootstraps = measure_bootstrap(
        resamples=sizes.resamples, repeats=sizes.repeats, metrics=sizes.metrics
    )
    print("an interval for each cell of a heatmap ...", flush=True)
    cells = measure_cells(sizes)
    print("overfitting, walk-forward, plateaus ...", flush=True)
    pbo = measure_pbo(sizes.trials, sizes.bars, sizes.blocks, sizes.repeats)
    walked = measure_walk_forward(data, sizes.highest, sizes.repeats)
    plateaus = measure_plateaus(data, sizes.highest, sizes.repeats)
    print("the explorer ...", flush=True)
    explorer = measure_explorer(side=sizes.side, repeats=sizes.interactions)
    print("sweeps and their reports ...", flush=True)
    return Measured(
        machine=machine,
        file_system=file_system_of(folder),
        versions=versions_of(_PACKAGES),
        sizes=sizes,
        bootstraps=bootstraps,
        cells=cells,
        pbo=pbo,
        walk_forward=walked,
        plateaus=plateaus,
        reports=measure_reports(folder, sizes),
        explorer=explorer,
    )


def measure_cells(sizes: Sizes) -> Cells:
    """Intervals of every metric for every pair, after a call on few pairs that does not count."""
    with start_side("luck.cells") as side:
        timings: dict[str, Timing] = {}
        for highest in (_TINY, sizes.highest):
            for metric in sizes.metrics:
                found = side.ask("cells", f"{metric} {highest} {sizes.cell_resamples}")
                timings[metric] = all_found(found, metric)
    return Cells(
        pairs=len(pairs_up_to(sizes.highest)),
        resamples=sizes.cell_resamples,
        timings=timings,
        peak=max(timing["peak"] for timing in timings.values()),
    )


def measure_reports(folder: Path, sizes: Sizes) -> dict[int, Reported]:
    """Reports of a sweep of each shape, after one of a small sweep that does not count."""
    with start_side("luck.reporting", folder / "project") as side:
        return {axes: _reported(side, axes, sizes) for axes in sizes.shapes}


def _reported(side: Side, axes: int, sizes: Sizes) -> Reported:
    side.ask("report", side.ask("sweep", f"{axes} small")["run"])
    swept = side.ask("sweep", f"{axes} {sizes.report}")
    turns = [side.ask("report", swept["run"]) for _ in range(sizes.reports)]
    return Reported(
        trials=swept["trials"],
        turns=turns,
        page=turns[-1]["page"],
        tables=turns[-1]["tables"],
    )


def all_found(timing: Timing, metric: str) -> Timing:
    """The timing, if every pair has an interval.

    Raises:
        BenchError: some have none.
    """
    if timing["finite"] < 1.0:
        raise BenchError(
            f"{1 - timing['finite']:.1%} of the pairs have no interval of {metric}; a heatmap of "
            "fewer cells was timed"
        )
    return timing


def start_side(module: str, *arguments: Path) -> Side:
    """A process that finds what peaklib has compiled before: no first call is measured here."""
    cache = os.environ.get("NUMBA_CACHE_DIR") or Path(peaklib.__file__).with_name("__pycache__")
    return Side(Path(sys.executable), module, *arguments, cache=Path(cache))
