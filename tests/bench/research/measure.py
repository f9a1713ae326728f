"""All measurements of features and labels, each side in processes of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from chapters.errors import BenchError
from chapters.machine import Machine, file_system_of
from paired.side import Side

from research.compare import Agreement, agreement
from research.first import First, measure_first, measure_memory
from research.setting import TINY, WIDTHS
from research.sides import Sides
from research.sizes import Sizes
from research.weighing import Timing, in_turns

Turns = Mapping[str, Sequence[Timing]]

_PACKAGES: Final = "peaklib numpy numba pandas scipy pyarrow"
_PEER_PACKAGES: Final = "finmlkit numpy numba pandas"
_SCALE: Final = 1e-12


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """Triple-barrier labels.

    Args:
        turns: by width; sides "peaklib", "bare scan", "finmlkit", and "few bars" of ours.
        held: mean bars that labels of each width live.
        constant, scaled: agreement with finmlkit for one target, and for one a bar.
    """

    turns: Mapping[int, Turns]
    held: Mapping[int, float]
    constant: Agreement
    scaled: Agreement


@dataclass(frozen=True, kw_only=True)
class Measured:
    """All that the chapter is written from.

    Args:
        machine: where.
        file_system: that the cache lay on.
        versions, peer_versions: package to version.
        sizes: how much was measured.
        labels: triple-barrier labels.
        differences: sides "peaklib" and "oaconvolve".
        weights: number of weights of the differences.
        pipeline: sides "known", "computed", "read_table" and "ParquetFile".
        filling: seconds to compute and keep all features.
        cache: `files`, `megabytes` and `columns`.
        spans: "uniqueness", "many labels" and "bootstrap".
        first: first calls, by name of the work.
        grown: MB by which a process grew at the peak of its first call, by name of the work.
    """

    machine: Machine
    file_system: str
    versions: Mapping[str, str]
    peer_versions: Mapping[str, str]
    sizes: Sizes
    labels: Labelled
    differences: Turns
    weights: int
    pipeline: Turns
    filling: float
    cache: Mapping[str, float]
    spans: Turns
    first: Mapping[str, First]
    grown: Mapping[str, float]


def measure(peer_python: Path, folder: Path, sizes: Sizes) -> Measured:
    """Measure everything.

    Args:
        peer_python: interpreter of the peer's environment.
        folder: an empty one, on the file system that caches are kept on.
        sizes: how much.

    Raises:
        BenchError: something gave a wrong result.
    """
    machine, sides = Machine.here(), Sides(peer_python, folder)
    print("labels, a bare scan and finmlkit in turn ...", flush=True)
    with sides.start("labels") as ours:
        ours.ask("series", sides.series)
        versions = ours.ask("versions", _PACKAGES)
        with sides.start("peer") as peer:
            peer_versions = peer.ask("versions", _PEER_PACKAGES)
            labels = _labels(ours, peer, folder, sizes)
    print("fractional differences ...", flush=True)
    with sides.start("differences") as side:
        differences, weights = _differences(side, sizes)
    print("uniqueness and bootstrap ...", flush=True)
    with sides.start("weights") as side:
        spans = _spans(side, sizes)
    print("a pipeline and its cache ...", flush=True)
    with sides.start("pipeline") as side:
        side.ask("tiny", str(TINY))
        filling = float(side.ask("fill", str(sizes.bars))["wall"])
        pipeline = _pipeline(side, sizes)
        cache = side.ask("facts", str(sizes.bars))
    print("first calls and memory, in fresh processes ...", flush=True)
    return Measured(
        machine=machine,
        file_system=file_system_of(folder),
        versions=versions,
        peer_versions=peer_versions,
        sizes=sizes,
        labels=labels,
        differences=differences,
        weights=weights,
        pipeline=pipeline,
        filling=filling,
        cache=cache,
        spans=spans,
        first=measure_first(sides),
        grown=measure_memory(sides, sizes),
    )


def _labels(ours: Side, peer: Side, folder: Path, sizes: Sizes) -> Labelled:
    held: dict[int, float] = {}
    turns: dict[int, Turns] = {}
    for width in WIDTHS:
        many, few = f"{width} {sizes.bars}", f"{width} {sizes.few_bars}"
        facts = ours.ask("facts", many)
        _check_gap(facts["gap"], "triple-barrier labels", "a bare scan", 0.0)
        held[width] = facts["held"]
        works = {
            "peaklib": partial(ours.ask, "ours", many),
            "bare scan": partial(ours.ask, "bare", many),
            "finmlkit": partial(peer.ask, "labels", many),
            "few bars": partial(ours.ask, "ours", few),
        }
        turns[width] = in_turns(works, sizes.repeats)
    agreed = {
        which: _agreement(ours, peer, f"{which} {sizes.bars}", folder)
        for which in ("constant", "scaled")
    }
    return Labelled(turns=turns, held=held, **agreed)


def _agreement(ours: Side, peer: Side, question: str, folder: Path) -> Agreement:
    paths = [folder / name for name in ("ours.npy", "peer.npy")]
    for side, path in zip((ours, peer), paths, strict=True):
        side.ask("save", f"{question} {path}")
    found = [np.load(path) for path in paths]
    return agreement(*found)


def _differences(side: Side, sizes: Sizes) -> tuple[Turns, int]:
    rows = str(sizes.bars)
    facts = side.ask("facts", rows)
    _check_gap(facts["gap"], "fractional differences", "oaconvolve", _SCALE)
    asked = {"peaklib": "ours", "oaconvolve": "bare"}
    return _in_turns(side, asked, rows, sizes), int(facts["width"])


def _spans(side: Side, sizes: Sizes) -> Turns:
    works = {
        "uniqueness": partial(side.ask, "uniqueness", str(sizes.labels)),
        "many labels": partial(side.ask, "uniqueness", str(sizes.many_labels)),
        "bootstrap": partial(side.ask, "bootstrap", str(sizes.drawn)),
    }
    return in_turns(works, sizes.repeats)


def _pipeline(side: Side, sizes: Sizes) -> Turns:
    asked = {name: name for name in ("known", "computed", "read_table", "ParquetFile")}
    return _in_turns(side, asked, str(sizes.bars), sizes)


def _in_turns(side: Side, asked: Mapping[str, str], rows: str, sizes: Sizes) -> Turns:
    """Commands of one process on the same rows, by the names that they get."""
    works = {name: partial(side.ask, command, rows) for name, command in asked.items()}
    return in_turns(works, sizes.repeats)


def _check_gap(gap: float, ours: str, other: str, most: float) -> None:
    if not gap <= most:
        raise BenchError(f"{ours} differ by {gap} from {other}; there is nothing to compare")
