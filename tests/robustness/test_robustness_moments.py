"""Sharpe ratios from moments are those of the returns; windows hold the bars they say."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from peaklib import metrics
from peaklib.backtest import run_grid, trial_returns
from peaklib.data import Dataset
from peaklib.errors import DataError
from peaklib.robustness.selection.moments import (
    best_trials,
    rolled,
    sharpe_of_moments,
    window_moments,
    window_sharpes,
)
from peaklib.robustness.selection.windows import (
    calendar_windows,
    equal_blocks,
    first_window,
    head_windows,
    spans_of,
)

YEAR = 252


def moments_of(returns: np.ndarray, n_windows: int) -> np.ndarray:
    """(n_trials, n_bars) to moments of nearly equal windows, the slow way."""
    parts = np.array_split(np.arange(returns.shape[1]), n_windows)
    return np.array(
        [[[len(p), r[p].sum(), (r[p] ** 2).sum()] for p in parts] for r in np.asarray(returns)]
    )


def days(start: str, end: str) -> pd.DatetimeIndex:
    return pd.bdate_range(start, end, tz="UTC")


def test_four_returns_by_hand() -> None:
    # 1, 3 | 2, 2 %: mean 2 %, deviations -1, 1, 0, 0, variance 2/3 in %², ratio 2 / sqrt(2/3).
    moments = np.array([[[2, 0.04, 0.001], [2, 0.04, 0.0008]]])
    assert_allclose(sharpe_of_moments(moments, periods_per_year=1), [2 / np.sqrt(2 / 3)])
    first, second = window_sharpes(moments, periods_per_year=1)[0]
    assert_allclose(first, 2 / np.sqrt(2))
    assert np.isnan(second), "a constant window has no Sharpe ratio"


@settings(max_examples=50)
@given(st.integers(0, 10**6), st.integers(2, 400), st.floats(1e-5, 0.1), st.floats(-3, 3))
def test_sharpe_equals_that_of_the_returns(seed: int, n: int, scale: float, drift: float) -> None:
    returns = np.random.default_rng(seed).normal(drift * scale, scale, n)
    found = sharpe_of_moments(moments_of(returns[None], min(n, 7)), periods_per_year=YEAR)
    assert_allclose(found, [metrics.sharpe(returns, periods_per_year=YEAR)], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("value", [0.0, 1e-5, 0.001, -0.37, 1 / 3])
@pytest.mark.parametrize("n", [1, 2, 17, 5000])
def test_constant_returns_have_no_sharpe(value: float, n: int) -> None:
    total, squares = 0.0, 0.0
    for _ in range(n):  # one by one, as the account kernel adds them
        total, squares = total + value, squares + value * value
    assert np.isnan(sharpe_of_moments(np.array([[[n, total, squares]]]), periods_per_year=YEAR))


def test_chosen_windows_are_added_up() -> None:
    returns = np.random.default_rng(1).normal(0, 0.01, (3, 90))
    moments = moments_of(returns, 3)
    found = sharpe_of_moments(moments, periods_per_year=YEAR, windows=[2, 0])
    both = np.concatenate([returns[:, :30], returns[:, 60:]], axis=1)
    assert_allclose(found, [metrics.sharpe(r, periods_per_year=YEAR) for r in both])
    with pytest.raises(DataError, match="none was chosen"):
        sharpe_of_moments(moments, periods_per_year=YEAR, windows=[])


def test_rolled_windows_are_sums_of_neighbours() -> None:
    moments = np.arange(24, dtype=float).reshape(2, 4, 3)
    moments[:, :, 0] = 10
    two = rolled(moments, 2)
    assert two.shape == (2, 3, 3)
    assert_array_equal(two[1, 2], moments[1, 2] + moments[1, 3])
    with pytest.raises(DataError, match="there are 4 windows"):
        rolled(moments, 5)


def test_best_is_the_first_of_equals_and_never_one_without_a_sharpe() -> None:
    nan = np.nan
    sharpes = np.array([[nan, 1.0, nan, -2.0], [0.5, 1.0, nan, nan], [0.4, 0.0, nan, -1.0]])
    assert_array_equal(best_trials(sharpes), [1, 0, -1, 2])


def test_moments_of_a_grid_are_those_of_its_returns(sp500: Dataset) -> None:
    part = sp500.between("2003", "2005")
    windows = calendar_windows(part.frame.index, 12) | equal_blocks(part.frame.index, 4)
    grid = {"fast": [5, 10], "slow": [30, 40]}
    frame = run_grid("sma_crossover", part, grid, windows=windows, fees_bps=5)
    moments = window_moments(frame, ["2004", "b03"])
    points = frame[["fast", "slow"]].to_dict("records")
    for row, (_, returns) in enumerate(trial_returns("sma_crossover", part, points, fees_bps=5)):
        series = pd.Series(returns, index=part.frame.index)
        for k, name in enumerate(["2004", "b03"]):
            inside = series.loc[windows[name][0] : windows[name][1]]
            expected = [len(inside), inside.sum(), (inside**2).sum()]
            assert_allclose(moments[row, k], expected, rtol=1e-10, atol=1e-14)
    with pytest.raises(DataError, match=r"no moments of window '2010'; it has: 2003, 2004, 2005"):
        window_moments(frame, ["2010"])


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda m: m[:, :, :2], "expected \\(n_trials, n_windows, 3\\)"),
        (lambda m: np.where(np.arange(3) == 2, np.nan, m), "sumsq of trial 0 in window 0 is nan"),
        (lambda m: m + np.array([[[0.0]], [[1.0]]]), "trial 1 has 31 bars in window 0"),
    ],
)
def test_what_are_no_moments_is_refused(
    spoil: Callable[[np.ndarray], np.ndarray], message: str
) -> None:
    moments = moments_of(np.random.default_rng(1).normal(0, 0.01, (2, 60)), 2)
    with pytest.raises(DataError, match=message):
        sharpe_of_moments(spoil(moments), periods_per_year=YEAR)


def test_equal_blocks_cover_all_bars_once() -> None:
    index = days("2001-01-01", "2003-06-30")
    for n in (1, 2, 7, 16, 101):
        blocks = equal_blocks(index, n)
        spans = spans_of(blocks, index)
        assert_array_equal(spans[1:, 0], spans[:-1, 1])
        assert (spans[0, 0], spans[-1, 1]) == (0, len(index))
        assert np.ptp(np.diff(spans, axis=1)) <= 1
    assert list(equal_blocks(index, 3)) == ["b00", "b01", "b02"]
    assert list(equal_blocks(index, 101))[-1] == "b100"
    with pytest.raises(DataError, match="give 1 to"):
        equal_blocks(index, len(index) + 1)


@pytest.mark.parametrize(
    ("months", "names"),
    [
        (1, ["2003-11", "2003-12", "2004-01", "2004-02"]),
        (3, ["2003Q4", "2004Q1"]),
        (6, ["2003H2", "2004H1"]),
        (12, ["2003", "2004"]),
        (24, ["2003-2004"]),
    ],
)
def test_calendar_windows_have_the_names_of_their_bars(months: int, names: list[str]) -> None:
    index = days("2003-11-17", "2004-02-20")
    windows = calendar_windows(index, months)
    assert list(windows) == names
    spans = spans_of(windows, index)
    assert_array_equal(spans[1:, 0], spans[:-1, 1])
    assert (spans[0, 0], spans[-1, 1]) == (0, len(index))


def test_a_calendar_window_without_a_bar_is_left_out() -> None:
    index = days("2001-03-01", "2001-04-30").append(days("2003-05-01", "2003-05-30"))
    assert list(calendar_windows(index, 12)) == ["2001", "2003"]
    with pytest.raises(DataError, match="months = 5"):
        calendar_windows(index, 5)


def test_heads_end_where_the_embargo_begins() -> None:
    index = days("2001-01-01", "2002-12-31")
    windows = calendar_windows(index, 12)
    heads = head_windows(windows, index, 10)
    whole, head = spans_of(windows, index), spans_of(heads, index)
    assert_array_equal(head, whole - [[0, 10], [0, 10]])
    with pytest.raises(DataError, match="none would be left"):
        head_windows(windows, index, 262)


def test_first_window_waits_for_a_whole_training() -> None:
    index = days("2000-12-27", "2005-12-31")
    windows = calendar_windows(index, 12)
    # 2000 has three bars: 2001 cannot be chosen for from them.
    assert first_window(windows, index, start=None, train=None, bars=252) == 2
    assert first_window(windows, index, start=None, train=2, bars=504) == 3
    assert first_window(windows, index, start="2001", train=None, bars=252) == 1
    assert first_window(windows, index, start="2003-01-02", train=1, bars=252) == 4
    with pytest.raises(DataError, match="start = '2001': a choice needs 2 whole windows"):
        first_window(windows, index, start="2001", train=2, bars=504)
    with pytest.raises(DataError, match="is no date"):
        first_window(windows, index, start="soon", train=2, bars=504)


def test_stamps_that_do_not_increase_are_refused() -> None:
    with pytest.raises(DataError, match="do not increase"):
        equal_blocks(days("2001-01-01", "2001-02-01")[::-1], 2)
