"""Questions to the tables of the index."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from peaklib.evidence.registry.index_tables import number_of
from peaklib.evidence.registry.query import LAST, Clause, Query, Row, clauses

# Up to so many runs, sorting those of the narrowest condition is quicker than walking all
# runs in the order asked for.
_FEW: Final = 5_000
_KNOWN: Final = {
    "kind": "SELECT DISTINCT kind FROM runs",
    "family": "SELECT DISTINCT family FROM runs",
    "strategy": "SELECT DISTINCT name FROM strategy",
    "dataset": "SELECT DISTINCT name FROM dataset",
}
# Where no point of a grid can meet a bound.
_OUT_OF_REACH: Final = {"<": "x.low >=", "<=": "x.low >", ">": "x.high <=", ">=": "x.high <"}


@dataclass(frozen=True)
class GridPlace:
    """A grid that a run evaluated.

    Args:
        run_id: the run.
        grid: place among the grids of the run.
        first: number, within the run, of the grid's first point.
        best: best value of the metric that was asked for.
        same: equal for grids of the same trials in the same order.
    """

    run_id: str
    grid: int
    first: int
    best: float
    same: bytes


def select(connection: sqlite3.Connection, query: Query) -> list[Row]:
    """Runs that a query asks for, in its order."""
    return [_row(connection, number) for number in _numbers(connection, query)]


def ids(connection: sqlite3.Connection, query: Query) -> list[str]:
    """Only the ids of the runs that a query asks for; quick for very many."""
    sql = "SELECT run_id FROM runs WHERE id = ?"
    numbers = _numbers(connection, query)
    return [connection.execute(sql, (number,)).fetchone()[0] for number in numbers]


def ends(connection: sqlite3.Connection, texts: Sequence[str]) -> dict[str, int]:
    """How many runs have each of these ends of an id."""
    sql = "SELECT count(*) FROM runs WHERE short = ?"
    return {text: connection.execute(sql, (text,)).fetchone()[0] for text in texts}


def metric_names(connection: sqlite3.Connection) -> list[str]:
    """All metrics that any run or grid has, sorted."""
    sql = "SELECT name FROM metric UNION SELECT name FROM extreme ORDER BY name"
    return [name for (name,) in connection.execute(sql)]


def known(connection: sqlite3.Connection, name: str) -> list[str]:
    """All values of a field of `Query` that any run has, deleted or not, sorted."""
    return sorted(value for (value,) in connection.execute(_KNOWN[name]) if value is not None)


def _numbers(connection: sqlite3.Connection, query: Query) -> list[int]:
    conditions = list(clauses(query))
    narrow = _narrowest(connection, conditions)
    if narrow is not None or query.sort == "start":
        return _sorted(connection, query, conditions, narrow)
    return _walked(connection, query, conditions)


def row(connection: sqlite3.Connection, run_id: str) -> Row | None:
    """One run by its full id, deleted or not."""
    found = connection.execute("SELECT id FROM runs WHERE run_id = ?", (run_id,)).fetchone()
    return None if found is None else _row(connection, found[0])


def matching(connection: sqlite3.Connection, text: str, limit: int) -> list[str]:
    """Ids that a text stands for, newest first.

    A full id stands for itself; a full end (`3fa2c1`) for its runs; else a text stands for
    all runs whose id or end begins with it.
    """
    for condition, values in (
        ("run_id = ?", (text,)),
        ("short = ?", (text,)),
        ("run_id >= ? AND run_id < ? OR short >= ? AND short < ?", (text, text + LAST) * 2),
    ):
        sql = f"SELECT run_id FROM runs WHERE {condition} ORDER BY started DESC, id DESC LIMIT ?"
        found = [str(run_id) for (run_id,) in connection.execute(sql, (*values, limit))]
        if found:
            return found
    return []


def grids(
    connection: sqlite3.Connection, metric: str, query: Query, higher: bool
) -> list[GridPlace]:
    """Grids of a query's runs, that with the best point first; of equal grids the newest.

    The bounds of the query are meant for the points: a grid is left out if its extremes say
    that no point can meet one of them.
    """
    side, order = ("high", "DESC") if higher else ("low", "ASC")
    sql, values = _places(metric, query, side)
    # With max(id), sqlite takes the other columns from the row of that id.
    sql = (
        f"SELECT run_id, grid, first, {side}, same, max(id) AS id FROM ({sql}) "
        f"GROUP BY same ORDER BY {side} {order}, id DESC, grid"
    )
    return [GridPlace(*found[:-1]) for found in connection.execute(sql, values)]


def equal_grids(
    connection: sqlite3.Connection, place: GridPlace, metric: str, query: Query, higher: bool
) -> list[GridPlace]:
    """The other grids of the same trials in a query's runs, the newest first."""
    side = "high" if higher else "low"
    sql, values = _places(metric, query, side)
    sql = f"SELECT run_id, grid, first, {side}, same FROM ({sql}) WHERE same = ?"
    found = connection.execute(f"{sql} ORDER BY id DESC, grid", (*values, place.same))
    places = [GridPlace(*columns) for columns in found]
    own = (place.run_id, place.grid)
    return [other for other in places if (other.run_id, other.grid) != own]


def _places(metric: str, query: Query, side: str) -> tuple[str, tuple[Any, ...]]:
    """All grids that have a metric and can hold a point that meets the bounds."""
    where, values = _where(query, list(clauses(replace(query, bounds=()))), None)
    for name, sign, number in query.bounds:
        if sign in _OUT_OF_REACH:
            where += (
                " AND NOT EXISTS (SELECT 1 FROM extreme x WHERE x.name = ? AND x.run = e.run "
                f"AND x.grid = e.grid AND {_OUT_OF_REACH[sign]} ?)"
            )
            values = (*values, name, number)
    sql = (
        f"SELECT r.id, r.run_id, g.grid, g.first, g.same, e.{side} FROM extreme e "
        "JOIN runs r ON r.id = e.run JOIN grid g ON g.run = e.run AND g.grid = e.grid "
        f"WHERE e.name = ? AND e.{side} IS NOT NULL AND {where}"
    )
    return sql, (metric, *values)


def _narrowest(connection: sqlite3.Connection, conditions: list[Clause]) -> Clause | None:
    """The condition that the fewest runs meet, if these are few."""
    counts = []
    for place, clause in enumerate(conditions):
        sql = f"SELECT count(*) FROM ({clause.ids} LIMIT {_FEW + 1})"
        counts.append((connection.execute(sql, clause.values).fetchone()[0], place))
    fewest, place = min(counts, default=(_FEW + 1, 0))
    return conditions[place] if fewest <= _FEW else None


def _sorted(
    connection: sqlite3.Connection, query: Query, conditions: list[Clause], narrow: Clause | None
) -> list[int]:
    """Numbers of runs: sort what meets the conditions; by start, an index gives the order."""
    where, values = _where(query, conditions, narrow)
    order = "DESC" if query.descending else "ASC"
    if query.sort == "start":
        sql = f"SELECT r.id FROM runs r WHERE {where} ORDER BY r.started {order}, r.id {order}"
    else:
        sql = (
            "SELECT r.id FROM runs r LEFT JOIN metric m ON m.run = r.id AND m.name = ? "
            f"WHERE {where} ORDER BY m.value IS NULL, m.value {order}, r.id {order}"
        )
        values = (query.sort, *values)
    found = connection.execute(f"{sql} LIMIT ?", (*values, _limit(query)))
    return [number for (number,) in found]


def _walked(connection: sqlite3.Connection, query: Query, conditions: list[Clause]) -> list[int]:
    """Numbers of runs: go through a metric in its order until there are enough."""
    where, values = _where(query, conditions, None)
    order = "DESC" if query.descending else "ASC"
    # CROSS JOIN keeps sqlite from changing the order of the loops.
    sql = (
        "SELECT r.id FROM metric m CROSS JOIN runs r ON r.id = m.run WHERE m.name = ? "
        f"AND m.value IS NOT NULL AND {where} ORDER BY m.value {order}, m.run {order} LIMIT ?"
    )
    limit = _limit(query)
    found = [number for (number,) in connection.execute(sql, (query.sort, *values, limit))]
    if len(found) == limit:
        return found
    sql = (
        f"SELECT r.id FROM runs r WHERE {where} AND NOT EXISTS (SELECT 1 FROM metric m WHERE "
        f"m.run = r.id AND m.name = ? AND m.value IS NOT NULL) ORDER BY r.id {order} LIMIT ?"
    )
    rest = connection.execute(sql, (*values, query.sort, limit - len(found) if limit >= 0 else -1))
    return found + [number for (number,) in rest]


def _where(
    query: Query, conditions: list[Clause], narrow: Clause | None
) -> tuple[str, tuple[Any, ...]]:
    parts = [
        f"r.id IN ({clause.ids})" if clause is narrow else clause.check for clause in conditions
    ]
    if not query.include_deleted:
        parts.append("r.deleted IS NULL")
    values = tuple(value for clause in conditions for value in clause.values)
    return " AND ".join(parts) or "TRUE", values


def _limit(query: Query) -> int:
    return -1 if query.limit is None else query.limit


def _row(connection: sqlite3.Connection, number: int) -> Row:
    sql = "SELECT d.content, r.deleted FROM detail d JOIN runs r ON r.id = d.id WHERE d.id = ?"
    content, deleted = connection.execute(sql, (number,)).fetchone()
    shown = json.loads(content)
    metrics = {name: number_of(value) for name, value in shown.pop("metrics").items()}
    datasets = tuple((used["name"], used["digest"]) for used in shown.pop("datasets"))
    strategies = tuple(shown.pop("strategies"))
    return Row(
        **shown,
        metrics=metrics,
        datasets=datasets,
        strategies=strategies,
        deleted=deleted,
        published=number,
    )
