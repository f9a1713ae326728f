"""`peak sweep`: run a configuration, report it."""

import signal
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from peaklib.sweep import Plan

console = Console(highlight=False, markup=False)


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
@click.option("--run", "do_run", is_flag=True, help="Compute the cells.")
@click.option("--report", "do_report", is_flag=True, help="Report the newest run of this sweep.")
@click.option("--promote", is_flag=True, help="Not available yet; explains why and exits with 2.")
@click.option(
    "--workers", type=click.IntRange(1), help="Cells at a time.  [default: one per processor]"
)
@click.option("--resume", is_flag=True, help="Keep cells that an earlier run has finished.")
@click.option("--set", "settings", metavar="KEY=VALUE", multiple=True, help="Replace a key.")
@click.option("--dry-run", is_flag=True, help="Print the plan and compute nothing.")
def command(
    config: Path,
    do_run: bool,
    do_report: bool,
    promote: bool,
    workers: int | None,
    resume: bool,
    settings: tuple[str, ...],
    dry_run: bool,
) -> None:
    """Run the sweep that CONFIG describes, and report it.

    Without --run or --report it does both. Each cell of the sweep becomes a folder under
    runs/, the report one HTML file under reports/ with its tables beside it.

    \b
    Examples:
      peak sweep configs/sweeps/quick.toml
      peak sweep configs/sweeps/default.toml --dry-run
      peak sweep configs/sweeps/default.toml --resume
      peak sweep configs/sweeps/quick.toml --set seed=3 --set 'foreach.dataset=["nasdaq"]'

    Exit status: 0 all cells finished, 1 some failed or the evidence does not verify, 2 the
    configuration is wrong, 130 interrupted.
    """
    if promote:
        raise click.UsageError(
            "promotion is not available yet: it needs gates and confirm tokens, which do not "
            "exist in this version. Nothing was run; leave out --promote to run and report."
        )
    from peaklib.cli.project import find_project
    from peaklib.evidence import runs_folder
    from peaklib.sweep import make_plan

    find_project(config)
    plan = make_plan(config, settings)
    cpus = _cpus()
    workers = min(workers or cpus, len(plan.cells))
    if dry_run:
        _print_plan(plan, runs_folder(), workers)
        return
    both = not (do_run or do_report or resume)
    failed = 0
    if do_run or resume or both:
        failed = _run(plan, workers, max(1, cpus // workers), resume)
    if do_report or both or (resume and not do_run):
        failed += _report(plan, cpus)
    else:
        console.print(f"next  {plan.command} --report", soft_wrap=True)
    if failed:
        raise SystemExit(1)


def _cpus() -> int:
    from peaklib.backtest.grid import process_cpus

    return process_cpus()


def _print_plan(plan: "Plan", runs: Path, workers: int) -> None:
    from peaklib.cli.progress import duration
    from peaklib.sweep import estimate_seconds

    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in plan.config.foreach:
        table.add_column(name)
    table.add_column("trials", justify="right")
    for cell in plan.cells:
        table.add_row(*cell.label.values(), f"{cell.n_trials:,}")
    seconds, basis = estimate_seconds(plan, runs, workers)
    console.print(f"{plan.name}  {plan.config.question}", soft_wrap=True)
    console.print(table)
    console.print(
        f"{len(plan.cells)} cells, {plan.n_trials:,} trials, about {duration(seconds)} on "
        f"{workers} workers ({basis})",
        soft_wrap=True,
    )


def _run(plan: "Plan", workers: int, threads: int, resume: bool) -> int:
    """Compute; returns the number of failed cells."""
    from peaklib.cli.progress import BatchDisplay
    from peaklib.sweep import run_sweep

    console.print(
        f"{plan.name}  {len(plan.cells)} cells, {plan.n_trials:,} trials, {workers} workers",
        soft_wrap=True,
    )
    _interrupt_on_kill()
    try:
        with BatchDisplay(console, len(plan.cells)) as display:
            done = run_sweep(plan, display, workers=workers, threads=threads, resume=resume)
    except KeyboardInterrupt:
        console.print("interrupted; finished cells are kept")
        console.print(f"next  {plan.command} --resume", soft_wrap=True)
        raise SystemExit(130) from None
    counts = {state: sum(r.state == state for r in done.results) for state in ("done", "resumed")}
    console.print(
        f"done  {counts['done']} computed · {counts['resumed']} resumed · "
        f"{len(done.failed)} failed   run {done.run.run_id}",
        soft_wrap=True,
    )
    for result in done.failed:
        console.print(f"✕ {result.cell.name}  {result.error}", style="red", soft_wrap=True)
        if result.run_id:
            console.print(f"  runs/{result.run_id}/notebook.ipynb", style="dim", soft_wrap=True)
    return len(done.failed)


def _report(plan: "Plan", cpus: int) -> bool:
    """Write the page; returns whether the evidence does not verify."""
    from peaklib.evidence import home
    from peaklib.sweep import latest_sweep, report_sweep

    with console.status("executing the report"):
        done = report_sweep(latest_sweep(plan), threads=cpus)
    files = done.report
    if done.risk is not None:
        console.print(f"risk  {_below(done.risk.page, home())}", soft_wrap=True)
    if done.problem:
        console.print(f"! risk chapter  {done.problem}", soft_wrap=True)
    page = _below(files.page, home())
    tables = len(files.tables) // 2
    console.print(f"report  {page}   {tables} tables beside it, as CSV and JSON", soft_wrap=True)
    if files.answer is not None:
        console.print("verdict  {}: {}".format(*files.answer), soft_wrap=True)
    console.print(f"next  open {page} in a browser", soft_wrap=True)
    return files.answer is not None and files.answer[0] == "INVALID"


def _below(page: Path, home: Path) -> Path:
    return page.relative_to(home) if page.is_relative_to(home) else page


def _interrupt_on_kill() -> None:
    """Make `kill` end a sweep as Ctrl-C does."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
