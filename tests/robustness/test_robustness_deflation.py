"""Deflated Sharpe ratio, minimum backtest length, haircuts: published values and hand cases."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.stats import false_discovery_control

from peaklib.errors import DataError
from peaklib.robustness.sharpe.deflation import (
    adjusted_p_values,
    deflated_sharpe,
    deflated_sharpe_of,
    expected_maximum_sharpe,
    haircut_sharpe,
    minimum_backtest_length,
    sharpe_p_values,
)
from peaklib.robustness.sharpe.inference import probabilistic_sharpe


def test_the_example_of_bailey_and_lopez_de_prado_2014() -> None:
    # Sharpe 2.5 a year over 5 years of 250 days, 100 trials whose annual ratios vary by 1/2.
    known = {"n_obs": 1250, "skew": -3.0, "kurtosis": 10.0}
    terms = {"variance": 0.5, "periods_per_year": 250.0}
    found = deflated_sharpe_of(2.5, **known, n_trials=100, **terms)
    assert found.expected_maximum / np.sqrt(250) == pytest.approx(0.1132, abs=5e-5)
    assert found.dsr == pytest.approx(0.9004, abs=5e-5)
    # It would have passed at 95 % with 46 trials, or with 88 if returns were normal.
    assert deflated_sharpe_of(2.5, **known, n_trials=46, **terms).dsr == pytest.approx(
        0.9505, abs=5e-5
    )
    assert deflated_sharpe_of(2.5, 1250, n_trials=88, **terms).dsr == pytest.approx(
        0.9505, abs=5e-5
    )


def test_luck_of_ten_trials_and_five_years_for_forty_five() -> None:
    # Bailey, Borwein, López de Prado and Zhu (2014): 1.57 after 10 trials in one year; no more
    # than 45 trials in five years lest a Sharpe ratio of 1 be expected of luck.
    assert expected_maximum_sharpe(10, 1.0) == pytest.approx(1.57, abs=5e-3)
    assert minimum_backtest_length(45, 1.0) < 5.0 < minimum_backtest_length(46, 1.0)


@pytest.mark.parametrize("n", [3, 10, 100, 1000])
def test_the_expected_maximum_is_that_of_simulated_trials(n: int) -> None:
    draws = np.random.default_rng(n).standard_normal((4000, n)).max(axis=1)
    assert expected_maximum_sharpe(n, 1.0) == pytest.approx(draws.mean(), rel=0.03)


def test_one_trial_is_no_correction() -> None:
    returns = np.random.default_rng(0).standard_normal(500) * 0.01 + 0.0005
    assert expected_maximum_sharpe(1, 4.0, mean=0.3) == 0.3
    alone = deflated_sharpe(returns, n_trials=1, variance=4.0, periods_per_year=252)
    assert alone.dsr == pytest.approx(probabilistic_sharpe(returns, periods_per_year=252))
    assert (alone.spread, alone.n_obs, alone.n_trials) == (2.0, 500, 1.0)


@settings(max_examples=40)
@given(n=st.floats(1.0, 1e9), more=st.floats(1.0, 10.0), variance=st.floats(0.01, 10.0))
def test_more_trials_and_more_spread_expect_more(n: float, more: float, variance: float) -> None:
    here = expected_maximum_sharpe(n, variance)
    assert here >= 0.0
    assert expected_maximum_sharpe(n * more, variance) >= here
    assert expected_maximum_sharpe(n, 4 * variance) == pytest.approx(2 * here)
    assert expected_maximum_sharpe(n, variance, mean=-1.0) == pytest.approx(here - 1.0)


def test_the_variance_is_of_annual_ratios() -> None:
    # The same record counted in days or in years: 252 = 1 with scaled Sharpe ratios.
    days = deflated_sharpe_of(1.0, 2520, n_trials=50, variance=0.1, periods_per_year=252)
    plain = deflated_sharpe_of(
        1.0 / np.sqrt(252), 2520, n_trials=50, variance=0.1 / 252, periods_per_year=1
    )
    assert days.dsr == pytest.approx(plain.dsr, rel=1e-12)


def test_undefined_ratios_stay_undefined() -> None:
    flat = deflated_sharpe([0.0, 0.0, 0.0], n_trials=5, variance=1.0, periods_per_year=252)
    assert np.isnan(flat.dsr)
    assert np.isnan(flat.sharpe)


@pytest.mark.parametrize("n_trials", [0, 0.5, float("nan"), float("inf")])
def test_fewer_than_one_trial_is_refused(n_trials: float) -> None:
    with pytest.raises(DataError, match="1 or more"):
        expected_maximum_sharpe(n_trials, 1.0)


def test_a_negative_variance_and_a_target_of_zero_are_refused() -> None:
    with pytest.raises(DataError, match="variance = -1"):
        expected_maximum_sharpe(10, -1.0)
    with pytest.raises(DataError, match="above 0"):
        minimum_backtest_length(10, 0.0)


def test_holm_and_bhy_by_hand() -> None:
    p = [0.04, 0.01, 0.03]
    np.testing.assert_allclose(adjusted_p_values(p, "bonferroni"), [0.12, 0.03, 0.09])
    # Sorted 0.01·3, 0.03·2, 0.04·1, never falling.
    np.testing.assert_allclose(adjusted_p_values(p, "holm"), [0.06, 0.03, 0.06])
    # c = 1 + 1/2 + 1/3 = 11/6; times 3/i: 0.055, 0.0825, 0.07333; never rising from above.
    np.testing.assert_allclose(
        adjusted_p_values(p, "bhy"), [0.04 * 11 / 6, 0.055, 0.04 * 11 / 6], rtol=1e-12
    )


def test_equal_p_values_are_adjusted_equally() -> None:
    for method in ("bonferroni", "holm"):
        np.testing.assert_allclose(adjusted_p_values([0.02] * 4, method), [0.08] * 4)
    np.testing.assert_allclose(adjusted_p_values([0.02] * 4, "bhy"), [0.02 * 25 / 12] * 4)


def test_bhy_equals_scipy() -> None:
    p = np.random.default_rng(1).random(200) ** 3
    np.testing.assert_allclose(
        adjusted_p_values(p, "bhy"), false_discovery_control(p, method="by"), rtol=1e-12
    )


@pytest.mark.slow
def test_holm_equals_statsmodels() -> None:
    from statsmodels.stats.multitest import multipletests

    p = np.random.default_rng(2).random(200) ** 3
    np.testing.assert_allclose(
        adjusted_p_values(p, "holm"), multipletests(p, method="holm")[1], rtol=1e-12
    )


def test_the_p_value_of_a_port_of_the_authors_program() -> None:
    # mlfinlab's port of the program of Harvey and Liu (2015), by its own tests: 120 months with
    # an annual Sharpe ratio of 1 and 100 tests have a Bonferroni p of 0.465, once the ratio is
    # corrected for a monthly autocorrelation of 0.1, which leaves 0.9122 of it (Lo 2002).
    rho, q = 0.1, 12
    left = (1 + 2 * rho / (1 - rho) * (1 - (1 - rho**q) / (q * (1 - rho)))) ** -0.5
    found = haircut_sharpe(left, 120, periods_per_year=12, method="bonferroni", n_trials=100)
    assert found.adjusted_p == pytest.approx(0.465, abs=5e-4)


def test_a_haircut_by_hand() -> None:
    # t with 1 degree of freedom is Cauchy: t = 1 has p = 1/2, and p = 3/4 has t = tan(π/8).
    alone = sharpe_p_values([1.0], 2, periods_per_year=2)
    found = haircut_sharpe(1.0, 2, periods_per_year=2, method="bonferroni", p_values=alone)
    assert found.p_value == pytest.approx(0.5)
    assert found.adjusted == pytest.approx(1.0)
    assert found.haircut == pytest.approx(0.0)
    p = sharpe_p_values([-1.0, np.tan(np.pi / 8)], 2, periods_per_year=2)
    np.testing.assert_allclose(p, [0.5, 0.75])
    # BHY of the smaller one: c = 3/2, 2·3/2·0.5 = 1.5 and 3/2·0.75 = 1.125, so 1.
    cut = haircut_sharpe(-1.0, 2, periods_per_year=2, method="bhy", p_values=p)
    assert (cut.adjusted_p, cut.adjusted, cut.haircut) == (1.0, 0.0, 1.0)


def test_marginal_ratios_lose_more_than_high_ones() -> None:
    every = sharpe_p_values([0.5, 0.8, 1.2, 0.1], 2520, periods_per_year=252)
    shares = [
        haircut_sharpe(s, 2520, periods_per_year=252, method="holm", p_values=every).haircut
        for s in (1.2, 0.8, 0.5)
    ]
    assert 0.0 < shares[0] < shares[1] < shares[2] <= 1.0
    low = haircut_sharpe(-1.2, 2520, periods_per_year=252, method="bonferroni", n_trials=4)
    assert -1.2 < low.adjusted < 0.0


def test_an_undefined_ratio_is_no_discovery() -> None:
    np.testing.assert_array_equal(sharpe_p_values([np.nan], 100, periods_per_year=252), [1.0])


def test_what_a_haircut_needs_is_asked_for() -> None:
    terms = {"periods_per_year": 252.0}
    with pytest.raises(DataError, match="one of the two"):
        haircut_sharpe(1.0, 100, method="holm", **terms)
    with pytest.raises(DataError, match="needs the p_values"):
        haircut_sharpe(1.0, 100, method="holm", n_trials=3, **terms)
    with pytest.raises(DataError, match="is not among the 2 p_values"):
        haircut_sharpe(1.0, 100, method="holm", p_values=[0.9, 0.8], **terms)
    with pytest.raises(DataError, match=r"row 2 is 1\.5"):
        adjusted_p_values([0.1, 1.5], "holm")
    with pytest.raises(DataError, match="choose bonferroni"):
        adjusted_p_values([0.1], "sidak")


def test_the_best_of_independent_noise_rarely_passes() -> None:
    # The maximum is less uncertain than a single trial, so fewer than 5 % pass: 2,000 sweeps
    # of 20 trials, at most 100 + 4 binomial deviations of 9.7 allowed, under 60 expected.
    years, n_trials = 10.0, 20
    best = np.random.default_rng(3).standard_normal((2000, n_trials)).max(axis=1) / np.sqrt(years)
    terms = {"n_trials": n_trials, "variance": 1 / years, "periods_per_year": 252.0}
    passed = sum(deflated_sharpe_of(s, 2520, **terms).dsr > 0.95 for s in best)
    assert passed <= 60
