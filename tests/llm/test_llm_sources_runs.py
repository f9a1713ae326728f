"""Runs as sources, and what a run keeps of its sources so that it can be repeated without them."""

import json
import shutil
from pathlib import Path

import nbformat.v4 as v4
import pytest
from nbformat import write

from peaklib.errors import DataError, EvidenceError
from peaklib.evidence import SealedRun, open_run, start_run, verify_pack
from peaklib.llm.grounding import check_grounding
from peaklib.llm.sources import best_quotes, extractive_claims, gather, keep
from peaklib.llm.sources.runs import PERCENT
from peaklib.render.formats import _PERCENT

# Together they take long: `make test` runs them.
pytestmark = pytest.mark.slow

METRICS = {
    "best_sharpe": 0.5312,
    "cagr": 0.0361,
    "hold_max_dd": -0.56775,
    "n_trials": 64,
    "oos_sharpe_lo": -0.1,
    "omega": float("nan"),
    "recovery": float("inf"),
    "P value": 0.13,
    "undefined": None,
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one text."""
    page = tmp_path / "project" / "docs" / "a.md"
    page.parent.mkdir(parents=True)
    page.write_text("# Gates\n\nGates decide about a sweep.\n", "utf-8")
    return tmp_path / "project"


@pytest.fixture
def done(project: Path) -> SealedRun:
    """A run of a sweep with metrics of every kind."""
    config = {
        "config": {"question": "Does it beat holding?"},
        "grid": {"fast": [5, 10], "slow": []},
    }
    with start_run(kind="sweep", config=config, runs=project / "runs") as run:
        run.log_metrics(METRICS)
        run.note("Made for\na test.")
    return open_run(run.run_id, runs=project / "runs")


def test_run_says_its_question_config_remarks_and_metrics(project: Path, done: SealedRun) -> None:
    (source,) = gather([done.run_id], environ={}, root=project)
    short = done.run_id[-6:]
    assert source.text.split("\n") == [
        f"Run {done.run_id} is a sweep; it completed.",
        "Question: Does it beat holding?",
        "config config.question: Does it beat holding?",
        "config grid.fast: 5, 10",
        "config grid.slow: none",
        "note: Made for a test.",
        f"P value is 0.13 [run.{short}.p_value]",
        f"best Sharpe ratio (best_sharpe) is 0.53 [run.{short}.best_sharpe]",
        f"return a year (cagr) is 3.6 % [run.{short}.cagr]",
        f"largest drawdown of holding (hold_max_dd) is -56.8 % [run.{short}.hold_max_dd]",
        f"number of trials (n_trials) is 64 [run.{short}.n_trials]",
        "lower end of the Sharpe ratio out of sample (oos_sharpe_lo) is -0.10 "
        f"[run.{short}.oos_sharpe_lo]",
    ]
    assert (source.kind, source.digest, source.name) == ("run", done.root, done.run_id)


def test_metrics_are_evidence_that_the_runs_own_lines_agree_with(
    project: Path, done: SealedRun
) -> None:
    library = gather([done.run_id[-6:]], environ={}, root=project)
    assert library.evidence[f"run.{done.run_id[-6:]}.best_sharpe"].value == 0.5312
    for line in library.sources[0].text.split("\n"):
        if line.endswith("]"):
            assert check_grounding(line, library.evidence).grounded, line


def test_metric_is_quoted_with_its_key(project: Path, done: SealedRun) -> None:
    library = gather([done.run_id], environ={}, root=project)
    quotes = best_quotes(library, ["What is the best Sharpe ratio of the sweep?"], most=1)
    (claim,) = extractive_claims(quotes, library.evidence)
    assert claim.keys == (f"run.{done.run_id[-6:]}.best_sharpe",)
    assert claim.quote.startswith("best Sharpe ratio (best_sharpe) is 0.53")


def test_percent_metrics_are_those_of_the_reports() -> None:
    """llm stands below render, so the list stands in both; here they are held together."""
    assert PERCENT == _PERCENT


def test_question_of_a_notebook_is_that_of_its_opening(project: Path) -> None:
    opening = "# T\n\n**Question**  Is it\nreal?\n\n**Reads**  data"
    cells = [v4.new_code_cell("1"), v4.new_markdown_cell(opening)]
    with start_run(kind="notebook", config={"parameters": {}}, runs=project / "runs") as run:
        assert run.folder is not None
        write(v4.new_notebook(cells=cells), run.folder / "notebook.ipynb")
    (source,) = gather([run.run_id], environ={}, root=project)
    assert "Question: Is it real?\n" in source.text
    assert "config parameters: {}" in source.text


def test_run_that_is_not_what_was_published_is_refused(project: Path, done: SealedRun) -> None:
    record = done.folder / "outputs" / "metrics.json"
    record.write_text(json.dumps({"best_sharpe": 5.3}), "utf-8")
    with pytest.raises(DataError, match="is not what was published"):
        gather([done.run_id], environ={}, root=project)


def test_sources_are_kept_and_runs_named_as_inputs(project: Path, done: SealedRun) -> None:
    library = gather(["docs/a.md", done.run_id], environ={}, root=project)
    with start_run(kind="test", config={}, runs=project / "runs") as run:
        keep(run, library)
    sealed = open_run(run.run_id, runs=project / "runs")
    kept = sealed.folder / "inputs" / "sources" / "docs" / "a.md"
    assert kept.read_bytes() == (project / "docs" / "a.md").read_bytes()
    (entry,) = sealed.record()["inputs"]
    assert (entry["role"], entry["name"], entry["digest"]) == ("run", done.run_id, done.root)
    assert verify_pack(sealed.folder, root=sealed.root).ok


@pytest.fixture
def research(project: Path, done: SealedRun) -> SealedRun:
    """A run that kept a page and a run."""
    with start_run(kind="test", config={}, runs=project / "runs") as run:
        keep(run, gather(["docs/*.md", done.run_id], environ={}, root=project))
    return open_run(run.run_id, runs=project / "runs")


def test_repeated_run_reads_its_copies_though_the_files_are_gone(
    project: Path, research: SealedRun, done: SealedRun
) -> None:
    asked = ["docs/*.md", done.run_id]
    before = gather(asked, environ={}, root=project)
    shutil.rmtree(project / "docs")
    again = gather(asked, environ={"PEAK_INPUTS": str(research.folder)}, root=project)
    assert [(s.name, s.digest, s.text) for s in again] == [
        (s.name, s.digest, s.text) for s in before
    ]
    with pytest.raises(DataError):
        gather(asked, environ={}, root=project)


def test_repeated_run_that_asks_for_other_sources_is_stopped(
    project: Path, research: SealedRun
) -> None:
    with pytest.raises(EvidenceError, match="run the notebook by itself"):
        gather(["docs/*.md"], environ={"PEAK_INPUTS": str(research.folder)}, root=project)


def test_copy_that_was_altered_or_lost_is_not_read(
    project: Path, research: SealedRun, done: SealedRun
) -> None:
    asked = ["docs/*.md", done.run_id]
    copy = research.folder / "inputs" / "sources" / "docs" / "a.md"
    copy.write_text("# Gates\n\nGates decide nothing.\n", "utf-8")
    with pytest.raises(EvidenceError, match=r"docs/a\.md in .* is not what was read then"):
        gather(asked, environ={"PEAK_INPUTS": str(research.folder)}, root=project)
    copy.unlink()
    with pytest.raises(EvidenceError, match=r"the copy of source docs/a\.md is gone"):
        gather(asked, environ={"PEAK_INPUTS": str(research.folder)}, root=project)


def test_run_of_another_kind_that_kept_no_sources_leaves_the_files_alone(
    project: Path, done: SealedRun
) -> None:
    library = gather(["docs/a.md"], environ={"PEAK_INPUTS": str(done.folder)}, root=project)
    assert library.names == ("docs/a.md",)
