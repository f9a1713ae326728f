"""Armstrong's calendar: turning points by both rules, places between them, the feature.

Dates are those of the list of turning points 1989.95, 1998.55, 2007.15, 2015.75, 2024.35 and
2032.95, worked out by hand from each fraction.
"""

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from peaklib.errors import DataError
from peaklib.features.cycles import HALF, QUARTER, locate, rising, turning_points
from peaklib.features.transforms import ecm

DECIMAL_YEARS = [1981.35, 1989.95, 1998.55, 2007.15, 2015.75, 2024.35, 2032.95]


def stamps(*texts: str) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(texts, tz="UTC")


def days(index: pd.DatetimeIndex) -> list[str]:
    return index.strftime("%Y-%m-%d").tolist()


def test_turning_points_by_armstrongs_rule() -> None:
    # Day of the year 365 x fraction, truncated: 127, 346, 200, 54, 273, 127 (a leap year), 346.
    expected = ["1981-05-07", "1989-12-12", "1998-07-19", "2007-02-23", "2015-09-30"]
    assert days(turning_points(1980, 2035)) == [*expected, "2024-05-06", "2032-12-11"]


def test_turning_points_by_elapsed_time() -> None:
    found = turning_points(1980, 2035, rule="elapsed")
    assert found[4] == pd.Timestamp("2015-10-01 18:00", tz="UTC")
    starts = [datetime(int(year), 1, 1) for year in DECIMAL_YEARS]
    lengths = [366 if year % 4 == 0 else 365 for year in map(int, DECIMAL_YEARS)]
    fractions = [year % 1 for year in DECIMAL_YEARS]
    expected = [
        start + timedelta(days=length * fraction)
        for start, length, fraction in zip(starts, lengths, fractions, strict=True)
    ]
    assert [
        abs(a - b) < timedelta(seconds=1)
        for a, b in zip(found.tz_localize(None).to_pydatetime(), expected, strict=True)
    ] == [True] * 7


def test_2015_75_is_30_september_or_1_october() -> None:
    assert days(turning_points(2015, 2015)) == ["2015-09-30"]
    assert days(turning_points(2015, 2015, rule="elapsed")) == ["2015-10-01"]


def test_halves_and_quarters_hold_the_whole_ones() -> None:
    whole = turning_points(1950, 2050)
    halves = turning_points(1950, 2050, span=HALF)
    quarters = turning_points(1950, 2050, span=QUARTER)
    assert set(whole) < set(halves) < set(quarters)
    assert days(turning_points(2002, 2011, span=HALF)) == ["2002-11-06", "2007-02-23", "2011-06-13"]
    # A decimal year without a fraction is its first day, though 365 x 0 is no day at all.
    assert days(turning_points(2005, 2005, span=QUARTER)) == ["2005-01-01"]


def test_a_wave_is_about_a_thousand_times_pi_days_long() -> None:
    moments = turning_points(1900, 2100)
    gaps = np.diff(moments.as_unit("s").asi8) / 86_400
    assert_allclose(gaps, 8.6 * 365.25, atol=2)
    assert gaps.mean() == pytest.approx(1000 * np.pi, abs=1)


def test_an_unknown_rule_is_refused() -> None:
    with pytest.raises(DataError, match=r"no rule 'pi' .* armstrong, elapsed"):
        locate(stamps("2020-01-01"), rule="pi")


def test_places_worked_by_hand() -> None:
    found = locate(stamps("2007-02-22", "2007-02-23", "2007-02-24 12:00", "2015-09-30"))
    assert found.number.tolist() == [1, 2, 2, 3]
    assert found.since[1:].tolist() == [0, 1.5, 0]
    assert found.until[0] == 1
    # 23 February 2007 to 30 September 2015: 8 years with 2 leap days, and 219 days.
    assert found.until[1] == 8 * 365 + 2 + 219
    assert found.phase[1] == 0
    assert found.phase[2] == pytest.approx(1.5 / 3141)


@given(
    st.datetimes(datetime(1800, 1, 1), datetime(2200, 1, 1)),
    st.sampled_from([215, 430, 860]),
    st.sampled_from(["armstrong", "elapsed"]),
)
def test_every_stamp_lies_between_its_turning_points(moment, span: int, rule: str) -> None:
    stamp = pd.DatetimeIndex([moment], tz="UTC")
    found = locate(stamp, span, rule)
    points = turning_points(moment.year - 10, moment.year + 10, span=span, rule=rule)
    assert found.since[0] == (stamp[0] - points[points <= stamp[0]][-1]) / pd.Timedelta(days=1)
    assert found.until[0] == (points[points > stamp[0]][0] - stamp[0]) / pd.Timedelta(days=1)
    assert 0 <= found.phase[0] < 1


@pytest.mark.parametrize("rule", ["armstrong", "elapsed"])
def test_both_edges_of_a_year_without_turning_points_are_found(rule: str) -> None:
    for year in range(1970, 2040):
        one = locate(stamps(f"{year}-01-01", f"{year}-12-31 23:59"), QUARTER, rule)
        assert np.all((one.since >= 0) & (one.until > 0) & (one.since + one.until < 800))


def test_the_wave_rises_from_a_low_to_the_next_high() -> None:
    around = stamps("2002-11-05", "2002-11-06", "2007-02-22", "2007-02-23", "2011-06-12")
    assert rising(around).tolist() == [False, True, True, False, False]
    assert rising(stamps("1985-08-28", "1985-09-01", "1989-12-11", "1989-12-12")).tolist() == [
        *(True, True, True, False)
    ]
    assert rising(stamps()).shape == (0,)


def test_columns_of_the_feature_around_a_turning_point() -> None:
    index = pd.date_range("2015-08-29", "2015-11-02", tz="UTC")
    found = dict(zip(ecm.outputs, ecm.compute([index], ecm.resolve()), strict=True))
    at = index.get_loc(pd.Timestamp("2015-09-30", tz="UTC"))
    # 30 days on both sides, the 30th included.
    assert days(index[found["turning"] == 1])[:: 2 * 30] == ["2015-08-31", "2015-10-30"]
    for name in ("phase", "half_phase", "quarter_phase"):
        assert found[name][at] == 0
        assert found[name][at - 1] > 0.99
    assert found["days_since"][at] == 0
    assert found["days_until"][at - 1] == 1


def test_the_low_of_the_wave_is_half_way_and_half_and_quarter_cycles_begin_there() -> None:
    found = ecm.compute([stamps("2011-06-13")], ecm.resolve())
    phase, _, _, half, quarter, turning = (float(column[0]) for column in found)
    assert phase == pytest.approx(0.5, abs=0.001)
    assert (half, quarter, turning) == (0, 0, 0)


def test_a_window_of_no_days_marks_the_moment_alone() -> None:
    index = pd.date_range("2015-09-29", "2015-10-02", freq="6h", tz="UTC")
    for rule, expected in (("armstrong", "2015-09-30 00:00"), ("elapsed", "2015-10-01 18:00")):
        turning = ecm.compute([index], ecm.resolve({"rule": rule, "window": 0}))[-1]
        assert index[turning == 1].tolist() == [pd.Timestamp(expected, tz="UTC")]


@pytest.mark.parametrize("unit", ["s", "us", "ns"])
def test_the_unit_of_stamps_and_later_rows_change_nothing(unit: str) -> None:
    index = pd.date_range("1999-01-01", "2020-01-01", freq="11D", tz="UTC", unit=unit)
    whole = ecm.compute([index], ecm.resolve())
    for part, all_of_it in zip(
        ecm.compute([index[:300].as_unit("us")], ecm.resolve()), whole, strict=True
    ):
        assert_array_equal(part, all_of_it[:300])
