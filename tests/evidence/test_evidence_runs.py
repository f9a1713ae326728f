"""Runs: their ids, how they appear, how they end."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import UTC, datetime
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path

import pytest

from peaklib.errors import EvidenceError
from peaklib.evidence import (
    OpenRun,
    Query,
    Registry,
    RunSpec,
    SealedRun,
    create_run,
    open_run,
    start_run,
)

SPEC = RunSpec("test", {"a": 1}, seed=3)
NOON = datetime(2026, 1, 2, 12, 30, 45, tzinfo=UTC)


def noon() -> datetime:
    return NOON


def always(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment


def create_many(runs: Path) -> list[str]:
    return [create_run(SPEC, runs=runs, clock=noon).run_id for _ in range(50)]


def published(runs: Path) -> list[SealedRun]:
    """Runs of a store, newest first."""
    return [open_run(row.run_id, runs=runs) for row in Registry(runs).select(Query())]


def checked_by_sha256sum(folder: Path) -> subprocess.CompletedProcess[str]:
    tool = shutil.which("sha256sum")
    if tool is None:
        pytest.skip("the public tool sha256sum is not installed")
    return subprocess.run(
        [tool, "--strict", "--quiet", "-c", "SHA256SUMS"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_id_is_the_time_and_a_random_part(tmp_path: Path) -> None:
    run = create_run(SPEC, runs=tmp_path, clock=noon)
    assert re.fullmatch(r"20260102_123045_[0-9a-f]{6}", run.run_id)


def test_threads_in_the_same_second_get_ids_of_their_own(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = [pool.submit(create_many, tmp_path) for _ in range(8)]
    ids = [run_id for future in made for run_id in future.result()]
    assert len(set(ids)) == 400
    open_now = {path.name for path in (tmp_path / ".staging").iterdir() if path.is_dir()}
    assert open_now == set(ids)


def test_processes_in_the_same_second_get_ids_of_their_own(tmp_path: Path) -> None:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        ids = [run_id for made in pool.map(create_many, [tmp_path] * 4) for run_id in made]
    assert len(set(ids)) == 200


def test_nothing_is_published_before_the_seal(tmp_path: Path) -> None:
    run = create_run(SPEC, runs=tmp_path)
    run.save_text("words.txt", "x")
    assert [path.name for path in tmp_path.iterdir()] == [".staging"]
    assert published(tmp_path) == []
    with pytest.raises(EvidenceError, match="never published"):
        open_run(run.run_id, runs=tmp_path)

    sealed = run.seal()
    assert sealed.folder == tmp_path / run.run_id
    assert list((tmp_path / ".staging").iterdir()) == []
    assert published(tmp_path) == [sealed]


@pytest.mark.slow
def test_reader_never_sees_half_a_pack(tmp_path: Path) -> None:
    def write_runs() -> None:
        for number in range(40):
            run = create_run(SPEC, runs=tmp_path)
            for name in "abcdef":
                run.save_text(f"{name}.txt", str(number))
            run.seal()

    seen: set[str] = set()
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write_runs)
        while not writing.done() or len(seen) < 40:
            for folder in tmp_path.glob("[0-9]*"):
                names = {path.name for path in folder.iterdir()}
                assert names == {
                    "SHA256SUMS",
                    "inputs",
                    "outputs",
                    "ro-crate-metadata.json",
                    "run.json",
                }
                assert len(list((folder / "outputs").iterdir())) == 6
                seen.add(folder.name)
            if writing.done():
                writing.result()
    assert len(seen) == 40


def test_newest_run_comes_first(tmp_path: Path) -> None:
    days = [datetime(2026, 1, day, tzinfo=UTC) for day in (2, 1, 3)]
    for day in days:
        create_run(SPEC, runs=tmp_path, clock=always(day)).seal()
    assert [run.run_id[:8] for run in published(tmp_path)] == ["20260103", "20260102", "20260101"]


def make_awkward_pack(runs: Path) -> SealedRun:
    run = create_run(SPEC, runs=runs)
    for name in ["plain.txt", "two words.txt", "größe.txt", "*star.txt", "-c", "deep/er/x.txt"]:
        run.save_text(name, name)
    run.log_metric("sharpe", 0.5)
    return run.seal()


def test_sha256sum_accepts_the_pack_and_finds_a_change(tmp_path: Path) -> None:
    sealed = make_awkward_pack(tmp_path)
    assert checked_by_sha256sum(sealed.folder).returncode == 0

    (sealed.folder / "outputs" / "plain.txt").write_text("changed", "utf-8")
    done = checked_by_sha256sum(sealed.folder)
    assert done.returncode == 1
    assert "outputs/plain.txt: FAILED" in done.stdout


@pytest.mark.parametrize("name", ["back\\slash.txt", "line\nbreak.txt", "return\r.txt"])
def test_sums_hold_whatever_a_file_is_called(name: str, tmp_path: Path) -> None:
    run = create_run(SPEC, runs=tmp_path)
    try:
        run.save_text(name, "x")
    except EvidenceError:
        return
    assert checked_by_sha256sum(run.seal().folder).returncode == 0


def test_sums_name_every_file_but_themselves_in_order(tmp_path: Path) -> None:
    folder = make_awkward_pack(tmp_path).folder
    lines = (folder / "SHA256SUMS").read_text("utf-8").splitlines()
    named = [line[66:] for line in lines]
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert named == sorted(there - {"SHA256SUMS"})


def test_root_is_the_digest_of_the_sums(tmp_path: Path) -> None:
    sealed = make_awkward_pack(tmp_path)
    assert sealed.root == sha256((sealed.folder / "SHA256SUMS").read_bytes()).hexdigest()
    assert open_run(sealed.run_id, runs=tmp_path) == sealed


def fail_in_a_run(runs: Path, error: BaseException) -> None:
    with start_run(kind="test", config={}, runs=runs) as run:
        run.log_metric("before", 1.0)
        raise error


def test_failed_block_leaves_a_failed_run_with_its_error(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        fail_in_a_run(tmp_path, ZeroDivisionError("no bars to divide by"))
    (run,) = published(tmp_path)
    record = run.record()
    assert record["status"] == "failed"
    assert record["error"] == "ZeroDivisionError: no bars to divide by"
    assert record["metrics"] == {"before": 1.0}
    assert checked_by_sha256sum(run.folder).returncode == 0


def test_interrupted_block_leaves_an_interrupted_run(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        fail_in_a_run(tmp_path, KeyboardInterrupt())
    (run,) = published(tmp_path)
    assert run.record()["status"] == "interrupted"
    assert run.record()["metrics"] == {"before": 1.0}


def test_second_run_of_an_id_is_refused_and_both_are_kept(tmp_path: Path) -> None:
    first = create_run(SPEC, runs=tmp_path, clock=noon)
    first.save_text("words.txt", "first")
    sealed = first.seal()
    before = {p: p.read_bytes() for p in sealed.folder.rglob("*") if p.is_file()}

    (tmp_path / ".staging" / first.run_id).mkdir()
    second = OpenRun(first.run_id, SPEC, Registry(tmp_path), noon)
    second.save_text("words.txt", "second")
    with pytest.raises(EvidenceError, match=f"{first.run_id} cannot be published") as caught:
        second.seal()

    kept = tmp_path / ".staging" / first.run_id
    assert str(kept) in str(caught.value)
    assert (kept / "outputs" / "words.txt").read_text("utf-8") == "second"
    assert {p: p.read_bytes() for p in sealed.folder.rglob("*") if p.is_file()} == before


def test_sealing_twice_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    run = create_run(SPEC, runs=tmp_path)
    sealed = run.seal()
    before = (sealed.folder / "run.json").read_bytes()
    with pytest.raises(EvidenceError):
        run.seal("failed", "again")
    assert (sealed.folder / "run.json").read_bytes() == before


def late_metric(run: OpenRun) -> None:
    run.log_metric("late", 1.0)


def late_text(run: OpenRun) -> None:
    run.save_text("late.txt", "x")


@pytest.mark.parametrize("write", [late_metric, late_text])
def test_sealed_run_takes_nothing_more(write: Callable[[OpenRun], None], tmp_path: Path) -> None:
    run = create_run(SPEC, runs=tmp_path)
    run.seal()
    with pytest.raises(EvidenceError, match="sealed"):
        write(run)


def test_file_in_the_place_of_the_runs_folder_is_named(tmp_path: Path) -> None:
    place = tmp_path / "runs"
    place.write_text("", "utf-8")
    with pytest.raises(EvidenceError, match=f"cannot write runs to {re.escape(str(place))}"):
        create_run(SPEC, runs=place)


def test_folder_that_cannot_be_written_is_named_with_what_to_do(tmp_path: Path) -> None:
    # Root may write anywhere but here.
    place = Path("/sys") if os.geteuid() == 0 else tmp_path
    if os.geteuid() != 0:
        place.chmod(0o555)
    if not place.is_dir():
        pytest.skip("root may write everywhere on this system")
    with pytest.raises(EvidenceError, match=r"cannot write runs to .*rights.*PEAK_HOME"):
        create_run(SPEC, runs=place)
    if os.geteuid() != 0:
        place.chmod(0o755)


def test_damaged_record_is_not_taken_for_a_run(tmp_path: Path) -> None:
    (tmp_path / "20260101_000000_abcdef").mkdir()
    with pytest.raises(EvidenceError, match="no run '20260101_000000_abcdef'"):
        open_run("20260101_000000_abcdef", runs=tmp_path)


def test_record_is_canonical_json(tmp_path: Path) -> None:
    content = (create_run(SPEC, runs=tmp_path).seal().folder / "run.json").read_bytes()
    plain = json.dumps(json.loads(content), sort_keys=True, separators=(",", ":"))
    assert content == plain.encode()
