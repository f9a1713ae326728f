"""`peak runs`: find, compare and count runs. Each subcommand loads when it is asked for."""

from typing import Final

import click

from peaklib.cli.lazy import Lazy, LazyGroup

_COMMANDS: Final = {
    "list": Lazy("runs_list", "List runs: filter, sort by any metric."),
    "show": Lazy("runs_show", "Show one run, or one grid point of it."),
    "best": Lazy("runs_best", "Rank the grid points of all runs by a metric."),
    "compare": Lazy("runs_compare", "Show what differs between runs."),
    "trials": Lazy("runs_trials", "Count the trials that were really made."),
    "recover": Lazy("runs_upkeep", "List what crashes left, and mend it.", "recover"),
    "rebuild": Lazy("runs_upkeep", "Build the index of runs anew.", "rebuild"),
    "delete": Lazy("runs_upkeep", "Delete a run; the ledger keeps the reason.", "delete"),
}


@click.group(cls=LazyGroup, lazy=_COMMANDS)
def command() -> None:
    """Find, compare and count runs; clean up after crashes.

    RUN is an id, the beginning of one, or its last six digits; RUN:N is the grid point N of
    a run.
    """
