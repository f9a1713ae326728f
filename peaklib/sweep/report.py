"""Pages of a sweep: a notebook executed into a run, rendered to one file. One is its report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pandas as pd

from peaklib.errors import EvidenceError, NotebookError
from peaklib.evidence import (
    Registry,
    RunSpec,
    SealedRun,
    home,
    open_pack,
    reports_folder,
    runs_folder,
)
from peaklib.evidence.canonical import from_json
from peaklib.render import render_page
from peaklib.runner import NotebookJob, Outcome, declared_parameters, run_notebook
from peaklib.sweep.config import SweepConfig
from peaklib.sweep.results import dump_tables

KIND: Final = "report"
# A folder that is gone by now, and what only a preview reads.
_NOT_SHOWN: Final = ("run_dir", "config")


# How a notebook calls the sweep that it looks at: the run, or a trial of it as well.
SWEEP: Final = "sweep_run"
TARGET: Final = "target"
AS_OF: Final = "as_of"
_SEED: Final = "seed"


@dataclass(frozen=True)
class Page:
    """A page of a sweep besides its report.

    Args:
        notebook: absolute path; it declares `sweep_run` or `target`.
        parameters: of the notebook. Those that say what it looks at are filled in, and so is
            `seed` where the notebook has one and none is given: it is the sweep's.
        kind: of the run that it leaves.
    """

    notebook: Path
    parameters: Mapping[str, Any] = field(default_factory=dict)
    kind: str = KIND

    @property
    def name(self) -> str:
        """What stands behind the sweep's name in the names of its files."""
        return self.notebook.stem


@dataclass(frozen=True)
class ReportFiles:
    """What a report left.

    Args:
        page: the HTML file.
        tables: CSV and JSON files beside it.
        run: the executed notebook's run.
        answer: verdict and headline; None for a notebook that gives none.
    """

    page: Path
    tables: tuple[Path, ...]
    run: Outcome
    answer: tuple[str, str] | None = None


def make_report(
    sweep: SealedRun,
    *,
    threads: int,
    page: Page | None = None,
    runs: Path | None = None,
    reports: Path | None = None,
) -> ReportFiles:
    """Execute a notebook over a sweep and render it.

    Args:
        sweep: the sweep's own run.
        threads: for numbers.
        page: what to make; by default the report that the sweep's configuration names.
        runs, reports: folders; the project's by default.

    Raises:
        EvidenceError: no cell of the sweep has a result.
        NotebookError: the notebook cannot look at a sweep, or failed; then its run is kept
            and named.
    """
    record = sweep.record()
    if record["metrics"]["cells"] == record["metrics"]["cells_failed"]:
        raise EvidenceError(
            f"sweep run {sweep.run_id}: no cell has a result, so there is nothing to report; each "
            "failed cell's folder under runs/ holds its notebook with the error"
        )
    job = _job(sweep, record, page, runs or runs_folder(), threads)
    outcome = run_notebook(job)
    executed = outcome.folder / "notebook.ipynb"
    if outcome.error:
        what = "the report" if page is None else f"the page {page.name!r}"
        raise NotebookError(f"{what} failed: {outcome.error}; see {executed}")
    parts = [record["config"]["sweep"], *([page.name] if page else [])]
    return publish_page(outcome, parts, runs=job.runs, reports=reports)


def publish_page(
    outcome: Outcome,
    parts: Sequence[str],
    *,
    provenance: Sequence[tuple[str, str]] = (),
    runs: Path | None = None,
    reports: Path | None = None,
) -> ReportFiles:
    """Render the executed notebook of a run to one file, its tables beside it.

    The ledger vouches for the files from then on.

    Args:
        outcome: of the run, which completed.
        parts: of the name of the files, and of the page's title.
        provenance: names and values for the line on top, see `provenance_of`.
        runs, reports: folders; the project's by default.
    """
    folder = reports or reports_folder()
    folder.mkdir(parents=True, exist_ok=True)
    name = ".".join(parts)
    executed = outcome.folder / "notebook.ipynb"
    made = render_page(
        executed,
        folder / f"{name}.html",
        title=" · ".join(parts),
        hidden=_NOT_SHOWN,
        provenance=provenance,
    )
    tables = {
        path.stem: pd.read_parquet(path)
        for path in sorted((outcome.folder / "outputs" / "tables").glob("*.parquet"))
    }
    written = tuple(dump_tables(tables, folder, name))
    answer = tables["verdict"].iloc[0] if "verdict" in tables else None
    files = ReportFiles(
        made, written, outcome, None if answer is None else (answer["verdict"], answer["headline"])
    )
    Registry(runs or runs_folder()).record_page(files.page, [outcome.run_id], files.tables)
    return files


def provenance_of(outcome: Outcome) -> list[tuple[str, str]]:
    """Where a page comes from: run, commit, time, and whether a model was asked."""
    record = open_pack(outcome.folder).record()
    commit = (record["code"]["commit"] or "none")[:12]
    changed = ", with changes" if record["code"]["dirty"] else ""
    asked = models_of(outcome.folder)
    return [
        ("run", outcome.run_id),
        ("commit", f"{commit}{changed}"),
        ("", f"{record['start'][:16].replace('T', ' ')} UTC"),
        *([("models", asked)] if asked else []),
    ]


def models_of(pack: Path) -> str:
    """What a run says of the models that it asked, or did not; empty if it could ask none."""
    path = pack / "inputs" / "llm" / "session.json"
    return str(from_json(path.read_bytes())["status"]) if path.is_file() else ""


def _job(
    sweep: SealedRun, record: Mapping[str, Any], page: Page | None, runs: Path, threads: int
) -> NotebookJob:
    """What is executed, with all that decides the result on its record."""
    config = record["config"]
    notebook = page.notebook if page else home() / config["config"]["report"]["notebook"]
    # Trials and looks are counted up to here, so that the page can be made again.
    as_of = Registry(runs).ledger.checkpoint().size
    known: dict[str, Any] = {SWEEP: sweep.run_id, AS_OF: as_of}
    named: dict[str, Any] = {}
    if page is not None:
        known = _asked(page, sweep.run_id, as_of, record["seed"])
        named = {"notebook": notebook.name}
    spec = RunSpec(
        page.kind if page else KIND,
        {"sweep": config["sweep"], "sweep_root": sweep.root, **named, **known},
        known.get(_SEED, record["seed"]),
        parent=sweep.run_id,
    )
    held = SweepConfig.model_validate(config["config"]).holdout_from
    return NotebookJob(notebook, known, spec, runs, threads=threads, holdout_from=held)


def _asked(page: Page, sweep: str, as_of: int, seed: int) -> dict[str, Any]:
    """Parameters of a page's notebook, as far as it declares them."""
    declared = declared_parameters(page.notebook)
    if not {SWEEP, TARGET} & set(declared):
        raise NotebookError(
            f"{page.notebook.name} has neither a parameter {SWEEP} nor {TARGET}, so it cannot be "
            "told which sweep to look at; for a notebook of its own there is `peak run`"
        )
    known = {SWEEP: sweep, TARGET: sweep, AS_OF: as_of, _SEED: seed, **page.parameters}
    return {name: value for name, value in known.items() if name in {*declared, *page.parameters}}
