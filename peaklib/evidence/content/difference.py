"""Whether two packs say the same: identical, equivalent within a tolerance, or different where."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from peaklib.errors import EvidenceError
from peaklib.evidence.canonical import from_json, to_json
from peaklib.evidence.content.difference_tables import compare_tables
from peaklib.evidence.content.digest import (
    content_of,
    figure_files,
    metrics_of,
    open_figure,
    open_table,
    table_files,
)
from peaklib.evidence.content.tally import MISSING, Difference, Tally, compare_values

RTOL: Final = 1e-9
"""Relative difference up to which numbers are equivalent."""


@dataclass(frozen=True)
class Comparison:
    """What a comparison of two contents found.

    Args:
        left: content digest of the first pack.
        right: content digest of the second.
        rtol: relative difference up to which numbers are equivalent.
        differences: the first ones beyond it: metrics, tables, figures, by name, by row.
        beyond: how many there are in all.
        within: how many numbers differ by no more than `rtol`.
        largest: the number with the largest relative difference, None if all are equal.
    """

    left: str
    right: str
    rtol: float
    differences: tuple[Difference, ...] = ()
    beyond: int = 0
    within: int = 0
    largest: Difference | None = None

    @property
    def word(self) -> str:
        """`identical`, `equivalent` or `different`."""
        if self.left == self.right:
            return "identical"
        return "equivalent" if self.within and not self.beyond else "different"

    @property
    def first(self) -> Difference | None:
        """The first place beyond tolerance."""
        return self.differences[0] if self.differences else None

    @property
    def more(self) -> int:
        """How many differences beyond tolerance follow the first."""
        return max(self.beyond - 1, 0)

    def to_json(self) -> dict[str, Any]:
        """Plain values, for scripts and records."""
        return {
            "verdict": self.word,
            "left": self.left,
            "right": self.right,
            "rtol": self.rtol,
            "beyond": self.beyond,
            "within": self.within,
            "largest": _plain(self.largest),
            "differences": [_plain(difference) for difference in self.differences],
        }


def compare(left: Path, right: Path, *, rtol: float = RTOL, keep: int = 20) -> Comparison:
    """Compare the contents of two packs.

    Identical: the content digests are equal. Equivalent: the same metrics, tables and figures,
    the same shapes, names and types, equal text, integers and times, and numbers within
    `rtol`. JSON knows one type of number, so all numbers of metrics and figures are compared
    with that tolerance. Incidental columns are left out.

    Args:
        left: folder of a pack.
        right: folder of another.
        rtol: relative difference, relative to the larger magnitude, that is tolerated.
        keep: how many differences to name.

    Raises:
        EvidenceError: a file cannot be read, or `rtol` is no tolerance.
    """
    if not (math.isfinite(rtol) and rtol >= 0):
        raise EvidenceError(f"the relative tolerance is {rtol}; give a number from 0 upwards")
    old, new = content_of(left), content_of(right)
    tally = Tally(rtol, keep)
    if old["digest"] != new["digest"]:
        compare_values("metrics ", metrics_of(left), metrics_of(right), tally)
        _tables(left, right, _changed(old["tables"], new["tables"]), tally)
        _figures(left, right, _changed(old["figures"], new["figures"]), tally)
    return Comparison(
        old["digest"],
        new["digest"],
        rtol,
        tuple(tally.first),
        tally.beyond,
        tally.within,
        tally.largest,
    )


def _changed(left: dict[str, Any], right: dict[str, Any]) -> list[str]:
    return [name for name in sorted({*left, *right}) if left.get(name) != right.get(name)]


def _tables(left: Path, right: Path, names: Iterable[str], tally: Tally) -> None:
    sides = dict(table_files(left)), dict(table_files(right))

    def both(name: str) -> None:
        old, new = (open_table(side[name])[0] for side in sides)
        compare_tables(f"tables/{name}", old, new, tally)

    _each("tables", names, sides, both, tally)


def _figures(left: Path, right: Path, names: Iterable[str], tally: Tally) -> None:
    sides = dict(figure_files(left)), dict(figure_files(right))

    def both(name: str) -> None:
        # By way of the canonical bytes, so that what they call equal is equal.
        old, new = (from_json(to_json(open_figure(side[name]))) for side in sides)
        compare_values(f"figures/{name} ", old, new, tally)

    _each("figures", names, sides, both, tally)


def _each(
    sort: str,
    names: Iterable[str],
    sides: tuple[dict[str, Path], dict[str, Path]],
    both: Callable[[str], None],
    tally: Tally,
) -> None:
    for name in names:
        if all(name in side for side in sides):
            both(name)
        else:
            old, new = ("there" if name in side else MISSING for side in sides)
            tally.add(Difference(f"{sort}/{name}", old, new))


def _plain(difference: Difference | None) -> dict[str, Any] | None:
    if difference is None:
        return None
    return {
        "where": difference.where,
        "left": difference.left,
        "right": difference.right,
        "relative": difference.relative,
    }
