"""The report of a sweep: a notebook executed into a run, rendered to one page."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd

from peaklib.errors import EvidenceError, NotebookError
from peaklib.evidence import Registry, RunSpec, SealedRun, home, reports_folder, runs_folder
from peaklib.render import render_page
from peaklib.runner import NotebookJob, Outcome, run_notebook
from peaklib.sweep.results import dump_tables

KIND: Final = "report"
# A folder that is gone by now, and what only a preview reads.
_NOT_SHOWN: Final = ("run_dir", "config")


@dataclass(frozen=True)
class ReportFiles:
    """What a report left.

    Args:
        page: the HTML file.
        tables: CSV and JSON files beside it.
        run: the executed notebook's run.
    """

    page: Path
    tables: tuple[Path, ...]
    run: Outcome


def make_report(
    sweep: SealedRun, *, threads: int, runs: Path | None = None, reports: Path | None = None
) -> ReportFiles:
    """Execute the report's notebook over a sweep and render it.

    Args:
        sweep: the sweep's own run.
        threads: for numbers.
        runs, reports: folders; the project's by default.

    Raises:
        EvidenceError: no cell of the sweep has a result.
        NotebookError: the notebook failed; its run is kept and named.
    """
    record = sweep.record()
    if record["metrics"]["cells"] == record["metrics"]["cells_failed"]:
        raise EvidenceError(
            f"sweep run {sweep.run_id}: no cell has a result, so there is nothing to report; each "
            "failed cell's folder under runs/ holds its notebook with the error"
        )
    name = record["config"]["sweep"]
    notebook = home() / record["config"]["config"]["report"]["notebook"]
    spec = RunSpec(
        KIND,
        {"sweep": name, "sweep_run": sweep.run_id, "sweep_root": sweep.root},
        record["seed"],
        parent=sweep.run_id,
    )
    job = NotebookJob(
        notebook, {"sweep_run": sweep.run_id}, spec, runs or runs_folder(), threads=threads
    )
    outcome = run_notebook(job)
    executed = outcome.folder / "notebook.ipynb"
    if outcome.error:
        raise NotebookError(f"the report failed: {outcome.error}; see {executed}")
    folder = reports or reports_folder()
    folder.mkdir(parents=True, exist_ok=True)
    page = render_page(executed, folder / f"{name}.html", title=name, hidden=_NOT_SHOWN)
    tables = {
        path.stem: pd.read_parquet(path)
        for path in sorted((outcome.folder / "outputs" / "tables").glob("*.parquet"))
    }
    files = ReportFiles(page, tuple(dump_tables(tables, folder, name)), outcome)
    Registry(job.runs).record_page(files.page, [files.run.run_id], files.tables)
    return files
