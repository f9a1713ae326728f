"""What quality() reports, on micro cases and on the real series."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from peaklib.data import Dataset, from_frame, load

OPENS = """Date,Open,High,Low,Close,Volume
2023-12-28,100,101,99,100,5
2023-12-29,100,103,99,102,0
2024-01-02,102.01,105,99,104,5
2024-01-03,104.02,106,99,105,0
2024-01-08,105,106,99,104,5
"""


def test_a_small_series_by_hand(write: Callable[..., Path]) -> None:
    quality = load(write(OPENS), bars_per_year=252).between().quality()
    assert quality.n_bars == 5
    assert (quality.start, quality.end) == (
        pd.Timestamp("2023-12-28", tz="UTC"),
        pd.Timestamp("2024-01-08", tz="UTC"),
    )
    assert quality.largest_gap == pd.Timedelta(days=5)
    assert quality.largest_gap_start == pd.Timestamp("2024-01-03", tz="UTC")
    # 1, 4 and 5 January have no bar.
    assert quality.weekdays_without_bar == 3
    assert quality.missing_intervals is None
    assert quality.zero_volume == 2
    # 100 and 105 equal, 102.01 within one basis point of 102, 104.02 two beyond 104.
    assert quality.open_equals_previous_close == 0.75
    assert quality.open_equals_previous_close_by_year == {2023: 1.0, 2024: pytest.approx(2 / 3)}


def _hourly(hours: list[int]) -> Dataset:
    start = pd.Timestamp("2024-01-01", tz="UTC")
    index = pd.DatetimeIndex([start + pd.Timedelta(hours=hour) for hour in hours])
    return from_frame(pd.DataFrame({"close": 1.0}, index=index), name="x")


def test_a_market_that_never_closes_misses_intervals_not_weekdays() -> None:
    hours = [hour for hour in range(24 * 14) if hour not in (5, 6, 100)]
    quality = _hourly(hours).quality()
    assert quality.missing_intervals == 3
    assert quality.weekdays_without_bar is None
    assert quality.largest_gap == pd.Timedelta(hours=3)


def test_a_constant_series_has_no_outliers_and_a_value_series_no_opens() -> None:
    quality = _hourly(list(range(24 * 14))).quality()
    assert quality.outliers == ()
    assert quality.zero_volume is None
    assert quality.open_equals_previous_close is None
    assert quality.open_equals_previous_close_by_year is None


def test_a_jump_beyond_ten_robust_sigmas_is_named() -> None:
    steps = np.tile([0.01, -0.01], 50)
    # Median absolute log return 0.01, so the line is at 0.14826.
    steps[20], steps[40] = 0.148, -0.149
    close = 100 * np.exp(np.cumsum(steps))
    index = pd.date_range("2024-01-01", periods=100, freq="B", tz="UTC")
    quality = from_frame(pd.DataFrame({"close": close}, index=index), name="x").quality()
    assert quality.outliers == (index[40],)
    assert quality.outlier_rule == "|log return| above 10 x 1.4826 x its median absolute value"


def test_the_opens_of_the_early_sp500_are_copies_of_the_close_before() -> None:
    by_year = load("sp500").quality().open_equals_previous_close_by_year
    assert by_year is not None
    early = [by_year[year] for year in range(1999, 2006)]
    assert 0.965 <= min(early) <= max(early) <= 1.0
    assert max(by_year[year] for year in range(2014, 2019)) < 0.15


def test_the_longest_close_of_the_exchange_is_september_2001() -> None:
    quality = load("sp500").quality()
    assert quality.largest_gap == pd.Timedelta(days=7)
    assert quality.largest_gap_start == pd.Timestamp("2001-09-10", tz="UTC")


def test_a_sub_period_reports_only_the_days_dropped_within() -> None:
    vix = load("vix")
    assert len(vix.quality().dropped) == 46
    part = vix.between("2014-01-10", "2014-02-20").quality()
    assert part.dropped == ("2014-01-20", "2014-02-17")
    assert part.weekdays_without_bar == 2


def test_a_single_bar_can_be_described() -> None:
    quality = load("sp500").between("2001-09-17", "2001-09-17").quality()
    assert (quality.n_bars, quality.largest_gap_start) == (1, None)
    assert (quality.outliers, quality.open_equals_previous_close) == ((), None)
    assert quality.to_frame().shape == (11, 2)


def test_it_can_be_shown_and_stored() -> None:
    quality = load("nasdaq").quality()
    table = quality.to_frame().set_index("check")["found"]
    assert table["bars"] == "5,031"
    assert table["bars with zero volume"] == "2"
    assert table["first bar"] == "1999-01-04"
    stored = json.loads(json.dumps(quality.to_json(), allow_nan=False))
    assert stored["weekdays_without_bar"] == 185
    assert stored["largest_gap"] == "P7DT0H0M0S"
    assert stored["outliers"] == ["2001-01-03T00:00:00+00:00", "2008-10-13T00:00:00+00:00"]
    assert list(stored["open_equals_previous_close_by_year"]) == [str(y) for y in range(1999, 2019)]
