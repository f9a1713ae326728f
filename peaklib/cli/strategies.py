"""`peak strategies`: rules and their parameters."""

import click


@click.group()
def command() -> None:
    """Strategies, those of installed plugins included."""


@command.command("list")
def list_() -> None:
    """Names, versions and what each does."""
    from peaklib.strategies import installed

    for name, rule in installed().items():
        click.echo(f"{name:<22} v{rule.version}  {rule.summary}")
    click.echo("\nvol_regime_filter(NAME) stands around any of them.")


@command.command()
@click.argument("name")
def show(name: str) -> None:
    """Parameters of one strategy: type, default, range, unit, meaning."""
    from peaklib.strategies import get

    rule = get(name)
    click.echo(f"{rule.name}  v{rule.version}\n{rule.summary}")
    for p in rule.parameters.values():
        kind, bounds = p.type.__name__, f"{p.low:g} … {p.high:g}"
        click.echo(
            f"  {p.name:<14} {kind:<6} {p.default:<8g} {bounds:<14} {p.unit:<20} {p.meaning}"
        )
