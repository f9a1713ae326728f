"""The `peak` command. Each subcommand is a module that loads when it is asked for."""

import sys
from importlib import import_module
from typing import Final

import click

from peaklib import __version__
from peaklib.errors import ConfigError, PeakError

_COMMANDS: Final = {
    "sweep": "Run a sweep over a notebook and report it.",
    "runs": "Find, compare and count runs; clean up after crashes.",
    "evidence": "Verify packs and pages, export runs.",
    "repro": "Run a pack again and compare what comes out.",
    "ledger": "Read and check the ledger of this project.",
    "config-lint": "Check every file under configs/.",
    "notebooks": "Sync the notebook pairs and execute them in place.",
    "data": "List data sets and look at their quality.",
    "strategies": "List strategies and their parameters.",
    "plugins": "List what packages add and check that it is valid.",
}


class _Lazy(click.Group):
    """A group whose commands are imported on use, so that `--help` is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = import_module(f"peaklib.cli.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="peak")
def peak() -> None:
    """Peak Trade research workbench: sweeps, reports and the evidence behind them.

    Start with `peak sweep configs/sweeps/quick.toml`. Nothing here sends an order anywhere.
    """


def main() -> None:
    """Entry point of the console script; prints errors without a traceback."""
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
