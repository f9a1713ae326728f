"""Realised volatility and its rank in its own past."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from peaklib.data import Dataset
from peaklib.features import realised_volatility, trailing_rank, volatility_rank


def test_realised_volatility_is_the_deviation_of_log_returns_per_bar(sp500: Dataset) -> None:
    close = sp500.column("close")
    returns = np.diff(np.log(close))
    expected = np.lib.stride_tricks.sliding_window_view(returns, 20).std(axis=1, ddof=0)
    assert_allclose(realised_volatility(close, 20)[20:], expected, rtol=1e-9)


def test_realised_volatility_worked_by_hand() -> None:
    # Log returns ln 2, -ln 2, ln 2: any two neighbours have mean 0 and deviation ln 2.
    out = realised_volatility(np.array([1.0, 2.0, 1.0, 2.0]), 2)
    assert_allclose(out, [np.nan, np.nan, np.log(2), np.log(2)], rtol=1e-14)


def test_trailing_rank_worked_by_hand_with_ties_counted_as_not_above() -> None:
    values = np.array([1.0, 3.0, 2.0, 2.0, 5.0])
    assert_allclose(trailing_rank(values, 3), [np.nan, np.nan, 2 / 3, 2 / 3, 1.0])


@given(
    st.lists(st.integers(0, 5).map(float), min_size=1, max_size=30),
    st.integers(1, 8),
    st.integers(0, 4),
)
def test_trailing_rank_equals_that_of_pandas_after_leading_nan(
    values: list[float], lookback: int, missing: int
) -> None:
    array = np.array([np.nan] * missing + values)
    expected = pd.Series(array).rolling(lookback).rank(method="max", pct=True)
    assert_allclose(trailing_rank(array, lookback), expected)


def test_volatility_rank_starts_when_both_windows_are_full(sp500: Dataset) -> None:
    out = volatility_rank(sp500.column("close")[:60], 10, 30)
    assert np.isnan(out[:39]).all()
    assert np.all((out[39:] > 0) & (out[39:] <= 1))


def test_volatility_of_a_constant_price_ranks_as_a_tie() -> None:
    assert_array_equal(volatility_rank(np.full(20, 33.3), 5, 6)[10:], 1.0)


@pytest.mark.parametrize(
    ("indicator", "windows"),
    [(realised_volatility, (5,)), (trailing_rank, (6,)), (volatility_rank, (3, 3))],
)
def test_windows_longer_than_the_data_give_nothing_but_nan(indicator, windows) -> None:
    assert np.isnan(indicator(np.arange(1.0, 6.0), *windows)).all()
