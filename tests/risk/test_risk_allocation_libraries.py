"""Against skfolio, scikit-learn, scipy and sums written out: none of them shares our code."""

from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from peaklib.data import load_panel
from peaklib.errors import DataError
from peaklib.risk.allocation.allocate import allocate
from peaklib.risk.allocation.black_litterman import View, absolute_view, black_litterman
from peaklib.risk.allocation.constraints import Constraints, GroupLimit
from peaklib.risk.allocation.covariance import check_definite, estimate_covariance
from peaklib.risk.allocation.hierarchical import LINKAGES, Leaves, hrp_weights

Floats = NDArray[np.float64]

# Importing skfolio alone takes two seconds.
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def returns() -> pd.DataFrame:
    """Two years of eight real stocks."""
    close = load_panel("stocks20").close
    return close.iloc[-505:, :8].pct_change().iloc[1:]


def test_hrp_on_distances_is_skfolios(returns: pd.DataFrame) -> None:
    from skfolio.cluster import HierarchicalClustering, LinkageMethod
    from skfolio.optimization import HierarchicalRiskParity
    from skfolio.seriation import HierarchicalSeriation

    covariance = returns.cov().to_numpy()
    for linkage in LINKAGES:
        tree = HierarchicalClustering(linkage_method=LinkageMethod[linkage.upper()])
        for leaves in get_args(Leaves):
            order = HierarchicalSeriation(
                hierarchical_clustering_estimator=tree, optimal_ordering=leaves == "optimal"
            )
            theirs = HierarchicalRiskParity(
                seriation_estimator=order, min_weights=0.08, max_weights=0.2
            )
            ours = hrp_weights(
                covariance,
                linkage=linkage,
                leaves=leaves,
                lower=np.full(8, 0.08),
                upper=np.full(8, 0.2),
            )
            np.testing.assert_allclose(
                ours, theirs.fit(returns).weights_, rtol=1e-9, err_msg=f"{linkage} {leaves}"
            )
            theirs.set_params(min_weights=0.0, max_weights=1.0)
            np.testing.assert_allclose(
                hrp_weights(covariance, linkage=linkage, leaves=leaves),
                theirs.fit(returns).weights_,
                rtol=1e-9,
                err_msg=f"{linkage} {leaves}, free",
            )


def test_risk_parity_is_skfolios_to_its_accuracy(returns: pd.DataFrame) -> None:
    from skfolio.optimization import RiskBudgeting

    theirs = RiskBudgeting().fit(returns).weights_
    ours = allocate(returns, "risk_parity").weights
    np.testing.assert_allclose(ours, theirs, rtol=1e-4)


def test_the_posterior_is_skfolios(returns: pd.DataFrame) -> None:
    from skfolio.moments import EmpiricalCovariance, EquilibriumMu
    from skfolio.prior import BlackLitterman, EmpiricalPrior

    market = pd.Series(np.arange(1.0, 9.0) / 36, returns.columns)
    covariance = EmpiricalCovariance(nearest=False)
    theirs = BlackLitterman(
        views=["AAPL == 0.002", "AMD - BAC == 0.001"],
        prior_estimator=EmpiricalPrior(
            mu_estimator=EquilibriumMu(
                risk_aversion=2.5, weights=market.to_numpy(), covariance_estimator=covariance
            ),
            covariance_estimator=covariance,
        ),
        tau=0.05,
        view_confidences=[0.5, 0.8],
    )
    theirs.fit(returns)
    ours = black_litterman(
        returns.cov(),
        market,
        (
            absolute_view("AAPL", 0.002),
            View({"AMD": 1.0, "BAC": -1.0}, 0.001, confidence=0.8),
        ),
    )
    found = theirs.return_distribution_
    np.testing.assert_allclose(ours.expected, found.mu, rtol=1e-9)
    np.testing.assert_allclose(ours.covariance, found.covariance, rtol=1e-9)


def test_a_certain_view_comes_true_and_a_variance_is_taken_as_given(
    returns: pd.DataFrame,
) -> None:
    market = pd.Series(0.125, returns.columns)
    certain = black_litterman(returns.cov(), market, (absolute_view("BBY", 0.003, confidence=1.0),))
    assert certain.expected["BBY"] == pytest.approx(0.003, rel=1e-12)
    own = 0.05 * returns["BBY"].var()
    halves = [
        black_litterman(returns.cov(), market, (absolute_view("BBY", 0.003, **how),))
        for how in ({"confidence": 0.5}, {"variance": own})
    ]
    np.testing.assert_allclose(halves[0].expected, halves[1].expected, rtol=1e-12)


def test_constrained_optima_are_those_of_another_solver(returns: pd.DataFrame) -> None:
    """scipy's SLSQP from many starts, under bounds, a group and a turnover limit."""
    from scipy.optimize import minimize

    assets = [str(name) for name in returns.columns]
    before = np.full(8, 0.125)
    asked = Constraints(
        upper=0.3,
        groups=(GroupLimit("banks", ("BAC", "BBY"), lower=0.15, upper=0.25),),
        max_turnover=0.5,
        previous=dict(zip(assets, before, strict=True)),
    )
    covariance, means = returns.cov().to_numpy() * 1e4, returns.mean().to_numpy() * 1e2
    group = np.isin(assets, ["BAC", "BBY"]).astype(float)

    # Trades are split into bought and sold, so that the limit on them is smooth.
    def weights(x: Floats) -> Floats:
        return np.asarray(before + x[:8] - x[8:], dtype=np.float64)

    rules: list[Any] = [
        {"type": "eq", "fun": lambda x: weights(x).sum() - 1},
        {"type": "ineq", "fun": lambda x: 0.5 - x.sum()},
        {"type": "ineq", "fun": lambda x: weights(x)},
        {"type": "ineq", "fun": lambda x: 0.3 - weights(x)},
        {"type": "ineq", "fun": lambda x: 0.25 - group @ weights(x)},
        {"type": "ineq", "fun": lambda x: group @ weights(x) - 0.15},
    ]
    goals: dict[str, Any] = {
        "minimum_variance": lambda x: weights(x) @ covariance @ weights(x),
        "maximum_sharpe": lambda x: (
            -(means @ weights(x)) / (weights(x) @ covariance @ weights(x)) ** 0.5
        ),
    }
    for name, goal in goals.items():
        found = minimize(
            goal,
            np.full(16, 0.01),
            method="SLSQP",
            bounds=[(0, 1)] * 16,
            constraints=rules,
            options={"maxiter": 500, "ftol": 1e-12},
        )
        ours = allocate(returns, name, constraints=asked).weights.to_numpy()
        np.testing.assert_allclose(ours, weights(found.x), atol=2e-3, err_msg=name)


def test_unconstrained_optima_are_those_of_the_normal_equations(returns: pd.DataFrame) -> None:
    """By hand: C^-1 1 and C^-1 (mean - risk-free), each scaled to sum to 1."""
    free = Constraints(long_only=False)
    covariance, means = returns.cov().to_numpy(), returns.mean().to_numpy()
    least = np.linalg.solve(covariance, np.ones(8))
    best = np.linalg.solve(covariance, means - 1e-4)
    found = allocate(returns, "minimum_variance", constraints=free).weights
    np.testing.assert_allclose(found, least / least.sum(), atol=1e-4)
    found = allocate(returns, "maximum_sharpe", constraints=free, risk_free=1e-4).weights
    np.testing.assert_allclose(found, best / best.sum(), atol=1e-3)


def test_covariances_are_those_written_out(returns: pd.DataFrame) -> None:
    from sklearn.covariance import ledoit_wolf

    values = returns.to_numpy()
    np.testing.assert_allclose(estimate_covariance(returns), returns.cov(), rtol=1e-12)
    age = np.arange(len(values))[::-1]
    weights = 0.5 ** (age / 20)
    by_hand = np.einsum("t,ti,tj->ij", weights / weights.sum(), values, values)
    np.testing.assert_allclose(
        estimate_covariance(returns, "ewm", half_life=20), by_hand, rtol=1e-9
    )
    np.testing.assert_allclose(
        estimate_covariance(returns, "ledoit_wolf"), ledoit_wolf(values)[0], rtol=1e-9
    )


def test_shrinkage_makes_fewer_bars_than_assets_usable() -> None:
    rng = np.random.default_rng(7)
    returns = pd.DataFrame(rng.normal(0, 0.01, (10, 15)), columns=[f"a{i}" for i in range(15)])
    with pytest.raises(DataError, match="rank 9"):
        allocate(returns, "minimum_variance")
    found = allocate(returns, "minimum_variance", covariance="ledoit_wolf").weights
    assert found.sum() == pytest.approx(1.0)
    check_definite(estimate_covariance(returns, "ledoit_wolf").to_numpy(), "any")
