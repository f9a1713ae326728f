"""How commands print: text for people, JSON for scripts, and the next command."""

import json
from typing import Any

import click
from rich.console import Console

# Markup and highlighting would colour what happens to look like a number or a tag.
console = Console(highlight=False, markup=False)


def emit_json(value: Any) -> None:
    """Print plain values for a script: keys sorted, one stable form."""
    click.echo(json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False))


def next_step(command: str) -> None:
    """Say as the last line what a reader would type next."""
    console.print(f"next  {command}", soft_wrap=True)
