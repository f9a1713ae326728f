"""The `peak` command. Each subcommand is a module that loads when it is asked for."""

import os
import sys
from typing import Final

import click

from peaklib import __version__
from peaklib.cli.lazy import Lazy, LazyGroup
from peaklib.errors import ConfigError, PeakError
from peaklib.evidence.places import INPUTS_VARIABLE, REPEATER_VARIABLE

_COMMANDS: Final = {
    "sweep": Lazy("sweep", "Run a sweep over a notebook and report it."),
    "sweeps": Lazy("sweeps", "Compare finished sweeps; open a holdout, counted."),
    "run": Lazy("run", "Run one notebook and keep what it leaves."),
    "nightly": Lazy("nightly", "Run sweeps every night and say what changed."),
    "runs": Lazy("runs", "Find, compare and count runs; clean up after crashes."),
    "evidence": Lazy("evidence", "Verify packs and pages, export runs."),
    "repro": Lazy("repro", "Run a pack again and compare what comes out."),
    "risk": Lazy("risk", "Risk chapters of runs; the risk gate's decision on an order."),
    "llm": Lazy("llm", "Language models: matrix, calls, budgets and locks."),
    "eval": Lazy("eval", "Measure the models of a layer on its cases."),
    "ledger": Lazy("ledger", "Read and check the ledger of this project."),
    "config-lint": Lazy("config_lint", "Check every file under configs/."),
    "notebooks": Lazy("notebooks", "Sync the notebook pairs and execute them in place."),
    "data": Lazy("data", "List data sets and look at their quality."),
    "features": Lazy("features", "List features and their parameters; look after their cache."),
    "strategies": Lazy("strategies", "List strategies and their parameters."),
    "plugins": Lazy("plugins", "List what packages add and check that it is valid."),
}


@click.group(
    cls=LazyGroup, lazy=_COMMANDS, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(__version__, prog_name="peak")
def peak() -> None:
    """Peak Trade research workbench: sweeps, reports and the evidence behind them.

    Start with `peak sweep configs/sweeps/quick.toml`. Nothing here sends an order anywhere.
    """


def main() -> None:
    """Entry point of the console script; prints errors without a traceback."""
    # Only a command that repeats a run says whose inputs are read, and for itself alone.
    for name in (INPUTS_VARIABLE, REPEATER_VARIABLE):
        os.environ.pop(name, None)
    try:
        peak(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        sys.exit(130)
    except PeakError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(2 if isinstance(error, ConfigError) else 1)
