"""`peak repro`: a run made again, here and elsewhere, gives the same content."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from scratch import PEAK, Swept, environment, make_project, peak, run_folders, write_notebook

from peaklib.evidence import Registry

pytestmark = [pytest.mark.slow, pytest.mark.notebook]

# Reads what a run must not depend on, so that a difference can be planted.
PLANTED = """import os
import pandas as pd
from peaklib import evidence
from peaklib.backtest import run_grid
from peaklib.data import load
run = evidence.attach(run_dir)
shift = float(os.environ.get("PLANTED", "0"))
run.log_metric("level", 100.0 + shift)
grid = run_grid("momentum", load("synthetic:random_walk,bars=300"), {"window": [5, 20]})
run.log_trials(grid, name="trials")
run.save_table("steps", pd.DataFrame({"day": [1, 2, 3], "gain": [0.1, 0.2, 0.3 + shift]}))"""
CONFIG = """question = "Does it come out the same?"
notebook = "notebooks/planted.ipynb"
[foreach]
point = [1, 2]
"""
ELSEWHERE = {
    "TZ": "Asia/Kathmandu",
    "LC_ALL": "C",
    "LANG": "C",
    "PYTHONHASHSEED": "4242",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}


def repro(
    project: Path, *arguments: str | Path, **variables: str
) -> subprocess.CompletedProcess[str]:
    """`peak repro` in a process of its own, with variables of its own."""
    return subprocess.run(
        [PEAK, "repro", *arguments],
        cwd=project,
        env={**environment(project), **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )


def answer(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.stdout, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a finished sweep of two cells that a variable can disturb."""
    project = make_project(tmp_path_factory.mktemp("planted") / "project")
    parameters = 'run_dir: str = ""  # folder\npoint: int = 0  # cell\nseed: int = 0  # none'
    write_notebook(project / "notebooks" / "planted.ipynb", parameters, PLANTED)
    config = project / "configs" / "sweeps" / "planted.toml"
    config.write_text(CONFIG, "utf-8")
    assert peak(project, "sweep", config, "--run").returncode == 0
    return project


def test_cell_is_identical_with_other_folder_zone_locale_hash_seed_and_threads(
    swept: Swept, tmp_path: Path
) -> None:
    cell = run_folders(swept.project, "sweep_cell")[0]
    elsewhere = tmp_path / "with a blank"
    elsewhere.mkdir()
    done = repro(swept.project, cell.name, "--json", TMPDIR=str(elsewhere), **ELSEWHERE)
    found = answer(done)
    assert (found["verdict"], done.returncode) == ("identical", 0)
    record = json.loads((cell / "run.json").read_bytes())
    assert found["content"] == found["content_now"] == record["content"]["digest"]
    assert found["drift"] == []
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize("kind", ["sweep", "report"])
def test_every_kind_of_a_sweep_is_identical(kind: str, swept: Swept) -> None:
    (run,) = run_folders(swept.project, kind)
    done = repro(swept.project, run.name)
    assert done.returncode == 0, done.stderr
    assert "IDENTICAL  in metrics, tables and figures" in done.stdout
    if kind == "sweep":
        assert "2 of 2 identical" in done.stdout


def test_making_a_run_again_adds_no_run_and_no_trial_but_a_line(swept: Swept) -> None:
    registry = Registry(swept.project / "runs")
    before = {path.name for path in (swept.project / "runs").iterdir()}
    cell = run_folders(swept.project, "sweep_cell")[-1]
    published = sum(1 for _ in registry.ledger.events("publish"))
    assert repro(swept.project, cell.name).returncode == 0
    assert {path.name for path in (swept.project / "runs").iterdir()} >= before
    assert sum(1 for _ in registry.ledger.events("publish")) == published
    events = [event.data for event in registry.ledger.events("repro")]
    assert any(data["run_id"] == cell.name and data["verdict"] == "identical" for data in events)


def test_rounding_is_equivalent_and_says_how_far_and_where(planted: Path) -> None:
    cell = run_folders(planted, "sweep_cell")[0]
    done = repro(planted, cell.name, PLANTED="1e-12")
    assert done.returncode == 0, done.stderr
    (verdict,) = [line for line in done.stdout.splitlines() if line.startswith("EQUIVALENT")]
    assert "tables/steps row 2 column gain" in verdict
    assert "3.3e-12" in verdict


def test_planted_difference_is_caught_with_both_values(planted: Path) -> None:
    cell = run_folders(planted, "sweep_cell")[1]
    found = answer(repro(planted, cell.name, "--json", PLANTED="0.5"))
    assert found["verdict"] == "different"
    first = found["runs"][0]["differences"][0]
    assert (first["where"], first["left"], first["right"]) == ("metrics level", 100.0, 100.5)


def test_sweep_with_one_disturbed_cell_is_different_and_names_the_cell(planted: Path) -> None:
    (own,) = run_folders(planted, "sweep")
    done = repro(planted, own.name, PLANTED="0.5")
    assert done.returncode == 1
    assert "0 of 2 identical" in done.stdout
    for cell in run_folders(planted, "sweep_cell"):
        assert f"✕ {cell.name}  metrics level" in done.stdout


def test_kept_folder_holds_the_new_run(planted: Path, tmp_path: Path) -> None:
    cell = run_folders(planted, "sweep_cell")[0]
    done = repro(planted, cell.name, "--keep", tmp_path / "new", PLANTED="2")
    assert done.returncode == 1
    steps = pd.read_parquet(tmp_path / "new" / "outputs" / "tables" / "steps.parquet")
    assert steps["gain"].tolist() == [0.1, 0.2, 2.3]


def test_altered_pack_is_not_run(planted: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    shutil.copytree(planted, project)
    cell = run_folders(project, "sweep_cell")[0]
    with (cell / "outputs" / "metrics.json").open("ab") as file:
        file.write(b" ")
    done = repro(project, cell.name)
    assert done.returncode == 1
    assert "is not what was published: outputs/metrics.json was" in done.stderr


def test_sweep_with_an_altered_cell_is_not_run(planted: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    shutil.copytree(planted, project)
    cell = run_folders(project, "sweep_cell")[0]
    with (cell / "outputs" / "metrics.json").open("ab") as file:
        file.write(b" ")
    (own,) = run_folders(project, "sweep")
    done = repro(project, own.name)
    assert done.returncode == 1
    assert f"run {cell.name} is not what was published" in done.stderr


def test_changed_notebook_does_not_matter_the_pack_has_its_own(
    planted: Path, tmp_path: Path
) -> None:
    project = tmp_path / "project"
    shutil.copytree(planted, project)
    (project / "notebooks" / "planted.ipynb").unlink()
    (own,) = run_folders(project, "sweep")
    done = repro(project, own.name)
    assert done.returncode == 0, done.stderr
    assert "IDENTICAL" in done.stdout


def test_run_by_hand_says_that_it_cannot_be_made_again(planted: Path) -> None:
    from peaklib.evidence import start_run

    with start_run(kind="interactive", config={}, runs=planted / "runs") as run:
        run.log_metric("x", 1.0)
    done = repro(planted, run.run_id)
    assert done.returncode == 1
    assert "kind 'interactive' cannot be run again (it was made by hand)" in done.stderr


def file_sweep(project: Path) -> Path:
    """A sweep over a file of the user's; its cell's folder."""
    table = pd.DataFrame(
        {
            "date": pd.bdate_range("2020-01-01", periods=400),
            "close": [100 + (k * 7) % 23 + k / 10 for k in range(400)],
        }
    )
    (project / "prices").mkdir()
    table.to_csv(project / "prices" / "mine.csv", index=False)
    text = (project / "configs" / "sweeps" / "quick.toml").read_text("utf-8")
    config = project / "configs" / "sweeps" / "mine.toml"
    config.write_text(text, "utf-8")
    changes = ('fixed.dataset="prices/mine.csv"', 'fixed.fill="close"', 'split.at=""')
    settings = [part for change in changes for part in ("--set", change)]
    done = peak(project, "sweep", config, "--run", *settings)
    assert done.returncode == 0, done.stdout + done.stderr
    return run_folders(project, "sweep_cell")[0]


def test_export_with_its_data_comes_out_the_same_on_a_machine_without_the_project(
    tmp_path: Path,
) -> None:
    project = make_project(tmp_path / "project")
    cell = file_sweep(project)
    archive = tmp_path / "cell.zip"
    done = peak(project, "evidence", "export", cell.name, "--to", archive, "--with-data")
    assert done.returncode == 0, done.stderr
    shutil.rmtree(project)
    bare = tmp_path / "bare"
    bare.mkdir()
    environ = {name: value for name, value in os.environ.items() if name != "PEAK_HOME"}
    again = subprocess.run(
        [PEAK, "repro", archive],
        cwd=bare,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert again.returncode == 0, again.stderr
    assert "IDENTICAL" in again.stdout


def test_export_without_a_licence_leaves_the_data_out_and_says_so(tmp_path: Path) -> None:
    project = make_project(tmp_path / "project")
    cell = file_sweep(project)
    archive = tmp_path / "cell.zip"
    done = peak(project, "evidence", "export", cell.name, "--to", archive)
    assert "no licence is on record; --with-data" in done.stdout
    again = repro(tmp_path, archive)
    assert again.returncode == 1
    assert "input data mine: pinned" in again.stderr
    assert "now missing" in again.stderr
