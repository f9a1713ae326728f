"""Cornish-Fisher: printed quantiles, the domain by brute force, moments that are matched."""

import math
from typing import Any

import numpy as np
import pytest
from scipy.special import ndtri

from peaklib.data import Dataset
from peaklib.errors import DataError
from peaklib.risk.measures.cornish_fisher import cornish_fisher_risk
from peaklib.risk.measures.expansion import (
    cornish_fisher_moments,
    cornish_fisher_quantile,
    in_cornish_fisher_domain,
    matched_parameters,
)
from peaklib.risk.measures.normal import normal_risk


def test_quantiles_are_those_that_mir_prints() -> None:
    """From the documentation of D's `mir.stat.distribution.cornish_fisher`, on opendlang.org."""
    printed = [
        (0.5, 1.0, 0.0, -0.1666667),
        (0.9, 0.1, 0.0, 1.292868),
        (0.9, 0.1, 1.0, 1.220374),
        (0.9, 0.1, -1.0, 1.365363),
        (0.99, 0.1, 1.0, 2.629904),
        (0.01, 0.1, 0.0, -2.249053),
        (0.01, 0.1, 1.0, -2.482841),
        (0.01, 0.1, -1.0, -2.015265),
    ]
    for p, s, k, quantile in printed:
        found = cornish_fisher_quantile(float(ndtri(p)), s, k)
        assert found == pytest.approx(quantile, abs=1e-6), (p, s, k)


def test_without_skewness_and_kurtosis_it_is_normal() -> None:
    """0 four times and ±√3 have the moments 0, 1, 0 and 3."""
    values = 0.01 * np.array([0.0] * 4 + [math.sqrt(3.0), -math.sqrt(3.0)])
    found = cornish_fisher_risk(values, level=0.95)
    plain = normal_risk(values, level=0.95)
    spread = math.sqrt(6 / 5)  # ddof 1 against 0
    assert found.var * spread == pytest.approx(plain.var, rel=1e-9)
    assert found.expected_shortfall * spread == pytest.approx(plain.expected_shortfall, rel=1e-9)


def test_moments_divide_by_n_and_kurtosis_is_excess() -> None:
    """-2, 1, 1 quarters and 21 zeros: m2 = 6/24, m3 = -6/24, m4 = 18/24 of them by hand."""
    found = cornish_fisher_risk([-0.5, 0.25, 0.25, *[0.0] * 21], horizon=100, level=0.95)
    assert found.details == {
        "parameters": "sample",
        "mean": 0.0,
        "deviation": 0.125,
        "skewness": -2.0,
        "excess_kurtosis": 9.0,
        "S": -0.2,
        "K": 0.09,
    }


def test_shortfall_is_the_mean_of_the_quantiles_beyond_var() -> None:
    """Independent: the integral of T(z) over the tail, by quadrature."""
    from scipy.integrate import quad
    from scipy.stats import norm

    values = 0.01 * np.random.default_rng(1).gamma(20.0, 1.0, 3000)
    for level in (0.9, 0.95, 0.99):
        found = cornish_fisher_risk(-values, level=level)
        s, k, mean, deviation = (
            float(found.details[name]) for name in ("S", "K", "mean", "deviation")
        )
        end = float(ndtri(1 - level))

        def weighted(z: float, s: float = s, k: float = k) -> float:
            return float(cornish_fisher_quantile(z, s, k) * norm.pdf(z))

        integral, _ = quad(weighted, -12.0, end, epsabs=1e-13)
        expected = -mean - deviation * integral / (1 - level)
        assert found.expected_shortfall == pytest.approx(expected, rel=1e-9)
        assert found.var == pytest.approx(-mean - deviation * cornish_fisher_quantile(end, s, k))


def test_domain_is_where_quantiles_keep_their_order() -> None:
    """Brute force: T on a fine grid of z never falls."""
    z = np.linspace(-20.0, 20.0, 2_001)
    both = set()
    for s in np.linspace(-2.6, 2.6, 27):
        for k in np.linspace(-1.0, 14.0, 31):
            values = (
                z + (z**2 - 1) * s / 6 + (z**3 - 3 * z) * k / 24 - (2 * z**3 - 5 * z) * s**2 / 36
            )
            rises = bool((np.diff(values) >= 0.0).all())
            assert in_cornish_fisher_domain(s, k) == rises, (s, k)
            both.add(rises)
    assert both == {True, False}


def test_domain_ends_where_maillard_says() -> None:
    """|S| ≤ 6·(√2 − 1), and 0 ≤ K ≤ 8 without skewness; recalled and recomputed."""
    limit = 6.0 * (math.sqrt(2.0) - 1.0)
    kurtoses = np.linspace(0.0, 20.0, 4001)
    assert any(in_cornish_fisher_domain(limit - 1e-4, k) for k in kurtoses)
    assert not any(in_cornish_fisher_domain(limit + 1e-4, k) for k in kurtoses)
    inside = [k for k in kurtoses if in_cornish_fisher_domain(0.0, k)]
    assert (inside[0], inside[-1]) == (0.0, pytest.approx(8.0))


def test_moments_are_integrals_over_the_normal_density() -> None:
    """Independent: the trapezoid rule, which is exact to rounding for such integrands."""
    z = np.linspace(-14.0, 14.0, 2801)
    density = np.exp(-0.5 * z**2) / np.exp(-0.5 * z**2).sum()
    for s, k in ((0.0, 2.0), (-0.8, 3.0), (1.0, 4.0)):
        values = z + (z**2 - 1) * s / 6 + (z**3 - 3 * z) * k / 24 - (2 * z**3 - 5 * z) * s**2 / 36
        mean, variance, third, fourth = (float(density @ values**power) for power in (1, 2, 3, 4))
        expected = (math.sqrt(variance), third / variance**1.5, fourth / variance**2 - 3.0)
        assert mean == pytest.approx(0.0, abs=1e-14)
        assert cornish_fisher_moments(s, k) == pytest.approx(expected, rel=1e-11, abs=1e-12)


def test_parameters_are_found_again_all_over_the_domain() -> None:
    found = 0
    for s in np.linspace(-2.48, 2.48, 41):
        for k in np.linspace(0.0, 13.0, 53):
            if in_cornish_fisher_domain(s, k):
                _, skewness, kurtosis = cornish_fisher_moments(s, k)
                assert matched_parameters(skewness, kurtosis) == pytest.approx((s, k), abs=1e-6)
                found += 1
    assert found > 800


def test_matched_distribution_has_the_moments_of_the_sample(sp500: Dataset) -> None:
    close = sp500.frame["close"].to_numpy()
    values = close[1:] / close[:-1] - 1.0
    found = cornish_fisher_risk(values, parameters="matched")
    _, skewness, kurtosis = cornish_fisher_moments(
        float(found.details["S"]), float(found.details["K"])
    )
    gaps = values - values.mean()
    assert skewness == pytest.approx(np.mean(gaps**3) / values.std() ** 3, abs=1e-9)
    assert kurtosis == pytest.approx(np.mean(gaps**4) / values.std() ** 4 - 3.0, abs=1e-8)
    assert found.measure == "cornish_fisher_matched"


def test_twenty_years_of_the_index_are_outside_the_domain(sp500: Dataset) -> None:
    values = sp500.frame["close"].pct_change().dropna()
    with pytest.raises(DataError, match=r"skewness -0\.02.* kurtosis 8\.3.*'matched'"):
        cornish_fisher_risk(values)
    assert cornish_fisher_risk(values, horizon=10).details["K"] == pytest.approx(0.8336, abs=1e-4)


def test_horizon_takes_the_moments_of_a_sum() -> None:
    """Nine bars: mean times 9, deviation times 3, skewness over 3, kurtosis over 9."""
    values = np.random.default_rng(2).standard_t(8.0, 500) * 0.01
    one, nine = cornish_fisher_risk(values), cornish_fisher_risk(values, horizon=9)
    s, k = float(one.details["S"]) / 3.0, float(one.details["K"]) / 9.0
    assert (nine.details["S"], nine.details["K"]) == pytest.approx((s, k))
    quantile = cornish_fisher_quantile(float(ndtri(0.01)), s, k)
    mean, deviation = float(one.details["mean"]), float(one.details["deviation"])
    assert nine.var == pytest.approx(-9.0 * mean - 3.0 * deviation * quantile)


def test_samples_without_such_a_distribution_are_refused() -> None:
    with pytest.raises(DataError, match="no moments to bend"):
        cornish_fisher_risk([0.01] * 8)
    with pytest.raises(DataError, match="3 returns; this measure needs 4"):
        cornish_fisher_risk([0.01, 0.02, 0.03])
    two_values = [-1.0, 1.0] * 10
    with pytest.raises(DataError, match="excess kurtosis -2"):
        cornish_fisher_risk(two_values)
    with pytest.raises(DataError, match="excess kurtosis -2"):
        cornish_fisher_risk(two_values, parameters="matched")
    unknown: Any = "both"
    with pytest.raises(DataError, match="give 'sample' or 'matched'"):
        cornish_fisher_risk(two_values, parameters=unknown)
