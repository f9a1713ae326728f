"""Returns, bands, channels and drawdown as features: hand-worked, and against pandas."""

import numpy as np
import pandas as pd
import pytest
from empyrical import max_drawdown
from hypothesis import given, strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from peaklib.data import Dataset
from peaklib.features.feature import Feature
from peaklib.features.transforms.bollinger import bollinger
from peaklib.features.transforms.donchian import donchian
from peaklib.features.transforms.drawdown import drawdown
from peaklib.features.transforms.log_return import log_return
from peaklib.features.transforms.macd import macd
from peaklib.features.transforms.rsi import rsi
from peaklib.features.transforms.simple_return import simple_return
from peaklib.features.transforms.vol_adjusted_return import vol_adjusted_return

LN2 = np.log(2.0)
NAN = np.nan


def run(feature: Feature, *inputs: object, **params: float) -> tuple[np.ndarray, ...]:
    """The feature's columns over these input columns."""
    columns = [np.asarray(part, dtype=float) for part in inputs]
    return feature.compute(columns, feature.resolve(params))


def test_simple_return_worked_by_hand() -> None:
    close = [100.0, 110.0, 99.0, 198.0]
    assert_allclose(run(simple_return, close)[0], [NAN, 0.1, -0.1, 1.0], rtol=1e-14)
    assert_allclose(run(simple_return, close, window=2)[0], [NAN, NAN, -0.01, 0.8], rtol=1e-13)


def test_simple_return_from_nothing_is_missing_and_no_error() -> None:
    assert_array_equal(run(simple_return, [4.0, 0.0, 5.0, 10.0])[0], [NAN, -1.0, NAN, 1.0])


def test_log_return_worked_by_hand() -> None:
    close = [1.0, 2.0, 8.0, 4.0]
    assert_allclose(run(log_return, close)[0], [NAN, LN2, 2 * LN2, -LN2], rtol=1e-15)
    assert_allclose(run(log_return, close, window=2)[0], [NAN, NAN, 3 * LN2, LN2], rtol=1e-15)


@pytest.mark.parametrize("window", [1, 5, 250])
def test_log_and_simple_return_are_the_same_move(sp500: Dataset, window: int) -> None:
    close = sp500.frame["close"]
    (logs,) = run(log_return, close, window=window)
    (simple,) = run(simple_return, close, window=window)
    assert_allclose(np.expm1(logs), simple, rtol=1e-10, atol=1e-15)
    assert_allclose(logs, np.log(close).diff(window), atol=1e-14)


def test_vol_adjusted_return_divides_by_the_volatility_of_the_bar_before() -> None:
    # Log returns, in ln 2: 1, -1, 1, 2, -1. Span 2, weight 2/3: variance 1 at bar 2, 1 at bar
    # 3, 1 + 2/3 (4 - 1) = 3 at bar 4. So 1/1, 2/1 and -1/sqrt(3).
    close = [1.0, 2.0, 1.0, 2.0, 8.0, 4.0]
    expected = [NAN, NAN, NAN, 1.0, 2.0, -1 / np.sqrt(3)]
    assert_allclose(run(vol_adjusted_return, close, span=2)[0], expected, rtol=1e-14)
    # Over two bars 0, 3 and 1; the volatility stays that of one bar.
    expected = [NAN, NAN, NAN, 0.0, 3.0, 1 / np.sqrt(3)]
    assert_allclose(run(vol_adjusted_return, close, window=2, span=2)[0], expected, rtol=1e-14)


def test_vol_adjusted_return_after_a_still_market_is_zero() -> None:
    close = [5.0, 5.0, 5.0, 5.0, 10.0]
    assert_array_equal(run(vol_adjusted_return, close, span=2)[0], [NAN, NAN, NAN, 0.0, 0.0])


def test_vol_adjusted_return_does_not_measure_a_jump_by_itself(sp500: Dataset) -> None:
    close = sp500.column("close")[:300].copy()
    (before,) = run(vol_adjusted_return, close)
    close[-1] = close[-2] * (close[-1] / close[-2]) ** 1000
    (after,) = run(vol_adjusted_return, close)
    assert_allclose(after[-1], 1000 * before[-1], rtol=1e-10)


def test_macd_worked_by_hand() -> None:
    # ema(2): 3/2, 19/6, 115/18, 331/54; ema(3): 7/3, 31/6, 67/12; signal(2): 37/36, 229/324.
    line, signal, histogram = run(macd, [1.0, 2.0, 4.0, 8.0, 6.0], fast=2, slow=3, signal=2)
    assert_allclose(line, [NAN, NAN, 5 / 6, 11 / 9, 59 / 108], rtol=1e-13)
    assert_allclose(signal, [NAN, NAN, NAN, 37 / 36, 229 / 324], rtol=1e-13)
    assert_allclose(histogram, [NAN, NAN, NAN, 7 / 36, -52 / 324], rtol=1e-13)


def test_macd_with_its_windows_exchanged_changes_sign(sp500: Dataset) -> None:
    close = sp500.column("close")[:200]
    columns = run(macd, close, fast=12, slow=26)
    for column, mirrored in zip(columns, run(macd, close, fast=26, slow=12), strict=True):
        assert_array_equal(column, -mirrored)


def test_rsi_worked_by_hand() -> None:
    # Changes +1, -0.5, +1.5: average gain 2.5/3, average loss 0.5/3.
    (out,) = run(rsi, [10.0, 11.0, 10.5, 12.0], window=3)
    assert_allclose(out, [NAN, NAN, NAN, 100 * 2.5 / 3], rtol=1e-14)


def test_bollinger_worked_by_hand() -> None:
    # Window 2, 4, 6: centre 4, deviation sqrt(8/3); bands 4 -+ 2 sqrt(8/3).
    percent_b, width = run(bollinger, [2.0, 4.0, 6.0], window=3)
    reach = 2 * np.sqrt(8 / 3)
    assert_allclose(percent_b, [NAN, NAN, (6 - (4 - reach)) / (2 * reach)], rtol=1e-14)
    assert_allclose(width, [NAN, NAN, 2 * reach / 4], rtol=1e-14)


@pytest.mark.parametrize("deviations", [1.0, 2.0, 2.5])
def test_bollinger_equals_its_bands_drawn_with_pandas(sp500: Dataset, deviations: float) -> None:
    close = sp500.frame["close"]
    rolling = close.rolling(20)
    centre, reach = rolling.mean(), deviations * rolling.std(ddof=0)
    upper, lower = centre + reach, centre - reach
    percent_b, width = run(bollinger, close, width=deviations)
    assert_allclose(percent_b, (close - lower) / (upper - lower), atol=1e-9)
    assert_allclose(width, (upper - lower) / centre, atol=1e-10)


@given(level=st.floats(1e-3, 1e6), window=st.integers(2, 30))
def test_bollinger_of_a_flat_window_is_the_middle_of_closed_bands(
    level: float, window: int
) -> None:
    percent_b, width = run(bollinger, np.full(40, level), window=window)
    assert_array_equal(percent_b[window - 1 :], 0.5)
    assert_array_equal(width[window - 1 :], 0.0)


def test_bollinger_width_about_zero_is_missing() -> None:
    _, width = run(bollinger, [-1.0, 1.0, 3.0], window=2)
    assert_allclose(width, [NAN, NAN, 4 * 1 / 2])


def test_donchian_position_worked_by_hand_with_this_bar_in_the_channel() -> None:
    # Bar 1: channel 1 … 5, close 4. Bar 2: channel 2 … 5, close 3. Bar 3: 2 … 9, close 9.
    high, low, close = [3.0, 5.0, 4.0, 9.0], [1.0, 2.0, 2.0, 6.0], [2.0, 4.0, 3.0, 9.0]
    (out,) = run(donchian, high, low, close, window=2)
    assert_allclose(out, [NAN, 3 / 4, 1 / 3, 1.0], rtol=1e-15)


@pytest.mark.parametrize("window", [1, 20, 55])
def test_donchian_position_equals_that_of_pandas(sp500: Dataset, window: int) -> None:
    high, low, close = (sp500.frame[name] for name in ("high", "low", "close"))
    bottom = low.rolling(window).min()
    expected = (close - bottom) / (high.rolling(window).max() - bottom)
    (out,) = run(donchian, high, low, close, window=window)
    assert_allclose(out, expected.to_numpy(), rtol=1e-12, atol=1e-15)
    assert np.all((out[window - 1 :] >= 0) & (out[window - 1 :] <= 1))


def test_donchian_position_in_a_flat_channel_is_the_middle() -> None:
    flat = np.full(5, 33.3)
    assert_array_equal(run(donchian, flat, flat, flat, window=3)[0], [NAN, NAN, 0.5, 0.5, 0.5])


def test_drawdown_worked_by_hand_and_a_tie_with_the_high_ends_it() -> None:
    depth, bars = run(drawdown, [10.0, 12.0, 9.0, 12.0, 6.0, 3.0, 15.0])
    assert_array_equal(depth, [0.0, 0.0, -0.25, 0.0, -0.5, -0.75, 0.0])
    assert_array_equal(bars, [0.0, 0.0, 1.0, 0.0, 1.0, 2.0, 0.0])


def test_deepest_drawdown_is_the_one_of_empyrical(sp500: Dataset) -> None:
    close = sp500.frame["close"]
    depth, bars = run(drawdown, close)
    assert_allclose(depth, close / close.cummax() - 1.0, atol=1e-15)
    assert_allclose(depth.min(), max_drawdown(close.pct_change().dropna()), rtol=1e-12)
    # From March 2000 it took until May 2007 to close above the old high.
    top = sp500.frame.index[np.argmax(bars) - int(bars.max())]
    assert (top, bars.max()) == (pd.Timestamp("2000-03-24", tz="UTC"), 1802)


@given(st.lists(st.floats(0.01, 1e6), min_size=1, max_size=50), st.floats(0.5, 2.0))
def test_drawdown_does_not_depend_on_the_currency(close: list[float], rate: float) -> None:
    depth, bars = run(drawdown, close)
    assert np.all((depth <= 0) & (depth > -1))
    assert_array_equal(bars == 0, depth == 0)
    doubled = run(drawdown, 2.0 * np.array(close))
    assert_array_equal(doubled, (depth, bars))
    assert_allclose(run(drawdown, rate * np.array(close))[0], depth, atol=1e-15)
