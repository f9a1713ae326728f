"""The life of labels in bars, and sums that stay exact far from the start."""

import copy
import pickle
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st
from numpy.testing import assert_array_equal

from peaklib.errors import DataError
from peaklib.labeling.spans import Spans, prefix_sums, spans_of


def test_spans_hold_whole_numbers_that_nobody_can_change() -> None:
    given_first = np.array([0, 2, 2], dtype=np.int32)
    spans = Spans(given_first, [2, 3, 2], 4)
    given_first[0] = 3
    assert_array_equal(spans.first, [0, 2, 2])
    assert (spans.first.dtype, len(spans)) == (np.dtype(np.int64), 3)
    assert repr(spans) == "Spans(3 labels over 4 bars)"
    with pytest.raises(ValueError, match="read-only"):
        spans.last[0] = 0


@pytest.mark.parametrize(
    ("first", "last", "n_bars", "message"),
    [
        ([0, 1], [1], 3, "2 first and 1 last"),
        ([0, 3], [1, 2], 4, "label 1 lives from bar 3 to bar 2"),
        ([-1, 1], [1, 2], 4, "label 0 lives from bar -1"),
        ([0, 1], [1, 4], 4, "label 1 lives from bar 1 to bar 4 of 4 bars"),
        ([2, 1], [2, 2], 4, "label 1 begins at bar 1, before label 0 at bar 2"),
        ([0.0, 1.0], [1, 1], 4, "float64"),
        ([[0]], [[1]], 4, "shape"),
        ([True], [True], 4, "bool"),
        ([], [], -1, "n_bars is -1"),
    ],
)
def test_spans_that_cannot_be_are_refused(
    first: list[int], last: list[int], n_bars: int, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        Spans(first, last, n_bars)


def test_spans_without_labels_are_allowed() -> None:
    assert len(Spans([], [], 0)) == 0


def test_a_subset_is_chosen_by_mask_or_by_numbers_that_may_repeat() -> None:
    spans = Spans([0, 1, 4], [3, 1, 5], 6)
    for rows in ([True, False, True], [0, 2]):
        assert_array_equal(spans[rows].first, [0, 4])
        assert_array_equal(spans[rows].last, [3, 5])
    assert_array_equal(spans[[1, 1, 2]].last, [1, 1, 5])
    assert spans[[]].n_bars == 6


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([True, False], "mask of shape"),
        ([0, 3], "row number 3 at position 1"),
        ([-1], "row number -1"),
        ([2, 0], "sort labels"),
        ([0.5], "float64"),
        (1, "shape"),
    ],
)
def test_a_subset_that_cannot_be_is_refused(rows: object, message: str) -> None:
    with pytest.raises(DataError, match=message):
        Spans([0, 1, 4], [3, 1, 5], 6)[rows]


def test_spans_survive_copies_and_pickles() -> None:
    spans = Spans([0, 1], [3, 1], 6)
    for other in (copy.deepcopy(spans), pickle.loads(pickle.dumps(spans))):
        assert_array_equal(other.first, spans.first)
        assert_array_equal(other.last, spans.last)
        assert other.n_bars == 6


def test_spans_of_labels_are_the_positions_of_their_stamps() -> None:
    index = pd.bdate_range("2024-01-01", periods=6, tz="UTC")
    labels = pd.DataFrame({"exit_time": index[[2, 5, 4]]}, index=index[[0, 1, 4]])
    spans = spans_of(labels, index)
    assert_array_equal(spans.first, [0, 1, 4])
    assert_array_equal(spans.last, [2, 5, 4])
    assert spans.n_bars == 6


def test_spans_of_labels_do_not_depend_on_the_unit_of_the_stamps() -> None:
    index = pd.bdate_range("2024-01-01", periods=4, tz="UTC").as_unit("ns")
    labels = pd.DataFrame({"exit_time": index[[2]].as_unit("s")}, index=index[[1]].as_unit("us"))
    assert_array_equal(spans_of(labels, index).last, [2])


def _labels(index: pd.DatetimeIndex) -> pd.DataFrame:
    return pd.DataFrame({"exit_time": index[[2, 3]]}, index=index[[0, 1]])


def test_spans_of_labels_name_what_does_not_fit() -> None:
    index = pd.bdate_range("2024-01-01", periods=4, tz="UTC")
    labels = _labels(index)
    with pytest.raises(DataError, match="no column exit_time"):
        spans_of(labels.rename(columns={"exit_time": "end"}), index)
    with pytest.raises(DataError, match="does not strictly increase"):
        spans_of(labels, index[::-1])
    with pytest.raises(DataError, match=r"event 2024-01-01 .* of label 0 is no bar"):
        spans_of(labels, index[1:])
    with pytest.raises(DataError, match=r"exit_time 2024-01-04 .* of label 1 .*\(1 such"):
        spans_of(labels, index[:3])
    with pytest.raises(DataError, match="2 such labels"):
        spans_of(labels.tz_localize(None), index)
    with pytest.raises(DataError, match="sort labels by event time"):
        spans_of(labels[::-1], index)
    with pytest.raises(DataError, match="exit_time NaT of label 0"):
        spans_of(labels.assign(exit_time=[pd.NaT, index[3]]), index)


@given(st.lists(st.floats(-1e9, 1e9), max_size=30))
def test_prefix_sums_keep_what_rounding_takes(values: list[float]) -> None:
    total, lost = prefix_sums(np.array([1e15, *values]))
    exact = sum((Fraction(v) for v in values), Fraction(0))
    # The large first value leaves the plain sum about one digit after the point.
    kept = Fraction(total[-1]) - Fraction(total[1]) + Fraction(lost[-1]) - Fraction(lost[1])
    assert abs(kept - exact) <= Fraction(1e-12) * len(values)
