"""Unconditional coverage and the traffic light, against printed tables and enumeration."""

import math

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy import optimize, stats

from peaklib.errors import DataError
from peaklib.risk.var_tests.coverage import kupiec_pof, kupiec_region, time_until_first_failure
from peaklib.risk.var_tests.exceptions import exceptions_of
from peaklib.risk.var_tests.traffic_light import (
    ZoneLimits,
    rolling_zones,
    traffic_light,
    zone_limits,
)

# Kupiec (1995), table of non-rejection regions at 5 %: smallest and largest count kept over
# 255, 510 and 1000 days. Recalled and recomputed; the paper was not at hand. One row differs:
# at 1 % and 255 days it prints N < 7, and the exact statistic also rejects N = 0.
REGIONS = {
    0.01: [(1, 6), (2, 10), (5, 16)],
    0.025: [(3, 11), (7, 20), (16, 35)],
    0.05: [(7, 20), (17, 35), (38, 64)],
    0.075: [(12, 27), (28, 50), (60, 91)],
    0.10: [(17, 35), (39, 64), (82, 119)],
}


def test_non_rejection_regions_are_those_of_kupiec_1995() -> None:
    found = {
        tail: [
            (region.low, region.high)
            for region in (kupiec_region(days, tail) for days in (255, 510, 1000))
        ]
        for tail in REGIONS
    }
    assert found == REGIONS


def test_no_exceedance_in_255_days_is_rejected_although_the_table_prints_fewer_than_seven() -> None:
    assert kupiec_pof(0, 255, 0.01).statistic == pytest.approx(-2 * 255 * math.log(0.99))
    assert kupiec_pof(0, 255, 0.01).p_value < 0.05 < kupiec_pof(1, 255, 0.01).p_value


def test_counts_of_a_published_example_give_its_ratios() -> None:
    """MathWorks, Risk Management Toolbox, pages of varbacktest pof, tuff and tl (95 % VaR)."""
    pof, tuff = kupiec_pof(57, 1043, 0.05), time_until_first_failure(58, 0.05)
    assert (pof.statistic, pof.p_value) == pytest.approx((0.46147, 0.49694), abs=5e-6)
    assert (tuff.statistic, tuff.p_value) == pytest.approx((1.7354, 0.18773), abs=5e-5)
    light = traffic_light(57, 1043, 0.05)
    assert light.zone == "green"
    assert (light.cumulative, light.p_value) == pytest.approx((0.77913, 0.26396), abs=5e-6)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.integers(1, 400), st.floats(0.002, 0.5), st.data())
def test_the_ratio_is_that_of_two_binomial_likelihoods(
    n_days: int, tail: float, data: st.DataObject
) -> None:
    count = data.draw(st.integers(0, n_days))
    found = kupiec_pof(count, n_days, tail)
    best = stats.binom.logpmf(count, n_days, count / n_days)
    null = stats.binom.logpmf(count, n_days, tail)
    assert found.statistic == pytest.approx(2 * (best - null), abs=1e-7)
    assert found.p_value == pytest.approx(stats.chi2.sf(found.statistic, 1))


def test_a_search_for_the_likeliest_rate_finds_the_same_ratio() -> None:
    def fit(rate: float) -> float:
        return -float(stats.binom.logpmf(9, 250, rate))

    best = optimize.minimize_scalar(fit, bounds=(1e-6, 0.5), method="bounded")
    assert kupiec_pof(9, 250, 0.01).statistic == pytest.approx(2 * (fit(0.01) - best.fun), abs=1e-6)


def test_the_waiting_time_is_judged_as_a_geometric_one() -> None:
    for first in (1, 2, 58, 700):
        gain = stats.geom.logpmf(first, 1 / first) - stats.geom.logpmf(first, 0.01)
        assert time_until_first_failure(first, 0.01).statistic == pytest.approx(2 * gain)
    assert time_until_first_failure(100, 0.01).p_value == 1.0


def test_size_and_power_are_sums_over_all_counts() -> None:
    for days, tail, rate in ((250, 0.01, None), (500, 0.05, 0.08), (60, 0.3, 0.1)):
        true = rate or tail
        rejected = [x for x in range(days + 1) if kupiec_pof(x, days, tail).p_value < 0.05]
        expected = stats.binom.pmf(rejected, days, true).sum()
        assert kupiec_region(days, tail, rate=rate).rejection == pytest.approx(expected)


def test_the_size_over_one_year_at_99_percent_is_nearly_twice_the_promised() -> None:
    assert kupiec_region(250, 0.01).rejection == pytest.approx(0.0948, abs=5e-5)
    assert kupiec_region(1000, 0.01).rejection == pytest.approx(0.0551, abs=5e-5)


def test_counts_that_cannot_be_are_refused() -> None:
    for count, days in ((-1, 10), (11, 10), (0, 0)):
        with pytest.raises(DataError, match=f"{count} exceedances in {days} days"):
            kupiec_pof(count, days, 0.01)
    for tail in (0.0, 1.0, math.nan, -0.1):
        with pytest.raises(DataError, match="tail is"):
            kupiec_pof(1, 10, tail)
    with pytest.raises(DataError, match="counted from 1"):
        time_until_first_failure(0, 0.01)
    with pytest.raises(DataError, match="significance is 0"):
        kupiec_region(10, 0.01, significance=0)
    with pytest.raises(DataError, match="every count is rejected"):
        kupiec_region(1, 0.4, significance=0.9)


# --- traffic light ------------------------------------------------------------------------

# Basel Committee (1996), table 2, and (2019) MAR32: count, zone, multipliers. Recalled; the
# zones and cumulative probabilities are recomputed below from the binomial distribution.
BASEL = [
    (0, "green", 3.00, 1.50, 0.0811),
    (1, "green", 3.00, 1.50, 0.2858),
    (2, "green", 3.00, 1.50, 0.5432),
    (3, "green", 3.00, 1.50, 0.7581),
    (4, "green", 3.00, 1.50, 0.8922),
    (5, "yellow", 3.40, 1.70, 0.9588),
    (6, "yellow", 3.50, 1.76, 0.9863),
    (7, "yellow", 3.65, 1.83, 0.9960),
    (8, "yellow", 3.75, 1.88, 0.9989),
    (9, "yellow", 3.85, 1.92, 0.9997),
    (10, "red", 4.00, 2.00, 0.9999),
    (25, "red", 4.00, 2.00, 1.0),
]


def test_zones_and_multipliers_over_250_days_are_those_of_basel() -> None:
    for count, zone, first, latest, cumulative in BASEL:
        light = traffic_light(count)
        assert (light.zone, light.multiplier) == (zone, first), count
        assert traffic_light(count, schedule="2019").multiplier == latest, count
        assert light.cumulative == pytest.approx(cumulative, abs=6e-5), count
        assert light.p_value == pytest.approx(stats.binom.sf(count - 1, 250, 0.01)), count


def test_other_windows_get_zones_by_probability_but_no_multiplier() -> None:
    for days, tail in ((500, 0.01), (250, 0.05), (1000, 0.025), (20, 0.01)):
        limits = zone_limits(days, tail)
        below = stats.binom.cdf([limits.yellow - 1, limits.red - 1], days, tail)
        reached = stats.binom.cdf([limits.yellow, limits.red], days, tail)
        assert (below < [0.95, 0.9999]).all(), days
        assert (reached >= [0.95, 0.9999]).all(), days
        assert traffic_light(limits.yellow, days, tail).multiplier is None
        assert traffic_light(limits.red, days, tail).zone == "red"
    assert zone_limits() == ZoneLimits(5, 10)


def test_rolling_zones_count_the_window_that_ends_with_the_day() -> None:
    returns = np.full(400, 0.001)
    returns[[3, 100, 101, 102, 103, 252, 253]] = -0.05
    found = rolling_zones(exceptions_of(returns, np.full(400, 0.02), level=0.99))
    assert found.index[0] == 249
    # Day 253 has lost the hit of day 3 and holds those of 100 to 103, 252 and 253.
    assert found["count"].loc[[249, 252, 253, 399]].tolist() == [5, 6, 6, 2]
    assert found["zone"].loc[[249, 399]].tolist() == ["yellow", "green"]
    assert found["multiplier"].loc[[249, 252, 399]].tolist() == [3.4, 3.5, 3.0]
    other = rolling_zones(exceptions_of(returns, np.full(400, 0.02), level=0.99), window=100)
    assert other["multiplier"].isna().all()
    with pytest.raises(DataError, match="a window of 401 days over 400"):
        rolling_zones(exceptions_of(returns, np.full(400, 0.02), level=0.99), window=401)


def test_an_unknown_schedule_is_refused() -> None:
    with pytest.raises(DataError, match="schedule is '2004'"):
        traffic_light(3, schedule="2004")
