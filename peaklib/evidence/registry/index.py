"""The index of runs: a disposable sqlite file that follows the ledger and answers at once.

Whatever is wrong with it, it is built anew from the ledger; where it cannot be written, it
is built in memory. Every question opens and closes the file, under a shared lock, so that
an index that was built anew can take its place between two questions: sqlite would mix up
the files if one was replaced while another process had it open.
"""

import fcntl
import logging
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from peaklib.errors import EvidenceError
from peaklib.evidence.registry import index_queries as queries
from peaklib.evidence.registry.index_tables import (
    VERSION,
    ReplacedError,
    create,
    is_behind,
    take_in,
)
from peaklib.evidence.registry.query import Query, Row

if TYPE_CHECKING:
    from peaklib.evidence.ledger.ledger import Ledger

_LOG: Final = logging.getLogger(__name__)
_BUSY_SECONDS: Final = 30.0
_DAMAGE: Final = ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_ERROR", "SQLITE_IOERR_SHORT_READ")

Answer = TypeVar("Answer")


class _UnusableError(Exception):
    """The file cannot be used as it is; the message says why."""


class Index:
    """What the ledger says of runs, ready to be searched.

    Args:
        path: of the sqlite file; it need not exist.
        ledger: what it follows.
    """

    def __init__(self, path: Path, ledger: "Ledger") -> None:
        self.path = path
        self._ledger = ledger

    def follow(self) -> None:
        """Take in what the ledger has gained, waiting for other writers of the index.

        Raises:
            EvidenceError: the index cannot be written.
        """
        try:
            self._mended(lambda _: None, wait=True)
        except (OSError, sqlite3.Error, _UnusableError) as error:
            raise EvidenceError(f"the index {self.path} cannot be written: {error}") from error

    def rebuild(self) -> int:
        """Build the index from nothing and put it in place of the old one.

        Returns:
            Number of runs in it.

        Raises:
            EvidenceError: it cannot be written.
        """
        try:
            with self._building():
                return self._replace()
        except (OSError, sqlite3.Error) as error:
            raise EvidenceError(f"the index {self.path} cannot be written: {error}") from error

    def select(self, query: Query) -> list[Row]:
        """Runs that a query asks for, in its order."""
        return self._ask(lambda connection: queries.select(connection, query))

    def ids(self, query: Query) -> list[str]:
        """Only the ids of the runs that a query asks for; quick for very many."""
        return self._ask(lambda connection: queries.ids(connection, query))

    def row(self, run_id: str) -> Row | None:
        """One run by its full id, deleted or not."""
        return self._ask(lambda connection: queries.row(connection, run_id))

    def matching(self, text: str, limit: int) -> list[str]:
        """Ids that a text stands for: a full id, else beginnings of ids and of their ends."""
        return self._ask(lambda connection: queries.matching(connection, text, limit))

    def ends(self, texts: Sequence[str]) -> dict[str, int]:
        """How many runs have each of these ends of an id."""
        return self._ask(lambda connection: queries.ends(connection, texts))

    def metric_names(self) -> list[str]:
        """All metrics that any run or grid has, sorted."""
        return self._ask(queries.metric_names)

    def known(self, name: str) -> list[str]:
        """All values that runs have of `kind`, `family`, `strategy` or `dataset`, sorted."""
        return self._ask(lambda connection: queries.known(connection, name))

    def grids(self, metric: str, query: Query, higher: bool) -> list[queries.GridPlace]:
        """Grids of the runs of a query, best point first, equal grids once."""
        return self._ask(lambda connection: queries.grids(connection, metric, query, higher))

    def equal_grids(
        self, place: queries.GridPlace, metric: str, query: Query, higher: bool
    ) -> list[queries.GridPlace]:
        """The other grids of the same trials in the runs of a query, newest first."""
        return self._ask(
            lambda connection: queries.equal_grids(connection, place, metric, query, higher)
        )

    def _ask(self, question: Callable[[sqlite3.Connection], Answer]) -> Answer:
        """Answer from the file, or from an index in memory where there can be no file."""
        try:
            return self._mended(question, wait=False)
        except (OSError, sqlite3.OperationalError, _UnusableError) as error:
            _LOG.warning("the index %s is not used, one in memory is: %s", self.path, error)
        with closing(_connect(":memory:")) as connection:
            create(connection, lambda: take_in(connection, self._ledger.path))
            return question(connection)

    def _mended(self, question: Callable[[sqlite3.Connection], Answer], wait: bool) -> Answer:
        """Answer from the file, which is built anew first if it cannot be used."""
        with suppress(_UnusableError):
            return self._once(question, wait)
        with self._building():
            try:
                # Another process may have built it meanwhile.
                return self._once(question, wait)
            except _UnusableError as reason:
                known = self.path.exists()
                _LOG.log(
                    logging.WARNING if known else logging.INFO,
                    "the index %s is built anew: %s",
                    self.path,
                    reason,
                )
                self._replace()
        return self._once(question, wait)

    def _once(self, question: Callable[[sqlite3.Connection], Answer], wait: bool) -> Answer:
        if not self.path.exists():
            raise _UnusableError("it is missing")
        try:
            with self._lock(fcntl.LOCK_SH), closing(_connect(str(self.path))) as connection:
                if connection.execute("PRAGMA user_version").fetchone() != (VERSION,):
                    raise _UnusableError("it is of another version")
                self._catch_up(connection, wait)
                return question(connection)
        except ReplacedError:
            raise _UnusableError("the ledger is not the one that it followed") from None
        except (LookupError, TypeError, ValueError) as error:
            # sqlite knows no checksums: what it read from a damaged page may be anything.
            raise _UnusableError(f"it is damaged ({error})") from None
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorname", "").startswith(_DAMAGE):
                raise _UnusableError(f"it is damaged ({error})") from None
            raise

    def _catch_up(self, connection: sqlite3.Connection, wait: bool) -> None:
        """Take in new lines; without `wait`, leave it to another process that is at it."""
        if not is_behind(connection, self._ledger.path):
            return
        if not wait:
            connection.execute("PRAGMA busy_timeout = 0")
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if wait or not error.sqlite_errorname.startswith("SQLITE_BUSY"):
                raise
        else:
            with connection:
                take_in(connection, self._ledger.path)
        connection.execute(f"PRAGMA busy_timeout = {_BUSY_SECONDS * 1000:.0f}")

    def _replace(self) -> int:
        """Build a new file beside the old one and rename it; one process at a time."""
        new = self.path.with_name(f"{self.path.name}.new")
        _remove_database(new)
        try:
            with closing(_connect(str(new))) as connection:
                connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")
                create(connection, lambda: take_in(connection, self._ledger.path))
                count = connection.execute("SELECT count(*) FROM runs").fetchone()[0]
                connection.execute("PRAGMA journal_mode = WAL")
            _sync(new)
            with self._lock(fcntl.LOCK_EX):
                _remove_database(self.path)
                os.replace(new, self.path)
        except BaseException:
            _remove_database(new)
            raise
        return int(count)

    @contextmanager
    def _lock(self, mode: int) -> Iterator[None]:
        """Shared while the file is in use, exclusive for the moment in which it is replaced."""
        with self.path.with_name(f".{self.path.name}.lock").open("ab") as file:
            fcntl.flock(file, mode)
            yield

    @contextmanager
    def _building(self) -> Iterator[None]:
        with self.path.with_name(f".{self.path.name}.building").open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _connect(name: str) -> sqlite3.Connection:
    connection = sqlite3.connect(name, timeout=_BUSY_SECONDS, isolation_level=None)
    connection.executescript(
        "PRAGMA synchronous = NORMAL; PRAGMA cache_size = -200000; PRAGMA temp_store = MEMORY;"
    )
    return connection


def _remove_database(path: Path) -> None:
    """Remove a database and what sqlite keeps beside it."""
    for tail in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + tail).unlink(missing_ok=True)


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
