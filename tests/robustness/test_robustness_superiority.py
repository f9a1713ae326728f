"""Reality check, superior predictive ability and confidence set: what arch is asked, and size."""

import numpy as np
import pytest

from peaklib.errors import DataError
from peaklib.robustness.search.superiority import (
    model_confidence_set,
    reality_check,
    superior_predictive_ability,
)

# Importing arch takes seconds.
pytestmark = pytest.mark.slow


def _models(n: int, width: int, seed: int) -> np.ndarray:
    return 0.01 * np.random.default_rng(seed).standard_normal((n, width))


def test_the_reality_check_equals_a_recomputation_by_hand() -> None:
    from arch.bootstrap import StationaryBootstrap

    returns, benchmark = _models(50, 3, 0), _models(50, 1, 1)[:, 0]
    excess = returns - benchmark[:, None]
    draws = StationaryBootstrap(4, np.arange(50), seed=7).bootstrap(200)
    null = [excess[data[0][0]].mean(axis=0) - excess.mean(axis=0) for data in draws]
    expected = np.mean(np.max(null, axis=1) > excess.mean(axis=0).max())
    found = reality_check(returns, benchmark, block_length=4, resamples=200, seed=7)
    assert found == pytest.approx(expected, abs=0.011)


def test_higher_returns_are_better() -> None:
    returns, benchmark = _models(500, 4, 2), _models(500, 1, 3)[:, 0]
    returns[:, 2] += 0.003
    assert reality_check(returns, benchmark, block_length=2, resamples=300) < 0.02
    assert reality_check(returns - 0.01, benchmark, block_length=2, resamples=300) > 0.5


def test_the_three_p_values_are_in_order_and_repeatable() -> None:
    returns = _models(300, 10, 4) + np.linspace(-0.004, 0.001, 10)
    first = superior_predictive_ability(returns, np.zeros(300), block_length=2, resamples=300)
    assert first.lower <= first.consistent <= first.upper
    assert first == superior_predictive_ability(
        returns, np.zeros(300), block_length=2, resamples=300
    )
    assert (first.block_length, first.resamples, first.seed) == (2.0, 300, 0)


def test_the_confidence_set_keeps_the_best_and_drops_the_worst() -> None:
    returns = _models(600, 4, 5)
    returns[:, 1] += 0.003
    returns[:, 3] += 0.003
    found = model_confidence_set(returns, block_length=2, resamples=300)
    np.testing.assert_array_equal(found.kept, [1, 3])
    assert found.p_values.shape == (4,)
    assert set(np.flatnonzero(found.p_values > 0.1)) == {1, 3}


def test_what_arch_would_not_explain_is_refused() -> None:
    returns = _models(20, 2, 6)
    with pytest.raises(DataError, match="the benchmark has 5 bars, the models have 20"):
        reality_check(returns, np.zeros(5), block_length=2)
    with pytest.raises(DataError, match=r"block_length = 30; give 1 … 20 bars"):
        reality_check(returns, np.zeros(20), block_length=30)
    with pytest.raises(DataError, match="two or more to choose from"):
        model_confidence_set(returns[:, :1], block_length=2)
    with pytest.raises(DataError, match="between 0 and 1"):
        model_confidence_set(returns, block_length=2, level=90)


@pytest.mark.soak
def test_noise_is_called_superior_as_often_as_stated() -> None:
    # 400 times at 10 %: 40 with a binomial deviation of 6; 4 of them either side.
    called = 0
    for run in range(400):
        returns = _models(250, 8, 100 + run)
        p = superior_predictive_ability(
            returns, np.zeros(250), block_length=1, resamples=199, seed=run
        )
        called += p.consistent <= 0.10
    assert 16 <= called <= 64


@pytest.mark.soak
def test_the_confidence_set_holds_the_best_model_as_often_as_stated() -> None:
    # 200 times at 90 % or more: 180 with a binomial deviation of 4.2; 4 of them below.
    held = 0
    for run in range(200):
        returns = _models(250, 5, 600 + run)
        returns[:, 0] += 0.0005
        found = model_confidence_set(returns, block_length=1, resamples=199, seed=run)
        held += 0 in found.kept
    assert held >= 163
