"""A question to the registry, its answer, and how both are said to the index."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from peaklib.errors import EvidenceError

_SIGNS: Final = {"<": "<", "<=": "<=", ">": ">", ">=": ">=", "=": "=", "==": "=", "!=": "!="}
# A shorter beginning of a digest could as well be the name of a data set.
_DIGEST_START: Final = 8

# Behind every text that begins in the same way.
LAST: Final = "\U0010ffff"

Bound = tuple[str, str, float]


@dataclass(frozen=True)
class Query:
    """Which runs, in which order; every condition that is given must hold.

    Args:
        kind, family, status, parent: exact values.
        strategy: name of a strategy that the run evaluated a grid of.
        dataset: name of an input or of what a grid was evaluated on, or at least eight digits
            of its digest.
        since, until: the run started at or after, and before; with a time zone.
        bounds: (metric, sign, number); a metric that is undefined meets no bound.
        sort: `start`, or a metric; runs without that metric come last.
        descending: largest first; of equals the one that was published later.
        limit: at most so many runs.
        include_deleted: also runs whose deletion the ledger holds.

    Raises:
        EvidenceError: a sign is unknown, a time has no zone, or the limit is negative.
    """

    kind: str | None = None
    family: str | None = None
    strategy: str | None = None
    dataset: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    status: str | None = None
    parent: str | None = None
    bounds: tuple[Bound, ...] = ()
    sort: str = "start"
    descending: bool = True
    limit: int | None = None
    include_deleted: bool = False

    def __post_init__(self) -> None:
        for metric, sign, _ in self.bounds:
            if sign not in _SIGNS:
                raise EvidenceError(
                    f"bound on {metric!r} has the sign {sign!r}; signs: {' '.join(_SIGNS)}"
                )
        for name in ("since", "until"):
            moment = getattr(self, name)
            if moment is not None and moment.tzinfo is None:
                raise EvidenceError(f"{name} = {moment} has no time zone; times of runs are in UTC")
        if self.limit is not None and self.limit < 0:
            raise EvidenceError(f"limit = {self.limit} is negative; leave it out for all runs")


@dataclass(frozen=True)
class Row:
    """What the index knows of one run.

    Args:
        run_id, kind, family, parent, key, status, error, start, end, seed: as in its record.
        root: SHA-256 of its `SHA256SUMS`, from the ledger.
        content: its content digest.
        metrics: name to number; None is undefined.
        datasets: (name, digest) of its inputs.
        strategies: names of the strategies that it evaluated grids of.
        n_trials: grid points, as recorded.
        deleted: reason of its deletion, or None.
        published: number of its line in the ledger.
    """

    run_id: str
    kind: str
    family: str | None
    parent: str | None
    key: str | None
    status: str
    error: str | None
    start: str
    end: str
    seed: int | None
    root: str
    content: str | None
    metrics: Mapping[str, float | None]
    datasets: tuple[tuple[str, str], ...]
    strategies: tuple[str, ...]
    n_trials: int
    deleted: str | None
    published: int


@dataclass(frozen=True)
class Clause:
    """One condition, in two forms of SQL with the same values.

    Args:
        check: holds for a row `r` of the table of runs; right when most runs meet it.
        ids: selects the numbers of the runs that meet it; right when few do.
        values: for the question marks of either.
    """

    check: str
    ids: str
    values: tuple[Any, ...]


def clauses(query: Query) -> Iterator[Clause]:
    """The conditions of a query but that on deletion."""
    for column in ("kind", "family", "status", "parent"):
        value = getattr(query, column)
        if value is not None:
            yield Clause(f"r.{column} = ?", f"SELECT id FROM runs WHERE {column} = ?", (value,))
    for sign, moment in ((">=", query.since), ("<", query.until)):
        if moment is not None:
            started = f"started {sign} ?"
            yield Clause(
                f"r.{started}", f"SELECT id FROM runs WHERE {started}", (microseconds(moment),)
            )
    if query.strategy is not None:
        yield _beside("strategy", "name = ?", (query.strategy,))
    if query.dataset is not None:
        yield _of_dataset(query.dataset)
    for metric, sign, number in query.bounds:
        yield _beside("metric", f"name = ? AND value {_SIGNS[sign]} ?", (metric, number))


def microseconds(moment: datetime) -> int:
    """A moment as a whole number, to be compared whatever form its text has."""
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def is_of_dataset(text: str, name: str, digest: str) -> bool:
    """Whether a text asks for a data set: by its name, or the beginning of its digest."""
    return text == name or (len(text) >= _DIGEST_START and digest.startswith(text.lower()))


def _of_dataset(text: str) -> Clause:
    if len(text) < _DIGEST_START:
        return _beside("dataset", "name = ?", (text,))
    start = text.lower()
    return _beside(
        "dataset", "(name = ? OR (digest >= ? AND digest < ?))", (text, start, start + LAST)
    )


def _beside(table: str, condition: str, values: tuple[Any, ...]) -> Clause:
    """A condition on a table with rows for each run."""
    ids = f"SELECT run FROM {table} WHERE {condition}"
    return Clause(f"EXISTS (SELECT 1 FROM {table} WHERE run = r.id AND {condition})", ids, values)
