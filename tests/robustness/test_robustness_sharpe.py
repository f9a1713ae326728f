"""Errors of Sharpe ratios, PSR and the length of record: published values, hand cases, coverage."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from peaklib import metrics
from peaklib.errors import DataError
from peaklib.robustness.sharpe.inference import (
    annualisation_factor,
    annualised_sharpe,
    bartlett_variance,
    minimum_track_record_length,
    minimum_track_record_length_of,
    probabilistic_sharpe,
    probabilistic_sharpe_of,
    sharpe_error,
    sharpe_influence,
    sharpe_moments,
)


def _with_sharpe(sharpe: float, n: int, seed: int = 0) -> np.ndarray:
    """Returns whose per-period Sharpe ratio is exactly this."""
    noise = np.random.default_rng(seed).standard_normal(n)
    return 0.01 * ((noise - noise.mean()) / noise.std(ddof=1) + sharpe)


@pytest.mark.parametrize(
    ("sharpe", "n", "error"),
    [(0.5, 12, 0.306), (1.0, 12, 0.354), (3.0, 12, 0.677), (0.5, 60, 0.137), (3.0, 60, 0.303)],
)
def test_iid_errors_are_those_of_lo_2002_table_1(sharpe: float, n: int, error: float) -> None:
    found = sharpe_error(_with_sharpe(sharpe, n), periods_per_year=1, kind="iid")
    assert found == pytest.approx(error, abs=5e-4)


def test_the_error_of_symmetric_two_point_returns_by_hand() -> None:
    # Skewness 0, kurtosis 1: the factor is 1 whatever S is, and the error 1/√(4 − 1).
    returns = [0.03, -0.01, 0.03, -0.01]
    moments = sharpe_moments(returns)
    assert moments.sharpe_per_period == pytest.approx(0.01 / (0.02 * np.sqrt(4 / 3)))
    assert (moments.skew, moments.kurtosis) == (pytest.approx(0.0), pytest.approx(1.0))
    assert sharpe_error(returns, periods_per_year=4) == pytest.approx(2 / np.sqrt(3))


def test_negative_skew_and_fat_tails_widen_the_error() -> None:
    # 0.04 four times and −0.06 once: mean 0.02, deviations 0.02 and −0.08, variance 0.0016.
    moments = sharpe_moments([0.04, 0.04, 0.04, 0.04, -0.06])
    assert moments.skew == pytest.approx((4 * 0.02**3 - 0.08**3) / 5 / 0.0016**1.5)
    assert moments.kurtosis == pytest.approx((4 * 0.02**4 + 0.08**4) / 5 / 0.0016**2)


def test_the_influence_is_what_leaving_out_a_return_changes() -> None:
    returns = np.random.default_rng(1).standard_t(6, 400) * 0.01 + 0.002
    n = returns.size

    def ratio(x: np.ndarray) -> float:
        return float(x.mean() / x.std())

    left_out = [(n - 1) * (ratio(returns) - ratio(np.delete(returns, t))) for t in range(n)]
    influence = sharpe_influence(returns)
    np.testing.assert_allclose(influence, left_out, rtol=0.05, atol=0.05)
    assert influence.mean() == pytest.approx(0.0, abs=1e-12)


def test_hac_without_lags_is_close_to_the_error_of_independent_returns() -> None:
    returns = np.random.default_rng(2).standard_t(5, 5000) * 0.01 + 0.001
    hac = sharpe_error(returns, periods_per_year=252, kind="hac", lags=0)
    assert hac == pytest.approx(sharpe_error(returns, periods_per_year=252), rel=2e-3)


def test_bartlett_variance_by_hand() -> None:
    # Centred −1, 0, 1: squares 2, lag-1 products 0, lag-2 product −1; weights 2/3 and 1/3.
    assert bartlett_variance([1.0, 2.0, 3.0], 0) == pytest.approx(2 / 3)
    assert bartlett_variance([1.0, 2.0, 3.0], 2) == pytest.approx((2 + 2 * (-1) / 3) / 3)


@pytest.mark.slow
def test_bartlett_variance_equals_statsmodels() -> None:
    from statsmodels.regression.linear_model import OLS

    series = np.random.default_rng(3).standard_normal(300).cumsum() * 0.1
    fit = OLS(series, np.ones(300)).fit(cov_type="HAC", cov_kwds={"maxlags": 7})
    assert bartlett_variance(series, 7) == pytest.approx(fit.bse[0] ** 2 * 300, rel=1e-10)


@pytest.mark.parametrize("rho", [-0.4, 0.0, 0.2, 0.9])
def test_the_annual_factor_equals_the_closed_form_for_an_autoregression(rho: float) -> None:
    q = 12
    powers = rho ** np.arange(1, q)
    shrink = 1 + 2 * rho / (1 - rho) * (1 - (1 - rho**q) / (q * (1 - rho)))
    assert annualisation_factor(powers, q) == pytest.approx(np.sqrt(q / shrink))


def test_positive_autocorrelation_lowers_the_annual_ratio() -> None:
    noise = np.random.default_rng(4).standard_normal(3000)
    returns = 0.01 * (noise[1:] + 0.5 * noise[:-1]) + 0.002
    plain = metrics.sharpe(returns, periods_per_year=12)
    assert annualised_sharpe(returns, periods_per_year=12, lags=0) == pytest.approx(plain)
    # A moving average of 1 and 0.5 has r_1 = 0.4: 12 + 2·11·0.4 instead of 12.
    corrected = annualised_sharpe(returns, periods_per_year=12, lags=1)
    assert corrected == pytest.approx(plain * np.sqrt(12 / 20.8), rel=0.02)


def test_autocorrelations_that_leave_no_variance_are_refused() -> None:
    with pytest.raises(DataError, match="take fewer lags"):
        annualisation_factor([-0.6], 12)


def test_psr_of_the_hedge_fund_of_bailey_and_lopez_de_prado_2012() -> None:
    # Monthly Sharpe 0.458 over 24 months: 0.982 if normal, 0.913 with the fund's shape.
    assert probabilistic_sharpe_of(0.458, 24) == pytest.approx(0.982, abs=5e-4)
    assert probabilistic_sharpe_of(0.458, 24, -2.448, 10.164) == pytest.approx(0.913, abs=5e-4)


@pytest.mark.parametrize(
    ("per_year", "skew", "kurtosis", "years"),
    [(252, 0, 3, 2.73), (52, 0, 3, 2.83), (12, 0, 3, 3.24), (12, -0.72, 5.78, 4.99)],
)
def test_track_records_of_bailey_and_lopez_de_prado_2012(
    per_year: int, skew: float, kurtosis: float, years: float
) -> None:
    # An annual Sharpe ratio of 2 to be above 1 with 95 %.
    root = np.sqrt(per_year)
    needed = minimum_track_record_length_of(2 / root, skew, kurtosis, 1 / root)
    assert needed / per_year == pytest.approx(years, abs=5e-3)


@settings(max_examples=40)
@given(
    sharpe=st.floats(0.02, 1.0),
    skew=st.floats(-2.0, 2.0),
    extra=st.floats(0.1, 10.0),
    level=st.floats(0.6, 0.99),
)
def test_the_psr_reaches_the_level_at_the_minimum_length(
    sharpe: float, skew: float, extra: float, level: float
) -> None:
    kurtosis = 1 + skew**2 + extra
    needed = minimum_track_record_length_of(sharpe, skew, kurtosis, level=level)
    length = int(np.ceil(needed))
    if length >= 3:
        assert probabilistic_sharpe_of(sharpe, length, skew, kurtosis) >= level - 1e-9
        assert probabilistic_sharpe_of(sharpe, length - 1, skew, kurtosis) < level + 1e-9


def test_psr_of_returns_takes_an_annual_benchmark() -> None:
    returns = _with_sharpe(0.1, 500)
    annual = 0.1 * np.sqrt(252)
    own = probabilistic_sharpe(returns, benchmark=annual, periods_per_year=252)
    assert own == pytest.approx(0.5)
    error = sharpe_error(returns, periods_per_year=252)
    lower = annual - 1.6448536 * error
    below = probabilistic_sharpe(returns, benchmark=lower, periods_per_year=252)
    assert below == pytest.approx(0.95)
    assert minimum_track_record_length(returns, benchmark=annual, periods_per_year=252) == np.inf
    assert probabilistic_sharpe(7 * returns, periods_per_year=252) == pytest.approx(
        probabilistic_sharpe(returns, periods_per_year=252)
    )


def test_constant_returns_have_no_inference() -> None:
    flat = [0.01, 0.01, 0.01]
    assert np.isnan(probabilistic_sharpe(flat, periods_per_year=252))
    assert np.isnan(minimum_track_record_length(flat, periods_per_year=252))
    assert np.isnan(annualised_sharpe(flat, periods_per_year=252, lags=1))
    for kind in ("iid", "non_normal", "hac"):
        assert np.isnan(sharpe_error(flat, periods_per_year=252, kind=kind))


def test_excess_kurtosis_is_refused() -> None:
    with pytest.raises(DataError, match="not excess kurtosis"):
        probabilistic_sharpe_of(0.1, 100, 0.0, 0.0)


def test_what_makes_no_sense_is_refused() -> None:
    returns = _with_sharpe(0.1, 10)
    with pytest.raises(DataError, match="two are the least"):
        sharpe_moments([0.1])
    with pytest.raises(DataError, match="no meaning for kind 'iid'"):
        sharpe_error(returns, periods_per_year=252, kind="iid", lags=3)
    with pytest.raises(DataError, match="choose iid"):
        sharpe_error(returns, periods_per_year=252, kind="robust")
    with pytest.raises(DataError, match=r"give 0 … 9"):
        sharpe_error(returns, periods_per_year=252, kind="hac", lags=10)
    with pytest.raises(DataError, match=r"between 0\.5 and 1"):
        minimum_track_record_length(returns, periods_per_year=252, level=95)


def _covered(kind: str, rho: float, runs: int, n: int, seed: int) -> int:
    """How many 90 % intervals hold the true Sharpe ratio, 0.05 a period, of AR(1) returns."""
    random = np.random.default_rng(seed)
    shocks = random.standard_t(8, (n + 50, runs)) * np.sqrt(6 / 8)
    series = np.empty_like(shocks)
    series[0] = shocks[0]
    for t in range(1, n + 50):
        series[t] = rho * series[t - 1] + np.sqrt(1 - rho**2) * shocks[t]
    held = 0
    for returns in (series[50:] + 0.05).T:
        estimate = metrics.sharpe(returns, periods_per_year=1)
        lags = 20 if kind == "hac" else None
        error = sharpe_error(returns, periods_per_year=1, kind=kind, lags=lags)
        held += abs(estimate - 0.05) <= 1.6448536 * error
    return held


def test_intervals_cover_the_true_ratio_sample() -> None:
    # 300 runs at 90 %: 270 with a binomial deviation of 5.2; 4 of them either side.
    assert 249 <= _covered("non_normal", 0.0, 300, 1000, 5) <= 291


@pytest.mark.soak
@pytest.mark.parametrize(("kind", "rho"), [("non_normal", 0.0), ("hac", 0.0), ("hac", 0.3)])
def test_intervals_cover_the_true_ratio(kind: str, rho: float) -> None:
    # 4,000 runs: binomial deviation 0.5 %. 20 Bartlett lags of 2,000 bars lose another 1 %.
    share = _covered(kind, rho, 4000, 2000, 6) / 4000
    assert 0.90 - 0.015 - (0.01 if kind == "hac" else 0.0) <= share <= 0.90 + 0.015


@pytest.mark.soak
def test_independence_assumed_where_there_is_none_covers_too_little() -> None:
    assert _covered("non_normal", 0.3, 2000, 1000, 7) / 2000 < 0.83
