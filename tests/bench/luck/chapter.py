"""The chapter on luck: the text of `chapter.md` beside this file, filled from measurements."""

from collections.abc import Sequence
from math import comb
from pathlib import Path
from statistics import median
from string import Template
from typing import Final

from chapters.bars import judged
from chapters.page import Chapter
from chapters.table import table
from research.weighing import Timing, walls

from luck.bars import judge, milliseconds, others, shown
from luck.bootstrap import LEVEL
from luck.measure import Measured
from luck.selection import Selected

_TEXT: Final = Path(__file__).with_suffix(".md")
_COUNTS: Final = {2: "two", 4: "four"}


def chapter(measured: Measured, date: str) -> Chapter:
    """The chapter of these measurements.

    Args:
        measured: all of them.
        date: of the measurement, as it shall be printed.
    """
    bars = judge(measured)
    text = Template(_TEXT.read_text(encoding="utf-8")).substitute(
        {**_question(measured), **_asked(measured)},
        judged=judged(bars),
        bootstraps=_bootstraps(measured),
        cells=_cells(measured),
        selections=_selections(measured),
        reports=_reports(measured),
        explorer=_explorer(measured),
        machine=measured.machine.line(date),
        file_system=measured.file_system,
        versions=", ".join(f"{name} {found}" for name, found in measured.versions.items()),
    )
    return Chapter(text, bars)


def _question(measured: Measured) -> dict[str, str]:
    found, sizes = measured.bootstraps, measured.sizes
    return {
        "level": f"{100 * LEVEL:g}",
        "bars": f"{found.bars:,}",
        "block_length": f"{found.block_length:.1f}",
        "resamples": f"{found.resamples:,}",
        "n_others": str(len(others(found.ours))),
        "repeats": str(sizes.repeats),
        "pairs": f"{measured.cells.pairs:,}",
        "cell_resamples": f"{measured.cells.resamples:,}",
        "peak": f"{measured.cells.peak:,.0f}",
        "processors": str(measured.machine.cores),
    }


def _asked(measured: Measured) -> dict[str, str]:
    sizes = measured.sizes
    return {
        "trials": f"{measured.pbo.n_trials:,}",
        "trial_bars": f"{sizes.bars:,}",
        "blocks": str(sizes.blocks),
        "splits": f"{comb(sizes.blocks, sizes.blocks // 2):,}",
        "choices": str(measured.walk_forward.n_windows),
        "shapes": " and of one over ".join(_COUNTS[axes] for axes in measured.reports),
        "turns": str(sizes.reports),
        "explored": f"{measured.explorer.trials:,}",
        "opening": f"{measured.explorer.opening.wall:.1f}",
        "tables": f"{max(one.tables for one in measured.reports.values()):,.0f}",
    }


def _bootstraps(measured: Measured) -> str:
    found = measured.bootstraps
    rows = [
        [
            metric,
            _ms(found.ours[metric]),
            _ms(found.arch[metric]),
            *(f"{median(found.faster(metric, clock)):.1f}×" for clock in ("wall", "cpu")),
            f"{found.distance[metric]:.4f}",
            f"{found.same[metric]:.3f}",
        ]
        for metric in found.ours
    ]
    ratios = ["faster, by the clock", "faster, in processor time"]
    return table(["metric", "peaklib", "arch", *ratios, "draws differ by", "p-value"], rows)


def _cells(measured: Measured) -> str:
    rows = [
        [metric, f"{timing['wall']:.1f} s", f"{timing['cpu']:.1f} s"]
        for metric, timing in measured.cells.timings.items()
    ]
    return table([f"{measured.cells.pairs:,} intervals", "by the clock", "processor time"], rows)


def _selections(measured: Measured) -> str:
    pbo, walked, plateaus = measured.pbo, measured.walk_forward, measured.plateaus
    works = [
        (f"overfitting, {pbo.n_trials:,} trials in {pbo.n_windows} blocks", pbo),
        (f"walk-forward, {walked.n_trials:,} pairs, {walked.n_windows} choices", walked),
        (f"neighbourhoods of {plateaus.n_trials:,} pairs", plateaus),
    ]
    rows = [[name, *_selected(work)] for name, work in works]
    return table(["work", "by the clock", "processor time", "memory at its peak"], rows)


def _selected(work: Selected) -> list[str]:
    return [_ms(work.turns), _ms(work.turns, "cpu"), f"{work.grown:,.1f} MB"]


def _reports(measured: Measured) -> str:
    rows = [
        [
            f"{_COUNTS[axes]} axes, {one.trials:,} trials",
            *(shown(walls(one.turns, clock), " s") for clock in ("wall", "cpu")),
            f"{one.page:,.1f} MB",
            f"{one.tables:,.0f} MB",
        ]
        for axes, one in measured.reports.items()
    ]
    return table(["report of a sweep", "by the clock", "processor time", "page", "tables"], rows)


def _explorer(measured: Measured) -> str:
    explorer = measured.explorer
    rows = [
        [
            name,
            *(shown(milliseconds(costs, clock), " ms") for clock in ("wall", "cpu")),
            f"{explorer.sent[name] / 1e3:,.0f} kB",
        ]
        for name, costs in explorer.costs.items()
    ]
    head = ["interaction with the explorer", "by the clock", "processor time", "sent"]
    return table(head, rows)


def _ms(timings: Sequence[Timing], clock: str = "wall") -> str:
    return shown([1e3 * seconds for seconds in walls(timings, clock)], " ms")
