"""One comparison: start the sides, time them turn by turn, compare, weigh the memory."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from chapters.machine import Machine

from paired.compare import differences, first_difference
from paired.side import Side

TOLERANCE = 1e-9

Timing = Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class Sided:
    """Timings of one side (`wall`, `cpu` in seconds, `peak` in MB).

    Args:
        versions: package to version.
        compiling: first grid of a process that finds nothing compiled.
        starting: first grid of a process that finds everything compiled.
        warm: the grids after that, in order.
    """

    versions: Mapping[str, str]
    compiling: Timing
    starting: Timing
    warm: Sequence[Timing]


@dataclass(frozen=True, kw_only=True)
class Measured:
    """All that the page is written from.

    Args:
        machine: where.
        data: facts of the series, see `Ours.prices`.
        ours, peer: timings; the k-th warm grids of both ran one after the other.
        differences: metric to the largest absolute difference over all pairs.
        mismatch: where the sides first differ by more than `TOLERANCE`; empty if nowhere.
        large: timing and growth of memory (`grown`, `peak_grown` in MB) of the large grid.
    """

    machine: Machine
    data: Mapping[str, Any]
    ours: Sided
    peer: Sided
    differences: Mapping[str, float]
    mismatch: str
    large: Timing


def measure(peer_python: Path, folder: Path, repeats: int) -> Measured:
    """Run the whole comparison.

    Args:
        peer_python: interpreter of the peer's environment.
        folder: an empty one, for prices, results and what numba compiles.
        repeats: warm grids of each side.
    """
    machine, cache, prices = Machine.here(), folder / "compiled", folder / "close.npy"
    start_ours = partial(Side, Path(sys.executable), "paired.ours", cache=cache)
    start_peer = partial(Side, peer_python, "paired.peer", prices, cache=cache)

    print("first grids, with nothing compiled ...", flush=True)
    with start_ours() as side:
        data, ours_compiling = side.ask("prices", prices), side.timing()
    with start_peer() as side:
        peer_compiling = side.timing()

    print(f"{repeats} warm grids of each, in turn ...", flush=True)
    with start_ours() as a, start_peer() as b:
        starting = a.timing(), b.timing()
        warm = [(a.timing(), b.timing()) for _ in range(repeats)]
        results = _results(a, folder / "ours.npy"), _results(b, folder / "peer.npy")
        versions = (
            a.ask("versions", "peaklib numpy numba pandas"),
            b.ask("versions", "vectorbt numpy numba pandas"),
        )

    print("the large grid, in a process of its own ...", flush=True)
    with start_ours() as side:
        side.timing()
        large = side.timing("large")

    return Measured(
        machine=machine,
        data=data,
        ours=Sided(
            versions=versions[0],
            compiling=ours_compiling,
            starting=starting[0],
            warm=[pair[0] for pair in warm],
        ),
        peer=Sided(
            versions=versions[1],
            compiling=peer_compiling,
            starting=starting[1],
            warm=[pair[1] for pair in warm],
        ),
        differences=differences(*results),
        mismatch=first_difference(*results, TOLERANCE),
        large=large,
    )


def _results(side: Side, path: Path) -> np.ndarray[Any, np.dtype[np.float64]]:
    side.ask("save", path)
    return np.asarray(np.load(path), dtype=np.float64)
