"""Sweeps that fail in part, are interrupted or killed, and are resumed."""

import json
import os
import signal
import subprocess
from collections import Counter
from pathlib import Path

import pandas as pd
import psutil
import pytest
from scratch import PEAK, environment, peak, run_folders, wait_until

pytestmark = [pytest.mark.notebook, pytest.mark.slow]

PARTLY = """question = "What becomes of a cell that asks for opens which do not exist?"
notebook = "notebooks/sweep_cell.ipynb"
[fixed]
fill = "next_open"
strategy = "sma_crossover"
[foreach]
dataset = ["vix", "sp500"]
[grid.sma_crossover]
fast = [10, 20]
slow = [100, 200]
"""
OWN_DATA = """question = "Does a rule work on bars of my own?"
notebook = "notebooks/sweep_cell.ipynb"
[fixed]
dataset = "data/bars.csv"
[foreach]
strategy = ["buy_and_hold"]
"""


def finished(project: Path) -> set[str]:
    """Ids of completed cells."""
    folders = run_folders(project, "sweep_cell")
    records = [json.loads((folder / "run.json").read_bytes()) for folder in folders]
    return {record["run_id"] for record in records if record["status"] == "completed"}


def computed(project: Path) -> Counter[str]:
    """How often each cell of the tiny sweep was started."""
    return Counter(path.name.split("-")[1] for path in (project / "gate").glob("cell-*"))


def alive(project: Path) -> list[int]:
    """Kernels of the tiny sweep that still run."""
    pids = [int(path.name.split("-")[2]) for path in (project / "gate").glob("cell-*")]
    return [pid for pid in pids if _runs(pid)]


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def start(project: Path, config: Path) -> subprocess.Popen[str]:
    """Start the tiny sweep and wait until two cells are finished and two are held up."""
    process = subprocess.Popen(
        [PEAK, "sweep", config, "--run", "--workers", "2"],
        cwd=project,
        env=environment(project),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        wait_until(
            lambda: len(finished(project)) == 2 and set(computed(project)) == set("1234"),
            "two cells to finish and two to start",
        )
    except TimeoutError:
        process.kill()
        raise
    return process


def interrupt(process: subprocess.Popen[str], number: int) -> tuple[int, str]:
    """Send a signal, Ctrl-C to the whole group as a terminal does; status and output."""
    if number == signal.SIGINT:
        os.killpg(process.pid, number)
    else:
        process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert "Traceback" not in err
    return process.returncode, out


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGKILL"])
def test_resume_finishes_what_was_cut_short(name: str, project: Path, tiny: Path) -> None:
    status, out = interrupt(start(project, tiny), getattr(signal, name))
    wait_until(lambda: not alive(project), "orphaned kernels to end", seconds=15)
    before = finished(project)
    assert len(before) == 2
    if name != "SIGKILL":
        assert status == 130
        assert "finished cells are kept" in out
        (own,) = run_folders(project, "sweep")
        assert json.loads((own / "run.json").read_bytes())["status"] == "interrupted"
        assert list((project / "runs" / ".staging").iterdir()) == []
        records = [json.loads((f / "run.json").read_bytes()) for f in run_folders(project)]
        cells = Counter(r["status"] for r in records if r["kind"] == "sweep_cell")
        assert cells == {"completed": 2, "interrupted": 2}

    (project / "gate" / "open").touch()
    again = peak(project, "sweep", tiny, "--run", "--resume")
    assert again.returncode == 0, again.stdout + again.stderr
    assert "2 computed · 2 resumed · 0 failed" in again.stdout
    assert len(finished(project)) == 4
    assert before < finished(project)
    assert computed(project) == {"1": 1, "2": 1, "3": 2, "4": 2}

    own = run_folders(project, "sweep")[-1]
    cells = pd.read_parquet(own / "outputs" / "tables" / "cells.parquet")
    assert set(cells["run_id"]) == finished(project)
    assert cells["axis_point"].tolist() == ["1", "2", "3", "4"]
    if name != "SIGKILL":
        assert (
            f"next  peak sweep {tiny.relative_to(project).as_posix()} --resume" in out.splitlines()
        )


def test_resume_computes_only_what_has_changed(project: Path, tiny: Path) -> None:
    (project / "gate" / "open").touch()
    assert peak(project, "sweep", tiny, "--run").returncode == 0

    more = peak(project, "sweep", tiny, "--run", "--resume", "--set", "foreach.point=[1, 2, 5]")
    assert "1 computed · 2 resumed" in more.stdout
    seed = peak(
        project,
        *("sweep", tiny, "--run", "--resume", "--set", "seed=9", "--set", "foreach.point=[1]"),
    )
    assert "1 computed · 0 resumed" in seed.stdout
    assert computed(project) == {"1": 2, "2": 1, "3": 1, "4": 1, "5": 1}


def test_failing_cell_is_kept_and_the_sweep_and_its_report_go_on(project: Path) -> None:
    config = project / "configs" / "sweeps" / "partly.toml"
    config.write_text(PARTLY, "utf-8")
    done = peak(project, "sweep", config)

    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "1 computed · 0 resumed · 1 failed" in done.stdout
    failed, good = sorted(
        (json.loads((f / "run.json").read_bytes()) for f in run_folders(project, "sweep_cell")),
        key=lambda record: record["status"] == "completed",
    )
    assert (failed["status"], good["status"]) == ("failed", "completed")
    assert failed["error"].startswith("DataError: ")
    assert "vix" in failed["error"]
    assert f"runs/{failed['run_id']}/notebook.ipynb" in done.stdout
    kept = (project / "runs" / failed["run_id"] / "notebook.ipynb").read_text("utf-8")
    assert '"output_type": "error"' in kept
    (own,) = run_folders(project, "sweep")
    assert json.loads((own / "run.json").read_bytes())["status"] == "failed"

    page = (project / "reports" / "partly.html").read_text("utf-8")
    assert "Failed cells" in page
    assert failed["run_id"] in page
    assert len(pd.read_csv(project / "reports" / "partly.trials.csv")) == 4


def test_failed_cell_is_computed_again_on_resume(project: Path, tiny: Path) -> None:
    (project / "gate" / "open").touch()
    config = tiny.read_text("utf-8")
    tiny.write_text(config.replace("[1, 2, 3, 4]", "[1, 2]"), "utf-8")
    lock = project / "gate" / "cell-2"
    notebook = project / "notebooks" / "tiny.ipynb"
    broken = notebook.read_text("utf-8").replace(
        "import os, pathlib, time",
        f"import os, pathlib, time\\nif point == 2: open({str(lock)!r}).close()",
    )
    notebook.write_text(broken, "utf-8")
    first = peak(project, "sweep", tiny, "--run")
    assert first.returncode == 1
    assert "FileNotFoundError" in first.stdout

    lock.touch()
    second = peak(project, "sweep", tiny, "--run", "--resume")
    assert second.returncode == 0
    assert "1 computed · 1 resumed · 0 failed" in second.stdout


def test_bars_in_a_file_of_the_project_are_found_by_its_cells(project: Path) -> None:
    days = pd.bdate_range("2020-01-01", periods=300)
    close = pd.Series(range(100, 400), index=days, dtype=float)
    bars = pd.DataFrame({"Open": close, "High": close, "Low": close, "Close": close})
    (project / "data").mkdir()
    bars.rename_axis("Date").to_csv(project / "data" / "bars.csv")
    config = project / "configs" / "sweeps" / "own.toml"
    config.write_text(OWN_DATA, "utf-8")
    done = peak(project, "sweep", "configs/sweeps/own.toml", "--run")
    assert done.returncode == 0, done.stdout
