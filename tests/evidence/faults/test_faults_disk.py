"""A full disk and a folder that cannot be written: a clear error, and nothing else is harmed."""

from pathlib import Path

import pytest
from builders import on_small_disk
from evidence.faults.nursery import Nursery
from evidence.faults.stores import Store

ON_A_DISK = Path(__file__).with_name("disks.py")


@pytest.mark.slow
def test_a_full_disk_refuses_a_run_keeps_what_it_wrote_and_harms_no_other(tmp_path: Path) -> None:
    """With room for 0, 1, 2, … pages, until a run fits; `disks.py` checks the others each time."""
    *refused, sealed = on_small_disk(ON_A_DISK, "fill", tmp_path)
    assert sealed["error"] is None
    assert len(refused) > 5
    for attempt in refused:
        assert "No space left on device" in attempt["error"]
        assert all(path in attempt["error"] for kind, path in attempt["left"])
    assert {kind for attempt in refused for kind, _ in attempt["left"]} >= {"open"}


@pytest.mark.slow
@pytest.mark.parametrize("limit", [0, 40, 400, 2000, 150_000])
def test_a_file_that_cannot_grow_refuses_the_run(
    limit: int, nursery: Nursery, store: Store, tmp_path: Path
) -> None:
    assert nursery.start("write_once", runs=store.runs, said=store.said / "before").wait() == 0
    # A ledger that is longer than any other file: a run comes as far as to its line.
    store.registry.ledger.append("page", {"pad": "x" * 160_000})
    said = tmp_path / "limited"
    worker = nursery.start("write_limited", runs=store.runs, said=said, limit=limit)
    assert worker.wait() == 0
    what, error = said.read_text("utf-8").split(maxsplit=1)
    assert what == "refused"
    assert "File too large" in error
    (left,) = (one for one in store.registry.leftovers() if one.kind != "temporary")
    assert str(left.path) in error
    assert left.kind == ("unpublished" if "the ledger has no line" in error else "open")
    assert left.kind == ("unpublished" if limit > 10_000 else "open")
    store.assert_sound()


READING = (
    *("select", "row", "find", "root_of", "best_points", "leftovers", "recover", "open a run"),
    *("verify a pack", "verify the ledger", "checkpoint"),
)
WRITING = ("create a run", "append", "delete", "rebuild")


@pytest.mark.slow
def test_a_store_that_cannot_be_written_answers_and_refuses_writers(tmp_path: Path) -> None:
    said = {done["call"]: done["error"] for done in on_small_disk(ON_A_DISK, "read_only", tmp_path)}
    assert said.keys() == {*READING, *WRITING}
    assert {name: said[name] for name in READING} == dict.fromkeys(READING)
    for name in WRITING:
        assert "Read-only file system" in said[name]
        assert str(tmp_path / "runs") in said[name]
