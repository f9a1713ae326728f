"""What the registry costs with many runs: building its index, searching, adding one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from chapters.errors import BenchError

from costs.lines import Events, write_ledger
from costs.timing import seconds
from peaklib.evidence import Query, Registry

_QUERIES: Final = {
    "top 10 of all": Query(sort="sharpe", limit=10),
    "top 10 of a kind": Query(sort="sharpe", limit=10, kind="report"),
    "top 10 of a family": Query(sort="sharpe", limit=10, family="rule_7/sp500"),
    "top 10 within a bound": Query(sort="sharpe", limit=10, bounds=(("max_dd", ">", 1.0),)),
    "top 10 of a kind that has none": Query(sort="sharpe", limit=10, kind="nothing"),
    "newest 10": Query(limit=10),
}


@dataclass(frozen=True, kw_only=True)
class Searched:
    """A full registry.

    Args:
        runs: in it.
        rebuilds: seconds of each rebuild of the index.
        searches: what was asked for, to the seconds of each answer.
        adds: seconds of each run that was added, fsync included.
    """

    runs: int
    rebuilds: Sequence[float]
    searches: Mapping[str, Sequence[float]]
    adds: Sequence[float]


def measure(
    folder: Path,
    events: Events,
    runs: int,
    *,
    rebuilds: int = 3,
    repeats: int = 21,
    added: int = 100,
) -> Searched:
    """Fill a registry and use it.

    Args:
        folder: a new one.
        events: what the ledger says of the runs.
        runs: how many.
        rebuilds: of the index.
        repeats: of each search.
        added: runs that are added one by one.

    Raises:
        BenchError: runs were lost, or a search found others than it must.
    """
    folder.mkdir()
    registry = Registry(folder)
    write_ledger(registry.ledger.path, events(0, runs))
    built = [seconds(registry.index.rebuild) for _ in range(rebuilds)]
    searches = {
        name: [seconds(partial(registry.select, query)) for _ in range(repeats)]
        for name, query in _QUERIES.items()
    }
    adds = [
        seconds(partial(registry.record_publication, data)) for data in events(runs, runs + added)
    ]
    _check(registry, runs + added)
    return Searched(runs=runs, rebuilds=built, searches=searches, adds=adds)


def _check(registry: Registry, runs: int) -> None:
    """Hold the index against a plain pass over the ledger."""
    published = (event.data for event in registry.ledger.events("publish"))
    best = [(data["metrics"]["sharpe"], data["run_id"]) for data in published]
    found = [row.run_id for row in registry.select(Query(sort="sharpe", limit=10))]
    wanted = [run_id for _, run_id in sorted(best, reverse=True)[:10]]
    if len(best) != runs or len(registry.ids(Query())) != runs or found != wanted:
        raise BenchError(
            f"the registry of {runs} runs has {len(best)} in its ledger, and calls {found} the "
            f"best, not {wanted}; look for the mistake in peaklib/evidence/index.py"
        )
