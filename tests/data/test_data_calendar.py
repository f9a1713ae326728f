"""Interval, calendar and bars per year from the stamps alone."""

import math

import pandas as pd
import pytest

from peaklib.data.calendar import find_rhythm
from peaklib.errors import DataError


def _dates(**given: object) -> pd.DatetimeIndex:
    return pd.date_range("2024-01-01", tz="UTC", **given)  # type: ignore[call-overload]


def _sessions(first: str, last: str, freq: str, zone: str) -> pd.DatetimeIndex:
    days = pd.date_range("2024-01-01", "2024-06-28", freq="B")
    stamps = [
        stamp
        for day in days
        for stamp in pd.date_range(f"{day:%F} {first}", f"{day:%F} {last}", freq=freq, tz=zone)
    ]
    return pd.DatetimeIndex(stamps).tz_convert("UTC")


@pytest.mark.parametrize(
    ("stamps", "calendar", "bars_per_year", "basis"),
    [
        (_dates(periods=30, freq="B"), "weekdays", 252, "252 sessions a year, one bar each"),
        (_dates(periods=9, freq="D"), "24/7", 365, "365 days a year, one bar each"),
        (_dates(periods=30, freq="W-FRI"), "weekly", 52, "52 weeks a year, one bar each"),
        (_dates(periods=30, freq="MS"), "monthly", 12, "12 months a year, one bar each"),
        (_dates(periods=30, freq="BME"), "monthly", 12, "12 months a year, one bar each"),
        (
            _dates(periods=24 * 30, freq="h"),
            "24/7",
            365 * 24,
            "365 days a year around the clock, one bar every 1 h",
        ),
        (
            _dates(periods=96 * 30, freq="15min"),
            "24/7",
            365 * 96,
            "365 days a year around the clock, one bar every 15 min",
        ),
    ],
)
def test_regular_series_give_their_calendar(
    stamps: pd.DatetimeIndex, calendar: str, bars_per_year: float, basis: str
) -> None:
    rhythm = find_rhythm(stamps, "UTC", None, "x")
    assert (rhythm.calendar, rhythm.bars_per_year) == (calendar, bars_per_year)
    assert rhythm.basis == f"derived: {basis}"


def test_exchange_hours_count_their_median_bars_a_session_across_clock_changes() -> None:
    stamps = _sessions("09:30", "15:30", "h", "America/New_York")
    rhythm = find_rhythm(stamps, "America/New_York", None, "x")
    assert rhythm.calendar == "weekdays"
    assert rhythm.interval == pd.Timedelta(hours=1)
    assert rhythm.bars_per_year == 252 * 7


def test_daily_bars_of_a_zone_keep_a_day_when_clocks_change() -> None:
    local = pd.date_range("2024-03-01", periods=20, freq="B", tz="America/New_York")
    rhythm = find_rhythm(local.tz_convert("UTC"), "America/New_York", None, "x")
    assert (rhythm.calendar, rhythm.interval) == ("weekdays", pd.Timedelta(days=1))


def test_a_market_that_opens_on_sunday_evening_is_a_weekday_market() -> None:
    stamps = pd.date_range("2024-01-07 22:00", "2024-03-01 21:00", freq="h", tz="UTC")
    open_hours = (
        (stamps.day_of_week < 4)
        | ((stamps.day_of_week == 4) & (stamps.hour < 22))
        | ((stamps.day_of_week == 6) & (stamps.hour >= 22))
    )
    rhythm = find_rhythm(stamps[open_hours], "UTC", None, "x")
    assert (rhythm.calendar, rhythm.bars_per_year) == ("weekdays", 252 * 24)


UNDERIVABLE = [
    (_dates(periods=24 * 3, freq="h"), "no weekend in the data"),
    (_dates(periods=30, freq="QS"), "no known calendar"),
    (_dates(periods=60, freq="D")[_dates(periods=60, freq="D").day_of_week != 5], "neither"),
    (_dates(periods=24 * 5 + 5, freq="h"), "21% of the weekends' bars"),
    (pd.DatetimeIndex(["2024-01-01", "2024-01-02", "2024-01-05", "2024-01-15"], tz="UTC"), "usual"),
]


@pytest.mark.parametrize(("stamps", "reason"), UNDERIVABLE)
def test_what_cannot_be_derived_must_be_given(stamps: pd.DatetimeIndex, reason: str) -> None:
    with pytest.raises(DataError, match=rf"{reason}.*pass bars_per_year="):
        find_rhythm(stamps, "UTC", None, "x")
    given = find_rhythm(stamps, "UTC", 300, "x")
    assert (given.bars_per_year, given.basis) == (300.0, "given")


def test_a_rare_saturday_session_leaves_a_weekday_market() -> None:
    weekdays = _dates(periods=60, freq="B")
    stamps = weekdays.union(pd.DatetimeIndex(["2024-01-20"], tz="UTC"))
    assert find_rhythm(stamps, "UTC", None, "x").calendar == "weekdays"


def test_a_given_count_wins_over_the_derived_one() -> None:
    rhythm = find_rhythm(_dates(periods=30, freq="B"), "UTC", 260, "x")
    assert (rhythm.calendar, rhythm.bars_per_year, rhythm.basis) == ("weekdays", 260.0, "given")


@pytest.mark.parametrize("count", [0, -1, math.nan, math.inf])
def test_a_count_that_cannot_annualise_is_refused(count: float) -> None:
    with pytest.raises(DataError, match="above zero"):
        find_rhythm(_dates(periods=30, freq="B"), "UTC", count, "x")


def test_one_bar_has_no_interval() -> None:
    with pytest.raises(DataError, match="at least two"):
        find_rhythm(_dates(periods=1, freq="D"), "UTC", 252, "x")
