"""The Merkle tree over a ledger's lines, kept between calls so that a checkpoint is quick.

What is kept beside the ledger is a cache: it is believed only while the ledger still has
the line it ends with, and made anew when it is missing or damaged.
"""

import json
import logging
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Final, Self

from peaklib.errors import EvidenceError
from peaklib.evidence.canonical import digest
from peaklib.evidence.ledger.file import Place, lines
from peaklib.evidence.ledger.line import NO_LINE
from peaklib.evidence.ledger.merkle import Frontier

_SCHEMA: Final = "peak-ledger-state/1"
_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True)
class Head:
    """The tree over the first lines of a ledger; the frontier is never changed in place.

    Args:
        place: the last line that the tree covers.
        frontier: of the tree.
    """

    place: Place
    frontier: Frontier

    @classmethod
    def empty(cls) -> Self:
        """The tree over no line."""
        return cls(Place(0, 0, 0, NO_LINE), Frontier())

    def covers(self, fd: int, end: int) -> bool:
        """Whether it covers some of the file's lines up to an offset, and they are still there."""
        return 0 < self.place.end <= end and self.place.holds(fd)

    def grown(self, fd: int, end: int) -> Self:
        """The tree up to an offset behind a newline."""
        if end == self.place.end:
            return self
        frontier, start, last = self.frontier.copy(), self.place.end, b""
        for last in lines(fd, start, end):
            frontier.add(last)
        start = end - len(last) - 1
        return type(self)(Place(frontier.size, start, end, sha256(last).hexdigest()), frontier)

    def save(self, path: Path) -> None:
        """Write the cache; a folder that takes no file only makes the next checkpoint slower."""
        content = self._content()
        text = json.dumps({**content, "sha256": digest(content)})
        try:
            with NamedTemporaryFile(
                "w", dir=path.parent, prefix=f".{path.name}.", delete=False, encoding="utf-8"
            ) as file:
                file.write(text)
        except OSError as error:
            _LOG.info("%s is not kept: %s", path, error.strerror)
            return
        try:
            os.replace(file.name, path)
        except OSError:
            with suppress(OSError):
                os.unlink(file.name)

    def _content(self) -> dict[str, Any]:
        return {
            "schema": _SCHEMA,
            "place": asdict(self.place),
            "frontier": self.frontier.to_json(),
        }

    @classmethod
    def load(cls, path: Path) -> Self | None:
        """Read the cache; None when there is none or it is damaged."""
        try:
            content = json.loads(path.read_bytes())
            kept = content.pop("sha256")
            if content["schema"] != _SCHEMA or digest(content) != kept:
                raise ValueError("it is damaged")
            place, frontier = Place(**content["place"]), Frontier.from_json(content["frontier"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, AttributeError, EvidenceError) as error:
            _LOG.info("%s is made anew: %s", path, error)
            return None
        return cls(place, frontier)
