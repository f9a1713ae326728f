"""Plans: cells, trials, and what makes a cell another one."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import nbformat
import pytest

from peaklib.errors import EvidenceError
from peaklib.evidence import RunSpec, create_run
from peaklib.sweep import Plan, SweepResults, best_of, estimate_seconds, make_plan
from peaklib.sweep.axes import axis_values
from peaklib.sweep.execute import Batch, finished_cells

BARS = "Date,Open,High,Low,Close\n2024-01-02,10,12,9,11\n2024-01-03,11,13,10,12\n"


def plan_of(project: Path, *settings: str) -> Plan:
    path = project / "configs" / "sweeps" / "quick.toml"
    return make_plan(path, settings)


def keys(plan: Plan) -> list[str]:
    return [cell.key for cell in plan.cells]


@pytest.mark.parametrize(
    ("given", "values"),
    [
        ([1, 2.5], [1, 2.5]),
        ({"start": 5, "stop": 20, "step": 5}, [5, 10, 15, 20]),
        ({"start": 5, "stop": 19, "step": 5}, [5, 10, 15]),
        ({"start": 0.1, "stop": 0.5, "step": 0.1}, [0.1, 0.2, 0.3, 0.4, 0.5]),
        ({"start": 3, "stop": 3, "step": 1}, [3]),
    ],
)
def test_axis_is_a_list_or_a_range_with_its_end(given: object, values: list[float]) -> None:
    found = axis_values(given)
    assert found == values
    assert [type(value) for value in found] == [type(value) for value in values]


@pytest.mark.parametrize(
    "given",
    [
        *([], [True], ["a"], 3, None),
        {"start": 1, "stop": 2},
        {"start": 2, "stop": 1, "step": 1},
        {"start": 1, "stop": 2, "step": 0},
        {"start": 1, "stop": 2, "step": 1, "more": 1},
    ],
)
def test_other_axes_are_refused(given: object) -> None:
    with pytest.raises(ValueError, match="write a list of numbers"):
        axis_values(given)


def test_cells_are_the_product_of_the_axes_the_last_one_fastest(project: Path) -> None:
    plan = plan_of(
        project,
        'foreach.costs=["retail", "free"]',
        "costs.free.fees_bps=0.0",
        "seed=4",
    )
    assert [cell.name for cell in plan.cells] == [
        "sma_crossover · retail",
        "sma_crossover · free",
        "rsi_reversion · retail",
        "rsi_reversion · free",
    ]
    assert [cell.n_trials for cell in plan.cells] == [29, 29, 20, 20]
    assert plan.n_trials == 98
    second = plan.cells[1]
    assert second.parameters["costs"]["fees_bps"] == 0.0
    assert second.parameters["seed"] == 4
    assert second.parameters["where"] == "fast < slow"
    assert second.parameters["grid"]["fast"] == [5, 10, 20, 30, 50]
    assert second.family == "sma_crossover/sp500"
    assert len(set(keys(plan))) == 4


def test_scenario_may_be_fixed_by_name(project: Path) -> None:
    plan = plan_of(project, 'foreach={strategy = ["rsi_reversion"]}', "fixed.costs=retail",
                   "grid={rsi_reversion = {window = [2]}}")  # fmt: skip
    assert plan.cells[0].parameters["costs"]["fees_bps"] == 5.0


def test_filter_wraps_the_strategy_and_adds_its_grid(project: Path) -> None:
    plan = plan_of(
        project,
        'foreach.strategy=["sma_crossover"]',
        'foreach.filter=["none", "vol_regime_filter"]',
        "grid={sma_crossover = {fast = [5, 10], slow = [50]}}",
    )
    assert [cell.parameters["strategy"] for cell in plan.cells] == [
        "sma_crossover",
        "vol_regime_filter(sma_crossover)",
    ]


def test_default_sweep_is_as_large_as_it_says(project: Path) -> None:
    path = project / "configs" / "sweeps" / "default.toml"
    plan = make_plan(path)
    assert len(plan.cells) == 4 * 2 * 2
    assert plan.n_trials >= 5000
    said = path.read_text("utf-8").splitlines()[1]
    assert f"{len(plan.cells)} runs, {plan.n_trials:,} trials" in said


def test_keys_do_not_depend_on_what_does_not_matter(project: Path) -> None:
    plan = plan_of(project)
    assert keys(plan_of(project)) == keys(plan)
    worded = plan_of(project, 'question="Another way to ask it?"', "report.top=3")
    assert keys(worded) == keys(plan)
    turned = plan_of(project, 'foreach.strategy=["rsi_reversion", "sma_crossover"]')
    assert keys(turned) == keys(plan)[::-1]


@pytest.mark.parametrize(
    "setting",
    [
        *("seed=8", "benchmark=sma_crossover", "fixed.fill=close", "fixed.lag=2"),
        "fixed.dataset=nasdaq",
        "costs.retail.fees_bps=6.0",
        "fixed.period=2001-01-01/2015-12-31",
    ],
)
def test_another_parameter_makes_every_cell_another(setting: str, project: Path) -> None:
    assert not set(keys(plan_of(project))) & set(keys(plan_of(project, setting)))


def test_another_grid_makes_the_cells_of_its_strategy_others(project: Path) -> None:
    before = keys(plan_of(project))
    after = keys(plan_of(project, "grid.sma_crossover.fast=[5, 10]"))
    assert after[0] != before[0]
    assert after[1] == before[1]


def test_another_source_of_the_notebook_makes_every_cell_another(project: Path) -> None:
    before = keys(plan_of(project))
    path = project / "notebooks" / "sweep_cell.ipynb"
    node = nbformat.read(path, as_version=4)
    node.cells[-1].outputs = []
    nbformat.write(node, path)
    assert keys(plan_of(project)) == before
    node.cells[-1].source += "\nprint('more')"
    nbformat.write(node, path)
    assert not set(keys(plan_of(project))) & set(before)


def test_other_bars_under_the_same_name_make_every_cell_another(
    project: Path, tmp_path: Path
) -> None:
    path = tmp_path / "bars.csv"
    path.write_text(BARS, "utf-8")
    settings = (f'fixed.dataset="{path.as_posix()}"', "fixed.warmup=0", 'split.at=""')
    before = keys(plan_of(project, *settings))
    path.write_text(BARS + "\n", "utf-8")
    assert keys(plan_of(project, *settings)) == before
    path.write_text(BARS.replace(",11\n", ",10.5\n"), "utf-8")
    assert not set(keys(plan_of(project, *settings))) & set(before)


PLUGIN = {
    "rule_of_tests/__init__.py": '''from peaklib.strategies import strategy
from rule_of_tests.kernel import level


@strategy("of_tests", version="1", warm_up=lambda: 0)
def rule(bars):
    """Holds one level."""
    return bars.close * 0.0 + level()
''',
    "rule_of_tests/kernel.py": "from kernels_of_tests import half as level\n",
    "rule_of_tests-1.0.dist-info/METADATA": "Name: rule-of-tests\nVersion: 1.0\n",
    "rule_of_tests-1.0.dist-info/entry_points.txt": (
        "[peaklib.strategies]\nof_tests = rule_of_tests:rule\n"
    ),
    "kernels_of_tests.py": "def half():\n    return 0.5\n",
    "kernels_of_tests-1.0.dist-info/METADATA": "Name: kernels-of-tests\nVersion: 1.0\n",
    "kernels_of_tests-1.0.dist-info/top_level.txt": "kernels_of_tests\n",
}


def identity_in_a_fresh_process(folder: Path, changed: Mapping[str, str]) -> list[str]:
    """Key and pin of a cell that names a plugin's strategy, whose sources lay there before."""
    for name, text in {**PLUGIN, **changed}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        os.utime(path, (1_700_000_000, 1_700_000_000))
    program = (
        "from peaklib.sweep.plan import Identity, rules_of\n"
        "cell = {'strategy': 'of_tests'}\n"
        "print(Identity('notebook', 1, {}).of(cell), *rules_of(cell).values())\n"
    )
    done = subprocess.run(
        [sys.executable, "-B", "-c", program],
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.slow
def test_changed_kernel_or_upgraded_library_of_a_plugin_makes_its_cells_others(
    tmp_path: Path,
) -> None:
    kernel = {"rule_of_tests/kernel.py": PLUGIN["rule_of_tests/kernel.py"] + "# other\n"}
    metadata = "kernels_of_tests-1.0.dist-info/METADATA"
    upgrade = {metadata: PLUGIN[metadata].replace("1.0", "2.0")}
    key, pin = identity_in_a_fresh_process(tmp_path, {})
    edited_key, edited_pin = identity_in_a_fresh_process(tmp_path, kernel)
    upgraded_key, upgraded_pin = identity_in_a_fresh_process(tmp_path, upgrade)
    assert len({key, edited_key, upgraded_key}) == 3
    # A re-run on a newer library is no re-run of other code: the environment says what differs.
    assert edited_pin != pin == upgraded_pin


def publish(
    runs: Path, key: str | None, status: str = "completed", kind: str = "sweep_cell"
) -> str:
    return create_run(RunSpec(kind, {}, key=key), runs=runs).seal(status).run_id


def test_finished_cells_are_those_completed_with_the_same_key(
    project: Path, tmp_path: Path
) -> None:
    plan = plan_of(project)
    done, other = plan.cells
    kept = publish(tmp_path, done.key)
    publish(tmp_path, other.key, "failed")
    publish(tmp_path, other.key, "interrupted")
    publish(tmp_path, other.key, kind="interactive")
    publish(tmp_path, None)
    create_run(RunSpec("sweep_cell", {}, key=other.key), runs=tmp_path)  # never sealed

    batch = Batch(plan, tmp_path, "parent")
    batch.resume()
    assert [(result.cell, result.run_id, result.state) for result in batch.results] == [
        (done, kept, "resumed")
    ]

    changed = Batch(plan_of(project, "seed=8"), tmp_path, "parent")
    changed.resume()
    assert changed.results == []


def spoil_record(folder: Path) -> None:
    (folder / "run.json").write_text("{", "utf-8")


def lose_sums(folder: Path) -> None:
    (folder / "SHA256SUMS").unlink()


def change_an_output(folder: Path) -> None:
    (folder / "outputs" / "table.txt").write_text("y", "utf-8")


@pytest.mark.parametrize("damage", [spoil_record, lose_sums, change_an_output])
def test_damaged_run_is_not_taken_for_finished(
    damage: Callable[[Path], None], tmp_path: Path
) -> None:
    run = create_run(RunSpec("sweep_cell", {}, key="a" * 64), runs=tmp_path)
    run.save_text("table.txt", "x")
    sealed = run.seal()
    good = publish(tmp_path, "b" * 64)
    damage(sealed.folder)
    found = finished_cells(tmp_path, {"a" * 64, "b" * 64})
    assert {run.run_id for run in found.values()} == {good}


def test_estimate_says_what_it_is_based_on(project: Path, tmp_path: Path) -> None:
    plan = plan_of(project)
    seconds, basis = estimate_seconds(plan, tmp_path, workers=2)
    assert seconds > 0
    assert "assumed, none was run yet" in basis
    config = {"notebook": plan.config.notebook}
    create_run(RunSpec("sweep_cell", config), runs=tmp_path).seal()
    seconds, basis = estimate_seconds(plan, tmp_path, workers=2)
    assert seconds < 1
    assert "median of the last 1 cells" in basis


def test_sweep_without_any_result_says_so(project: Path) -> None:
    results = SweepResults("quick", "peak sweep quick.toml", plan_of(project).config, (), ())
    with pytest.raises(EvidenceError, match="quick"):
        best_of(results)
