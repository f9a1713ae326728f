"""`peak evidence verify`: what it prints, for people and for scripts, and its exit status."""

import json
import shutil
import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pandas as pd
import pytest
from click.testing import Result

from peaklib.data import load
from peaklib.evidence import Registry, export_run, open_run, start_run
from peaklib.evidence.run import RUN_ROLE

Call = Callable[..., Result]
METRICS = "outputs/metrics.json"


def make_run(sharpe: float = 0.5) -> str:
    with start_run(kind="interactive", config={"n": 1}) as run:
        run.log_metric("sharpe", sharpe)
    return run.run_id


def spoil(project: Path, run_id: str) -> None:
    (project / "runs" / run_id / METRICS).write_text("{}", "utf-8")


def make_sweep() -> tuple[str, list[str]]:
    """A run that stands on one which stands on two, and these three."""
    cells = [make_run(), make_run(1.5)]
    for kind in ("sweep", "sweep"):
        with start_run(kind=kind, config={}) as run:
            run.use(*(open_run(cell) for cell in cells[-2:]), role=RUN_ROLE)
        cells.append(run.run_id)
    return cells.pop(), cells


@pytest.fixture
def page(project: Path) -> Path:
    """A page with a table, made by a run that stands on a sweep of two cells."""
    cells = [make_run(), make_run(1.5)]
    with start_run(kind="sweep", config={}) as sweep:
        sweep.use(*(open_run(cell) for cell in cells), role=RUN_ROLE)
    with start_run(kind="report", config={}, parent=sweep.run_id) as report:
        report.log_metric("trials", 2)
    folder = project / "reports"
    folder.mkdir()
    for name in ("x.html", "x.csv"):
        (folder / name).write_text(name, "utf-8")
    event = {
        "page": "x.html",
        "sha256": sha256(b"x.html").hexdigest(),
        "run_id": report.run_id,
        "runs": [report.run_id],
        "tables": [
            {"name": "x.csv", "sha256": sha256(b"x.csv").hexdigest()},
            {"name": "gone.csv", "sha256": "0" * 64},
        ],
    }
    Registry().ledger.append("page", event)
    return folder / "x.html"


def test_a_run_that_is_well(call: Call, project: Path) -> None:
    run_id = make_run()
    root = sha256((project / "runs" / run_id / "SHA256SUMS").read_bytes()).hexdigest()
    done = call("evidence", "verify", run_id[-6:])
    lines = done.output.splitlines()
    assert done.exit_code == 0
    assert lines[0] == run_id
    assert [line.split()[:2] for line in lines[1:6]] == [
        ["✓", name] for name in ("complete", "unchanged", "listed", "anchored", "ledger")
    ]
    assert f"root hash {root[:12]} against the ledger" in lines[4]
    assert lines[6:] == ["VERIFIED  5 of 5", f"next  peak runs show {run_id}"]
    assert max(map(len, lines)) <= 80


def test_a_run_that_was_changed(call: Call, project: Path) -> None:
    run_id = make_run()
    spoil(project, run_id)
    done = call("evidence", "verify", run_id)
    lines = done.output.splitlines()
    assert done.exit_code == 1
    place = next(k for k, line in enumerate(lines) if line.startswith("✕ unchanged"))
    assert lines[place + 1].startswith(f"    {METRICS} was ")
    assert lines[-2] == "NOT VERIFIED  1 of 5 failed"
    assert lines[-1].startswith("next  (cd ")
    assert lines[-1].endswith("sha256sum --strict -c SHA256SUMS)")


def test_the_folder_of_a_pack_is_a_target(call: Call, project: Path, tmp_path: Path) -> None:
    run_id = make_run()
    assert call("evidence", "verify", f"runs/{run_id}").exit_code == 0
    copy = shutil.copytree(project / "runs" / run_id, tmp_path / "elsewhere" / run_id)
    assert call("evidence", "verify", str(copy)).exit_code == 0
    (copy / "added").touch()
    done = call("evidence", "verify", str(copy))
    assert done.exit_code == 1
    assert "added is not in SHA256SUMS" in done.output


def test_of_many_runs_only_the_spoilt_one_is_told_of(call: Call, project: Path) -> None:
    good, bad = make_run(), make_run()
    spoil(project, bad)
    done = call("evidence", "verify", "--all")
    lines = done.output.splitlines()
    assert done.exit_code == 1
    told = {line.split()[1]: line.split()[0] for line in lines[:-2] if line[0] != " "}
    assert told == {good: "✓", bad: "✕", "ledger": "✓"}
    assert sum(line.startswith("    ") for line in lines) == 1
    assert lines[-2] == "NOT VERIFIED  1 of 3 failed"


def test_all_has_folders_that_the_ledger_does_not_know(call: Call, project: Path) -> None:
    run_id = make_run()
    (project / "runs" / run_id).rename(project / "runs/20200101_000000_abcdef")
    done = call("evidence", "verify", "--all")
    assert done.exit_code == 1
    assert f"✕ {run_id}  not complete" in done.output
    assert "✕ 20200101_000000_abcdef  not listed, anchored" in done.output


def test_a_deleted_run_is_left_out_of_all_and_told_of_by_name(call: Call) -> None:
    kept, deleted = make_run(), make_run()
    Registry().delete(deleted, "wrong data")
    assert call("evidence", "verify", "--all").exit_code == 0
    done = call("evidence", "verify", deleted)
    assert done.exit_code == 1
    signs = {line.split()[1]: line[0] for line in done.output.splitlines()[1:-2] if line[0] != " "}
    assert signs == {
        "complete": "✕",
        "unchanged": "·",
        "listed": "·",
        "anchored": "·",
        "ledger": "✓",
    }
    assert "    deleted: wrong data\n" in done.output
    assert "NOT VERIFIED  1 of 5 failed\n" in done.output
    assert done.output.endswith(f"next  peak ledger query --run {deleted}\n")
    assert kept not in done.output


def test_several_targets_are_counted_together(call: Call, project: Path) -> None:
    good, bad = make_run(), make_run()
    spoil(project, bad)
    done = call("evidence", "verify", bad, good, "nonsense")
    assert done.exit_code == 1
    assert "✕ target     nonsense\n    the ledger in" in done.output
    assert "NOT VERIFIED  2 of 11 failed\n" in done.output


def test_a_page_is_vouched_for_down_to_the_cells(call: Call, page: Path, project: Path) -> None:
    done = call("evidence", "verify", "reports/x.html")
    lines = done.output.splitlines()
    assert done.exit_code == 0, done.output
    assert lines[0].startswith(f"✓ report     sha256 {sha256(b'x.html').hexdigest()[:12]}")
    assert lines[1] == "✓ tables     1 files beside the page"
    runs = {path.name for path in (project / "runs").glob("[0-9]*")}
    assert {line.split()[1] for line in lines[2:6]} == runs
    assert lines[-2] == "VERIFIED  7 of 7"


def test_a_spoilt_cell_spoils_the_page(call: Call, page: Path, project: Path) -> None:
    cell = next(
        path.name
        for path in (project / "runs").glob("[0-9]*")
        if open_run(path.name).record()["kind"] == "interactive"
    )
    spoil(project, cell)
    done = call("evidence", "verify", str(page))
    assert done.exit_code == 1
    assert f"✕ {cell}  not unchanged" in done.output


def test_a_changed_page_is_not_vouched_for(call: Call, page: Path) -> None:
    page.write_text("x.html, but better", "utf-8")
    done = call("evidence", "verify", str(page))
    assert done.exit_code == 1
    assert "a page x.html has one, with another SHA-256: it was changed" in done.output
    assert done.output.endswith("next  peak ledger query --event page\n")


def test_a_changed_table_beside_a_page_is_named(call: Call, page: Path) -> None:
    page.with_name("x.csv").write_text("better numbers", "utf-8")
    done = call("evidence", "verify", str(page))
    assert done.exit_code == 1
    assert "    x.csv is not what was written with the page\n" in done.output


def test_an_export_is_verified_where_there_is_no_project(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = make_run()
    archive = tmp_path / "run.zip"
    export_run(Registry(), run_id, archive)
    monkeypatch.setenv("PEAK_HOME", str(tmp_path / "nowhere"))
    monkeypatch.chdir(tmp_path)
    done = call("evidence", "verify", "run.zip")
    assert done.exit_code == 0, done.output
    assert "✓ export     1 ledger line, proved by its checkpoint of 2\n" in done.output
    assert f"✓ {run_id}  root " in done.output
    archive.write_bytes(archive.read_bytes()[:-30])
    broken = call("evidence", "verify", "run.zip")
    assert broken.exit_code == 1
    assert "✕ export" in broken.output


def test_a_ledger_that_was_changed_is_told_of(call: Call, project: Path) -> None:
    make_run()
    later = make_run(1.5)
    ledger = project / "runs/ledger.jsonl"
    ledger.write_bytes(ledger.read_bytes().replace(b'"sharpe":0.5', b'"sharpe":9.5'))
    done = call("evidence", "verify", later)
    assert done.exit_code == 1
    assert "✕ anchored" in done.output
    assert "    the first 2 lines of the ledger are not what they were then\n" in done.output
    assert "✕ ledger" in done.output
    assert done.output.endswith("next  peak ledger verify --packs\n")


def test_json_is_stable_and_complete(call: Call, project: Path) -> None:
    good, bad = make_run(), make_run()
    spoil(project, bad)
    done = call("evidence", "verify", "--all", "--json")
    answer = json.loads(done.output)
    assert done.exit_code == 1
    assert answer["verified"] is False
    assert [check["name"] for check in answer["checks"]] == ["ledger"]
    assert {run["run_id"]: run["ok"] for run in answer["runs"]} == {good: True, bad: False}
    assert set(answer["runs"][0]) == {"run_id", "ok", "root", "checks"}
    assert set(answer["runs"][0]["checks"][0]) == {"name", "ok", "against", "details", "remedy"}


@pytest.mark.parametrize("arguments", [(), ("--all", "x")])
def test_what_to_verify_must_be_said_once(call: Call, arguments: tuple[str, ...]) -> None:
    assert call("evidence", "verify", *arguments).exit_code == 2


def test_the_runs_that_a_run_stands_on_have_a_line_each(call: Call) -> None:
    top, below = make_sweep()
    done = call("evidence", "verify", top)
    lines = done.output.splitlines()
    assert done.exit_code == 0, done.output
    assert lines[0] == top
    assert {line.split()[1] for line in lines[5:8]} == {*below}
    assert lines[8].startswith("✓ ledger")
    assert lines[9:] == ["VERIFIED  8 of 8", f"next  peak repro {top}"]


def test_a_spoilt_run_far_below_spoils_what_stands_on_it(call: Call, project: Path) -> None:
    top, below = make_sweep()
    spoil(project, below[0])
    for target in (top, f"runs/{top}"):
        done = call("evidence", "verify", target)
        assert done.exit_code == 1
        assert f"✕ {below[0]}  not unchanged\n    {METRICS} was " in done.output
        assert "NOT VERIFIED  1 of 8 failed\n" in done.output


def test_a_deleted_run_below_is_told_of_with_its_reason(call: Call) -> None:
    top, below = make_sweep()
    Registry().delete(below[1], "wrong data")
    done = call("evidence", "verify", top)
    assert done.exit_code == 1
    assert f"✕ {below[1]}  not complete\n    deleted: wrong data\n" in done.output


def test_without_any_run_there_is_nothing_to_verify(call: Call) -> None:
    done = call("evidence", "verify", "--all")
    assert done.exit_code == 1
    assert "✕ runs       nothing to verify\n" in done.output
    answer = call("evidence", "verify", "--all", "--json")
    assert answer.exit_code == 1
    assert json.loads(answer.output)["verified"] is False


def test_a_failed_run_is_to_be_looked_at_not_run_again(call: Call) -> None:
    with pytest.raises(ZeroDivisionError), start_run(kind="sweep", config={}) as run:
        raise ZeroDivisionError
    done = call("evidence", "verify", run.run_id)
    assert done.exit_code == 0, done.output
    assert done.output.endswith(f"next  peak runs show {run.run_id}\n")


def test_a_pack_that_is_a_link_is_to_be_looked_at(call: Call, project: Path) -> None:
    run_id = make_run()
    folder = project / "runs" / run_id
    folder.rename(project / "aside")
    folder.symlink_to(project / "aside")
    done = call("evidence", "verify", run_id)
    assert done.exit_code == 1
    assert done.output.endswith(f"next  ls -l {folder}\n")


@pytest.mark.parametrize("target", ["nosuch.zip", "nosuch.html", "nowhere/at_all"])
def test_a_missing_file_is_the_complaint_outside_of_a_project_too(
    target: str, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEAK_HOME", str(tmp_path / "nowhere"))
    monkeypatch.chdir(tmp_path)
    done = call("evidence", "verify", target)
    assert done.exit_code == 1
    assert f"there is no file or folder {target}" in done.output


def leave_out(archive: Path, run_id: str, *, line: bool) -> None:
    """Take a run out of an archive, with or without the line that vouches for it."""
    with zipfile.ZipFile(archive) as opened:
        files = {each: opened.read(each) for each in opened.namelist()}
    manifest = json.loads(files["export.json"])
    if line:
        del manifest["lines"][run_id]
    files["export.json"] = json.dumps(manifest).encode()
    with zipfile.ZipFile(archive, "w") as made:
        for name, content in files.items():
            if not name.startswith(f"runs/{run_id}/"):
                made.writestr(name, content)


@pytest.mark.parametrize("line", [True, False])
def test_an_export_with_a_run_cut_out_does_not_verify(
    line: bool, call: Call, tmp_path: Path
) -> None:
    top, below = make_sweep()
    archive = tmp_path / "x.zip"
    export_run(Registry(), top, archive)
    assert call("evidence", "verify", str(archive)).exit_code == 0
    leave_out(archive, below[0], line=line)
    done = call("evidence", "verify", str(archive))
    assert done.exit_code == 1
    assert f"✕ {below[0]}  not complete\n    the run is not in the export\n" in done.output
    assert done.output.splitlines()[-1].startswith(f"next  sha256sum {archive}, and ask the sender")


def test_what_is_wrong_in_an_export_never_names_where_it_was_unpacked(
    call: Call, tmp_path: Path
) -> None:
    run_id, archive = make_run(), tmp_path / "x.zip"
    export_run(Registry(), run_id, archive)
    with zipfile.ZipFile(archive, "a") as opened:
        opened.writestr(f"runs/{run_id}/added", "x")
        opened.writestr("runs/20200101_000000_abcdef/run.json", "{}")
    done = call("evidence", "verify", str(archive))
    assert done.exit_code == 1
    assert f"✕ {run_id}  not listed\n    added is not in" in done.output
    assert "✕ 20200101_000000_abcdef  not " in done.output
    assert "peak-verify-" not in done.output
    assert "peak runs recover" not in done.output


def test_data_that_did_not_travel_are_told_of(call: Call, project: Path, tmp_path: Path) -> None:
    with start_run(kind="sweep", config={}) as run:
        run.use(load(mine_csv(project)))
    archive = tmp_path / "x.zip"
    export_run(Registry(), run.run_id, archive)
    done = call("evidence", "verify", str(archive))
    assert done.exit_code == 0, done.output
    note = "'mine' did not travel, the run cannot be repeated here without it"
    assert f"· data       {note}\n" in done.output
    assert "VERIFIED  2 of 2\nnext  ask the sender for an export --with-data\n" in done.output
    assert json.loads(call("evidence", "verify", str(archive), "--json").output)["notes"] == [note]


def mine_csv(project: Path) -> Path:
    path = project / "mine.csv"
    days = pd.bdate_range("2024-01-01", periods=30)
    pd.DataFrame({"date": days, "close": range(100, 130)}).to_csv(path, index=False)
    return path
