"""Momentum, RSI and MACD: published and hand-worked numbers."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st
from numpy.testing import assert_allclose

from peaklib.data import Dataset
from peaklib.features import macd_line, macd_signal, rate_of_change, rsi

# StockCharts' ChartSchool example of the 14-day RSI (QQQQ, closes to two decimals). The
# article prints values made from unrounded closes, so they agree to a tenth of a point.
CLOSES = np.array(
    [
        *(44.34, 44.09, 44.15, 43.61, 44.33, 44.83, 45.10, 45.42, 45.84, 46.08),
        *(45.89, 46.03, 45.61, 46.28, 46.28, 46.00, 46.03, 46.41, 46.22, 45.64),
    ]
)
PRINTED = [70.53, 66.32, 66.55, 69.41, 66.36, 57.97]


def test_rsi_matches_a_published_series() -> None:
    out = rsi(CLOSES, 14)
    assert np.isnan(out[:14]).all()
    assert_allclose(out[14:], PRINTED, atol=0.1)


def test_rsi_worked_by_hand_with_wilders_smoothing() -> None:
    close = np.array([10.0, 11.0, 10.5, 12.0, 11.0, 11.0, 13.0])
    # Changes +1, -0.5, +1.5, -1, 0, +2; average gain and loss of window 3:
    #   bar 3: 2.5/3 and 0.5/3          -> 100 x 2.5/3.0
    #   bar 4: (2 x 2.5/3 + 0)/3 = 5/9 and (2 x 0.5/3 + 1)/3 = 4/9 -> 100 x 5/9
    #   bar 5: both times 2/3           -> the same
    #   bar 6: (2 x 10/27 + 2)/3 = 74/81 and 16/81 -> 100 x 74/90
    expected = [100 * 2.5 / 3, 100 * 5 / 9, 100 * 5 / 9, 100 * 74 / 90]
    assert_allclose(rsi(close, 3)[3:], expected, rtol=1e-14)


@pytest.mark.parametrize(("step", "expected"), [(1.0, 100.0), (-1.0, 0.0), (0.0, 50.0)])
def test_rsi_of_a_straight_line_is_at_its_end(step: float, expected: float) -> None:
    out = rsi(50.0 + step * np.arange(20), 5)
    assert np.all(out[5:] == expected)


@given(st.lists(st.floats(1, 1000), min_size=2, max_size=50), st.integers(2, 10))
def test_rsi_of_the_mirrored_series_is_mirrored(values: list[float], window: int) -> None:
    close = np.array(values)
    moved = rsi(close, window)[window:]
    mirrored = rsi(2000.0 - close, window)[window:]
    assert np.all((moved >= 0) & (moved <= 100))
    assert_allclose(moved + mirrored, 100.0, atol=1e-6)


def test_rate_of_change_equals_that_of_pandas(sp500: Dataset) -> None:
    close = sp500.frame["close"]
    assert_allclose(rate_of_change(close.to_numpy(), 120), close.pct_change(120), rtol=1e-11)


def test_macd_worked_by_hand_with_means_as_seeds() -> None:
    close = np.array([1.0, 2.0, 4.0, 8.0, 6.0])
    # ema(2), weight 2/3: 3/2, 19/6, 115/18, 331/54; ema(3), weight 1/2: 7/3, 31/6, 67/12.
    line = [np.nan, np.nan, 5 / 6, 11 / 9, 59 / 108]
    assert_allclose(macd_line(close, 2, 3), line, rtol=1e-13)
    # Seed (5/6 + 11/9) / 2 = 37/36, then 37/36 + 2/3 x (59/108 - 37/36) = 229/324.
    signal = [np.nan, np.nan, np.nan, 37 / 36, 229 / 324]
    assert_allclose(macd_signal(close, 2, 3, 2), signal, rtol=1e-13)


def test_macd_approaches_the_recursion_of_pandas_once_the_seeds_are_forgotten(
    sp500: Dataset,
) -> None:
    close = sp500.frame["close"]
    line = close.ewm(span=12, adjust=False).mean() - close.ewm(span=26, adjust=False).mean()
    signal = line.ewm(span=9, adjust=False).mean()
    late = slice(1000, None)
    assert_allclose(macd_line(close.to_numpy(), 12, 26)[late], line[late], atol=1e-9)
    assert_allclose(macd_signal(close.to_numpy(), 12, 26, 9)[late], signal[late], atol=1e-9)
    # The seeding rule matters at the start: the two disagree there.
    assert abs(macd_line(close.to_numpy(), 12, 26)[25] - line.iloc[25]) > 0.1


@pytest.mark.parametrize(
    ("indicator", "params"),
    [
        (rate_of_change, {"window": 8}),
        (rsi, {"window": 8}),
        (macd_line, {"fast": 3, "slow": 9}),
        (macd_signal, {"fast": 3, "slow": 6, "signal": 4}),
    ],
)
def test_a_window_longer_than_the_data_gives_nothing_but_nan(indicator, params) -> None:
    assert np.isnan(indicator(np.arange(1.0, 9.0), *params.values())).all()


def test_first_known_bars_are_where_the_docstrings_say(sp500: Dataset) -> None:
    close = sp500.column("close")[:100]
    first = {
        "rate_of_change": rate_of_change(close, 10),
        "rsi": rsi(close, 10),
        "macd_line": macd_line(close, 5, 20),
        "macd_signal": macd_signal(close, 5, 20, 9),
    }
    known = {name: pd.Series(values).first_valid_index() for name, values in first.items()}
    assert known == {"rate_of_change": 10, "rsi": 10, "macd_line": 19, "macd_signal": 27}
