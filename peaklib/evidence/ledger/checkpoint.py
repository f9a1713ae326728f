"""What a ledger was at one moment, small enough to keep elsewhere (C2SP tlog-checkpoint)."""

import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from peaklib.errors import EvidenceError

_SIZE: Final = re.compile("0|[1-9][0-9]{0,18}", re.ASCII)
_ROOT_BYTES: Final = 32


@dataclass(frozen=True)
class Checkpoint:
    """Name, number of lines and Merkle root of a ledger.

    Args:
        origin: names the ledger; one line.
        size: lines that the root covers.
        root: RFC 6962 hash of these lines, 32 bytes.

    Raises:
        EvidenceError: a value cannot stand in a checkpoint.
    """

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        if self.origin.splitlines() != [self.origin]:
            raise EvidenceError(
                f"no checkpoint: origin {self.origin!r:.60} is not one line of text"
            )
        if not _SIZE.fullmatch(str(self.size)):
            raise EvidenceError(f"no checkpoint: size {self.size!r} is no number of lines")
        if len(self.root) != _ROOT_BYTES:
            raise EvidenceError(
                f"no checkpoint: the root has {len(self.root)} bytes, SHA-256 has {_ROOT_BYTES}"
            )

    def text(self) -> str:
        """The three lines of the checkpoint: origin, size, root in base64.

        >>> print(Checkpoint("example.com/log", 0, bytes(32)).text(), end="")
        example.com/log
        0
        AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
        """
        return f"{self.origin}\n{self.size}\n{_encoded(self.root)}\n"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a checkpoint; extension lines, and signatures below a blank line, are passed over.

        Raises:
            EvidenceError: the text is no checkpoint.
        """
        body, blank, _ = text.partition("\n\n")
        lines = (body + "\n" if blank else body).split("\n")
        # The last element is what follows the last newline: nothing.
        if len(lines) < 4 or lines.pop() or not all(lines):
            raise EvidenceError(
                "no checkpoint: expected three lines, each ended by a newline (origin, size, root "
                f"in base64), found {text[:120]!r}"
            )
        return cls._of(*lines[:3])

    def to_json(self) -> dict[str, Any]:
        """Plain values: `origin`, `size`, and `root` in base64."""
        return {"origin": self.origin, "size": self.size, "root": _encoded(self.root)}

    @classmethod
    def from_json(cls, value: Any) -> Self:
        """What `to_json` made.

        Raises:
            EvidenceError: it is something else.
        """
        keys = ("origin", "size", "root")
        if not isinstance(value, Mapping) or any(key not in value for key in keys):
            raise EvidenceError(f"no checkpoint: expected {', '.join(keys)}, found {value!r:.120}")
        origin, size, root = (value[key] for key in keys)
        if not isinstance(origin, str) or type(size) is not int or not isinstance(root, str):
            raise EvidenceError(f"no checkpoint: wrong types in {value!r:.120}")
        return cls._of(origin, str(size), root)

    @classmethod
    def _of(cls, origin: str, size: str, root: str) -> Self:
        if not _SIZE.fullmatch(size):
            raise EvidenceError(f"no checkpoint: size {size!r:.60} is no decimal number of lines")
        try:
            content = b64decode(root, validate=True)
        except ValueError:
            content = b""
        if len(content) != _ROOT_BYTES or _encoded(content) != root:
            raise EvidenceError(
                f"no checkpoint: root {root!r:.60} is not {_ROOT_BYTES} bytes in base64 (RFC 4648)"
            )
        return cls(origin, int(size), content)


def _encoded(root: bytes) -> str:
    return b64encode(root).decode("ascii")
