"""`peak sweeps page`: a notebook over a finished sweep as one HTML file, with evidence."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from peaklib.cli.show import console, next_step
from peaklib.errors import EvidenceError

if TYPE_CHECKING:
    from peaklib.evidence import Registry
    from peaklib.sweep.report import Page


@click.command("page")
@click.argument("notebook")
@click.argument("sweep", required=False, default="")
@click.option(
    *("--parameter", "-p", "settings"),
    metavar="NAME=VALUE",
    multiple=True,
    help="Set a parameter of the notebook; the others keep their defaults.",
)
@click.option(
    "--threads", type=click.IntRange(1), help="For numbers.  [default: one per processor]"
)
def command(notebook: str, sweep: str, settings: tuple[str, ...], threads: int | None) -> None:
    """Execute NOTEBOOK over a finished SWEEP and write it as one HTML file.

    NOTEBOOK is the name of one under notebooks/ (heatmaps, robustness) or a path. SWEEP is an id,
    its beginning or its last six digits, or a name; by default the newest finished sweep. Where a
    notebook is about one trial, SWEEP may be that trial, as RUN:N.

    The page is reports/SWEEP.NOTEBOOK.html, its tables lie beside it, and the executed notebook is
    a run that `peak repro` repeats.

    \b
    Examples:
      peak sweeps page heatmaps
      peak sweeps page robustness default -p resamples=10000 -p block_length=20
      peak sweeps page robustness 6a4eb5:52

    Exit status: 0 written, 1 there is no such sweep, its evidence was altered, or the notebook
    failed, 2 a value is wrong.
    """
    from peaklib.backtest.grid import process_cpus
    from peaklib.cli.project import find_project
    from peaklib.evidence import Registry, open_run
    from peaklib.sweep.find import trusted_results
    from peaklib.sweep.report import make_report

    home = find_project()
    registry = Registry()
    run_id, trial = _looked_at(sweep, registry)
    page = _page(home, notebook, settings, trial)
    # Numbers of a pack that somebody altered are not drawn.
    trusted_results(run_id, registry)
    console.print(f"{page.notebook.name}  over {trial or run_id}", soft_wrap=True)
    with console.status("executing"):
        files = make_report(open_run(run_id), threads=threads or process_cpus(), page=page)
    shown = files.page.relative_to(home) if files.page.is_relative_to(home) else files.page
    tables = " ".join(path.name for path in files.tables)
    console.print(f"page  {shown}   run {files.run.run_id}", soft_wrap=True)
    if tables:
        console.print(f"tables  {tables}", soft_wrap=True)
    next_step(f"open {shown} in a browser")


def _looked_at(text: str, registry: "Registry") -> tuple[str, str]:
    """Id of the sweep's run, and the trial's address where one was named."""
    from peaklib.sweep.find import find_sweep

    if not text:
        return _newest(registry), ""
    if ":" not in text:
        return find_sweep(text, registry), ""
    ref = registry.find(text)
    parent = registry.row(ref.run_id).parent
    if ref.point is None or not parent:
        raise EvidenceError(
            f"{text!r} is no trial of a sweep; write RUN:N with the run of one of its cells, as "
            "the ranking in its report does"
        )
    return find_sweep(parent, registry), str(ref)


def _newest(registry: "Registry") -> str:
    """The newest sweep whose cells were all tried."""
    from peaklib.evidence import Query, open_if_there
    from peaklib.sweep.session import KIND

    for row in registry.select(Query(kind=KIND)):
        if row.status != "interrupted" and open_if_there(row.run_id, runs=registry.runs):
            return row.run_id
    raise EvidenceError(
        "there is no finished sweep to look at; make one: peak sweep configs/sweeps/quick.toml"
    )


def _page(home: Path, notebook: str, settings: Sequence[str], trial: str) -> "Page":
    """The notebook with its parameters, checked before a kernel starts."""
    from peaklib.runner import declared_parameters
    from peaklib.sweep import make_job
    from peaklib.sweep.report import AS_OF, SWEEP, TARGET, Page

    path = _path(home, notebook)
    taken = {setting.partition("=")[0].strip() for setting in settings} & {SWEEP, TARGET, AS_OF}
    if taken:
        raise click.UsageError(
            f"-p {sorted(taken)[0]}=…: is chosen by the command; name the sweep or the trial "
            "behind the notebook"
        )
    if trial and TARGET not in declared_parameters(path):
        raise click.UsageError(
            f"{path.name} is about a whole sweep, not about {trial}; name the sweep, or take a "
            f"notebook with the parameter {TARGET}, such as robustness"
        )
    given = dict(make_job(path, settings).parameters)
    return Page(path, {**given, **({TARGET: trial} if trial else {})})


def _path(home: Path, notebook: str) -> Path:
    """A path as it was typed, or a name under notebooks/."""
    if notebook.endswith(".ipynb") or "/" in notebook:
        return Path(notebook).resolve()
    return home / "notebooks" / f"{notebook}.ipynb"
