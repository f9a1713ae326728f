"""All measurements of features and labels, each side in processes of its own."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from chapters.machine import Machine, file_system_of
from paired.side import Side

from research.compare import Agreement, agreement
from research.setting import (
    BARS,
    DRAWN,
    FEW_BARS,
    LABELS,
    MANY_LABELS,
    TINY,
    WIDTH,
    WIDTHS,
)
from research.weighing import Timing, in_turns

Turns = Mapping[str, Sequence[Timing]]

_PACKAGES: Final = "peaklib numpy numba pandas scipy pyarrow scikit-learn"
_PEER_PACKAGES: Final = "finmlkit numpy numba pandas"


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """How much is measured; the tests measure less.

    Args:
        bars, few_bars: of the long series, and of the short one that it is compared with.
        labels, many_labels: whose uniqueness is asked.
        drawn: labels of a bootstrap.
        repeats: turns.
    """

    bars: int = BARS
    few_bars: int = FEW_BARS
    labels: int = LABELS
    many_labels: int = MANY_LABELS
    drawn: int = DRAWN
    repeats: int = 15


@dataclass(frozen=True, kw_only=True)
class First:
    """A kind of work in fresh processes.

    Args:
        compiling, starting: first call, on little data, of a process that finds nothing
            compiled on the disk, and of one that finds everything there.
        grown: MB that the first call on all data added at its peak.
    """

    compiling: float
    starting: float
    grown: float


@dataclass(frozen=True, kw_only=True)
class Measured:
    """All that the chapter is written from; `Turns` hold timings by side, taken in turns.

    Args:
        machine: where.
        file_system: that the cache lay on.
        versions, peer_versions: package to version.
        sizes: how much was measured.
        labels: by width; sides "peaklib", "bare scan", "finmlkit" and "few bars".
        held: mean bars that the labels of each width live.
        constant, scaled: agreement with finmlkit for one target, and for one a bar.
        differences: sides "peaklib" and "oaconvolve".
        weights: number of weights of the differences.
        pipeline: sides "known", "computed", "read_table" and "ParquetFile".
        cache: `files`, `megabytes` and `columns`.
        spans: sides "uniqueness", "many" and "bootstrap".
        many_grown: MB that the uniqueness of many labels added at its peak.
        first: by name of the work.
    """

    machine: Machine
    file_system: str
    versions: Mapping[str, str]
    peer_versions: Mapping[str, str]
    sizes: Sizes
    labels: Mapping[int, Turns]
    held: Mapping[int, float]
    constant: Agreement
    scaled: Agreement
    differences: Turns
    weights: float
    pipeline: Turns
    cache: Mapping[str, float]
    spans: Turns
    many_grown: float
    first: Mapping[str, First]
