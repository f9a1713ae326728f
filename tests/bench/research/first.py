"""Fresh processes: what the first call costs, and how much memory a piece of work takes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from research.setting import TINY, WIDTH
from research.sides import PEER, Sides
from research.sizes import Sizes

Question = tuple[str, str]

# The same work on little data, by name: the side, and what it is asked.
_CALLS: Final[Mapping[str, tuple[str, Question]]] = {
    "labels": ("labels", ("ours", f"{WIDTH} {TINY}")),
    "finmlkit": (PEER, ("labels", f"{WIDTH} {TINY}")),
    "differences": ("differences", ("ours", str(TINY))),
    "features": ("pipeline", ("tiny", str(TINY))),
    "uniqueness": ("weights", ("uniqueness", str(TINY))),
    "bootstrap": ("weights", ("bootstrap", str(TINY))),
}


@dataclass(frozen=True, kw_only=True)
class First:
    """Seconds of the first call of a process, on little data.

    Args:
        compiling: where nothing compiled is on the disk.
        starting: where everything is.
    """

    compiling: float
    starting: float


def measure_first(sides: Sides) -> dict[str, First]:
    """First calls, by name of the work; two processes each."""
    return {name: _first(sides, name, *call) for name, call in _CALLS.items()}


def measure_memory(sides: Sides, sizes: Sizes) -> dict[str, float]:
    """By how many MB the work made its process larger at its peak, by name; a process each."""
    labels, bars = f"{WIDTH} {sizes.bars}", str(sizes.bars)
    asked = {
        "labels": ("labels", ("ours", labels)),
        "bare scan": ("bare scan", ("bare", labels)),
        "finmlkit": ("finmlkit", ("labels", labels)),
        "differences": ("differences", ("ours", bars)),
        "oaconvolve": ("differences", ("bare", bars)),
        "known": ("features", ("known", bars)),
        "computed": ("features", ("computed", bars)),
        "read_table": ("features", ("read_table", bars)),
        "uniqueness": ("uniqueness", ("uniqueness", str(sizes.labels))),
        "many labels": ("uniqueness", ("uniqueness", str(sizes.many_labels))),
        "bootstrap": ("bootstrap", ("bootstrap", str(sizes.drawn))),
    }
    calls = {**_CALLS, "bare scan": ("labels", ("bare", f"{WIDTH} {TINY}"))}
    return {name: _grown(sides, calls[call], whole) for name, (call, whole) in asked.items()}


def _first(sides: Sides, name: str, side: str, question: Question) -> First:
    compiling, starting = (_seconds(sides, name, side, question) for _ in range(2))
    return First(compiling=compiling, starting=starting)


def _seconds(sides: Sides, cache: str, side: str, question: Question) -> float:
    with sides.start(side, cache) as process:
        return float(process.ask(*question)["wall"])


def _grown(sides: Sides, call: tuple[str, Question], whole: Question) -> float:
    side, tiny = call
    with sides.start(side) as process:
        process.ask(*tiny)  # what it imports and compiles is not charged to the work
        name, question = whole
        return float(process.ask(f"weigh-{name}", question))
