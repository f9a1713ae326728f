"""`peak risk report`: a risk chapter for a run, as a new run whose parent it is."""

from collections.abc import Sequence
from pathlib import Path

import click

from peaklib.cli.show import console, next_step
from peaklib.errors import EvidenceError


@click.command("report")
@click.argument("run")
@click.option("--account", default="", help="Of a run with several accounts.  [default: the first]")
@click.option(
    *("--parameter", "-p", "settings"),
    metavar="NAME=VALUE",
    multiple=True,
    help="Set a parameter of notebooks/risk.ipynb; the others keep their defaults.",
)
@click.option(
    "--threads", type=click.IntRange(1), help="For numbers.  [default: one per processor]"
)
def command(run: str, account: str, settings: Sequence[str], threads: int | None) -> None:
    """Write the risk chapter of RUN: measures, exceedances, stress, attribution.

    RUN is a sweep (id or name: its best trial), a trial as RUN:N, the run of a sweep's cell, the
    run of `peak sweeps portfolio`, or any run that left a table `returns` (a column `time` and
    one an account). The pack of RUN stays as it is: the chapter is a run of its own that names
    it as its parent, and one HTML file under reports/.

    \b
    Examples:
      peak risk report default
      peak risk report 8d02b7:118 -p level=0.975
      peak risk report 4f1c20 --account hold

    Exit status: 0 written, 1 there is no such run, it has no account, its evidence was altered, or
    the notebook failed, 2 a value is wrong.
    """
    from peaklib.backtest.grid import process_cpus
    from peaklib.cli.project import find_project
    from peaklib.evidence import Registry
    from peaklib.sweep import make_job
    from peaklib.sweep.risk_chapter import NOTEBOOK, check_settings, looked_at, make_chapter

    home = find_project()
    notebook = home / NOTEBOOK
    if not notebook.is_file():
        raise EvidenceError(f"there is no {NOTEBOOK} in {home}; it makes the chapter")
    given = dict(make_job(notebook, settings).parameters)
    chosen = {"target", "as_of", "account"} & set(given)
    if chosen:
        raise click.UsageError(f"-p {sorted(chosen)[0]}=…: is chosen by the command")
    check_settings(given, home)
    registry = Registry()
    looked = looked_at(run, registry)
    looked.check_account(account)
    console.print(f"risk  of {looked.target}", soft_wrap=True)
    with console.status("executing"):
        files = make_chapter(
            looked,
            notebook,
            registry=registry,
            threads=threads or process_cpus(),
            account=account,
            settings=given,
        )
    shown = _below(files.page, home)
    console.print(f"page  {shown}   run {files.run.run_id}", soft_wrap=True)
    if files.answer is not None:
        console.print("verdict  {}: {}".format(*files.answer), soft_wrap=True)
    next_step(f"open {shown} in a browser")


def _below(page: Path, home: Path) -> Path:
    return page.relative_to(home) if page.is_relative_to(home) else page
