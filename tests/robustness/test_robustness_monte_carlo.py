"""Monte-Carlo paths: by hand, against the metrics of the drawn bars, and their laws."""

from itertools import permutations

import numpy as np
import pytest
from scipy import stats

from peaklib import metrics
from peaklib.errors import DataError
from peaklib.robustness.bootstrap.paths import MonteCarlo, bootstrap_paths, shuffle_trades
from peaklib.robustness.bootstrap.resampling import resample_indices


def returns(n: int = 250) -> np.ndarray:
    return 0.0005 + 0.012 * np.random.default_rng(1).standard_t(5, n)


def test_two_trades_in_both_orders_by_hand() -> None:
    """+100 % then -50 % never falls below the start; the other way round it halves first."""
    found = shuffle_trades([1.0, -0.5], paths=4_000, seed=1)
    assert set(found.wealth) == {1.0}
    assert set(found.max_drawdown) == {-0.5}
    assert set(found.lowest) == {0.5, 1.0}
    # A fair coin; within 4 binomial deviations.
    assert abs(found.ruin_probability(0.5) - 0.5) < 4 * np.sqrt(0.25 / 4_000)
    assert found.ruin_probability(0.49) == 0.0


def test_all_orders_of_trades_are_equally_likely() -> None:
    """24 orders of four trades, told apart by their drawdowns; chi-squared, 1 in 10,000."""
    trades = (0.5, -0.2, 0.1, -0.3)
    drawdowns = {
        order: round(metrics.max_drawdown(np.array(order)), 12) for order in permutations(trades)
    }
    values, expected = np.unique(list(drawdowns.values()), return_counts=True)
    found = shuffle_trades(trades, paths=12_000, seed=3)
    got = [int(np.sum(np.isclose(found.max_drawdown, value, atol=1e-9))) for value in values]
    assert sum(got) == 12_000
    assert stats.chisquare(got, expected / 24 * 12_000).pvalue > 1e-4


@pytest.mark.parametrize("kind", ["stationary", "circular"])
def test_drawn_paths_have_the_metrics_of_their_bars(kind: str) -> None:
    own = returns()
    found = bootstrap_paths(own, paths=300, block_length=6.0, kind=kind, seed=5)
    paths = own[resample_indices(own.size, 6.0, kind=kind, resamples=300, seed=5)]
    wealth = np.cumprod(1.0 + paths, axis=1)
    np.testing.assert_allclose(found.wealth, wealth[:, -1])
    np.testing.assert_allclose(found.max_drawdown, [metrics.max_drawdown(path) for path in paths])
    np.testing.assert_allclose(found.lowest, np.minimum(wealth.min(axis=1), 1.0))
    steps = found.bands.index.to_numpy()
    assert (steps[0], steps[-1], len(steps)) == (0, own.size, 200)
    assert (found.bands.iloc[0] == 1.0).all()
    expected = np.quantile(wealth[:, steps[1:] - 1], [0.05, 0.25, 0.5, 0.75, 0.95], axis=0)
    np.testing.assert_allclose(found.bands.iloc[1:].to_numpy().T, expected)


def test_a_longer_horizon_than_the_series_is_drawn_from_it_again() -> None:
    found = bootstrap_paths([0.1, 0.1], paths=3, horizon=10, block_length=5.0)
    np.testing.assert_allclose(found.wealth, 1.1**10)
    assert found.bands.index.tolist() == list(range(11))
    assert (found.steps, found.paths, found.block_length) == (10, 3, 5.0)


def test_quantiles_of_a_long_horizon_follow_the_law_of_large_numbers() -> None:
    """Median log wealth of iid days is horizon x mean log; within 4 standard errors of a median."""
    own = returns(2_000)
    logs = np.log1p(own)
    found = bootstrap_paths(own, paths=4_000, horizon=500, block_length=1.0, seed=2)
    median = np.log(found.quantiles([0.5])["wealth"].item())
    error = 1.2533 * logs.std() * np.sqrt(500 / 4_000)
    assert abs(median - 500 * logs.mean()) < 4 * error


def test_what_is_lost_stays_lost() -> None:
    found = shuffle_trades([0.5, -1.0, 0.5, 0.5], paths=50)
    assert set(found.wealth) == {0.0}
    assert set(found.max_drawdown) == {-1.0}
    assert found.ruin_probability(0.0) == 1.0
    below = bootstrap_paths([0.5, -1.4, 0.5], paths=50, block_length=1.0)
    assert below.wealth.min() == below.lowest.min() == 0.0


def test_bands_come_from_the_first_paths_and_the_rest_from_all() -> None:
    found = bootstrap_paths(returns(20), paths=10_300, block_length=2.0, horizon=5)
    assert (found.band_paths, found.paths) == (10_000, 10_300)
    ends = found.bands.iloc[-1].to_numpy()
    np.testing.assert_allclose(ends, np.quantile(found.wealth[:10_000], found.bands.columns))


@pytest.mark.parametrize("name", ["shuffle", "bootstrap"])
def test_paths_are_the_same_for_any_number_of_threads(name: str) -> None:
    make = {"shuffle": shuffle_trades, "bootstrap": bootstrap_paths}[name]
    one, two, five = (make(returns(), paths=700, seed=4, threads=threads) for threads in (1, 2, 5))
    assert _all_of(one) == _all_of(two) == _all_of(five)
    assert _all_of(one) != _all_of(make(returns(), paths=700, seed=5))


def _all_of(found: MonteCarlo) -> tuple[list, ...]:
    bands = found.bands.to_numpy().tolist()
    return found.wealth.tolist(), found.max_drawdown.tolist(), found.lowest.tolist(), bands


def test_quantiles_are_those_of_the_paths() -> None:
    found = bootstrap_paths(returns(), paths=400, quantiles=(0.1, 0.9))
    table = found.quantiles((0.1, 0.5))
    assert table.loc[0.1, "wealth"] == pytest.approx(np.quantile(found.wealth, 0.1))
    assert table.loc[0.5, "max_drawdown"] == pytest.approx(np.median(found.max_drawdown))
    assert found.bands.columns.tolist() == [0.1, 0.9]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"returns": [0.1]}, "two bars"),
        ({"returns": [0.1, np.inf]}, "row 2"),
        ({"paths": 0}, "at least one"),
        ({"horizon": 0}, "horizon = 0"),
        ({"block_length": 0.5}, "at least 1"),
        ({"quantiles": (0.5, 2.0)}, "from 0 to 1"),
        ({"quantiles": ()}, "from 0 to 1"),
        ({"seed": -3}, "from 0 up"),
    ],
)
def test_paths_refuse_what_they_cannot_draw(change: dict, words: str) -> None:
    with pytest.raises(DataError, match=words):
        bootstrap_paths(**({"returns": returns(), "paths": 10} | change))


@pytest.mark.parametrize("level", [-0.1, 1.0])
def test_ruin_is_a_share_of_the_start(level: float) -> None:
    with pytest.raises(DataError, match="below 1"):
        shuffle_trades([0.1, -0.1], paths=3).ruin_probability(level)
