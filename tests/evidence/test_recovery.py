"""What crashes leave behind, what is made of it, and what is left alone."""

import os
import shutil
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from evidence.publications import publication

from peaklib.evidence import RunSpec, create_run, recover, start_run
from peaklib.evidence.ledger.ledger import Ledger
from peaklib.evidence.registry.query import Query
from peaklib.evidence.registry.registry import Registry

KILLED = """
import os, signal, sys
from pathlib import Path
from peaklib.evidence import RunSpec, create_run
run = create_run(RunSpec("interactive", {}), runs=Path(sys.argv[1]))
run.log_metric("before", 1.0)
print(run.run_id, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def pack(runs: Path) -> str:
    """Id of a real pack."""
    with start_run(kind="interactive", config={}, runs=runs) as run:
        run.log_metric("sharpe", 0.5)
    return run.run_id


def orphan(tmp_path: Path) -> tuple[Registry, str]:
    """A store with a pack that its ledger does not know: its process died between the two."""
    run_id = pack(tmp_path / "other")
    registry = Registry(tmp_path / "runs")
    registry.record_publication(publication(0))
    registry.delete(publication(0)["run_id"], "only there to begin the ledger")
    shutil.copytree(tmp_path / "other" / run_id, tmp_path / "runs" / run_id)
    return registry, run_id


def found(registry: Registry) -> list[tuple[str, str]]:
    return [(leftover.kind, leftover.name) for leftover in registry.leftovers()]


@pytest.mark.slow
def test_run_of_a_killed_process_is_listed_and_removed_on_request(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED, tmp_path], capture_output=True, text=True, check=False
    )
    assert done.returncode == -signal.SIGKILL
    run_id = done.stdout.strip()
    registry = Registry(tmp_path)
    assert ("open", run_id) in found(registry)

    assert [recovery.is_settled for recovery in recover(registry)] == [False]
    assert (tmp_path / ".staging" / run_id / "outputs" / "metrics.json").exists()
    assert [recovery.says for recovery in recover(registry, clean=True)] == ["removed"]
    assert list((tmp_path / ".staging").iterdir()) == []
    assert registry.leftovers() == []


def test_run_that_a_living_process_owns_is_left_alone(tmp_path: Path) -> None:
    run = create_run(RunSpec("interactive", {}), runs=tmp_path)
    run.log_metric("before", 1.0)
    registry = Registry(tmp_path)
    assert registry.leftovers() == []
    assert recover(registry, clean=True) == []
    run.seal()
    assert registry.leftovers() == []
    assert [row.run_id for row in registry.select(Query())] == [run.run_id]


def test_pack_without_a_line_gets_one_that_says_so(tmp_path: Path) -> None:
    registry, run_id = orphan(tmp_path)
    assert found(registry) == [("unpublished", run_id)]
    (recovery,) = recover(registry)
    assert recovery.is_settled
    *_, event = registry.ledger.events("publish")
    original = Registry(tmp_path / "other")
    assert event.data == {**next(original.ledger.events("publish")).data, "adopted": True}
    assert registry.root_of(run_id) == original.root_of(run_id)
    assert registry.row(run_id).metrics == {"sharpe": 0.5}
    assert registry.leftovers() == []


@pytest.mark.parametrize("name", ["run.json", "outputs/metrics.json", "SHA256SUMS"])
def test_pack_without_a_line_that_was_altered_gets_none(name: str, tmp_path: Path) -> None:
    registry, run_id = orphan(tmp_path)
    path = tmp_path / "runs" / run_id / name
    content = path.read_bytes()
    path.write_bytes(content[:-2] + bytes([content[-2] ^ 1]) + content[-1:])
    lines = registry.ledger.path.read_bytes()
    (recovery,) = recover(registry, clean=True)
    assert not recovery.is_settled
    assert recovery.says
    assert registry.ledger.path.read_bytes() == lines
    assert path.exists()


def test_folder_that_is_no_pack_gets_no_line_and_is_not_removed(tmp_path: Path) -> None:
    (tmp_path / "20260101_000000_abcdef").mkdir()
    registry = Registry(tmp_path)
    (recovery,) = recover(registry, clean=True)
    assert (recovery.leftover.kind, recovery.is_settled) == ("unpublished", False)
    assert "never published here" in recovery.says
    assert (tmp_path / "20260101_000000_abcdef").is_dir()


def test_run_whose_folder_is_gone_is_reported_until_it_is_deleted(tmp_path: Path) -> None:
    run_id = pack(tmp_path)
    registry = Registry(tmp_path)
    shutil.rmtree(tmp_path / run_id)
    (recovery,) = recover(registry, clean=True)
    assert (recovery.leftover.kind, recovery.is_settled) == ("lost", False)
    assert f"peak runs delete {run_id} --reason" in recovery.says
    registry.delete(run_id, "its disk died")
    assert registry.leftovers() == []


def test_torn_line_is_reported_and_not_touched(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    ledger.append("publish", publication(0))
    registry = Registry(tmp_path)
    registry.delete(publication(0)["run_id"], "r")
    with ledger.path.open("ab") as file:
        file.write(b'{"data":{"half')
    (recovery,) = recover(registry, clean=True)
    assert (recovery.leftover.kind, recovery.is_settled) == ("torn", False)
    assert "14 bytes" in recovery.leftover.says
    assert ledger.path.read_bytes().endswith(b"half")


def test_marks_and_halves_of_dead_processes_are_removed(tmp_path: Path) -> None:
    staging = tmp_path / ".staging"
    (staging / "deleted-20260101_000000_aaaaaa" / "outputs").mkdir(parents=True)
    (staging / "20260101_000000_bbbbbb.stopping").touch()
    (staging / "20260101_000000_cccccc.lock").touch()
    registry = Registry(tmp_path)
    assert {kind for kind, _ in found(registry)} == {"deleted", "temporary"}
    assert all(recovery.is_settled for recovery in recover(registry, clean=True))
    assert list(staging.iterdir()) == []


def test_mark_of_a_living_process_is_kept(tmp_path: Path) -> None:
    run = create_run(RunSpec("sweep", {}), runs=tmp_path)
    mark = tmp_path / ".staging" / f"{run.run_id}.stopping"
    mark.touch()
    assert recover(Registry(tmp_path), clean=True) == []
    assert mark.exists()


def test_file_that_was_never_put_in_its_place_is_removed_when_it_is_old(tmp_path: Path) -> None:
    part = tmp_path / "data" / ".x.part"
    part.parent.mkdir()
    part.touch()
    now = datetime(2026, 1, 2, tzinfo=UTC)
    os.utime(part, (now.timestamp(), now.timestamp()))

    def removed_after(hours: float) -> bool:
        registry = Registry(tmp_path, clock=lambda: now + timedelta(hours=hours))
        return bool(recover(registry, clean=True))

    assert not removed_after(0.9)
    assert removed_after(1.1)
    assert not part.exists()
