"""Which processes answer: peaklib's, by what they measure, and the peer's."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from paired.side import Side

PEER: Final = "peer"
PIPELINE: Final = "pipeline"


@dataclass(frozen=True)
class Sides:
    """How to start a side.

    Args:
        peer_python: interpreter of the peer's environment.
        folder: for the series, the cache of features, and what numba compiles.
    """

    peer_python: Path
    folder: Path

    @property
    def series(self) -> Path:
        """Where the bars lie that the peer reads."""
        return self.folder / "series.npy"

    def start(self, name: str, compiled: str = "turns") -> Side:
        """A process of `research.<name>`.

        Args:
            name: of the module.
            compiled: folder for compiled code; processes that share one compile once.
        """
        python = self.peer_python if name == PEER else Path(sys.executable)
        arguments = {PEER: [self.series], PIPELINE: [self.folder / "features"]}
        cache = self.folder / "compiled" / compiled
        return Side(python, f"research.{name}", *arguments.get(name, []), cache=cache)
