"""Differences as they are found: the first ones, how many there are, and the largest."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

MISSING: Final = "missing"
"""Stands for what only the other side has."""


@dataclass(frozen=True)
class Difference:
    """One place where two contents differ.

    Args:
        where: such as `tables/trials row 3 column sharpe`; rows count from 0.
        left: what the first says there; `missing` if it has no such place.
        right: what the second says there.
        relative: relative to the larger magnitude; None where one side is no finite number.
    """

    where: str
    left: Any
    right: Any
    relative: float | None = None


class Tally:
    """Collects differences, of which it keeps only the first.

    Args:
        rtol: relative difference up to which two numbers count as equivalent.
        keep: how many differences beyond it to keep.
    """

    def __init__(self, rtol: float, keep: int) -> None:
        self.rtol = rtol
        self.keep = keep
        self.first: list[Difference] = []
        self.beyond = 0
        self.within = 0
        self.largest: Difference | None = None

    @property
    def room(self) -> int:
        """How many more differences are kept."""
        return self.keep - len(self.first)

    def add(self, difference: Difference, *, of: int = 1) -> None:
        """Take note of a difference beyond tolerance, which stands for `of` of them."""
        self.beyond += of
        if self.room > 0:
            self.first.append(difference)

    def see(self, difference: Difference) -> None:
        """Remember the largest relative difference of all numbers."""
        known = -1.0 if self.largest is None else self.largest.relative or 0.0
        if difference.relative is not None and difference.relative > known:
            self.largest = difference

    def numbers(self, where: str, left: float, right: float) -> None:
        """Compare two finite numbers."""
        if left == right:
            return
        difference = Difference(where, left, right, relative_difference(left, right))
        self.see(difference)
        if relative_difference(left, right) > self.rtol:
            self.add(difference)
        else:
            self.within += 1


def relative_difference(left: float, right: float) -> float:
    """Of two different finite numbers, relative to the larger magnitude."""
    top = max(abs(left), abs(right))
    apart = abs(left - right)
    return apart / top if math.isfinite(apart) else abs(left / top - right / top)


def compare_values(where: str, left: Any, right: Any, tally: Tally) -> None:
    """Compare two values as JSON knows them, members by name and elements by position."""
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        for key in sorted({*left, *right}):
            place = f"{where}{'' if where.endswith(' ') else '.'}{key}"
            _member(place, left, right, key, tally)
    elif isinstance(left, list) and isinstance(right, list):
        if len(left) != len(right):
            tally.add(Difference(f"{where} length", len(left), len(right)))
        for position, pair in enumerate(zip(left, right, strict=False)):
            compare_values(f"{where}[{position}]", *pair, tally)
    elif _is_number(left) and _is_number(right):
        tally.numbers(where, left, right)
    elif type(left) is not type(right) or left != right:
        tally.add(Difference(where, _brief(left), _brief(right)))


def _member(
    place: str, left: Mapping[str, Any], right: Mapping[str, Any], key: str, tally: Tally
) -> None:
    if key in left and key in right:
        compare_values(place, left[key], right[key], tally)
    else:
        here, there = (_brief(side[key]) if key in side else MISSING for side in (left, right))
        tally.add(Difference(place, here, there))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _brief(value: Any) -> Any:
    if isinstance(value, Mapping):
        return f"mapping of {len(value)}"
    return f"list of {len(value)}" if isinstance(value, list) else value
