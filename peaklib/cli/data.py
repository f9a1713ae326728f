"""`peak data`: what can be loaded, and how good it is."""

import click


@click.group()
def command() -> None:
    """Data sets that ship with the workbench, and the quality of any data set."""


@command.command("list")
def list_() -> None:
    """Names that `load` and the sweeps understand."""
    from rich.console import Console
    from rich.table import Table

    from peaklib.data import list_datasets

    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("name", "from", "to"):
        table.add_column(column, no_wrap=True)
    table.add_column("meaning")
    for info in list_datasets():
        table.add_row(info.name, *info.period, f"{info.meaning} ({info.kind})")
    console = Console(highlight=False)
    console.print(table)
    console.print("\nSynthetic series take a seed and a length: synthetic:garch,seed=3,bars=2520")


@command.command()
@click.argument("source")
def quality(source: str) -> None:
    """Gaps, outliers and other facts about SOURCE (a name or a path)."""
    from peaklib.data import load

    data = load(source)
    click.echo(f"{data.name}  {data.digest[:12]}  {data.meta.source}")
    for fact, value in data.quality().to_frame().itertuples(index=False):
        click.echo(f"  {fact:<44} {value}")
