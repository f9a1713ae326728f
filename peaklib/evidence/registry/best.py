"""The best grid points of all runs, without reading all grids.

The ledger holds the lowest and highest value of each metric of each grid, so only the grids
that can hold one of the best points are opened.
"""

import logging
import math
import operator
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from peaklib.errors import EvidenceError
from peaklib.evidence.content.digest import read_table
from peaklib.evidence.pack import RECORD, open_run
from peaklib.evidence.registry.index import Index
from peaklib.evidence.registry.index_queries import GridPlace
from peaklib.evidence.registry.query import Query, is_of_dataset
from peaklib.evidence.trials.grids import comparable
from peaklib.evidence.trials.trusted import check_trusted

if TYPE_CHECKING:
    import pandas as pd

_LOG: Final = logging.getLogger(__name__)
_COMPARE: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
}


@dataclass(frozen=True)
class Point:
    """A grid point of a run, or a run that has the metric itself.

    Args:
        run_id: the run.
        n: number of the point in the run, through all its grids; None for the run itself.
        value: of the metric that was asked for.
        params: all parameters, the fixed ones too; empty for a run.
        metrics: of the point, or of the run.
        strategy, dataset: what was evaluated on what; None for a run.
    """

    run_id: str
    n: int | None
    value: float
    params: Mapping[str, Any]
    metrics: Mapping[str, float | None]
    strategy: str | None = None
    dataset: str | None = None

    def __str__(self) -> str:
        return self.run_id if self.n is None else f"{self.run_id}:{self.n}"


def best_points(
    runs: Path, index: Index, metric: str, query: Query, limit: int, higher: bool
) -> list[Point]:
    """The best points of the runs that a query asks for, best first.

    A point that several runs evaluated, on the same data and terms, counts once. A bound of
    the query is on the metric of the point, or on that of its run where its grid has none of
    that name. A run whose pack was altered or cannot be read is left out, with a warning; an
    older run of the same trials then stands in for it.

    Args:
        runs: the folder of runs.
        index: of that folder.
        metric: to rank by; undefined values are left out.
        query: its `sort`, `descending` and `limit` do not matter.
        limit: how many points.
        higher: whether more is better.
    """
    search = _Search(runs, index, metric, query, limit, higher)
    found: dict[Hashable, Point] = dict(_whole_runs(index, metric, query, limit, higher))
    for place in index.grids(metric, query, higher):
        if len(found) >= limit and not _is_better(place.best, _worst(found), higher):
            break
        for key, point in search.points(place):
            found.setdefault(key, point)
        # Of equals, what was found first stays first.
        ranked = sorted(found.items(), key=lambda item: item[1].value, reverse=higher)
        found = dict(ranked[:limit])
    return list(found.values())[:limit]


def _is_better(value: float, than: float, higher: bool) -> bool:
    return value > than if higher else value < than


def _worst(ranked: Mapping[Hashable, Point]) -> float:
    return [point.value for point in ranked.values()][-1]


def _whole_runs(
    index: Index, metric: str, query: Query, limit: int, higher: bool
) -> Iterator[tuple[Hashable, Point]]:
    """Runs that have the metric themselves."""
    defined = (*query.bounds, (metric, ">=", -math.inf))
    asked = replace(query, bounds=defined, sort=metric, descending=higher, limit=limit)
    for row in index.select(asked):
        value = row.metrics[metric]
        if value is not None:
            yield row.run_id, Point(row.run_id, None, value, {}, row.metrics)


@dataclass(frozen=True)
class _Search:
    """Reads the grids of one question; the fields are the arguments of `best_points`."""

    runs: Path
    index: Index
    metric: str
    query: Query
    limit: int
    higher: bool

    def points(self, place: GridPlace) -> list[tuple[Hashable, Point]]:
        """The best points of a grid, from the newest run of it that can be trusted."""
        for candidate in self._candidates(place):
            try:
                grid = self._open(candidate)
                return grid.points(self.metric, self.query, self.limit, self.higher)
            # Whatever is wrong with one pack, the others have their place.
            except Exception as error:
                _LOG.warning("left out of the best: %s", _reason(candidate.run_id, error))
        return []

    def _candidates(self, place: GridPlace) -> Iterator[GridPlace]:
        yield place
        yield from self.index.equal_grids(place, self.metric, self.query, self.higher)

    def _open(self, place: GridPlace) -> "_Grid":
        run = open_run(place.run_id, runs=self.runs)
        row = self.index.row(place.run_id)
        root = None if row is None else row.root
        check_trusted(run, root, RECORD)
        record = run.record()
        trials = record["trials"][place.grid]
        table = run.table(trials["table"])
        check_trusted(run, root, table.relative_to(run.folder).as_posix())
        return _Grid(place, trials, record["metrics"], table)


@dataclass(frozen=True)
class _Grid:
    """A grid of a run: what its record says of it, and its table."""

    place: GridPlace
    trials: Mapping[str, Any]
    run_metrics: Mapping[str, Any]
    table: Path

    def points(
        self, metric: str, query: Query, limit: int, higher: bool
    ) -> list[tuple[Hashable, Point]]:
        """Its best points that meet the query, with what makes two of them the same trial."""
        if not self._is_asked_for(query):
            return []
        stored, _ = read_table(self.table)
        # A point's number is its row, whatever labels the table was stored with.
        frame = stored.reset_index(drop=True)
        kept = frame[self._meets(frame, query)]
        order = kept[metric].dropna().sort_values(ascending=not higher, kind="stable")
        return [self._point(frame, int(row), metric) for row in order.head(limit).index]

    def _is_asked_for(self, query: Query) -> bool:
        """A run that meets the query may hold grids of other strategies and data, too."""
        data = self.trials["conventions"]
        is_strategy = query.strategy in (None, self.trials["strategy"])
        asked = query.dataset
        return is_strategy and (asked is None or is_of_dataset(asked, data["data"], data["digest"]))

    def _meets(self, frame: "pd.DataFrame", query: Query) -> "pd.Series[bool]":
        import pandas as pd

        kept = pd.Series(True, index=frame.index)
        for metric, sign, bound in query.bounds:
            own = frame[metric] if metric in frame else self.run_metrics.get(metric)
            values = pd.Series(own, index=frame.index, dtype="float64")
            kept &= values.notna() & _COMPARE[sign](values, bound)
        return kept

    def _point(self, frame: "pd.DataFrame", number: int, metric: str) -> tuple[Hashable, Point]:
        order = self.trials["grid"]["order"]
        row = {str(name): _plain(frame[name].iloc[number]) for name in frame}
        params = {**self.trials["fixed"], **{name: row.pop(name) for name in order}}
        asked = [self.trials[name] for name in ("strategy", "version", "conventions")]
        point = Point(
            self.place.run_id,
            self.place.first + number,
            float(frame[metric].iloc[number]),
            params,
            row,
            self.trials["strategy"],
            self.trials["conventions"]["data"],
        )
        return comparable([*asked, params]), point


def _reason(run_id: str, error: Exception) -> str:
    """Why a pack cannot be read, with the command that says more."""
    is_ours = isinstance(error, EvidenceError)
    text = str(error) if is_ours else f"run {run_id} cannot be read ({error!r})"
    command = f"peak evidence verify {run_id}"
    return text if command in text else f"{text}; see `{command}`"


def _plain(value: Any) -> Any:
    """A cell as plain values; NaN is undefined."""
    plain = value.item() if hasattr(value, "item") else value
    return None if plain != plain else plain
