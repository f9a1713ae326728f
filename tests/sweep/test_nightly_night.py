"""Whole nights: with real sweeps, real packs before them, and real alerts after them."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from nights import SECRET, VARIABLE, cell, config, receiving, unwatched, write_night
from scratch import PEAK, Swept, environment, peak, run_folders, wait_until

from peaklib.evidence import Registry, open_run
from peaklib.evidence.vouch import verify_page
from peaklib.sweep import Plan
from peaklib.sweep.nightly.night import Night, run_night
from peaklib.sweep.nightly.page import headline
from peaklib.sweep.nightly.previous import previous_night
from peaklib.sweep.nightly.publish import Published, publish
from peaklib.sweep.nightly.record import read_cells
from peaklib.sweep.nightly.reproduction import choose
from peaklib.sweep.nightly.webhook import signature

QUICK = "configs/sweeps/quick.toml"
FILE = {"file": "reports/told.json"}


def night(**keys: Any) -> Night:
    """A night in the project at work; without keys its one sweep is broken."""
    return run_night(config(report=False, **keys), unwatched, workers=2, cpus=2, resume=True)


def tell(done: Night, environ: Mapping[str, str] | None = None) -> Published:
    return publish(done, environ=environ or {}, sleep=lambda seconds: None)


def alerts(done: Night) -> list[tuple[str, str]]:
    return [(one.kind, one.sweep) for one in done.findings if one.level == "alert"]


# ---- without a kernel: a night of one broken sweep is a night, too ----


def test_broken_sweep_is_an_alert_and_the_night_is_sealed(project: Path) -> None:
    done = night()
    assert alerts(done) == [("broken", "none")]
    assert "no such file" in done.findings[0].text
    assert str(project) not in done.findings[0].text
    record = open_run(done.run.run_id).record()
    assert (record["kind"], record["status"]) == ("nightly", "completed")
    assert record["metrics"]["sweeps_failed"] == 1
    said = tell(done)
    assert said.exit_status == 1
    assert said.document["word"] == "1 alert"


def test_page_opens_with_the_word_and_the_ledger_vouches_for_it(project: Path) -> None:
    said = tell(night())
    assert "<title>1 alert · nightly</title>" in said.page.read_text("utf-8")
    assert json.loads(said.record.read_bytes())["schema"] == "peak-nightly/1"
    found = verify_page(Registry(), said.page)
    assert [(check.name, check.ok) for check in found.checks] == [
        ("report", True),
        ("tables", True),
    ]
    assert all(report.ok for report in found.reports)


def test_many_alerts_are_counted_by_kind_on_the_first_screen(project: Path) -> None:
    with receiving(404) as told:
        write_night(project / "runs", cell("a", "gone"), cell("b", "none"))
        said = tell(night(repro=0, alerts=hook(told.url)), {"NIGHT_SECRET": SECRET})
    assert headline(said.document) == "1 broken, 1 removed, 1 not delivered"
    assert headline(said.document) in said.page.read_text("utf-8")


def test_cells_survive_the_pack(project: Path) -> None:
    listed = [cell("a"), cell("b", metrics={}, inputs={}, state="failed", error="E: x")]
    found = read_cells(write_night(project / "runs", *listed))
    assert [*found.values()] == listed


def test_previous_night_is_the_last_finished_one_of_the_name(project: Path) -> None:
    runs = project / "runs"
    first = write_night(runs, cell("a"))
    write_night(runs, cell("b"), status="interrupted")
    write_night(runs, cell("c"), name="weekly")
    found, findings = previous_night(Registry(runs), "nightly")
    assert found is not None
    assert (found.run.run_id, [*found.cells], findings) == (first.run_id, [("s", "a")], [])


def test_altered_night_is_an_alert_and_the_one_before_is_compared_with(project: Path) -> None:
    runs = project / "runs"
    first, second = write_night(runs, cell("a")), write_night(runs, cell("b"))
    sums = second.folder / "outputs" / "tables" / "metrics.parquet"
    sums.write_bytes(sums.read_bytes() + b"\0")
    found, (finding,) = previous_night(Registry(runs), "nightly")
    assert found is not None
    assert found.run.run_id == first.run_id
    assert (finding.level, finding.kind) == ("alert", "evidence")
    assert second.run_id in finding.text


def test_cells_to_repeat_are_drawn_by_seed_and_night(project: Path) -> None:
    listed = {one.id: one for one in (cell(f"{k:03}") for k in range(200))}
    listed["s", "x"] = cell("x", state="failed")
    run = write_night(project / "runs", *listed.values())
    drawn = choose(listed, run, 5, seed=1)
    assert drawn == choose(listed, run, 5, seed=1)
    assert drawn != choose(listed, run, 5, seed=2)
    assert drawn != choose(listed, replace(run, root="f" * 64), 5, seed=1)
    everything = choose(listed, run, 999, seed=1)
    assert len({one.cell for one in everything}) == 200
    assert all(one.finished for one in everything)


def test_repeat_of_a_run_that_is_gone_is_an_alert(project: Path) -> None:
    write_night(project / "runs", cell("a", "none", run_id="20200101_000000_abcdef"))
    done = night(repro=1)
    assert alerts(done) == [("broken", "none"), ("repro", "none")]
    assert "impossible" in done.findings[1].text


def test_file_of_alerts_is_there_exactly_while_there_are_any(project: Path) -> None:
    target = project / FILE["file"]
    done = night(alerts=FILE)
    tell(done)
    assert json.loads(target.read_bytes())["alerts"][0]["kind"] == "broken"
    tell(replace(done, findings=()))
    assert not target.exists()


def test_file_that_cannot_be_written_is_itself_an_alert(project: Path) -> None:
    (project / "reports").write_text("in the way of nothing", "utf-8")
    (project / "reports").unlink()
    (project / "busy").write_text("a file, no folder", "utf-8")
    said = tell(replace(night(alerts={"file": "busy/told.json", "exit": False}), findings=()))
    assert said.exit_status == 1
    assert [one["kind"] for one in said.document["alerts"]] == ["delivery"]
    assert "1 alert" in said.page.read_text("utf-8")


def test_exit_status_can_be_left_to_the_other_ways(project: Path) -> None:
    assert tell(night(alerts={"exit": False})).exit_status == 0


def hook(url: str, **keys: Any) -> dict[str, Any]:
    return {"webhook": {"url": url, "secret_env": VARIABLE, "backoff_s": 0.0, **keys}}


def test_alerts_are_posted_signed_and_the_secret_is_nowhere(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NIGHT_SECRET", SECRET)
    with receiving(500, 500) as told:
        said = tell(night(alerts=hook(told.url)), os.environ)
    _, headers, body = told.posts[2]
    assert headers["X-Peak-Signature-256"] == signature(body, SECRET)
    message = json.loads(body)
    assert message["schema"] == "peak-nightly-alert/1"
    assert (message["word"], message["run_id"]) == ("1 alert", said.document["run_id"])
    assert [one["kind"] for one in said.document["alerts"]] == ["broken"]
    for path in sorted(path for path in project.rglob("*") if path.is_file()):
        content = path.read_bytes()
        assert SECRET.encode() not in content, path
        assert b"path-0f3a" not in content, path


def test_post_that_fails_is_itself_an_alert_on_page_file_and_exit(project: Path) -> None:
    with receiving(404) as told:
        quiet = replace(night(alerts={**hook(told.url, always=True), **FILE}), findings=())
        said = tell(quiet, {"NIGHT_SECRET": SECRET})
    assert json.loads(told.posts[0][2])["word"] == "all well"
    assert said.exit_status == 1
    assert "answered 404" in said.document["alerts"][0]["text"]
    assert "answered 404" in said.page.read_text("utf-8")
    assert json.loads((project / FILE["file"]).read_bytes())["n_alerts"] == 1
    assert all(report.ok for report in verify_page(Registry(), said.page).reports)


def test_quiet_night_is_posted_only_when_asked_for(project: Path) -> None:
    with receiving() as told:
        tell(replace(night(alerts=hook(told.url)), findings=()), {"NIGHT_SECRET": SECRET})
        assert told.posts == []


def test_missing_secret_is_an_alert(project: Path) -> None:
    with receiving() as told:
        said = tell(night(alerts=hook(told.url)))
    assert [one["kind"] for one in said.document["alerts"]] == ["broken", "delivery"]
    assert told.posts == []


def test_ctrl_c_leaves_an_interrupted_night_that_nothing_is_compared_with(project: Path) -> None:
    def stop(plan: Plan) -> Any:
        raise KeyboardInterrupt

    asked = config(sweeps=["configs/sweeps/gone.toml", QUICK], report=False)
    with pytest.raises(KeyboardInterrupt):
        run_night(asked, stop, workers=2, cpus=2)
    (cut,) = run_folders(project, "nightly")
    record = json.loads((cut / "run.json").read_bytes())
    assert record["status"] == "interrupted"
    assert "1 of 2 sweeps run" in record["error"]
    assert previous_night(Registry(), "nightly") == (None, [])


# ---- with kernels, in a process of their own ----


@pytest.fixture
def own(swept: Swept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the project with the finished quick sweep, so that a night takes over its cells."""
    project = tmp_path / "own"
    shutil.copytree(swept.project, project)
    monkeypatch.setenv("PEAK_HOME", str(project))
    return project


def nightly(project: Path, *sweeps: str, repro: int = 0) -> tuple[int, dict[str, Any]]:
    """Exit status and JSON of a night over these sweeps."""
    path = project / "configs" / "nightly" / "own.toml"
    path.write_text(f"sweeps = {json.dumps(sweeps)}\nrepro = {repro}\nreport = false\n", "utf-8")
    done = peak(project, "nightly", path, "--resume", "--json")
    assert done.returncode in (0, 1), done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return done.returncode, said


def kinds(said: dict[str, Any], level: str = "alerts") -> list[tuple[str, str]]:
    return [(one["kind"], one["sweep"]) for one in said[level]]


@pytest.mark.slow
@pytest.mark.notebook
def test_nights_in_a_row_over_the_quick_sweep(own: Path) -> None:
    """First, equal with one cell run again, drift planted in the night before, a broken sweep."""
    status, first = nightly(own, QUICK)
    assert (status, first["alerts"], kinds(first, "notes")) == (0, [], [("first", "")])
    assert len(first["cells"]) == 2

    status, second = nightly(own, QUICK, repro=1)
    assert (status, second["word"], second["notes"]) == (0, "all well", [])
    assert second["previous"]["run_id"] == first["run_id"]
    assert [done["word"] for done in second["repeats"]] == ["identical"]
    (event,) = Registry().ledger.events("repro")
    assert event.data["run_id"] == second["repeats"][0]["run_id"]
    found = verify_page(Registry(), own / "reports" / "nightly.html")
    assert all(report.ok for report in found.reports)

    planted = [
        replace(one, metrics={**one.metrics, "best_sharpe": 0.2})
        for one in read_cells(open_run(second["run_id"])).values()
    ]
    write_night(own / "runs", *planted)
    status, third = nightly(own, QUICK)
    assert status == 1
    assert kinds(third) == [("drift", "quick")] * 2
    assert all(one["text"].startswith("best_sharpe 0.2000 → ") for one in third["alerts"])

    status, fourth = nightly(own, "configs/sweeps/gone.toml", QUICK)
    assert (status, kinds(fourth), len(fourth["cells"])) == (1, [("broken", "gone")], 2)


@pytest.mark.slow
@pytest.mark.notebook
def test_failed_cells_are_alerts_and_are_held_against_their_last_result(own: Path) -> None:
    """A night that measured, one whose data no cell can read, and the cells after it."""
    _, first = nightly(own, QUICK)
    path = own / QUICK
    good = path.read_text("utf-8")
    broken = good.replace('dataset = "sp500"', 'dataset = "vix"')
    path.write_text(broken.partition("\n[split]")[0], "utf-8")
    status, failed = nightly(own, QUICK)
    assert (status, kinds(failed)) == (1, [("broken", "quick")] * 2)
    kept = read_cells(open_run(failed["run_id"]))
    assert {one.measured for one in kept.values()} == {first["run_id"]}
    path.write_text(good, "utf-8")
    status, after = nightly(own, QUICK)
    assert (status, kinds(after, "notes")) == (0, [("recovered", "quick")] * 2)


@pytest.mark.slow
@pytest.mark.notebook
def test_kill_ends_the_command_with_130_and_says_how_to_go_on(project: Path, tiny: Path) -> None:
    asked = project / "configs" / "nightly" / "tiny.toml"
    asked.write_text('name = "tiny-night"\nreport = false\nsweeps = ["configs/sweeps/tiny.toml"]\n')
    process = subprocess.Popen(
        [PEAK, "nightly", "configs/nightly/tiny.toml", "--workers", "2"],
        cwd=project,
        env=environment(project),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        started = {f"cell-{point}" for point in range(1, 5)}
        gate = project / "gate"
        wait_until(
            lambda: {path.name.rpartition("-")[0] for path in gate.glob("cell-*")} == started,
            "all cells to start",
        )
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == 130, out + err
    assert "next  peak nightly configs/nightly/tiny.toml --resume" in err
    assert "Traceback" not in err

    (gate / "open").touch()
    again = subprocess.run(
        [PEAK, "nightly", "configs/nightly/tiny.toml", "--resume", "--json"],
        cwd=project,
        env=environment(project),
        capture_output=True,
        text=True,
        check=False,
    )
    assert again.returncode == 0, again.stderr
    said = json.loads(again.stdout)
    assert [one["kind"] for one in said["notes"]] == ["first"]
    assert (said["sweeps"][0]["cells"], said["sweeps"][0]["resumed"]) == (4, 2)
