"""Regimes: terciles of volatility, Markov switching, and those that come with the data."""

import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from peaklib.data import Dataset
from peaklib.errors import DataError
from peaklib.features.regimes import hamilton_filter
from peaklib.features.transforms import external_regime, markov_regime, volatility_regime
from peaklib.features.volatility import realised_volatility

# ---- terciles ---------------------------------------------------------------------------


def test_terciles_are_those_of_the_training_rows(sp500: Dataset) -> None:
    close = sp500.column("close")
    params = volatility_regime.resolve()
    state = volatility_regime.fit([close[:2000]], params)
    known = np.log(pd.Series(close[:2000])).diff().rolling(20).std(ddof=0).dropna()
    assert_allclose([state["low"], state["high"]], known.quantile([1 / 3, 2 / 3]), rtol=1e-9)
    (found,) = volatility_regime.compute([close[:2000]], params, state)
    assert volatility_regime.warm_up_rows(params, state) == 20
    assert np.isnan(found[:20]).all()
    shares = [np.mean(found[20:] == regime) for regime in (0, 1, 2)]
    assert_allclose(shares, 1 / 3, atol=0.001)


def test_regimes_by_hand_with_a_tie_counted_as_the_calmer_one() -> None:
    # Window 2: two log returns deviate by half their distance, so by 0.1, 0.15, 0.2, 0.3, 0.4.
    close = np.exp([0.0, 0.1, 0.0, 0.2, 0.0, 0.4, 0.0])
    params = volatility_regime.resolve({"window": 2})
    known = realised_volatility(close, 2)
    assert_allclose(known[2:], [0.1, 0.15, 0.2, 0.3, 0.4])
    state = {"low": float(known[3]), "high": float(known[5])}
    (found,) = volatility_regime.compute([close], params, state)
    assert_array_equal(found, [np.nan, np.nan, 0, 0, 1, 1, 2])


def test_a_constant_price_is_calm() -> None:
    state = {"low": 0.0, "high": 0.1}
    (found,) = volatility_regime.compute([np.full(40, 5.0)], volatility_regime.resolve(), state)
    assert_array_equal(found[20:], 0.0)


def test_terciles_need_four_windows_and_prices_that_move(sp500: Dataset) -> None:
    params = volatility_regime.resolve()
    with pytest.raises(DataError, match="learns from 79 rows and needs 80"):
        volatility_regime.fit([sp500.column("close")[:79]], params)
    volatility_regime.fit([sp500.column("close")[:80]], params)
    with pytest.raises(DataError, match="both terciles of 180 volatilities are 0"):
        volatility_regime.fit([np.full(200, 3.0)], params)


# ---- Markov switching -------------------------------------------------------------------


def switching(n: int = 1500, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Prices from two regimes, 0.5 % and 2 % a bar, and which one ruled each return."""
    random = np.random.default_rng(seed)
    wild = np.cumsum(random.random(n) < 0.01) % 2 == 1
    returns = random.normal(0.0, np.where(wild, 0.02, 0.005))
    return 100.0 * np.exp(np.append(0.0, np.cumsum(returns))), wild


def test_the_filter_follows_bayes_by_hand() -> None:
    # Two regimes, standard deviations 1 and 2, a value of 0: densities are as 2 to 1.
    transition = np.array([[0.9, 0.2], [0.1, 0.8]])
    out = hamilton_filter(
        np.array([0.0, 0.0]), np.zeros(2), np.array([1.0, 4.0]), transition, np.array([0.5, 0.5])
    )
    # Before: 0.55, 0.45 -> 1.10 : 0.45. Then 0.9 p + 0.2 (1 - p), doubled against the rest.
    first = 1.10 / 1.55
    before = 0.9 * first + 0.2 * (1 - first)
    assert_allclose(out[:, 0], [first, 2 * before / (1 + before)], rtol=1e-14)
    assert_allclose(out.sum(axis=1), 1.0, rtol=1e-14)


def test_an_outlier_beyond_all_measure_belongs_to_the_widest_regime() -> None:
    transition = np.array([[0.9, 0.1], [0.1, 0.9]])
    out = hamilton_filter(
        np.array([0.0, 1e5, 0.0]), np.zeros(2), np.array([1.0, 4.0]), transition, np.full(2, 0.5)
    )
    assert np.isfinite(out).all()
    assert out[1, 1] == 1.0


def test_the_model_finds_the_regimes_that_made_the_prices() -> None:
    close, wild = switching()
    params = markov_regime.resolve()
    state = markov_regime.fit([close], params)
    assert_allclose(np.sqrt(state["variance"]), [0.005, 0.02], rtol=0.1)
    assert_allclose(np.diag(state["transition"]), 0.99, atol=0.01)
    assert_allclose(np.sum(state["transition"], axis=0), 1.0)
    assert state["converged"] == 1
    (found,) = markov_regime.compute([close], params, state)
    assert np.isnan(found[0])
    assert np.mean((found[1:] > 0.5) == wild) > 0.97


@pytest.mark.parametrize("regimes", [2, pytest.param(3, marks=pytest.mark.slow)])
def test_probabilities_are_the_filtered_ones_of_statsmodels(regimes: int, sp500: Dataset) -> None:
    from statsmodels.tsa.regime_switching.markov_regression import MarkovRegression

    close = sp500.column("close")[:1200]
    params = markov_regime.resolve({"regimes": regimes})
    state = markov_regime.fit([close[:900]], params)
    (found,) = markov_regime.compute([close], params, state)
    returns = np.diff(np.log(close))
    transition = np.array(state["transition"])
    model = MarkovRegression(returns * 100, k_regimes=regimes, switching_variance=True)
    values = [
        *transition[:-1].T.T.ravel(),
        *(np.array(state["mean"]) * 100),
        *(np.array(state["variance"]) * 1e4),
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = model.filter(np.array(values), cov_type="none")
    assert_allclose(found[1:], expected.filtered_marginal_probabilities[:, -1], atol=1e-9)


@pytest.mark.slow
def test_the_maximum_is_that_of_statsmodels_on_returns_in_percent(sp500: Dataset) -> None:
    from statsmodels.tsa.regime_switching.markov_regression import MarkovRegression

    close = sp500.column("close")[:1200]
    state = markov_regime.fit([close], markov_regime.resolve())
    model = MarkovRegression(np.diff(np.log(close)) * 100, k_regimes=2, switching_variance=True)
    found = model.fit(disp=False, cov_type="none")
    assert_allclose(np.sort(found.params[-2:]), np.array(state["variance"]) * 1e4, rtol=1e-3)


def test_later_rows_change_nothing_and_fitting_twice_learns_the_same(sp500: Dataset) -> None:
    close = sp500.column("close")[:1500]
    params = markov_regime.resolve()
    state = markov_regime.fit([close[:800]], params)
    assert markov_regime.fit([close[:800]], params) == state
    (whole,) = markov_regime.compute([close], params, state)
    for cut in (1, 2, 800, 1499):
        (part,) = markov_regime.compute([close[:cut]], params, state)
        assert_array_equal(part, whole[:cut])


def test_few_or_constant_rows_teach_no_regimes() -> None:
    close, _ = switching(200)
    with pytest.raises(DataError, match=r"from 100 rows .* 2 regimes need 101 rows"):
        markov_regime.fit([close[:100]], markov_regime.resolve())
    with pytest.raises(DataError, match=r"deviate by 0; .* prices that move"):
        markov_regime.fit([np.full(300, 4.0)], markov_regime.resolve())
    with pytest.raises(DataError, match="from 1 rows"):
        markov_regime.fit([close[:1]], markov_regime.resolve())


def test_a_constant_price_has_probabilities_too() -> None:
    close, _ = switching(400)
    params = markov_regime.resolve()
    state = markov_regime.fit([close], params)
    (found,) = markov_regime.compute([np.full(50, 4.0)], params, state)
    assert np.all((found[1:] >= 0) & (found[1:] < 0.5))


# ---- from outside -----------------------------------------------------------------------


def test_a_regime_of_the_data_passes_through_as_a_copy() -> None:
    given = np.array([0.0, 2.0, np.nan, 1.0])
    (found,) = external_regime.compute([given], {})
    assert_array_equal(found, given)
    assert not np.shares_memory(found, given)
    assert external_regime.inputs == ("regime",)
    assert external_regime.warm_up_rows({}) == 0
