"""Euler contributions to volatility, value at risk and expected shortfall."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import assume, given, settings, strategies as st
from hypothesis.extra.numpy import arrays

from peaklib.errors import DataError
from peaklib.risk.attribution.contributions import risk_contributions, risk_shares
from peaklib.risk.attribution.tails import shortfall_contributions, var_contributions
from peaklib.risk.measures.historical import historical_risk
from peaklib.risk.measures.order_statistics import METHODS

# Volatilities of 20 % and 10 %, correlation 0.5.
COVARIANCE = [[0.04, 0.01], [0.01, 0.01]]


@st.composite
def books(draw):
    """Weights, some of them short, and a covariance made of random returns."""
    count = draw(st.integers(1, 6))
    number = st.integers(-100, 100).map(lambda whole: whole / 100)
    weights = draw(arrays(np.float64, count, elements=number))
    root = draw(arrays(np.float64, (count + 2, count), elements=number))
    return weights, root.T @ root


def scenarios(seed=7, count=60):
    """Fat-tailed returns of four assets, no two rows alike."""
    return 0.01 * np.random.default_rng(seed).standard_t(4, (count, 4))


WEIGHTS = np.array([0.5, 0.4, 0.3, -0.2])


def test_two_assets_worked_by_hand():
    # Variance .36*.04 + .16*.01 + 2*.6*.4*.01 = .0208; first .6*(.6*.04 + .4*.01) = .0168.
    found = risk_contributions([0.6, 0.4], COVARIANCE)
    assert found == pytest.approx([0.0168 / 0.0208**0.5, 0.004 / 0.0208**0.5], abs=1e-15)
    assert risk_shares([0.6, 0.4], COVARIANCE) == pytest.approx([21 / 26, 5 / 26], abs=1e-15)


def test_a_hedge_has_a_negative_contribution():
    assert risk_contributions([1.0, -0.5], COVARIANCE)[1] < 0


def test_inverse_volatility_shares_risk_equally_where_all_correlations_are_equal():
    """Maillard, Roncalli and Teiletche (2010), J. of Portfolio Management 36(4): their closed form.

    Recalled and recomputed: with one correlation, weights in proportion to 1 / volatility have
    equal contributions.
    """
    volatility = np.array([0.1, 0.2, 0.3, 0.4])
    correlation = np.full((4, 4), 0.3) + 0.7 * np.eye(4)
    covariance = correlation * np.outer(volatility, volatility)
    assert risk_shares(1 / volatility, covariance) == pytest.approx([0.25] * 4, abs=1e-15)


@given(books())
@settings(max_examples=60)
def test_contributions_sum_to_the_volatility(book):
    weights, covariance = book
    variance = weights @ covariance @ weights
    found = risk_contributions(weights, covariance)
    if variance > 1e-12:
        assert found.sum() == pytest.approx(np.sqrt(variance), abs=1e-12)
    else:
        assert np.abs(found).max() < 1e-5


@given(books())
@settings(max_examples=60)
def test_the_order_of_assets_does_not_matter(book):
    weights, covariance = book
    assume(weights @ covariance @ weights > 1e-6)
    turned = risk_contributions(weights[::-1], covariance[::-1, ::-1])[::-1]
    assert turned == pytest.approx(risk_contributions(weights, covariance), abs=1e-12)


def test_contributions_are_weights_times_the_numeric_gradient():
    covariance = np.cov(scenarios(), rowvar=False)

    def volatility(weights):
        return np.sqrt(weights @ covariance @ weights)

    gradient = _gradient(volatility, 1e-6)
    assert risk_contributions(WEIGHTS, covariance) == pytest.approx(WEIGHTS * gradient, abs=1e-10)


def _gradient(measure, step):
    return np.array(
        [(measure(WEIGHTS + at) - measure(WEIGHTS - at)) / (2 * step) for at in step * np.eye(4)]
    )


def test_without_variance_nothing_contributes():
    assert risk_contributions([0.0, 0.0], COVARIANCE).tolist() == [0.0, 0.0]
    # Three assets that are one: thirds do not cancel to the last bit.
    same = np.full((3, 3), 0.07)
    third = [0.1, 0.2, -0.1 - 0.2]
    for weights in (third, third[::-1], [-0.7, 0.1, 0.6]):
        assert risk_contributions(weights, same).tolist() == [0.0, 0.0, 0.0], weights
        with pytest.raises(DataError, match="no variance"):
            risk_shares(weights, same)


def test_a_book_or_covariance_that_is_none_is_refused_by_name():
    cases = [
        ([], np.empty((0, 0)), "weights: shape"),
        ([[0.5, 0.5]], COVARIANCE, "weights: shape"),
        ([0.5, 0.5], [[0.04]], r"covariance: shape \(1, 1\)"),
        ([0.5, np.nan], COVARIANCE, r"weights: nan at \(1,\)"),
        ([0.5, 0.5], [[0.04, np.inf], [np.inf, 0.01]], r"covariance: inf at \(0, 1\)"),
        ([0.5, 0.5], [[0.04, 0.01], [0.02, 0.01]], "symmetric"),
        ([0.5, 0.5], [[0.01, -0.05], [-0.05, 0.01]], "variance of -0.02"),
    ]
    for weights, covariance, message in cases:
        with pytest.raises(DataError, match=message):
            risk_contributions(weights, covariance)


def test_contributions_can_be_had_without_pandas_or_scipy():
    code = (
        "import sys; from peaklib.risk.attribution.contributions import risk_contributions;"
        "print(sorted({'pandas', 'scipy', 'numba'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_tail_contributions_worked_by_hand():
    # Portfolio, worst first: -4 (A -5, B +1), -3 (A 0, B -3), -1, 0, +2 %.
    returns = 0.02 * np.array([[0, -3], [-5, 1], [-1, 0], [1, -1], [1, 1.0]])
    half = [0.5, 0.5]
    # The worst fifth is one scenario; three tenths are it and half of the next.
    assert var_contributions(half, returns, level=0.8, method="inverted_cdf") == pytest.approx(
        [0.05, -0.01], abs=1e-15
    )
    assert shortfall_contributions(half, returns, level=0.8) == pytest.approx([0.05, -0.01])
    assert shortfall_contributions(half, returns, level=0.7) == pytest.approx(
        [(0.05 + 0) / 1.5, (-0.01 + 0.5 * 0.03) / 1.5]
    )
    # Linear: place 4 * 0.3 = 1.2 between the second and the third.
    assert var_contributions(half, returns, level=0.7) == pytest.approx([0.002, 0.024])


def test_tail_contributions_sum_to_the_measures_for_every_method_of_numpy():
    for seed, count, level in ((1, 60, 0.95), (2, 250, 0.99), (3, 101, 0.6)):
        returns = scenarios(seed, count)
        for method in METHODS:
            whole = historical_risk(returns @ WEIGHTS, level=level, method=method)
            parts = var_contributions(WEIGHTS, returns, level=level, method=method)
            assert parts.sum() == pytest.approx(whole.var, abs=1e-12), (method, count)
        parts = shortfall_contributions(WEIGHTS, returns, level=level)
        assert parts.sum() == pytest.approx(whole.expected_shortfall, abs=1e-12), count


def test_tail_contributions_are_weights_times_the_numeric_gradient():
    returns = scenarios()
    for part, name in (
        (var_contributions(WEIGHTS, returns, level=0.93), "var"),
        (shortfall_contributions(WEIGHTS, returns, level=0.93), "expected_shortfall"),
    ):
        gradient = _gradient(
            lambda weights, name=name: getattr(
                historical_risk(returns @ weights, level=0.93), name
            ),
            1e-7,
        )
        assert part == pytest.approx(WEIGHTS * gradient, abs=1e-9), name


def test_scenarios_with_the_same_loss_share_their_weight_whatever_their_order():
    # Two scenarios lose 2 %, one through A and one through B.
    returns = np.array([[-0.04, 0.0], [0.0, -0.04], [0.02, 0.02], [0.02, 0.02]])
    for rows in (returns, returns[::-1]):
        assert var_contributions(
            [0.5, 0.5], rows, level=0.75, method="inverted_cdf"
        ) == pytest.approx([0.01, 0.01])
        assert shortfall_contributions([0.5, 0.5], rows, level=0.75) == pytest.approx([0.01, 0.01])


@pytest.mark.slow
def test_contributions_agree_with_skfolio():
    """skfolio differentiates numerically, and its measures divide as ours do: CVaR at 95 %."""
    from skfolio import Portfolio, RiskMeasure

    returns = scenarios(count=100)
    peer = Portfolio(returns, weights=WEIGHTS)
    covariance = np.cov(returns, rowvar=False)
    for ours, measure in (
        (risk_contributions(WEIGHTS, covariance), RiskMeasure.STANDARD_DEVIATION),
        (shortfall_contributions(WEIGHTS, returns, level=0.95), RiskMeasure.CVAR),
    ):
        assert ours == pytest.approx(peer.contribution(measure), rel=1e-4), measure


def test_scenarios_that_hold_no_tail_are_refused_by_name():
    returns = scenarios()
    cases = [
        ([0.5], returns, {}, r"returns: shape \(60, 4\); expected \(n_scenarios, 1\)"),
        ([[0.5]], returns, {}, "weights: shape"),
        (WEIGHTS, np.where(returns == returns[3, 2], np.nan, returns), {}, r"nan at \(3, 2\)"),
        (WEIGHTS, returns, {"level": 0.99}, "100 or more"),
        (WEIGHTS, returns, {"level": 0.2}, "level = 0.2"),
        (WEIGHTS, returns, {"level": 0.9, "method": "cubic"}, "method = 'cubic'"),
    ]
    for weights, moved, options, message in cases:
        with pytest.raises(DataError, match=message):
            var_contributions(weights, moved, **options)
