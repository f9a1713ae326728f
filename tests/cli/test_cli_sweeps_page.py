"""`peak sweeps page`: a notebook over a sweep, its files, its run, and what it refuses."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from in_process import make_sweeps
from scratch import make_project, run_folders, write_notebook

from peaklib.cli import peak
from peaklib.errors import ConfigError, EvidenceError, NotebookError
from peaklib.evidence import Registry, open_run, reproduce, verify_pack
from peaklib.evidence.vouch import verify_page

# Together they take a quarter of a minute: all of CI runs them, the inner loop does not.
pytestmark = pytest.mark.slow

Page = Callable[..., Result]

# Says what it was told, so that a test sees it.
SEEN = """import pandas as pd
from peaklib import evidence, render
run = evidence.attach(run_dir)
run.save_table("seen", pd.DataFrame([{"sweep": sweep_run, "lines": as_of, "n": n, "seed": seed}]))
render.note(f"{n} times")"""
SEEN_PARAMETERS = """run_dir: str = ""  # folder
sweep_run: str = ""  # run of the sweep
as_of: int = 0  # lines of the ledger
n: int = 3  # of something
seed: int = 99  # of nothing"""
ONE = """import pandas as pd
from peaklib import evidence
run = evidence.attach(run_dir)
run.save_table("seen", pd.DataFrame([{"target": target}]))"""
ONE_PARAMETERS = 'run_dir: str = ""  # folder\ntarget: str = ""  # a sweep or one of its trials'


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A project with two sweeps and three small notebooks."""
    project = make_project(tmp_path_factory.mktemp("pages") / "project")
    write_notebook(project / "notebooks" / "seen.ipynb", SEEN_PARAMETERS, SEEN)
    write_notebook(project / "notebooks" / "one.ipynb", ONE_PARAMETERS, ONE)
    write_notebook(project / "notebooks" / "alone.ipynb", 'run_dir: str = ""  # folder')
    write_notebook(project / "notebooks" / "broken.ipynb", SEEN_PARAMETERS, "1 / 0")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PEAK_HOME", str(project))
        ids = make_sweeps(project, "first", "reversion")
    return {**ids, "project": str(project)}


@pytest.fixture
def project(store: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PEAK_HOME", store["project"])
    monkeypatch.chdir(store["project"])
    return Path(store["project"])


@pytest.fixture
def page(project: Path) -> Page:
    """Call `peak sweeps page` in that project."""

    def _call(*arguments: str) -> Result:
        return CliRunner().invoke(peak, ["sweeps", "page", *arguments])

    return _call


def seen(project: Path, name: str) -> dict[str, object]:
    (row,) = json.loads((project / "reports" / f"{name}.seen.json").read_text("utf-8"))
    assert isinstance(row, dict)
    return row


@pytest.mark.slow
@pytest.mark.notebook
def test_page_and_tables_are_named_after_sweep_and_notebook_and_vouched_for(
    page: Page, project: Path, store: dict[str, str]
) -> None:
    registry = Registry(project / "runs")
    lines = registry.ledger.checkpoint().size
    done = page("seen", "narrow", "-p", "n=7")
    assert done.exit_code == 0, done.output
    assert "page  reports/narrow.seen.html" in done.output
    assert done.output.splitlines()[-1] == "next  open reports/narrow.seen.html in a browser"
    row = seen(project, "narrow.seen")
    # A seed that nobody gave is the sweep's.
    assert row == {"sweep": store["first"], "lines": lines, "n": 7, "seed": 0}
    made = project / "reports" / "narrow.seen.html"
    assert "<title>narrow · seen</title>" in made.read_text("utf-8")
    told = verify_page(registry, made)
    assert all(report.ok for report in told.reports)
    assert all(check.ok for check in (*told.checks, *told.closing))


@pytest.mark.slow
@pytest.mark.notebook
def test_run_of_a_page_is_a_report_that_is_repeated_with_its_parameters(
    page: Page, project: Path, store: dict[str, str], tmp_path: Path
) -> None:
    assert page("seen", store["first"][-6:], "-p", "n=5").exit_code == 0
    run = open_run(run_folders(project, "report")[-1].name)
    assert verify_pack(run.folder, root=run.root).ok
    record = run.record()
    assert record["parent"] == store["first"]
    assert record["config"]["notebook"] == "seen.ipynb"
    assert record["config"]["n"] == 5
    done = reproduce(run, Registry().roots(), tmp_path / "again")
    assert done.word == "identical"


@pytest.mark.slow
@pytest.mark.notebook
def test_without_a_name_it_is_the_newest_sweep(
    page: Page, project: Path, store: dict[str, str]
) -> None:
    assert page("notebooks/seen.ipynb").exit_code == 0
    assert seen(project, "reversion.seen")["sweep"] == store["reversion"]


@pytest.mark.slow
@pytest.mark.notebook
def test_a_trial_is_handed_to_a_notebook_that_is_about_one(
    page: Page, project: Path, store: dict[str, str]
) -> None:
    cell = next(
        path
        for path in run_folders(project)
        if open_run(path.name).record()["parent"] == store["first"]
        and open_run(path.name).record()["kind"] == "sweep_cell"
    )
    done = page("one", f"{cell.name[-6:]}:2")
    assert done.exit_code == 0, done.output
    assert seen(project, "narrow.one")["target"] == f"{cell.name}:2"
    assert page("one", "narrow").exit_code == 0
    assert seen(project, "narrow.one")["target"] == store["first"]


@pytest.mark.slow
@pytest.mark.notebook
def test_a_notebook_that_fails_is_named_with_the_executed_copy(page: Page) -> None:
    done = page("broken", "narrow")
    assert isinstance(done.exception, NotebookError)
    assert "the page 'broken' failed: ZeroDivisionError" in str(done.exception)


def test_a_trial_for_a_notebook_about_sweeps_is_refused(page: Page, project: Path) -> None:
    cell = run_folders(project, "sweep_cell")[0]
    done = page("seen", f"{cell.name}:1")
    assert done.exit_code == 2
    assert "seen.ipynb is about a whole sweep" in done.output


@pytest.mark.parametrize("name", ["sweep_run", "as_of", "target"])
def test_what_is_looked_at_cannot_be_set_by_a_parameter(page: Page, name: str) -> None:
    done = page("seen", "narrow", "-p", f"{name}=1")
    assert done.exit_code == 2
    assert f"-p {name}=…: is chosen by the command" in done.output


def test_a_parameter_of_another_type_is_refused_before_a_kernel_starts(
    page: Page, project: Path
) -> None:
    before = len(run_folders(project))
    done = page("seen", "narrow", "-p", "n=many")
    assert isinstance(done.exception, ConfigError)
    assert len(run_folders(project)) == before


def test_a_notebook_that_is_not_there_is_an_error_that_lists_the_others(page: Page) -> None:
    done = page("heatmap", "narrow")
    assert isinstance(done.exception, NotebookError)
    assert "heatmaps.ipynb" in str(done.exception)


def test_a_notebook_that_cannot_be_told_its_sweep_is_refused(page: Page) -> None:
    done = page("alone", "narrow")
    assert isinstance(done.exception, NotebookError)
    assert "neither a parameter sweep_run nor target" in str(done.exception)


def test_a_run_that_is_no_sweep_is_refused(page: Page, project: Path) -> None:
    cell = run_folders(project, "sweep_cell")[0]
    done = page("seen", cell.name)
    assert isinstance(done.exception, EvidenceError)
    assert "not a sweep" in str(done.exception)


def test_a_project_without_a_sweep_says_how_to_make_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = make_project(tmp_path / "empty")
    monkeypatch.setenv("PEAK_HOME", str(empty))
    monkeypatch.chdir(empty)
    done = CliRunner().invoke(peak, ["sweeps", "page", "heatmaps"])
    assert isinstance(done.exception, EvidenceError)
    assert "there is no finished sweep" in str(done.exception)


def test_a_sweep_with_an_altered_cell_is_not_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_project(tmp_path / "project")
    monkeypatch.setenv("PEAK_HOME", str(made))
    monkeypatch.chdir(made)
    make_sweeps(made, "reversion")
    cell = run_folders(made, "sweep_cell")[0]
    with (cell / "outputs" / "metrics.json").open("ab") as file:
        file.write(b" ")
    done = CliRunner().invoke(peak, ["sweeps", "page", "heatmaps"])
    assert isinstance(done.exception, EvidenceError)
    assert cell.name in str(done.exception)
    assert not (made / "reports").exists()
