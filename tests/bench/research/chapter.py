"""The chapter on features and labels: `chapter.md` beside this file, filled from measurements."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from string import Template
from textwrap import wrap
from typing import Final

from chapters.bars import judged, spread
from chapters.page import Chapter
from chapters.table import table

from research.bars import faster, judge, over
from research.measure import Measured
from research.setting import CONSTANT, FEATURES, HORIZON, SPAN, THRESHOLD, WIDTH, D
from research.weighing import Timing, ratios, walls

_TEXT = Path(__file__).with_suffix(".md")
_LINE: Final = 116


def chapter(measured: Measured, date: str) -> Chapter:
    """The chapter of these measurements.

    Args:
        measured: all of them.
        date: of the measurement, as it shall be printed.
    """
    bars, same = judge(measured), measured.labels.constant
    text = Template(_TEXT.read_text(encoding="utf-8")).substitute(
        {**_question(measured), **_agreement(measured), **_cache(measured)},
        judged=judged(bars),
        labels=_labels(measured),
        others=_others(measured),
        first=_first(measured),
        machine=measured.machine.line(date),
        versions=_versions(measured.versions),
        peer_versions=_versions(measured.peer_versions),
    )
    differs = f"labels differ from finmlkit's, first at bar {same.first} of {same.events:,} events"
    return Chapter(text, bars, [] if same.complete else [differs])


def _question(measured: Measured) -> dict[str, str]:
    sizes = measured.sizes
    return {
        "bars": f"{sizes.bars:,}",
        "few": f"{sizes.few_bars:,}",
        "horizon": str(HORIZON),
        "span": str(SPAN),
        "order": f"{D:g}",
        "threshold": f"{THRESHOLD:g}",
        "weights": str(measured.weights),
        "n_features": str(len(FEATURES)),
        "features": "\n  ".join(wrap(", ".join(f"`{name}`" for name in FEATURES), _LINE)),
        "n_labels": f"{sizes.labels:,}",
        "many": f"{sizes.many_labels:,}",
        "drawn": f"{sizes.drawn:,}",
        "repeats": str(sizes.repeats),
    }


def _agreement(measured: Measured) -> dict[str, str]:
    scaled = measured.labels.scaled
    return {
        "width": str(WIDTH),
        "constant": f"{100 * CONSTANT:g} %",
        "events": f"{measured.labels.constant.events:,}",
        "scaled_exits": f"{100 * scaled.exits / max(scaled.events, 1):.2f} %",
        "held": f"{measured.labels.held[WIDTH]:.0f}",
        "processors": str(measured.machine.cores),
    }


def _cache(measured: Measured) -> dict[str, str]:
    kept = measured.cache
    return {
        "columns": f"{kept['columns']:.0f}",
        "files": f"{kept['files']:.0f}",
        "megabytes": f"{kept['megabytes']:,.0f}",
        "filling": f"{measured.filling:.1f}",
        "file_system": measured.file_system,
    }


def _labels(measured: Measured) -> str:
    rows = [
        [
            f"{width} × target",
            f"{measured.labels.held[width]:.1f}",
            *(_ms(turns[side]) for side in ("peaklib", "bare scan", "finmlkit")),
            *(f"{median(times):.2f}×" for times in _compared(measured, width)),
        ]
        for width, turns in measured.labels.turns.items()
    ]
    head = ["barriers", "bars held", "peaklib", "bare scan", "finmlkit"]
    return table([*head, "over the scan", "faster than finmlkit", "few bars to all"], rows)


def _compared(measured: Measured, width: int) -> list[list[float]]:
    scan, few = (over(measured, width, side) for side in ("bare scan", "few bars"))
    return [scan, faster(measured, width), few]


def _others(measured: Measured) -> str:
    sizes, grown = measured.sizes, measured.grown
    differences, pipeline, spans = measured.differences, measured.pipeline, measured.spans
    labels, read = measured.labels.turns[WIDTH], pipeline["read_table"]
    bare, convolved = labels["bare scan"], differences["oaconvolve"]
    unique = "average uniqueness, {:,} labels"
    works = [
        (f"labels, {WIDTH} × target", labels["peaklib"], bare, "labels"),
        ("— bare scan", bare, None, "bare scan"),
        ("— finmlkit", labels["finmlkit"], bare, "finmlkit"),
        ("fractional differences", differences["peaklib"], convolved, "differences"),
        ("— `oaconvolve`", convolved, None, "oaconvolve"),
        ("cached features, digest known", pipeline["known"], read, "known"),
        ("cached features, digest computed", pipeline["computed"], read, "computed"),
        ("— `read_table`", read, None, "read_table"),
        ("— `ParquetFile.read`", pipeline["ParquetFile"], read, ""),
        (unique.format(sizes.labels), spans["uniqueness"], None, "uniqueness"),
        (unique.format(sizes.many_labels), spans["many labels"], None, "many labels"),
        (f"sequential bootstrap, {sizes.drawn:,} labels", spans["bootstrap"], None, "bootstrap"),
    ]
    head = ["work", "by the clock", "processor time", "over the plain work", "memory at its peak"]
    return table(head, [_row(*work, grown) for work in works])


def _row(
    name: str,
    timings: Sequence[Timing],
    under: Sequence[Timing] | None,
    weighed: str,
    grown: Mapping[str, float],
) -> list[str]:
    ratio = spread(ratios(timings, under), "×", 2) if under is not None else ""
    memory = f"{grown[weighed]:,.1f} MB" if weighed else ""
    return [name, _ms(timings), _ms(timings, "cpu"), ratio, memory]


def _first(measured: Measured) -> str:
    names = {
        "labels": "labels",
        "finmlkit": "— finmlkit",
        "differences": "fractional differences",
        "features": f"{len(FEATURES)} features, computed",
        "uniqueness": "average uniqueness",
        "bootstrap": "sequential bootstrap",
    }
    rows = [
        [meaning, f"{found.compiling:.2f} s", f"{found.starting:.2f} s"]
        for meaning, found in ((meaning, measured.first[name]) for name, meaning in names.items())
    ]
    return table(["first call in a process", "nothing compiled", "compiled code on disk"], rows)


def _ms(timings: Sequence[Timing], clock: str = "wall") -> str:
    return spread([1e3 * seconds for seconds in walls(timings, clock)], " ms", 1)


def _versions(found: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in found.items())
