"""`peak sweeps open-holdout`: the selected trial on rows that no cell has seen, counted."""

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from peaklib.cli.show import console, emit_json, next_step

if TYPE_CHECKING:
    from peaklib.sweep.holdout import HoldoutResult, Opening, PreparedOpening

_CANNOT_ASK = (
    "opening a holdout cannot be undone, and there is no terminal to ask at; say --yes if it is "
    "meant. Nothing was opened."
)


@click.command("open-holdout")
@click.argument("sweep")
@click.option(
    "--trial", metavar="RUN:N", help="Which trial.  [default: the best by the sweep's own rule]"
)
@click.option("--yes", is_flag=True, help="Open it without asking.")
@click.option("--json", "as_json", is_flag=True, help="Print the result for a script; takes --yes.")
def open_holdout(sweep: str, trial: str | None, yes: bool, as_json: bool) -> None:
    """Evaluate one trial of SWEEP on the holdout that its file keeps from every cell.

    The ledger is told first: an opening counts for good, whatever becomes of it, and every
    report of this instrument says how often its holdout was opened. The trial itself was
    counted when it was made and is not counted again.

    \b
    Examples:
      peak sweeps open-holdout default
      peak sweeps open-holdout 4f1c20 --trial 8d02b7:118

    Exit status: 0 opened, 1 not opened or failed (the message says whether it counts),
    2 no --yes where nobody can be asked.
    """
    from peaklib.cli.project import find_project
    from peaklib.evidence import Registry, open_run
    from peaklib.sweep import holdout
    from peaklib.sweep.find import find_sweep

    asks = not as_json and sys.stdin.isatty()
    if not yes and not asks:
        raise click.UsageError(_CANNOT_ASK)
    find_project()
    registry = Registry()
    run = open_run(find_sweep(sweep, registry), runs=registry.runs)
    prepared = holdout.prepare_opening(run, trial=trial)
    if not as_json:
        _announce(prepared)
    if not yes and not click.confirm("Open it now, for good?"):
        console.print("not opened; nothing was counted")
        raise SystemExit(1)
    done = holdout.open_holdout(run, prepared=prepared)
    if as_json:
        emit_json(_answer(done))
    else:
        _print(done)


def _announce(prepared: "PreparedOpening") -> None:
    config, earlier = prepared.config, prepared.earlier
    console.print(
        f"{config['sweep']}  holdout of {config['instrument']}, {config['from']} to {config['to']}",
        soft_wrap=True,
    )
    params = " ".join(f"{name}={value:g}" for name, value in config["params"].items())
    console.print(
        f"trial {config['trial']}  {config['strategy']} {params}  "
        f"Sharpe {config['sweep_sharpe']:.2f} where it was selected",
        soft_wrap=True,
    )
    console.print(f"opened before: {_times(len(earlier))}")
    for opening in earlier:
        console.print(f"  {_line(opening)}", style="dim", soft_wrap=True)


def _times(count: int) -> str:
    words = ("never", "once", "twice")
    return words[count] if count < len(words) else f"{count} times"


def _line(opening: "Opening") -> str:
    run = opening.run_id or "no run was published"
    return f"{opening.time:%Y-%m-%d}  {opening.name}  {opening.strategy}  {opening.trial}  {run}"


def _answer(done: "HoldoutResult") -> dict[str, Any]:
    opening, metrics = done.opening, done.run.record()["metrics"]
    return {
        "run_id": done.run.run_id,
        "root": done.run.root,
        "event": opening.seq,
        "time": opening.time.isoformat(),
        "sweep": opening.sweep,
        "trial": opening.trial,
        "strategy": opening.strategy,
        "params": dict(opening.params),
        "instrument": opening.instrument,
        "from": opening.first,
        "to": opening.last,
        "opened_before": len(done.earlier),
        "metrics": metrics,
        "scenarios": json.loads(done.scenarios.to_json(orient="records", double_precision=15)),
    }


def _print(done: "HoldoutResult") -> None:
    from peaklib.render import format_metric

    console.print(f"✓ {done.run.run_id}  event {done.opening.seq} of the ledger", soft_wrap=True)
    for name in ("sharpe", "ret", "max_dd"):
        trial, hold = (
            format_metric(name, side.metrics[name]) for side in (done.strategy, done.hold)
        )
        console.print(f"  {name:<7} {trial:>9}   benchmark {hold:>9}")
    others = done.scenarios.iloc[1:]
    for costs, sharpe in zip(others["costs"], others["sharpe"], strict=True):
        console.print(f"  sharpe  {format_metric('sharpe', sharpe):>9}   under costs {costs}")
    count = len(done.earlier) + 1
    console.print(f"  the holdout of {done.opening.instrument} was opened {_times(count)} by now")
    next_step(f"peak evidence verify {done.run.run_id}")
