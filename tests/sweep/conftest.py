"""One executed sweep that many tests look at, and a small one that tests may spoil."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from scratch import Swept, locked, make_project, peak, write_notebook

TINY_PARAMETERS = """run_dir: str = ""  # folder of the run
point: int = 0  # number of the cell
gate: str = ""  # folder of the file that lets cells above 2 pass
seed: int = 0  # of nothing"""
# Leaves a file per kernel, so that a test sees what was computed, and by whom.
TINY_CELL = """import os, pathlib, time
pathlib.Path(gate, f"cell-{point}-{os.getpid()}").touch()
while point > 2 and not pathlib.Path(gate, "open").exists():
    time.sleep(0.05)"""
TINY_CONFIG = """question = "What does a sweep survive?"
notebook = "notebooks/tiny.ipynb"
[fixed]
gate = "{gate}"
[foreach]
point = [1, 2, 3, 4]
"""


@pytest.fixture(scope="session")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Swept:
    """The quick sweep with its report, computed once for all processes of a test run."""
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent
    project, said = base / "swept", base / "swept.json"
    with locked(base / "swept.lock"):
        if not said.exists():
            ran = peak(make_project(project), "sweep", "configs/sweeps/quick.toml")
            said.write_text(json.dumps([ran.returncode, ran.stdout, ran.stderr]), "utf-8")
    status, out, err = json.loads(said.read_text("utf-8"))
    return Swept(project, subprocess.CompletedProcess(["peak", "sweep"], status, out, err))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of the test's own, which is also the one at work in this process."""
    made = make_project(tmp_path / "project")
    monkeypatch.setenv("PEAK_HOME", str(made))
    return made


@pytest.fixture
def tiny(project: Path) -> Path:
    """Configuration of four quick cells, of which two wait for a file `open` beside `gate`."""
    gate = project / "gate"
    gate.mkdir()
    write_notebook(project / "notebooks" / "tiny.ipynb", TINY_PARAMETERS, TINY_CELL)
    config = project / "configs" / "sweeps" / "tiny.toml"
    config.write_text(TINY_CONFIG.format(gate=gate.as_posix()), "utf-8")
    return config
