"""`peak runs best`: the grid points of all runs, ranked by a metric."""

import logging
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
    from peaklib.evidence.trials.count import FamilyCount
    from peaklib.robustness.sharpe.deflation import Deflated

_LOG: Final = logging.getLogger(__name__)
# Beside the metric that was asked for, as far as the points have them.
_BESIDE: Final = ("sharpe", "cagr", "max_dd", "n_trades")
_WIDEST: Final = 3
_OUT: Final = "oos_"


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
    the line above the table says how many it was chosen among. Below the table stand the edges
    of the grid that the first point lies on and, of a Sharpe, the deflated Sharpe ratio: how
    likely the true one is above what luck gives the best of so many trials.

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


def _among(registry: "Registry", query: "Query") -> "dict[str, FamilyCount]":
    """Trials that the points were chosen among, by family; bounds choose, too."""
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
    return count_trials(taken(data) for data in lines if data["run_id"] in among)


def _n_trials(among: Mapping[str, "FamilyCount"]) -> int:
    return sum(family.distinct for family in among.values())


def _deflated(
    registry: "Registry",
    points: Sequence["Point"],
    metric: str,
    higher: bool,
    among: Mapping[str, "FamilyCount"],
) -> "tuple[Deflated | None, str]":
    """That of the first point, where the points are ranked by Sharpe; or why there is none."""
    from peaklib.cli.best_remarks import try_deflated

    if metric != "sharpe" or not higher or not points or points[0].n is None:
        return None, ""
    return try_deflated(registry, points[0], among)


def _answer(
    registry: "Registry", points: Sequence["Point"], metric: str, higher: bool, query: "Query"
) -> dict[str, Any]:
    from peaklib.cli.best_remarks import deflated_json, edges_of, grid_of

    among = _among(registry, query)
    found: list[dict[str, Any]] = [
        {
            **asdict(point),
            "ref": str(point),
            "hold": _hold(registry, point, metric),
            "on_edge": edges_of(grid_of(registry, point), point.params),
        }
        for point in points
    ]
    deflated, reason = _deflated(registry, points, metric, higher, among)
    for first in found[:1]:
        first |= {"deflated": deflated_json(deflated), "no_deflated": reason or None}
    return {
        "metric": metric,
        "higher_is_better": higher,
        "n_trials": _n_trials(among),
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
    which, among = "highest" if higher else "lowest", _among(registry, query)
    where = "out of sample" if metric.startswith(_OUT) else "in sample"
    console.print(
        f"chosen by {which} {metric} · among {_n_trials(among):,} trials, {where}"
        + "".join(f" · {text}" for text in shared.values() if text),
        soft_wrap=True,
    )
    console.print(_table(registry, points, names, metric, shared))
    _print_remarks(registry, points, metric, _deflated(registry, points, metric, higher, among))
    several = len(points) > 1
    next_step(f"peak runs {'compare ' + ' '.join(names[:2]) if several else 'show ' + names[0]}")


def _print_remarks(
    registry: "Registry",
    points: Sequence["Point"],
    metric: str,
    deflated: "tuple[Deflated | None, str]",
) -> None:
    """What a reader must know of the first point."""
    from peaklib.cli.best_remarks import deflated_text, edges_of, grid_of
    from peaklib.cli.compare_text import edge_text

    best, (found, reason) = points[0], deflated
    for name in edges_of(grid_of(registry, best), best.params):
        console.print(f"! {edge_text(name, best.params[name])}")
    if metric.startswith(_OUT):
        console.print("! what is chosen by an out-of-sample number has used it up: it is no test")
    if found is not None:
        console.print(f"! {deflated_text(found)}")
    if reason:
        _LOG.warning("no deflated Sharpe ratio of %s: %s", best, reason)


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
