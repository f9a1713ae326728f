"""Bet sizes: by hand, against scipy's normal distribution, against a loop over bars."""

import numpy as np
import pytest
from hypothesis import given, strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import norm

from peaklib.errors import DataError
from peaklib.labeling.sizing import average_active, bet_size, discretise, meta_bet_size
from peaklib.labeling.spans import Spans

PROBABILITIES = st.lists(st.floats(0.0, 1.0), min_size=1, max_size=20)


def test_bet_size_worked_by_hand() -> None:
    # p = 0.8: z = 0.3 / 0.4 = 0.75 and Φ(0.75) = 0.77337 (any table). p = 0.5 knows nothing.
    assert_allclose(bet_size([0.8, 0.5, 0.2]), [0.54674, 0.0, -0.54674], atol=1e-5)


@pytest.mark.parametrize("n_classes", [2, 3, 5])
def test_bet_size_equals_the_formula_with_the_normal_distribution_of_scipy(n_classes: int) -> None:
    p = np.linspace(0.01, 0.99, 99)
    z = (p - 1 / n_classes) / np.sqrt(p * (1 - p))
    found = bet_size(p, n_classes=n_classes)
    assert_allclose(found, 2 * norm.cdf(z) - 1, atol=1e-15)
    assert bet_size(1 / n_classes, n_classes=n_classes) == 0.0


def test_certainty_is_a_full_bet_without_a_warning() -> None:
    assert_array_equal(bet_size([1.0, 0.0]), [1.0, -1.0])
    assert_array_equal(bet_size([1.0, 0.0], [-1, -1], n_classes=3), [-1.0, 1.0])
    assert_allclose(bet_size([1 - 1e-16, 5e-324]), [1.0, -1.0])


@given(PROBABILITIES)
def test_bet_size_is_odd_in_the_probability_and_in_the_side(p: list[float]) -> None:
    sizes = bet_size(p)
    assert (np.abs(sizes) <= 1).all()
    assert_allclose(bet_size(1.0 - np.array(p)), -sizes, atol=1e-12)
    assert_array_equal(bet_size(p, np.full(len(p), -1)), -sizes)
    order = np.argsort(p)
    assert (np.diff(sizes[order]) >= 0).all()


@given(PROBABILITIES, st.integers(0, 2**32))
def test_meta_bets_never_turn_against_the_primary_side(p: list[float], seed: int) -> None:
    side = np.random.default_rng(seed).integers(-1, 2, len(p))
    sizes = meta_bet_size(p, side)
    assert (sizes * side >= 0).all()
    taken = (np.array(p) > 0.5) & (side != 0)
    assert_allclose(sizes[taken], bet_size(p, side)[taken], rtol=1e-15)
    assert (sizes[~taken] == 0).all()


def test_sizes_keep_the_shape_given() -> None:
    assert bet_size(np.full((2, 3), 0.7)).shape == (2, 3)
    assert np.shape(bet_size(0.7, -1)) == np.shape(discretise(0.7, 0.1)) == ()


@pytest.mark.parametrize(
    ("probability", "side", "message"),
    [
        ([0.5, np.nan], None, "probability at position 1 is nan"),
        ([1.5], None, r"position 0 is 1.5; it lies in \[0, 1\]"),
        ([-0.1], None, "is -0.1"),
        ([0.5, 0.5], [1.0], r"side has shape \(1,\)"),
        ([0.5, 0.5], [1.0, 0.5], "side at position 1 is 0.5"),
        ([0.5], [np.nan], "side at position 0 is nan"),
    ],
)
def test_probabilities_and_sides_that_cannot_be_are_refused(
    probability: list[float], side: list[float] | None, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        bet_size(probability, side)
    if side is not None:
        with pytest.raises(DataError, match=message):
            meta_bet_size(probability, side)


def test_one_class_is_no_choice() -> None:
    with pytest.raises(DataError, match="n_classes is 1"):
        bet_size([0.5], n_classes=1)


def test_average_of_live_bets_worked_by_hand() -> None:
    # A long of 0.8 at the closes of bars 0 to 2, a short of 0.4 at 2 to 4, one that never lives.
    spans = Spans([0, 2, 3], [3, 5, 3], 7)
    expected = [0.8, 0.8, 0.2, -0.4, -0.4, 0.0, 0.0]
    assert_allclose(average_active([0.8, -0.4, 1.0], spans), expected, rtol=1e-15)


@st.composite
def bets(draw: st.DrawFn) -> tuple[np.ndarray, Spans]:
    n_bars = draw(st.integers(1, 20))
    first = sorted(draw(st.lists(st.integers(0, n_bars - 1), max_size=15)))
    last = [draw(st.integers(begin, n_bars - 1)) for begin in first]
    sizes = draw(st.lists(st.floats(-1, 1), min_size=len(first), max_size=len(first)))
    return np.array(sizes), Spans(first, last, n_bars)


@given(bets())
def test_average_of_live_bets_equals_a_loop_over_bars(case: tuple[np.ndarray, Spans]) -> None:
    sizes, spans = case
    found = average_active(sizes, spans)
    for t in range(spans.n_bars):
        live = sizes[(spans.first <= t) & (t < spans.last)]
        if live.size:
            assert found[t] == pytest.approx(live.mean(), abs=1e-15)
        else:
            assert found[t] == 0.0


def test_no_trace_of_past_bets_is_left_in_a_long_run() -> None:
    rng = np.random.default_rng(1)
    first = np.arange(0, 300_000, 3)
    # Each bet is over one bar before the next begins.
    spans = Spans(first, first + 2, 300_000)
    sizes = rng.uniform(-1, 1, first.size)
    found = average_active(sizes, spans).reshape(-1, 3)
    assert_array_equal(found[:, 2], 0.0)
    assert_allclose(found[:, :2], np.column_stack([sizes, sizes]), rtol=0, atol=1e-15)


def test_bets_of_another_number_or_size_are_refused() -> None:
    spans = Spans([0, 1], [1, 2], 3)
    with pytest.raises(DataError, match=r"shape \(1,\) for 2 labels"):
        average_active([0.5], spans)
    with pytest.raises(DataError, match=r"sizes at position 1 is 1\.5"):
        average_active([0.5, 1.5], spans)


def test_discretised_sizes_worked_by_hand() -> None:
    sizes = [0.04, 0.05, 0.06, 0.15, 0.25, 0.35, -0.15, -0.25, 0.96, 1.0, -1.0]
    expected = [0.0, 0.0, 0.1, 0.2, 0.2, 0.4, -0.2, -0.2, 1.0, 1.0, -1.0]
    assert_allclose(discretise(sizes, 0.1), expected, rtol=1e-15)


def test_a_step_that_does_not_divide_one_is_clipped_at_one() -> None:
    # 0.9 / 0.6 = 1.5 goes to 2 steps, which is 1.2; 0.3 / 0.6 = 0.5 goes to none.
    assert_allclose(discretise([0.9, 0.8, 0.3, -0.9], 0.6), [1.0, 0.6, 0.0, -1.0])


def test_a_short_bet_rounded_to_nothing_is_plain_zero() -> None:
    assert not np.signbit(discretise([-0.01], 0.1)).any()


@given(st.lists(st.floats(-1, 1), min_size=1), st.sampled_from([0.01, 0.05, 0.1, 0.25, 0.5, 1.0]))
def test_discretised_sizes_are_the_nearest_multiples_and_stay(
    sizes: list[float], step: float
) -> None:
    found = discretise(sizes, step)
    assert (np.abs(found - sizes) <= step / 2 * (1 + 1e-8)).all()
    assert_allclose(found / step, np.round(found / step), atol=1e-9)
    assert_array_equal(discretise(found, step), found)
    assert_array_equal(discretise(-np.array(sizes), step), -found)


@pytest.mark.parametrize(
    ("size", "step", "message"),
    [
        ([0.5], 0.0, "step is 0.0"),
        ([0.5], 1.1, "step is 1.1"),
        ([0.5], np.nan, "step is nan"),
        ([np.nan], 0.1, "size at position 0 is nan"),
        ([1.2], 0.1, "size at position 0 is 1.2"),
    ],
)
def test_sizes_and_steps_out_of_range_are_refused(
    size: list[float], step: float, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        discretise(size, step)
