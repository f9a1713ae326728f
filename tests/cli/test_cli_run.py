"""`peak run` and the runs of `peak notebooks --record`: what is said, kept and returned."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from click.testing import Result
from scratch import PEAK, ROOT, environment, peak, run_folders, wait_until, write_notebook

from peaklib.cli import main
from peaklib.errors import ConfigError, DataError, NotebookError

Call = Callable[..., Result]
REFERENCE = (ROOT / "docs" / "reference" / "commands-features.md").read_text("utf-8")

PARAMETERS = 'run_dir: str = ""  # folder of the run\nn: int = 1  # a number'
CELL = """from peaklib import evidence
evidence.attach(run_dir).log_metrics({"inverse": 1 / n, "n": n})"""
STORY = f'{PARAMETERS}\ndataset: str = "sp500"  # what is read'
# One that fails on the data set `vix`, which has no opens.
STORY_CELL = """from peaklib import evidence
from peaklib.data import load
run = evidence.attach(run_dir)
if dataset == "vix":
    raise ValueError("no opens")
run.note(dataset)"""


def record(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "run.json").read_bytes())
    return found


@pytest.fixture
def small(project: Path) -> Path:
    """A notebook that divides by its parameter."""
    return write_notebook(project / "notebooks" / "small.ipynb", PARAMETERS, CELL)


@pytest.mark.slow
@pytest.mark.notebook
def test_run_says_what_came_out_and_what_to_type_next(small: Path, project: Path) -> None:
    before = small.read_bytes()
    done = peak(project, "run", "notebooks/small.ipynb", "-p", "n=4")
    assert done.returncode == 0, done.stderr
    (folder,) = run_folders(project, "notebook")
    found = record(folder)
    head, outcome, content, metrics, following = done.stdout.splitlines()
    assert head == "running notebooks/small.ipynb  n=4"
    assert re.fullmatch(rf"✓ {folder.name}  \d+\.\d s", outcome)
    assert content == f"  content  {found['content']['digest']}"
    assert re.fullmatch(r"  metrics  inverse 0\.25 · n 4(\.00)?", metrics)
    assert following == f"next  peak evidence verify {folder.name}"
    assert done.stderr == ""
    assert small.read_bytes() == before

    verified = peak(project, *following.removeprefix("next  peak ").split())
    assert verified.returncode == 0, verified.stdout
    repeated = peak(project, "repro", folder.name)
    assert repeated.returncode == 0, repeated.stderr
    assert "IDENTICAL" in repeated.stdout


@pytest.mark.slow
@pytest.mark.notebook
def test_failed_notebook_is_kept_as_a_failed_run(small: Path, project: Path) -> None:
    done = peak(project, "run", small, "-p", "n=0")
    assert done.returncode == 1
    (folder,) = run_folders(project, "notebook")
    assert record(folder)["status"] == "failed"
    assert f"✕ {folder.name}" in done.stdout
    assert "  ZeroDivisionError: division by zero" in done.stdout.splitlines()
    assert f"next  peak runs show {folder.name}" in done.stdout
    assert "Traceback" not in done.stderr

    answered = peak(project, "run", small, "-p", "n=0", "--json")
    assert answered.returncode == 1
    answer = json.loads(answered.stdout)
    assert (answer["status"], answer["metrics"]) == ("failed", {})
    assert answer["error"] == "ZeroDivisionError: division by zero"


@pytest.mark.slow
@pytest.mark.notebook
def test_json_names_the_run(small: Path, project: Path) -> None:
    done = peak(project, "run", small, "--json", "--threads", "1")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    (folder,) = run_folders(project, "notebook")
    found = record(folder)
    assert answer["run_id"] == folder.name
    assert (answer["status"], answer["error"]) == ("completed", None)
    assert (answer["content"], answer["key"]) == (found["content"]["digest"], found["key"])
    assert answer["metrics"] == {"inverse": 1, "n": 1}
    (row,) = re.findall(r"^\| `peak run NOTEBOOK` .*$", REFERENCE, re.MULTILINE)
    assert [name for name in answer if f"`{name}`" not in row] == []


@pytest.mark.slow
@pytest.mark.notebook
def test_a_notebook_that_leaves_returns_is_told_of_its_risk_chapter(project: Path) -> None:
    cell = """import pandas as pd
from peaklib import evidence
run = evidence.attach(run_dir)
days = pd.date_range("2020-01-01", periods=3, tz="UTC")
run.save_table("returns", pd.DataFrame({"time": days, "mine": [0.01, 0.0, -0.01]}))
run.log_metric("bars_per_year", 365.25)"""
    write_notebook(project / "notebooks" / "mine.ipynb", PARAMETERS, cell)
    done = peak(project, "run", "notebooks/mine.ipynb")
    assert done.returncode == 0, done.stderr
    (folder,) = run_folders(project, "notebook")
    assert done.stdout.splitlines()[-2:] == [
        f"  accounts  peak risk report {folder.name}",
        f"next  peak evidence verify {folder.name}",
    ]


@pytest.mark.slow
@pytest.mark.notebook
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_interrupted_run_is_recorded_and_its_kernel_stopped(name: str, project: Path) -> None:
    mark = project / "started"
    write_notebook(
        project / "notebooks" / "long.ipynb",
        PARAMETERS,
        f"import os, pathlib, time\npathlib.Path({str(mark)!r}).write_text(str(os.getpid()))\n"
        "time.sleep(120)",
    )
    process = subprocess.Popen(
        [PEAK, "run", "notebooks/long.ipynb"],
        cwd=project,
        env=environment(project),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        wait_until(lambda: mark.is_file() and bool(mark.read_text()), "the kernel to start")
        os.kill(process.pid, getattr(signal, name))
        out, error = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
    assert "interrupted" in error
    assert "Traceback" not in error
    assert out.splitlines()[-1] == "next  peak runs list --status interrupted"
    (folder,) = run_folders(project, "notebook")
    assert record(folder)["status"] == "interrupted"
    kernel = int(mark.read_text())
    wait_until(lambda: not _runs(kernel), "the kernel to be gone", 10)


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_wrong_values_make_no_run(small: Path, call: Call, project: Path) -> None:
    assert isinstance(call("run", str(small), "-p", "n=many").exception, ConfigError)
    assert isinstance(call("run", str(small), "-p", "m=1").exception, NotebookError)
    assert not (project / "runs").exists()


def test_missing_notebook_names_its_neighbours(small: Path, call: Call) -> None:
    error = call("run", "notebooks/smal.ipynb").exception
    assert isinstance(error, NotebookError)
    assert "small.ipynb" in str(error)


@pytest.mark.slow
@pytest.mark.notebook
def test_recording_tries_all_data_sets_and_fails_if_one_did(project: Path) -> None:
    shutil.rmtree(project / "notebooks")
    story = write_notebook(project / "notebooks" / "story.ipynb", STORY, STORY_CELL)
    write_notebook(project / "notebooks" / "small.ipynb", PARAMETERS, CELL)
    done = peak(project, "notebooks", "--record", "vix, synthetic:random_walk,seed=1,bars=60")
    assert done.returncode == 1
    folders = run_folders(project, "notebook")
    runs = {record(folder)["config"]["parameters"]["dataset"]: folder for folder in folders}
    assert set(runs) == {"vix", "synthetic:random_walk,seed=1,bars=60"}
    said = [line.rpartition("\r")[2] for line in done.stdout.split("\n")]
    assert f"✕ {story.name} on vix  {runs['vix'].name}" in said
    walk = runs["synthetic:random_walk,seed=1,bars=60"]
    assert f"✓ {story.name} on synthetic:random_walk,seed=1,bars=60  {walk.name}" in said
    assert done.stderr == "failed: story.ipynb on vix\n"
    assert record(walk)["status"] == "completed"


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_recording_an_unknown_data_set_executes_nothing(call: Call, project: Path) -> None:
    before = contents(project / "notebooks")
    error = call("notebooks", "--record", "sp500,nasdaqq").exception
    assert isinstance(error, DataError)
    assert "'nasdaq'" in str(error)
    assert contents(project / "notebooks") == before
    assert not (project / "runs").exists()


def test_inputs_of_another_run_that_a_shell_names_are_not_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["peak", "--version"])
    monkeypatch.setenv("PEAK_INPUTS", "forged")
    monkeypatch.setenv("PEAK_INPUTS_BY", str(os.getpid()))
    main()
    assert capsys.readouterr().out.startswith("peak")
    assert not {"PEAK_INPUTS", "PEAK_INPUTS_BY"} & set(os.environ)
