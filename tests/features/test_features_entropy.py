"""Entropy of rolling words against hand, scipy and coins."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import entropy as scipy_entropy

from peaklib.data import Dataset
from peaklib.errors import DataError
from peaklib.features.information import directions, rolling_entropy
from peaklib.features.transforms import entropy as feature


def test_directions_are_down_none_and_up() -> None:
    assert_array_equal(directions(np.array([3.0, 2.0, 2.0, 5.0])), [0, 1, 2])
    assert directions(np.array([3.0])).shape == (0,)


def test_entropy_worked_by_hand() -> None:
    # Windows of 4: 0011 has two symbols alike often, 1 bit; 0111: 1/4 and 3/4; 1111: 0.
    out = rolling_entropy(np.array([0, 0, 1, 1, 1, 1]), 2, 4, 1)
    uneven = -(0.25 * np.log2(0.25) + 0.75 * np.log2(0.75))
    assert_allclose(out, [np.nan, np.nan, np.nan, 1.0, uneven, 0.0], atol=1e-15)


def test_words_overlap_and_count_per_symbol() -> None:
    # 0 1 0 1 0: the words of two are 01 10 01 10, one bit a word, half a bit a symbol.
    assert rolling_entropy(np.array([0, 1, 0, 1, 0]), 2, 5, 2)[4] == pytest.approx(0.5)


@given(st.lists(st.integers(0, 2), min_size=1, max_size=80), st.integers(1, 20), st.integers(1, 4))
def test_every_window_equals_scipys_entropy_of_its_word_counts(
    symbols: list[int], window: int, word: int
) -> None:
    word = min(word, window)
    out = rolling_entropy(np.array(symbols), 3, window, word)
    assert np.isnan(out[: window - 1]).all()
    for t in range(window - 1, len(symbols)):
        part = symbols[t - window + 1 : t + 1]
        words = pd.Series([tuple(part[k : k + word]) for k in range(window - word + 1)])
        expected = scipy_entropy(words.value_counts().to_numpy(), base=2) / word
        assert out[t] == pytest.approx(expected, abs=1e-12)


def test_a_value_depends_on_its_own_window_alone() -> None:
    symbols = np.random.default_rng(5).integers(0, 3, 20_000)
    whole = rolling_entropy(symbols, 3, 500, 3)
    alone = rolling_entropy(symbols[-500:], 3, 500, 3)
    assert whole[-1] == alone[-1]
    assert_array_equal(whole[:7000], rolling_entropy(symbols[:7000], 3, 500, 3))


def test_a_fair_coin_has_a_bit_a_toss_and_a_fixed_alternation_none_beyond_its_start() -> None:
    toss = np.random.default_rng(2).integers(0, 2, 5000)
    assert rolling_entropy(toss, 2, 5000, 3)[-1] == pytest.approx(1.0, abs=0.003)
    # Two equally frequent words, however long: 1 bit over the length of a word.
    assert rolling_entropy(np.arange(5000) % 2, 2, 5000, 8)[-1] == pytest.approx(1 / 8, abs=1e-6)


@pytest.mark.parametrize(
    ("symbols", "window", "word", "words"),
    [
        ([0, 1], 2, 3, "no longer than the window"),
        ([0, 1], 2, 0, "no longer than the window"),
        ([0, 1], 99, 20, "at most a million"),
        ([0, 3], 2, 1, r"from 0 to 3: they lie in 0 … 2"),
        ([-1, 2], 2, 1, r"from -1 to 2"),
    ],
)
def test_arguments_out_of_range_are_refused(
    symbols: list[int], window: int, word: int, words: str
) -> None:
    with pytest.raises(DataError, match=words):
        rolling_entropy(np.array(symbols), 3, window, word)


def test_the_feature_counts_words_of_the_signs_of_returns(sp500: Dataset) -> None:
    close = sp500.column("close")[:400]
    params = feature.resolve({"window": 50, "word": 2})
    (found,) = feature.compute([close], params)
    signs = np.sign(np.diff(close))
    assert feature.warm_up_rows(params) == 50
    assert np.isnan(found[:50]).all()
    for t in (50, 51, 200, 399):
        last = signs[t - 50 : t]
        words = pd.Series(list(pairwise(last))).value_counts()
        assert found[t] == pytest.approx(scipy_entropy(words.to_numpy(), base=2) / 2, abs=1e-12)


def test_a_price_that_never_moves_or_always_rises_surprises_nobody() -> None:
    for close in (np.full(130, 9.9), np.linspace(1.0, 2.0, 130)):
        (found,) = feature.compute([close], feature.resolve())
        assert_array_equal(found[100:], 0.0)


@pytest.mark.parametrize("n", [1, 2, 100])
def test_fewer_rows_than_the_window_give_nothing_but_nan(n: int) -> None:
    (found,) = feature.compute([np.linspace(1.0, 2.0, n)], feature.resolve())
    assert found.shape == (n,)
    assert np.isnan(found).all()
