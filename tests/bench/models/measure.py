"""All measurements of the chapter on models: both sides, round by round, on one service."""

import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from chapters.errors import BenchError
from chapters.machine import Machine, file_system_of
from paired.side import Side

from models.sizes import Sizes
from models.starting import Started, loaded_sdk, measure_start

_HOME: Final = Path(__file__).resolve().parents[1]
_IMPORTS: Final = ("import peaklib.llm", "import litellm")
_ROUTERS: Final = ("from peaklib.llm import Router", "from litellm import Router")
_OURS: Final = "peaklib openai httpx2 pydantic"
_PEER: Final = "litellm openai httpx pydantic"


@dataclass(frozen=True, kw_only=True)
class Round:
    """One round of one side.

    Args:
        one: milliseconds of each turn of one caller: `routed`, `bare`, and for us `disk`.
        many: calls a second of many callers, `routed` and `bare`, each in `threads` and in a
            `loop` of events.
    """

    one: Mapping[str, Sequence[float]]
    many: Mapping[str, Mapping[str, float]]

    @property
    def added(self) -> float:
        """Milliseconds that routing adds: median over the turns, each beside its bare call."""
        turns = zip(self.one["routed"], self.one["bare"], strict=True)
        return median(routed - bare for routed, bare in turns)

    @property
    def share(self) -> float:
        """Rate of routed calls in threads, of the bare SDK's better one, in percent."""
        return 100 * self.many["routed"]["threads"] / max(self.many["bare"].values())


@dataclass(frozen=True, kw_only=True)
class Sided:
    """One side.

    Args:
        versions: package to version.
        rounds: in order; the k-th ones of both sides ran one after the other.
        started: interpreters that import the package.
        ready: interpreters that import its router.
        weight: `packages` and `megabytes` of all that it brings.
    """

    versions: Mapping[str, str]
    rounds: Sequence[Round]
    started: Started
    ready: Started
    weight: Mapping[str, float]

    @property
    def added(self) -> list[float]:
        """Of each round."""
        return [one.added for one in self.rounds]

    @property
    def shares(self) -> list[float]:
        """Of each round."""
        return [one.share for one in self.rounds]

    def medians(self, what: str) -> list[float]:
        """Median milliseconds of one caller, of each round."""
        return [median(one.one[what]) for one in self.rounds]

    def rates(self, what: str, how: str) -> list[float]:
        """Calls a second of many callers, of each round."""
        return [one.many[what][how] for one in self.rounds]


@dataclass(frozen=True, kw_only=True)
class Measured:
    """All that the chapter is written from.

    Args:
        machine: where.
        file_system: that the ledger waited for.
        sizes: how much was measured.
        ours, peer: the sides.
        loaded: libraries of HTTP that the import of our router has loaded.
    """

    machine: Machine
    file_system: str
    sizes: Sizes
    ours: Sided
    peer: Sided
    loaded: Sequence[str]


@contextmanager
def service() -> Iterator[str]:
    """Base URL of a service in a process of its own."""
    command = [sys.executable, "-m", "models.server"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, text=True, cwd=_HOME, **pipes) as process:
        url = process.stdout.readline().strip() if process.stdout else ""
        if not url:
            raise BenchError("the service of the benchmark did not start; its message is above")
        try:
            yield url
        finally:
            process.communicate()


def measure(peer_python: Path, folder: Path, sizes: Sizes) -> Measured:
    """Measure everything.

    Args:
        peer_python: interpreter of the peer's environment.
        folder: an empty one, on the file system that projects are kept on.
        sizes: how much.

    Raises:
        BenchError: a side ended before its time.
    """
    machine, here = Machine.here(), Path(sys.executable)
    print("imports ...", flush=True)
    started, ready = (
        [
            measure_start(*each, sizes.starts)
            for each in zip((here, peer_python), codes, strict=True)
        ]
        for codes in (_IMPORTS, _ROUTERS)
    )
    with (
        service() as url,
        Side(here, "models.ours", url, folder, cache=folder) as ours,
        Side(peer_python, "models.peer", url, cache=folder) as peer,
    ):
        rounds = take_turns([ours, peer], sizes)
        weights = ours.ask("weight", "openai"), peer.ask("weight", "litellm")
        versions = ours.ask("versions", _OURS), peer.ask("versions", _PEER)
    sided = [
        Sided(versions=version, rounds=turns, started=start, ready=last, weight=weight)
        for version, turns, start, last, weight in zip(
            versions, rounds, started, ready, weights, strict=True
        )
    ]
    return Measured(
        machine=machine,
        file_system=file_system_of(folder),
        sizes=sizes,
        ours=sided[0],
        peer=sided[1],
        loaded=loaded_sdk(here, _ROUTERS[0]),
    )


def take_turns(sides: Sequence[Side], sizes: Sizes) -> list[list[Round]]:
    """Rounds of each side, by turns, after a few calls that do not count."""
    for side in sides:
        side.ask("one", "20")
        side.ask("many", "1")
    rounds: list[list[Round]] = [[] for _ in sides]
    for number in range(sizes.rounds):
        print(f"round {number + 1} of {sizes.rounds} ...", flush=True)
        for side, mine in zip(sides, rounds, strict=True):
            one = side.ask("one", str(sizes.turns))
            mine.append(Round(one=one, many=side.ask("many", str(sizes.each))))
    return rounds
