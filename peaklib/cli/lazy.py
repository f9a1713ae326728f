"""A group of commands that are imported on use, so that `--help` is quick."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import click


@dataclass(frozen=True)
class Lazy:
    """A command that is not imported yet.

    Args:
        module: of `peaklib.cli`.
        meaning: one line.
        attribute: of the module.
    """

    module: str
    meaning: str
    attribute: str = "command"

    def load(self) -> click.Command:
        """Import it."""
        command: click.Command = getattr(
            import_module(f"peaklib.cli.{self.module}"), self.attribute
        )
        return command


class LazyGroup(click.Group):
    """A group over commands by name, listed in the order given.

    Args:
        lazy: the commands.
        options: of `click.Group`.
    """

    def __init__(self, *args: Any, lazy: Mapping[str, Lazy], **options: Any) -> None:
        super().__init__(*args, **options)
        self._lazy = lazy

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names, in order."""
        return list(self._lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name, imported now."""
        return self._lazy[cmd_name].load() if cmd_name in self._lazy else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The section of the help; nothing is imported for it."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, lazy.meaning) for name, lazy in self._lazy.items()])
