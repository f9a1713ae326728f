"""`peak sweeps open-holdout`: asks, says how often it was done before, opens, and is counted."""

import json
import os
import pty
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from scratch import environment, make_project, peak, run_folders

from peaklib.cli.sweeps_holdout import open_holdout
from peaklib.evidence import Registry

pytestmark = [pytest.mark.slow, pytest.mark.notebook]

CONFIG = """question = "What does the command say of a holdout?"
notebook = "notebooks/sweep_cell.ipynb"
[holdout]
from = 2016-01-01
[fixed]
strategy = "sma_crossover"
[foreach]
dataset = ["sp500"]
[grid.sma_crossover]
fast = [10, 20]
slow = [100, 200]
"""
ENTRY = "from peaklib.cli.sweeps_holdout import open_holdout; open_holdout()"


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a finished sweep that keeps a holdout."""
    made = make_project(tmp_path_factory.mktemp("held") / "project")
    config = made / "configs" / "sweeps" / "held.toml"
    config.write_text(CONFIG, "utf-8")
    done = peak(made, "sweep", config, "--run")
    assert done.returncode == 0, done.stderr
    return made


@pytest.fixture
def held(finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same project, to be spoiled, and at work in this process."""
    made = tmp_path / "project"
    shutil.copytree(finished, made)
    monkeypatch.setenv("PEAK_HOME", str(made))
    monkeypatch.chdir(made)
    return made


@pytest.fixture
def call(held: Path) -> Callable[..., Result]:
    def _call(*arguments: str) -> Result:
        return CliRunner().invoke(open_holdout, [*arguments])

    return _call


def openings(project: Path) -> int:
    return sum(1 for _ in Registry(project / "runs").ledger.events("holdout_opened"))


def at_a_terminal(project: Path, answer: str) -> tuple[int, str]:
    """Exit status and output of the command where somebody can be asked."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", ENTRY, "held"],
        cwd=project,
        env=environment(project),
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        os.write(ours, f"{answer}\n".encode())
        said, _ = process.communicate(timeout=120)
    os.close(ours)
    os.close(theirs)
    return process.returncode, said


def test_without_anybody_to_ask_it_wants_to_be_told(
    call: Callable[..., Result], held: Path
) -> None:
    for arguments in (["held"], ["held", "--json"]):
        done = call(*arguments)
        assert done.exit_code == 2
        assert "--yes" in done.output
    assert openings(held) == 0


@pytest.mark.parametrize("answer", ["n", ""])
def test_at_a_terminal_nothing_but_a_yes_opens(answer: str, held: Path) -> None:
    status, said = at_a_terminal(held, answer)
    assert status == 1, said
    assert "opened before: never" in said
    assert "not opened; nothing was counted" in said
    assert openings(held) == 0


def test_at_a_terminal_a_yes_opens(held: Path) -> None:
    status, said = at_a_terminal(held, "y")
    assert status == 0, said
    assert openings(held) == 1


def test_it_says_what_it_opens_and_how_often_that_was_done(
    call: Callable[..., Result], held: Path
) -> None:
    first, again = call("held", "--yes"), call("held", "--yes")
    assert (first.exit_code, again.exit_code) == (0, 0), first.output
    assert "holdout of sp500, 2016-01-01 to 2018-12-31" in first.output
    assert "opened before: never" in first.output
    assert "opened before: once" in again.output
    assert "the holdout of sp500 was opened twice" in again.output
    runs = [folder.name for folder in run_folders(held, "holdout")]
    assert len(runs) == 2
    assert any(run in again.output.partition("opened before")[2] for run in runs)
    assert again.output.splitlines()[-1].startswith("next  peak evidence verify ")


def test_json_has_the_numbers_and_the_event(call: Callable[..., Result], held: Path) -> None:
    cell = run_folders(held, "sweep_cell")[0].name
    done = call("held", "--yes", "--json", "--trial", f"{cell}:2")
    assert done.exit_code == 0, done.output
    found = json.loads(done.output)
    (run,) = run_folders(held, "holdout")
    assert (found["run_id"], found["trial"]) == (run.name, f"{cell}:2")
    assert (found["from"], found["to"], found["instrument"]) == (
        "2016-01-01",
        "2018-12-31",
        "sp500",
    )
    assert (found["params"], found["opened_before"]) == ({"fast": 20, "slow": 100}, 0)
    record = json.loads((run / "run.json").read_bytes())
    assert found["metrics"] == record["metrics"]
    (event,) = Registry(held / "runs").ledger.events("holdout_opened")
    assert found["event"] == event.seq == record["config"]["opening"]


def test_a_run_that_is_no_sweep_is_refused(call: Callable[..., Result], held: Path) -> None:
    cell = run_folders(held, "sweep_cell")[0].name
    for name in (cell, "nothing"):
        done = call(name, "--yes")
        assert done.exit_code == 1
        assert name in str(done.exception)
    assert openings(held) == 0


def test_the_whole_program_exits_with_1_and_one_line(held: Path) -> None:
    done = peak(held, "sweeps", "open-holdout", "held", "--yes", "--trial", "held:1")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: ")
    assert openings(held) == 0


def test_lines_are_at_most_as_wide_as_a_terminal(call: Callable[..., Result]) -> None:
    done = call("held", "--yes")
    wide = [line for line in done.output.splitlines() if len(line) > 100]
    assert wide == []
