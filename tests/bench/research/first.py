"""First calls in fresh processes: what compiling costs, and how much memory the work takes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from paired.side import Side

from research.setting import TINY, WIDTH
from research.sides import Sides
from research.sizes import Sizes

# What is asked of a fresh process first: the same work on little data.
_TINY_LABELS: Final = f"{WIDTH} {TINY}"
_TINY: Final = str(TINY)


@dataclass(frozen=True, kw_only=True)
class First:
    """One kind of work, the first time in a process.

    Args:
        compiling, starting: seconds on little data, where nothing compiled is on the disk,
            and where everything is.
        grown: MB by which the first call on all data made the process larger at its peak.
    """

    compiling: float
    starting: float
    grown: float


@dataclass(frozen=True)
class _Work:
    """What is asked of which side: on little data, and on all."""

    side: str
    tiny: tuple[str, str]
    whole: tuple[str, str]


def measure(sides: Sides, sizes: Sizes) -> dict[str, First]:
    """All kinds of work, by name."""
    return {name: _first(sides, name, work) for name, work in _works(sizes).items()}


def _works(sizes: Sizes) -> Mapping[str, _Work]:
    labels, bars = f"{WIDTH} {sizes.bars}", str(sizes.bars)
    tiny, spans = ("tiny", _TINY), ("uniqueness", _TINY)
    return {
        "labels": _Work("labels", ("ours", _TINY_LABELS), ("ours", labels)),
        "bare scan": _Work("labels", ("bare", _TINY_LABELS), ("bare", labels)),
        "finmlkit": _Work("peer", ("labels", _TINY_LABELS), ("labels", labels)),
        "differences": _Work("differences", ("ours", _TINY), ("ours", bars)),
        "oaconvolve": _Work("differences", ("bare", _TINY), ("bare", bars)),
        "known": _Work("pipeline", tiny, ("known", bars)),
        "computed": _Work("pipeline", tiny, ("computed", bars)),
        "read_table": _Work("pipeline", tiny, ("read", bars)),
        "uniqueness": _Work("weights", spans, ("uniqueness", str(sizes.labels))),
        "many labels": _Work("weights", spans, ("uniqueness", str(sizes.many_labels))),
        "bootstrap": _Work("weights", ("bootstrap", _TINY), ("bootstrap", str(sizes.drawn))),
    }


def _first(sides: Sides, name: str, work: _Work) -> First:
    cache = name.replace(" ", "-")
    with sides.start(work.side, cache) as side:
        compiling = _seconds(side, work.tiny)
    with sides.start(work.side, cache) as side:
        starting = _seconds(side, work.tiny)
        grown = float(side.ask(*work.whole)["grown"])
    return First(compiling=compiling, starting=starting, grown=grown)


def _seconds(side: Side, question: tuple[str, str]) -> float:
    return float(side.ask(*question)["wall"])
