"""`peak runs best`: what is said of the best point beside its number."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from statistics import variance
from typing import Any

import pytest
from click.testing import CliRunner, Result
from scratch import make_project

from peaklib.backtest import run_backtest
from peaklib.cli.best_remarks import edges_of, pooled_variance
from peaklib.cli.runs_best import command
from peaklib.data import load
from peaklib.evidence import start_run
from peaklib.evidence.trials.count import SharpeSpread
from peaklib.robustness.sharpe.deflation import deflated_sharpe
from peaklib.sweep import evaluate_cell

Best = Callable[..., Result]
GRIDS = [{"fast": [5, 10, 20], "slow": [50, 100]}, {"fast": [10, 20], "slow": [100, 200]}]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with two overlapping grids of one family, and one of another."""
    made = make_project(tmp_path_factory.mktemp("best"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PEAK_HOME", str(made))
        for kind, grid in zip(("sweep_cell", "interactive"), GRIDS, strict=True):
            with start_run(kind=kind, config={}) as run:
                evaluate_cell(run, dataset="sp500", strategy="sma_crossover", grid=grid)
        with start_run(kind="sweep_cell", config={}) as run:
            evaluate_cell(run, dataset="sp500", strategy="momentum", grid={"window": [50, 100]})
            run.log_metric("oos_sharpe", 0.5)
    return made


@pytest.fixture
def best(project: Path, monkeypatch: pytest.MonkeyPatch) -> Best:
    monkeypatch.setenv("PEAK_HOME", str(project))
    monkeypatch.chdir(project)
    return lambda *arguments: CliRunner().invoke(command, [*arguments])


def test_the_deflated_sharpe_counts_every_distinct_trial_of_the_family(
    best: Best, project: Path
) -> None:
    """Six points and four, of which two are the same: eight trials, ten ratios in the sums."""
    answer = json.loads(best("--strategy", "sma_crossover", "--json").output)
    assert answer["n_trials"] == 8
    first, *others = answer["points"]
    found = first["deflated"]
    assert found["n_trials"] == 8
    assert first["no_deflated"] is None
    assert all("deflated" not in point for point in others)
    ratios = [
        run_backtest("sma_crossover", load("sp500"), {"fast": f, "slow": s}).metrics["sharpe"]
        for grid in GRIDS
        for f in grid["fast"]
        for s in grid["slow"]
    ]
    returns = run_backtest("sma_crossover", load("sp500"), first["params"]).returns
    expected = deflated_sharpe(
        returns.to_numpy(), n_trials=8, variance=variance(ratios), periods_per_year=252
    )
    assert found["dsr"] == pytest.approx(expected.dsr, abs=1e-6)
    assert found["expected_maximum"] == pytest.approx(expected.expected_maximum, abs=1e-9)


def test_a_part_of_a_family_is_deflated_by_the_whole_of_it(best: Best) -> None:
    chosen = ("--kind", "sweep_cell", "--strategy", "sma_crossover", "-n", "1", "--json")
    answer = json.loads(best(*chosen).output)
    assert answer["n_trials"] == 6
    assert answer["points"][0]["deflated"]["n_trials"] == 8


def test_what_was_chosen_among_several_families_is_deflated_by_all_of_them(best: Best) -> None:
    answer = json.loads(best("--json").output)
    assert answer["n_trials"] == answer["points"][0]["deflated"]["n_trials"] == 10


def test_the_line_below_the_table_says_what_luck_would_show(best: Best) -> None:
    done = best("--strategy", "sma_crossover")
    found = json.loads(best("--strategy", "sma_crossover", "--json").output)["points"][0]
    said = found["deflated"]
    assert (
        f"! DSR {said['dsr']:.2f} for 8 trials; the best of so many without skill shows "
        f"{said['expected_maximum']:.2f}\n" in done.output
    )
    assert all(len(line) <= 80 for line in done.output.splitlines()[:-1])
    edges = [f"! {name}={found['params'][name]} is the grid edge" for name in found["on_edge"]]
    assert [line for line in done.output.splitlines() if line.endswith("edge")] == edges


def test_only_a_ranking_by_sharpe_is_deflated(best: Best) -> None:
    for arguments in (("--metric", "cagr"), ("--metric", "sharpe", "--lowest")):
        assert "DSR" not in best(*arguments).output
        point = json.loads(best(*arguments, "--json").output)["points"][0]
        assert point["deflated"] is point["no_deflated"] is None


def test_what_is_out_of_sample_is_not_called_in_sample(best: Best) -> None:
    done = best("--metric", "oos_sharpe")
    assert done.exit_code == 0
    assert "in sample" not in done.output
    assert re.match(r"chosen by highest oos_sharpe · among 10 trials, out of sample", done.output)
    assert "has used it up" in done.output
    assert "in sample" in best("--metric", "sharpe").output


@pytest.mark.slow
def test_a_point_whose_data_are_lost_has_no_deflated_sharpe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = make_project(tmp_path / "lost")
    monkeypatch.setenv("PEAK_HOME", str(project))
    monkeypatch.chdir(project)
    file = project / "mine.csv"
    load("sp500").frame.iloc[:400].rename_axis("time").to_csv(file)
    with start_run(kind="sweep_cell", config={}) as run:
        evaluate_cell(run, dataset=str(file), strategy="momentum", grid={"window": [5, 10, 20]})
    file.unlink()

    def point() -> dict[str, Any]:
        done = CliRunner().invoke(command, ["--json"])
        found: dict[str, Any] = json.loads(done.output)["points"][0]
        return found

    assert point()["deflated"]["n_trials"] == 3
    for copy in (project / "runs" / "data").glob("*.parquet"):
        copy.unlink()
    assert point()["deflated"] is None
    assert "has no curve" in point()["no_deflated"]


@pytest.mark.parametrize(
    ("params", "edges"),
    [
        ({"a": 1, "b": 10}, ["a"]),
        ({"a": 2, "b": 20}, []),
        ({"a": 3, "b": 10}, ["a"]),
    ],
)
def test_an_axis_of_two_values_has_no_edge(params: dict[str, int], edges: list[str]) -> None:
    assert edges_of({"grid": {"axes": {"a": [3, 1, 2], "b": [10, 20]}}}, params) == edges
    assert edges_of({}, {}) == []


def spread(*ratios: float) -> SharpeSpread:
    mean = sum(ratios) / len(ratios) if ratios else None
    return SharpeSpread(len(ratios), mean, variance(ratios) if len(ratios) > 1 else None, False)


def test_groups_are_pooled_as_if_they_were_one() -> None:
    assert pooled_variance([spread(1.0, 2.0, 4.0), spread(), spread(8.0)]) == pytest.approx(
        variance([1.0, 2.0, 4.0, 8.0])
    )
    assert pooled_variance([spread(1.0), spread(3.0)]) == pytest.approx(2.0)
    assert pooled_variance([spread(1.0), spread()]) is None
    assert pooled_variance([SharpeSpread(3, 0.5, None, False)]) is None
