"""`peak plugins`: what installed packages add, and whether it keeps its contract."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import click

from peaklib import plugins

if TYPE_CHECKING:
    from peaklib.features import Feature

# Enough for every window and every fit; a feature is computed some twenty times.
_FEATURE_ROWS: Final = 1500


@click.group()
def command() -> None:
    """Strategies, features and configuration models, peaklib's own and those of others."""


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
    """Hold strategies and features to their contracts: causal, warm-up, deterministic.

    NAMES are strategies or features, all that are installed by default. Exit status: 0 all
    valid, 1 something is broken.
    """
    from peaklib.features import installed as features

    known = features()
    broken = 0
    for title, found in _checked(names or (*_strategies(), *known), known):
        broken += bool(found)
        click.echo(f"{'✕' if found else '✓'} {title}")
        for line in found:
            click.echo(f"    {line}")
    if broken:
        raise SystemExit(1)


def _strategies() -> list[str]:
    from peaklib.strategies import installed

    return [*installed()]


def _checked(
    names: Sequence[str], features: Mapping[str, "Feature"]
) -> Iterator[tuple[str, list[str]]]:
    """Each name with its version, and what it breaks of its contract."""
    from peaklib.data import load
    from peaklib.features import Bars
    from peaklib.features.contract import violations as of_feature
    from peaklib.strategies import get
    from peaklib.strategies.contract import violations as of_strategy

    data = load("sp500")
    bars, frame = Bars.of(data), data.frame.iloc[:_FEATURE_ROWS]
    for name in names:
        if name in features:
            feature = features[name]
            yield f"{name} v{feature.version}", of_feature(feature, frame)
        else:
            rule = get(name)
            yield f"{rule.name} v{rule.version}", of_strategy(rule, bars)
