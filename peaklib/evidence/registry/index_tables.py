"""The tables of the index of runs, and how lines of the ledger fill them."""

import logging
import math
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from io import BufferedReader
from itertools import accumulate
from pathlib import Path
from typing import Any, Final

from peaklib.evidence.registry.query import microseconds

_LOG: Final = logging.getLogger(__name__)

# Counted up with every change below: an index of another version is built anew.
VERSION: Final = 2
_BATCH: Final = 2_000
_INFINITIES: Final = {"Infinity": math.inf, "-Infinity": -math.inf}

# A run's number is that of its line in the ledger. What queries filter by is kept apart from
# what they only show, so that many runs lie on a page of the file.
_TABLES: Final = f"""
PRAGMA user_version = {VERSION};
CREATE TABLE position (byte INTEGER, line_start INTEGER, lines INTEGER, digest TEXT);
CREATE TABLE runs (
    id INTEGER PRIMARY KEY, run_id TEXT NOT NULL UNIQUE, short TEXT, kind TEXT, family TEXT,
    status TEXT, parent TEXT, started INTEGER, deleted TEXT);
CREATE TABLE detail (id INTEGER PRIMARY KEY, content TEXT);
CREATE TABLE metric (run INTEGER, name TEXT, value, PRIMARY KEY (run, name)) WITHOUT ROWID;
CREATE TABLE dataset (
    run INTEGER, name TEXT, digest TEXT, PRIMARY KEY (run, name, digest)) WITHOUT ROWID;
CREATE TABLE strategy (run INTEGER, name TEXT, PRIMARY KEY (run, name)) WITHOUT ROWID;
CREATE TABLE grid (
    run INTEGER, grid INTEGER, first INTEGER, same BLOB, PRIMARY KEY (run, grid)) WITHOUT ROWID;
CREATE TABLE extreme (
    name TEXT, run INTEGER, grid INTEGER, low, high, PRIMARY KEY (name, run, grid)) WITHOUT ROWID;
"""
_INDEXES: Final = """
CREATE INDEX metric_by_value ON metric (name, value, run);
CREATE INDEX run_by_start ON runs (started);
CREATE INDEX run_by_short ON runs (short);
CREATE INDEX run_by_kind ON runs (kind);
CREATE INDEX run_by_family ON runs (family);
CREATE INDEX run_by_status ON runs (status);
CREATE INDEX run_by_parent ON runs (parent);
CREATE INDEX dataset_by_name ON dataset (name);
CREATE INDEX dataset_by_digest ON dataset (digest);
CREATE INDEX strategy_by_name ON strategy (name);
"""


# JSON has no infinities; sqlite reads a number out of its range as one.
_METRICS: Final = """
INSERT INTO metric SELECT d.id, m.key, CASE m.type
    WHEN 'integer' THEN m.value WHEN 'real' THEN m.value
    WHEN 'true' THEN 1 WHEN 'false' THEN 0
    WHEN 'text' THEN CASE m.value WHEN 'Infinity' THEN 9e999 WHEN '-Infinity' THEN -9e999 END END
FROM detail d, json_each(d.content, '$.metrics') m WHERE d.id BETWEEN ? AND ?
"""
_SHOWN: Final = (
    *("run_id", "kind", "family", "parent", "key", "status", "error", "start", "end", "seed"),
    *("root", "content", "metrics", "datasets"),
)


class ReplacedError(Exception):
    """The ledger no longer begins with the lines that the index has taken in."""


@dataclass(frozen=True)
class Position:
    """How far the index has read: bytes, start of the last line, lines, digest of the last."""

    byte: int = 0
    line_start: int = 0
    lines: int = 0
    digest: str = ""

    def check(self, stream: BufferedReader) -> None:
        """Make sure that the last line known stands where it stood.

        Raises:
            ReplacedError: it does not.
        """
        stream.seek(self.line_start)
        line = stream.read(self.byte - self.line_start)
        if self.lines and sha256(line.rstrip(b"\n")).hexdigest() != self.digest:
            raise ReplacedError


def create(connection: sqlite3.Connection, fill: Callable[[], object]) -> None:
    """Make the tables, fill them, and then index them, which is quicker than before."""
    connection.executescript(_TABLES)
    _keep_position(connection, Position())
    connection.execute("BEGIN")
    fill()
    connection.execute("COMMIT")
    connection.executescript(_INDEXES)


def position_of(connection: sqlite3.Connection) -> Position:
    """How far the index has read."""
    row = connection.execute("SELECT byte, line_start, lines, digest FROM position").fetchone()
    if row is None:
        raise ReplacedError
    return Position(*row)


def is_behind(connection: sqlite3.Connection, ledger: Path) -> bool:
    """Whether the ledger has bytes that the index has not read.

    Raises:
        ReplacedError: it is another ledger than the one that the index has read.
    """
    position = position_of(connection)
    try:
        with ledger.open("rb") as stream:
            position.check(stream)
            return bool(stream.read(1))
    except FileNotFoundError:
        if position.lines:
            raise ReplacedError from None
        return False


def take_in(connection: sqlite3.Connection, ledger: Path) -> None:
    """Add what the ledger has gained; a line that a crash has torn is left for later.

    Raises:
        ReplacedError: it is another ledger than the one that the index has read.
    """
    from pydantic_core import from_json

    batch = _Batch(connection, known=None if position_of(connection).lines else {})
    number = -1
    for number, line in _new_lines(connection, ledger):
        try:
            event = from_json(line)
            if event["event"] == "publish":
                batch.publish(number, event["data"])
            elif event["event"] == "delete":
                batch.delete(event["data"]["run_id"], event["data"]["reason"])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            _LOG.warning(
                "line %d of %s is left out of the index of runs, it cannot be read (%s); see "
                "`peak ledger verify`",
                number + 1,
                ledger,
                error,
            )
    batch.write()


def _new_lines(connection: sqlite3.Connection, ledger: Path) -> Iterator[tuple[int, bytes]]:
    """Complete lines after the position with their numbers; the position moves at the end."""
    position = position_of(connection)
    byte, start, line = position.byte, position.line_start, b""
    number = position.lines
    if not ledger.exists() and not number:
        return
    with ledger.open("rb") as stream:
        position.check(stream)
        for line_read in stream:
            if not line_read.endswith(b"\n"):
                break
            line = line_read
            start, byte = byte, byte + len(line)
            yield number, line
            number += 1
    if number > position.lines:
        digest = sha256(line.rstrip(b"\n")).hexdigest()
        _keep_position(connection, Position(byte, start, number, digest))


def _keep_position(connection: sqlite3.Connection, position: Position) -> None:
    connection.execute("DELETE FROM position")
    connection.execute(
        "INSERT INTO position VALUES (?, ?, ?, ?)",
        (position.byte, position.line_start, position.lines, position.digest),
    )


@dataclass
class _Batch:
    """Rows that wait to be written together."""

    connection: sqlite3.Connection
    rows: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)
    waiting: dict[str, int] = field(default_factory=dict)
    # Lines of all runs, kept where they are read from the first on: quicker than asking.
    known: dict[str, int] | None = None

    def publish(self, number: int, data: Mapping[str, Any]) -> None:
        run_id = data["run_id"]
        first = self._line_of(run_id)
        if first is not None:
            _LOG.warning(
                "run %s is published twice in the ledger, by lines %d and %d; the first counts",
                run_id,
                first + 1,
                number + 1,
            )
            return
        made = list(_rows(number, data))
        self.waiting[run_id] = number
        if self.known is not None:
            self.known[run_id] = number
        for table, rows in made:
            self.rows.setdefault(table, []).extend(rows)
        if len(self.waiting) >= _BATCH:
            self.write()

    def delete(self, run_id: str, reason: str) -> None:
        self.write()
        self.connection.execute(
            "UPDATE runs SET deleted = ? WHERE run_id = ? AND deleted IS NULL", (reason, run_id)
        )

    def write(self) -> None:
        for table, rows in self.rows.items():
            if rows:
                marks = ", ".join("?" * len(rows[0]))
                self.connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
        if self.waiting:
            ends = (min(self.waiting.values()), max(self.waiting.values()))
            self.connection.execute(_METRICS, ends)
        self.rows.clear()
        self.waiting.clear()

    def _line_of(self, run_id: str) -> int | None:
        if self.known is not None:
            return self.known.get(run_id)
        if run_id in self.waiting:
            return self.waiting[run_id]
        found = self.connection.execute("SELECT id FROM runs WHERE run_id = ?", (run_id,))
        row = found.fetchone()
        return None if row is None else int(row[0])


def _rows(number: int, data: Mapping[str, Any]) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
    """What one publish line says, as rows of the tables; metrics are taken from `detail`."""
    from pydantic_core import to_json

    run_id, trials = data["run_id"], data["trials"]
    strategies = sorted({grid["strategy"] for grid in trials})
    started = microseconds(datetime.fromisoformat(data["start"]))
    short = run_id.rpartition("_")[2]
    filters = (data["kind"], data["family"], data["status"], data["parent"])
    yield "runs", [(number, run_id, short, *filters, started, None)]
    shown = {name: data[name] for name in _SHOWN}
    shown["strategies"] = strategies
    shown["n_trials"] = sum(grid["count"] for grid in trials)
    yield "detail", [(number, to_json(shown).decode())]
    used = {(one["name"], one["digest"]) for one in data["datasets"]}
    used |= {(grid["conventions"]["data"], grid["conventions"]["digest"]) for grid in trials}
    yield "dataset", [(number, *one) for one in sorted(used)]
    yield "strategy", [(number, name) for name in strategies]
    firsts = accumulate((grid["count"] for grid in trials), initial=0)
    for place, (grid, first) in enumerate(zip(trials, firsts, strict=False)):
        yield "grid", [(number, place, first, _sameness(grid))]
        ranges = grid["extremes"].items()
        yield (
            "extreme",
            [
                (name, number, place, low, high)
                if type(low) is type(high) is float
                else (name, number, place, number_of(low), number_of(high))
                for name, (low, high) in ranges
            ],
        )


def _sameness(grid: Mapping[str, Any]) -> bytes:
    """Equal for grids of the same trials in the same order; the ledger sorts their keys."""
    from pydantic_core import to_json

    names = ("strategy", "version", "fixed", "grid", "conventions", "count")
    asked = [grid[name] for name in names]
    return sha256(to_json(asked)).digest()[:16]


def number_of(value: object) -> int | float | None:
    """A metric as the ledger has it: infinities are words, what else is no number is undefined."""
    if isinstance(value, str):
        return _INFINITIES.get(value)
    return value if isinstance(value, int | float) else None
