"""Bollinger's distance and Donchian's extremes."""

import numpy as np
import pytest
from hypothesis import given, strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from peaklib.data import Dataset
from peaklib.features import bollinger_z, highest_before, lowest_before, rolling_deviation


@pytest.mark.parametrize("window", [2, 20, 250])
def test_rolling_deviation_divides_by_n(sp500: Dataset, window: int) -> None:
    close = sp500.column("close")
    # Not pandas' rolling deviation: its online sums leave 6e-6 where a window is flat.
    expected = np.lib.stride_tricks.sliding_window_view(close, window).std(axis=1, ddof=0)
    assert_allclose(rolling_deviation(close, window)[window - 1 :], expected, rtol=1e-9)


def test_bollinger_distance_worked_by_hand() -> None:
    # Window 2, 4, 6: mean 4, squares 4 + 0 + 4, deviation sqrt(8/3) with ddof=0.
    out = bollinger_z(np.array([2.0, 4.0, 6.0, 4.0]), 3)
    # Window 4, 6, 4: mean 14/3, squares (4 + 16 + 4)/9, deviation sqrt(8/9).
    expected = [np.nan, np.nan, 2 / np.sqrt(8 / 3), (4 - 14 / 3) / np.sqrt(8 / 9)]
    assert_allclose(out, expected, rtol=1e-14)


def test_bollinger_distance_equals_its_definition_on_real_prices(sp500: Dataset) -> None:
    close = sp500.frame["close"]
    rolling = close.rolling(20)
    expected = (close - rolling.mean()) / rolling.std(ddof=0)
    assert_allclose(bollinger_z(close.to_numpy(), 20), expected, atol=1e-9)


@given(level=st.floats(1e-3, 1e6), window=st.integers(2, 30))
def test_bollinger_distance_is_exactly_zero_where_the_window_is_flat(
    level: float, window: int
) -> None:
    assert_array_equal(bollinger_z(np.full(40, level), window)[window - 1 :], 0.0)


def test_donchian_extremes_leave_out_the_current_bar() -> None:
    values = np.array([3.0, 1.0, 2.0, 9.0, 0.5, 4.0])
    assert_array_equal(highest_before(values, 2), [np.nan, np.nan, 3.0, 2.0, 9.0, 9.0])
    assert_array_equal(lowest_before(values, 2), [np.nan, np.nan, 1.0, 1.0, 2.0, 0.5])


@pytest.mark.parametrize("window", [1, 20, 55])
def test_donchian_extremes_equal_shifted_rolling_ones_of_pandas(
    sp500: Dataset, window: int
) -> None:
    high, low = sp500.frame["high"], sp500.frame["low"]
    highest = high.rolling(window).max().shift(1)
    lowest = low.rolling(window).min().shift(1)
    assert_array_equal(highest_before(high.to_numpy(), window), highest)
    assert_array_equal(lowest_before(low.to_numpy(), window), lowest)


@pytest.mark.parametrize(
    "indicator", [rolling_deviation, bollinger_z, highest_before, lowest_before]
)
def test_a_window_longer_than_the_data_gives_nothing_but_nan(indicator) -> None:
    out = indicator(np.arange(1.0, 6.0), 6)
    assert out.size == 5
    assert np.isnan(out).all()
