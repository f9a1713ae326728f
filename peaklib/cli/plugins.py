"""`peak plugins`: what installed packages add, and whether it keeps its contract."""

import click

from peaklib import plugins


@click.group()
def command() -> None:
    """Strategies and configuration models, peaklib's own and those of other packages."""


@command.command("list")
def list_() -> None:
    """What is announced, by which package; nothing is imported."""
    for group in plugins.GROUPS:
        click.echo(group)
        for plugin in plugins.found(group):
            click.echo(f"  {plugin.name:<20} {plugin.target:<48} {plugin.package}")


@command.command()
@click.argument("names", nargs=-1)
def validate(names: tuple[str, ...]) -> None:
    """Hold strategies to their contract: causal, flat in the warm-up, deterministic.

    NAMES are strategies, all that are installed by default. Exit status: 0 all valid,
    1 something is broken.
    """
    from peaklib.data import load
    from peaklib.features import Bars
    from peaklib.strategies import get, installed
    from peaklib.strategies.contract import violations

    bars = Bars.of(load("sp500"))
    broken = 0
    for name in names or tuple(installed()):
        rule = get(name)
        found = violations(rule, bars)
        broken += bool(found)
        click.echo(f"{'✕' if found else '✓'} {rule.name} v{rule.version}")
        for line in found:
            click.echo(f"    {line}")
    if broken:
        raise SystemExit(1)
