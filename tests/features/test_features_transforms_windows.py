"""Scores, moments, autocorrelation and illiquidity: hand-worked, against scipy and pandas."""

import math
import random
from statistics import fmean, pstdev

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats
from sklearn.preprocessing import StandardScaler

from peaklib.data import Dataset
from peaklib.errors import DataError, FeatureError
from peaklib.features.feature import Feature
from peaklib.features.moments import rolling_mean, rolling_moments, rolling_zscore as zscore
from peaklib.features.transforms.amihud import amihud
from peaklib.features.transforms.autocorrelation import autocorrelation
from peaklib.features.transforms.moments import moments
from peaklib.features.transforms.rolling_zscore import rolling_zscore
from peaklib.features.transforms.standard_scale import standard_scale
from peaklib.features.transforms.volume_zscore import volume_zscore

NAN = np.nan
numbers = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40)


def run(feature: Feature, *inputs: object, **params: float) -> tuple[np.ndarray, ...]:
    """The feature's columns over these input columns."""
    columns = [np.asarray(part, dtype=float) for part in inputs]
    return feature.compute(columns, feature.resolve(params))


def growing(rate: float, n: int = 200) -> np.ndarray:
    """A price whose log returns are all alike but for rounding."""
    return 100.0 * (1.0 + rate) ** np.arange(n)


def test_zscore_worked_by_hand() -> None:
    # 2, 4, 6: mean 4, deviation sqrt(8/3). 4, 6, 5: mean 5.
    (out,) = run(rolling_zscore, [2.0, 4.0, 6.0, 5.0], window=3)
    assert_allclose(out, [NAN, NAN, 2 / math.sqrt(8 / 3), 0.0], rtol=1e-15, atol=1e-15)


@pytest.mark.parametrize("window", [2, 20, 250])
def test_zscore_equals_that_of_scipy_in_each_window(sp500: Dataset, window: int) -> None:
    close = sp500.column("close")[:1500]
    windows = np.lib.stride_tricks.sliding_window_view(close, window)
    flat = np.ptp(windows, axis=1) == 0.0
    (out,) = run(rolling_zscore, close, window=window)
    found = out[window - 1 :]
    expected = stats.zscore(windows[~flat], axis=1, ddof=0)[:, -1]
    assert_allclose(found[~flat], expected, rtol=1e-9, atol=1e-11)
    assert_array_equal(found[flat], 0.0)


@given(level=st.floats(1e-6, 1e9), window=st.integers(2, 30))
def test_zscore_of_a_flat_window_is_zero(level: float, window: int) -> None:
    for sign in (1.0, -1.0):
        (out,) = run(rolling_zscore, np.full(40, sign * level), window=window)
        assert_array_equal(out[window - 1 :], 0.0)


def test_zscore_of_a_window_that_differs_by_rounding_alone_is_zero() -> None:
    wobble = 33.3 * (1.0 + 1e-15 * np.arange(12) % 3)
    assert_array_equal(run(rolling_zscore, wobble, window=5)[0][4:], 0.0)


def test_zscore_keeps_its_digits_on_a_large_offset() -> None:
    values = 1e9 + np.random.default_rng(3).normal(size=60)
    (out,) = run(rolling_zscore, values, window=20)
    for t in range(19, 60):
        part = values[t - 19 : t + 1].tolist()
        exact = -math.fsum(value - part[-1] for value in part) / 20 / pstdev(part)
        assert_allclose(out[t], exact, rtol=1e-9)


@given(before=numbers, values=numbers, window=st.integers(2, 12))
def test_a_row_depends_on_its_window_alone(
    before: list[float], values: list[float], window: int
) -> None:
    short, long = np.array(values), np.array([*before, *values])
    late = slice(len(before) + window - 1, None)
    for function in (zscore, rolling_mean):
        assert_array_equal(function(long, window)[late], function(short, window)[window - 1 :])
    pairs = zip(
        rolling_moments(long, window, 0.0), rolling_moments(short, window, 0.0), strict=True
    )
    for far, near in pairs:
        assert_array_equal(far[late], near[window - 1 :])


def test_rolling_mean_of_zeros_is_zero_whatever_went_by() -> None:
    values = np.exp(20.0 * np.random.default_rng(5).normal(size=5000))
    values[-50:] = 0.0
    assert_array_equal(rolling_mean(values, 20)[-30:], 0.0)
    assert_allclose(rolling_mean(values, 20)[19:], pd.Series(values).rolling(20).apply(fmean)[19:])


def test_moments_worked_by_hand() -> None:
    # Log returns, in ln 2: 0, 0, 0, 4. Mean 1, deviation sqrt(3); third moment 6, over 3^1.5;
    # fourth 21, over 9.
    mean, deviation, skewness, kurtosis = run(moments, [1.0, 1.0, 1.0, 1.0, 16.0], window=4)
    assert_allclose(mean[4], math.log(2), rtol=1e-14)
    assert_allclose(deviation[4], math.sqrt(3) * math.log(2), rtol=1e-14)
    assert_allclose(skewness[4], 6 / 3**1.5, rtol=1e-14)
    assert_allclose(kurtosis[4], 21 / 9 - 3, rtol=1e-13)


@pytest.mark.parametrize("window", [3, 60])
def test_moments_equal_the_biased_ones_of_scipy(sp500: Dataset, window: int) -> None:
    close = sp500.column("close")[:1000]
    windows = np.lib.stride_tricks.sliding_window_view(np.diff(np.log(close)), window)
    expected = [
        windows.mean(axis=1),
        windows.std(axis=1),
        stats.skew(windows, axis=1),
        stats.kurtosis(windows, axis=1),
    ]
    for column, wanted in zip(run(moments, close, window=window), expected, strict=True):
        assert np.isnan(column[:window]).all()
        assert_allclose(column[window:], wanted, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("rate", [0.0, 1e-5, 0.02, 1.0])
def test_returns_that_differ_by_rounding_alone_have_no_shape_and_no_memory(rate: float) -> None:
    close = growing(rate)
    mean, deviation, skewness, kurtosis = run(moments, close)
    assert_allclose(mean[60:], math.log1p(rate), rtol=1e-10)
    assert np.all(deviation[60:] < 1e-15)
    assert_array_equal([skewness[60:], kurtosis[60:], run(autocorrelation, close)[0][60:]], 0.0)


def test_autocorrelation_worked_by_hand() -> None:
    # Log returns, in ln 2: 1, 2, 3, 1. Pairs of the last three: (2, 3), (3, 1), on one falling
    # line; of the first three: (1, 2), (2, 3), on a rising one. All: (1,2), (2,3), (3,1), each
    # side -1, 0, 1 and 0, 1, -1 about its mean: -1 over 2.
    close = [1.0, 2.0, 8.0, 64.0, 128.0]
    (three,) = run(autocorrelation, close, window=3)
    (four,) = run(autocorrelation, close, window=4)
    assert_allclose(three, [NAN, NAN, NAN, 1.0, -1.0], rtol=1e-14)
    assert_allclose(four, [NAN, NAN, NAN, NAN, -0.5], rtol=1e-14)


@pytest.mark.parametrize(("window", "lag"), [(60, 1), (20, 5), (7, 5)])
def test_autocorrelation_equals_that_of_pandas(sp500: Dataset, window: int, lag: int) -> None:
    close = sp500.frame["close"].iloc[:200]
    moves = np.log(close).diff()
    expected = [moves.iloc[t - window + 1 : t + 1].autocorr(lag) for t in range(window, len(moves))]
    (out,) = run(autocorrelation, close, window=window, lag=lag)
    assert np.isnan(out[:window]).all()
    assert_allclose(out[window:], expected, rtol=1e-9, atol=1e-12)


def test_autocorrelation_without_two_pairs_is_refused() -> None:
    with pytest.raises(FeatureError, match=r"window = 10 and lag = 9 has 1 pair.*at least 11"):
        run(autocorrelation, growing(0.0), window=10, lag=9)
    assert_array_equal(run(autocorrelation, growing(0.0), window=11, lag=9)[0][11:], 0.0)


def test_volume_zscore_is_of_the_logarithm_and_knows_days_without_volume(sp500: Dataset) -> None:
    volume = sp500.frame["volume"].iloc[:300].copy()
    volume.iloc[50] = 0.0
    logs = np.log(1.0 + volume)
    rolling = logs.rolling(20)
    expected = (logs - rolling.mean()) / rolling.std(ddof=0)
    (out,) = run(volume_zscore, volume)
    assert_allclose(out, expected, rtol=1e-8, atol=1e-9)
    # One value far from all others of n is sqrt(n - 1) deviations away.
    assert_allclose(out[50], -math.sqrt(19), rtol=1e-2)


def test_volume_zscore_worked_by_hand_and_zero_where_flat() -> None:
    # ln(1 + v), in ln 2: 0, 1, 3. Mean 4/3, squares (16 + 1 + 25) / 27.
    (out,) = run(volume_zscore, [0.0, 1.0, 7.0, 7.0, 7.0], window=3)
    assert_allclose(out[2], (5 / 3) / math.sqrt(42 / 27), rtol=1e-14)
    assert out[4] == 0.0
    assert_array_equal(run(volume_zscore, np.zeros(4), window=2)[0][1:], 0.0)


def test_illiquidity_worked_by_hand_leaves_out_bars_without_volume() -> None:
    # Returns 10 %, -10 %, 20 %, 0; traded value 1100, none, 2376, none.
    close, volume = [100.0, 110.0, 99.0, 118.8, 118.8, 118.8], [5.0, 10.0, 0.0, 20.0, 0.0, 0.0]
    (out,) = run(amihud, close, volume, window=2)
    expected = [NAN, NAN, 1e5 / 1100, 2e5 / 2376, 2e5 / 2376, 0.0]
    assert_allclose(out, expected, rtol=1e-12)


def test_illiquidity_equals_that_of_pandas(sp500: Dataset) -> None:
    frame = sp500.frame
    ratio = 1e6 * frame["close"].pct_change().abs() / (frame["close"] * frame["volume"])
    expected = ratio.rolling(20).apply(np.mean, raw=True)
    assert_allclose(run(amihud, frame["close"], frame["volume"])[0], expected, rtol=1e-10)


def test_standard_scale_equals_that_of_scikit_learn_on_rows_it_has_not_seen(
    sp500: Dataset,
) -> None:
    close = sp500.column("close")
    seen, new = close[:1000], close[1000:2000]
    state = standard_scale.fit([seen], {})
    expected = StandardScaler().fit(seen[:, None]).transform(new[:, None])[:, 0]
    assert_allclose(standard_scale.compute([new], {}, state)[0], expected, rtol=1e-11, atol=1e-13)
    assert state == {"mean": pytest.approx(seen.mean()), "deviation": pytest.approx(seen.std())}


def test_standard_scale_worked_by_hand_with_a_missing_row() -> None:
    state = standard_scale.fit([np.array([2.0, NAN, 4.0, 6.0])], {})
    assert state == {"mean": 4.0, "deviation": math.sqrt(8 / 3)}
    (out,) = standard_scale.compute([np.array([4.0, NAN, 7.0])], {}, state)
    assert_allclose(out, [0.0, NAN, 3 / math.sqrt(8 / 3)], rtol=1e-15)


@given(level=st.floats(1e-6, 1e9), n_rows=st.integers(1, 40))
def test_standard_scale_that_learned_from_rows_all_alike_gives_zero(
    level: float, n_rows: int
) -> None:
    state = standard_scale.fit([np.full(n_rows, level)], {})
    assert_array_equal(standard_scale.compute([np.array([1.0, level, 7.0])], {}, state)[0], 0.0)


@given(numbers, st.randoms(use_true_random=False))
def test_standard_scale_learns_the_same_in_any_order(
    values: list[float], source: random.Random
) -> None:
    mixed = source.sample(values, len(values))
    states = [standard_scale.fit([np.array(rows)], {}) for rows in (values, mixed)]
    assert states[0] == states[1]


def test_standard_scale_without_a_row_to_learn_from_is_refused() -> None:
    with pytest.raises(DataError, match=r"'standard_scale' has no row .* at least one row"):
        standard_scale.fit([np.full(5, NAN)], {})
