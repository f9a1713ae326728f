"""GARCH, GJR and filtered historical simulation, beside arch's own forecasts."""

import math
from typing import Any

import numpy as np
import pytest

from peaklib.data import Dataset
from peaklib.errors import DataError
from peaklib.risk.measures.filtered_historical import filtered_historical_risk
from peaklib.risk.measures.garch import garch_risk, rolling_garch
from peaklib.risk.measures.volatility_model import Innovations, Model, fit_variance

CASES: tuple[tuple[Model, Innovations], ...] = (
    ("garch", "normal"),
    ("garch", "t"),
    ("gjr", "normal"),
    ("gjr", "t"),
)


@pytest.fixture(scope="module")
def returns(sp500: Dataset) -> np.ndarray:
    """The last 1,500 bars, in fractions."""
    close = sp500.frame["close"].to_numpy()[-1501:]
    found: np.ndarray = close[1:] / close[:-1] - 1.0
    return found


def theirs(returns: np.ndarray, model: Model, innovations: Innovations) -> Any:
    """arch's documented way: percent returns, its own scale."""
    from arch import arch_model

    asked = arch_model(100 * returns, vol="GARCH", p=1, o=int(model == "gjr"), dist=innovations)
    return asked.fit(disp="off")


def test_one_bar_is_the_forecast_of_arch(returns: np.ndarray) -> None:
    """Mean, variance and quantile from arch's public results; shortfall from its partial moment."""
    for model, innovations in CASES:
        fitted = theirs(returns, model, innovations)
        forecast = fitted.forecast(horizon=1)
        deviation = math.sqrt(forecast.variance.iloc[-1, 0])
        shape = fitted.params[["nu"]] if innovations == "t" else None
        z = float(fitted.model.distribution.ppf(0.01, shape))
        mean_beyond = fitted.model.distribution.partial_moment(1, z, shape) / 0.01
        ours = garch_risk(returns, model=model, innovations=innovations)
        expected = (
            -(fitted.params["mu"] + deviation * z) / 100,
            -(fitted.params["mu"] + deviation * mean_beyond) / 100,
        )
        found = (ours.var, ours.expected_shortfall)
        assert found == pytest.approx(expected, rel=2e-4), (model, innovations)
        assert ours.measure == f"{model}_{innovations}"


def test_fit_has_the_likelihood_of_archs(returns: np.ndarray) -> None:
    """Another scale, the same optimum: parameters agree to the precision of the search."""
    for model, innovations in CASES:
        fitted, ours = (
            theirs(returns, model, innovations),
            fit_variance(returns, model=model, innovations=innovations),
        )
        assert ours.alpha == pytest.approx(fitted.params["alpha[1]"], abs=2e-4)
        assert ours.beta == pytest.approx(fitted.params["beta[1]"], abs=2e-4)
        assert ours.omega == pytest.approx(fitted.params["omega"] / 1e4, rel=2e-3)
        assert ours.mean == pytest.approx(fitted.params["mu"] / 100, abs=1e-6)
        assert ours.gamma == pytest.approx(fitted.params.get("gamma[1]", 0.0), abs=2e-4)
        assert ours.dof == pytest.approx(fitted.params.get("nu", math.inf), rel=2e-3)
        np.testing.assert_allclose(ours.residuals, fitted.std_resid, atol=2e-3)


def test_later_bars_continue_archs_recursion(returns: np.ndarray) -> None:
    """Independent: arch filters the whole series with parameters fitted to a part of it."""
    from arch import arch_model

    window, count = 1000, 60
    rolled = rolling_garch(returns[: window + count], window=window, refit=count, model="gjr")
    fit = fit_variance(returns[:window], model="gjr")
    asked = arch_model(100 * returns[: window + count], vol="GARCH", p=1, o=1, rescale=False)
    fixed = asked.fix([100 * fit.mean, 1e4 * fit.omega, fit.alpha, fit.gamma, fit.beta])
    deviations = fixed.conditional_volatility[window:] / 100
    expected = deviations * fit.tail(0.01)[0] - fit.mean
    np.testing.assert_allclose(rolled.var[window:], expected, rtol=1e-9)


def test_several_bars_are_the_simulation_of_arch(returns: np.ndarray) -> None:
    """Independent: arch's simulated paths, compounded; both within sampling error."""
    for model, innovations in (CASES[0], CASES[3]):
        fitted = theirs(returns, model, innovations)
        rng = np.random.default_rng(11)
        shape = fitted.params[["nu"]].to_numpy() if innovations == "t" else np.empty(0)
        fitted.model.distribution._generator = rng
        draw = fitted.model.distribution.simulate(shape)
        paths = fitted.forecast(
            horizon=10, method="simulation", simulations=40_000, rng=draw
        ).simulations.values[-1]
        ends = np.prod(1.0 + paths / 100, axis=1) - 1.0
        ours = garch_risk(
            returns, level=0.95, horizon=10, model=model, innovations=innovations, paths=40_000
        )
        assert ours.var == pytest.approx(-np.quantile(ends, 0.05), rel=0.03)
        worst = np.sort(ends)[:2000]
        assert ours.expected_shortfall == pytest.approx(-worst.mean(), rel=0.03)


def test_planted_parameters_are_found() -> None:
    """A GJR series made in plain Python."""
    rng, omega, alpha, gamma, beta = np.random.default_rng(12), 2e-6, 0.03, 0.12, 0.88
    variance, made = omega / (1 - alpha - gamma / 2 - beta), []
    for z in rng.standard_normal(12_000):
        gap = math.sqrt(variance) * z
        made.append(0.0004 + gap)
        variance = omega + (alpha + (gamma if gap < 0 else 0.0)) * gap**2 + beta * variance
    fit = fit_variance(np.array(made), model="gjr")
    assert (fit.alpha, fit.gamma, fit.beta) == pytest.approx((alpha, gamma, beta), abs=0.02)
    assert fit.persistence == pytest.approx(0.97, abs=0.01)
    assert fit.mean == pytest.approx(0.0004, abs=2e-4)
    assert np.std(fit.residuals) == pytest.approx(1.0, abs=0.01)


def test_unit_of_returns_makes_no_difference(returns: np.ndarray) -> None:
    for scale in (2.0**-10, 2.0**3):
        one, other = garch_risk(returns), garch_risk(scale * returns)
        assert other.var == pytest.approx(scale * one.var, rel=1e-12)


def test_filtered_risk_of_one_bar_is_residuals_at_tomorrows_volatility(
    returns: np.ndarray,
) -> None:
    """arch's residuals and forecast, NumPy's quantile."""
    fitted = theirs(returns, "garch", "normal")
    deviation = math.sqrt(fitted.forecast(horizon=1).variance.iloc[-1, 0])
    low = np.quantile(fitted.std_resid, 0.01, method="weibull")
    found = filtered_historical_risk(returns, method="weibull")
    assert found.var == pytest.approx(-(fitted.params["mu"] + deviation * low) / 100, rel=1e-3)
    assert found.expected_shortfall > found.var
    assert found.n_obs == 1500


def test_filtered_paths_are_drawn_from_residuals(returns: np.ndarray) -> None:
    """Independent: the same model bar by bar in plain NumPy, with draws of its own."""
    fit, rng, paths = fit_variance(returns), np.random.default_rng(13), 40_000
    variance, wealth = np.full(paths, fit.following), np.ones(paths)
    for _ in range(5):
        gap = np.sqrt(variance) * rng.choice(fit.residuals, paths)
        wealth *= 1.0 + fit.mean + gap
        variance = fit.omega + fit.alpha * gap**2 + fit.beta * variance
    found = filtered_historical_risk(returns, level=0.95, horizon=5, paths=paths)
    assert found.var == pytest.approx(-np.quantile(wealth - 1.0, 0.05), rel=0.03)
    again = filtered_historical_risk(returns, level=0.95, horizon=5, paths=paths)
    assert found == again
    other = filtered_historical_risk(returns, level=0.95, horizon=5, paths=paths, seed=1)
    assert found.var != other.var


def test_search_that_begins_at_the_optimum_stays_there(returns: np.ndarray) -> None:
    for model, innovations in CASES:
        cold = fit_variance(returns, model=model, innovations=innovations)
        warm = fit_variance(returns, model=model, innovations=innovations, start=cold.estimates)
        assert warm.following == pytest.approx(cold.following, rel=1e-3)


def test_start_that_leads_nowhere_is_replaced(returns: np.ndarray) -> None:
    bad = np.array([0.0, math.nan, 0.1, 0.8])
    assert fit_variance(returns, start=bad).beta == pytest.approx(fit_variance(returns).beta)


def test_filters_of_warnings_are_left_as_they_were(returns: np.ndarray) -> None:
    """arch changes them for the whole process."""
    import warnings

    before = list(warnings.filters)
    fit_variance(returns[:200])
    assert list(warnings.filters) == before


def test_series_without_a_model_are_refused(returns: np.ndarray) -> None:
    with pytest.raises(DataError, match="99 returns; this measure needs 100"):
        garch_risk(returns[:99])
    with pytest.raises(DataError, match=r"all 200 returns are 0\.01; there is no variance"):
        garch_risk(np.full(200, 0.01))
    with pytest.raises(DataError, match=r"paths = 100; give a whole number, 1,000"):
        garch_risk(returns, horizon=2, paths=100)
    with pytest.raises(DataError, match=r"120 observations have 0.12 of them"):
        filtered_historical_risk(returns[:120], level=0.999)
    unknown: Any = "egarch"
    with pytest.raises(DataError, match="model = 'egarch'"):
        garch_risk(returns, model=unknown)
    with pytest.raises(DataError, match="innovations = 'egarch'"):
        garch_risk(returns, innovations=unknown)
