"""`peak run`: one notebook, one run with its evidence."""

import signal
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from peaklib.cli.show import console, emit_json, next_step

if TYPE_CHECKING:
    from peaklib.runner import NotebookJob, Outcome

# Metrics that are worth a line; `peak runs show` has all of them.
_SHOWN: Final = 6


@click.command()
@click.argument("notebook", type=click.Path(path_type=Path))
@click.option(
    *("--parameter", "-p", "settings"),
    metavar="NAME=VALUE",
    multiple=True,
    help="Set a parameter of the notebook; the others keep their defaults.",
)
@click.option(
    "--threads", type=click.IntRange(1), help="For numbers.  [default: one per processor]"
)
@click.option("--page", is_flag=True, help="Write it as one HTML file to reports/, too.")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome for a script.")
def command(
    notebook: Path, settings: tuple[str, ...], threads: int | None, page: bool, as_json: bool
) -> None:
    """Execute NOTEBOOK into a run of its own, with an evidence pack.

    The notebook's file stays as it is: the executed copy, its tables, figures and metrics are
    in the pack under runs/. A VALUE is TOML (3, 0.5, true, [1, 2]) or plain text. With --page,
    the notebook as a reviewer reads it is reports/NOTEBOOK.html, its tables lie beside it.

    \b
    Examples:
      peak run notebooks/sweep_cell.ipynb
      peak run notebooks/sweep_cell.ipynb -p dataset=nasdaq -p costs.fees_bps=10
      peak run notebooks/sweep_cell.ipynb -p 'grid={fast = [5, 10], slow = [50, 100]}'
      peak run notebooks/l2_market_outlook.ipynb --page

    Exit status: 0 done, 1 the notebook failed (its run is kept), 2 a value is wrong,
    130 interrupted.
    """
    from peaklib.backtest.grid import process_cpus
    from peaklib.cli.project import find_project
    from peaklib.sweep import make_job

    find_project(notebook)
    job = make_job(notebook, settings, threads=threads or process_cpus())
    if not as_json:
        given = "  ".join(f"{name}={value}" for name, value in job.parameters.items())
        console.print(f"running {job.spec.config['notebook']}  {given}".rstrip(), soft_wrap=True)
    outcome = _executed(job, as_json)
    made = _made(outcome, notebook.stem) if page and not outcome.error else None
    if as_json:
        emit_json({**_answer(job, outcome), **({"page": str(made)} if made else {})})
    else:
        _print(outcome, made)
    if outcome.error:
        raise SystemExit(1)


def _executed(job: "NotebookJob", as_json: bool) -> "Outcome":
    from peaklib.sweep import run_alone

    # `kill` ends it as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        if as_json:
            return run_alone(job)
        with console.status("executing"):
            return run_alone(job)
    except KeyboardInterrupt:
        click.echo("interrupted; what the notebook left is kept as an interrupted run", err=True)
        if not as_json:
            next_step("peak runs list --status interrupted")
        raise SystemExit(130) from None


def _made(outcome: "Outcome", name: str) -> Path:
    """The page of a run, from the project's root if it lies there."""
    from peaklib.evidence import home
    from peaklib.sweep import provenance_of, publish_page

    page = publish_page(outcome, [name], provenance=provenance_of(outcome)).page
    return page.relative_to(home()) if page.is_relative_to(home()) else page


def _metrics(outcome: "Outcome") -> Mapping[str, Any]:
    from peaklib.evidence import open_pack

    found: Mapping[str, Any] = open_pack(outcome.folder).record()["metrics"]
    return found


def _answer(job: "NotebookJob", outcome: "Outcome") -> dict[str, Any]:
    return {
        "run_id": outcome.run_id,
        "status": outcome.status,
        "error": outcome.error,
        "content": outcome.content,
        "root": outcome.root,
        "key": job.spec.key,
        "seconds": round(outcome.seconds, 3),
        "metrics": dict(_metrics(outcome)),
    }


def _print(outcome: "Outcome", page: Path | None) -> None:
    from peaklib.evidence import open_pack
    from peaklib.sweep import models_of
    from peaklib.sweep.risk_chapter.looked_at import has_accounts

    sign, style = ("✕", "red") if outcome.error else ("✓", "green")
    console.print(f"{sign} {outcome.run_id}  {outcome.seconds:.1f} s", style=style, soft_wrap=True)
    if outcome.error:
        console.print(f"  {outcome.error}", style="red", soft_wrap=True)
        console.print(f"  runs/{outcome.run_id}/notebook.ipynb", style="dim", soft_wrap=True)
        next_step(f"peak runs show {outcome.run_id}")
        return
    console.print(f"  content  {outcome.content}", soft_wrap=True)
    metrics = _metrics(outcome)
    if metrics:
        console.print(f"  metrics  {_listed(metrics)}", soft_wrap=True)
    if asked := models_of(outcome.folder):
        console.print(f"  models   {asked}", soft_wrap=True)
        if (outcome.folder / "outputs" / "llm").is_dir():
            console.print(f"           peak llm why {outcome.run_id}", style="dim", soft_wrap=True)
    if page:
        console.print(f"  page     {page}", soft_wrap=True)
        next_step(f"open {page} in a browser")
        return
    if has_accounts(open_pack(outcome.folder)):
        console.print(f"  accounts  peak risk report {outcome.run_id}", style="dim", soft_wrap=True)
    next_step(f"peak evidence verify {outcome.run_id}")


def _listed(metrics: Mapping[str, Any]) -> str:
    from peaklib.render import format_metric

    # Those of the benchmark stand beside the notebook's own, and are read after them.
    names = sorted(metrics, key=lambda name: (name.startswith("hold_"), name))
    shown = [f"{name} {format_metric(name, metrics[name])}" for name in names[:_SHOWN]]
    beyond = len(metrics) - len(shown)
    return " · ".join([*shown, *([f"{beyond} more"] if beyond else [])])
