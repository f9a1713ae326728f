"""Fractional differencing: weights, the filter, the test of stationarity, and both features."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import binom

from peaklib.data import Dataset
from peaklib.errors import DataError
from peaklib.features import FeaturePipeline, FeatureSpec
from peaklib.features.fracdiff import (
    adf,
    fractional_difference,
    fractional_weights,
    stationarity_by_d,
)
from peaklib.features.transforms import (
    fractional_difference as feature,
    stationary_difference as learning,
)

WIDE = 282  # weights for d = 0.4 and threshold 1e-4


def random_walk(n: int, seed: int = 7) -> np.ndarray:
    return 4.0 + np.cumsum(np.random.default_rng(seed).normal(0.0, 0.01, n))


def test_weights_worked_by_hand() -> None:
    # d = 1/2: -1/2, then x (3/2 - 2)/2 ... : 1, -1/2, -1/8, -1/16, -5/128.
    expected = [1.0, -0.5, -0.125, -0.0625, -5 / 128]
    assert_allclose(fractional_weights(0.5, 0.03), expected, rtol=1e-15)


@given(st.floats(0.01, 2.0), st.floats(1e-5, 0.1))
def test_weights_are_signed_binomials_down_to_the_threshold(d: float, threshold: float) -> None:
    weights = fractional_weights(d, threshold)
    k = np.arange(weights.size + 1)
    expected = (-1.0) ** k * binom(d, k)
    assert_allclose(weights, expected[:-1], rtol=1e-9, atol=1e-12)
    assert np.all(np.abs(weights[1:]) >= threshold)
    assert abs(expected[-1]) < threshold * (1 + 1e-9)


def test_the_window_of_the_benchmark_has_282_weights() -> None:
    assert fractional_weights(0.4, 1e-4).size == WIDE
    assert fractional_weights(0.4, 1e-4, max_width=10).size == 10


@pytest.mark.parametrize(("d", "expected"), [(0, [1]), (1, [1, -1]), (2, [1, -2, 1])])
def test_whole_orders_have_the_weights_of_plain_differences(d: int, expected: list[int]) -> None:
    assert_array_equal(fractional_weights(d, 1e-6), expected)


@pytest.mark.parametrize(("d", "threshold", "width"), [(-0.1, 1e-4, 9), (2.1, 1e-4, 9), (0, 0, 9)])
def test_arguments_out_of_range_are_refused(d: float, threshold: float, width: int) -> None:
    with pytest.raises(DataError, match="fractional weights for d"):
        fractional_weights(d, threshold, width)


def test_order_0_is_the_series_and_order_1_its_first_difference_exactly() -> None:
    path = random_walk(500)
    assert_array_equal(fractional_difference(path, 0.0), path)
    assert_array_equal(fractional_difference(path, 1.0)[1:], np.diff(path))
    assert_allclose(fractional_difference(path, 2.0)[2:], np.diff(path, 2), atol=1e-14)
    assert np.isnan(fractional_difference(path, 2.0)[:2]).all()


@pytest.mark.parametrize("threshold", [1e-4, 0.01], ids=["by transforms", "by plain sums"])
def test_every_value_is_the_weighted_sum_of_its_window(threshold: float) -> None:
    path = random_walk(2000)
    weights = fractional_weights(0.4, threshold)
    windows = np.lib.stride_tricks.sliding_window_view(path, weights.size)
    expected = (windows * weights[::-1]).sum(axis=1)
    out = fractional_difference(path, 0.4, threshold)
    assert np.isnan(out[: weights.size - 1]).all()
    assert_allclose(out[weights.size - 1 :], expected, rtol=1e-12)


@given(st.floats(0.1, 1.0), st.floats(0.1, 1.0))
def test_orders_add_up_when_differences_are_taken_one_after_the_other(a: float, b: float) -> None:
    first, second, both = (fractional_weights(d, 1e-12, max_width=200) for d in (a, b, a + b))
    size = min(first.size, second.size, both.size)
    product = np.convolve(first[:size], second[:size])[:size]
    assert_allclose(product, both[:size], atol=1e-14)


@pytest.mark.parametrize("d", [0.1, 0.4, 0.9, 1.5])
def test_later_rows_change_nothing(d: float) -> None:
    path = random_walk(6000)
    path[3000:] += 9.0  # a jump that a transform could smear backwards
    whole = fractional_difference(path, d)
    for cut in (600, 2999, 3001, 5999):
        part = fractional_difference(path[:cut], d)
        assert_allclose(part, whole[:cut], rtol=0, atol=1e-12)


def flat(level: float) -> np.ndarray:
    """A price that moves, stands still at a level from row 300 on, and moves again from 2500."""
    price = level * np.exp(random_walk(3000) - 4.0)
    price[300:2500] = level
    return price


READERS = {
    "rsi": 1,
    "donchian": 3,
    "rolling_zscore": 1,
    "drawdown": 1,
    "bollinger": 1,
    "entropy": 1,
    "autocorrelation": 1,
    "moments": 1,
}


@pytest.mark.parametrize("level", [87.3, 1.0], ids=["halted", "pegged"])
@pytest.mark.parametrize("rows", [310, 570, 590, 2400, 2501, 2510])
def test_features_of_it_know_no_later_rows_where_the_price_stands_still(
    level: float, rows: int
) -> None:
    index = pd.date_range("2001-01-01", periods=3000, tz="UTC")
    frame = pd.DataFrame({"close": flat(level)}, index=index)
    readers = [
        FeatureSpec(name, "1", {}, ("difference",) * n, f"{name}_of_it")
        for name, n in READERS.items()
    ]
    first = FeatureSpec("fractional_difference", "1", {}, ("close",), "difference")
    pipeline = FeaturePipeline([first, *readers]).fit(frame)
    whole, part = pipeline.transform(frame).iloc[:rows], pipeline.transform(frame.iloc[:rows])
    for name in whole:
        now, past = whole[name].to_numpy(), part[name].to_numpy()
        there = np.isfinite(past)
        assert_array_equal(there, np.isfinite(now), name)
        assert_allclose(now[there], past[there], rtol=1e-12, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("threshold", [1e-4, 0.01], ids=["by transforms", "by plain sums"])
def test_flat_windows_have_one_value_and_later_rows_change_no_bit_of_it(threshold: float) -> None:
    path = np.log(flat(87.3))
    weights = fractional_weights(0.4, threshold)
    still = slice(300 + weights.size - 1, 2500)
    whole = fractional_difference(path, 0.4, threshold)
    assert np.unique(whole[still]).size == 1
    assert_allclose(whole[still], path[300] * weights.sum(), rtol=1e-13)
    for cut in (305, 500, 2499, 2600):
        part = fractional_difference(path[:cut], 0.4, threshold)
        assert_array_equal(part[304:cut][: 2500 - 304], whole[304:cut][: 2500 - 304])


def test_where_blocks_end_does_not_show() -> None:
    path = random_walk(200_000)
    windows = np.lib.stride_tricks.sliding_window_view(path, WIDE)
    expected = windows @ fractional_weights(0.4)[::-1]
    whole = fractional_difference(path, 0.4)
    assert_allclose(whole[WIDE - 1 :], expected, rtol=0, atol=1e-13)
    block = 2048 - WIDE + 1
    for n in (WIDE, 2047, 2048, 2049, 2048 + block, 32 * block + WIDE - 1, 32 * block + WIDE):
        assert_allclose(fractional_difference(path[:n], 0.4), whole[:n], rtol=0, atol=1e-13)


def test_leading_nan_shift_the_start_and_a_gap_begins_anew() -> None:
    path = random_walk(900)
    holed = np.concatenate([[np.nan, np.nan], path, [np.inf], path[:400]])
    out = fractional_difference(holed, 0.4)
    assert_array_equal(out[:2], [np.nan, np.nan])
    assert_allclose(out[2:902], fractional_difference(path, 0.4), rtol=0, atol=1e-13)
    assert np.isnan(out[902])
    assert_allclose(out[903:], fractional_difference(path[:400], 0.4), rtol=0, atol=1e-13)


@pytest.mark.parametrize("n", [0, 1, 2, WIDE - 1])
def test_fewer_rows_than_the_window_give_nothing_but_nan(n: int) -> None:
    out = fractional_difference(random_walk(n), 0.4)
    assert out.shape == (n,)
    assert np.isnan(out).all()


def test_its_input_is_left_alone() -> None:
    path = random_walk(700)
    path.flags.writeable = False
    assert fractional_difference(path, 0.0) is not path
    assert fractional_difference(path, 0.4).flags.writeable


def test_a_random_walk_has_a_unit_root_and_its_increments_have_none() -> None:
    path = random_walk(1500, seed=1)
    assert adf(path)[1] > 0.2
    assert adf(np.diff(path))[1] < 0.001


def test_the_statistic_of_dickey_and_fuller_is_that_of_the_regression() -> None:
    path = random_walk(300)
    change = np.diff(path)
    design = np.column_stack([path[1:-1], change[:-1], np.ones(298)])
    fit, residual, *_ = np.linalg.lstsq(design, change[1:])
    spread = residual[0] / (298 - 3) * np.linalg.inv(design.T @ design)[0, 0]
    assert adf(path, lags=1)[0] == pytest.approx(fit[0] / np.sqrt(spread), rel=1e-8)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.arange(50.0), "50 values are too few .* needs 51"),
        (np.full(100, 3.0), "all alike"),
        (np.append(random_walk(100), np.nan), "not finite"),
    ],
)
def test_what_cannot_be_tested_is_refused(values: np.ndarray, words: str) -> None:
    with pytest.raises(DataError, match=words):
        adf(values)


def test_stationarity_is_gained_and_memory_lost_with_the_order(sp500: Dataset) -> None:
    path = np.log(sp500.column("close"))
    table = stationarity_by_d(path, [0.0, 0.3, 0.6, 1.0])
    assert list(table.columns) == ["d", "statistic", "p_value", "correlation", "n"]
    assert table["statistic"].is_monotonic_decreasing
    assert table["correlation"].is_monotonic_decreasing
    assert table["correlation"][0] == pytest.approx(1.0)
    assert table["p_value"][0] > 0.5
    assert table["p_value"][3] < 1e-6
    assert table["n"].tolist() == [
        path.size - fractional_weights(d).size + 1 for d in (0, 0.3, 0.6, 1)
    ]


def test_the_feature_differences_the_log_price(sp500: Dataset) -> None:
    close = sp500.column("close")
    params = feature.resolve({"d": 1.0})
    (found,) = feature.compute([close], params)
    expected = np.log(pd.Series(close)).diff()
    assert_allclose(found, expected, atol=1e-14)
    assert feature.warm_up_rows(params) == 1
    assert feature.warm_up_rows(feature.resolve()) == WIDE - 1


def test_a_constant_price_gives_its_log_times_the_sum_of_the_weights() -> None:
    (found,) = feature.compute([np.full(400, 100.0)], feature.resolve())
    expected = np.log(100.0) * fractional_weights(0.4).sum()
    assert_allclose(found[WIDE - 1 :], expected, rtol=1e-12)


def test_the_smallest_order_that_passes_is_learned(sp500: Dataset) -> None:
    close = sp500.column("close")[:3000]
    state = learning.fit([close], learning.resolve())
    table = stationarity_by_d(np.log(close), np.round(np.arange(0, 1.01, 0.05), 2))
    passing = table[table["p_value"] <= 0.05].iloc[0]
    assert state == {"d": passing["d"], "p_value": passing["p_value"], "passed": 1}
    assert 0 < state["d"] < 1


def test_what_was_learned_decides_values_and_warm_up(sp500: Dataset) -> None:
    close = sp500.column("close")
    state = {"d": 0.4, "p_value": 0.01, "passed": 1}
    params = learning.resolve()
    (found,) = learning.compute([close], params, state)
    assert_array_equal(found, feature.compute([close], feature.resolve({"d": 0.4}))[0])
    assert learning.warm_up_rows(params, state) == WIDE - 1


def test_a_series_that_is_stationary_already_keeps_its_whole_memory() -> None:
    close = np.exp(np.random.default_rng(1).normal(0.0, 0.01, 700))
    assert learning.fit([close], learning.resolve())["d"] == 0.0


def test_it_says_so_if_no_order_passes() -> None:
    # A path whose increments are a random walk: order 1 leaves a unit root.
    close = np.exp(np.cumsum(random_walk(800) - 4.0) / 100)
    state = learning.fit([close], learning.resolve({"step": 0.3, "max_d": 1.0}))
    assert (state["d"], state["passed"]) == (1.0, 0)
    assert state["p_value"] > 0.05


def test_rows_that_are_too_few_or_all_alike_teach_nothing() -> None:
    with pytest.raises(DataError, match=r"learns from 300 rows and needs 578.*527 weights"):
        learning.fit([np.exp(random_walk(300))], learning.resolve())
    with pytest.raises(DataError, match="all alike"):
        learning.fit([np.full(700, 5.0)], learning.resolve())
