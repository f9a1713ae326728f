"""Clusters of exceedances: transitions, durations and the dynamic quantile test."""

from itertools import combinations

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings, strategies as st
from scipy import optimize, stats

from peaklib.errors import DataError
from peaklib.risk.var_tests.coverage import kupiec_pof
from peaklib.risk.var_tests.durations import christoffersen_pelletier
from peaklib.risk.var_tests.dynamic_quantile import dynamic_quantile
from peaklib.risk.var_tests.exceptions import Exceptions, exceptions_of
from peaklib.risk.var_tests.independence import (
    Transitions,
    christoffersen_coverage,
    christoffersen_independence,
    transitions_of,
)
from peaklib.risk.var_tests.null_hits import independent_hits
from peaklib.risk.var_tests.simulated_quantile import simulated_dynamic_quantile

HITS = st.lists(st.booleans(), min_size=2, max_size=120)


def hits_at(places: list[int], n_days: int) -> np.ndarray:
    hits = np.zeros(n_days, dtype=bool)
    hits[places] = True
    return hits


def days_with(hits: np.ndarray, var: np.ndarray, level: float) -> Exceptions:
    """Forecasts that were exceeded on just these days."""
    return exceptions_of(np.where(hits, -2.0 * np.abs(var), 0.001), var, level=level)


# --- Christoffersen -----------------------------------------------------------------------


def test_pairs_of_neighbouring_days_are_counted() -> None:
    assert transitions_of([0, 1, 1, 0, 0, 1]) == Transitions(n00=1, n01=2, n10=1, n11=1)


def test_counts_of_a_published_example_give_its_ratios() -> None:
    """MathWorks, Risk Management Toolbox, pages of varbacktest cci and cc (95 % VaR)."""
    hits = np.zeros(1043, dtype=bool)
    hits[10:980:20] = True  # 49 alone
    hits[[980, 981, 990, 991, 1000, 1001, 1010, 1011]] = True
    assert transitions_of(hits) == Transitions(n00=932, n01=53, n10=53, n11=4)
    found = christoffersen_independence(hits)
    assert (found.statistic, found.p_value) == pytest.approx((0.25866, 0.61104), abs=5e-6)
    # There, coverage is that of all days; here, as in the paper, that of days 2 … n.
    whole = kupiec_pof(57, 1043, 0.05).statistic + found.statistic
    assert whole == pytest.approx(0.72013, abs=1e-5)
    ours = kupiec_pof(57, 1042, 0.05).statistic + found.statistic
    assert christoffersen_coverage(hits, 0.05).statistic == pytest.approx(ours)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(HITS, st.floats(0.005, 0.5))
def test_coverage_is_the_rate_of_the_later_days_plus_independence(
    hits: list[bool], tail: float
) -> None:
    whole = christoffersen_coverage(hits, tail)
    rate = kupiec_pof(sum(hits[1:]), len(hits) - 1, tail)
    alone = christoffersen_independence(hits)
    assert whole.statistic == pytest.approx(rate.statistic + alone.statistic, abs=1e-8)
    assert whole.p_value == pytest.approx(stats.chi2.sf(whole.statistic, 2))
    assert alone.p_value == pytest.approx(stats.chi2.sf(alone.statistic, 1))


def test_a_search_for_the_likeliest_chain_finds_the_same_ratios() -> None:
    hits = np.random.default_rng(4).random(300) < 0.08
    hits[[20, 21, 22, 90, 91]] = True
    after, before = hits[1:], hits[:-1]

    def fit(rates: np.ndarray) -> float:
        chance = np.where(before, rates[1], rates[0])
        return -float(np.log(np.where(after, chance, 1 - chance)).sum())

    bounds = [(1e-6, 1 - 1e-6)] * 2
    chain = optimize.minimize(fit, [0.1, 0.1], bounds=bounds, tol=1e-14).fun
    plain = optimize.minimize_scalar(lambda rate: fit(np.array([rate, rate])), bounds=(1e-6, 0.9))
    alone = christoffersen_independence(hits).statistic
    assert alone == pytest.approx(2 * (plain.fun - chain), abs=1e-6)
    assert alone > 1
    promised = fit(np.array([0.05, 0.05]))
    whole = christoffersen_coverage(hits, 0.05).statistic
    assert whole == pytest.approx(2 * (promised - chain), abs=1e-6)


def test_empty_cells_count_nothing() -> None:
    none, all_days = np.zeros(250, dtype=bool), np.ones(250, dtype=bool)
    for hits in (none, all_days, hits_at([249], 250)):
        assert christoffersen_independence(hits).statistic == pytest.approx(0.0, abs=1e-9)
    assert christoffersen_coverage(none, 0.01).statistic == pytest.approx(-2 * 249 * np.log(0.99))
    assert christoffersen_coverage(all_days, 0.01).statistic == pytest.approx(
        -2 * 249 * np.log(0.01)
    )
    # A lone exceedance in the middle: no pair of them, and a little evidence against clusters.
    lone = christoffersen_independence(hits_at([100], 250)).statistic
    # 248 quiet days, of which one was followed by it; 249 days, of which one was it.
    chain = np.log(1 / 248) + 247 * np.log(247 / 248)
    plain = np.log(1 / 249) + 248 * np.log(248 / 249)
    assert lone == pytest.approx(2 * (chain - plain))


def test_hits_that_are_no_days_of_true_and_false_are_refused() -> None:
    for hits, message in (([True], "at least two"), ([[0, 1]], "shape"), ([0.5, 1], "0 and 1")):
        with pytest.raises(DataError, match=message):
            christoffersen_independence(hits)


# --- durations ----------------------------------------------------------------------------


def weibull_ratio(places: list[int], n_days: int) -> tuple[float, float]:
    """Likelihood ratio and shape by a search over shape and scale, censored at both ends."""
    whole = np.diff(places)
    first = [places[0] + 1] if places[0] else []
    last = [n_days - 1 - places[-1]] if places[-1] < n_days - 1 else []
    censored = np.array(first + last, dtype=float)

    def fit(logs: np.ndarray) -> float:
        law = stats.weibull_min(np.exp(logs[0]), scale=np.exp(logs[1]))
        return -float(law.logpdf(whole).sum() + law.logsf(censored).sum())

    start = [0.0, np.log(n_days / len(places))]
    options = {"xatol": 1e-10, "fatol": 1e-12, "maxiter": 4000}
    free = optimize.minimize(fit, start, method="Nelder-Mead", options=options)
    one = optimize.minimize_scalar(lambda scale: fit(np.array([0.0, scale])), bracket=(0, 5))
    return 2 * (one.fun - free.fun), float(np.exp(free.x[0]))


def test_a_search_for_the_likeliest_weibull_finds_the_same_shape_and_ratio() -> None:
    for places, days in (([3, 9, 11, 40], 60), ([0, 2, 3, 50, 99], 100), ([7, 16, 30], 31)):
        found = christoffersen_pelletier(hits_at(places, days), simulations=99)
        ratio, shape = weibull_ratio(places, days)
        assert (found.statistic, found.shape) == pytest.approx((ratio, shape), rel=1e-5), places


def test_the_simulated_p_value_nears_the_share_of_all_choices_of_days() -> None:
    places, days = [1, 2, 7], 11
    statistic = christoffersen_pelletier(hits_at(places, days), simulations=99).statistic
    every = [
        christoffersen_pelletier(hits_at(list(chosen), days), simulations=99).statistic
        for chosen in combinations(range(days), 3)
    ]
    exact = np.mean(np.array(every) >= statistic - 1e-9)
    assert 0.1 < exact < 0.9
    found = christoffersen_pelletier(hits_at(places, days), simulations=8_000, seed=3)
    assert found.p_value == pytest.approx(exact, abs=4 * 0.5 / 8_000**0.5)


def test_clusters_that_are_not_on_neighbouring_days_are_seen_by_durations_alone() -> None:
    places = [at + step for at in (100, 400, 700, 950) for step in (0, 2, 5, 8)]
    hits = hits_at(places, 1100)
    assert christoffersen_independence(hits).p_value > 0.05
    found = christoffersen_pelletier(hits, simulations=499)
    assert found.p_value == pytest.approx(1 / 500)
    assert found.shape < 0.6


def test_even_durations_have_the_largest_shape_that_is_sought() -> None:
    found = christoffersen_pelletier(hits_at([0, 20, 40, 60], 61), simulations=99)
    assert found.shape == pytest.approx(50.0)
    assert np.isfinite(found.statistic)


def test_fewer_than_two_exceedances_have_no_durations() -> None:
    for places in ([], [5]):
        found = christoffersen_pelletier(hits_at(places, 50))
        assert np.isnan([found.statistic, found.p_value, found.shape]).all()
    with pytest.raises(DataError, match="98 simulations"):
        christoffersen_pelletier([0, 1, 1], simulations=98)


def test_durations_repeat_with_their_seed() -> None:
    hits = hits_at([4, 9, 80], 120)
    one, same, other = (
        christoffersen_pelletier(hits, simulations=999, seed=seed) for seed in (1, 1, 2)
    )
    assert one == same
    assert one.p_value != other.p_value


# --- dynamic quantile ---------------------------------------------------------------------


def test_the_statistic_is_that_of_a_regression_by_statsmodels() -> None:
    rng = np.random.default_rng(5)
    var, hits = 0.02 * np.exp(0.3 * rng.standard_normal(600)), rng.random(600) < 0.06
    found = dynamic_quantile(days_with(hits, var, 0.95), lags=4)
    centred = hits - 0.05
    lagged = [centred[4 - lag : 600 - lag] for lag in (1, 2, 3, 4)]
    design = np.column_stack([np.ones(596), *lagged, var[4:]])
    fitted = sm.OLS(centred[4:], design).fit().fittedvalues
    expected = (fitted**2).sum() / (0.05 * 0.95)
    assert found.statistic == pytest.approx(expected, rel=1e-9)
    assert (found.dof, found.regressors) == (6, 6)
    assert found.chi2_p_value == pytest.approx(stats.chi2.sf(expected, 6))


def test_with_a_constant_alone_it_is_pearsons_statistic() -> None:
    hits = hits_at([3, 50, 51, 52, 200], 250)
    found = dynamic_quantile(days_with(hits, np.full(250, 0.02), 0.99), lags=0)
    # (5 - 2.5)² / (250 · 0.01 · 0.99), and a VaR that never moves repeats the constant.
    assert found.statistic == pytest.approx(6.25 / 2.475)
    assert (found.dof, found.regressors) == (1, 2)


def test_regressors_that_repeat_others_take_no_degrees_of_freedom() -> None:
    moving = 0.02 + 0.001 * np.sin(np.arange(250))
    none = np.zeros(250, dtype=bool)
    flat = dynamic_quantile(days_with(none, np.full(250, 0.02), 0.99))
    assert flat.dof == 1
    assert flat.statistic == pytest.approx(246 * 0.01 / 0.99)
    assert dynamic_quantile(days_with(none, moving, 0.99)).dof == 2
    assert dynamic_quantile(days_with(hits_at([100], 250), np.full(250, 0.02), 0.99)).dof == 5


def test_units_of_the_var_do_not_matter() -> None:
    rng = np.random.default_rng(6)
    var, hits = 0.02 * np.exp(rng.standard_normal(400)), rng.random(400) < 0.03
    found = dynamic_quantile(days_with(hits, var, 0.975))
    for factor in (1e-6, 3.0):
        scaled = dynamic_quantile(days_with(hits, factor * var, 0.975))
        assert scaled.statistic == pytest.approx(found.statistic, rel=1e-9)
        assert scaled.dof == found.dof


def test_simulated_statistics_are_those_of_the_drawn_hits() -> None:
    moving = 0.02 * np.exp(0.3 * np.random.default_rng(7).standard_normal(120))
    for var in (moving, np.full(120, 0.02)):
        drawn = simulated_dynamic_quantile(var, tail=0.05, lags=4, simulations=60, seed=9)
        series, day = np.divmod(
            independent_hits(60 * 120, 0.05, np.random.default_rng(9)), len(var)
        )
        expected = [
            dynamic_quantile(
                days_with(hits_at(day[series == one].tolist(), 120), var, 0.95), simulations=99
            ).statistic
            for one in range(60)
        ]
        np.testing.assert_allclose(drawn, expected, rtol=1e-9, atol=1e-9)


def test_independent_hits_come_at_their_rate_on_every_day() -> None:
    places = independent_hits(200_000, 0.03, np.random.default_rng(1))
    assert (np.diff(places) > 0).all()
    assert places[0] >= 0
    assert places[-1] < 200_000
    assert len(places) == pytest.approx(6000, abs=4 * (6000 * 0.97) ** 0.5)
    days = np.bincount(places % 20, minlength=20)
    assert stats.chisquare(days).pvalue > 0.01


def test_the_p_value_counts_the_observed_series_among_the_simulated() -> None:
    hits = hits_at(list(range(40, 80)), 250)
    found = dynamic_quantile(days_with(hits, np.full(250, 0.02), 0.99), simulations=499)
    assert found.p_value == 1 / 500
    none = dynamic_quantile(
        days_with(np.zeros(250, dtype=bool), np.full(250, 0.02), 0.99), simulations=499
    )
    # No exceedance among 246 days is a tie with every simulation without one.
    assert 0.05 < none.p_value < 1.0
    assert none.chi2_p_value == pytest.approx(stats.chi2.sf(246 * 0.01 / 0.99, 1))
    with pytest.raises(DataError, match="98 simulations"):
        dynamic_quantile(days_with(hits, np.full(250, 0.02), 0.99), simulations=98)


def test_too_few_days_for_the_regressors_are_refused() -> None:
    with pytest.raises(DataError, match="10 days and 4 lags"):
        dynamic_quantile(days_with(hits_at([2], 10), np.full(10, 0.02), 0.99))
    with pytest.raises(DataError, match="-1 lags"):
        dynamic_quantile(days_with(hits_at([2], 10), np.full(10, 0.02), 0.99), lags=-1)
