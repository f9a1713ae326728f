"""The Makefile's promises that can be kept or broken without building an environment."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

TARGETS = {
    *("help", "setup", "lab", "sweep", "report", "heatmaps", "robustness", "risk"),
    *("l1", "l2"),
    *("check", "test", "notebooks", "reference", "bench", "soak", "lock", "clean"),
}


@pytest.fixture
def copy(root: Path, tmp_path: Path) -> Path:
    """What make reads, in a folder of its own."""
    for name in ["Makefile", "pyproject.toml", "requirements.lock"]:
        shutil.copy(root / name, tmp_path / name)
    shutil.copytree(root / ".ci", tmp_path / ".ci")
    shutil.copytree(root / "peaklib/runner/prefix", tmp_path / "peaklib/runner/prefix")
    for folder in ["notebooks", "runs", "reports", "tests"]:
        (tmp_path / folder).mkdir()
    return tmp_path


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run make in `folder`, as from a shell and not from the make that runs these tests."""
    outer = {"MAKEFLAGS", "MAKELEVEL", "MFLAGS", "PYTHON", "UV", "WORKERS"}
    env = {name: value for name, value in os.environ.items() if name not in outer}
    return subprocess.run(
        ["make", *arguments], cwd=folder, env=env, capture_output=True, text=True, check=False
    )


def test_help_lists_every_target_and_only_targets(root: Path) -> None:
    listed = re.findall(r"^  ([a-z0-9-]+)  +\S", make(root, "help").stdout, flags=re.MULTILINE)
    assert sorted(listed) == sorted(TARGETS)

    phony = re.search(r"^\.PHONY:(.*)$", (root / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert phony is not None
    assert set(phony[1].split()) == TARGETS | {"FORCE", "static"}


def test_make_alone_prints_the_help(root: Path) -> None:
    assert make(root).stdout == make(root, "help").stdout


def test_clean_leaves_runs_and_reports_alone(copy: Path) -> None:
    kept = [copy / "runs/20260101_000000_abc/run.json", copy / "reports/first.html"]
    removed = [copy / "peaklib/__pycache__/x.pyc", copy / "build/lib/x.py", copy / ".mypy_cache/x"]
    for path in [*kept, *removed]:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x", encoding="utf-8")

    done = make(copy, "clean")

    assert done.returncode == 0, done.stderr
    assert all(path.exists() for path in kept)
    assert not any(path.exists() for path in removed)


def old_python(folder: Path) -> Path:
    path = folder / "python3.9"
    path.write_text(
        '#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.2 && exit 0\nexit 1\n', "utf-8"
    )
    path.chmod(0o755)
    return path


def test_python_that_is_too_old_is_named_with_what_to_install(copy: Path) -> None:
    done = make(copy, "check", f"PYTHON={old_python(copy)}")
    assert done.returncode == 2
    assert "needs Python 3.11 or later" in done.stderr
    assert "Python 3.9.2" in done.stderr
    assert "apt-get install python3 python3-venv" in done.stderr
    assert not (copy / ".venv").exists()


def test_python_without_venv_is_told_apart(copy: Path) -> None:
    bare = copy / "python3.11"
    bare.write_text(
        '#!/bin/sh\ncase "$*" in *ensurepip*) exit 1 ;; *%d.%d*) echo 3.11 ;; esac\n', "utf-8"
    )
    bare.chmod(0o755)
    done = make(copy, "check", f"PYTHON={bare}", "UV=")
    assert done.returncode == 2
    assert "apt-get install python3.11-venv" in done.stderr
    assert not (copy / ".venv").exists()


def test_an_environment_is_kept_until_the_lock_changes(copy: Path) -> None:
    """`make -n` names the commands it would run: none for the environment that fits."""
    asked = make(copy, "-n", "setup").stdout
    stamps = re.findall(r"touch (\.venv/\.\S+)", asked)
    assert len(stamps) == 2
    (copy / ".venv/bin").mkdir(parents=True)
    (copy / ".venv/bin/python").symlink_to(shutil.which("python3") or "python3")
    for stamp in stamps:
        (copy / stamp).touch()

    assert ".ci/venv" not in make(copy, "-n", "setup").stdout
    with (copy / "requirements.lock").open("a", encoding="utf-8") as lock:
        lock.write("# changed\n")
    assert ".ci/venv" in make(copy, "-n", "setup").stdout
