"""What must hold for any covariance: sums, scale, order, equal contributions, least variance."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from numpy.typing import NDArray

from peaklib.errors import DataError
from peaklib.risk.allocation.allocate import allocate, allocate_as
from peaklib.risk.allocation.black_litterman import absolute_view
from peaklib.risk.allocation.budgeting import risk_budgeting_weights
from peaklib.risk.allocation.catalogue import METHODS
from peaklib.risk.allocation.constraints import Constraints
from peaklib.risk.allocation.hierarchical import hrp_weights
from peaklib.risk.allocation.spec import AllocationSpec
from peaklib.risk.attribution.contributions import risk_shares

Floats = NDArray[np.float64]

SIZES = st.integers(2, 12)
SEEDS = st.integers(0, 10_000)
# Weights of these come from a solver, which leaves them about 1e-4 from the optimum.
SOLVED = ("minimum_variance", "maximum_sharpe", "black_litterman")


def made_returns(seed: int, n_assets: int, n_bars: int = 60) -> pd.DataFrame:
    """Returns with a common factor and volatilities from 0.5 to 5 %, means above 0."""
    rng = np.random.default_rng(seed)
    common = rng.standard_normal((n_bars, 1)) @ rng.normal(0.6, 0.6, (1, n_assets))
    noise = rng.standard_normal((n_bars, n_assets))
    scale = rng.uniform(0.005, 0.05, n_assets)
    values = (common + noise) * scale
    values += 0.1 * scale - values.mean(axis=0)
    return pd.DataFrame(values, columns=[f"a{at}" for at in range(n_assets)])


def names_of(returns: pd.DataFrame) -> list[str]:
    return [str(name) for name in returns.columns]


def spec_of(name: str, assets: list[str]) -> AllocationSpec:
    if name != "black_litterman":
        return AllocationSpec(method=name)
    market = dict.fromkeys(assets, 1.0 / len(assets))
    return AllocationSpec(method=name, market=market, views=(absolute_view(assets[0], 0.002),))


def check_same(name: str, found: pd.Series, wanted: pd.Series) -> None:
    atol = 2e-4 if name in SOLVED else 1e-12
    np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=atol, err_msg=name)


@pytest.mark.slow
@given(seed=SEEDS, n_assets=SIZES)
@settings(max_examples=15)
def test_every_method_is_long_only_and_all_but_black_litterman_sum_to_one(
    seed: int, n_assets: int
) -> None:
    returns = made_returns(seed, n_assets)
    for name, method in METHODS.items():
        weights = allocate_as(returns, spec_of(name, names_of(returns))).weights
        assert list(weights.index) == list(returns.columns), name
        assert (weights >= 0).all(), name
        if method.invested:
            assert weights.sum() == pytest.approx(1.0, abs=1e-9), name


@pytest.mark.slow
@given(seed=SEEDS, n_assets=SIZES, factor=st.sampled_from([1e-3, 0.5, 2.0]))
@settings(max_examples=15)
def test_the_unit_of_returns_does_not_change_weights(
    seed: int, n_assets: int, factor: float
) -> None:
    returns = made_returns(seed, n_assets)
    for name in METHODS:
        if name == "black_litterman":  # its views and its equilibrium have a unit
            continue
        weights, scaled = (allocate(r, name).weights for r in (returns, returns * factor))
        check_same(name, scaled, weights)


@pytest.mark.slow
@given(seed=SEEDS, n_assets=SIZES)
@settings(max_examples=15)
def test_the_order_of_assets_does_not_change_weights(seed: int, n_assets: int) -> None:
    returns = made_returns(seed, n_assets)
    shuffled = returns.iloc[:, np.random.default_rng(seed).permutation(n_assets)]
    for name in METHODS:
        spec = spec_of(name, names_of(returns))
        weights, other = (allocate_as(each, spec).weights for each in (returns, shuffled))
        check_same(name, other[weights.index], weights)


@given(seed=SEEDS, n_assets=SIZES)
@settings(max_examples=40)
def test_risk_parity_contributions_are_equal(seed: int, n_assets: int) -> None:
    covariance = np.cov(made_returns(seed, n_assets).to_numpy(), rowvar=False)
    weights = risk_budgeting_weights(covariance)
    np.testing.assert_allclose(risk_shares(weights, covariance), 1 / n_assets, atol=1e-8)
    assert (weights > 0).all()


@given(seed=SEEDS, budgets=st.lists(st.floats(1e-4, 1.0), min_size=2, max_size=10))
@settings(max_examples=40)
def test_risk_budgets_are_met(seed: int, budgets: list[float]) -> None:
    returns = made_returns(seed, len(budgets))
    found = allocate(
        returns, "risk_parity", budgets=dict(zip(names_of(returns), budgets, strict=True))
    )
    shares = risk_shares(found.weights.to_numpy(), returns.cov().to_numpy())
    np.testing.assert_allclose(shares, np.array(budgets) / sum(budgets), rtol=1e-8)
    assert found.objective < 1e-8


@pytest.mark.slow
@given(seed=SEEDS, n_assets=SIZES)
@settings(max_examples=15)
def test_no_long_only_portfolio_has_less_variance_or_a_higher_sharpe(
    seed: int, n_assets: int
) -> None:
    returns = made_returns(seed, n_assets)
    covariance, means = returns.cov().to_numpy(), returns.mean().to_numpy()
    others = np.random.default_rng(seed).dirichlet(np.full(n_assets, 0.5), 500)
    others = np.vstack([others, np.eye(n_assets)])
    variances = np.einsum("ij,jk,ik->i", others, covariance, others)
    least = allocate(returns, "minimum_variance").objective
    best = allocate(returns, "maximum_sharpe").objective
    assert least <= variances.min() * (1 + 1e-6)
    assert best >= (others @ means / np.sqrt(variances)).max() * (1 - 1e-6)


@given(seed=SEEDS, n_assets=SIZES)
@settings(max_examples=15)
def test_the_market_is_the_portfolio_of_no_views(seed: int, n_assets: int) -> None:
    returns = made_returns(seed, n_assets)
    raw = np.random.default_rng(seed).uniform(0.1, 1.0, n_assets)
    market = pd.Series(raw / raw.sum(), returns.columns)
    found = allocate(returns, "black_litterman", market=market, tau=0.3)
    np.testing.assert_allclose(found.weights, market / 1.3, rtol=1e-6)


def test_hrp_on_leaves_of_the_tree_depends_on_the_order_of_assets() -> None:
    """Why they are not the default: the same assets in another order weigh something else."""
    moved = []
    for seed in range(10):
        covariance = made_returns(seed, 12).cov().to_numpy()
        order = np.random.default_rng(seed).permutation(12)
        shuffled = hrp_weights(covariance[np.ix_(order, order)], leaves="tree")
        moved.append(np.abs(shuffled - hrp_weights(covariance, leaves="tree")[order]).sum())
    assert max(moved) > 0.01


def test_hrp_of_two_assets_is_inverse_variance() -> None:
    """By hand: variances 1 and 4, whatever the correlation: 4/5 and 1/5."""
    for correlation in (-0.9, 0.0, 0.7):
        covariance = np.array([[1.0, 2 * correlation], [2 * correlation, 4.0]])
        np.testing.assert_allclose(hrp_weights(covariance), [0.8, 0.2], rtol=1e-12)


def test_hrp_of_four_assets_by_hand() -> None:
    """Two pairs, correlated 0.8 inside and 0 across, variances 1, 1 and 4, 4.

    Each pair has variance (1 + 0.8) / 2 of its members': 0.9 and 3.6. So the pairs weigh 0.8
    and 0.2, and their members half of that each.
    """
    covariance = np.array([[1.0, 0.8, 0, 0], [0.8, 1.0, 0, 0], [0, 0, 4.0, 3.2], [0, 0, 3.2, 4.0]])
    for linkage_on in ("distances", "rows"):
        found = hrp_weights(covariance, linkage_on=linkage_on)
        np.testing.assert_allclose(found, [0.4, 0.4, 0.1, 0.1], rtol=1e-12)


@given(seed=SEEDS, n_assets=st.integers(3, 12))
@settings(max_examples=25)
def test_hrp_keeps_to_its_bounds(seed: int, n_assets: int) -> None:
    returns = made_returns(seed, n_assets)
    low, high = 0.5 / n_assets, 1.3 / n_assets
    found = allocate(returns, "hrp", constraints=Constraints(lower=low, upper=high)).weights
    assert found.sum() == pytest.approx(1.0, abs=1e-12)
    assert found.min() >= low - 1e-12
    assert found.max() <= high + 1e-12


def test_a_perfect_hedge_has_no_risk_parity() -> None:
    covariance = np.array([[1.0, -1.0], [-1.0, 1.0]])
    with pytest.raises(DataError, match="next to no risk"):
        risk_budgeting_weights(covariance)


@pytest.mark.slow
def test_the_same_returns_give_the_same_weights_to_the_last_bit() -> None:
    returns = made_returns(11, 9)
    for name in METHODS:
        spec = spec_of(name, names_of(returns))
        first, second = (allocate_as(returns, spec).weights.to_numpy() for _ in range(2))
        assert first.tobytes() == second.tobytes(), name


@pytest.mark.slow
def test_one_asset_gets_everything() -> None:
    returns = made_returns(0, 1)
    for name in METHODS:
        if name != "black_litterman":
            weights = allocate(returns, name).weights
            assert weights.tolist() == pytest.approx([1.0]), name
