"""Time and memory of one piece of work; turns of several; what they say together."""

import ctypes
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from statistics import median

from paired.memory import peak, resident, restart_peak
from paired.worker import Command, timed

Work = Callable[[], object]
# Makes the work that a question asks for; what it needs is at hand when it begins.
Prepare = Callable[[str], Work]
Timing = Mapping[str, float]


def commands_of(works: Mapping[str, Prepare]) -> dict[str, Command]:
    """For each work one command that times it, and another, `weigh-<name>`, that weighs it."""
    timing = {name: partial(_timed, prepare) for name, prepare in works.items()}
    weighing = {f"weigh-{name}": partial(_weighed, prepare) for name, prepare in works.items()}
    return {**timing, **weighing}


def grown_by(work: Work) -> float:
    """By how many MB the process was larger at the peak of a work than before it.

    Memory that was free before counts as well: it is given back to the system first, where
    the C library can.
    """
    _give_back()
    before = resident()
    restart_peak()
    work()
    return peak() - before


def _timed(prepare: Prepare, question: str) -> dict[str, float]:
    return timed(prepare(question))


def _weighed(prepare: Prepare, question: str) -> float:
    return grown_by(prepare(question))


def _give_back() -> None:
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)


def in_turns(
    works: Mapping[str, Callable[[], Timing]], repeats: int
) -> dict[str, Sequence[Timing]]:
    """Each work `repeats` times in turns, after a round that does not count.

    Returns:
        By name; the k-th of all ran one after the other.
    """
    for work in works.values():
        work()
    rounds = [{name: work() for name, work in works.items()} for _ in range(repeats)]
    return {name: [one[name] for one in rounds] for name in works}


def walls(timings: Iterable[Timing], clock: str = "wall") -> list[float]:
    """Seconds of each."""
    return [timing[clock] for timing in timings]


def ratios(over: Iterable[Timing], under: Iterable[Timing], clock: str = "wall") -> list[float]:
    """One over the other, of those that ran side by side."""
    pairs = zip(walls(over, clock), walls(under, clock), strict=True)
    return [one / other for one, other in pairs]


def highest(groups: Iterable[Sequence[float]]) -> Sequence[float]:
    """The group with the highest median."""
    return max(groups, key=median)


def lowest(groups: Iterable[Sequence[float]]) -> Sequence[float]:
    """The group with the lowest median."""
    return min(groups, key=median)
