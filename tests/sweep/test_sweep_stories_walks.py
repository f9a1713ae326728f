"""Walk-forward two ways, held against the same walk made in one call, and what is said of it."""

import math
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scratch import ROOT

from peaklib import metrics
from peaklib.errors import EvidenceError
from peaklib.robustness import Interval, Thresholds, walk_forward
from peaklib.robustness.verdict.thresholds import Intervals, OutOfSample
from peaklib.sweep import SweepResults, best_of, preview, replay
from peaklib.sweep.stories import (
    Bootstrap,
    Ground,
    Walks,
    ground_of,
    grounds_of,
    sharpe_table,
    walks_figure,
    walks_of,
    walks_rows,
    walks_words,
)

# Together they take a quarter of a minute: all of CI runs them, the inner loop does not.
pytestmark = pytest.mark.slow

CONFIG = """question = "Is choosing worth it?"
notebook = "notebooks/sweep_cell.ipynb"
[foreach]
strategy = ["sma_crossover", "momentum"]
costs = ["dear", "cheap"]
[fixed]
dataset = "sp500"
period = "2003-01-01/2012-12-31"
[costs.dear]
fees_bps = 20.0
[costs.cheap]
fees_bps = 1.0
[grid.sma_crossover]
fast = [5, 20]
slow = [50, 100]
[grid.momentum]
window = [20, 60, 120]
"""
QUICK = Thresholds(
    intervals=Intervals(resamples=200), out_of_sample=OutOfSample(first_years=2, months=12)
)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> SweepResults:
    path = tmp_path_factory.mktemp("walks") / "walks.toml"
    path.write_text(CONFIG, "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PEAK_HOME", str(ROOT))
        return preview(str(path))


@pytest.fixture(scope="module")
def ground(results: SweepResults) -> Ground:
    return ground_of(results, results.cells[0], QUICK, embargo_bars=10)


@pytest.fixture(scope="module")
def walks(ground: Ground) -> Walks:
    found = walks_of(ground, ground.fields, train_years=3, seed=1)
    assert found is not None
    return found


def test_a_ground_holds_what_shares_bars_and_costs(results: SweepResults, ground: Ground) -> None:
    assert [cell.label["strategy"] for cell in ground.cells] == ["sma_crossover", "momentum"]
    assert {cell.label["costs"] for cell in ground.cells} == {"dear"}
    (only,) = grounds_of(results, QUICK)
    assert only.cells == ground.cells


def test_a_ground_under_the_second_scenario_is_its_own(results: SweepResults) -> None:
    found = ground_of(results, results.cells[1], QUICK)
    assert {cell.label["costs"] for cell in found.cells} == {"cheap"}
    assert found.subject.agreed["fees_bps"] == 1.0


def test_a_trial_that_gives_another_number_now_is_an_error(results: SweepResults) -> None:
    cell = results.cells[0]
    trials = cell.trials.copy()
    trials.attrs = cell.trials.attrs
    trials.loc[2, "sharpe"] += 0.01
    altered = replace(results, cells=(replace(cell, trials=trials), *results.cells[1:]))
    with pytest.raises(EvidenceError, match=r"trial preview:2 gives a Sharpe .* changed since"):
        ground_of(altered, altered.cells[0], QUICK)


@pytest.mark.parametrize(("way", "train_months"), [("anchored", None), ("rolling", 36)])
def test_both_ways_are_walks_that_one_call_makes(
    ground: Ground, walks: Walks, way: str, train_months: int | None
) -> None:
    subject = ground.subject
    start = walks.ways[way].choices["start"].iloc[0]
    wanted = walk_forward(
        subject.candidates,
        subject.dataset,
        start=start,
        months=12,
        train_months=train_months,
        embargo_bars=10,
        **subject.agreed,
    )
    found = walks.ways[way]
    assert found.choices["trial"].tolist() == wanted.choices["trial"].tolist()
    pd.testing.assert_series_equal(found.returns, wanted.returns)


def test_both_ways_begin_where_both_have_their_training(ground: Ground, walks: Walks) -> None:
    starts = {way.choices["start"].iloc[0] for way in walks.ways.values()}
    assert len(starts) == 1
    (start,) = starts
    assert start >= ground.subject.index[0] + pd.DateOffset(years=3)
    assert walks.last_before < start
    assert walks.hold.index[0] == start
    assert len(walks.hold) == len(walks.ways["rolling"].returns)


def test_too_few_years_are_no_walk(ground: Ground) -> None:
    assert walks_of(ground, ground.fields, train_years=30) is None
    assert walks_rows(None, {"strategy": "any"}) == []
    assert "Too few years" in walks_words(None)


def test_rows_name_the_way_and_its_difference_to_hold(walks: Walks) -> None:
    rows = walks_rows(walks, {"strategy": "all"})
    assert [row["way"] for row in rows] == ["anchored", "rolling 3 years"]
    for row, way in zip(rows, walks.ways.values(), strict=True):
        assert row["strategy"] == "all"
        assert row["sharpe"] == way.result.metrics["sharpe"]
        assert row["sharpe_diff_lo"] <= row["sharpe_diff"] <= row["sharpe_diff_hi"]
        picked = way.choices["trial"].tolist()
        assert row["changes"] == sum(a != b for a, b in pairwise(picked))


def test_figure_draws_both_accounts_and_hold_from_one(walks: Walks) -> None:
    figure = walks_figure(walks, title="Walks")
    lines = [trace for trace in figure.data if trace.mode == "lines" and trace.yaxis == "y2"]
    assert {trace.name for trace in lines} == {"anchored", "rolling 3 years", "hold"}
    first = [trace.y[0] for trace in lines]
    # Drawn from the close before the first choice, relative to what each starts from.
    assert np.allclose(first, 1.0, atol=0.05)


def between(low: float, high: float) -> Interval:
    middle = (low + high) / 2
    return Interval("sharpe", middle, low, high, 0.9, "percentile", "stationary", 5.0, 200, 0)


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        ((0.1, 0.5), "beat holding on unseen years"),
        ((-0.5, -0.1), "lost to holding on unseen years"),
        ((-0.1, 0.5), "cannot be told from holding on unseen years"),
    ],
)
def test_words_follow_the_interval(walks: Walks, ends: tuple[float, float], words: str) -> None:
    said = walks_words(replace(walks, differences={"anchored": between(*ends)}))
    assert f"Choices by all years so far {words}" in said
    assert "Choices by the last 3 years never traded" in said
    assert "Forgetting the older years" in said


SELDOM = """question = "What is said of a rule that hardly trades?"
notebook = "notebooks/sweep_cell.ipynb"
[foreach]
costs = ["retail"]
[fixed]
strategy = "rsi_reversion"
dataset = "sp500"
[costs.retail]
fees_bps = 5.0
[grid.rsi_reversion]
window = [14, 20]
oversold = [20, 25]
"""


def test_a_rule_that_hardly_trades_has_words_and_no_crash(tmp_path: Path) -> None:
    config = tmp_path / "seldom.toml"
    config.write_text(SELDOM, "utf-8")
    results = preview(str(config))
    best = best_of(results)
    assert best.metrics["n_trades"] < 10
    (ground,) = grounds_of(results, Thresholds())
    found = walks_of(ground, ground.fields, train_years=3, seed=7)
    assert found is not None
    assert all(math.isnan(one.low) == math.isnan(one.high) for one in found.differences.values())
    assert "nan" not in walks_words(found).lower()
    assert len(walks_rows(found, {})) == 2
    result, _ = replay(best, "buy_and_hold")
    seldom = np.zeros(len(result.returns))
    seldom[100:103] = result.returns.abs().max()
    seldom[101] *= -0.5
    how = Bootstrap(year=252, level=0.9, resamples=300, block_length=None, seed=7)
    table = sharpe_table(seldom, how)
    formulas = ["formula, normal", "formula, fat tails", "formula, autocorrelated"]
    assert table["method"].tolist() == formulas
    assert table["sharpe"].tolist() == [metrics.sharpe(seldom, periods_per_year=252)] * 3
