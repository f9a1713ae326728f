"""The registry of a folder of runs: what is found, deleted, counted, and who has the last word."""

import json
import logging
import shutil
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from evidence.publications import grid, publication, run_id_of
from scratch import wait_until

from peaklib.errors import EvidenceError
from peaklib.evidence import start_run
from peaklib.evidence.registry.query import Query
from peaklib.evidence.registry.registry import Ref, Registry

TWINS = ("20260301_100000_abc123", "20260301_100001_abc999", "20270301_100000_5fabc1")


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """Three runs; the first has ten grid points."""
    made = Registry(tmp_path / "runs")
    for number, run_id in enumerate(TWINS):
        trials = [grid(count=4), grid(count=6)] if number == 0 else []
        made.record_publication(publication(number, run_id=run_id, trials=trials))
    return made


def packed(runs: Path, sharpe: float = 0.5) -> str:
    """Id of a real pack."""
    with start_run(kind="interactive", config={}, runs=runs) as run:
        run.log_metric("sharpe", sharpe)
    return run.run_id


# ---- finding ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (TWINS[0], Ref(TWINS[0])),
        ("20270301", Ref(TWINS[2])),
        ("2027", Ref(TWINS[2])),
        ("abc999", Ref(TWINS[1])),
        ("abc1", Ref(TWINS[0])),
        ("5f", Ref(TWINS[2])),
        (f"{TWINS[0]}:9", Ref(TWINS[0], 9)),
        ("abc123:0", Ref(TWINS[0], 0)),
    ],
)
def test_short_text_stands_for_one_run(text: str, expected: Ref, registry: Registry) -> None:
    assert registry.find(text) == expected


def test_reference_prints_as_it_is_typed(registry: Registry) -> None:
    assert str(registry.find("abc123:3")) == f"{TWINS[0]}:3"
    assert str(registry.find("abc123")) == TWINS[0]


@pytest.mark.parametrize("text", ["abc", "20260301", "202"])
def test_text_that_stands_for_several_runs_lists_them(text: str, registry: Registry) -> None:
    with pytest.raises(EvidenceError, match="several runs") as caught:
        registry.find(text)
    assert TWINS[0] in str(caught.value)
    assert TWINS[1] in str(caught.value)


def test_long_list_of_candidates_is_cut(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    for number in range(12):
        registry.record_publication(publication(number))
    with pytest.raises(EvidenceError, match="and more") as caught:
        registry.find("2026")
    assert str(caught.value).count("20260102_") == 8


@pytest.mark.parametrize("text", ["", "ffffff", ":3", "abc123x", "größe", "%", "abc123' OR 1=1 --"])
def test_unknown_text_names_the_newest_runs(text: str, registry: Registry) -> None:
    with pytest.raises(EvidenceError, match="has no run") as caught:
        registry.find(text)
    assert TWINS[2] in str(caught.value)
    assert "peak runs recover" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("abc123:10", "no point '10'; its points are 0 to 9"),
        ("abc123:-1", "no point '-1'"),
        ("abc123:", "no point ''"),
        ("abc123:1.5", "no point '1.5'"),
        ("abc999:0", "it has no grid points"),
    ],
)
def test_point_that_a_run_does_not_have_is_refused(
    text: str, message: str, registry: Registry
) -> None:
    with pytest.raises(EvidenceError, match=message):
        registry.find(text)


def test_folder_without_runs_is_empty_and_stays_so(tmp_path: Path) -> None:
    registry = Registry(tmp_path / "none")
    assert registry.select(Query()) == []
    assert registry.best_points("sharpe", Query(), 3) == []
    assert registry.leftovers() == []
    assert registry.root_of("x") is None
    with pytest.raises(EvidenceError, match="has no run 'x'"):
        registry.find("x")
    assert not (tmp_path / "none").exists()


# ---- root hashes --------------------------------------------------------------------------------
def test_root_is_what_the_ledger_says_whatever_the_pack_says(tmp_path: Path) -> None:
    run_id = packed(tmp_path)
    registry = Registry(tmp_path)
    before = registry.root_of(run_id)
    (tmp_path / run_id / "SHA256SUMS").write_text("rewritten\n", "utf-8")
    assert registry.root_of(run_id) == before
    assert registry.roots() == {run_id: before}
    shutil.rmtree(tmp_path / run_id)
    assert registry.root_of(run_id) == before


def test_root_is_read_from_the_ledger_and_not_from_the_index(registry: Registry) -> None:
    registry.index.path.write_bytes(b"")
    assert registry.root_of(TWINS[1]) == f"{1:064x}"
    assert registry.index.path.read_bytes() == b""


def test_first_line_of_a_run_wins_and_another_root_is_reported(
    registry: Registry, caplog: pytest.LogCaptureFixture
) -> None:
    registry.record_publication(publication(1, run_id=TWINS[1], root="e" * 64))
    caplog.clear()
    assert registry.root_of(TWINS[1]) == f"{1:064x}"
    assert "published again with another root hash by event 4" in caplog.text
    assert registry.roots()[TWINS[1]] == f"{1:064x}"


def test_text_of_another_run_that_holds_the_id_is_not_taken_for_its_line(
    registry: Registry,
) -> None:
    registry.record_publication(publication(8, error=f'"{run_id_of(9)}"', parent=run_id_of(9)))
    registry.record_publication(publication(9))
    assert registry.root_of(run_id_of(9)) == f"{9:064x}"


# ---- publishing ---------------------------------------------------------------------------------
def test_index_that_cannot_be_written_is_no_reason_to_lose_a_run(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    registry = Registry(tmp_path)
    registry.index.path.mkdir()
    assert registry.record_publication(publication(0)).seq == 1
    assert [r.levelno for r in caplog.records] == [logging.WARNING]
    assert "the ledger is complete" in caplog.text
    registry.index.path.rmdir()
    assert [row.run_id for row in registry.select(Query())] == [run_id_of(0)]


def publish_many(runs: Path, first: int) -> None:
    registry = Registry(runs)
    for number in range(first, first + 250):
        registry.record_publication(publication(number, metrics={"x": number}))


def count_until_told(runs: Path, stop: Path) -> list[int]:
    """How many runs a reader saw, each time it looked."""
    registry, seen = Registry(runs), [0]
    while not stop.exists():
        seen.append(len(registry.select(Query(bounds=(("x", ">=", 0.0),)))))
    return seen


@pytest.mark.slow
def test_eight_processes_lose_no_run_while_others_read(tmp_path: Path) -> None:
    runs, stop = tmp_path / "runs", tmp_path / "stop"
    with ProcessPoolExecutor(9, mp_context=get_context("spawn")) as pool:
        reader = pool.submit(count_until_told, runs, stop)
        writers = [pool.submit(publish_many, runs, number * 250) for number in range(8)]
        wait_until(lambda: all(writer.done() for writer in writers), "eight writers")
        stop.touch()
        for writer in writers:
            writer.result()
        seen = reader.result(timeout=60)
    registry = Registry(runs)
    assert sorted(row.metrics["x"] for row in registry.select(Query())) == list(range(2_000))
    assert len(registry.roots()) == 2_000
    assert registry.ledger.verify().problems == ()
    assert seen == sorted(seen)
    assert len(set(seen)) > 3


# ---- deleting -----------------------------------------------------------------------------------
def test_deleting_leaves_a_reason_in_the_ledger_and_no_folder(tmp_path: Path) -> None:
    run_id = packed(tmp_path)
    registry = Registry(tmp_path)
    registry.delete(run_id, "wrong costs")
    assert not (tmp_path / run_id).exists()
    assert list((tmp_path / ".staging").iterdir()) == []
    (event,) = registry.ledger.events("delete")
    assert event.data == {"run_id": run_id, "reason": "wrong costs"}
    assert registry.select(Query()) == []
    assert registry.row(run_id).deleted == "wrong costs"
    assert registry.root_of(run_id) is not None
    assert registry.leftovers() == []


def test_run_whose_folder_is_gone_can_be_deleted(registry: Registry) -> None:
    registry.delete(TWINS[1], "lost with its disk")
    assert registry.row(TWINS[1]).deleted == "lost with its disk"


def test_deletion_that_was_cut_short_can_be_finished(tmp_path: Path) -> None:
    run_id = packed(tmp_path)
    registry = Registry(tmp_path)
    registry.ledger.append("delete", {"run_id": run_id, "reason": "first"})
    assert [left.kind for left in registry.leftovers()] == ["deleted"]
    registry.delete(run_id, "second")
    assert not (tmp_path / run_id).exists()
    assert len([*registry.ledger.events("delete")]) == 1


@pytest.mark.parametrize(
    ("run_id", "reason", "message"),
    [
        ("20260101_000000_ffffff", "r", "has no run"),
        (TWINS[0], " ", "without a reason"),
        (TWINS[1], "again", "deleted already: once"),
    ],
)
def test_deletion_that_makes_no_sense_is_refused_and_not_recorded(
    run_id: str, reason: str, message: str, registry: Registry
) -> None:
    registry.delete(TWINS[1], "once")
    before = registry.ledger.path.read_bytes()
    with pytest.raises(EvidenceError, match=message):
        registry.delete(run_id, reason)
    assert registry.ledger.path.read_bytes() == before


def test_line_of_the_ledger_that_is_no_json_is_an_error_for_roots(registry: Registry) -> None:
    path = registry.ledger.path
    lines = path.read_bytes().split(b"\n")
    lines[1] = json.dumps(TWINS[0]).encode() + b"{"
    path.write_bytes(b"\n".join(lines))
    with pytest.raises(EvidenceError, match="peak ledger verify"):
        registry.root_of(TWINS[0])
