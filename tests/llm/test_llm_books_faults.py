"""A full disk and folders that cannot be written: nothing is sent, and nothing is lost."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from llm.ledgers import ANSWER, SCOPES, books_in, intent, kept

from peaklib.errors import EvidenceError
from peaklib.llm.books.state import Spent

ON_A_DISK = Path(__file__).with_name("books_disks.py")


def on_a_disk(task: str, folder: Path) -> list[dict[str, Any]]:
    """What `books_disks.py` did on a small file system that no other process sees."""
    unshare = shutil.which("unshare")
    if unshare is None:
        pytest.skip("the tool unshare is not installed")
    options = ["--mount"] if os.geteuid() == 0 else ["--user", "--map-root-user", "--mount"]
    private = [unshare, *options, "sh", "-c"]
    mount = 'mount -t tmpfs -o size=2m tmpfs "$0"'
    trial = subprocess.run([*private, mount, folder], capture_output=True, text=True, check=False)
    if trial.returncode != 0:
        pytest.skip(f"a file system cannot be mounted here: {trial.stderr.strip()}")
    done = subprocess.run(
        [*private, f'{mount} && exec "$@"', folder, sys.executable, ON_A_DISK, task, folder],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.slow
def test_on_a_full_disk_calls_are_refused_and_what_was_set_aside_is_not_forgotten(
    tmp_path: Path,
) -> None:
    """With room for 0, 1, 2, … pages, until a call can be opened and closed."""
    *tried, last = on_a_disk("fill", tmp_path)
    assert last["errors"] == [None, None]
    assert len(tried) > 3
    for attempt in (*tried, last):
        opened, closed = (error is None for error in attempt["errors"])
        more = {k: attempt["after"][k] - attempt["before"][k] for k in ("database", "ledger")}
        assert more["ledger"] == 5000 * opened - 3766 * closed
        # What the disk did not let the database give back stays set aside.
        assert more["database"] in (more["ledger"], 5000)
        assert attempt["problems"] == []
        for error in attempt["errors"]:
            assert error is None or "check the space on the disk" in error


@pytest.mark.slow
def test_books_that_cannot_be_written_let_nothing_through(tmp_path: Path) -> None:
    said = on_a_disk("read_only", tmp_path)
    assert len(said) == 8
    for done in said:
        assert "Read-only file system" in done["error"]
        assert str(tmp_path) in done["error"]


def test_a_file_in_the_place_of_the_folder_is_named(tmp_path: Path) -> None:
    books = books_in(tmp_path)
    books.folder.write_text("in the way", "utf-8")
    with pytest.raises(EvidenceError, match=r"state\.lock: the budgets cannot be locked"):
        books.open(intent(), SCOPES)
    assert not books.ledger.path.exists()


def test_an_outcome_that_cannot_be_written_is_an_error_and_costs_no_less(tmp_path: Path) -> None:
    books = books_in(tmp_path)
    ticket = books.open(intent(), SCOPES)
    away = books.ledger.path.rename(tmp_path / "away")
    books.ledger.path.mkdir()
    with pytest.raises(EvidenceError, match="NOT recorded"):
        books.close(ticket, ANSWER)
    books.ledger.path.rmdir()
    away.rename(books.ledger.path)
    assert kept(books).scopes[SCOPES[0].name] == Spent(234, 1234, 1)
    for file in books.folder.glob("state.sqlite*"):
        file.unlink()
    assert kept(books).scopes[SCOPES[0].name] == Spent(1000, 5000, 1)
