"""`peak runs list`: runs, newest first or by a metric."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, Final

import click

from peaklib.cli.run_filters import check_known, filters, plain, to_query
from peaklib.cli.show import console, emit_json, next_step

if TYPE_CHECKING:
    from rich.table import Table

    from peaklib.evidence import Query, Registry, Row

# Shown when no metric is asked for, if any run has them.
_USUAL: Final = ("sharpe", "best_sharpe")
_FIRST: Final = "peak sweep configs/sweeps/quick.toml"
_STATUS: Final = {"completed": "✓", "failed": "✕", "interrupted": "–"}


@click.command("list")
@filters
@click.option("--status", type=click.Choice(list(_STATUS)), help="How the runs ended.")
@click.option("--sort", default="start", metavar="M", help="A metric.  [default: start]")
@click.option("--ascending", is_flag=True, help="Oldest or smallest first.")
@click.option("--deleted", is_flag=True, help="Also runs that were deleted.")
@click.option("--limit", "-n", default=20, metavar="N", type=click.IntRange(0), show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print the runs for a script.")
def command(
    sort: str, ascending: bool, deleted: bool, limit: int, as_json: bool, **chosen: Any
) -> None:
    """List runs of this project, newest first.

    \b
    Examples:
      peak runs list --kind sweep_cell --sort best_sharpe
      peak runs list --data sp500 --since 7d --where 'best_sharpe>0.5'
      peak runs list --status failed
    """
    from peaklib.cli.project import find_project
    from peaklib.evidence import Registry

    find_project()
    registry = Registry()
    query = to_query(
        chosen, sort=sort, descending=not ascending, limit=limit, include_deleted=deleted
    )
    rows = registry.select(query)
    asked = [query.sort] if query.sort != "start" else []
    # A metric to sort by leaves nothing out, known or not.
    if limit and not (rows if not asked else any(query.sort in row.metrics for row in rows)):
        check_known(registry, query, [*asked, *(name for name, _, _ in query.bounds)])
    if as_json:
        emit_json(plain([asdict(row) for row in rows]))
        return
    _print(registry, rows, query)


def _print(registry: "Registry", rows: Sequence["Row"], query: "Query") -> None:
    if not rows:
        is_narrow = bool(registry.ids(type(query)(limit=1)))
        console.print("no run meets this" if is_narrow else "no runs yet")
        next_step("peak runs list" if is_narrow else _FIRST)
        return
    short = registry.short_ids([row.run_id for row in rows])
    console.print(_table(rows, short, _metrics(rows, query)))
    total = len(registry.ids(replace(query, sort="start", limit=None)))
    console.print(f"{len(rows):,} of {total:,} {'run' if total == 1 else 'runs'}")
    next_step(f"peak runs show {short[rows[0].run_id]}")


def _metrics(rows: Sequence["Row"], query: "Query") -> list[str]:
    """The metrics that were asked for, else the usual ones that any run has."""
    asked = [query.sort] if query.sort != "start" else []
    asked += [metric for metric, _, _ in query.bounds]
    usual = [name for name in _USUAL if any(name in row.metrics for row in rows)]
    return list(dict.fromkeys(asked)) or usual


def _table(rows: Sequence["Row"], short: Mapping[str, str], metrics: Sequence[str]) -> "Table":
    from rich.table import Table

    from peaklib.render import format_metric

    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim")
    for name in ("", "run", "started", "kind"):
        table.add_column(name, no_wrap=True)
    table.add_column("family", overflow="fold")
    for name in ("trials", *metrics):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(
            "†" if row.deleted else _STATUS.get(row.status, "?"),
            short[row.run_id],
            row.start[5:16].replace("T", " "),
            row.kind,
            _words(row),
            f"{row.n_trials:,}" if row.n_trials else "",
            *(format_metric(name, row.metrics.get(name)) for name in metrics),
        )
    return table


def _words(row: "Row") -> str:
    """The family; under it why a run failed or was deleted."""
    reason = f"deleted: {row.deleted}" if row.deleted else row.error
    return "\n".join(part for part in (row.family, reason) if part)
