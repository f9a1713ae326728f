"""Exports: one archive that is checked and run again without the store it came from."""

import json
import shutil
import subprocess
import zipfile
from base64 import b64encode
from pathlib import Path

import pandas as pd
import pytest

from peaklib.data import Dataset, load
from peaklib.errors import EvidenceError
from peaklib.evidence import (
    Registry,
    SealedRun,
    export_run,
    open_run,
    start_run,
    unpack,
    verify_pack,
)
from peaklib.evidence.ledger.merkle import inclusion_proof
from peaklib.evidence.run import RUN_ROLE


@pytest.fixture
def prices(tmp_path: Path) -> Dataset:
    """Bars of a file of the user's own."""
    path = tmp_path / "prices.csv"
    days = pd.bdate_range("2024-01-01", periods=30)
    pd.DataFrame({"date": days, "close": range(100, 130)}).to_csv(path, index=False)
    return load(path, bars_per_year=252)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "runs"


def make_run(store: Path, *inputs: SealedRun | Dataset, value: float = 1.0) -> SealedRun:
    with start_run(kind="test", config={}, runs=store) as run:
        for used in inputs:
            run.use(used, role=RUN_ROLE if isinstance(used, SealedRun) else "data")
        run.log_metric("x", value)
    return open_run(run.run_id, runs=store)


def test_archive_is_read_back_with_roots_that_the_ledger_proves(
    store: Path, tmp_path: Path
) -> None:
    for number in range(5):
        run = make_run(store, value=number)
    registry = Registry(store)
    export_run(registry, run.run_id, tmp_path / "x.zip")
    checkpoint = registry.ledger.checkpoint()
    shutil.rmtree(store)

    export = unpack(tmp_path / "x.zip", tmp_path / "there")
    assert export.roots == {run.run_id: run.root}
    assert export.checkpoint == checkpoint
    assert verify_pack(export.run.folder, root=export.roots[run.run_id]).ok


def test_runs_that_a_run_stands_on_travel_with_it(store: Path, tmp_path: Path) -> None:
    first, second = make_run(store), make_run(store)
    middle = make_run(store, first, second)
    own = make_run(store, middle, first)
    unrelated = make_run(store)
    done = export_run(Registry(store), own.run_id, tmp_path / "x.zip")
    assert done.runs == (own.run_id, middle.run_id, first.run_id, second.run_id)
    export = unpack(tmp_path / "x.zip", tmp_path / "there")
    assert set(export.roots) == set(done.runs)
    assert not (tmp_path / "there" / "runs" / unrelated.run_id).exists()
    for run_id, root in export.roots.items():
        assert verify_pack(tmp_path / "there" / "runs" / run_id, root=root).ok


def test_same_run_gives_the_same_archive(store: Path, tmp_path: Path) -> None:
    run = make_run(store, load("sp500"))
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        export_run(Registry(store), run.run_id, tmp_path / name / "x.zip")
    assert (tmp_path / "one" / "x.zip").read_bytes() == (tmp_path / "two" / "x.zip").read_bytes()


def test_data_without_a_licence_stay_unless_asked_for(
    prices: Dataset, store: Path, tmp_path: Path
) -> None:
    run = make_run(store, prices, load("sp500"))
    registry = Registry(store)
    without = export_run(registry, run.run_id, tmp_path / "without.zip")
    assert (without.data, without.left_out) == ((), ("prices",))
    done = export_run(registry, run.run_id, tmp_path / "with.zip", with_data=True)
    assert (done.data, done.left_out) == ((prices.digest,), ())
    unpack(tmp_path / "with.zip", tmp_path / "there")
    kept = tmp_path / "there" / "runs" / "data" / f"{prices.digest}.parquet"
    assert pd.read_parquet(kept)["close"].tolist() == [float(k) for k in range(100, 130)]


def test_run_without_a_line_in_the_ledger_is_not_exported(store: Path, tmp_path: Path) -> None:
    make_run(store)
    stray = make_run(tmp_path / "other")
    shutil.copytree(stray.folder, store / stray.run_id)
    with pytest.raises(EvidenceError, match="nothing vouches for it"):
        export_run(Registry(store), stray.run_id, tmp_path / "x.zip")
    assert not (tmp_path / "x.zip").exists()


@pytest.mark.parametrize("forged", [False, True])
def test_altered_pack_is_not_exported(forged: bool, store: Path, tmp_path: Path) -> None:
    """With its lists left as they were, or written anew with public tools."""
    cell = make_run(store)
    top = make_run(store, cell)
    (cell.folder / "outputs" / "notes.json").write_text("[1]", "utf-8")
    if forged:
        sums = subprocess.run(
            "sha256sum $(cut -c67- SHA256SUMS)", shell=True, cwd=cell.folder, capture_output=True
        )
        (cell.folder / "SHA256SUMS").write_bytes(sums.stdout)
    with pytest.raises(
        EvidenceError, match=f"run {cell.run_id} is not .* evidence verify {cell.run_id}"
    ):
        export_run(Registry(store), top.run_id, tmp_path / "x.zip")
    assert not list(tmp_path.glob("*.zip*"))


def test_altered_copy_of_data_is_not_exported(prices: Dataset, store: Path, tmp_path: Path) -> None:
    run = make_run(store, prices)
    copy = store / "data" / f"{prices.digest}.parquet"
    copy.write_bytes(copy.read_bytes()[:-1] + b"?")
    with pytest.raises(EvidenceError, match="a copy of 'prices', was changed"):
        export_run(Registry(store), run.run_id, tmp_path / "x.zip", with_data=True)


def test_existing_file_is_not_overwritten(store: Path, tmp_path: Path) -> None:
    run = make_run(store)
    (tmp_path / "x.zip").write_text("mine", "utf-8")
    with pytest.raises(EvidenceError, match="exists already"):
        export_run(Registry(store), run.run_id, tmp_path / "x.zip")
    assert (tmp_path / "x.zip").read_text("utf-8") == "mine"


def rewrite(archive: Path, name: str, change: dict[str, object]) -> None:
    """Replace keys of a JSON file inside of an archive."""
    with zipfile.ZipFile(archive) as opened:
        files = {each: opened.read(each) for each in opened.namelist()}
    files[name] = json.dumps({**json.loads(files[name]), **change}).encode()
    with zipfile.ZipFile(archive, "w") as made:
        for each, content in files.items():
            made.writestr(each, content)


def test_forged_line_is_not_proved(store: Path, tmp_path: Path) -> None:
    run, archive = make_run(store), tmp_path / "x.zip"
    export_run(Registry(store), run.run_id, archive)
    with zipfile.ZipFile(archive) as opened:
        lines = json.loads(opened.read("export.json"))["lines"]
    lines[run.run_id]["line"] = lines[run.run_id]["line"].replace(run.root, "0" * 64)
    rewrite(archive, "export.json", {"lines": lines})
    with pytest.raises(EvidenceError, match="not proved by the checkpoint"):
        unpack(archive, tmp_path / "there")


def test_line_that_vouches_for_another_run_is_refused(store: Path, tmp_path: Path) -> None:
    cell = make_run(store)
    run, archive = make_run(store, cell), tmp_path / "x.zip"
    export_run(Registry(store), run.run_id, archive)
    with zipfile.ZipFile(archive) as opened:
        lines = json.loads(opened.read("export.json"))["lines"]
    rewrite(archive, "export.json", {"lines": {**lines, cell.run_id: lines[run.run_id]}})
    with pytest.raises(EvidenceError, match=f"does not publish run '{cell.run_id}'"):
        unpack(archive, tmp_path / "one")
    rewrite(archive, "export.json", {"lines": {cell.run_id: lines[cell.run_id]}})
    with pytest.raises(EvidenceError, match=f"vouches for its run '{run.run_id}'"):
        unpack(archive, tmp_path / "two")


def test_line_of_another_event_vouches_for_nothing(store: Path, tmp_path: Path) -> None:
    run, archive = make_run(store), tmp_path / "x.zip"
    ledger = Registry(store).ledger
    ledger.append("repro", {"run_id": run.run_id, "root": run.root})
    export_run(Registry(store), run.run_id, archive)
    lines = ledger.path.read_bytes().splitlines()
    path = [b64encode(node).decode() for node in inclusion_proof(lines, 2)]
    line = {"line": lines[2].decode(), "index": 2, "path": path}
    rewrite(archive, "export.json", {"lines": {run.run_id: line}})
    with pytest.raises(EvidenceError, match="ledger line 2 does not publish run"):
        unpack(archive, tmp_path / "there")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"schema": "peak-export/9"}, "follows 'peak-export/9'"),
        ({"lines": []}, "cannot be read as an export"),
        ({"run_id": "../.."}, "vouches for its run"),
    ],
)
def test_manifest_of_another_form_is_refused(
    change: dict[str, object], says: str, store: Path, tmp_path: Path
) -> None:
    export_run(Registry(store), make_run(store).run_id, tmp_path / "x.zip")
    rewrite(tmp_path / "x.zip", "export.json", change)
    with pytest.raises(EvidenceError, match=says):
        unpack(tmp_path / "x.zip", tmp_path / "there")


def test_changed_pack_inside_is_found_by_its_root(store: Path, tmp_path: Path) -> None:
    run, archive = make_run(store), tmp_path / "x.zip"
    export_run(Registry(store), run.run_id, archive)
    rewrite(archive, f"runs/{run.run_id}/outputs/metrics.json", {"x": 2})
    export = unpack(archive, tmp_path / "there")
    report = verify_pack(export.run.folder, root=export.roots[run.run_id])
    assert "outputs/metrics.json was" in report.failed[0].details[0]


@pytest.mark.parametrize("name", ["../outside.txt", "/outside.txt", "runs/../../outside.txt"])
def test_archive_that_names_places_outside_is_refused(name: str, tmp_path: Path) -> None:
    archive = tmp_path / "x.zip"
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr(name, "x")
    with pytest.raises(EvidenceError, match="outside of itself"):
        unpack(archive, tmp_path / "deep" / "there")
    assert not list(tmp_path.rglob("outside.txt"))


def test_what_is_no_export_says_so(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(b"no archive")
    with pytest.raises(EvidenceError, match="cannot be read as an export"):
        unpack(tmp_path / "x.zip", tmp_path / "there")
    with pytest.raises(EvidenceError, match="cannot be read as an export"):
        unpack(tmp_path / "missing.zip", tmp_path / "here")
