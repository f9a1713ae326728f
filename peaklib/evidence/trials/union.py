"""How many distinct points several parameter grids have together, counted without listing them.

The space of all values is cut along its longest axis until a piece is small enough to be marked
in an array of truth values, or is covered by one grid without a condition. So neither the
number of points nor the number of grids decides how much memory is needed.
"""

import ast
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from peaklib.evidence.trials.condition import Condition
from peaklib.evidence.trials.grids import Grid

# Points marked at once: a few megabytes with the columns of a condition.
_PIECE: Final = 2**17
_MOST_PIECES: Final = 64

Codes = tuple[int, ...]


def count_points(grids: Iterable[Grid]) -> int:
    """Number of distinct points of grids over the same parameters.

    Args:
        grids: all with the same names; equal and overlapping ones count their points once.

    Raises:
        ConfigError: a condition cannot be read.
    """
    distinct = set(grids)
    if not distinct:
        return 0
    space = _Space(distinct)
    return space.count({space.encode(grid) for grid in distinct})


def grid_sizes(grids: Iterable[Grid]) -> dict[Grid, int]:
    """Number of points of each grid; grids that differ in free axes only are walked once.

    Raises:
        ConfigError: a condition cannot be read.
    """
    listed = list(grids)
    conditions = _conditions_of(listed)
    walked: dict[Grid, int] = {}
    sizes = {}
    for grid in listed:
        spoken = conditions[grid.where].spoken if grid.where else frozenset()
        core = Grid({name: grid.axes[name] for name in spoken}, grid.where)
        if core not in walked:
            walked[core] = count_points([core])
        free = (len(values) for name, values in grid.axes.items() if name not in spoken)
        sizes[grid] = walked[core] * prod(free)
    return sizes


@dataclass(frozen=True)
class _Spoken:
    """A condition and the parameters that it speaks of; one at least, for a column's length."""

    condition: Condition
    spoken: frozenset[str]


def _conditions_of(grids: Collection[Grid]) -> dict[str, _Spoken]:
    found = {}
    for grid in grids:
        if grid.where and grid.where not in found:
            condition = Condition(grid.where, tuple(sorted(grid.axes)))
            nodes = ast.walk(ast.parse(grid.where, mode="eval"))
            names = {node.id for node in nodes if isinstance(node, ast.Name)}
            found[grid.where] = _Spoken(condition, frozenset(names or condition.names[:1]))
    return found


@dataclass(frozen=True)
class _Part:
    """What a piece of the space holds of one grid: codes of values by parameter, ascending."""

    axes: tuple[Codes, ...]
    where: str | None


class _Space:
    """Numbers for all values of all parameters, in ascending order, and the conditions."""

    def __init__(self, grids: Collection[Grid]) -> None:
        self.names = sorted(next(iter(grids)).axes)
        self._values = {
            name: sorted({v for grid in grids for v in grid.axes[name]}, key=_rank)
            for name in self.names
        }
        self._codes = {
            name: {value: code for code, value in enumerate(values)}
            for name, values in self._values.items()
        }
        self._conditions = _conditions_of(grids)

    def encode(self, grid: Grid) -> _Part:
        codes = (sorted(map(self._codes[name].__getitem__, grid.axes[name])) for name in self.names)
        return _Part(tuple(map(tuple, codes)), grid.where)

    def count(self, parts: set[_Part]) -> int:
        """Points of a piece of the space that lie in any of its parts."""
        box = [_united(part.axes[at] for part in parts) for at in range(len(self.names))]
        size = prod(map(len, box))
        if any(part.where is None and _fills(part, box) for part in parts):
            return size
        free = self._free(parts, box)
        shape = [1 if at in free else len(codes) for at, codes in enumerate(box)]
        if prod(shape) <= _PIECE:
            one = [codes[:1] if at in free else codes for at, codes in enumerate(box)]
            return prod(len(box[at]) for at in free) * self._marked(parts, one)
        longest = shape.index(max(shape))
        pieces = min(-(-prod(shape) // _PIECE), _MOST_PIECES)
        step = -(-shape[longest] // pieces)
        cut = _cut(parts, longest, box[longest][step::step])
        return sum(self.count(piece) for piece in cut if piece)

    def _free(self, parts: set[_Part], box: Sequence[Codes]) -> set[int]:
        """Axes that all parts fill and no condition speaks of: they only multiply."""
        spoken = {
            name for part in parts if part.where for name in self._conditions[part.where].spoken
        }
        return {
            at
            for at, name in enumerate(self.names)
            if name not in spoken and all(len(part.axes[at]) == len(box[at]) for part in parts)
        }

    def _marked(self, parts: set[_Part], box: Sequence[Codes]) -> int:
        """Points in a small box, by marking each of them."""
        shape = tuple(map(len, box))
        found = np.zeros(shape, dtype=np.bool_)
        for where in sorted({part.where or "" for part in parts}):
            marks = np.zeros(shape, dtype=np.bool_)
            for part in parts:
                if (part.where or "") == where:
                    marks[_places(part, box)] = True
            if where:
                marks[marks] = self._holds(where, marks, box)
            found |= marks
        return int(found.sum())

    def _holds(
        self, where: str, marks: NDArray[np.bool_], box: Sequence[Codes]
    ) -> NDArray[np.bool_]:
        places = np.nonzero(marks)
        known = self._conditions[where]
        columns = {}
        for at, name in enumerate(self.names):
            if name in known.spoken:
                values: list[Any] = [self._values[name][code] for code in box[at]]
                columns[name] = np.asarray(values)[places[at]]
        return known.condition.holds(columns)


def _rank(value: Any) -> tuple[bool, Any]:
    """Numbers in their order, whatever else by its text behind them."""
    is_number = isinstance(value, int | float)
    return not is_number, value if is_number else repr(value)


def _united(axes: Iterable[Codes]) -> Codes:
    distinct = set(axes)
    if len(distinct) == 1:
        return distinct.pop()
    return tuple(sorted(set().union(*distinct)))


def _fills(part: _Part, box: Sequence[Codes]) -> bool:
    return all(len(codes) == len(whole) for codes, whole in zip(part.axes, box, strict=True))


def _cut(parts: set[_Part], axis: int, edges: Codes) -> list[set[_Part]]:
    """The parts by where they lie on an axis: below the first edge, from there on, and so on.

    Parts that become equal are one.
    """
    pieces: list[set[_Part]] = [set() for _ in range(len(edges) + 1)]
    for part in parts:
        codes, start = part.axes[axis], 0
        while start < len(codes):
            piece = bisect_right(edges, codes[start])
            stop = bisect_left(codes, edges[piece]) if piece < len(edges) else len(codes)
            axes = (*part.axes[:axis], codes[start:stop], *part.axes[axis + 1 :])
            pieces[piece].add(_Part(axes, part.where))
            start = stop
    return pieces


def _places(part: _Part, box: Sequence[Codes]) -> tuple[NDArray[np.intp], ...]:
    """Where a part lies in an array over the box; a free axis has one place there."""
    found = []
    for codes, whole in zip(part.axes, box, strict=True):
        inside = codes[:1] if len(whole) == 1 else codes
        found.append(np.searchsorted(whole, inside))
    return np.ix_(*found)
