"""A full disk and folders that cannot be written: nothing is sent, and nothing is lost."""

from pathlib import Path

import pytest
from builders import on_small_disk
from llm.ledgers import ANSWER, SCOPES, books_in, intent, kept

from peaklib.errors import EvidenceError
from peaklib.llm.books.state import Spent

ON_A_DISK = Path(__file__).with_name("books_disks.py")


@pytest.mark.slow
def test_on_a_full_disk_calls_are_refused_and_what_was_set_aside_is_not_forgotten(
    tmp_path: Path,
) -> None:
    """With room for 0, 1, 2, … pages, until a call can be opened and closed."""
    *tried, last = on_small_disk(ON_A_DISK, "fill", tmp_path)
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
    said = on_small_disk(ON_A_DISK, "read_only", tmp_path)
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
