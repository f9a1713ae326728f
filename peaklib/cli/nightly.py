"""`peak nightly`: sweeps every night, and what changed since the night before."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from peaklib.cli.show import console, emit_json, next_step
from peaklib.errors import ConfigError, PeakError

if TYPE_CHECKING:
    from peaklib.sweep import Plan, Progress
    from peaklib.sweep.execute import Listener
    from peaklib.sweep.nightly.config import NightConfig
    from peaklib.sweep.nightly.publish import Published

# Alerts that are worth the screen; the page has all of them.
_SHOWN = 20
_NOT_RUN = 3


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
@click.option(
    "--workers", type=click.IntRange(1), help="Cells at a time.  [default: one per processor]"
)
@click.option("--resume", is_flag=True, help="Keep cells that an earlier run has finished.")
@click.option("--dry-run", is_flag=True, help="Print what would be done and compute nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome for a script.")
def command(config: Path, workers: int | None, resume: bool, dry_run: bool, as_json: bool) -> None:
    """Run the sweeps that CONFIG lists and compare them with the previous night.

    What moved, broke, or does not come out again is an alert. The night leaves one HTML page
    and one JSON file under reports/, and alerts whom CONFIG names. Only one night is at work
    at a time.

    \b
    Examples:
      peak nightly configs/nightly/default.toml --dry-run
      peak nightly configs/nightly/default.toml

    Exit status: 0 all is well, 1 there are alerts, 2 the configuration is wrong, 3 the night
    could not be run (another one is at work, the disk is full), 130 interrupted.
    """
    from peaklib.cli.project import find_project
    from peaklib.sweep.nightly.config import check_config, load_config

    find_project(config)
    if dry_run:
        _print_plan(check_config(config), as_json)
        return
    asked = load_config(config)
    # `kill` ends it as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        done = _run(asked, config, workers, resume, as_json)
    except KeyboardInterrupt:
        click.echo("interrupted; finished cells and sweeps are kept", err=True)
        click.echo(f"next  peak nightly {config} --resume", err=True)
        raise SystemExit(130) from None
    except (PeakError, OSError) as error:
        if isinstance(error, ConfigError):
            raise
        click.echo(f"error: {error}", err=True)
        raise SystemExit(_NOT_RUN) from None
    if as_json:
        emit_json(done.document)
    else:
        _print(done)
    raise SystemExit(done.exit_status)


def _run(
    asked: "NightConfig", config: Path, workers: int | None, resume: bool, quiet: bool
) -> "Published":
    from peaklib.backtest.grid import process_cpus
    from peaklib.evidence import runs_folder
    from peaklib.sweep.nightly.lock import night_lock
    from peaklib.sweep.nightly.night import run_night
    from peaklib.sweep.nightly.publish import publish

    cpus = process_cpus()
    with night_lock(runs_folder(), config=str(config)):
        night = run_night(
            asked,
            _silent if quiet else _display,
            workers=workers or cpus,
            cpus=cpus,
            resume=resume,
        )
        return publish(night)


@contextmanager
def _silent(plan: "Plan") -> Iterator["Listener"]:
    """For output that a script reads."""

    def listen(progress: "Progress") -> None: ...

    yield listen


@contextmanager
def _display(plan: "Plan") -> Iterator["Listener"]:
    from peaklib.cli.progress import BatchDisplay

    console.print(f"{plan.name}  {len(plan.cells)} cells, {plan.n_trials:,} trials", soft_wrap=True)
    with BatchDisplay(console, len(plan.cells)) as display:
        yield display


def _print(done: "Published") -> None:
    said = done.document
    previous = said["previous"]
    against = f"compared with {previous['run_id']}" if previous else "nothing to compare with yet"
    for alert in said["alerts"][:_SHOWN]:
        where = "  ".join(part for part in (alert["sweep"], alert["cell"]) if part)
        line = f"✕ {alert['kind']}  {where + '  ' if where else ''}{alert['text']}"
        console.print(line, style="red", soft_wrap=True)
    if len(said["alerts"]) > _SHOWN:
        console.print(f"  and {len(said['alerts']) - _SHOWN:,} more on the page")
    count = len(said["notes"])
    notes = f" · {count} note{'s' if count != 1 else ''}" if count else ""
    console.print(f"{said['word']}{notes}   run {said['run_id']}   {against}", soft_wrap=True)
    console.print(f"page  {_shown(done.page)}   record {done.record.name}", soft_wrap=True)
    next_step(f"open {_shown(done.page)} in a browser")


def _shown(path: Path) -> Path:
    from peaklib.evidence import home

    return path.relative_to(home()) if path.is_relative_to(home()) else path


def _print_plan(asked: "NightConfig", as_json: bool) -> None:
    """What a night would do; a mistake in one of the sweeps is one of the configuration."""
    plan = _planned(asked)
    if as_json:
        emit_json(plan)
        return
    for sweep in plan["sweeps"]:
        console.print(
            f"{sweep['sweep']}  {sweep['cells']} cells, {sweep['trials']:,} trials", soft_wrap=True
        )
    console.print(f"compared with  {plan['previous'] or 'nothing, it would be the first night'}")
    console.print(f"run again      {plan['repro']} cells of the previous night")
    console.print(f"page           reports/{asked.name}.html", soft_wrap=True)
    console.print(f"alerts         {', '.join(plan['alerts']) or 'nobody'}", soft_wrap=True)


def _planned(asked: "NightConfig") -> dict[str, Any]:
    from peaklib.evidence import Registry, home
    from peaklib.sweep import make_plan
    from peaklib.sweep.nightly.previous import previous_night

    plans = [make_plan(home() / path) for path in asked.sweeps]
    previous, _ = previous_night(Registry(), asked.name)
    hook = asked.alerts.webhook
    return {
        "name": asked.name,
        "sweeps": [
            {"sweep": plan.name, "cells": len(plan.cells), "trials": plan.n_trials}
            for plan in plans
        ],
        "previous": previous.run.run_id if previous else None,
        "repro": asked.repro if previous else 0,
        "alerts": [
            *(["exit status 1"] if asked.alerts.exit else []),
            *([f"file {asked.alerts.file}"] if asked.alerts.file else []),
            *([f"webhook {hook.host}, signed with {hook.secret_env}"] if hook else []),
        ],
    }
