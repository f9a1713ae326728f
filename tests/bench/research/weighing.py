"""Time and memory of one piece of work; turns of several; what they say together."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import median

from paired.memory import peak, resident, restart_peak
from paired.worker import timed

Timing = Mapping[str, float]


def weighed(work: Callable[[], object]) -> dict[str, float]:
    """Run `work` once.

    Returns:
        Seconds by the clock (`wall`) and of processor (`cpu`), and by how many MB the
        process was larger at its peak than before (`grown`), the result among them.
    """
    restart_peak()
    before = resident()
    times = timed(work)
    return times | {"grown": peak() - before}


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
