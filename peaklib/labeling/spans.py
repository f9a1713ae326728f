"""The bars that labels live on.

Weights, bootstraps, splitters and bets ask one question of a label: from which bar to
which bar does it depend on prices? Everything here counts in bars, never in days.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from peaklib.errors import DataError
from peaklib.evidence.compiled import compiled

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False, repr=False)
class Spans:
    """First and last bar of each of n labels, both included, in order of the first bar.

    Several labels may begin at the same bar, so a label may be held more than once.

    Args:
        first: (n,) positions of the bars where labels are decided, never decreasing.
        last: (n,) positions of the bars where they exit, `first <= last < n_bars`.
        n_bars: number of bars of the series that the positions refer to.

    Raises:
        DataError: lengths differ, positions are no integers, out of range or out of order.
    """

    first: Ints
    last: Ints
    n_bars: int

    def __post_init__(self) -> None:
        first, last = positions(self.first, "first"), positions(self.last, "last")
        if first.size != last.size:
            raise DataError(
                f"spans have {first.size} first and {last.size} last bars; give one of each a label"
            )
        if self.n_bars < 0:
            raise DataError(f"n_bars is {self.n_bars}; give the number of bars of the series")
        _check_order(first, last, self.n_bars)
        for name, values in (("first", first), ("last", last)):
            values.flags.writeable = False
            object.__setattr__(self, name, values)

    def __len__(self) -> int:
        return int(self.first.size)

    def __getitem__(self, rows: ArrayLike) -> "Spans":
        """The labels of a mask or of row numbers; numbers may repeat and must not decrease.

        A bootstrap's draws are given as `spans[np.sort(draws)]`.
        """
        chosen = np.asarray(rows)
        if chosen.dtype == np.bool_:
            if chosen.shape != self.first.shape:
                raise DataError(
                    f"a mask of shape {chosen.shape} cannot choose among {len(self)} labels; "
                    "give one value a label"
                )
            chosen = np.flatnonzero(chosen)
        chosen = positions(chosen, "row numbers")
        check_rows(chosen, len(self))
        return Spans(self.first[chosen], self.last[chosen], self.n_bars)

    def __repr__(self) -> str:
        return f"Spans({len(self)} labels over {self.n_bars} bars)"


def spans_of(labels: pd.DataFrame, index: pd.DatetimeIndex) -> Spans:
    """Spans of labels in the bars that they were computed from.

    Args:
        labels: indexed by event time, in order; column `exit_time`.
        index: the stamps of all bars, strictly increasing.

    Raises:
        DataError: no column `exit_time`, an index that does not increase, a stamp that is
            no bar of it, events out of order, an exit before its event.
    """
    if "exit_time" not in labels.columns:
        raise DataError(
            f"labels have no column exit_time, only {list(labels.columns)}; give what a labeling "
            "function returned"
        )
    if not (index.is_unique and index.is_monotonic_increasing):
        raise DataError("the bars' index does not strictly increase; sort it, drop duplicates")
    first = _bars_of(labels.index, index, "event")
    last = _bars_of(pd.Index(labels["exit_time"]), index, "exit_time")
    return Spans(first, last, len(index))


def positions(values: ArrayLike, name: str) -> Ints:
    """A copy of one-dimensional integers as (n,) int64; `name` is for the error message.

    Raises:
        DataError: more than one dimension, or values that are no integers.
    """
    array = np.asarray(values)
    if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
        raise DataError(
            f"{name} has shape {array.shape} and type {array.dtype}; give one integer position each"
        )
    return array.astype(np.int64)


def check_rows(rows: Ints, n_labels: int) -> None:
    """Raise a DataError unless all rows number a label, 0 to n_labels - 1."""
    wrong = np.flatnonzero((rows < 0) | (rows >= n_labels))
    if wrong.size:
        raise DataError(
            f"row number {rows[wrong[0]]} at position {wrong[0]} is none of {n_labels} labels; "
            f"rows count from 0"
        )


@compiled
def prefix_sums(values: Floats) -> tuple[Floats, Floats]:
    """Sums of the first 0, 1, … n values as an unevaluated pair, each (n + 1,).

    The second array holds what rounding took from the first. A sum over a window is the
    difference of two prefixes, and without that part it loses as many digits as the total
    is larger than the window.

    Source: Knuth (1997), The Art of Computer Programming 2, 4.2.2, theorem B.
    """
    total = np.zeros(values.size + 1)
    lost = np.zeros(values.size + 1)
    for t in range(values.size):
        before, value = total[t], values[t]
        after = before + value
        kept = after - before
        total[t + 1] = after
        lost[t + 1] = lost[t] + ((before - (after - kept)) + (value - kept))
    return total, lost


def _check_order(first: Ints, last: Ints, n_bars: int) -> None:
    wrong = np.flatnonzero((first < 0) | (last < first) | (last >= n_bars))
    if wrong.size:
        row = wrong[0]
        raise DataError(
            f"label {row} lives from bar {first[row]} to bar {last[row]} of {n_bars} bars; a label "
            "begins at bar 0 or later, and exits at its first bar or later, inside the bars"
        )
    back = np.flatnonzero(np.diff(first) < 0)
    if back.size:
        row = back[0] + 1
        raise DataError(
            f"label {row} begins at bar {first[row]}, before label {row - 1} at bar "
            f"{first[row - 1]}; sort labels by event time"
        )


def _bars_of(stamps: pd.Index, index: pd.DatetimeIndex, name: str) -> Ints:
    bars = index.get_indexer(stamps)
    missing = np.flatnonzero(bars < 0)
    if missing.size:
        raise DataError(
            f"{name} {stamps[missing[0]]} of label {missing[0]} is no bar of the index "
            f"({missing.size} such labels); label and weigh with the same bars and time zone"
        )
    return bars.astype(np.int64)
