"""`peak nightly`: what it says, and how it ends."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from scratch import peak, run_folders

from peaklib.cli import peak as group
from peaklib.errors import ConfigError
from peaklib.sweep.nightly.lock import night_lock

Call = Callable[..., Result]
DEFAULT = "configs/nightly/default.toml"
BROKEN = 'name = "mine"\nsweeps = ["configs/sweeps/gone.toml"]\n'


@pytest.fixture
def broken(project: Path) -> str:
    """A night whose only sweep does not exist, so that nothing is computed."""
    (project / "configs" / "nightly" / "mine.toml").write_text(BROKEN, "utf-8")
    return "configs/nightly/mine.toml"


def test_dry_run_prints_the_plan_and_computes_nothing(call: Call, project: Path) -> None:
    done = call("nightly", DEFAULT, "--dry-run")
    assert done.exit_code == 0, done.output
    assert "quick  2 cells, 49 trials" in done.output
    assert "it would be the first night" in done.output
    assert "file reports/nightly-alerts.json" in done.output
    assert not (project / "runs").exists()
    assert not (project / "reports").exists()


def test_dry_run_for_a_script(call: Call) -> None:
    said = json.loads(call("nightly", DEFAULT, "--dry-run", "--json").output)
    assert said["sweeps"] == [{"sweep": "quick", "cells": 2, "trials": 49}]
    assert (said["previous"], said["repro"]) == (None, 0)


def test_dry_run_finds_the_mistake_that_a_night_would_report(call: Call, broken: str) -> None:
    done = call("nightly", broken, "--dry-run")
    assert isinstance(done.exception, ConfigError)
    assert "gone.toml" in str(done.exception)


def test_alerts_come_first_and_give_the_status_1(call: Call, broken: str, project: Path) -> None:
    done = call("nightly", broken)
    assert done.exit_code == 1
    lines = done.output.splitlines()
    assert lines[0].startswith("✕ broken  gone  broke: ")
    assert any(line.startswith("1 alert · 1 note   run ") for line in lines)
    assert lines[-1] == "next  open reports/mine.html in a browser"
    assert (project / "reports" / "mine.html").is_file()


def test_json_is_the_file_beside_the_page(call: Call, broken: str, project: Path) -> None:
    done = call("nightly", broken, "--json")
    assert done.exit_code == 1
    assert json.loads(done.output) == json.loads((project / "reports" / "mine.json").read_bytes())


def test_second_night_ends_with_3_and_says_who_is_at_work(
    project: Path, broken: str, call: Call
) -> None:
    with night_lock(project / "runs", config="theirs.toml"):
        done = CliRunner().invoke(group, ["nightly", broken])
    assert done.exit_code == 3
    assert "another night is at work: process" in done.stderr
    assert "theirs.toml" in done.stderr
    assert run_folders(project) == []
    assert not (project / "reports").exists()


def test_folder_that_cannot_be_written_ends_with_3(project: Path, broken: str, call: Call) -> None:
    (project / "runs").write_text("a file where a folder should be", "utf-8")
    done = CliRunner().invoke(group, ["nightly", broken])
    assert done.exit_code == 3
    assert "Traceback" not in done.output


@pytest.mark.slow
def test_wrong_configuration_ends_with_2_and_all_mistakes(project: Path) -> None:
    path = project / "configs" / "nightly" / "wrong.toml"
    path.write_text("sweeps = []\n[drift]\nsharp = 1\n", "utf-8")
    done = peak(project, "nightly", "configs/nightly/wrong.toml")
    assert done.returncode == 2
    assert "2 mistakes" in done.stderr
    assert "did you mean 'sharpe'" in done.stderr
    assert not (project / "runs").exists()


@pytest.mark.slow
def test_config_lint_knows_the_files_of_nights(project: Path) -> None:
    done = peak(project, "config-lint", "configs/nightly")
    assert done.returncode == 0, done.stdout
    assert f"✓ {DEFAULT}" in done.stdout
