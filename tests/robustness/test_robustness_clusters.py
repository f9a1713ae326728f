"""Effective number of trials: known groups, exact cases, and the luck it is meant to predict."""

import numpy as np
import pytest

from peaklib import metrics
from peaklib.backtest import trial_returns
from peaklib.data import load
from peaklib.errors import DataError
from peaklib.robustness.search.clusters import (
    EffectiveTrials,
    cluster_sharpes,
    cluster_trials,
    effective_trials,
    equivalent_trials,
)
from peaklib.robustness.sharpe.deflation import expected_maximum_sharpe


def _groups(groups: int, members: int, within: float, n: int = 2000, seed: int = 0) -> np.ndarray:
    """Returns of groups one after another; correlation `within` inside, 0 between."""
    random = np.random.default_rng(seed)
    shared = np.repeat(random.standard_normal((n, groups)), members, axis=1)
    own = random.standard_normal((n, groups * members))
    return 0.01 * (np.sqrt(within) * shared + np.sqrt(1 - within) * own)


@pytest.mark.parametrize(
    ("groups", "members", "within"), [(2, 30, 0.7), (7, 10, 0.8), (12, 5, 0.9)]
)
def test_known_groups_are_found(groups: int, members: int, within: float) -> None:
    found = cluster_trials(_groups(groups, members, within))
    np.testing.assert_array_equal(found.labels, np.repeat(np.arange(groups), members))
    assert found.count == groups
    assert found.silhouette > 0.3


def test_one_group_and_no_groups_are_both_possible() -> None:
    assert cluster_trials(_groups(1, 20, 0.8)).count == 1
    assert np.isnan(cluster_trials(_groups(1, 20, 0.8)).silhouette)
    alone = cluster_trials(_groups(20, 1, 0.0))
    assert alone.count == 20
    assert alone.silhouette == 0.0


def test_the_cut_is_at_the_stated_correlation() -> None:
    # Columns with correlation exactly 0.6: cut below it they are one cluster, above it two.
    x = np.tile([1.0, -1.0, 1.0, -1.0], 5)
    y = np.tile([1.0, 1.0, -1.0, -1.0], 5)
    pair = np.column_stack([x, 0.6 * x + 0.8 * y])
    assert cluster_trials(pair, correlation=0.59).count == 1
    assert cluster_trials(pair, correlation=0.61).count == 2


def test_the_silhouette_by_hand() -> None:
    # Two identical pairs with correlation 0: own distance 0, so each silhouette is 1.
    x = np.tile([1.0, -1.0, 1.0, -1.0], 5)
    y = np.tile([1.0, 1.0, -1.0, -1.0], 5)
    found = cluster_trials(np.column_stack([x, y, x, y]))
    np.testing.assert_array_equal(found.labels, [0, 1, 0, 1])
    assert found.silhouette == pytest.approx(1.0)


def test_trials_that_never_move_form_no_cluster() -> None:
    returns = np.column_stack([np.zeros(2000), _groups(2, 2, 0.9), np.full(2000, 0.001)])
    np.testing.assert_array_equal(cluster_trials(returns).labels, [-1, 0, 0, 1, 1, -1])
    with_flat, without = effective_trials(returns), effective_trials(returns[:, 1:-1])
    assert with_flat.count == without.count
    assert (with_flat.n_sampled, without.n_sampled) == (6, 4)
    with pytest.raises(DataError, match="no trial ever moves"):
        effective_trials(np.zeros((10, 3)))


def test_identical_trials_are_one_and_independent_trials_are_all() -> None:
    same = effective_trials(np.repeat(_groups(1, 1, 0.0), 40, axis=1))
    assert same.count == pytest.approx(1.0)
    assert same.participation == pytest.approx(1.0)
    assert same.square_roots == pytest.approx(1.0)
    assert same.growth == pytest.approx(0.0, abs=1e-6)
    apart = effective_trials(_groups(60, 1, 0.0, n=20_000))
    assert apart.count == pytest.approx(60, rel=0.08)
    assert apart.count_95 == pytest.approx(60, rel=0.15)
    assert apart.participation == pytest.approx(60, rel=0.01)
    assert apart.growth == pytest.approx(1.0, abs=0.1)
    assert apart.scaled_to(600) == pytest.approx(600, rel=0.25)


def test_tight_groups_count_as_one_each_whatever_their_size() -> None:
    for members in (5, 20):
        found = effective_trials(_groups(8, members, 0.9995))
        assert found.count == pytest.approx(8, rel=0.1)
        assert found.participation == pytest.approx(8, rel=0.02)
        assert found.growth < 0.1


def test_loose_groups_are_luckier_than_their_number() -> None:
    # Ten ideas in 20 variants each with correlation 0.9 are worth far more than ten trials.
    found = effective_trials(_groups(10, 20, 0.9))
    assert found.clusters.count == 10
    assert 20 < found.count < 45
    assert found.count < found.count_95 < 80


def test_the_equivalent_number_inverts_the_expected_maximum() -> None:
    for n in (1.0, 1.5, 2.0, 7.3, 1e4, 1e9):
        assert equivalent_trials(expected_maximum_sharpe(n, 1.0)) == pytest.approx(n, rel=1e-9)
    assert equivalent_trials(-0.3) == pytest.approx(1.0)


def test_the_eigenvalue_counts_by_hand() -> None:
    # Correlation 0.6 of two: eigenvalues 1.6 and 0.4.
    x = np.tile([1.0, -1.0, 1.0, -1.0], 5)
    y = np.tile([1.0, 1.0, -1.0, -1.0], 5)
    found = effective_trials(np.column_stack([x, 0.6 * x + 0.8 * y]), draws=10)
    assert found.participation == pytest.approx(4 / (1.6**2 + 0.4**2))
    assert found.square_roots == pytest.approx((np.sqrt(1.6) + np.sqrt(0.4)) ** 2 / 2)


def test_the_same_seed_gives_the_same_numbers() -> None:
    returns = _groups(3, 4, 0.5, n=300)
    first = effective_trials(returns, draws=999, seed=4)
    again = effective_trials(returns, draws=999, seed=4)
    assert (first.count, first.count_95, first.growth) == (
        again.count,
        again.count_95,
        again.growth,
    )
    assert effective_trials(returns, draws=999, seed=5).count != first.count


def test_a_sample_is_scaled_by_its_growth() -> None:
    whole = cluster_trials(_groups(2, 2, 0.9))
    sample = EffectiveTrials(8.0, 20.0, 2.0, 30.0, whole, 100, 0.5)
    assert sample.scaled_to(400) == pytest.approx(16.0)
    assert sample.scaled_to(100) == 8.0
    with pytest.raises(DataError, match="99 trials in all, but the sample has 100"):
        sample.scaled_to(99)


def test_cluster_portfolios_by_hand() -> None:
    a, b, c = np.array([[0.02, 0.00, 0.01, 0.01], [0.03, -0.01, 0.02, 0.0], [0.0, 0.01, 0.0, 0.01]])
    returns = np.column_stack([a, c, b, np.zeros(4)])
    equal = cluster_sharpes(returns, [0, 1, 0, -1], periods_per_year=4, weights="equal")
    expected = [
        metrics.sharpe((a + b) / 2, periods_per_year=4),
        metrics.sharpe(c, periods_per_year=4),
    ]
    np.testing.assert_allclose(equal.sharpes, expected)
    np.testing.assert_array_equal(equal.sizes, [2, 1])
    assert equal.variance == pytest.approx((expected[0] - expected[1]) ** 2 / 2)
    # Variances 2/3e-4 of a and 10/3e-4 of b: weights 5/6 and 1/6.
    inverse = cluster_sharpes(returns, [0, 1, 0, -1], periods_per_year=4)
    mixed = metrics.sharpe((5 * a + b) / 6, periods_per_year=4)
    assert inverse.sharpes[0] == pytest.approx(mixed)
    alone = cluster_sharpes(returns, [0, -1, 0, -1], periods_per_year=4)
    assert alone.variance == 0.0


def test_what_cannot_be_counted_is_refused() -> None:
    returns = _groups(2, 2, 0.5, n=50)
    with pytest.raises(DataError, match="above −1 and below 1"):
        cluster_trials(returns, correlation=1.0)
    with pytest.raises(DataError, match="at least one vector"):
        effective_trials(returns, draws=0)
    with pytest.raises(DataError, match="give one to each"):
        cluster_sharpes(returns, [0, 1], periods_per_year=252)
    with pytest.raises(DataError, match="choose equal"):
        cluster_sharpes(returns, [0, 0, 1, 1], periods_per_year=252, weights="size")


@pytest.mark.slow
def test_a_sample_of_a_grid_of_averages_predicts_its_luck() -> None:
    # Sharpe ratios of one grid over many random walks are correlated as its returns are: the
    # best of them, seen over 40 walks, must look like that of `count` independent trials.
    grid = [(f, s) for f in range(5, 60, 6) for s in range(10, 100, 8) if f < s]
    combinations = [{"fast": f, "slow": s} for f, s in grid]
    best, counts = [], []
    for seed in range(40):
        walk = load(f"synthetic:random_walk,seed={seed},bars=1000")
        rows = [row for _, row in trial_returns("sma_crossover", walk, combinations)]
        returns = np.column_stack(rows)
        best.append((returns.mean(axis=0) / returns.std(axis=0, ddof=1)).max() * np.sqrt(1000))
        if seed < 5:
            counts.append(effective_trials(returns, draws=4000).count)
    expected = expected_maximum_sharpe(float(np.mean(counts)), 1.0)
    # The best ratio deviates by about 0.9, so its mean over 40 walks by 0.14; 3 of them.
    assert np.mean(best) == pytest.approx(expected, abs=0.42)
    assert 3 < np.mean(counts) < 12


@pytest.mark.soak
@pytest.mark.parametrize(("within", "members"), [(0.3, 10), (0.6, 10), (0.9, 10), (0.5, 50)])
def test_luck_is_predicted_for_any_correlation(within: float, members: int) -> None:
    # Maxima of 2,000 sweeps against the prediction: their mean within 3 of its deviations of
    # 0.015, and 5 % above the quantile with a binomial deviation of 0.5 %, plus 1 % for count_95.
    groups, n = 6, 400
    found = effective_trials(_groups(groups, members, within, n=20_000, seed=1), draws=20_000)
    best = np.empty(2000)
    for run in range(best.size):
        returns = _groups(groups, members, within, n=n, seed=1000 + run)
        best[run] = (returns.mean(axis=0) / returns.std(axis=0, ddof=1)).max() * np.sqrt(n)
    assert best.mean() == pytest.approx(expected_maximum_sharpe(found.count, 1.0), abs=0.045)
    from scipy.special import ndtri

    limit = ndtri(0.95 ** (1 / found.count_95))
    assert np.mean(best > limit) == pytest.approx(0.05, abs=0.025)
