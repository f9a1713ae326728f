"""`peak sweep configs/sweeps/quick.toml`, from one command to runs, report and tables."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from scratch import Swept, make_project, peak, run_folders

from peaklib.backtest import run_backtest
from peaklib.data import load
from peaklib.evidence import open_run
from peaklib.metrics import METRIC_NAMES
from peaklib.sweep import read_results

pytestmark = [pytest.mark.notebook, pytest.mark.slow]

# The longest look-back is that of the slow average of 300 bars: all trials are measured after it.
TERMS: dict[str, Any] = {
    "fill": "next_open",
    "fees_bps": 5.0,
    "slippage_bps": 5.0,
    "warmup": 299,
}
AXES = {"sma_crossover": ["fast", "slow"], "rsi_reversion": ["window", "oversold"]}


def trials_of(project: Path, strategy: str) -> pd.DataFrame:
    """Table `trials` of the run of one strategy."""
    for folder in run_folders(project, "sweep_cell"):
        record = json.loads((folder / "run.json").read_bytes())
        if record["config"]["parameters"]["strategy"] == strategy:
            return pd.read_parquet(folder / "outputs" / "tables" / "trials.parquet")
    raise AssertionError(f"no run of {strategy}")


def test_command_succeeds_and_says_where_everything_is(swept: Swept) -> None:
    assert swept.done.returncode == 0, swept.done.stdout + swept.done.stderr
    out = swept.done.stdout
    assert "2 cells, 49 trials" in out
    assert "2 computed · 0 resumed · 0 failed" in out
    assert "report  reports/quick.html" in out
    assert out.splitlines()[-1] == "next  open reports/quick.html in a browser"


def test_pipe_gets_plain_lines_one_per_cell_and_nothing_from_the_workers(swept: Swept) -> None:
    assert "\x1b" not in swept.done.stdout
    assert "\r" not in swept.done.stdout
    assert swept.done.stderr == ""
    for number in (1, 2):
        assert len(re.findall(rf"^✓ {number}/2 ", swept.done.stdout, re.MULTILINE)) == 1


def test_every_cell_the_sweep_and_the_report_are_runs_of_their_own(swept: Swept) -> None:
    kinds = ["report", "sweep", "sweep_cell", "sweep_cell"]
    records = [open_run(p.name, runs=p.parent).record() for p in run_folders(swept.project)]
    assert sorted(record["kind"] for record in records) == kinds
    assert {record["status"] for record in records} == {"completed"}
    own = next(record for record in records if record["kind"] == "sweep")
    parents = {record["parent"] for record in records if record["kind"] != "sweep"}
    assert parents == {own["run_id"]}
    assert list((swept.project / "runs" / ".staging").iterdir()) == []


def test_trials_are_counted(swept: Swept) -> None:
    records = {}
    for folder in run_folders(swept.project, "sweep_cell"):
        record = json.loads((folder / "run.json").read_bytes())
        records[record["family"]] = record["trials"][0]["count"]
    assert records == {"sma_crossover/sp500": 29, "rsi_reversion/sp500": 20}
    (own,) = run_folders(swept.project, "sweep")
    metrics = json.loads((own / "run.json").read_bytes())["metrics"]
    assert metrics == {"cells": 2, "cells_failed": 0, "n_trials": 49}


def test_every_pack_is_accepted_by_sha256sum(swept: Swept) -> None:
    tool = shutil.which("sha256sum")
    if tool is None:
        pytest.skip("the public tool sha256sum is not installed")
    folders = run_folders(swept.project)
    assert len(folders) == 4
    for folder in folders:
        command = [tool, "--strict", "--quiet", "-c", "SHA256SUMS"]
        assert subprocess.run(command, cwd=folder, check=False).returncode == 0


@pytest.mark.parametrize("strategy", ["sma_crossover", "rsi_reversion"])
def test_trials_are_what_single_backtests_give(strategy: str, swept: Swept) -> None:
    trials = trials_of(swept.project, strategy)
    axes = AXES[strategy]
    data = load("sp500")
    for _, row in trials.iloc[[0, len(trials) // 2, -1]].iterrows():
        params = {name: int(row[name]) for name in axes}
        single = run_backtest(strategy, data, params, **TERMS).metrics
        for name in METRIC_NAMES:
            assert row[name] == pytest.approx(single[name], rel=1e-9, abs=1e-12, nan_ok=True)


def test_tables_of_the_report_hold_every_trial_and_its_numbers(swept: Swept) -> None:
    reports = swept.project / "reports"
    trials = pd.read_csv(reports / "quick.trials.csv")
    assert len(trials) == 49
    row = trials.iloc[int(trials["sharpe"].argmax())]
    params = {name: int(row[name]) for name in AXES[row["strategy"]]}
    assert row[["fast", "slow", "window", "oversold"]].notna().sum() == len(params)
    single = run_backtest(row["strategy"], load("sp500"), params, **TERMS).metrics
    for name in ("sharpe", "ret", "max_dd", "n_trades", "turnover"):
        assert row[name] == pytest.approx(single[name], rel=1e-9)
    hold = run_backtest("buy_and_hold", load("sp500"), **TERMS).metrics["sharpe"]
    assert row["sharpe_diff"] == pytest.approx(single["sharpe"] - hold, rel=1e-9)

    ranking = pd.read_csv(reports / "quick.ranking.csv")
    best = trials["sharpe"].sort_values(ascending=False).head(10)
    assert ranking["sharpe"].tolist() == pytest.approx(best.tolist(), rel=1e-12)


@pytest.mark.parametrize(
    "name", ["trials", "ranking", "summary", "gates", "facts", "choices", "ranks", "sensitivity"]
)
def test_csv_and_json_say_the_same(name: str, swept: Swept) -> None:
    plain = pd.read_csv(swept.project / "reports" / f"quick.{name}.csv")
    rows = json.loads((swept.project / "reports" / f"quick.{name}.json").read_text("utf-8"))
    assert list(rows[0]) == list(plain.columns)
    pd.testing.assert_frame_equal(
        pd.DataFrame(rows).convert_dtypes(), plain.convert_dtypes(), check_dtype=False, rtol=1e-12
    )


def test_trial_addresses_lead_to_the_trial(swept: Swept) -> None:
    row = pd.read_csv(swept.project / "reports" / "quick.ranking.csv").iloc[0]
    run_id, _, number = row["trial"].partition(":")
    table = open_run(run_id, runs=swept.project / "runs").table("trials")
    assert pd.read_parquet(table).iloc[int(number)]["sharpe"] == pytest.approx(row["sharpe"])


def test_page_is_one_file_of_less_than_eight_megabytes(swept: Swept) -> None:
    page = swept.project / "reports" / "quick.html"
    assert page.stat().st_size < 8_000_000
    text = page.read_text("utf-8")
    assert not re.search(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=[\"']?https?:", text)


def test_page_names_no_folder_of_the_machine(swept: Swept) -> None:
    text = (swept.project / "reports" / "quick.html").read_text("utf-8")
    assert str(swept.project) not in text


def test_one_worker_gives_the_same_numbers(swept: Swept, tmp_path: Path) -> None:
    """One worker has all processors for numbers; two workers have half of them each."""
    project = make_project(tmp_path / "project")
    done = peak(project, "sweep", "configs/sweeps/quick.toml", "--run", "--workers", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert not (project / "reports").exists()
    for strategy in ("sma_crossover", "rsi_reversion"):
        pd.testing.assert_frame_equal(
            trials_of(project, strategy),
            trials_of(swept.project, strategy),
            check_exact=True,
        )


def test_results_are_read_back_in_the_order_of_the_axes(swept: Swept) -> None:
    (own,) = run_folders(swept.project, "sweep")
    results = read_results(own.name, swept.project / "runs")
    assert [cell.label["strategy"] for cell in results.cells] == ["sma_crossover", "rsi_reversion"]
    assert results.n_trials == 49
    assert results.failures == ()
    hold = run_backtest("buy_and_hold", load("sp500"), **TERMS).metrics
    for cell in results.cells:
        assert cell.hold["sharpe"] == pytest.approx(hold["sharpe"], rel=1e-12)
