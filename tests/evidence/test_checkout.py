"""What is recorded of the project's commit and of what differs from it; against real git."""

import os
import shutil
import subprocess
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from peaklib.evidence.checkout import checkout_of

NOTHING = {"commit": None, "dirty": None, "diff_sha256": None}
CHANGES: dict[str, Callable[[Path], object]] = {
    "a changed byte": lambda root: (root / "rule.py").write_bytes(b"x = 2\n"),
    "a removed file": lambda root: (root / "rule.py").unlink(),
    "a program": lambda root: (root / "rule.py").chmod(0o755),
    "a new file": lambda root: (root / "new.py").write_bytes(b""),
    "a new file with words": lambda root: (root / "new.py").write_bytes(b"y = 1\n"),
    "a new file of another name": lambda root: (root / "ne\nü.py").write_bytes(b""),
    "a name that is no text": lambda root: (root / os.fsdecode(b"n\xff")).write_bytes(b""),
    "a symbolic link": lambda root: (root / "new.py").symlink_to("rule.py"),
    "a broken link": lambda root: (root / "new.py").symlink_to("gone.py"),
    "a staged file": lambda root: git(root, "rm", "--quiet", "--cached", "rule.py"),
}
SETTINGS = {
    "color.ui": "always",
    "core.quotePath": "false",
    "diff.external": "false",
    "diff.renames": "copies",
    "status.branch": "true",
    "status.relativePaths": "true",
    "status.renames": "copies",
    "status.short": "true",
    "status.showUntrackedFiles": "no",
}


@pytest.fixture(autouse=True)
def no_settings_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


def git(folder: Path, *words: str) -> str:
    name = ["-c", "user.name=Tester", "-c", "user.email=tester@localhost"]
    done = subprocess.run(
        ["git", "-C", str(folder), *name, *words], capture_output=True, check=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with one commit."""
    folder = tmp_path / "project"
    folder.mkdir()
    git(folder, "init", "--quiet")
    (folder / "rule.py").write_bytes(b"x = 1\n")
    (folder / ".gitignore").write_bytes(b"*.log\n")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "First")
    return folder


def test_what_is_committed_is_clean(root: Path) -> None:
    commit = git(root, "rev-parse", "HEAD")
    assert checkout_of(root) == {"commit": commit, "dirty": False, "diff_sha256": None}


def test_every_change_is_told_apart_and_clean_again_when_undone(root: Path) -> None:
    digests = {}
    for name, change in CHANGES.items():
        change(root)
        found = checkout_of(root)
        assert found["dirty"] is True, name
        digests[name] = found["diff_sha256"]
        git(root, "reset", "--quiet", "--hard")
        git(root, "clean", "--quiet", "--force")
        assert checkout_of(root)["dirty"] is False, name
    assert len(set(digests.values())) == len(CHANGES)


def test_digest_is_over_names_and_contents(root: Path) -> None:
    (root / "rule.py").unlink()
    (root / "a.py").write_bytes(b"hello")
    hello = b"2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
    expected = sha256(b"a.py\0file " + hello + b"\0rule.py\0removed\0").hexdigest()
    assert checkout_of(root)["diff_sha256"] == expected


def test_settings_of_git_do_not_change_the_digest(root: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    git(tmp_path, "clone", "--quiet", str(root), str(other))
    for name, value in SETTINGS.items():
        git(other, "config", name, value)
    for folder in (root, other):
        (folder / "rule.py").rename(folder / "rules.py")
        (folder / "größe.py").write_bytes(b"z = 1\n")
    assert checkout_of(root) == checkout_of(other)


def test_a_file_that_was_only_touched_is_no_change(root: Path) -> None:
    os.utime(root / "rule.py", (1, 1))
    before = (root / ".git" / "index").read_bytes()
    assert checkout_of(root)["dirty"] is False
    assert (root / ".git" / "index").read_bytes() == before


def test_ignored_files_and_runs_are_no_source(root: Path) -> None:
    (root / "today.log").write_bytes(b"x")
    (root / "runs" / "one").mkdir(parents=True)
    (root / "runs" / "one" / "run.json").write_bytes(b"{}")
    assert checkout_of(root, without=["runs"])["dirty"] is False
    assert checkout_of(root)["dirty"] is True


def test_a_folder_counts_for_itself_only(root: Path) -> None:
    (root / "project").mkdir()
    (root / "rule.py").write_bytes(b"x = 2\n")
    assert checkout_of(root / "project")["dirty"] is False
    assert checkout_of(root / "project")["commit"] == git(root, "rev-parse", "HEAD")
    (root / "project" / "new.py").write_bytes(b"")
    expected = sha256(b"new.py\0file " + sha256(b"").hexdigest().encode() + b"\0").hexdigest()
    assert checkout_of(root / "project")["diff_sha256"] == expected


def test_a_hook_of_another_repository_does_not_confuse(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = checkout_of(root)
    git(tmp_path, "init", "--quiet", "elsewhere")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere" / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "elsewhere" / ".git" / "index"))
    assert checkout_of(root) == expected


def test_without_a_repository_or_a_commit_nothing_is_known(tmp_path: Path) -> None:
    assert checkout_of(tmp_path) == NOTHING
    git(tmp_path, "init", "--quiet")
    assert checkout_of(tmp_path) == NOTHING
    assert checkout_of(tmp_path / "missing") == NOTHING


def test_without_git_nothing_is_known(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(root))
    assert checkout_of(root) == NOTHING


def test_a_broken_repository_is_no_error(root: Path) -> None:
    (root / ".git" / "index").write_bytes(b"DIRC, or so it seems")
    assert checkout_of(root) == NOTHING


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder to somebody else")
def test_a_repository_of_somebody_else_is_no_error(root: Path) -> None:
    for path in [root, *root.rglob("*")]:
        os.chown(path, 54321, 54321)
    assert checkout_of(root) == NOTHING


@pytest.mark.parametrize("question", ["rev-parse", "status"])
def test_a_git_that_hangs_is_left_alone(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, question: str
) -> None:
    """A program of its name that never answers one of the questions."""
    (tmp_path / "bin").mkdir()
    slow = tmp_path / "bin" / "git"
    slow.write_text(
        f'#!/bin/sh\ncase "$*" in *{question}*) exec sleep 60 ;; esac\n'
        f'exec {shutil.which("git")} "$@"\n'
    )
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    assert checkout_of(root, timeout_s=0.5) == NOTHING
