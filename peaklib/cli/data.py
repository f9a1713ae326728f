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
    for column in ("name", "kind", "period", "rows", "meaning"):
        table.add_column(column, justify="right" if column == "rows" else "left")
    for info in list_datasets():
        table.add_row(
            info.name, info.kind, " – ".join(info.period), str(info.rows or ""), info.meaning
        )
    Console(highlight=False).print(table)


@command.command()
@click.argument("source")
def quality(source: str) -> None:
    """Gaps, outliers and other facts about SOURCE (a name or a path)."""
    from peaklib.data import load

    data = load(source)
    click.echo(f"{data.name}  {data.digest[:12]}  {data.meta.source}")
    for fact, value in data.quality().to_frame().itertuples(index=False):
        click.echo(f"  {fact:<44} {value}")
