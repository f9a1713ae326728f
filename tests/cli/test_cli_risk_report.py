"""`peak risk report`: a chapter of its own beside a pack that stays as it is."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result
from in_process import sweep_in_process, sweep_text
from scratch import make_project, run_folders

from peaklib.cli import peak
from peaklib.errors import ConfigError, EvidenceError, NotebookError
from peaklib.evidence import Registry, SealedRun, open_run, reproduce, start_run, verify_pack
from peaklib.evidence.files import files_below, sha256_of
from peaklib.evidence.vouch import verify_page
from peaklib.sweep import best_of, read_results
from peaklib.sweep.reporting import report_sweep
from peaklib.sweep.risk_chapter import chapter_of, chapter_table

# One process makes the project that all of these look at.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.notebook,
    pytest.mark.xdist_group(name="risk report"),
]

GRIDS = {"sma_crossover": {"fast": [10, 50], "slow": [200]}}
# A simple model in the place of the default one, which takes seconds to fit.
QUICK = ["-p", "model=student_t", "-p", "window=250", "-p", "refit=250"]
PAGE = "trend.risk.level-0_975.model-student_t.window-250.refit-250.html"
Report = Callable[..., Result]


def digests(folder: Path) -> dict[str, str]:
    """Every file of a pack by its digest."""
    return {name: sha256_of(path) for name, path in files_below(folder)}


@dataclass(frozen=True)
class Written:
    """A project in which the risk chapter of a sweep was written, twice.

    Args:
        project: its folder.
        sweep: id of the sweep's run.
        usual: the command by the notebook's own settings.
        done: the same with settings of a choice.
        before: files of all runs as they were ahead of both.
    """

    project: Path
    sweep: str
    usual: Result
    done: Result
    before: dict[str, dict[str, str]]

    @property
    def run(self) -> SealedRun:
        """Of the chapter with settings."""
        return self._chapter(1)

    @property
    def usual_run(self) -> SealedRun:
        return self._chapter(0)

    def _chapter(self, place: int) -> SealedRun:
        folder = run_folders(self.project, "risk")[place]
        return open_run(folder.name, runs=self.project / "runs")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Written:
    project = make_project(tmp_path_factory.mktemp("risk") / "project")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PEAK_HOME", str(project))
        patch.chdir(project)
        # Seven years are enough for two windows of stress, and quick.
        text = sweep_text(GRIDS, fixed='period = "2006-01-01/2012-12-31"')
        sweep = sweep_in_process(project, "trend", text)
        before = {folder.name: digests(folder) for folder in run_folders(project)}
        usual = CliRunner().invoke(peak, ["risk", "report", "trend"])
        arguments = ["risk", "report", "trend", "-p", "level=0.975", *QUICK]
        done = CliRunner().invoke(peak, arguments)
    return Written(project, sweep, usual, done, before)


@pytest.fixture
def written(finished: Written, monkeypatch: pytest.MonkeyPatch) -> Written:
    monkeypatch.setenv("PEAK_HOME", str(finished.project))
    monkeypatch.chdir(finished.project)
    return finished


@pytest.fixture
def report(written: Written) -> Report:
    def _call(*arguments: str) -> Result:
        return CliRunner().invoke(peak, ["risk", "report", *arguments])

    return _call


# ---- the chapter ----------------------------------------------------------------------------


def test_a_chapter_is_a_run_of_its_own_that_names_its_parent(written: Written) -> None:
    assert written.done.exit_code == 0, written.done.output
    best = best_of(read_results(written.sweep)).trial
    record = written.run.record()
    assert (record["kind"], record["status"]) == ("risk", "completed")
    assert record["parent"] == written.sweep
    config = record["config"]
    assert (config["target"], config["notebook"]) == (best, "risk.ipynb")
    assert (config["level"], config["model"], config["window"]) == (0.975, "student_t", 250)
    assert "account" not in config
    names = ("level", "model", "refit", "window")
    assert config["settings"] == {name: config[name] for name in names}
    assert written.usual_run.config()["settings"] == {}
    used = [entry["name"] for entry in record["inputs"] if entry["role"] == "run"]
    assert used == [written.sweep, best.partition(":")[0]]


def test_packs_that_were_there_are_left_as_they_were(written: Written) -> None:
    assert len(written.before) == 2
    for name, files in written.before.items():
        assert digests(written.project / "runs" / name) == files, name


def test_pack_verifies_and_the_page_is_vouched_for(written: Written) -> None:
    assert verify_pack(written.run.folder, root=written.run.root).ok
    checked = CliRunner().invoke(peak, ["evidence", "verify", written.run.run_id])
    assert checked.exit_code == 0, checked.output
    for name in ("trend.risk.html", PAGE):
        told = verify_page(Registry(), written.project / "reports" / name)
        assert all(check.ok for check in (*told.checks, *told.closing)), name


def test_a_chapter_with_settings_has_a_page_of_its_own_and_is_not_the_one_that_counts(
    written: Written,
) -> None:
    assert written.usual.exit_code == 0, written.usual.output
    found = chapter_of(written.run.config()["target"], Registry())
    assert found is not None
    # The other one is newer.
    assert written.run.run_id > written.usual_run.run_id
    assert (found.run_id, found.page) == (written.usual_run.run_id, "trend.risk.html")
    assert "page  reports/trend.risk.html " in written.usual.output


def test_a_chapter_is_repeated_to_the_last_bit(written: Written, tmp_path: Path) -> None:
    again = reproduce(written.run, Registry().roots(), tmp_path / "again")
    assert again.word == "identical"


def test_what_the_command_says_is_what_the_pack_holds(written: Written) -> None:
    lines = written.done.output.splitlines()
    verdict = pd.read_parquet(written.run.table("verdict")).iloc[0]
    assert lines[0] == f"risk  of {written.run.config()['target']}"
    assert lines[-3:] == [
        f"page  reports/{PAGE}   run {written.run.run_id}",
        f"verdict  {verdict['verdict']}: {verdict['headline']}",
        f"next  open reports/{PAGE} in a browser",
    ]
    assert verdict["headline"].startswith("Losses passed the 97.5 % VaR ")
    coverage = pd.read_parquet(written.run.table("coverage")).set_index("model")
    metrics = written.run.record()["metrics"]
    row = coverage.loc["student_t"]
    assert (metrics["n_days"], metrics["n_exceedances"]) == (row["n_days"], row["n_exceedances"])
    # All models are judged on the same days.
    assert coverage["n_days"].nunique() == 1
    assert row["expected"] == pytest.approx(0.025 * row["n_days"])
    assert row["share"] == pytest.approx(row["n_exceedances"] / row["n_days"])
    assert f"{row['n_exceedances']:.0f} times in {row['n_days']:,.0f} days" in verdict["headline"]


def test_tables_have_the_columns_that_the_reference_names(written: Written) -> None:
    expected = {
        "verdict": "verdict headline",
        "gates": "gate state found rule",
        "measures": "measure account bars var expected_shortfall n_obs remark",
        "coverage": "model n_days n_exceedances expected share n_refits failed",
        "tests": "model test asks statistic dof p_value decision sentence",
        "stress": "scenario title kind period shock measure loss worst_drawdown worst_day days "
        "cost var_before var_after distance probability status reason held hold_loss",
        "drawdowns": "rank depth peak trough recovery bars bars_under",
        "contributions": "rank sp500 costs",
    }
    found = {
        path.stem: list(pd.read_parquet(path).columns)
        for path in (written.run.folder / "outputs" / "tables").glob("*.parquet")
    }
    assert found.pop("factors")[0] == "factor"
    assert found == {table: names.split() for table, names in expected.items()}


def test_the_report_of_the_sweep_can_link_the_chapter_of_its_best_trial(written: Written) -> None:
    results, target = read_results(written.sweep), written.usual_run.config()["target"]
    found = chapter_table(results, best_of(results))
    assert found is not None
    table, links = found
    (row,) = table.to_dict("records")
    assert (row["of"], row["run"]) == (target, written.usual_run.run_id)
    assert f"verdict  {row['verdict']}: {row['finding']}" in written.usual.output
    assert links == {target: "trend.risk.html"}
    published = Registry().row(written.usual_run.run_id).published
    assert chapter_table(results, best_of(results), as_of=published) is None
    assert chapter_table(replace(results, run_id=""), best_of(results)) is None


# ---- accounts that are short, or still ------------------------------------------------------


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = make_project(tmp_path / "project")
    monkeypatch.setenv("PEAK_HOME", str(made))
    monkeypatch.chdir(made)
    return made


def test_a_sweep_over_a_file_of_300_bars_gets_the_chapter_that_it_asks_for(elsewhere: Path) -> None:
    moves = np.random.default_rng(3).standard_t(4, 300) * 0.01 + 0.001
    close = 100 * np.cumprod(1 + moves)
    days = pd.bdate_range("2020-01-01", periods=300, tz="UTC", name="time")
    bars = pd.DataFrame(dict.fromkeys(("open", "high", "low", "close"), close), index=days)
    (elsewhere / "data").mkdir()
    bars.assign(volume=1.0).to_csv(elsewhere / "data" / "short.csv")
    text = sweep_text({"sma_crossover": {"fast": [3, 5], "slow": [20]}}, data="data/short.csv")
    sweep = sweep_in_process(elsewhere, "short", f"{text}\n[report]\nrisk = true\n")
    made = report_sweep(open_run(sweep), threads=1)
    assert made.problem == ""
    assert made.risk is not None
    assert made.risk.page.name == "short.risk.html"
    assert '"short.risk.html"' in made.report.page.read_text("utf-8")
    coverage = pd.read_csv(elsewhere / "reports" / "short.risk.coverage.csv")
    assert coverage["n_days"].nunique() == 1
    assert coverage["n_days"].iloc[0] > 0


def test_an_account_that_stood_still_for_a_year_has_a_chapter(
    report: Report, elsewhere: Path
) -> None:
    draws = np.random.default_rng(5).standard_t(5, 700) * 0.01
    draws[300:550] = 0.0
    days = pd.bdate_range("2015-01-01", periods=700, tz="UTC")
    with start_run(kind="notebook", config={}) as run:
        run.save_table("returns", pd.DataFrame({"time": days, "mine": draws}))
        run.log_metric("bars_per_year", 252.0)
    done = report(run.run_id, *QUICK)
    assert done.exit_code == 0, done.output
    (folder,) = run_folders(elsewhere, "risk")
    found = open_run(folder.name)
    # 450 days moved, of which a model may look back on half.
    assert found.record()["metrics"]["n_days"] == 450 - 225
    assert found.record()["metrics"]["var"] > 0
    page = done.output.splitlines()[1].split()[1]
    assert (elsewhere / page).is_file()
    measures = pd.read_parquet(found.table("measures")).set_index(["measure", "account", "bars"])
    assert measures.at[("historical", "account", 1), "n_obs"] == 450


# ---- what is refused ------------------------------------------------------------------------


def test_a_wrong_parameter_is_refused_before_a_kernel_starts(
    report: Report, written: Written
) -> None:
    before = len(run_folders(written.project))
    for name in ("target", "as_of", "account"):
        done = report("trend", "-p", f"{name}=1")
        assert done.exit_code == 2, name
        assert f"-p {name}=…: is chosen by the command" in done.output
    wrong = report("trend", "-p", "level=high")
    assert isinstance(wrong.exception, ConfigError)
    assert "level = 'high'" in str(wrong.exception)
    several = ["level=95.0", "model=studnet_t", "window=20", "loss_limit=0.0", "horizon=0"]
    found = report("trend", *(part for each in several for part in ("-p", each)))
    assert isinstance(found.exception, ConfigError)
    assert len(found.exception.problems) == len(several)
    assert "did you mean 'student_t'" in str(found.exception)
    nowhere = report("trend", "-p", "scenarios=configs/nowhere")
    assert isinstance(nowhere.exception, ConfigError)
    assert "configs/nowhere: 1 mistake" in str(nowhere.exception)
    unknown = report("trend", "-p", "levle=0.9")
    assert isinstance(unknown.exception, NotebookError)
    assert "levle" in str(unknown.exception)
    for account in ("hold", "cash"):
        done = report("trend", "--account", account)
        assert isinstance(done.exception, EvidenceError)
        assert "has one account only" in str(done.exception)
    assert len(run_folders(written.project)) == before


def test_what_has_no_account_is_refused(report: Report, written: Written) -> None:
    with start_run(kind="notebook", config={}) as bare:
        bare.log_metric("bars_per_year", 252.0)
    cases = {
        "nothing": "there are trend",
        bare.run_id: "without a table 'returns'",
        written.run.run_id: "a run of kind risk without a table 'returns'",
        f"{written.sweep}:1": "it has no grid points",
    }
    for text, said in cases.items():
        done = report(text)
        assert isinstance(done.exception, EvidenceError), text
        assert said in str(done.exception)


def test_a_pack_that_was_altered_has_no_risk_to_tell(
    report: Report, written: Written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = tmp_path / "project"
    shutil.copytree(written.project, made)
    monkeypatch.setenv("PEAK_HOME", str(made))
    monkeypatch.chdir(made)
    cell = run_folders(made, "sweep_cell")[0]
    with (cell / "outputs" / "tables" / "trials.parquet").open("ab") as file:
        file.write(b" ")
    for text in ("trend", cell.name, f"{cell.name}:1"):
        done = report(text)
        assert isinstance(done.exception, EvidenceError)
        assert f"run {cell.name} was altered" in str(done.exception)


def test_without_its_notebook_it_says_which_file_is_missing(
    report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_project(tmp_path / "project")
    (made / "notebooks" / "risk.ipynb").unlink()
    monkeypatch.setenv("PEAK_HOME", str(made))
    monkeypatch.chdir(made)
    done = report("trend")
    assert isinstance(done.exception, EvidenceError)
    assert "there is no notebooks/risk.ipynb" in str(done.exception)
