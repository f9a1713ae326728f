"""`peak sweeps portfolio`: chosen before the split, judged behind it, every look counted."""

import json
import shutil
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner, Result
from in_process import InProcess, sweep_in_process
from scratch import make_project, peak as peak_in_shell, run_folders

from peaklib.cli import peak
from peaklib.data import load
from peaklib.errors import DataError, EvidenceError
from peaklib.evidence import Registry, SealedRun, open_run, reproduce, verify_pack
from peaklib.evidence.places import HOLDOUT_VARIABLE
from peaklib.evidence.vouch import verify_page
from peaklib.sweep import make_plan, run_sweep
from peaklib.sweep.looks import looks, reveal

# They execute notebooks over one finished sweep, which one process makes for all of them.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.notebook,
    pytest.mark.xdist_group(name="sweeps portfolio"),
]

SPLIT, HOLDOUT = "2011-01-03", "2014-01-02"
CONFIG = f"""question = "Which trials of two textbook rules make a portfolio?"
notebook = "notebooks/sweep_cell.ipynb"
seed = 5
[holdout]
from = "{HOLDOUT}"
[split]
at = "{SPLIT}"
[fixed]
dataset = "sp500"
[foreach]
strategy = ["sma_crossover", "rsi_reversion"]
[grid.sma_crossover]
fast = [10, 30]
slow = [200, 300]
[grid.rsi_reversion]
window = [5, 14, 20]
oversold = [20, 30]
"""
FREE = ["--min-dsr", "0", "--max-pbo", "1", "--min-days", "30"]


class KeptBack(InProcess):
    """Cells in this process that cannot read the rows of a holdout, as in a kernel."""

    def submit(self, call: Any, /, *arguments: Any, **named: Any) -> "Future[Any]":
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(HOLDOUT_VARIABLE, HOLDOUT)
            return super().submit(call, *arguments, **named)


def call(*arguments: str) -> Result:
    return CliRunner().invoke(peak, [*arguments])


def columns_of(run: SealedRun, table: str) -> list[str]:
    return list(pd.read_parquet(run.table(table)).columns)


@dataclass(frozen=True)
class Done:
    """A project in which three portfolio commands and a risk report were called.

    Args:
        project: its folder.
        sweep: id of the sweep's run.
        nobody: nobody met the rules. Then somebody looked with the explorer.
        members: there were members.
        chapter: risk of that portfolio.
        looks: in the ledger after each of the first two.
        page: of the portfolio as the command left it.
    """

    project: Path
    sweep: str
    nobody: Result
    members: Result
    chapter: Result
    looks: tuple[int, int]
    page: str

    def run(self, place: int, kind: str = "portfolio") -> SealedRun:
        return open_run(run_folders(self.project, kind)[place].name, runs=self.project / "runs")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Done:
    project = make_project(tmp_path_factory.mktemp("portfolios") / "project")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PEAK_HOME", str(project))
        patch.chdir(project)
        config = project / "configs" / "sweeps" / "held.toml"
        config.write_text(CONFIG, "utf-8")
        plan = make_plan(config)
        swept = run_sweep(plan, lambda progress: None, workers=1, threads=1, executor=KeptBack)
        sweep = swept.run.run_id
        nobody = call("sweeps", "portfolio", "held", "--min-dsr", "1")
        after_nobody = len(looks(project / "runs"))
        reveal(open_run(sweep))
        members = call("sweeps", "portfolio", "held", *FREE)
        after_members = len(looks(project / "runs"))
        page = (project / "reports" / "held.sweep_portfolio.html").read_text("utf-8")
        portfolio = run_folders(project, "portfolio")[-1].name
        settings = ["-p", "model=student_t", "-p", "window=250"]
        chapter = call("risk", "report", portfolio, "--account", "hold", *settings)
    return Done(project, sweep, nobody, members, chapter, (after_nobody, after_members), page)


@pytest.fixture
def done(finished: Done, monkeypatch: pytest.MonkeyPatch) -> Done:
    monkeypatch.setenv("PEAK_HOME", str(finished.project))
    monkeypatch.chdir(finished.project)
    return finished


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Another project, in which nothing was run yet."""
    made = make_project(tmp_path / "project")
    monkeypatch.setenv("PEAK_HOME", str(made))
    monkeypatch.chdir(made)
    return made


# ---- nobody ---------------------------------------------------------------------------------


def test_nobody_is_an_answer_that_costs_no_look(done: Done) -> None:
    assert done.nobody.exit_code == 0, done.nobody.output
    assert f"trials looked at before {SPLIT}, 0 taken" in done.nobody.output
    assert "floor 1.00" in done.nobody.output
    assert "verdict  NOT SUPPORTED: None of" in done.nobody.output
    assert done.looks[0] == 0
    run = done.run(0)
    record = run.record()
    assert (record["status"], record["parent"]) == ("completed", done.sweep)
    assert record["metrics"]["n_members"] == 0
    assert set(pd.read_parquet(run.table("candidates"))["verdict"].str.split().str[0]) == {"DSR"}
    # Nothing behind the split is in the pack.
    for table in ("returns", "judged", "members"):
        with pytest.raises(EvidenceError, match="no table"):
            run.table(table)


# ---- members --------------------------------------------------------------------------------


def test_members_are_judged_after_one_look_that_is_on_record(done: Done) -> None:
    assert done.members.exit_code == 0, done.members.output
    run = done.run(1)
    assert done.looks[1] == 2
    own = looks(done.project / "runs", sweep=done.sweep)[-1]
    assert (own.by, own.what, own.instruments) == ("portfolio", "out_of_sample", ("sp500",))
    published = Registry(done.project / "runs").row(run.run_id).published
    assert own.seq < run.config()["as_of"] <= published
    gates = pd.read_parquet(run.table("gates")).set_index("gate")
    verdict = pd.read_parquet(run.table("verdict"))["verdict"].iloc[0]
    assert verdict in ("INCONCLUSIVE", "NOT SUPPORTED")
    # By the explorer; this look is not the one before it.
    assert gates.at["Days were unseen", "found"] == "looked at once"
    assert gates.at["Days were unseen", "state"] == "open"
    assert "looked at once" in done.page


def test_what_the_command_says_is_what_the_pack_holds(done: Done) -> None:
    run = done.run(1)
    members = pd.read_parquet(run.table("members"))
    for row in members.to_dict("records"):
        assert f"✓ {row['member']}  Sharpe {row['is_sharpe']:.2f}" in done.members.output
    verdict = pd.read_parquet(run.table("verdict")).iloc[0]
    assert f"verdict  {verdict['verdict']}: {verdict['headline']}" in done.members.output
    assert f"page  reports/held.sweep_portfolio.html   run {run.run_id}" in done.members.output
    assert done.members.output.splitlines()[-1] == f"next  peak risk report {run.run_id}"
    record = run.record()
    assert (record["kind"], record["parent"], record["seed"]) == ("portfolio", done.sweep, 5)
    assert record["metrics"]["n_members"] == len(members) >= 2
    assert record["config"]["min_dsr"] == 0
    assert record["config"]["max_correlation"] == 0.5
    assert record["config"]["min_days"] == 30
    candidates = pd.read_parquet(run.table("candidates"))
    few = candidates[candidates["n_days"] < 30]
    assert len(few)
    assert few["verdict"].str.startswith(("moved on ", "correlates ")).all()


def test_pack_verifies_and_the_page_is_vouched_for(done: Done) -> None:
    run = done.run(1)
    assert verify_pack(run.folder, root=run.root).ok
    told = verify_page(
        Registry(done.project / "runs"), done.project / "reports" / "held.sweep_portfolio.html"
    )
    assert all(report.ok for report in told.reports)
    assert all(check.ok for check in (*told.checks, *told.closing))


def test_a_portfolio_is_repeated_to_the_last_bit(done: Done, tmp_path: Path) -> None:
    again = reproduce(done.run(1), Registry().roots(), tmp_path / "again")
    assert again.word == "identical"


def test_rows_of_the_holdout_are_in_no_table_and_no_input(done: Done) -> None:
    run = done.run(1)
    days = pd.read_parquet(run.table("returns"))
    assert days["time"].max() < pd.Timestamp(HOLDOUT, tz="UTC")
    assert set(days[days["time"] < pd.Timestamp(SPLIT, tz="UTC")]["side"]) == {"is"}
    cut = load("sp500", holdout_from=HOLDOUT)
    used = [entry for entry in run.record()["inputs"] if entry["role"] == "data"]
    assert [entry["digest"] for entry in used] == [cut.digest]
    assert days["time"].max() == cut.frame.index[-1]


def test_tables_have_the_columns_that_the_reference_names(done: Done) -> None:
    run = done.run(1)
    members = pd.read_parquet(run.table("members"))["member"].to_list()
    expected = {
        "verdict": "verdict headline",
        "gates": "gate state found rule",
        "candidates": "candidate is_sharpe dsr pbo n_days verdict trial",
        "judged": "account is_sharpe oos_sharpe oos_sharpe_lo oos_sharpe_hi oos_ret oos_vol "
        "oos_max_dd",
        "correlations": "first second is_rho oos_rho",
    }
    for table, names in expected.items():
        assert columns_of(run, table) == names.split(), table
    assert columns_of(run, "members") == [
        *("member", "share", "share, of risk", "is_sharpe", "oos_sharpe", "dsr", "pbo", "trial")
    ]
    accounts = ["time", "side", "portfolio", "equal weights", "best member", "hold"]
    assert columns_of(run, "returns") == [*accounts, *members]


def test_the_notebook_alone_shows_nothing_behind_a_split_that_no_look_is_counted_for(
    elsewhere: Path,
) -> None:
    config = elsewhere / "configs" / "sweeps" / "held.toml"
    config.write_text(CONFIG, "utf-8")
    swept = run_sweep(
        make_plan(config), lambda progress: None, workers=1, threads=1, executor=KeptBack
    )
    given = [f"sweep_run={swept.run.run_id}", "min_dsr=0.0", "max_pbo=1.0", "min_days=30"]
    settings = [part for each in given for part in ("-p", each)]
    found = peak_in_shell(elsewhere, "run", "notebooks/sweep_portfolio.ipynb", *settings)
    assert found.returncode == 1
    assert "nobody has counted a look behind its split" in found.stdout
    assert "peak sweeps portfolio" in found.stdout
    assert looks(elsewhere / "runs") == []
    (failed,) = run_folders(elsewhere, "notebook")
    assert not list((failed / "outputs").glob("tables/*.parquet"))


# ---- its risk -------------------------------------------------------------------------------


def test_the_risk_of_one_of_its_accounts_is_told_by_one_command(done: Done) -> None:
    assert done.chapter.exit_code == 0, done.chapter.output
    run, parent = done.run(0, "risk"), done.run(1)
    record = run.record()
    assert record["parent"] == parent.run_id
    assert record["config"]["account"] == "hold"
    assert f"risk  of {parent.run_id}" in done.chapter.output
    name = f"held.risk.{parent.run_id[-6:]}.hold.model-student_t.window-250.html"
    page = done.project / "reports" / name
    assert "It is the same as holding." in page.read_text("utf-8")
    # 250 days for the first forecast, then every unseen day up to the holdout that moved.
    unseen = pd.read_parquet(parent.table("returns")).query("side == 'oos'")
    assert record["metrics"]["n_days"] == int((unseen["hold"] != 0).sum()) - 250
    used = [entry["name"] for entry in record["inputs"] if entry["role"] == "run"]
    assert used == [parent.run_id]


# ---- what is refused ------------------------------------------------------------------------


def test_without_a_split_it_says_how_to_give_one(
    elsewhere: Path,
) -> None:
    text = CONFIG.replace(f'[split]\nat = "{SPLIT}"\n', "").replace(
        f'[holdout]\nfrom = "{HOLDOUT}"\n', ""
    )
    sweep_in_process(elsewhere, "whole", text)
    found = call("sweeps", "portfolio", "whole")
    assert isinstance(found.exception, DataError)
    assert "has no [split]" in str(found.exception)
    assert "--split 2011-01-01" in str(found.exception)
    assert looks(elsewhere / "runs") == []


def test_a_wrong_value_is_refused_before_anything_is_read(done: Done) -> None:
    cases = {
        ("--split", "soon"): "no date; write one as in 2016-01-01",
        ("--split", "2011"): "no date",
        ("--max-correlation", "1"): "not in the range",
        ("--min-dsr", "1.5"): "not in the range",
        ("--max-pbo", "-0.1"): "not in the range",
        ("--min-days", "0"): "not in the range",
        ("--members", "0"): "not in the range",
        ("--per-run", "0"): "not in the range",
    }
    before = len(run_folders(done.project))
    for arguments, said in cases.items():
        found = call("sweeps", "portfolio", "held", *arguments)
        assert found.exit_code == 2, arguments
        assert said in " ".join(found.output.split()), arguments
    assert len(run_folders(done.project)) == before


def test_a_split_outside_the_days_costs_no_look(done: Done) -> None:
    before = len(looks(done.project / "runs"))
    for day in ("1998-01-02", "2014-06-02", "2030-01-01"):
        found = call("sweeps", "portfolio", "held", "--split", day)
        assert isinstance(found.exception, DataError)
        assert f"split = {day}: sp500 is measured from" in str(found.exception)
        # Days of the holdout are not even named.
        assert "to 2013-12-31" in str(found.exception)
    assert len(looks(done.project / "runs")) == before


def test_what_is_no_sweep_or_was_altered_is_refused(
    done: Done, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = tmp_path / "project"
    shutil.copytree(done.project, made)
    monkeypatch.setenv("PEAK_HOME", str(made))
    monkeypatch.chdir(made)
    cell = run_folders(made, "sweep_cell")[0]
    for name, said in {"nothing": "there are held", cell.name: "not a sweep"}.items():
        found = call("sweeps", "portfolio", name)
        assert isinstance(found.exception, EvidenceError)
        assert said in str(found.exception)
    path = cell / "outputs" / "metrics.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8"))), "utf-8")
    found = call("sweeps", "portfolio", "held", *FREE)
    assert isinstance(found.exception, EvidenceError)
    assert f"run {cell.name} was altered" in str(found.exception)
    assert len(looks(made / "runs")) == len(looks(done.project / "runs"))
