"""`peak runs`: find, compare and count runs. Each subcommand loads when it is asked for."""

from importlib import import_module
from typing import Final

import click

# Name of the command: module, attribute, what it does.
_COMMANDS: Final = {
    "list": ("runs_list", "command", "List runs: filter, sort by any metric."),
    "show": ("runs_show", "command", "Show one run, or one grid point of it."),
    "best": ("runs_best", "command", "Rank the grid points of all runs by a metric."),
    "compare": ("runs_compare", "command", "Show what differs between runs."),
    "trials": ("runs_trials", "command", "Count the trials that were really made."),
    "recover": ("runs_upkeep", "recover", "List what crashes left, and mend it."),
    "rebuild": ("runs_upkeep", "rebuild", "Build the index of runs anew."),
    "delete": ("runs_upkeep", "delete", "Delete a run; the ledger keeps the reason."),
}


class _Lazy(click.Group):
    """A group whose commands are imported on use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, attribute, _ = _COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(f"peaklib.cli.{module}"), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, _, text) in _COMMANDS.items()])


@click.group(cls=_Lazy)
def command() -> None:
    """Find, compare and count runs; clean up after crashes.

    RUN is an id, the beginning of one, or its last six digits; RUN:N is the grid point N of
    a run.
    """
