"""Recorded grids in a form in which equal ones are found equal."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Grid:
    """A grid in a form that can be compared: equal points, equal grid.

    Args:
        axes: values of every parameter by name, fixed parameters as axes of one value.
        where: condition that a point must meet, or None.
    """

    axes: Mapping[str, frozenset[Hashable]]
    where: str | None = None

    def __hash__(self) -> int:
        return hash((frozenset(self.axes.items()), self.where))


def grid_of(trials: Mapping[str, Any]) -> Grid:
    """The grid of one element of a record's `trials`.

    Numbers are equal by value (10 and 10.0), whatever stands on an axis or is fixed.
    """
    grid = trials["grid"]
    fixed = {name: frozenset((comparable(v),)) for name, v in trials["fixed"].items()}
    axes = {name: frozenset(map(comparable, values)) for name, values in grid["axes"].items()}
    return Grid({**fixed, **axes}, (grid["where"] or "").strip() or None)


def comparable(value: Any) -> Hashable:
    """A plain value as one that can be looked up; a truth value is no number here."""
    if isinstance(value, Mapping):
        return ("map", frozenset((name, comparable(item)) for name, item in value.items()))
    if isinstance(value, list | tuple):
        return ("list", *map(comparable, value))
    if isinstance(value, bool):
        return ("truth", value)
    found: Hashable = value
    return found
