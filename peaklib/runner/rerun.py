"""Executing the notebook of a pack once more."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat

from peaklib.data.holdout import OPTION
from peaklib.errors import NotebookError
from peaklib.evidence import RunSpec, SealedRun, open_run
from peaklib.evidence.places import HOME_VARIABLE, INPUTS_VARIABLE, REPEATER_VARIABLE
from peaklib.runner.execute import NOTEBOOK, NotebookJob, run_notebook
from peaklib.runner.notebook import INJECTED, read_notebook


def original(executed: Path) -> nbformat.NotebookNode:
    """An executed notebook as it was before: no injected parameters, no outputs.

    Raises:
        NotebookError: it cannot be read.
    """
    notebook = read_notebook(executed)
    notebook.cells = [
        cell for cell in notebook.cells if INJECTED not in cell.metadata.get("tags", [])
    ]
    for cell in notebook.cells:
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    notebook.metadata.pop("papermill", None)
    return notebook


@contextmanager
def inputs_of(run: SealedRun) -> Iterator[None]:
    """Let this process and its kernels read the inputs that a run kept, and the runs beside it.

    For the time of a command only: the environment is put back afterwards.
    """
    wanted = {
        INPUTS_VARIABLE: str(run.folder),
        REPEATER_VARIABLE: str(os.getpid()),
        HOME_VARIABLE: str(run.runs.parent),
    }
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def rerun_notebook(
    run: SealedRun, place: Path, parameters: Mapping[str, Any], *, threads: int = 1
) -> SealedRun:
    """Execute the notebook that a pack holds, with its parameters, into another folder of runs.

    A holdout that was kept from it then is kept from it now.

    Args:
        run: the pack.
        place: folder of runs for the new one.
        parameters: of the notebook, all but `run_dir`.
        threads: for numbers.

    Raises:
        NotebookError: the notebook failed this time.
    """
    record = run.record()
    notebook = place / "notebooks" / NOTEBOOK
    notebook.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(original(run.folder / NOTEBOOK), notebook)
    spec = RunSpec(
        record["kind"],
        run.config(),
        record["seed"],
        record["family"],
        record["parent"],
        record["key"],
        record["code"]["sources"],
    )
    held = record["config"].get(OPTION)
    job = NotebookJob(notebook, parameters, spec, place, threads, holdout_from=held)
    with inputs_of(run):
        outcome = run_notebook(job)
    if outcome.error:
        raise NotebookError(
            f"run {run.run_id} finished, but failed when run again: {outcome.error}; "
            "`peak repro RUN --keep FOLDER` keeps what it left"
        )
    return open_run(outcome.run_id, runs=place)
