"""Hands, clocks and other processes at work in one folder of runs."""

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from evidence.faults.nursery import Nursery
from evidence.faults.stores import Store
from evidence.faults.workers import seal_one

from peaklib.backtest import run_grid
from peaklib.cli import peak
from peaklib.data import Dataset
from peaklib.errors import EvidenceError, PeakError
from peaklib.evidence import (
    Clock,
    OpenRun,
    Query,
    Registry,
    RunSpec,
    create_run,
    open_run,
    recover,
    start_run,
    verify_pack,
)

SPEC = RunSpec("test", {"a": 1}, seed=3)
NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


# ---- a folder that was removed by hand --------------------------------------------------------
def test_a_folder_removed_by_hand_is_reported_and_disturbs_nobody(store: Store) -> None:
    kept, lost = (seal_one(store.runs, number) for number in range(2))
    before = store.rows()
    shutil.rmtree(store.runs / lost)
    assert store.rows() == before
    assert store.registry.find(lost).run_id == lost
    with pytest.raises(EvidenceError, match=f"no run '{lost}'"):
        open_run(lost, runs=store.runs)
    report = verify_pack(store.runs / lost, root=store.registry.root_of(lost))
    assert not report.ok
    assert "No such file" in report.failed[0].details[0]
    (left,) = store.registry.leftovers()
    assert (left.kind, left.name) == ("lost", lost)
    assert "peak runs delete" in left.remedy
    (done,) = recover(store.registry, clean=True)
    assert not done.is_settled
    assert verify_pack(store.runs / kept, root=store.registry.root_of(kept)).ok
    store.registry.delete(lost, "removed by hand")
    assert store.registry.leftovers() == []
    assert [row.deleted for row in store.rows()] == ["removed by hand", None]


def test_commands_go_on_without_a_folder_that_was_removed_by_hand(
    store: Store, sp500: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = []
    for fees in (0, 5):
        with start_run(kind="test", config={}, inputs=[sp500], runs=store.runs) as run:
            axes = {"fast": [5, 10, 20], "slow": [50, 100]}
            run.log_trials(run_grid("sma_crossover", sp500, axes, fees_bps=fees))
        runs.append(run.run_id)
    lost, kept = runs
    monkeypatch.setenv("PEAK_HOME", str(store.runs.parent))
    counted = said(["runs", "trials"])
    shutil.rmtree(store.runs / lost)
    assert said(["runs", "trials"]) == counted
    assert "12" in counted
    assert lost[-6:] in said(["runs", "list"])
    assert kept[-6:] in said(["runs", "best", "--metric", "sharpe"])
    assert lost in said(["runs", "recover"], status=1)
    for command in (["evidence", "verify", lost], ["evidence", "verify", "--all"]):
        assert lost in said(command, status=1)
    assert kept in said(["evidence", "verify", kept])
    for command in (["runs", "show", lost], ["runs", "compare", lost, kept], ["repro", lost]):
        assert lost in said(command, status=None)


def said(arguments: list[str], status: int | None = 0) -> str:
    """What a command prints; it may fail, but only with an error that is meant for people."""
    done = CliRunner().invoke(peak, arguments, standalone_mode=False)
    assert done.exception is None or isinstance(done.exception, PeakError | SystemExit), arguments
    assert status is None or done.exit_code == status, done.output
    return done.output + str(done.exception)


# ---- a clock that goes back ---------------------------------------------------------------------
def at(moment: datetime) -> Clock:
    return lambda: moment


def test_a_clock_set_back_mixes_up_nothing(store: Store) -> None:
    hours = iter([0, 0, 0, -5, -5, -5, -5, -5, -5, 1, 1, 1])
    moments = [NOON + timedelta(hours=hour) for hour in hours]
    made = []
    for moment in moments:
        run = create_run(SPEC, runs=store.runs, clock=at(moment))
        made.append(run.seal().run_id)
    assert len(set(made)) == len(made)
    events = [*store.registry.ledger.events("publish")]
    assert [event.data["run_id"] for event in events] == made
    assert [event.seq for event in events] == [*range(1, len(made) + 1)]
    # Newest start first; of the same second, the one that was published later.
    order = sorted(range(len(made)), key=lambda k: (moments[k], k), reverse=True)
    assert [row.run_id for row in store.rows()] == [made[k] for k in order]
    store.assert_sound()


def test_a_run_that_ends_before_it_starts_by_the_clock_is_sealed(store: Store) -> None:
    clock = iter([NOON, NOON, *[NOON - timedelta(days=1)] * 9])
    run = create_run(SPEC, runs=store.runs, clock=lambda: next(clock))
    record = run.seal().record()
    assert record["end"] < record["start"]
    store.assert_sound()


# ---- one id, two owners -------------------------------------------------------------------------
def test_a_run_that_another_process_has_open_is_refused(store: Store) -> None:
    run = create_run(SPEC, runs=store.runs)
    with pytest.raises(EvidenceError, match=f"run {run.run_id} is open in another process"):
        OpenRun(run.run_id, SPEC, Registry(store.runs), lambda: NOON)
    run.seal()
    store.assert_sound()


def test_a_living_run_is_no_leftover_and_is_not_cleaned_away(store: Store) -> None:
    run = create_run(SPEC, runs=store.runs)
    assert recover(store.registry, clean=True) == []
    run.log_metric("still", 1.0)
    assert run.seal().record()["metrics"] == {"still": 1.0}
    store.assert_sound()


@pytest.mark.slow
def test_of_two_processes_with_the_same_id_one_wins(nursery: Nursery, store: Store) -> None:
    for number in range(20):
        run_id = f"20260102_120000_{number:06x}"
        said = [store.runs.parent / f"{name}{number}" for name in "ab"]
        pair = [
            nursery.start("publish_as", runs=store.runs, said=path, run_id=run_id, rival=k)
            for k, path in enumerate(said)
        ]
        assert [worker.wait() for worker in pair] == [0, 0]
        won, lost = sorted((path.read_text("utf-8") for path in said), key=len)
        assert won.split() == ["run", run_id]
        assert lost.startswith(f"refused run {run_id} ")
        kept = store.runs / ".staging" / run_id
        assert f"what it wrote is kept in {kept}" in lost
        assert (kept / "outputs" / "words.txt").is_file()
        store.assert_sound()
    assert len(store.rows()) == 20


# ---- many at once -------------------------------------------------------------------------------
@pytest.mark.slow
def test_eight_processes_lose_no_run(nursery: Nursery, store: Store) -> None:
    """They also race for the first line of the ledger and for the first index."""
    said = [store.said / f"{number}" for number in range(8)]
    workers = [nursery.start("write_some", runs=store.runs, said=path, rounds=5) for path in said]
    assert [worker.wait() for worker in workers] == [0] * 8
    acknowledged = [line for path in said for line in path.read_text("utf-8").splitlines()]
    assert len(acknowledged) == 8 * 5 * 2
    assert len({line for line in acknowledged if line.startswith("run")}) == 40
    store.assert_sound()
    assert len(store.rows()) == 40
    assert [event.event for event in store.registry.ledger.events("genesis")] == ["genesis"]
    assert store.registry.ledger.verify().size == 1 + 80


@pytest.mark.slow
def test_cleaning_up_disturbs_no_living_writer(nursery: Nursery, store: Store) -> None:
    store.runs.mkdir()
    cleaners = [nursery.start("recover_on", runs=store.runs, rounds=200) for _ in range(2)]
    said = [store.said / f"{number}" for number in range(3)]
    writers = [nursery.start("write_some", runs=store.runs, said=path, rounds=15) for path in said]
    assert [worker.wait() for worker in (*writers, *cleaners)] == [0] * 5
    assert not any(event.data.get("adopted") for event in store.registry.ledger.events())
    store.assert_sound()
    assert len(store.rows()) == 45


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def fill_with_garbage(path: Path) -> None:
    path.write_bytes(b"no database" * 5000)


def put_garbage_beside(path: Path) -> None:
    path.with_name(f"{path.name}-wal").write_bytes(b"no log" * 5000)


@pytest.mark.slow
@pytest.mark.parametrize("harm", [Path.unlink, truncate, fill_with_garbage, put_garbage_beside])
def test_an_index_harmed_while_others_write_costs_no_run(
    harm: Callable[[Path], None], nursery: Nursery, store: Store
) -> None:
    seal_one(store.runs, 0)
    said = [store.said / f"{number}" for number in range(3)]
    workers = [nursery.start("write_some", runs=store.runs, said=path, rounds=15) for path in said]
    for _ in range(100):
        with suppress(FileNotFoundError):  # another process is about to build it anew
            harm(store.registry.index.path)
        store.registry.select(Query())
    assert [worker.wait() for worker in workers] == [0] * 3
    store.assert_sound()
    assert len(store.rows()) == 46


# ---- sealing that failed ------------------------------------------------------------------------
def test_sealing_that_failed_may_be_tried_again(store: Store) -> None:
    run = create_run(SPEC, runs=store.runs)
    run.save_text("words.txt", "first")
    in_its_place = store.runs / run.run_id
    in_its_place.write_text("", "utf-8")
    with pytest.raises(EvidenceError, match=f"{run.run_id} cannot be published"):
        run.seal()
    in_its_place.unlink()
    run.save_text("more.txt", "second")
    sealed = run.seal()
    assert (sealed.folder / "outputs" / "more.txt").read_text("utf-8") == "second"
    store.assert_sound()
