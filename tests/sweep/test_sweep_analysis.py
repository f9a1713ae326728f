"""What a report says of its trials: costs are an assumption, and never the reason to win."""

import numpy as np
import pytest
from scratch import ROOT

from peaklib.sweep import SweepResults, best_of, preview, ranking, searched, summary

CONFIG = """question = "Does the cheaper scenario win the ranking?"
notebook = "notebooks/sweep_cell.ipynb"
[foreach]
dataset = ["sp500", "nasdaq"]
costs = ["dear", "free"]
[fixed]
strategy = "sma_crossover"
[costs.dear]
fees_bps = 30.0
[costs.free]
[grid.sma_crossover]
fast = [5, 20, 50]
slow = [20, 100, 200]
where = "fast < slow"
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> SweepResults:
    path = tmp_path_factory.mktemp("sweep") / "costs.toml"
    path.write_text(CONFIG, "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PEAK_HOME", str(ROOT))
        return preview(str(path))


def highest(results: SweepResults, costs: str) -> float:
    cells = [cell for cell in results.cells if cell.label["costs"] == costs]
    return max(cell.trials["sharpe"].max() for cell in cells)


def test_best_trial_is_chosen_under_the_first_scenario(results: SweepResults) -> None:
    assert highest(results, "free") > highest(results, "dear")
    best = best_of(results)
    assert best.cell.label["costs"] == "dear"
    assert best.metrics["sharpe"] == highest(results, "dear")


def test_ranking_shows_the_other_scenario_beside_each_trial(results: SweepResults) -> None:
    table = ranking(results, 20)
    assert len(table) == 2 * 7
    assert "costs" not in table
    assert (table["sharpe, free"] > table["sharpe"]).all()
    assert table["sharpe"].is_monotonic_decreasing


def test_trials_are_counted_over_all_scenarios_and_compared_within_the_first(
    results: SweepResults,
) -> None:
    assert results.n_trials == 4 * 7
    assert sum(len(cell.trials) for cell in results.base) == 2 * 7
    shares = [float(np.mean(c.trials["sharpe"] > c.hold["sharpe"])) for c in results.cells]
    assert summary(results)["above_hold"].tolist() == shares
    assert summary(results)["n_trials"].tolist() == [7] * 4


def test_search_is_told_with_its_axes_and_condition(results: SweepResults) -> None:
    (row,) = searched(results).to_dict("records")
    assert row["strategy"] == "sma_crossover v1"
    assert row["axes"] == "fast 5, 20, 50; slow 20, 100, 200"
    assert row["condition"] == "fast < slow"
    assert (row["n_cells"], row["n_trials"], row["without a trade"]) == (4, 28, 0)


def test_a_cell_knows_itself_under_other_costs(results: SweepResults) -> None:
    first = results.cells[0]
    (other,) = results.siblings(first).values()
    assert other.label == {**first.label, "costs": "free"}
