"""Projects, notebooks and `peak` commands of tests, in folders of their own."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import nbformat.v4 as v4
from nbformat import write

ROOT = Path(__file__).resolve().parents[1]
PEAK = Path(sys.executable).with_name("peak")
_NOT_COPIED = shutil.ignore_patterns(".ipynb_checkpoints", "__pycache__")


def make_project(folder: Path) -> Path:
    """A project with the configs and notebooks of this checkout; runs and reports land in it."""
    for name in ("configs", "notebooks"):
        shutil.copytree(ROOT / name, folder / name, ignore=_NOT_COPIED)
    return folder


def write_notebook(path: Path, parameters: str, *cells: str) -> Path:
    """A notebook with a parameters cell and some cells of code."""
    made = [v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}, id="parameters")]
    made += [v4.new_code_cell(cell, id=f"cell-{k}") for k, cell in enumerate(cells)]
    kernel = {"kernelspec": {"name": "peaklib", "display_name": "peaklib", "language": "python"}}
    path.parent.mkdir(parents=True, exist_ok=True)
    write(v4.new_notebook(cells=made, metadata=kernel), path)
    return path


def environment(project: Path) -> dict[str, str]:
    """Variables for a command that works in a project."""
    return {**os.environ, "PEAK_HOME": str(project)}


def peak(project: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run `peak` in a project, its output piped."""
    return subprocess.run(
        [PEAK, *arguments],
        cwd=project,
        env=environment(project),
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )


@dataclass(frozen=True)
class Swept:
    """A project in which `peak sweep configs/sweeps/quick.toml` was run.

    Args:
        project: its folder.
        done: the command's exit status and what it printed.
    """

    project: Path
    done: subprocess.CompletedProcess[str]


def run_folders(project: Path, kind: str = "") -> list[Path]:
    """Published runs of a project, oldest first; those of one kind if it is given."""
    found = sorted((project / "runs").glob("[0-9]*"))
    kinds = [json.loads((path / "run.json").read_bytes())["kind"] for path in found]
    return [path for path, each in zip(found, kinds, strict=True) if kind in ("", each)]


def wait_until(true: Callable[[], bool], what: str, seconds: float = 60.0) -> None:
    """Wait for something that happens in another process.

    Raises:
        TimeoutError: it did not happen.
    """
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {seconds:g} s for {what}")
        time.sleep(0.05)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock between the processes of pytest-xdist."""
    with path.open("w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
