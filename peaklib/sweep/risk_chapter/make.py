"""Making the risk chapter of a run, and finding those that were made."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from peaklib.errors import NotebookError
from peaklib.evidence import Query, Registry, RunSpec, SealedRun, open_if_there
from peaklib.runner import NotebookJob, run_notebook
from peaklib.sweep.kinds import RISK
from peaklib.sweep.report import ReportFiles, publish_page
from peaklib.sweep.risk_chapter.looked_at import LookedAt

NOTEBOOK: Final = "notebooks/risk.ipynb"
_LONGEST: Final = 40


def make_chapter(
    looked: LookedAt,
    notebook: Path,
    *,
    registry: Registry,
    threads: int,
    account: str = "",
    settings: Mapping[str, Any] | None = None,
    reports: Path | None = None,
) -> ReportFiles:
    """Execute the risk notebook over an account and render it; the pack of the run stays as it is.

    Args:
        looked: the account.
        notebook: absolute path; it declares `target`.
        registry: of the folder of runs.
        threads: for numbers.
        account: which one of a run with several; the first by default.
        settings: parameters of the notebook that are not their defaults; the page's name tells
            them, and no sweep's report links such a chapter.
        reports: folder of pages; the project's by default.

    Raises:
        NotebookError: the notebook failed; its run is kept and named.
    """
    known: dict[str, Any] = {
        "target": looked.target,
        "as_of": registry.ledger.checkpoint().size,
        "seed": looked.run.record()["seed"],
        **({"account": account} if account else {}),
        **(settings or {}),
    }
    config = {
        "target_root": looked.run.root,
        "notebook": notebook.name,
        "settings": dict(settings or {}),
        **known,
    }
    spec = RunSpec(RISK, config, known["seed"], parent=looked.run.run_id)
    outcome = run_notebook(
        NotebookJob(
            notebook,
            known,
            spec,
            registry.runs,
            threads=threads,
            holdout_from=looked.holdout_from,
        )
    )
    if outcome.error:
        executed = outcome.folder / "notebook.ipynb"
        raise NotebookError(f"{outcome.error}; see {executed}")
    parts = [*looked.name_parts, *_marks(account, settings or {})]
    return publish_page(outcome, parts, runs=registry.runs, reports=reports)


def _marks(account: str, settings: Mapping[str, Any]) -> Iterator[str]:
    """What tells the page of another account or of other settings from the usual one."""
    if account:
        yield _plain(account)
    for name, value in settings.items():
        yield _plain(f"{name}-{value}")


def _plain(text: str) -> str:
    # Cut, as a file's name may be no longer than 255 bytes.
    return re.sub(r"[^\w-]+", "_", text)[:_LONGEST]


@dataclass(frozen=True)
class Chapter:
    """A risk chapter that was made.

    Args:
        run_id: of its run.
        page: name of its file under `reports/`; empty if the ledger knows of none.
    """

    run_id: str
    page: str


def chapter_of(target: str, registry: Registry, *, as_of: int | None = None) -> Chapter | None:
    """The newest risk chapter about a trial or a run, by the notebook's own settings; or None.

    A chapter with settings of somebody's choice is not it: the one that pleases most could be.

    Args:
        target: a trial's address, or the id of a run with accounts.
        registry: of the folder of runs.
        as_of: lines of the ledger that count; all by default.
    """
    for row in registry.select(Query(kind=RISK, status="completed")):
        run = open_if_there(row.run_id, runs=registry.runs)
        counted = as_of is None or row.published < as_of
        if run is not None and counted and _is_usual(run, target):
            return Chapter(row.run_id, _page_of(row.run_id, registry, as_of))
    return None


def _is_usual(run: SealedRun, target: str) -> bool:
    config = run.config()
    return config["target"] == target and not config["settings"] and "account" not in config


def _page_of(run_id: str, registry: Registry, as_of: int | None) -> str:
    pages = [
        str(event.data["page"])
        for event in registry.ledger.events("page")
        if event.data["run_id"] == run_id and (as_of is None or event.seq < as_of)
    ]
    return pages[-1] if pages else ""
