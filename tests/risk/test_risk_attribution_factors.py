"""Factor regression with errors robust to autocorrelation."""

import numpy as np
import pandas as pd
import pytest
from arch.data import frenchdata

from peaklib.errors import DataError
from peaklib.risk.attribution.factors import factor_regression, newey_west_lags

YEAR = {"periods_per_year": 12}


def sample(seed=3, count=240):
    """Three factors, and returns made of the first two with known betas and alpha."""
    generator = np.random.default_rng(seed)
    index = pd.date_range("2000-01-31", periods=count, freq="ME", tz="UTC")
    factors = pd.DataFrame(
        0.04 * generator.standard_normal((count, 3)), index, ["market", "size", "value"]
    )
    noise = 0.01 * generator.standard_normal(count)
    return 0.003 + factors["market"] - 0.5 * factors["size"] + noise, factors


def newey_west(returns, factors, lags):
    """Coefficients and errors by their textbook sums, one pair of periods after another."""
    design = np.column_stack([np.ones(len(returns)), factors])
    count, width = design.shape
    beta = np.linalg.solve(design.T @ design, design.T @ returns)
    scores = design * (returns - design @ beta)[:, np.newaxis]
    meat = np.zeros((width, width))
    for s in range(count):
        for t in range(count):
            if abs(s - t) <= lags:
                meat += (1 - abs(s - t) / (lags + 1)) * np.outer(scores[s], scores[t])
    bread = np.linalg.inv(design.T @ design)
    return beta, np.sqrt(np.diag(bread @ meat @ bread) * count / (count - width))


def test_coefficients_and_errors_are_those_of_newey_and_west_summed_by_hand():
    returns, factors = sample(count=60)
    for lags in (0, 3):
        found = factor_regression(returns, factors, lags=lags, **YEAR)
        beta, errors = newey_west(returns.to_numpy(), factors.to_numpy(), lags)
        assert found.factors["beta"].to_numpy() == pytest.approx(beta[1:], rel=1e-9)
        assert found.factors["error"].to_numpy() == pytest.approx(errors[1:], rel=1e-9)
        assert found.alpha == pytest.approx(12 * beta[0], rel=1e-9)
        assert found.alpha_error == pytest.approx(12 * errors[0], rel=1e-9)


def test_intervals_and_p_values_take_student_t_with_n_minus_k_degrees_of_freedom():
    from scipy.stats import t

    returns, factors = sample(count=60)
    found = factor_regression(returns, factors, level=0.95, **YEAR)
    row = found.factors.loc["size"]
    half = t.ppf(0.975, 56) * row["error"]
    assert [row["low"], row["high"]] == pytest.approx([row["beta"] - half, row["beta"] + half])
    assert row["t"] == pytest.approx(row["beta"] / row["error"])
    assert found.factors.loc["value", "p_value"] == pytest.approx(
        2 * t.sf(abs(found.factors.loc["value", "t"]), 56)
    )
    assert found.alpha_high - found.alpha == pytest.approx(t.ppf(0.975, 56) * found.alpha_error)


def test_lags_by_default_follow_the_length():
    assert [newey_west_lags(n) for n in (1, 3, 100, 240, 5030)] == [0, 1, 4, 4, 9]
    returns, factors = sample()
    assert factor_regression(returns, factors, **YEAR).lags == 4


def test_contributions_sum_to_mean_return_and_to_what_is_explained_of_the_variance():
    returns, factors = sample()
    found = factor_regression(returns, factors, **YEAR)
    parts = found.factors["return_contribution"].sum() + found.alpha
    assert parts == pytest.approx(12 * returns.mean(), abs=1e-12)
    assert found.annual_return == pytest.approx(12 * returns.mean(), abs=1e-15)
    shares = found.factors["variance_share"].sum()
    assert shares == pytest.approx(found.r_squared, abs=1e-12)
    assert 1 - shares == pytest.approx(found.residuals.var() / returns.var(), abs=1e-12)
    # One of the factors written by hand: beta times covariance over variance.
    market = found.factors.loc["market", "beta"] * np.cov(factors["market"], returns)[0, 1]
    assert found.factors.loc["market", "variance_share"] == pytest.approx(market / returns.var())
    assert found.residuals.index.equals(returns.index)


def test_neither_the_order_of_factors_nor_their_unit_changes_what_they_explain():
    returns, factors = sample()
    found = factor_regression(returns, factors, **YEAR)
    other = factor_regression(returns, 0.01 * factors[["value", "market", "size"]], **YEAR)
    columns = ["t", "p_value", "return_contribution", "variance_share"]
    pd.testing.assert_frame_equal(
        other.factors.loc[found.factors.index, columns],
        found.factors[columns],
        rtol=1e-9,
        atol=1e-12,
    )


def test_the_sp500_is_the_market_with_a_tilt_to_large_firms_and_lacks_its_dividends(sp500):
    """Fama and French's factors as arch ships them, 1999-02 to 2018-11, monthly.

    Values of a plain least-squares fit (`numpy.linalg.lstsq`). The price index lacks dividends of
    about 2 % a year, which is what its alpha must show.
    """
    factors = frenchdata.load() / 100
    # The index that arch gives these months is broken: they start in July 1926.
    factors.index = pd.date_range("1926-07-31", periods=len(factors), freq="ME", tz="UTC")
    months = sp500.frame["close"].resample("ME").last().pct_change().dropna()
    months = months[months.index <= factors.index[-1]]
    factors = factors.loc[months.index]
    excess, styles = months - factors["RF"], factors[["Mkt-RF", "SMB", "HML"]]
    found = factor_regression(excess, styles, **YEAR)
    plain = np.linalg.lstsq(np.column_stack([np.ones(len(styles)), styles]), excess)[0]
    assert found.n_obs == 238
    assert found.factors["beta"].to_numpy() == pytest.approx(plain[1:], abs=1e-10)
    assert found.alpha == pytest.approx(12 * plain[0], abs=1e-10)
    low, high = found.factors.loc["Mkt-RF", ["low", "high"]]
    assert 0.97 < low < high < 1.0
    assert found.factors.loc["SMB", "high"] < -0.1
    assert -0.025 < found.alpha_low < found.alpha_high < -0.012
    assert found.r_squared > 0.99


@pytest.mark.slow
def test_intervals_cover_about_as_often_as_they_say_under_autocorrelation():
    """400 series of 240 months, noise and factor AR(1) with 0.3: a nominal 90 %."""
    generator = np.random.default_rng(11)
    index = pd.RangeIndex(240)
    covered = []
    for _ in range(400):
        shocks = 0.01 * generator.standard_normal((340, 2))
        for t in range(1, 340):
            shocks[t] += 0.3 * shocks[t - 1]
        factor, noise = shocks[100:].T
        found = factor_regression(
            pd.Series(0.5 * factor + noise, index), pd.DataFrame({"f": factor}, index), **YEAR
        )
        row = found.factors.loc["f"]
        covered.append(row["low"] <= 0.5 <= row["high"])
    assert 0.85 <= np.mean(covered) <= 0.93


def test_data_that_no_regression_can_tell_apart_are_refused_by_name():
    returns, factors = sample(count=40)
    gap = factors.copy()
    gap.iloc[5, 1] = np.nan
    mixed = factors.assign(mix=factors["market"] - 2 * factors["value"])
    cases = [
        (returns, gap, {}, "'size' is nan in 2000-06-30"),
        (returns.where(returns.index != returns.index[2]), factors, {}, "'returns' is nan"),
        (returns, mixed, {}, "'market', 'value', 'mix' are collinear"),
        (returns, factors.assign(twin=factors["size"]), {}, "'size', 'twin' are collinear"),
        (returns, factors.assign(rate=0.01), {}, "'rate' constant"),
        (returns, factors.assign(rate=0.0), {}, "'rate' constant"),
        (returns, factors[["size", "size"]], {}, "'size' stands there twice"),
        (returns, factors[[]], {}, "no columns"),
        (returns, factors[1:], {}, "39 and 40 periods, 39 in common"),
        (returns.iloc[[0, 0]], factors.iloc[[0, 0]], {}, "twice"),
        (returns * 0 + 0.01, factors, {}, "returns: constant"),
        (returns[:4], factors[:4], {}, "at least 5"),
        (returns, factors, {"lags": 40}, "lags = 40"),
        (returns, factors, {"lags": 1.5}, "lags = 1.5"),
        (returns, factors, {"level": 1.0}, "level = 1.0"),
        (returns, factors, {"periods_per_year": 0}, "periods_per_year = 0"),
    ]
    for observed, given, options, message in cases:
        with pytest.raises(DataError, match=message):
            factor_regression(observed, given, **{**YEAR, **options})
