"""A sweep's report with the chapters that its configuration asks for, the chapters first."""

from dataclasses import dataclass
from pathlib import Path

from peaklib.errors import PeakError
from peaklib.evidence import Registry, SealedRun, home
from peaklib.sweep.config import SweepConfig
from peaklib.sweep.report import ReportFiles, make_report
from peaklib.sweep.risk_chapter.looked_at import looked_at
from peaklib.sweep.risk_chapter.make import NOTEBOOK, make_chapter
from peaklib.sweep.risk_chapter.settings import check_settings


@dataclass(frozen=True)
class Reported:
    """What reporting a sweep left.

    Args:
        report: its page.
        risk: the risk chapter of the selected trial, which the report links; None if none was
            asked for, or it failed.
        problem: why the chapter failed; the report is written all the same.
    """

    report: ReportFiles
    risk: ReportFiles | None = None
    problem: str = ""


def report_sweep(
    sweep: SealedRun,
    *,
    threads: int,
    runs: Path | None = None,
    reports: Path | None = None,
) -> Reported:
    """Make the risk chapter of a sweep's selected trial if its file asks for it, and the report.

    Args:
        sweep: the sweep's own run.
        threads: for numbers.
        runs, reports: folders; the project's by default.

    Raises:
        EvidenceError, NotebookError: as `make_report`.
    """
    asked = SweepConfig.model_validate(sweep.config()["config"]).report.risk
    risk, problem = None, ""
    if asked:
        try:
            check_settings({}, home())
            risk = _chapter(sweep, threads, runs or sweep.runs, reports)
        except PeakError as error:
            problem = str(error)
    made = make_report(sweep, threads=threads, runs=runs, reports=reports)
    return Reported(made, risk, problem)


def _chapter(sweep: SealedRun, threads: int, runs: Path, reports: Path | None) -> ReportFiles:
    registry = Registry(runs)
    looked = looked_at(sweep.run_id, registry)
    notebook = home() / NOTEBOOK
    return make_chapter(looked, notebook, registry=registry, threads=threads, reports=reports)
