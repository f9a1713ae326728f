"""Concurrency, uniqueness and the weights that follow, against a matrix of labels by bars."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import NDArray

from peaklib.data import Dataset
from peaklib.errors import DataError
from peaklib.labeling.spans import Spans
from peaklib.labeling.weights import (
    average_uniqueness,
    concurrency,
    return_attribution,
    time_decay,
)

# Three labels over [0, 3), [2, 4) and [4, 6): López de Prado (2018), 4.5.3.
BOOK = Spans([0, 2, 4], [2, 3, 5], 6)


@st.composite
def any_spans(draw: st.DrawFn) -> Spans:
    n_bars = draw(st.integers(1, 25))
    first = sorted(draw(st.lists(st.integers(0, n_bars - 1), min_size=1, max_size=20)))
    last = [draw(st.integers(begin, n_bars - 1)) for begin in first]
    return Spans(first, last, n_bars)


def alive(spans: Spans) -> NDArray[np.bool_]:
    """The matrix (n_bars, n) that the library does without."""
    bars = np.arange(spans.n_bars)[:, None]
    return (spans.first <= bars) & (bars <= spans.last)


def random_spans(n: int, n_bars: int, longest: int) -> Spans:
    rng = np.random.default_rng(4)
    first = np.sort(rng.integers(0, n_bars - longest, n))
    return Spans(first, first + rng.integers(0, longest, n), n_bars)


def test_concurrency_counts_both_ends_of_a_label() -> None:
    assert_array_equal(concurrency(BOOK), [1, 1, 2, 1, 1, 1])
    assert_array_equal(concurrency(Spans([1, 1], [1, 2], 4)), [0, 2, 1, 0])


@given(any_spans())
def test_concurrency_equals_the_rows_of_the_matrix_and_sums_to_all_lives(spans: Spans) -> None:
    counts = concurrency(spans)
    assert_array_equal(counts, alive(spans).sum(axis=1))
    assert counts.sum() == (spans.last - spans.first + 1).sum()


def test_uniqueness_of_the_book_example_worked_by_hand() -> None:
    # (1 + 1 + 1/2) / 3, (1/2 + 1) / 2, 1.
    assert_allclose(average_uniqueness(BOOK), [5 / 6, 3 / 4, 1.0], rtol=1e-15)


@given(any_spans())
def test_uniqueness_equals_the_columns_of_the_matrix(spans: Spans) -> None:
    matrix = alive(spans)
    with np.errstate(invalid="ignore"):
        shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    expected = shares.sum(axis=0) / matrix.sum(axis=0)
    found = average_uniqueness(spans)
    assert_allclose(found, expected, rtol=1e-13)
    assert ((found > 0) & (found <= 1)).all()


@given(any_spans(), st.integers(2, 4))
def test_repeating_every_label_divides_its_uniqueness(spans: Spans, times: int) -> None:
    repeated = spans[np.repeat(np.arange(len(spans)), times)]
    expected = average_uniqueness(spans) / times
    assert_allclose(average_uniqueness(repeated)[::times], expected, rtol=1e-13)


def test_uniqueness_is_exact_to_the_last_of_1e5_labels() -> None:
    spans = random_spans(100_000, 1_000_000, 200)
    shares = 1.0 / np.maximum(concurrency(spans), 1)
    bounds = zip(spans.first, spans.last, strict=True)
    expected = [shares[begin : end + 1].mean() for begin, end in bounds]
    assert_allclose(average_uniqueness(spans), expected, rtol=0, atol=1e-14)


def test_uniqueness_needs_memory_linear_in_labels_and_bars() -> None:
    spans = random_spans(20_000, 100_000, 10_000)
    average_uniqueness(spans)
    tracemalloc.start()
    average_uniqueness(spans)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # About 4 arrays a bar; the matrix would take 2 GB as bytes.
    assert peak < 80 * (20_000 + 100_000)


def test_return_attribution_worked_by_hand() -> None:
    # Log returns 1, 2, 4 at bars 1 to 3. The first label lives through bars 1 and 2, the
    # second through 2 and 3; at bar 1 both are alive: 1/2 + 2/2 = 3/2, and 2/2 + 4/1 = 5.
    spans = Spans([0, 1], [2, 3], 4)
    weights = return_attribution(spans, np.exp([0.0, 1.0, 3.0, 7.0]))
    assert_allclose(weights, np.array([1.5, 5.0]) * 2 / 6.5, rtol=1e-13)


def test_return_attribution_is_the_size_of_the_sum_not_the_sum_of_sizes() -> None:
    # Up 2 and down 1 for the first, down 2 for the second.
    spans = Spans([0, 2], [2, 3], 4)
    weights = return_attribution(spans, np.exp([0.0, 2.0, 0.0, -2.0]))
    # The second is alive at bar 2, so half of the fall is taken from the first: |2 - 2/2|.
    assert_allclose(weights, np.array([1.0, 2.0]) * 2 / 3, rtol=1e-13)


def test_a_label_that_exits_where_it_begins_owns_no_return() -> None:
    weights = return_attribution(Spans([0, 1], [0, 2], 3), [1.0, 2.0, 3.0])
    assert_allclose(weights, [0.0, 2.0], rtol=1e-15)


def test_return_attribution_equals_the_matrix_on_real_prices(sp500: Dataset) -> None:
    close = sp500.column("close")
    spans = random_spans(300, close.size, 40)
    returns = np.log(close[1:] / close[:-1])
    # Row t of the matrix without each label's first bar: the returns it lives through.
    matrix = alive(spans)
    through = matrix[1:] & (np.arange(1, close.size)[:, None] > spans.first)
    parts = returns / np.maximum(matrix.sum(axis=1)[1:], 1)
    expected = np.abs(parts @ through)
    weights = return_attribution(spans, close)
    assert_allclose(weights, expected * 300 / expected.sum(), rtol=1e-9)
    assert weights.sum() == pytest.approx(300, rel=1e-12)
    assert_allclose(return_attribution(spans, 7 * close), weights, rtol=1e-9)


@pytest.mark.parametrize(
    ("close", "message"),
    [
        ([1.0, 2.0], "refer to 6 bars"),
        ([1.0, 2.0, 0.0, 1.0, 1.0, 1.0], "bar 2 is 0.0"),
        ([1.0, np.nan, 1.0, 1.0, 1.0, 1.0], "bar 1 is nan"),
        ([3.0] * 6, "prices are flat"),
    ],
)
def test_return_attribution_refuses_prices_without_log_returns(
    close: list[float], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        return_attribution(BOOK, close)


@pytest.mark.parametrize(
    ("oldest", "expected"),
    [
        (1.0, [1.0, 1.0, 1.0, 1.0]),  # no decay
        (0.5, [0.625, 0.75, 0.875, 1.0]),  # from 0.5 before the first to 1
        (0.0, [0.25, 0.5, 0.75, 1.0]),
        (-0.5, [0.0, 0.0, 0.5, 1.0]),  # the older half is erased
    ],
)
def test_time_decay_worked_by_hand(oldest: float, expected: list[float]) -> None:
    assert_allclose(time_decay([0.5, 0.5, 0.5, 0.5], oldest), expected, rtol=1e-15)


def test_time_decay_ages_by_uniqueness_not_by_count() -> None:
    # Cumulative shares 1/4, 1/2, 1.
    assert_allclose(time_decay([0.25, 0.25, 0.5], 0.0), [0.25, 0.5, 1.0], rtol=1e-15)


@given(
    st.lists(st.floats(0.01, 1.0), min_size=1, max_size=40),
    st.floats(-1.0, 1.0, exclude_min=True),
)
def test_time_decay_equals_the_two_point_line_and_ends_at_one(
    uniqueness: list[float], oldest: float
) -> None:
    weights = time_decay(uniqueness, oldest)
    ages = np.cumsum(uniqueness)
    start = 0.0 if oldest >= 0 else -oldest * ages[-1]
    expected = np.interp(ages, [start, ages[-1]], [max(oldest, 0.0), 1.0])
    if start < 0.999 * ages[-1]:  # a line over no width has no slope to compare
        assert_allclose(weights, expected, atol=1e-9)
    assert weights[-1] == 1.0
    assert (np.diff(weights) >= 0).all()
    assert (weights >= 0).all()


@pytest.mark.parametrize(
    ("uniqueness", "oldest", "message"),
    [
        ([1.0], -1.0, "oldest is -1.0"),
        ([1.0], 1.5, "oldest is 1.5"),
        ([1.0], np.nan, "oldest is nan"),
        ([1.0, -0.5], 0.5, "-0.5 at label 1"),
        ([np.nan], 0.5, "nan at label 0"),
        ([[1.0]], 0.5, "not flat"),
        ([0.0, 0.0], 0.5, "0 for every label"),
    ],
)
def test_time_decay_refuses_what_has_no_line(
    uniqueness: list[float], oldest: float, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        time_decay(uniqueness, oldest)


def test_no_labels_have_no_weights() -> None:
    none = Spans([], [], 3)
    assert_array_equal(concurrency(none), [0, 0, 0])
    assert average_uniqueness(none).size == return_attribution(none, [1.0, 1.0, 1.0]).size == 0
    assert time_decay([]).size == 0
