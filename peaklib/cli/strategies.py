"""`peak strategies`: rules and their parameters."""

from typing import Final

import click

_RESEARCH_ONLY: Final = "research only"


@click.group()
def command() -> None:
    """Strategies, those of installed plugins included."""


@command.command("list")
def list_() -> None:
    """Names, versions and what each does."""
    from peaklib.strategies import installed, wrappers

    for name, rule in installed().items():
        mark = f"{_RESEARCH_ONLY}: " if rule.research_only else ""
        click.echo(f"{name:<22} v{rule.version}  {mark}{rule.summary}")
    around = ", ".join(f"{name}(NAME)" for name in wrappers())
    click.echo(f"\nAround any of them: {around}")


@command.command()
@click.argument("name")
def show(name: str) -> None:
    """Parameters of one strategy: type, default, range, unit, meaning."""
    from peaklib.strategies import get

    rule = get(name)
    click.echo(f"{rule.name}  v{rule.version}\n{rule.summary}")
    if rule.research_only:
        click.echo(f"{_RESEARCH_ONLY}: it is here to be examined, and can never be promoted")
    for p in rule.parameters.values():
        kind, bounds = p.type.__name__, f"{p.low:g} … {p.high:g}"
        click.echo(
            f"  {p.name:<14} {kind:<6} {p.default:<8g} {bounds:<14} {p.unit:<20} {p.meaning}"
        )
