"""Stability over time: tables worked by hand, ranks against scipy, chance against chance."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import spearmanr

from peaklib.errors import DataError
from peaklib.robustness.selection.moments import rolled
from peaklib.robustness.selection.rolling import rank_stability, rolling_stability

YEAR = 252


def moments_with(means: Sequence[Sequence[float]], n: int = 100) -> np.ndarray:
    """(n_trials, n_windows, 3) of windows with these means and a ddof=0 deviation of 1, in %."""
    m = np.array(means)
    return np.stack([np.full(m.shape, n), n * m / 100, n * (m * m + 1) / 1e4], axis=-1)


TRIALS = pd.DataFrame({"fast": [5, 5, 10, 20], "slow": [30, 50, 30, 50]})
MEANS = [
    [0.40, 0.10, 0.10, 0.40],
    [0.30, 0.40, 0.20, 0.30],
    [0.20, 0.20, 0.30, 0.10],
    [0.10, 0.30, 0.45, 0.20],
]
NAMES = ["2001", "2002", "2003", "2004"]


def test_table_by_hand() -> None:
    found = rolling_stability(
        TRIALS, ["fast", "slow"], moments_with(MEANS), NAMES, periods_per_year=YEAR, top=0.3
    )
    best = found.best
    assert_array_equal(best["trial"], [0, 1, 3, 0])
    assert_array_equal(best["fast"], [5, 5, 20, 5])
    # Axes 5, 10, 20 and 30, 50: from (5, 30) to (5, 50) one step, to (20, 50) two, back two.
    assert_array_equal(best["steps"], [np.nan, 1, 2, 2])
    assert_array_equal(best["moved"], [np.nan, 0.5, 1, 1])
    # The second trial has the best sum (1.2), and beats 2, 3, 1 and 2 of three others.
    assert found.overall == 1
    assert_allclose(best["overall_place"], [2 / 3, 1, 1 / 3, 2 / 3])
    assert_array_equal(best["in_top"], [False, True, False, False])
    assert found.top_share == 0.25
    # 4 3 2 1 against 1 4 2 3, differences 3, -1, 0, -2: 1 - 6 * 14 / 60. Of the six pairs 0-3
    # and so on, one is in the same order.
    assert_allclose(found.ranks["spearman"].iloc[0], -0.4)
    assert found.ranks.index[0] == ("2001", "2002")
    assert_allclose(found.ranks["kendall"].iloc[0], (2 - 4) / 6)


def test_rank_correlation_is_that_of_scipy_without_trials_that_stood_still() -> None:
    rng = np.random.default_rng(1)
    sharpes = rng.normal(size=(50, 3)).round(1)
    sharpes[:7, 1] = np.nan
    found = rank_stability(sharpes, ["a", "b", "c"])
    assert_array_equal(found["n"], [43, 43])
    for k in range(2):
        expected = spearmanr(sharpes[7:, k], sharpes[7:, k + 1]).statistic
        assert_allclose(found["spearman"].iloc[k], expected)


def test_ranks_without_anything_to_rank_are_undefined() -> None:
    sharpes = np.array([[1.0, 2.0, np.nan], [1.0, 3.0, 1.0]])
    found = rank_stability(sharpes, ["a", "b", "c"])
    assert found["spearman"].isna().all()
    assert found["kendall"].isna().all()
    assert_array_equal(found["n"], [2, 1])


def test_overlapping_windows_are_compared_with_the_next_free_one() -> None:
    moments = rolled(moments_with(MEANS), 2)
    names = ["2001-2002", "2002-2003", "2003-2004"]
    found = rolling_stability(TRIALS, ["fast"], moments, names, periods_per_year=YEAR, overlap=2)
    assert list(found.ranks.index) == [("2001-2002", "2003-2004")]
    assert len(found.best) == 3


def test_a_window_in_which_nothing_moved_has_no_best() -> None:
    moments = moments_with(MEANS)
    moments[:, 1, 1:] = 0
    found = rolling_stability(TRIALS, ["fast", "slow"], moments, NAMES, periods_per_year=YEAR)
    second = found.best.loc["2002"]
    assert second["trial"] == -1
    assert second[["fast", "slow", "sharpe", "overall_place"]].isna().all()
    assert not second["in_top"]
    assert_array_equal(found.best["steps"].isna(), [True, True, True, False])


def test_a_strategy_without_parameters_has_a_table() -> None:
    found = rolling_stability(
        pd.DataFrame(index=[0]), [], moments_with(MEANS)[:1], NAMES, periods_per_year=YEAR
    )
    assert_array_equal(found.best["trial"], 0)
    assert found.best["steps"].isna().all()


def test_ranks_of_noise_do_not_hold_and_those_of_an_edge_do() -> None:
    # 400 independent trials: a rank correlation of chance has a deviation of 1 / sqrt(399), the
    # mean of 9 of them a third of that; 3.3 of these bound it.
    rng = np.random.default_rng(2)
    noise, names = rng.normal(0, 0.1, (400, 10)), [str(k) for k in range(10)]
    trials = pd.DataFrame({"a": np.arange(400)})
    made = [moments_with(m) for m in (noise, noise + rng.normal(0, 0.5, (400, 1)))]
    by_chance, lasting = (
        rolling_stability(trials, ["a"], moments, names, periods_per_year=YEAR) for moments in made
    )
    assert abs(by_chance.ranks["spearman"].mean()) < 3.3 / np.sqrt(399 * 9)
    assert lasting.ranks["spearman"].min() > 0.9
    assert lasting.top_share == 1.0


def test_sizes_that_do_not_fit_are_refused() -> None:
    moments = moments_with(MEANS)
    with pytest.raises(DataError, match="for 3 trials and 4 windows"):
        rolling_stability(TRIALS[:3], ["fast"], moments, NAMES, periods_per_year=YEAR)
    with pytest.raises(DataError, match="overlap = 0"):
        rolling_stability(TRIALS, ["fast"], moments, NAMES, periods_per_year=YEAR, overlap=0)
    with pytest.raises(DataError, match="top = 1"):
        rolling_stability(TRIALS, ["fast"], moments, NAMES, periods_per_year=YEAR, top=1)
    with pytest.raises(DataError, match="no column 'slwo'"):
        rolling_stability(TRIALS, ["slwo"], moments, NAMES, periods_per_year=YEAR)
    still = moments * [1, 0, 0]
    with pytest.raises(DataError, match="no account ever moved"):
        rolling_stability(TRIALS, ["fast"], still, NAMES, periods_per_year=YEAR)
