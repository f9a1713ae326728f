"""The points of a parameter grid: axes, and a condition that some points do not meet."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from peaklib.errors import ConfigError
from peaklib.evidence.trials.condition import Condition

_BLOCK: Final = 65_536


@dataclass(frozen=True)
class Axes:
    """A grid as its axes and condition, never as a list of points.

    Points are numbered in the order of nested loops, the last axis fastest, counting
    those that meet the condition only.

    Args:
        values: axis name to its distinct values.
        where: condition between the axes, or None for all points.
    """

    values: Mapping[str, Sequence[int | float]]
    where: str | None = None
    _condition: Condition | None = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        problems = [f"axis {name!r} has no values" for name, v in self.values.items() if not len(v)]
        problems += [
            f"axis {name!r} names a value twice: {list(v)}; give each value once"
            for name, v in self.values.items()
            if len(set(v)) != len(v)
        ]
        if self.where and not self.values:
            problems.append(f"where = {self.where!r} has no axes to speak of; remove it")
        if problems:
            raise ConfigError("grid", problems)
        condition = Condition(self.where, tuple(self.values)) if self.where else None
        object.__setattr__(self, "_condition", condition)

    def __len__(self) -> int:
        return sum(next(iter(b.values())).size if b else 1 for b in self.blocks())

    def blocks(self) -> Iterator[dict[str, NDArray[Any]]]:
        """Points in order, as arrays of at most some ten thousand points at a time.

        Yields:
            Axis name to (n,) values; one empty dict for a grid without axes.
        """
        if not self.values:
            yield {}
            return
        arrays = {name: np.asarray(values) for name, values in self.values.items()}
        shape = tuple(len(values) for values in arrays.values())
        for start in range(0, prod(shape), _BLOCK):
            flat = np.arange(start, min(start + _BLOCK, prod(shape)))
            places = np.unravel_index(flat, shape)
            block = {
                name: values[place]
                for (name, values), place in zip(arrays.items(), places, strict=True)
            }
            if self._condition is not None:
                keep = self._condition.holds(block)
                block = {name: values[keep] for name, values in block.items()}
            yield block

    def table(self) -> dict[str, NDArray[Any]]:
        """All points at once: axis name to (len(self),) values."""
        parts = list(self.blocks())
        return {name: np.concatenate([part[name] for part in parts]) for name in self.values}

    def to_json(self) -> dict[str, Any]:
        """Plain values, for a record; `order` says which axis is the outermost loop.

        Canonical JSON sorts the names of `axes`, and points are numbered by their order.
        """
        axes = {name: list(values) for name, values in self.values.items()}
        return {"axes": axes, "order": list(axes), "where": self.where}

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> "Axes":
        """What `to_json` wrote."""
        return cls({name: record["axes"][name] for name in record["order"]}, record["where"])
