"""The explorer on a sweep that was really run: looks behind the split are in the ledger."""

from pathlib import Path

import pytest
from scratch import make_project, peak

from peaklib.errors import EvidenceError
from peaklib.evidence import Registry, open_run
from peaklib.sweep.holdout import open_holdout
from peaklib.sweep.looks import looks
from peaklib.widgets import Explorer, explore

pytestmark = pytest.mark.slow

CONFIG = """question = "Does a look leave a trace?"
notebook = "notebooks/sweep_cell.ipynb"
[fixed]
dataset = "sp500"
[foreach]
strategy = ["sma_crossover"]
[grid.sma_crossover]
fast = [5, 20]
slow = [50, 100]
[split]
at = "2010-01-01"
[holdout]
from = "2015-01-01"
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    made = make_project(tmp_path_factory.mktemp("recorded") / "project")
    (made / "configs" / "sweeps" / "looked.toml").write_text(CONFIG, "utf-8")
    done = peak(made, "sweep", "configs/sweeps/looked.toml", "--run")
    assert done.returncode == 0, done.stdout + done.stderr
    return made


@pytest.fixture
def explorer(project, monkeypatch) -> Explorer:
    monkeypatch.setenv("PEAK_HOME", str(project))
    return explore("looked")


def test_name_short_id_and_nothing_at_all_mean_the_newest_sweep(project, explorer):
    run_id = explorer.book.results.run_id
    assert explore().book.results.run_id == run_id
    assert explore(run_id.rpartition("_")[2]).book.results.run_id == run_id
    assert f"{explorer.book.cell(0).run_id}:" in explorer._numbers.value
    with pytest.raises(EvidenceError, match="not a sweep"):
        explore(explorer.book.cell(0).run_id)


def test_each_reveal_is_one_event_and_is_told_to_the_next_reader(project, explorer):
    run_id, before = explorer.book.results.run_id, len(looks(project / "runs"))
    explorer.select(fast=5)
    explorer.show(metric="is_vol")
    assert len(looks(project / "runs")) == before
    explorer.reveal()
    explorer.reveal()
    explorer.select(fast=20)
    made = looks(project / "runs", sweep=run_id, what="out_of_sample")
    assert len(made) == 1
    assert made[0].by == "explorer"
    assert "looked at <strong>1</strong> time so far" in explore("looked")._unseen_words.value


def test_holdout_shows_command_and_openings_and_numbers_only_after_a_reveal(project, explorer):
    run_id, runs = explorer.book.results.run_id, project / "runs"
    words = explorer._unseen_words.value
    assert f"peak sweeps open-holdout {run_id}" in words
    assert "opened 0 times for sp500" in words
    found = open_holdout(open_run(run_id, runs=runs))
    again = explore("looked")
    assert "opened 1 time for sp500" in again._unseen_words.value
    assert found.run.run_id not in again._unseen_words.value
    again.reveal_holdout()
    shown = again._unseen_words.value.replace("−", "-")
    assert found.run.run_id in shown
    assert f"<strong>{found.strategy.metrics['sharpe']:.2f}</strong>" in shown
    assert [look.what for look in looks(runs, sweep=run_id)][-1] == "holdout"


def test_no_row_of_the_holdout_is_in_an_account(explorer):
    explorer.reveal()
    account = explorer.accounts.of(explorer.choice.spot)
    assert f"{account.equity.index[-1]:%Y-%m-%d}" == "2014-12-31"


def test_an_altered_pack_is_refused(project, explorer):
    cell = Registry(project / "runs").find(explorer.book.cell(0).run_id).run_id
    table = next((project / "runs" / cell / "outputs" / "tables").glob("*.parquet"))
    kept = table.read_bytes()
    try:
        table.write_bytes(kept + b"\0")
        with pytest.raises(EvidenceError):
            explore("looked")
    finally:
        table.write_bytes(kept)
