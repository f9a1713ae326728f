"""Rolling forecasts: what they look at, what they equal, and that they cannot look ahead."""

from collections.abc import Callable, Mapping
from functools import partial
from inspect import signature

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra.numpy import arrays

from peaklib.errors import DataError
from peaklib.risk.measures.catalogue import CATALOGUE, MEASURES, ROLLING_MEASURES
from peaklib.risk.measures.cornish_fisher import rolling_cornish_fisher
from peaklib.risk.measures.filtered_historical import rolling_filtered_historical
from peaklib.risk.measures.historical import historical_risk, rolling_historical
from peaklib.risk.measures.normal import normal_risk, rolling_normal
from peaklib.risk.measures.order_statistics import METHODS
from peaklib.risk.measures.results import RollingRisk, TailRisk
from peaklib.risk.measures.student_t import rolling_student_t, student_t_risk
from peaklib.risk.measures.volatility_model import fit_variance

# Windows not much longer than each measure needs, and refits that do not divide the series evenly.
SHORT: Mapping[str, Callable[..., RollingRisk]] = {
    name: partial(measure.rolling, window=max(60, measure.least + 10), level=0.95)
    for name, measure in CATALOGUE.items()
}


def clustered(n: int, seed: int = 0) -> np.ndarray:
    """Returns with fat tails whose volatility comes and goes."""
    rng = np.random.default_rng(seed)
    wave = 0.01 * (1.2 + np.sin(np.arange(n) / 20.0))
    found: np.ndarray = 0.0003 + wave * rng.standard_t(5.0, n)
    return found


@pytest.mark.parametrize("name", SHORT)
def test_removing_the_future_does_not_change_the_past(name: str) -> None:
    returns = clustered(260)
    whole = SHORT[name](returns)
    for cut in (131, 200, 259):
        part = SHORT[name](returns[:cut])
        for one, other in (
            (whole.var, part.var),
            (whole.expected_shortfall, part.expected_shortfall),
        ):
            np.testing.assert_array_equal(one[:cut], other)
        assert part.refits == tuple(bar for bar in whole.refits if bar < cut)
        assert part.failed == tuple(bar for bar in whole.failed if bar < cut)


@pytest.mark.parametrize("name", SHORT)
def test_a_forecast_does_not_know_its_own_bar(name: str) -> None:
    """A crash at one bar moves no forecast up to that bar, and does move the next."""
    calm = clustered(200)
    crash = calm.copy()
    crash[150] = -0.4
    before, after = SHORT[name](calm), SHORT[name](crash)
    np.testing.assert_array_equal(before.var[:151], after.var[:151])
    np.testing.assert_array_equal(before.expected_shortfall[:151], after.expected_shortfall[:151])
    assert (before.var[151:180] != after.var[151:180]).any()


@pytest.mark.parametrize("name", SHORT)
def test_only_the_warm_up_has_no_forecast(name: str) -> None:
    found = SHORT[name](clustered(200))
    good = [bar for bar in found.refits if bar not in found.failed]
    first = good[0] if good else found.window
    assert np.isnan(found.var[:first]).all()
    assert np.isfinite(found.var[first:]).all()
    assert (found.expected_shortfall[first:] >= found.var[first:]).all()
    assert found.var.shape == found.expected_shortfall.shape == (200,)
    assert (found.measure, found.level) == (name, 0.95)


def test_historical_var_is_numpys_quantile_of_each_window() -> None:
    rng, window = np.random.default_rng(1), 50
    smooth = rng.standard_t(3, 400) * 0.01
    steps = np.repeat(rng.integers(-2, 3, 40), 10) * 0.01
    for values in (smooth, np.round(smooth, 2), steps, np.sort(smooth), np.sort(smooth)[::-1]):
        windows = np.lib.stride_tricks.sliding_window_view(values, window)[:-1]
        for level in (0.9, 0.95, 0.98):
            tail = round(1 - level, 12)
            for method in METHODS:
                found = rolling_historical(values, window=window, level=level, method=method)
                expected = -np.quantile(windows, tail, axis=1, method=method)
                np.testing.assert_array_equal(found.var[window:], expected, err_msg=method)


@settings(max_examples=60)
@given(
    values=arrays(
        np.float64,
        st.integers(25, 60),
        elements=st.sampled_from([-0.5, -0.1, -0.0, 0.0, 0.1, 0.49]),
    ),
    window=st.integers(20, 24),
    method=st.sampled_from(METHODS),
)
def test_ties_leave_the_window_as_they_came(values: np.ndarray, window: int, method: str) -> None:
    found = ROLLING_MEASURES["historical"](values, window=window, level=0.95, method=method)
    for t in range(window, values.size):
        alone = MEASURES["historical"](values[t - window : t], level=0.95, method=method)
        assert found.var[t] == alone.var
        assert found.expected_shortfall[t] == pytest.approx(alone.expected_shortfall, abs=1e-14)


def test_each_forecast_is_the_measure_of_the_window_before_it() -> None:
    returns = clustered(180)
    pairs: tuple[tuple[Callable[..., RollingRisk], Callable[..., TailRisk]], ...] = (
        (rolling_historical, historical_risk),
        (rolling_normal, normal_risk),
        (partial(rolling_cornish_fisher, parameters="matched"), MEASURES["cornish_fisher_matched"]),
        (partial(rolling_student_t, refit=10), student_t_risk),
    )
    for rolling, alone in pairs:
        found = rolling(returns, window=120, level=0.95)
        for t in (120, 130, 150, 170):
            assert t not in found.failed
            expected = alone(returns[t - 120 : t], level=0.95)
            assert found.var[t] == pytest.approx(expected.var, rel=1e-9)
            assert found.expected_shortfall[t] == pytest.approx(
                expected.expected_shortfall, rel=1e-9
            )


def test_student_forecast_stays_until_the_next_refit() -> None:
    found = rolling_student_t(clustered(130), window=100, refit=12)
    assert found.refits == (100, 112, 124)
    assert len(set(found.var[100:112])) == len(set(found.var[112:124])) == 1
    assert found.var[111] != found.var[112]


def test_filtered_forecast_is_the_definition_bar_by_bar() -> None:
    """The recursion in plain Python from one fit, and NumPy's quantile of the last residuals."""
    returns, window, refit = clustered(160), 120, 40
    found = rolling_filtered_historical(
        returns, window=window, refit=refit, level=0.95, model="gjr", method="hazen"
    )
    fit = fit_variance(returns[:window], model="gjr")
    residuals, variance = list(fit.residuals), fit.following
    for t in range(window, 160):
        low = np.quantile(residuals[-window:], 0.05, method="hazen")
        assert found.var[t] == pytest.approx(-(fit.mean + variance**0.5 * low), rel=1e-12)
        gap = returns[t] - fit.mean
        residuals.append(gap / variance**0.5)
        arch = fit.alpha + (fit.gamma if gap < 0 else 0.0)
        variance = fit.omega + arch * gap**2 + fit.beta * variance
    assert found.refits == (120,)


@pytest.mark.slow
def test_window_without_a_fit_keeps_the_last_good_parameters() -> None:
    """A market that stands still for longer than the window: its fit fails, and is listed."""
    moving = clustered(230, seed=3)
    still = np.concatenate([moving, np.zeros(140), moving])
    for name in ("garch_normal", "gjr_t", "filtered_historical"):
        found = ROLLING_MEASURES[name](still, window=100, refit=10, level=0.95)
        assert 340 in found.failed
        assert set(found.failed) <= set(found.refits)
        assert np.isfinite(found.var[100:]).all(), name
    late = ROLLING_MEASURES["student_t"](still[230:], window=100, refit=10, level=0.95)
    assert late.failed[0] == 100
    assert np.isnan(late.var[:200]).all()
    assert np.isfinite(late.var[-100:]).all()


@pytest.mark.slow
def test_volatility_and_residuals_go_on_through_a_refit_that_failed() -> None:
    """The last good parameters, carried on in plain Python over the bars after the failure."""
    moving, window = clustered(230, seed=3), 100
    still = np.concatenate([moving, np.zeros(140), moving])
    found = rolling_filtered_historical(still, window=window, refit=10, level=0.95)
    failed = found.failed[0]
    fit = fit_variance(still[:window])
    for start in range(window + 10, failed, 10):
        fit = fit_variance(still[start - window : start], start=fit.estimates)
    residuals, variance = list(fit.residuals), fit.following
    for t in range(failed - 10, failed + 10):
        low = np.quantile(residuals[-window:], 0.05)
        assert found.var[t] == pytest.approx(-(fit.mean + variance**0.5 * low), rel=1e-9), t
        gap = still[t] - fit.mean
        residuals.append(gap / variance**0.5)
        variance = fit.omega + fit.alpha * gap**2 + fit.beta * variance


def test_no_fit_anywhere_is_an_error() -> None:
    still = np.zeros(250)
    for name in ("garch_normal", "student_t", "cornish_fisher"):
        with pytest.raises(DataError, match="no window of 120 bars has an estimate: "):
            ROLLING_MEASURES[name](still, window=120)


def test_windows_outside_the_domain_are_listed() -> None:
    """Calm windows have thinner tails than normal: no Cornish-Fisher distribution is like them."""
    returns = np.concatenate([clustered(120, seed=5), np.tile([-0.01, 0.01], 50)])
    found = rolling_cornish_fisher(returns, window=60, level=0.95, parameters="matched")
    assert 200 in found.failed
    good = max(bar for bar in found.refits if bar not in found.failed and bar < 200)
    assert good < 199
    spread = np.std(returns[140:200]), np.std(returns[good - 60 : good])
    means = np.mean(returns[140:200]), np.mean(returns[good - 60 : good])
    kept = (found.var[200] + means[0]) / spread[0]
    assert kept == pytest.approx((found.var[good] + means[1]) / spread[1], rel=1e-9)


def test_windows_and_refits_that_do_not_exist_are_refused() -> None:
    returns = clustered(150)
    for compute in ROLLING_MEASURES.values():
        with pytest.raises(DataError, match="leaves nothing to forecast"):
            compute(returns, window=150)
        with pytest.raises(DataError, match="window = 0; give"):
            compute(returns, window=0)
        with pytest.raises(DataError, match="row 3 is nan"):
            compute(np.where(np.arange(150) == 3, np.nan, returns), window=120)
        if "refit" in signature(compute).parameters:
            with pytest.raises(DataError, match="refit = 0"):
                compute(returns, window=120, refit=0)
    with pytest.raises(DataError, match=r"20 observations have 0.2"):
        rolling_historical(returns, window=20)
