"""Intervals of all trials of a grid: those of each trial alone, streaming."""

import weakref
from collections.abc import Iterator

import numpy as np
import pytest

from peaklib.backtest import run_grid, trial_returns
from peaklib.errors import DataError
from peaklib.robustness.bootstrap.cells import ASKED, grid_intervals
from peaklib.robustness.bootstrap.intervals import interval, paired_interval
from peaklib.robustness.bootstrap.lanes import LANES
from peaklib.robustness.bootstrap.resampling import optimal_block_length
from peaklib.robustness.bootstrap.run_metrics import RETURN_METRICS


def trials(count: int, n: int = 300) -> list[np.ndarray]:
    """One market, from which each trial is absent now and then."""
    rng = np.random.default_rng(7)
    market = 0.0005 + 0.01 * rng.standard_t(5, n)
    return [np.where(rng.random(n) < 0.6, market, 0.0) for _ in range(count)]


@pytest.mark.parametrize("metric", RETURN_METRICS)
def test_each_row_is_the_interval_of_that_trial_alone(metric: str) -> None:
    """More trials than fit side by side, and a last batch that is not full."""
    own = trials(LANES + 3)
    given = {
        "periods_per_year": 252,
        "level": 0.8,
        "resamples": 300,
        "block_length": 7.0,
        "seed": 2,
    }
    found = grid_intervals(own, len(own), metric, **given)
    expected = [interval(one, metric, **given) for one in own]
    np.testing.assert_allclose(found, [(one.low, one.high) for one in expected], rtol=1e-12)


@pytest.mark.parametrize("metric", ["sharpe", "max_dd", "tail_ratio"])
def test_a_benchmark_is_taken_off_by_the_same_bars(metric: str) -> None:
    own = trials(4)
    given = {"periods_per_year": 252, "resamples": 200, "block_length": 7.0}
    found = grid_intervals(own, 4, metric, benchmark=own[2], **given)
    expected = [paired_interval(own[k], own[2], metric, **given) for k in (0, 1, 3)]
    np.testing.assert_allclose(found[[0, 1, 3]], [(one.low, one.high) for one in expected])
    assert found[2].tolist() == [0.0, 0.0]


@pytest.mark.parametrize("metric", ["sharpe", "martin"])
def test_result_is_the_same_for_any_number_of_threads(metric: str) -> None:
    own = trials(3 * LANES + 1, 100)
    one, two, five = (
        grid_intervals(own, len(own), metric, periods_per_year=252, resamples=60, threads=threads)
        for threads in (1, 2, 5)
    )
    assert one.tolist() == two.tolist() == five.tolist()


def test_block_length_left_out_is_the_median_of_the_first_trials_that_vary() -> None:
    own = [np.zeros(300), *(np.convolve(one, np.ones(4) / 4, "same") for one in trials(60))]
    median = np.median([optimal_block_length(one) for one in own[1:50]])
    given = {"periods_per_year": 252, "resamples": 50}
    found = grid_intervals(own, 61, **given)
    expected = grid_intervals(own, 61, block_length=float(median), **given)
    np.testing.assert_array_equal(found, expected)


def test_a_trial_that_never_trades_has_no_sharpe_ratio_and_harms_no_other() -> None:
    own = trials(3)
    own[1] = np.zeros(300)
    found = grid_intervals(own, 3, periods_per_year=252, resamples=100, block_length=5.0)
    assert np.isnan(found[1]).all()
    assert np.isfinite(found[[0, 2]]).all()


def test_returns_stream_through_a_few_at_a_time() -> None:
    """Of 600 trials, those that the block length could ask for, and a few batches, are alive."""
    alive: list[int] = []
    most = 0

    def stream() -> Iterator[np.ndarray]:
        nonlocal most
        for k in range(600):
            own = np.random.default_rng(k).standard_normal(50) * 0.01
            alive.append(k)
            weakref.finalize(own, alive.remove, k)
            most = max(most, len(alive))
            yield own

    grid_intervals(stream(), 600, periods_per_year=252, resamples=20, block_length=5.0, threads=2)
    assert most <= ASKED + 9 * LANES


def test_trials_of_a_real_grid_enclose_what_the_grid_says(sp500) -> None:
    grid = {"fast": [10, 20], "slow": [50, 100]}
    frame = run_grid("sma_crossover", sp500, grid)
    chosen = frame[["fast", "slow"]].to_dict("records")
    returns = (own for _, own in trial_returns("sma_crossover", sp500, chosen))
    found = grid_intervals(returns, len(frame), periods_per_year=252, resamples=200)
    assert (found[:, 0] < frame["sharpe"]).all()
    assert (found[:, 1] > frame["sharpe"]).all()


def test_no_trials_give_no_rows() -> None:
    assert grid_intervals([], 0, periods_per_year=252).shape == (0, 2)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"count": 4}, "3 trials, but count = 4"),
        ({"count": 2}, "more than count = 2"),
        ({"count": -1}, "number of trials"),
        ({"metric": "turnover"}, "one of sharpe"),
        ({"level": 90}, "between 0 and 1"),
        ({"periods_per_year": -1}, "above 0"),
        ({"benchmark": np.ones(299)}, "trial 0: 300 bars"),
        ({"returns": [np.zeros(300), np.zeros(10), np.zeros(300)]}, "trial 1: 10 bars"),
        ({"returns": [np.zeros(300), np.full(300, np.nan), np.zeros(300)]}, "trial 1: row 1"),
        ({"resamples": 0}, "at least one"),
        ({"block_length": 0.2}, "at least 1"),
        ({"threads": 0}, "at least one"),
    ],
)
def test_grid_intervals_refuse_what_they_cannot_answer(change: dict, words: str) -> None:
    given = {"returns": trials(3), "count": 3, "periods_per_year": 252, "resamples": 20}
    with pytest.raises(DataError, match=words):
        grid_intervals(**(given | change))
