"""A project at work in this process, and commands that run in it."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

sys.path.insert(0, str(Path(__file__).parents[1]))

from scratch import make_project

from peaklib.cli import peak


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of the test's own, at work in this process."""
    made = make_project(tmp_path / "project")
    monkeypatch.setenv("PEAK_HOME", str(made))
    monkeypatch.chdir(made)
    return made


@pytest.fixture
def call(project: Path) -> Callable[..., Result]:
    """Call `peak` in the project, within this process."""

    def _call(*arguments: str) -> Result:
        return CliRunner().invoke(peak, [*arguments])

    return _call
