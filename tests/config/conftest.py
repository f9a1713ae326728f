"""A project whose configurations a test may spoil."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from scratch import make_project


@pytest.fixture(scope="session")
def shared_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that no test changes."""
    return make_project(tmp_path_factory.mktemp("project"))


@pytest.fixture
def quick(shared_project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The quick sweep's file in a project of its own, which is the one at work."""
    monkeypatch.setenv("PEAK_HOME", str(shared_project))
    return shared_project / "configs" / "sweeps" / "quick.toml"
