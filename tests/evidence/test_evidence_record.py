"""What a run keeps: inputs, metrics, trials, tables, figures, texts."""

import json
import math
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from peaklib import __version__
from peaklib.backtest import run_grid
from peaklib.data import Dataset, load
from peaklib.errors import EvidenceError
from peaklib.evidence import Registry, RunSpec, SealedRun, attach, create_run, start_run
from peaklib.strategies import get

SPEC = RunSpec("test", {})
OUTSIDE = ["../../x", "../../../x", "a/../../../x", "../../../../../../../../x"]


@pytest.fixture(scope="module")
def walk() -> Dataset:
    return load("synthetic:random_walk,seed=5,bars=400")


@pytest.fixture(scope="module")
def grid(walk: Dataset) -> pd.DataFrame:
    axes = {"fast": [5, 10, 20], "slow": [20, 50, 100, 390]}
    return run_grid("sma_crossover", walk, axes, where="fast < slow", fees_bps=5.0)


@pytest.fixture
def record(walk: Dataset, tmp_path: Path) -> dict[str, Any]:
    """The record of one run that used everything."""
    config = {"grid": {"fast": [5]}, "fill": "next_open"}
    with start_run(
        kind="interactive", config=config, seed=11, inputs=[walk], family="f", runs=tmp_path
    ) as run:
        run.log_metrics({"sharpe": np.float64(0.25), "calmar": math.nan, "n": 3})
        run.save_text("words.txt", "hello\n")
        run.note("looked at by hand")
    return SealedRun(run.run_id, tmp_path / run.run_id, "").record()


def test_record_says_what_was_done(record: dict[str, Any]) -> None:
    assert record["kind"] == "interactive"
    assert record["config"] == {"fill": "next_open", "grid": {"fast": [5]}}
    assert record["seed"] == 11
    assert record["family"] == "f"
    assert record["status"] == "completed"
    assert record["error"] is None
    assert record["start"] <= record["end"]
    assert record["notes"] == ["looked at by hand"]


def test_record_names_inputs_with_their_digest(record: dict[str, Any], walk: Dataset) -> None:
    (entry,) = record["inputs"]
    assert (entry["name"], entry["digest"], entry["role"]) == (walk.name, walk.digest, "data")
    assert entry["meta"]["kind"]


def test_record_names_environment_and_code(record: dict[str, Any]) -> None:
    assert record["environment"]["python"].startswith("3.")
    assert record["environment"]["platform"]
    assert len(record["code"]["peaklib_sha256"]) == 64
    assert {"commit", "dirty"} <= set(record["code"])


def test_undefined_metrics_are_null_and_numbers_of_numpy_are_numbers(
    record: dict[str, Any],
) -> None:
    assert record["metrics"] == {"sharpe": 0.25, "calmar": None, "n": 3}


def test_record_lists_every_file_with_digest_and_size(
    record: dict[str, Any], tmp_path: Path
) -> None:
    folder = tmp_path / record["run_id"]
    listed = {entry["path"]: entry for entry in record["files"]}
    there = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert set(listed) == there - {"run.json", "ro-crate-metadata.json", "SHA256SUMS"}
    assert listed["outputs/words.txt"]["sha256"] == sha256(b"hello\n").hexdigest()
    assert listed["outputs/words.txt"]["bytes"] == 6


def test_environment_file_names_the_packages(record: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / record["run_id"] / "inputs" / "environment.json"
    packages = json.loads(path.read_bytes())["packages"]
    assert packages["peaklib"] == __version__
    assert packages["numpy"] == np.__version__


def test_an_input_used_twice_is_named_once(walk: Dataset, tmp_path: Path) -> None:
    run = create_run(SPEC, runs=tmp_path)
    run.use(walk)
    run.use(walk)
    run.use(walk, role="benchmark")
    assert [entry["role"] for entry in run.seal().record()["inputs"]] == ["data", "benchmark"]


def test_later_metric_replaces_the_earlier(tmp_path: Path) -> None:
    run = create_run(SPEC, runs=tmp_path)
    run.log_metric("a", 1.0)
    run.log_metrics({"a": 2.0, "b": None})
    assert run.seal().record()["metrics"] == {"a": 2.0, "b": None}


def test_table_comes_back_as_it_was(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {"n": [1, 2], "x": [0.1, np.nan], "word": ["a", "ß"]},
        index=pd.DatetimeIndex(["2024-01-02", "2024-01-03"], tz="UTC", name="time"),
    )
    table.attrs["not"] = {"kept"}
    run = create_run(SPEC, runs=tmp_path)
    run.save_table("numbers", table)
    back = pd.read_parquet(run.seal().table("numbers"))
    pd.testing.assert_frame_equal(back, table, check_freq=False)
    assert table.attrs == {"not": {"kept"}}


def test_missing_table_is_named(tmp_path: Path) -> None:
    sealed = create_run(SPEC, runs=tmp_path).seal()
    with pytest.raises(EvidenceError, match=f"{sealed.run_id} has no table 'numbers'"):
        sealed.table("numbers")


def test_figure_and_text_come_back_as_they_were(tmp_path: Path) -> None:
    figure = go.Figure(go.Scatter(x=[1, 2], y=[0.5, 0.25]), {"title": {"text": "t"}})
    run = create_run(SPEC, runs=tmp_path)
    run.save_figure("curve", figure)
    run.save_text("notes/words.md", "größer\n")
    outputs = run.seal().folder / "outputs"
    kept = go.Figure(json.loads((outputs / "figures" / "curve.json").read_bytes()))
    assert list(kept.data[0].y) == [0.5, 0.25]
    assert kept.layout.title.text == "t"
    assert (outputs / "notes" / "words.md").read_bytes() == "größer\n".encode()


@pytest.mark.parametrize("name", OUTSIDE)
def test_names_that_lead_out_of_the_folder_are_refused(name: str, tmp_path: Path) -> None:
    run = create_run(SPEC, runs=tmp_path)
    with pytest.raises(EvidenceError, match="outside the run's folder"):
        run.save_text(name, "x")
    deeper = f"../{name}"  # tables and figures lie one folder deeper
    with pytest.raises(EvidenceError, match="outside the run's folder"):
        run.save_table(deeper, pd.DataFrame({"a": [1]}))
    with pytest.raises(EvidenceError, match="outside the run's folder"):
        run.save_figure(deeper, go.Figure())
    assert list(tmp_path.rglob("x*")) == []


def test_grid_of_a_run_is_counted_with_moments_of_its_sharpes(
    grid: pd.DataFrame, tmp_path: Path
) -> None:
    run = create_run(SPEC, runs=tmp_path)
    assert run.folder is not None
    # From another process, as a notebook does.
    counted = attach(str(run.folder)).log_trials(grid)
    assert counted.attrs["trials"] == "counted"

    sealed = run.seal()
    (trials,) = sealed.record()["trials"]
    sharpes = [x for x in grid["sharpe"].tolist() if not math.isnan(x)]
    assert trials["count"] == len(grid) == 11
    assert trials["sharpe_count"] == len(sharpes)
    assert trials["sharpe_sum"] == pytest.approx(math.fsum(sharpes), rel=1e-12)
    assert trials["sharpe_sumsq"] == pytest.approx(math.fsum(x * x for x in sharpes), rel=1e-12)
    assert trials["strategy"] == "sma_crossover"
    assert trials["grid"]["axes"] == {"fast": [5, 10, 20], "slow": [20, 50, 100, 390]}
    assert trials["conventions"]["terms"]["fees_bps"] == 5.0
    pd.testing.assert_frame_equal(pd.read_parquet(sealed.table("trials")), grid)


def test_two_grids_of_a_run_are_both_counted(
    grid: pd.DataFrame, walk: Dataset, tmp_path: Path
) -> None:
    run = create_run(SPEC, runs=tmp_path)
    run.log_trials(grid)
    run.log_trials(run_grid("sma_crossover", walk, {"fast": [7, 8], "slow": [60, 70]}), name="more")
    assert [entry["count"] for entry in run.seal().record()["trials"]] == [11, 4]


def test_trials_that_are_not_the_whole_grid_are_refused(grid: pd.DataFrame, tmp_path: Path) -> None:
    """Points are counted and found by the axes: a selection would be counted wrongly."""
    run = create_run(SPEC, runs=tmp_path)
    for part in (grid.head(4), grid[::-1], grid.sort_values("sharpe"), pd.concat([grid, grid])):
        part.attrs = grid.attrs
        with pytest.raises(EvidenceError, match="not the 11 points of the grid in its order"):
            run.log_trials(part)
    run.log_trials(grid)
    with pytest.raises(EvidenceError, match="'trials' are logged already"):
        run.log_trials(grid)
    assert [entry["count"] for entry in run.seal().record()["trials"]] == [11]


def test_strategy_of_a_grid_is_pinned_by_its_code(grid: pd.DataFrame, tmp_path: Path) -> None:
    run = create_run(SPEC, runs=tmp_path)
    run.log_trials(grid)
    code = get("sma_crossover").code_digest()
    assert run.seal().record()["code"]["sources"] == {"strategy sma_crossover": code}


@pytest.mark.slow
def test_script_that_records_by_hand_is_pinned(tmp_path: Path) -> None:
    script = tmp_path / "look.py"
    script.write_text(
        "import pathlib, sys\n"
        "from peaklib import evidence\n"
        "with evidence.start_run(kind='interactive', config={}, runs=pathlib.Path(sys.argv[1])):\n"
        "    pass\n",
        "utf-8",
    )
    subprocess.run([sys.executable, script, tmp_path / "runs"], check=True)
    (record,) = (tmp_path / "runs").glob("*/run.json")
    digest = sha256(script.read_bytes()).hexdigest()
    assert json.loads(record.read_bytes())["code"]["sources"] == {"script look.py": digest}


@pytest.mark.parametrize("value", ["0.5", True, [1.0], {"a": 1}])
def test_metric_that_is_no_number_is_refused(value: Any, tmp_path: Path) -> None:
    run = create_run(SPEC, runs=tmp_path)
    with pytest.raises(EvidenceError, match=r"metric 'x' is .* no number"):
        run.log_metric("x", value)


@pytest.mark.parametrize("name", ["metrics.json", "trials.json", "notes.json", "model.part"])
def test_names_of_the_workbench_are_refused_for_texts(name: str, tmp_path: Path) -> None:
    run = create_run(SPEC, runs=tmp_path)
    with pytest.raises(EvidenceError, match="uses itself"):
        run.save_text(name, "x")


@pytest.mark.parametrize("kind", ["", "Sweep", "a b", "x" * 33, "1st", None])
def test_odd_kind_is_refused(kind: Any) -> None:
    with pytest.raises(EvidenceError, match="no kind of run"):
        RunSpec(kind, {})


@pytest.mark.parametrize("seed", [1.5, "7", True, 2**70, None])
def test_odd_seed_is_refused(seed: Any) -> None:
    with pytest.raises(EvidenceError, match="no seed"):
        RunSpec("test", {}, seed)


@pytest.mark.parametrize(("code", "status"), [(0, "completed"), (None, "completed"), (3, "failed")])
def test_leaving_a_script_early_is_no_failure_unless_it_says_so(
    code: int | None, status: str, tmp_path: Path
) -> None:
    with pytest.raises(SystemExit):
        leave(tmp_path, code)
    (record,) = tmp_path.glob("*/run.json")
    assert json.loads(record.read_bytes())["status"] == status


def leave(runs: Path, code: int | None) -> None:
    with start_run(kind="test", config={}, runs=runs):
        sys.exit(code)


def test_secret_in_any_field_of_the_record_is_redacted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted = "planted-" + "value-93b1"
    monkeypatch.setenv("MY_API_KEY", planted)
    spec = RunSpec("test", {"note": planted}, family=f"sma/{planted}", parent=planted)
    sealed = create_run(spec, runs=tmp_path).seal()
    registry = Registry(tmp_path)
    registry.delete(sealed.run_id, f"it held {planted}")
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert planted.encode() not in path.read_bytes(), path
    assert registry.row(sealed.run_id).deleted == "it held [redacted: MY_API_KEY]"


def test_without_a_run_nothing_is_kept_and_grids_stay_uncounted(
    grid: pd.DataFrame, walk: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run = attach("")
    assert not run.recorded
    run.use(walk)
    run.log_metric("a", 1.0)
    run.save_table("t", grid)
    run.save_text("w", "x")
    run.save_figure("f", go.Figure())
    run.note("n")
    assert run.log_trials(grid).attrs["trials"] == "uncounted"
    assert list(tmp_path.iterdir()) == []


def test_folder_that_does_not_exist_cannot_be_attached(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="is no folder; leave it empty"):
        attach(tmp_path / "nothing")
