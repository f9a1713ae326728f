"""`peak runs best`: the grid points of all runs, ranked by a metric."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, Final

import click

from peaklib.cli.run_filters import check_known, filters, plain, to_query
from peaklib.cli.show import console, emit_json, next_step

if TYPE_CHECKING:
    from rich.table import Table

    from peaklib.evidence import Query, Registry
    from peaklib.evidence.registry.best import Point

# Beside the metric that was asked for, as far as the points have them.
_BESIDE: Final = ("sharpe", "cagr", "max_dd", "n_trades")
_WIDEST: Final = 3


@click.command("best")
@click.option("--metric", default="sharpe", metavar="M", show_default=True, help="To rank by.")
@click.option("-n", "--limit", default=10, type=click.IntRange(1), show_default=True)
@click.option("--highest/--lowest", "higher", default=None, help="Where a metric does not say.")
@filters
@click.option("--json", "as_json", is_flag=True, help="Print the points for a script.")
def command(metric: str, limit: int, higher: bool | None, as_json: bool, **chosen: Any) -> None:
    """Rank the grid points of all completed runs by a metric.

    A point that several runs evaluated counts once. A bound of --where is on the metric of
    the point, or on that of its run. What is best of many trials, in sample, is no forecast:
    the line above the table says how many it was chosen among.

    \b
    Examples:
      peak runs best --metric sharpe --data sp500
      peak runs best --metric max_dd -n 5 --where 'n_trades>=30'
    """
    from peaklib.cli.project import find_project
    from peaklib.evidence import Registry

    find_project()
    registry = Registry()
    query = to_query(chosen, status="completed")
    direction = _direction(registry, query, metric) if higher is None else higher
    points = registry.best_points(metric, query, limit, direction)
    if not points:
        check_known(registry, query, [metric, *(name for name, _, _ in query.bounds)])
    if as_json:
        emit_json(_answer(registry, points, metric, direction, query))
    elif not points:
        _say_nothing(registry)
    else:
        _print(registry, points, metric, direction, query)


def _direction(registry: "Registry", query: "Query", metric: str) -> bool:
    """Whether more of a metric is better; `best_sharpe` is a kind of `sharpe`."""
    from peaklib.metrics import METRICS, RESULT_METRICS

    known = {one.name: one.better for one in (*METRICS, *RESULT_METRICS)}
    ends = [name for name in known if metric == name or metric.endswith(f"_{name}")]
    better = known[max(ends, key=len)] if ends else ""
    if not better:
        check_known(registry, query, [metric])
        raise click.UsageError(
            f"nobody says whether more {metric!r} is better; add --highest or --lowest"
        )
    return better == "higher"


def _say_nothing(registry: "Registry") -> None:
    known = registry.metric_names()
    console.print("no point meets this" if known else "no runs yet")
    next_step("peak runs list" if known else "peak sweep configs/sweeps/quick.toml")


def _n_trials(registry: "Registry", query: "Query") -> int:
    """Distinct trials that the points were chosen among; bounds choose, too."""
    from peaklib.evidence.registry.query import is_of_dataset
    from peaklib.evidence.trials.count import count_trials

    among = set(registry.ids(replace(query, bounds=())))
    asked = query.dataset

    def taken(data: Mapping[str, Any]) -> dict[str, Any]:
        kept = [
            grid
            for grid in data["trials"]
            if query.strategy in (None, grid["strategy"])
            and (
                asked is None
                or is_of_dataset(asked, grid["conventions"]["data"], grid["conventions"]["digest"])
            )
        ]
        return {**data, "trials": kept}

    lines = (event.data for event in registry.ledger.events("publish"))
    counted = count_trials(taken(data) for data in lines if data["run_id"] in among)
    return sum(family.distinct for family in counted.values())


def _answer(
    registry: "Registry", points: Sequence["Point"], metric: str, higher: bool, query: "Query"
) -> dict[str, Any]:
    found = [
        {**asdict(point), "ref": str(point), "hold": _hold(registry, point, metric)}
        for point in points
    ]
    return {
        "metric": metric,
        "higher_is_better": higher,
        "n_trials": _n_trials(registry, query),
        "points": plain(found),
    }


def _hold(registry: "Registry", point: "Point", metric: str) -> float | None:
    """The benchmark of the point's run."""
    return registry.row(point.run_id).metrics.get(f"hold_{metric}")


def _print(
    registry: "Registry", points: Sequence["Point"], metric: str, higher: bool, query: "Query"
) -> None:
    short = registry.short_ids([point.run_id for point in points])
    names = [_named(point, short) for point in points]
    shared = _shared(points)
    which = "highest" if higher else "lowest"
    console.print(
        f"chosen by {which} {metric} · among {_n_trials(registry, query):,} trials, in sample"
        + "".join(f" · {text}" for text in shared.values() if text),
        soft_wrap=True,
    )
    console.print(_table(registry, points, names, metric, shared))
    several = len(points) > 1
    next_step(f"peak runs {'compare ' + ' '.join(names[:2]) if several else 'show ' + names[0]}")


def _named(point: "Point", short: Mapping[str, str]) -> str:
    run = short[point.run_id]
    return run if point.n is None else f"{run}:{point.n}"


def _shared(points: Sequence["Point"]) -> dict[str, str]:
    """Strategy and data, where all points have the same."""
    made = {}
    for name in ("strategy", "dataset"):
        values = {getattr(point, name) for point in points}
        if len(values) == 1:
            made[name] = values.pop() or ""
    return made


def _table(
    registry: "Registry",
    points: Sequence["Point"],
    names: Sequence[str],
    metric: str,
    shared: Mapping[str, str],
) -> "Table":
    from rich.table import Table

    from peaklib.render import format_metric

    beside = [n for n in _BESIDE if n != metric and any(n in p.metrics for p in points)][:_WIDEST]
    holds = [_hold(registry, point, metric) for point in points]
    apart = [name for name in ("strategy", "dataset") if name not in shared]
    has_hold = any(value is not None for value in holds)
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim")
    table.add_column("#", justify="right", no_wrap=True)
    table.add_column("run", no_wrap=True)
    table.add_column(" ".join([*apart, "parameters"]), overflow="fold")
    for name in (metric, *["hold"] * has_hold, *beside):
        table.add_column(name, justify="right", no_wrap=True)
    for number, (point, name, hold) in enumerate(zip(points, names, holds, strict=True), 1):
        words = [str(getattr(point, each) or "") for each in apart]
        cells = [format_metric(metric, point.value)]
        cells += [format_metric(metric, hold)] * has_hold
        cells += [format_metric(each, point.metrics.get(each)) for each in beside]
        table.add_row(str(number), name, " ".join([*words, _params(point)]), *cells)
    return table


def _params(point: "Point") -> str:
    from peaklib.cli.compare_text import value_text

    return " ".join(f"{name} {value_text(value)}" for name, value in point.params.items())
