"""`peak sweeps portfolio`: little-correlated trials of a sweep as one account, judged unseen."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Final

import click

from peaklib.cli.show import console, next_step

if TYPE_CHECKING:
    from pathlib import Path

    from peaklib.sweep.portfolio import Choice
    from peaklib.sweep.report import ReportFiles

NOTEBOOK: Final = "notebooks/sweep_portfolio.ipynb"
_PROBABILITY: Final = click.FloatRange(0, 1)


@click.command("portfolio")
@click.argument("sweep")
@click.option(
    "--max-correlation",
    type=click.FloatRange(-1, 1, min_open=True, max_open=True),
    default=0.5,
    show_default=True,
    help="Of a member's daily returns with those of any better member.",
)
@click.option(
    "--min-dsr",
    type=_PROBABILITY,
    help="Floor of the deflated Sharpe.  [default: the sweep's own threshold]",
)
@click.option(
    "--max-pbo",
    type=_PROBABILITY,
    help="Ceiling of the overfitting of the run's choice.  [default: the sweep's own threshold]",
)
@click.option(
    "--min-days",
    type=click.IntRange(1),
    default=100,
    show_default=True,
    help="Days before the split on which a member has to have moved.",
)
@click.option(
    "--members", type=click.IntRange(1), default=8, show_default=True, help="At most so many."
)
@click.option(
    "--per-run",
    type=click.IntRange(1),
    default=20,
    show_default=True,
    help="Trials of each run that are looked at, the best first.",
)
@click.option(
    "--split", default="", metavar="DATE", help="First unseen day.  [default: the sweep's]"
)
def command(
    sweep: str,
    max_correlation: float,
    min_dsr: float | None,
    max_pbo: float | None,
    min_days: int,
    members: int,
    per_run: int,
    split: str,
) -> None:
    """Choose little-correlated trials of SWEEP, weigh them by risk parity, judge them unseen.

    Members and weights are chosen on the days before the split; then each member runs its own
    account from the split on, and the whole is held against holding. The rows of a holdout stay
    untouched. Looking behind the split is counted in the ledger, once a portfolio is made; where
    nobody meets the rules, nothing behind it is looked at.

    The page is reports/SWEEP.sweep_portfolio.html, and the executed notebook a run of kind
    `portfolio` that `peak repro` repeats.

    \b
    Examples:
      peak sweeps portfolio default
      peak sweeps portfolio default --min-dsr 0.3 --max-correlation 0.3

    Exit status: 0 written, also if nobody meets the rules, 1 there is no such sweep, its evidence
    was altered, it has no split, or the notebook failed, 2 a value is wrong.
    """
    from peaklib.backtest.grid import process_cpus
    from peaklib.cli.project import find_project
    from peaklib.evidence import Registry, open_run
    from peaklib.sweep.find import find_sweep, trusted_results
    from peaklib.sweep.kinds import PORTFOLIO
    from peaklib.sweep.looks import reveal
    from peaklib.sweep.portfolio import Rules, choose
    from peaklib.sweep.report import Page, make_report
    from peaklib.sweep.review.examination import thresholds_of

    _check_date(split)
    home = find_project()
    registry = Registry()
    run_id = find_sweep(sweep, registry)
    results = trusted_results(run_id, registry)
    judged_by = thresholds_of(results)
    rules = Rules(
        max_correlation=max_correlation,
        min_dsr=judged_by.deflated_sharpe.pass_at if min_dsr is None else min_dsr,
        max_pbo=judged_by.overfitting.pass_at if max_pbo is None else max_pbo,
        min_days=min_days,
        members=members,
        per_run=per_run,
    )
    seed = results.config.seed
    with console.status("choosing before the split"):
        choice = choose(results, rules, split=split, seed=seed)
    _announce(choice)
    own = open_run(run_id, runs=registry.runs)
    if choice.members:
        reveal(own, by="portfolio")
    given = {"split": split, "seed": seed, **asdict(rules)}
    page = Page(home / NOTEBOOK, given, kind=PORTFOLIO)
    with console.status("judging behind the split" if choice.members else "writing it down"):
        files = make_report(own, threads=process_cpus(), page=page)
    _print(files, home, has_members=bool(choice.members))


def _check_date(split: str) -> None:
    from peaklib.data.holdout import holdout_date
    from peaklib.errors import DataError

    if not split:
        return
    try:
        holdout_date(split, "split")
    except DataError as error:
        raise click.BadParameter(str(error), param_hint="--split") from None


def _announce(choice: "Choice") -> None:
    members = choice.members
    console.print(
        f"{choice.results.name}  {len(choice.candidates)} trials looked at before {choice.split}, "
        f"{len(members)} taken",
        soft_wrap=True,
    )
    for one in members or choice.candidates[:3]:
        console.print(
            f"  {'✓' if members else '✕'} {one.name}  Sharpe {one.sharpe:.2f}  DSR {one.dsr:.2f}  "
            f"PBO {one.pbo:.2f}" + ("" if members else f"  {one.verdict}"),
            soft_wrap=True,
        )


def _print(files: "ReportFiles", home: "Path", *, has_members: bool) -> None:
    shown = files.page.relative_to(home) if files.page.is_relative_to(home) else files.page
    console.print(f"page  {shown}   run {files.run.run_id}", soft_wrap=True)
    if files.answer is not None:
        console.print("verdict  {}: {}".format(*files.answer), soft_wrap=True)
    next_step(f"peak risk report {files.run.run_id}" if has_members else f"open {shown}")
