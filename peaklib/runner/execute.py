"""One notebook with parameters becomes one run."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import nbformat

from peaklib.data.holdout import OPTION, in_force
from peaklib.errors import NotebookError
from peaklib.evidence import OpenRun, RunSpec, create_run
from peaklib.evidence.canonical import from_json
from peaklib.evidence.pack import STAGING
from peaklib.evidence.run import DATASETS, RUN_ROLE, TRIALS
from peaklib.runner.kernels import kernel_environment, kernel_name
from peaklib.runner.notebook import check_parameters, declared_parameters, source_digest

NOTEBOOK: Final = "notebook.ipynb"
LOG: Final = "run.log"


@dataclass(frozen=True)
class NotebookJob:
    """A notebook to be executed; plain values, so that any worker can take it.

    Args:
        notebook: absolute path.
        parameters: by name; `run_dir` is added if the notebook declares it.
        spec: what the run's record says.
        runs: folder that the run is published in.
        threads: how many the kernel may use for numbers.
        timeout_s: longest time for one cell, None for no limit.
        holdout_from: date from which on the notebook may read no row; it goes into the run's
            config, so that a repeated run keeps it, too.
    """

    notebook: Path
    parameters: Mapping[str, Any]
    spec: RunSpec
    runs: Path
    threads: int = 1
    timeout_s: int | None = None
    holdout_from: str | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of a job.

    Args:
        run_id, folder, root: the published run and the SHA-256 of its sums.
        content: digest of its metrics, tables and figures.
        status: `completed`, `failed`, or `interrupted` when its kernel was stopped.
        error: first line of what went wrong, None if nothing did.
        seconds: from start to publication.
    """

    run_id: str
    folder: Path
    root: str
    content: str
    status: str
    error: str | None
    seconds: float


def run_notebook(job: NotebookJob) -> Outcome:
    """Execute a notebook and publish its run, failed or not.

    Raises:
        NotebookError: the notebook does not exist or lacks a parameter; no run is made.
        DataError: the day of a holdout is no date; no run is made.
        EvidenceError: the run cannot be written.
    """
    check_parameters(job.notebook, job.parameters)
    # What a shell keeps back is on record, too.
    job = replace(job, holdout_from=in_force(job.holdout_from))
    started = time.monotonic()
    sources = {**job.spec.sources, "notebook": source_digest(job.notebook)}
    held = {OPTION: job.holdout_from} if job.holdout_from else {}
    spec = replace(job.spec, sources=sources, config={**job.spec.config, **held})
    run = create_run(spec, runs=job.runs)
    try:
        error = _attempt(job, run)
    except BaseException as problem:
        # A full disk is a failure; a Ctrl-C is not.
        status = "failed" if isinstance(problem, Exception) else "interrupted"
        run.seal(status, f"{type(problem).__name__}: {problem}".removesuffix(": "))
        raise
    status = "completed" if error is None else "interrupted" if _is_stopping(job) else "failed"
    sealed = run.seal(status, error)
    seconds = time.monotonic() - started
    # From the record: there the error holds no secrets.
    record = sealed.record()
    return Outcome(
        sealed.run_id,
        sealed.folder,
        sealed.root,
        record["content"]["digest"],
        status,
        record["error"].partition("\n")[0] if record["error"] else None,
        seconds,
    )


def stop_marker(runs: Path, parent: str) -> Path:
    """File that says, while it exists, that the runs of a parent are being stopped.

    A kernel that is killed on purpose dies like any other; whoever kills it leaves this
    mark first, so that the run is recorded as interrupted and not as failed.
    """
    return runs / STAGING / f"{parent}.stopping"


def _is_stopping(job: NotebookJob) -> bool:
    parent = job.spec.parent
    return parent is not None and stop_marker(job.runs, parent).exists()


def _attempt(job: NotebookJob, run: OpenRun) -> str | None:
    """Execute into the run's folder; returns what went wrong."""
    folder = run.folder
    if folder is None:
        raise NotebookError("a notebook needs a run with a folder")
    own = {"run_dir": str(folder)} if "run_dir" in declared_parameters(job.notebook) else {}
    try:
        execute(
            job.notebook,
            folder / NOTEBOOK,
            {**job.parameters, **own},
            log=folder / LOG,
            threads=job.threads,
            timeout_s=job.timeout_s,
            holdout_from=job.holdout_from,
        )
    except NotebookError as error:
        return str(error)
    beyond = [*_beyond(folder, job.holdout_from)] if job.holdout_from else []
    return f"{beyond[0]}, from which on rows are kept as a holdout" if beyond else None


def _beyond(folder: Path, held: str) -> Iterator[str]:
    """What a notebook left that shows rows of the holdout: it went around the loader."""
    for used in _listed(folder / DATASETS):
        asked = used["meta"].get("load", {})
        known = asked.get("options", {}).get(OPTION)
        is_data = used["role"] != RUN_ROLE and asked.get("source")
        if is_data and (known is None or known > held):
            yield f"the notebook used {used['name']} up to {known or 'its end'}, beyond {held}"
    # Dates of bars are in UTC there, which may be a day ahead of their session.
    last = (date.fromisoformat(held) + timedelta(days=1)).isoformat()
    for grid in _listed(folder / TRIALS):
        name, end = (grid["conventions"][key] for key in ("data", "end"))
        if end >= last:
            yield f"the notebook made trials on {name} up to {end}, beyond {held}"


def _listed(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = from_json(path.read_bytes()) if path.is_file() else []
    return found


def execute(
    notebook: Path,
    target: Path,
    parameters: Mapping[str, Any],
    *,
    log: Path,
    threads: int = 1,
    timeout_s: int | None = None,
    holdout_from: str | None = None,
) -> nbformat.NotebookNode:
    """Execute a notebook through papermill, in a kernel that starts in the notebook's folder.

    Args:
        notebook: what to execute.
        target: where the executed notebook is written, also when a cell fails.
        parameters: by name; the notebook must declare each.
        log: file for what the kernel prints outside of cells.
        threads: how many the kernel may use for numbers.
        timeout_s: longest time for one cell.
        holdout_from: date from which on nothing that the notebook loads has rows.

    Raises:
        NotebookError: a cell failed, ran too long, or the kernel died.
    """
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    check_parameters(notebook, parameters)
    try:
        executed: nbformat.NotebookNode = papermill.execute_notebook(
            str(notebook),
            str(target),
            dict(parameters),
            engine_name="peak",
            kernel_name=kernel_name(),
            progress_bar=False,
            execution_timeout=timeout_s,
            kernel_log=log,
            kernel_cwd=notebook.parent,
            kernel_env=kernel_environment(threads, holdout_from),
        )
    except papermill.PapermillExecutionError as error:
        raise NotebookError(f"{error.ename}: {error.evalue}") from error
    except CellTimeoutError as error:
        limit = f"ran for more than {timeout_s} s" if timeout_s else "sent no answer in time"
        raise NotebookError(f"a cell {limit} and was stopped") from error
    except (DeadKernelError, RuntimeError) as error:
        raise NotebookError(f"the kernel died or did not start: {error}") from error
    return executed
