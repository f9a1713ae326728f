"""The symmetric CUSUM filter: rules by hand, identities, and the feature."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from peaklib.data import Dataset
from peaklib.errors import DataError
from peaklib.features.events import cusum, cusum_events, event_times
from peaklib.features.transforms import cusum as feature
from peaklib.features.volatility import ewm_volatility

NAN = np.nan
PATHS = st.lists(st.integers(-20, 20).map(float), min_size=1, max_size=60)


def test_sums_and_events_worked_by_hand() -> None:
    #      increments:    +2   +2   -1   -3   -1   +9
    values = np.array([0.0, 2.0, 4.0, 3.0, 0.0, -1.0, 8.0])
    event, up, down = cusum(values, 3.0)
    # Bar 2: up 4 > 3; bar 4: down -4 < -3, while up had begun anew at bar 2 and is 0;
    # bar 5: down -1; bar 6: up 9.
    assert_array_equal(event, [0, 0, 1, 0, -1, 0, 1])
    assert_array_equal(up, [0, 2, 0, 0, 0, 0, 0])
    assert_array_equal(down, [0, 0, 0, -1, 0, -1, 0])


def test_a_sum_equal_to_the_threshold_is_no_event() -> None:
    assert_array_equal(cusum_events(np.array([0.0, 3.0, 3.5]), 3.0), [0, 0, 1])
    assert_array_equal(cusum_events(np.full(5, 7.0), 0.0), 0)


def test_the_sum_of_the_other_side_goes_on() -> None:
    # Up 4 makes an event at bar 2; down stood at -1 + 4 -> 0. Then -2 twice: down -4 at bar 4.
    event, _, down = cusum(np.array([0.0, -1.0, 3.0, 1.0, -1.0]), 3.5)
    assert_array_equal(event, [0, 0, 1, 0, -1])
    assert_array_equal(down, [0, -1, 0, -2, 0])


@pytest.mark.parametrize(("last", "expected"), [(2.0, 1.0), (1.5, 1.0), (1.0, -1.0)])
def test_when_a_falling_threshold_is_passed_on_both_sides_the_larger_sum_wins(
    last: float, expected: float
) -> None:
    # After bar 1 down is -3; a rise by `last` leaves down = last - 3 beside up = last.
    event, up, down = cusum(np.array([0.0, -3.0, -3.0 + last]), np.array([9.0, 9.0, 0.5]))
    assert event[2] == expected
    assert (up[2], down[2]) == ((0.0, last - 3.0) if expected > 0 else (last, 0.0))


def test_a_missing_threshold_means_no_event_and_unchanged_sums() -> None:
    limits = np.array([NAN, NAN, 3.0, NAN, 3.0])
    event, up, _ = cusum(np.array([0.0, 5.0, 7.0, 9.0, 11.0]), limits)
    # Only bars 2 and 4 count, +2 each.
    assert_array_equal(up, [0, 0, 2, 2, 0])
    assert_array_equal(event, [0, 0, 0, 0, 1])


def test_the_increment_after_a_missing_value_counts_from_the_last_one_known() -> None:
    _, up, _ = cusum(np.array([NAN, 1.0, NAN, 3.0, 4.0]), 9.0)
    assert_array_equal(up, [0, 0, 0, 2, 3])


@given(PATHS)
def test_without_events_the_sums_are_drawup_and_drawdown(path: list[float]) -> None:
    values = np.array(path)
    event, up, down = cusum(values, np.inf)
    assert not event.any()
    assert_array_equal(up, values - np.minimum.accumulate(values))
    assert_array_equal(down, values - np.maximum.accumulate(values))


@given(PATHS, st.sampled_from([0.0, 0.5, 2.0, 7.0]))
def test_the_mirrored_path_has_mirrored_events(path: list[float], threshold: float) -> None:
    values = np.array(path)
    event, up, down = cusum(values, threshold)
    mirrored, above, below = cusum(-values, threshold)
    assert_array_equal(mirrored, -event)
    assert_array_equal(above, -down)
    assert_array_equal(below, -up)
    assert np.all((up >= 0) & (up <= threshold) & (down <= 0) & (down >= -threshold))


@given(PATHS, st.integers(1, 59))
def test_later_values_change_nothing(path: list[float], cut: int) -> None:
    values = np.array(path)
    for part, whole in zip(cusum(values[:cut], 3.0), cusum(values, 3.0), strict=True):
        assert_array_equal(part, whole[:cut])


@pytest.mark.parametrize(
    ("threshold", "words"), [(-1.0, "a threshold is -1.0"), (np.ones(2), r"shape \(2,\) for 3")]
)
def test_thresholds_that_are_none_are_refused(threshold, words: str) -> None:
    with pytest.raises(DataError, match=words):
        cusum_events(np.arange(3.0), threshold)


def test_times_of_events_leave_out_zero_and_nan() -> None:
    index = pd.date_range("2024-01-01", periods=5, tz="UTC")
    flags = np.array([NAN, 0.0, 1.0, -1.0, 0.0])
    assert event_times(index, flags).tolist() == index[2:4].tolist()


def test_the_threshold_of_the_feature_is_the_volatility_of_the_bar_before(sp500: Dataset) -> None:
    close = sp500.column("close")[:600]
    event, up, down = feature.compute([close], feature.resolve({"multiple": 1.5, "span": 10}))
    path = np.log(pd.Series(close))
    # A bar's threshold does not know the bar itself: the rule again, in plain Python.
    limit = 1.5 * pd.Series(ewm_volatility(close, 10)).shift(1)
    high = low = 0.0
    for t in range(11, 600):
        step = path[t] - path[t - 1]
        high, low = max(0.0, high + step), min(0.0, low + step)
        wanted = 1.0 if high > limit[t] else -1.0 if low < -limit[t] else 0.0
        assert event[t] == wanted
        high, low = (0.0 if wanted > 0 else high), (0.0 if wanted < 0 else low)
        assert_allclose([up[t], down[t]], [high, low], atol=1e-13)
    assert 20 < np.abs(event[11:]).sum() < 300


def test_the_feature_starts_with_the_first_threshold(sp500: Dataset) -> None:
    params = feature.resolve()
    columns = feature.compute([sp500.column("close")[:200]], params)
    assert feature.warm_up_rows(params) == 21
    for column in columns:
        assert np.isnan(column[:21]).all()
        assert np.isfinite(column[21:]).all()


def test_a_constant_price_has_no_event() -> None:
    event, up, down = feature.compute([np.full(60, 12.3)], feature.resolve())
    assert_array_equal(np.array([event, up, down])[:, 21:], 0.0)
