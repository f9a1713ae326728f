"""Moving averages against pandas and exact sums; seeding as the docstrings state it."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from peaklib.data import Dataset
from peaklib.features import ema, sma, wilder

WINDOWS = (1, 2, 20, 250)
prices = st.lists(st.floats(0.01, 1e6), min_size=1, max_size=60)


def seeded(values: np.ndarray, window: int, alpha: float) -> np.ndarray:
    """pandas' recursion, started from the mean of the first window instead of a first value."""
    head = np.full(window - 1, np.nan)
    tail = pd.Series([values[:window].mean(), *values[window:]])
    return np.concatenate([head, tail.ewm(alpha=alpha, adjust=False).mean().to_numpy()])


@pytest.mark.parametrize("window", WINDOWS)
def test_sma_equals_the_rolling_mean_of_pandas(sp500: Dataset, window: int) -> None:
    close = sp500.frame["close"]
    assert_allclose(sma(close.to_numpy(), window), close.rolling(window).mean(), rtol=1e-12)


@pytest.mark.parametrize("window", WINDOWS)
def test_ema_has_weight_two_over_window_plus_one_and_a_mean_as_seed(
    sp500: Dataset, window: int
) -> None:
    close = sp500.column("close")
    assert_allclose(ema(close, window), seeded(close, window, 2 / (window + 1)), rtol=1e-12)


@pytest.mark.parametrize("window", WINDOWS)
def test_wilder_has_weight_one_over_window_and_a_mean_as_seed(sp500: Dataset, window: int) -> None:
    close = sp500.column("close")
    assert_allclose(wilder(close, window), seeded(close, window, 1 / window), rtol=1e-12)


def test_ema_and_wilder_worked_by_hand() -> None:
    values = np.array([1.0, 3.0, 8.0, 2.0])
    # ema(3): seed (1 + 3 + 8) / 3 = 4, weight 1/2: 4 + (2 - 4) / 2 = 3.
    assert_allclose(ema(values, 3), [np.nan, np.nan, 4.0, 3.0])
    # wilder(2): seed 2, weight 1/2: 2 + (8 - 2) / 2 = 5, then 5 + (2 - 5) / 2 = 3.5.
    assert_allclose(wilder(values, 2), [np.nan, 2.0, 5.0, 3.5])


def test_sma_of_a_long_series_on_a_large_offset_ends_as_exact_as_it_began() -> None:
    window = 50
    noise = np.random.default_rng(7).normal(size=200_000)
    values = 1e9 + noise
    averages = sma(values, window)
    for t in (window - 1, 100_000, 199_999):
        exact = math.fsum(values[t - window + 1 : t + 1]) / window
        # Two units in the last place; a plain running sum drifts by thousands of them here.
        assert abs(averages[t] - exact) <= 2 * math.ulp(1e9)


def test_sma_forgets_a_spike_without_a_trace() -> None:
    values = np.array([1.0, 1e16, 1.0, 1.0, 1.0, 1.0])
    assert_array_equal(sma(values, 2)[3:], [1.0, 1.0, 1.0])


@given(level=st.floats(1e-3, 1e6), window=st.integers(1, 40))
def test_averages_of_a_constant_are_that_constant(level: float, window: int) -> None:
    values = np.full(60, level)
    for average in (sma, ema, wilder):
        assert_allclose(average(values, window)[window - 1 :], level, rtol=4e-16 * window)


def test_an_average_does_not_pass_the_value_that_it_moves_to() -> None:
    values = np.array([32769.0, 0.99999])
    assert_array_equal(ema(values, 1), values)
    assert_array_equal(wilder(values, 1), values)


@given(values=prices, window=st.integers(1, 10))
def test_averages_stay_between_the_extremes(values: list[float], window: int) -> None:
    array = np.array(values)
    for average in (sma, ema, wilder):
        out = average(array, window)[window - 1 :]
        assert np.all(out >= array.min() * (1 - 1e-12))
        assert np.all(out <= array.max() * (1 + 1e-12))


@pytest.mark.parametrize("average", [sma, ema, wilder])
def test_averages_start_with_the_first_full_window(average) -> None:
    out = average(np.arange(1.0, 11.0), 4)
    assert np.isnan(out[:3]).all()
    assert np.isfinite(out[3:]).all()


@pytest.mark.parametrize("average", [sma, ema, wilder])
def test_a_window_longer_than_the_data_gives_nothing_but_nan(average) -> None:
    out = average(np.arange(5.0), 6)
    assert out.size == 5
    assert np.isnan(out).all()


@pytest.mark.parametrize("average", [ema, wilder])
def test_leading_nan_shift_the_start(average) -> None:
    values = np.array([5.0, 1.0, 4.0, 2.0, 8.0])
    shifted = average(np.concatenate([[np.nan, np.nan], values]), 2)
    assert np.isnan(shifted[:3]).all()
    assert_array_equal(shifted[2:], average(values, 2))


@pytest.mark.parametrize("average", [ema, wilder])
def test_nothing_but_nan_gives_nan(average) -> None:
    assert np.isnan(average(np.full(6, np.nan), 2)).all()
