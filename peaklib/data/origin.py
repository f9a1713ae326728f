"""How a data set was asked for, so that it can be asked for again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Origin:
    """The call of `load` behind a data set.

    Args:
        source: as it was given; empty for a table in memory.
        options: those given besides, by name; defaults are left out.
        ships: whether it comes with a dependency or is generated, so that every machine
            with the same packages has it.
        part: whether rows were left out since (`Dataset.between`).
    """

    source: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    ships: bool = False
    part: bool = False

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"source": self.source, "options": dict(self.options), "part": self.part}
