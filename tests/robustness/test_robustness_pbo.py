"""PBO: worked by hand, against a plain reference, calibrated on noise and on a real edge."""

from itertools import combinations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import binom, rankdata

from peaklib.errors import DataError
from peaklib.robustness.selection.overfitting import Pbo, pbo, sample_trials

YEAR = 252


def moments_of(returns: np.ndarray, n_windows: int) -> np.ndarray:
    parts = np.array_split(np.arange(returns.shape[1]), n_windows)
    columns = [
        np.stack(
            [np.full(len(returns), len(p)), returns[:, p].sum(1), (returns[:, p] ** 2).sum(1)], -1
        )
        for p in parts
    ]
    return np.stack(columns, axis=1)


def reference(returns: np.ndarray, n_blocks: int) -> tuple[float, list[float]]:
    """CSCV on the returns themselves, split by split: sorted logits and their share <= 0."""
    blocks = np.array_split(np.arange(returns.shape[1]), n_blocks)

    def sharpes(chosen: tuple[int, ...]) -> np.ndarray:
        rows = returns[:, np.concatenate([blocks[b] for b in chosen])]
        return rows.mean(axis=1) / rows.std(axis=1, ddof=1)

    logits = []
    for inside in combinations(range(n_blocks), n_blocks // 2):
        outside = tuple(b for b in range(n_blocks) if b not in inside)
        best = int(np.argmax(sharpes(inside)))
        w = rankdata(sharpes(outside))[best] / (len(returns) + 1)
        logits.append(float(np.log(w / (1 - w))))
    return float(np.mean(np.array(logits) <= 1e-12)), sorted(logits)


def with_means(means: list[list[float]]) -> np.ndarray:
    """Trials whose blocks of two bars have these means (in %) and a spread of ±1 % around them."""
    blocks = [[m + e for m in trial for e in (-1.0, 1.0)] for trial in means]
    return moments_of(np.array(blocks) / 100, len(means[0]))


def test_four_blocks_and_three_trials_by_hand() -> None:
    # Each half has two blocks, so its Sharpe ratio rises with its mean if the means differ little.
    #            block: 0    1    2    3
    found = with_means([[0.3, 0.2, 0.0, 0.1], [0.0, 0.1, 0.3, 0.2], [0.1, 0.1, 0.1, 0.1]])
    result = pbo(found, periods_per_year=YEAR)
    # Sums of means, trials 0, 1, 2 in sample | out of sample of the chosen, and its rank of three:
    # 01: .5 .1 .2 -> 0 | .1 .5 .2 -> rank 1      23: mirrored: 1 | .1 -> rank 1
    # 02: .3 .3 .2 -> 0 or 1, equal means, but trial 0 has blocks .3 and 0, trial 1 the same: a tie,
    #     the first: 0 | blocks 1, 3: .3 .3 .2 -> tied first, midrank 2.5
    # 13: .3 .3 .2 -> tie, 0 | blocks 0, 2: .3 .3 .2 -> midrank 2.5
    # 03: .4 .2 .2 -> 0 | 12: .2 .4 .2 -> 0 has .2 from blocks .2 and 0: more spread than trial 2,
    #     so below it: rank 1
    # 12: .2 .4 .2 -> 1 | 03: .4 .2 .2 -> 1 has .2 from 0 and .2: below trial 2, rank 1
    low, high = np.log((1 / 4) / (3 / 4)), np.log((2.5 / 4) / (1.5 / 4))
    # Order: the splits with block 0 in sample (01, 02, 03), then their mirrors (23, 13, 12).
    assert_allclose(result.logits, [low, high, low, low, high, low])
    assert_array_equal(result.chosen, [0, 0, 0, 1, 0, 1])
    assert result.probability == 4 / 6
    assert (result.n_blocks, result.n_splits, result.n_trials) == (4, 6, 3)


@pytest.mark.parametrize(("n_trials", "n_blocks", "seed"), [(2, 2, 1), (7, 6, 2), (30, 8, 3)])
def test_equals_a_plain_reference(n_trials: int, n_blocks: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    returns = rng.normal(rng.normal(0, 0.001, (n_trials, 1)), 0.01, (n_trials, 101))
    result = pbo(moments_of(returns, n_blocks), periods_per_year=YEAR)
    probability, logits = reference(returns, n_blocks)
    assert result.probability == probability
    assert_allclose(np.sort(result.logits), logits, atol=1e-12)


def test_sharpes_of_the_chosen_are_annual_and_mirrored() -> None:
    rng = np.random.default_rng(4)
    returns = rng.normal(0, 0.01, (2, 40))
    result = pbo(moments_of(returns, 2), periods_per_year=YEAR)
    halves = returns.reshape(2, 2, 20)
    sharpes = halves.mean(2) / halves.std(2, ddof=1) * np.sqrt(YEAR)
    first, second = sharpes[:, 0].argmax(), sharpes[:, 1].argmax()
    assert_array_equal(result.chosen, [first, second])
    assert_allclose(result.is_sharpe, [sharpes[first, 0], sharpes[second, 1]])
    assert_allclose(result.oos_sharpe, [sharpes[first, 1], sharpes[second, 0]])
    assert_allclose(result.oos_mean, [sharpes[:, 1].mean(), sharpes[:, 0].mean()])
    assert result.probability_of_loss == np.mean(result.oos_sharpe < 0)


def test_degradation_is_the_least_squares_line() -> None:
    rng = np.random.default_rng(5)
    result = pbo(moments_of(rng.normal(0, 0.01, (20, 200)), 8), periods_per_year=YEAR)
    slope, intercept = np.polyfit(result.is_sharpe, result.oos_sharpe, 1)
    r = np.corrcoef(result.is_sharpe, result.oos_sharpe)[0, 1]
    assert_allclose([result.slope, result.intercept, result.r2], [slope, intercept, r**2])


def test_a_median_choice_counts_as_overfit() -> None:
    twins = np.tile(np.random.default_rng(6).normal(0, 0.01, 60), (5, 1))
    result = pbo(moments_of(twins, 4), periods_per_year=YEAR)
    assert_array_equal(result.logits, 0.0)
    assert_array_equal(result.chosen, 0)
    assert result.probability == 1.0


def test_an_account_that_stands_still_is_never_chosen_and_counts_as_zero() -> None:
    rng = np.random.default_rng(7)
    loser = rng.normal(-0.02, 0.01, (1, 80))
    still = np.zeros((2, 80))
    result = pbo(moments_of(np.concatenate([still, loser]), 4), periods_per_year=YEAR)
    assert_array_equal(result.chosen, 2)
    assert_allclose(
        result.logits, np.log(1 / 3), err_msg="the loser is below both that stood still"
    )
    winner = pbo(moments_of(np.concatenate([still, -loser]), 4), periods_per_year=YEAR)
    assert winner.probability == 0.0


def test_a_choice_that_stands_still_out_of_sample_beats_those_that_lose() -> None:
    rng = np.random.default_rng(12)
    returns = np.concatenate([rng.normal(0.02, 0.01, (1, 40)), rng.normal(-0.02, 0.01, (2, 40))])
    returns[0, 20:] = 0
    result = pbo(moments_of(returns, 2), periods_per_year=YEAR)
    assert result.chosen[0] == 0
    assert_allclose(result.logits[0], np.log(3))
    assert np.isnan(result.oos_sharpe[0])
    # A split without a Sharpe ratio out of sample is no loss; its mirror chooses a loser.
    assert result.probability_of_loss == 0.5


def test_nothing_to_choose_from() -> None:
    traded_once = np.zeros((3, 40))
    traded_once[:, :10] = np.random.default_rng(8).normal(0, 0.01, (3, 10))
    result = pbo(moments_of(traded_once, 4), periods_per_year=YEAR)
    # Three of six splits have the only traded block out of sample.
    assert (result.chosen == -1).sum() == 3
    assert_array_equal(result.logits[result.chosen == -1], 0.0)
    assert np.isnan(result.is_sharpe[result.chosen == -1]).all()
    with pytest.raises(DataError, match="no account ever moved"):
        pbo(moments_of(np.zeros((3, 40)), 4), periods_per_year=YEAR)


def same(a: Pbo, b: Pbo) -> None:
    assert vars(a).keys() == vars(b).keys()
    for name, value in vars(a).items():
        assert_array_equal(value, vars(b)[name], err_msg=name)


def test_result_does_not_depend_on_threads() -> None:
    returns = np.random.default_rng(9).normal(0, 0.01, (6, 200))
    moments = moments_of(returns, 12)  # 462 pairs of splits: several chunks
    one = pbo(moments, periods_per_year=YEAR, threads=1)
    same(one, pbo(moments, periods_per_year=YEAR, threads=3))


def test_a_sample_of_trials_is_even_and_never_in_step_with_an_axis() -> None:
    assert_array_equal(sample_trials(5, 10), np.arange(5))
    rows = sample_trials(100_000, 10_000)
    assert_array_equal(rows // 10, np.arange(10_000))
    # A grid whose last axis has ten values: each is met a thousand times, within a few.
    assert np.abs(np.bincount(rows % 10) - 1000).max() <= 5


def test_a_sample_gives_the_numbers_of_the_trials_as_given() -> None:
    returns = np.random.default_rng(10).normal(0, 0.01, (90, 120))
    moments = moments_of(returns, 4)
    result = pbo(moments, periods_per_year=YEAR, max_trials=30)
    rows = sample_trials(90, 30)
    alone = pbo(moments[rows], periods_per_year=YEAR)
    assert_array_equal(result.chosen, rows[alone.chosen])
    assert (result.n_trials, result.n_given, alone.n_given) == (30, 90, 30)
    assert "30 of 90 trials" in repr(result)


@pytest.mark.parametrize(
    ("shape", "message"),
    [((1, 40), "choosing takes at least two"), ((3, 45), "even number")],
)
def test_what_cannot_be_split_is_refused(shape: tuple[int, int], message: str) -> None:
    returns = np.random.default_rng(11).normal(0, 0.01, shape)
    with pytest.raises(DataError, match=message):
        pbo(moments_of(returns, 4 if shape[0] == 1 else 5), periods_per_year=YEAR)


def noise(n_sets: int, n_trials: int, drift: float) -> list[Pbo]:
    """Sets of independent noise; the first trial has a drift."""
    found = []
    for seed in range(n_sets):
        returns = np.random.default_rng(seed).normal(0, 0.01, (n_trials, 320))
        returns[0] += drift
        found.append(pbo(moments_of(returns, 8), periods_per_year=YEAR, threads=1))
    return found


def check_noise(n_sets: int) -> None:
    """For an even number of equal trials the chosen one's rank out of sample is uniform.

    One split a set is a coin: its count must lie in the central 99.9 % of the binomial law. The
    mean of the sets' probabilities varies less than that of coins, so the same bounds hold.
    """
    sets = noise(n_sets, n_trials=20, drift=0.0)
    low, high = binom.interval(0.999, n_sets, 0.5)
    assert low <= sum(bool(result.logits[0] <= 0) for result in sets) <= high
    assert low <= n_sets * np.mean([result.probability for result in sets]) <= high


def test_choice_among_noise_is_a_coin() -> None:
    check_noise(200)


@pytest.mark.soak
def test_choice_among_noise_is_a_coin_on_many_sets() -> None:
    check_noise(5_000)


def test_a_truly_better_trial_is_found() -> None:
    # Half a deviation a bar over 160 bars: 6.3 standard errors above the others in each half, and
    # the best of 19 others is 1.9 above their mean.
    sets = noise(20, n_trials=20, drift=0.005)
    assert np.mean([result.probability for result in sets]) < 0.02
    assert np.mean([result.probability_of_loss for result in sets]) < 0.02
