"""The best of many Sharpe ratios against joint luck: an independent recomputation, size, power."""

import numpy as np
import pytest

from peaklib import metrics
from peaklib.errors import DataError
from peaklib.robustness.bootstrap.resampling import resample_indices
from peaklib.robustness.search.max_sharpe import (
    max_sharpe_test,
    max_sharpe_test_of,
    resampled_counts,
)

DAYS = 252


def _noise(n: int, width: int, seed: int) -> np.ndarray:
    return 0.01 * np.random.default_rng(seed).standard_normal((n, width))


def _ratio(returns: np.ndarray) -> np.ndarray:
    ratio: np.ndarray = returns.mean(axis=0) / returns.std(axis=0, ddof=1)
    return ratio


def test_counts_are_those_of_the_common_resamples() -> None:
    indices = resample_indices(37, 4.5, resamples=600, seed=3)
    expected = np.stack([np.bincount(row, minlength=37) for row in indices])
    np.testing.assert_array_equal(resampled_counts(37, 4.5, 600, 3), expected)


def test_the_test_equals_a_recomputation_from_the_resampled_rows() -> None:
    returns = _noise(60, 20, 0) + np.linspace(-0.004, 0.001, 20)
    found = max_sharpe_test(
        returns, periods_per_year=DAYS, block_length=3, resamples=99, seed=5, threads=2
    )
    observed = _ratio(returns)
    centred = returns - returns.mean(axis=0)
    rows = resample_indices(60, 3, resamples=99, seed=5)
    stars = np.stack([_ratio(centred[row]) for row in rows])
    null = stars.max(axis=1)
    hopeless = observed < -np.sqrt(2 * np.log(np.log(60)) / 60)
    assert 0 < hopeless.sum() < 20
    consistent = (stars + np.where(hopeless, observed, 0)).max(axis=1)
    assert found.best == observed.argmax()
    assert found.sharpe == pytest.approx(observed.max() * np.sqrt(DAYS))
    assert found.p_value == pytest.approx((1 + np.sum(null >= observed.max())) / 100)
    assert found.p_consistent == pytest.approx((1 + np.sum(consistent >= observed.max())) / 100)
    assert found.expected == pytest.approx(null.mean() * np.sqrt(DAYS))
    assert found.critical == pytest.approx(np.quantile(null, 0.95) * np.sqrt(DAYS))


def test_a_benchmark_is_resampled_with_the_trials() -> None:
    returns = _noise(80, 3, 1) + 0.001
    benchmark = returns[:, 0] * 0.5 + _noise(80, 1, 2)[:, 0] + 0.002
    found = max_sharpe_test(
        returns, periods_per_year=DAYS, block_length=2, benchmark=benchmark, resamples=50, seed=1
    )
    level = _ratio(benchmark)
    shifted = returns - returns.mean(axis=0) + level * returns.std(axis=0, ddof=1)
    rows = resample_indices(80, 2, resamples=50, seed=1)
    null = np.array([(_ratio(shifted[row]) - _ratio(benchmark[row])).max() for row in rows])
    best = (_ratio(returns) - level).max()
    assert found.sharpe == pytest.approx(best * np.sqrt(DAYS))
    assert found.p_value == pytest.approx((1 + np.sum(null >= best)) / 51)


def test_a_copy_of_the_benchmark_does_not_beat_it() -> None:
    returns = _noise(100, 1, 3)
    found = max_sharpe_test(
        returns, periods_per_year=DAYS, block_length=5, benchmark=returns[:, 0], resamples=40
    )
    assert found.sharpe == pytest.approx(0.0, abs=1e-9)
    assert found.expected == pytest.approx(0.0, abs=1e-9)


def test_copies_of_a_trial_change_nothing() -> None:
    one = _noise(200, 1, 4) + 0.0005
    alone = max_sharpe_test(one, periods_per_year=DAYS, block_length=5, resamples=200)
    many = max_sharpe_test(
        np.repeat(one, 50, axis=1), periods_per_year=DAYS, block_length=5, resamples=200
    )
    assert many.p_value == alone.p_value
    assert many.critical == alone.critical
    assert many.n_trials == 50


def test_the_result_is_the_same_for_any_number_of_threads_and_when_streamed() -> None:
    returns = _noise(150, 70, 5)
    terms = {"periods_per_year": DAYS, "block_length": 4.0, "resamples": 130, "seed": 2}
    first = max_sharpe_test(returns, threads=1, **terms)
    assert max_sharpe_test(returns, threads=2, **terms) == first
    assert max_sharpe_test(returns, threads=5, **terms) == first
    assert max_sharpe_test_of((column for column in returns.T), threads=3, **terms) == first


def test_the_p_value_of_one_long_trial_is_the_normal_one() -> None:
    returns = _noise(4000, 1, 6)
    returns += 0.01 * 1.6448536 / np.sqrt(4000) - returns.mean()
    found = max_sharpe_test(returns, periods_per_year=DAYS, block_length=1, resamples=2000)
    # 5 % with a binomial deviation of 0.5 % from the resamples.
    assert found.p_value == pytest.approx(0.05, abs=0.02)
    error = np.sqrt(DAYS / 4000)
    assert found.critical == pytest.approx(1.645 * error, rel=0.08)


def test_trials_that_never_move_take_no_part() -> None:
    returns = np.column_stack([np.zeros(50), _noise(50, 1, 7)[:, 0], np.full(50, 0.01)])
    found = max_sharpe_test(returns, periods_per_year=DAYS, block_length=3, resamples=30)
    assert (found.n_trials, found.best) == (1, 1)
    assert found.sharpe == pytest.approx(metrics.sharpe(returns[:, 1], periods_per_year=DAYS))
    with pytest.raises(DataError, match="no trial ever moves"):
        max_sharpe_test(returns[:, [0, 2]], periods_per_year=DAYS, block_length=3)


def test_hopeless_trials_cost_the_consistent_p_value_nothing() -> None:
    good = _noise(1000, 1, 8)
    good += 0.0009 - good.mean()
    bad = _noise(1000, 200, 9) - 0.003
    terms = {"periods_per_year": DAYS, "block_length": 1.0, "resamples": 400}
    alone = max_sharpe_test(good, **terms)
    crowd = max_sharpe_test(np.hstack([good, bad]), **terms)
    assert crowd.p_value > 3 * alone.p_value
    assert crowd.p_consistent == alone.p_value


def test_what_cannot_be_tested_is_refused() -> None:
    terms = {"periods_per_year": DAYS, "block_length": 2.0}
    with pytest.raises(DataError, match=r"expected \(n_bars, n_trials\)"):
        max_sharpe_test([0.1, 0.2], **terms)
    with pytest.raises(DataError, match="bar 2 of trial 1 is nan"):
        max_sharpe_test([[0.1, 0.2], [np.nan, 0.1]], **terms)
    with pytest.raises(DataError, match="trial 2 has 3 bars, the first has 4"):
        max_sharpe_test_of(iter([np.arange(4.0), np.arange(3.0)]), **terms)
    with pytest.raises(DataError, match="there are no trials"):
        max_sharpe_test_of([], **terms)
    with pytest.raises(DataError, match="the benchmark has 3 bars"):
        max_sharpe_test(_noise(4, 2, 0), benchmark=[0.1, 0.2, 0.3], **terms)
    with pytest.raises(DataError, match="the benchmark never moves"):
        max_sharpe_test(_noise(3, 2, 0), benchmark=[0.1, 0.1, 0.1], **terms)


def _rejected(runs: int, n: int, width: int, common: float, edge: float, seed: int) -> int:
    """How many sweeps are called real at 5 %; `edge` is the t-statistic of the first trial."""
    random = np.random.default_rng(seed)
    count = 0
    for run in range(runs):
        shared = random.standard_t(5, (n, 1)) * np.sqrt(common)
        returns = 0.01 * (shared + random.standard_t(5, (n, width)) * np.sqrt(1 - common))
        returns[:, 0] += edge / np.sqrt(n) * 0.01 * np.sqrt(5 / 3)
        found = max_sharpe_test(
            returns, periods_per_year=DAYS, block_length=2, resamples=199, seed=run
        )
        count += found.p_value <= 0.05
    return count


@pytest.mark.slow
def test_noise_passes_as_often_as_stated_sample() -> None:
    # 200 sweeps at 5 %: 10 with a binomial deviation of 3.1; 4 of them.
    assert _rejected(200, 500, 40, 0.5, 0.0, 10) <= 22


@pytest.mark.soak
@pytest.mark.parametrize("common", [0.0, 0.5, 0.95])
def test_noise_passes_as_often_as_stated(common: float) -> None:
    # 2,000 sweeps at 5 %: 100 with a binomial deviation of 9.7; 4 of them either side.
    assert 61 <= _rejected(2000, 500, 60, common, 0.0, 11) <= 139


@pytest.mark.soak
def test_an_edge_is_found() -> None:
    # A t-statistic of 4 among 60 trials; the critical value is about 3.1.
    assert _rejected(500, 500, 60, 0.5, 4.0, 12) / 500 > 0.7


def test_resamples_without_a_traded_bar_have_no_sharpe_ratio_of_rounding() -> None:
    returns = np.zeros((4230, 1))
    returns[100:108, 0] = np.random.default_rng(0).normal(0.0, 0.01, 8)
    found = max_sharpe_test(returns, periods_per_year=252, block_length=20.0, seed=7)
    # Of one trial over 17 years, luck makes less than 1 a year; rounding made 35 million.
    assert abs(found.critical) < 1.0
