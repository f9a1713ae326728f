"""The memoising view: computed once, read-only, bounded, safe under threads."""

import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from peaklib.data import Dataset, load
from peaklib.errors import DataError
from peaklib.features import Bars, sma
from peaklib.features.bars import MEMO_BYTES


class Counted:
    """An indicator that remembers with what it was really called."""

    def __init__(self) -> None:
        self.calls: list[int] = []
        self._made: list[weakref.ref[np.ndarray]] = []

    def __call__(self, close: np.ndarray, window: int) -> np.ndarray:
        self.calls.append(window)
        values = close * window
        self._made.append(weakref.ref(values))
        return values

    @property
    def n_alive(self) -> int:
        return sum(made() is not None for made in self._made)


@pytest.fixture
def bars(sp500: Dataset) -> Bars:
    return Bars.of(sp500)


def long_bars(n_bars: int) -> Bars:
    index = pd.date_range("2000-01-01", periods=n_bars, freq="min", tz="UTC")
    return Bars({"close": np.ones(n_bars)}, index, name="long", bars_per_year=252)


def test_an_indicator_is_computed_once_for_each_distinct_parameter(bars: Bars) -> None:
    indicator = Counted()
    for window in (3, 5, 3, 5, 3):
        bars.apply(indicator, "close", window=window)
    assert indicator.calls == [3, 5]


def test_the_same_parameter_on_another_column_is_another_indicator(bars: Bars) -> None:
    indicator = Counted()
    of_close = bars.apply(indicator, "close", window=2)
    of_open = bars.apply(indicator, "open", window=2)
    assert indicator.calls == [2, 2]
    assert_array_equal(of_close, 2 * bars.close)
    assert_array_equal(of_open, 2 * bars.open)


def test_the_order_in_which_parameters_are_named_does_not_matter(bars: Bars) -> None:
    calls = []

    def indicator(close: np.ndarray, fast: int, slow: int) -> np.ndarray:
        calls.append((fast, slow))
        return close + fast - slow

    first = bars.apply(indicator, "close", fast=1, slow=2)
    assert bars.apply(indicator, "close", slow=2, fast=1) is first
    assert calls == [(1, 2)]


def test_columns_and_indicators_are_read_only(bars: Bars) -> None:
    for values in (bars.close, bars.open, bars.apply(sma, "close", window=3)):
        with pytest.raises(ValueError, match="read-only"):
            values[0] = 1.0


def test_a_callers_array_stays_writable() -> None:
    mine = np.ones(3)
    index = pd.date_range("2024-01-01", periods=3, tz="UTC")
    Bars({"close": mine}, index, name="mine", bars_per_year=252)
    mine[0] = 2.0
    assert mine[0] == 2.0


def test_the_view_shows_the_columns_and_stamps_of_its_data_set(sp500: Dataset, bars: Bars) -> None:
    assert bars.columns == ("open", "high", "low", "close", "volume")
    assert len(bars) == len(sp500)
    assert bars.index.equals(sp500.frame.index)
    assert bars.bars_per_year == sp500.meta.bars_per_year
    for name in bars.columns:
        assert_array_equal(getattr(bars, name), sp500.frame[name])


@pytest.mark.parametrize("name", ["open", "high", "low", "volume"])
def test_a_series_of_one_value_a_day_says_so(name: str) -> None:
    vix = Bars.of(load("vix"))
    with pytest.raises(DataError, match=rf"'vix' has no '{name}' \(one value a day"):
        getattr(vix, name)


def test_a_missing_column_lists_those_that_there_are(bars: Bars) -> None:
    with pytest.raises(DataError, match=r"no 'bid' \(no such column; it has open, high, low"):
        bars.column("bid")


def test_what_is_remembered_stays_within_its_bound() -> None:
    n_bars = 2**17
    bars, indicator = long_bars(n_bars), Counted()
    fits = MEMO_BYTES // (8 * n_bars)
    for window in range(fits + 8):
        bars.apply(indicator, "close", window=window)
    assert indicator.n_alive == fits
    bars.apply(indicator, "close", window=fits + 7)
    assert len(indicator.calls) == fits + 8
    bars.apply(indicator, "close", window=0)
    assert indicator.calls[-1] == 0


def test_what_was_used_last_is_forgotten_last() -> None:
    n_bars = 2**17
    bars, indicator = long_bars(n_bars), Counted()
    fits = MEMO_BYTES // (8 * n_bars)
    for window in range(fits):
        bars.apply(indicator, "close", window=window)
    bars.apply(indicator, "close", window=0)
    bars.apply(indicator, "close", window=fits)
    before = len(indicator.calls)
    bars.apply(indicator, "close", window=0)
    assert len(indicator.calls) == before
    bars.apply(indicator, "close", window=1)
    assert len(indicator.calls) == before + 1


def test_threads_get_the_same_values_as_one_thread(sp500: Dataset) -> None:
    alone, shared = Bars.of(sp500), Bars.of(sp500)
    windows = [2 + k % 40 for k in range(400)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda window: shared.apply(sma, "close", window=window), windows))
    for window, values in zip(windows, found, strict=True):
        assert_array_equal(values, alone.apply(sma, "close", window=window))
