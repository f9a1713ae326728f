"""The sequential bootstrap: published probabilities, and draws that follow them."""

import numpy as np
import pytest
from hypothesis import given, strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from peaklib.errors import DataError
from peaklib.labeling.bootstrap import sequential_bootstrap, sequential_probabilities
from peaklib.labeling.spans import Spans
from peaklib.labeling.weights import average_uniqueness

BOOK = Spans([0, 2, 4], [2, 3, 5], 6)


def test_probabilities_after_the_second_label_match_lopez_de_prado_2018() -> None:
    """Golden: López de Prado (2018), 4.5.3, labels over [0, 3), [2, 4) and [4, 6)."""
    assert_allclose(sequential_probabilities(BOOK, [1]), [5 / 14, 3 / 14, 6 / 14], rtol=1e-15)


def test_the_first_draw_is_uniform() -> None:
    assert_allclose(sequential_probabilities(BOOK, []), [1 / 3] * 3, rtol=1e-15)


def test_probabilities_after_a_repeated_draw_worked_by_hand() -> None:
    # Bars 2 and 3 are drawn twice: (1 + 1 + 1/3) / 3 = 7/9, 1/3 and 1, in all 19/9.
    expected = [7 / 19, 3 / 19, 9 / 19]
    assert_allclose(sequential_probabilities(BOOK, [1, 1]), expected, rtol=1e-15)


@st.composite
def spans_and_seed(draw: st.DrawFn) -> tuple[Spans, int]:
    n_bars = draw(st.integers(1, 20))
    first = sorted(draw(st.lists(st.integers(0, n_bars - 1), min_size=1, max_size=12)))
    last = [draw(st.integers(begin, n_bars - 1)) for begin in first]
    return Spans(first, last, n_bars), draw(st.integers(0, 2**32))


@given(spans_and_seed())
def test_draws_are_the_inverse_of_the_probabilities_of_an_indicator_matrix(
    case: tuple[Spans, int],
) -> None:
    spans, seed = case
    bars = np.arange(spans.n_bars)[:, None]
    alive = (spans.first <= bars) & (bars <= spans.last)
    counts, expected = np.zeros(spans.n_bars), []
    for uniform in np.random.default_rng(seed).random(30):
        uniqueness = np.array([np.mean(1 / (1 + counts[own])) for own in alive.T])
        below = np.cumsum(uniqueness) / uniqueness.sum()
        # Rounding may decide only where the number hits a step.
        assert np.abs(below - uniform).min() > 1e-14
        expected.append(int(np.searchsorted(below, uniform, side="right")))
        counts += alive[:, expected[-1]]
    assert_array_equal(sequential_bootstrap(spans, 30, seed=seed), expected)


def test_frequencies_of_the_second_draw_follow_the_probabilities() -> None:
    rng = np.random.default_rng(11)
    draws = np.array([sequential_bootstrap(BOOK, 2, seed=rng) for _ in range(6000)])
    after = draws[draws[:, 0] == 1, 1]
    shares = np.bincount(after, minlength=3) / after.size
    # Four standard errors of about 2,000 draws.
    assert_allclose(shares, [5 / 14, 3 / 14, 6 / 14], atol=4 * 0.5 / np.sqrt(after.size))


def test_uniqueness_rises_from_060_to_070_as_in_lopez_de_prado_2018() -> None:
    """Golden: medians of the Monte Carlo experiment of 4.5.4, recalled: 0.6 and 0.7."""
    rng = np.random.default_rng(0)
    plain, sequential = [], []
    for _ in range(1000):
        # 10 labels that begin anywhere in 100 bars and live 1 to 4 of them.
        first = np.sort(rng.integers(0, 100, 10))
        spans = Spans(first, first + rng.integers(0, 4, 10), 104)
        drawn = rng.integers(0, 10, 10), sequential_bootstrap(spans, seed=rng)
        for rows, means in zip(drawn, (plain, sequential), strict=True):
            means.append(average_uniqueness(spans[np.sort(rows)]).mean())
    assert np.median(plain) == pytest.approx(0.6, abs=0.01)
    assert np.median(sequential) == pytest.approx(0.7, abs=0.01)


def test_a_seed_repeats_its_draws_and_a_generator_goes_on() -> None:
    spans = Spans(np.arange(50), np.arange(50) + 9, 60)
    once = sequential_bootstrap(spans, seed=3)
    assert once.shape == (50,)
    assert_array_equal(sequential_bootstrap(spans, seed=3), once)
    rng = np.random.default_rng(3)
    assert_array_equal(sequential_bootstrap(spans, seed=rng), once)
    assert (sequential_bootstrap(spans, seed=rng) != once).any()
    # A longer sample begins with the shorter one.
    assert_array_equal(sequential_bootstrap(spans, 80, seed=3)[:50], once)


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(DataError, match="no labels"):
        sequential_bootstrap(Spans([], [], 3), seed=1)
    with pytest.raises(DataError, match="no labels"):
        sequential_probabilities(Spans([], [], 3), [])
    with pytest.raises(DataError, match="size is 0"):
        sequential_bootstrap(BOOK, 0, seed=1)
    with pytest.raises(DataError, match="seed is None"):
        sequential_bootstrap(BOOK, seed=None)
    with pytest.raises(DataError, match="row number 3"):
        sequential_probabilities(BOOK, [0, 3])
