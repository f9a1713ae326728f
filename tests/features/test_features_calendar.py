"""The calendar of a bar's stamp, against dates known by heart and against pandas."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from peaklib.features.transforms import calendar

NAMES = calendar.outputs


def columns(*stamps: str, **params: int) -> dict[str, list[float]]:
    index = pd.DatetimeIndex(stamps, tz="UTC")
    found = calendar.compute([index], calendar.resolve(params))
    return {name: column.tolist() for name, column in zip(NAMES, found, strict=True)}


def test_dates_known_by_heart() -> None:
    # 29 February 2000 was a Tuesday, the first landing on the moon on a Sunday.
    found = columns("2000-02-29 00:00", "1969-07-20 20:17")
    assert found["weekday"] == [1, 6]
    assert found["month"] == [2, 7]
    assert found["day"] == [29, 20]
    assert found["hour"] == [0, 20]
    assert found["days_to_month_end"] == [0, 11]


def test_the_turn_of_a_month_is_its_last_weekday_and_the_first_three() -> None:
    # February 2024 ended on a Thursday; 1 March was a Friday, so the 5th is the third weekday.
    days = ["2024-02-28", "2024-02-29", "2024-03-01", "2024-03-02", "2024-03-05", "2024-03-06"]
    assert columns(*days)["turn_of_month"] == [0, 1, 1, 1, 1, 0]
    # March 2024 ended on Easter Sunday; its last weekday is Good Friday the 29th by this rule.
    days = ["2024-03-28", "2024-03-29", "2024-03-30", "2024-03-31", "2024-04-01"]
    assert columns(*days)["turn_of_month"] == [0, 1, 1, 1, 1]
    days = ["2024-03-28", "2024-04-01", "2024-04-02"]
    assert columns(*days, turn_before=2, turn_after=1)["turn_of_month"] == [1, 1, 0]


def test_the_year_is_a_circle_in_leap_years_too() -> None:
    # 2 July noon is the middle of a common year, day 183 of 366 the middle of a leap year.
    found = columns("2023-01-01", "2024-01-01", "2024-07-02", "2023-12-31")
    assert_allclose(found["year_sin"], [0, 0, 0, -np.sin(2 * np.pi / 365)], atol=1e-15)
    assert_allclose(found["year_cos"], [1, 1, -1, np.cos(2 * np.pi / 365)], atol=1e-15)


@pytest.mark.parametrize("unit", ["s", "us", "ns"])
def test_fields_equal_those_of_pandas_in_every_unit(unit: str) -> None:
    index = pd.date_range("1898-12-30", "1904-03-02", freq="7h", tz="UTC", unit=unit)
    found = dict(zip(NAMES, calendar.compute([index], calendar.resolve()), strict=True))
    assert_array_equal(found["weekday"], index.day_of_week)
    assert_array_equal(found["month"], index.month)
    assert_array_equal(found["day"], index.day)
    assert_array_equal(found["hour"], index.hour)
    assert_array_equal(found["days_to_month_end"], index.days_in_month - index.day)
    length = np.where(index.is_leap_year, 366, 365)
    angle = np.arctan2(found["year_sin"], found["year_cos"]) % (2 * np.pi)
    assert_allclose(angle / (2 * np.pi) * length, index.day_of_year - 1, atol=1e-9)


def test_the_turn_of_a_month_does_not_depend_on_which_bars_follow() -> None:
    index = pd.bdate_range("2020-01-01", "2021-12-31", tz="UTC")
    whole = calendar.compute([index], calendar.resolve())
    assert np.mean(whole[NAMES.index("turn_of_month")]) == pytest.approx(4 / 21.8, abs=0.01)
    for cut in (1, 20, 22, 23, 261):
        for part, all_of_it in zip(
            calendar.compute([index[:cut]], calendar.resolve()), whole, strict=True
        ):
            assert_array_equal(part, all_of_it[:cut])


def test_stamps_are_read_in_utc() -> None:
    late = pd.DatetimeIndex(["2024-01-31 20:00"], tz="America/New_York")
    found = dict(zip(NAMES, calendar.compute([late], calendar.resolve()), strict=True))
    assert (found["month"][0], found["day"][0], found["hour"][0]) == (2, 1, 1)
