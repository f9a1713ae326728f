"""Normal and Student-t risk: known values, scipy, quadrature, and the fit by likelihood."""

import math
from typing import Any

import numpy as np
import pytest

from peaklib.data import Dataset
from peaklib.errors import DataError
from peaklib.risk.measures.normal import normal_risk
from peaklib.risk.measures.standard import normal_tail, student_t_tail, unit_variance
from peaklib.risk.measures.student_fit import fit_student_t
from peaklib.risk.measures.student_t import student_t_risk


def returns_of(dataset: Dataset) -> np.ndarray:
    close = dataset.frame["close"].to_numpy()
    found: np.ndarray = close[1:] / close[:-1] - 1.0
    return found


def test_normal_tail_has_the_values_of_tables() -> None:
    """Four digits recalled and recomputed: quantiles z of the normal table, shortfall φ(z) / tail.

    The formula is that of McNeil, Frey and Embrechts (2005), Quantitative Risk Management,
    example 2.18; no book is at hand.
    """
    known = {0.05: (1.6449, 2.0627), 0.025: (1.9600, 2.3378), 0.01: (2.3263, 2.6652)}
    for tail, (var, shortfall) in known.items():
        assert normal_tail(tail) == pytest.approx((var, shortfall), abs=5e-5)


def test_student_tail_is_the_integral_of_quantiles() -> None:
    """Independent: scipy's t, its quantile, and the mean of its quantiles over the tail."""
    from scipy.integrate import quad
    from scipy.stats import t

    for dof in (1.5, 2.0, 3.0, 4.0, 10.0, 500.0):
        for tail in (0.05, 0.01, 0.001):
            # u = tail·w⁴ takes the singularity at 0 out of the integral.
            def loss(w: float, dof: float = dof, tail: float = tail) -> float:
                return float(-t.ppf(tail * w**4, dof) * 4 * w**3) if w > 0.0 else 0.0

            mean, _ = quad(loss, 0.0, 1.0, epsabs=1e-12, epsrel=1e-11, limit=500)
            var, shortfall = student_t_tail(tail, dof)
            assert var == pytest.approx(-t.ppf(tail, dof), rel=1e-12), (dof, tail)
            assert shortfall == pytest.approx(mean, rel=1e-7), (dof, tail)


def test_student_tail_of_many_degrees_is_normal() -> None:
    assert student_t_tail(0.01, 1e9) == pytest.approx(normal_tail(0.01), rel=1e-7)


def test_unit_variance_is_no_unit_scale() -> None:
    """At 4 degrees of freedom the variance of scale 1 is 2; draws say the same."""
    assert unit_variance(4.0) == pytest.approx(math.sqrt(0.5))
    draws = np.random.default_rng(4).standard_t(8.0, 400_000) * unit_variance(8.0)
    assert draws.std() == pytest.approx(1.0, abs=0.01)


def test_tails_without_moments_are_refused() -> None:
    with pytest.raises(DataError, match="above 1 only"):
        student_t_tail(0.01, 1.0)
    with pytest.raises(DataError, match="above 2 only"):
        unit_variance(2.0)


@pytest.mark.slow  # imports quantstats
def test_normal_var_of_the_index_is_that_of_quantstats(sp500: Dataset) -> None:
    """quantstats calls this "VaR"; it is Gaussian: -1.957 % against the historical -1.864 %."""
    from quantstats.stats import value_at_risk

    series = sp500.frame["close"].pct_change().dropna()
    found = normal_risk(series, level=0.95)
    theirs = value_at_risk(series, confidence=0.95, prepare_returns=False)
    assert -found.var == pytest.approx(theirs, rel=1e-12)
    assert found.var == pytest.approx(0.01957, abs=5e-6)


def test_normal_horizon_grows_mean_by_time_and_deviation_by_its_root() -> None:
    values = [0.01, -0.01, 0.03, 0.01]
    deviation = math.sqrt(0.0008 / 3.0)
    found = normal_risk(values, level=0.95, horizon=4)
    assert found.var == pytest.approx(1.6448536269514722 * 2.0 * deviation - 0.04, abs=1e-15)
    assert found.details == {
        "mean": pytest.approx(0.01),
        "deviation": pytest.approx(deviation),
    }


def test_student_fit_beats_scipys_own_and_agrees_with_it(sp500: Dataset) -> None:
    """scipy's `t.fit` stops at about four digits; the likelihood here is no lower."""
    from scipy.stats import t

    for part in (slice(None), slice(1000, 1250), slice(2400, 2650)):
        values = returns_of(sp500)[part]
        ours = fit_student_t(values)
        dof, location, scale = t.fit(values)
        assert (ours.dof, ours.scale) == pytest.approx((dof, scale), rel=1e-3)
        assert ours.location == pytest.approx(location, abs=1e-3 * scale)
        likelihood = t.logpdf(values, ours.dof, ours.location, ours.scale).sum()
        assert likelihood >= t.logpdf(values, dof, location, scale).sum()


def test_student_fit_finds_what_was_planted() -> None:
    values = 0.001 + 0.01 * np.random.default_rng(5).standard_t(4.0, 100_000)
    fit = fit_student_t(values)
    assert fit.dof == pytest.approx(4.0, abs=0.15)
    assert fit.scale == pytest.approx(0.01, rel=0.01)
    assert fit.location == pytest.approx(0.001, abs=1e-4)
    assert fit.deviation == pytest.approx(0.01 * math.sqrt(2.0), rel=0.02)


def test_student_fit_takes_any_unit() -> None:
    values = 0.1 * np.random.default_rng(6).standard_t(5.0, 500)
    one, other = fit_student_t(values), fit_student_t(1e-6 * values + 3e-7)
    assert (other.dof, other.scale) == pytest.approx((one.dof, 1e-6 * one.scale), rel=1e-5)
    assert other.location == pytest.approx(1e-6 * one.location + 3e-7, rel=1e-5)


def test_student_risk_of_one_bar_is_the_quantile_of_the_fit(sp500: Dataset) -> None:
    from scipy.stats import t

    found = student_t_risk(returns_of(sp500), level=0.99)
    dof, location, scale = (float(found.details[name]) for name in ("dof", "location", "scale"))
    assert found.var == pytest.approx(-t.ppf(0.01, dof, location, scale), rel=1e-12)
    assert found.expected_shortfall > found.var


def test_student_horizon_of_thin_tails_is_that_of_sums() -> None:
    """With tails that are nearly normal and returns that are small, both agree."""
    values = 1e-4 * np.random.default_rng(7).standard_normal(4000)
    options: dict[str, Any] = {"level": 0.95, "horizon": 5, "paths": 30_000}
    simulated = student_t_risk(values, seed=1, **options)
    summed = normal_risk(values, level=0.95, horizon=5)
    assert simulated.var == pytest.approx(summed.var, rel=0.02)
    assert simulated.expected_shortfall == pytest.approx(summed.expected_shortfall, rel=0.02)
    assert simulated == student_t_risk(values, seed=1, **options)
    assert simulated.var != student_t_risk(values, seed=2, **options).var


def test_student_horizon_never_loses_more_than_all() -> None:
    """Fat tails of one bar would draw losses beyond 100 %."""
    values = np.maximum(0.5 * np.random.default_rng(8).standard_t(1.5, 500), -1.0)
    found = student_t_risk(values, level=0.99, horizon=3)
    assert (found.var, found.expected_shortfall) == (1.0, 1.0)
    assert student_t_risk(values, level=0.99).var > 1.0


def test_series_without_a_t_distribution_are_refused() -> None:
    rng = np.random.default_rng(9)
    flat = np.where(rng.random(500) < 0.8, 0.0, 0.01 * rng.standard_normal(500))
    with pytest.raises(DataError, match="of 500 returns are 0"):
        student_t_risk(flat)
    # The quartiles differ here, and yet the scale shrinks onto 0.
    lossy = np.concatenate([np.zeros(700), -0.01 * np.abs(rng.standard_normal(300))])
    with pytest.raises(DataError, match=r"700 of 1000 returns are 0: .* without end"):
        fit_student_t(lossy)
    with pytest.raises(DataError, match="tail has no mean"):
        fit_student_t(1e-9 * np.tan(math.pi * (rng.random(500) - 0.5)) ** 3)
    with pytest.raises(DataError, match="9 returns; this measure needs 10"):
        student_t_risk(np.arange(9.0))
    with pytest.raises(DataError, match="paths = 999; give a whole number, 1,000"):
        student_t_risk(0.01 * rng.standard_normal(50), horizon=2, paths=999)
