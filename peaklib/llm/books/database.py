"""The database of the books: quick, shared by all processes, and disposable.

It is the ledger's sum, kept so that a reservation takes microseconds. When it is missing it is
built anew from the ledger; when it is damaged nothing is sent until a person removes it. sqlite
does not wait for the disk here: a killed process loses nothing, a power failure may lose the
last moments, so the database is believed only until the machine starts again.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import Any, Final
from weakref import WeakSet

from peaklib.errors import EvidenceError
from peaklib.evidence.ledger.file import sync_folder
from peaklib.evidence.ledger.ledger import Ledger
from peaklib.llm.books.state import State, name_of, state_of

_VERSION: Final = 1
_BUSY_SECONDS: Final = 60.0
_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")
_TABLES: Final = """
CREATE TABLE about (ledger TEXT NOT NULL, boot TEXT NOT NULL);
CREATE TABLE scopes (
    name TEXT PRIMARY KEY,
    tokens INTEGER NOT NULL CHECK (typeof(tokens) = 'integer' AND tokens >= 0),
    cost INTEGER NOT NULL CHECK (typeof(cost) = 'integer' AND cost >= 0),
    calls INTEGER NOT NULL CHECK (typeof(calls) = 'integer' AND calls >= 0)
) WITHOUT ROWID;
CREATE TABLE reserved (
    call_id TEXT, attempt INTEGER, PRIMARY KEY (call_id, attempt)
) WITHOUT ROWID;
CREATE TABLE disabled (
    service TEXT PRIMARY KEY, reason TEXT NOT NULL, run_id TEXT NOT NULL, since TEXT NOT NULL
) WITHOUT ROWID;
"""


class StaleError(Exception):
    """The file has to be built anew: it is missing, or older than the machine's last start."""


class Database:
    """An open database; the threads of a process take turns.

    Args:
        path: of the sqlite file.
        ledger: that it sums up.

    Raises:
        StaleError: it has to be built anew first.
        EvidenceError: it cannot be used, or belongs to another ledger.
    """

    _connection: sqlite3.Connection | None = None

    def __init__(self, path: Path, ledger: Ledger) -> None:
        self.path = path
        with _TURN, _explained(path):
            try:
                self._facts = os.stat(path)
            except FileNotFoundError:
                raise StaleError from None
            self._check(self._connected(), ledger)

    def __del__(self) -> None:
        self.leave()

    def leave(self) -> None:
        """Close the file, which the next question opens again; nobody is in the middle of one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def is_current(self) -> bool:
        """Whether its file still has its name."""
        try:
            return os.path.samestat(self._facts, os.stat(self.path))
        except FileNotFoundError:
            return False

    @contextmanager
    def changing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that nobody else's comes between; an error undoes all of it.

        Raises:
            EvidenceError: the database cannot be read or written.
        """
        with _TURN, _explained(self.path):
            connection = self._connected()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                raise

    def ask(self, question: str, *values: str) -> list[tuple[Any, ...]]:
        """Rows that answer a question.

        Raises:
            EvidenceError: the database cannot be read.
        """
        with _TURN, _explained(self.path):
            return self._connected().execute(question, values).fetchall()

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = _connect(self.path, "rw")
            _OPEN.add(self)
        return self._connection

    def _check(self, connection: sqlite3.Connection, ledger: Ledger) -> None:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version != _VERSION:
            raise sqlite3.DatabaseError(f"it is of version {version}, not {_VERSION}")
        (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise sqlite3.DatabaseError(found)
        ((known, boot),) = connection.execute("SELECT ledger, boot FROM about").fetchall()
        now = name_of(ledger)
        if known not in ("", now):
            raise EvidenceError(
                f"{self.path} sums up the ledger {known}, and {ledger.path} is "
                f"{now or 'without lines'}: nothing can be sent. Put the right ledger back; or, to "
                f"count only what this one knows, {_remedy(self.path)}"
            )
        if boot != _boot():
            raise StaleError
        if now != known:
            connection.execute("UPDATE about SET ledger = ?", (now,))


# sqlite remembers in memory what its process has locked. A fork copies that memory and not the
# locks, and would trust in locks that it does not have. So every file is closed before a fork,
# and there is one turn for the whole process: whoever forks waits for it.
_TURN: Final = Lock()
_OPEN: Final[WeakSet[Database]] = WeakSet()


def _before_fork() -> None:
    _TURN.acquire()
    for database in tuple(_OPEN):
        database.leave()


os.register_at_fork(
    before=_before_fork, after_in_parent=_TURN.release, after_in_child=_TURN.release
)


def build(path: Path, ledger: Ledger) -> None:
    """Put a database that is made from the ledger in the place of the old one.

    The caller keeps everybody else out.

    Raises:
        EvidenceError: the ledger cannot be read, or the database not be written.
    """
    state, name = state_of(ledger), name_of(ledger)
    new = path.with_name(f"{path.name}.new")
    with _TURN, _explained(path):
        _remove(new)
        try:
            with closing(_connect(new, "rwc")) as connection:
                connection.executescript(_TABLES)
                connection.execute("BEGIN")
                _fill(connection, state)
                connection.execute("INSERT INTO about VALUES (?, ?)", (name, _boot()))
                connection.execute(f"PRAGMA user_version = {_VERSION}")
                connection.execute("COMMIT")
            # sqlite would take what the old one had not yet written back for the new one's.
            _remove(path)
            os.replace(new, path)
            sync_folder(path.parent)
        except BaseException:
            with suppress(OSError):
                _remove(new)
            raise


def _fill(connection: sqlite3.Connection, state: State) -> None:
    connection.executemany(
        "INSERT INTO scopes VALUES (?, ?, ?, ?)",
        ((name, at.tokens, at.cost, at.calls) for name, at in state.scopes.items()),
    )
    connection.executemany("INSERT INTO reserved VALUES (?, ?)", state.reserved)
    connection.executemany(
        "INSERT INTO disabled VALUES (?, ?, ?, ?)",
        ((o.service, o.reason, o.run_id, o.since) for o in state.disabled.values()),
    )


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    """Open a file; with the mode `rw` it has to be there."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=_BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        # Without a mark of the machine's start, every change waits for the disk instead.
        connection.execute(f"PRAGMA synchronous = {'NORMAL' if _boot() else 'FULL'}")
    except BaseException:
        connection.close()
        raise
    return connection


def _boot() -> str:
    """What the system calls this start of the machine; empty where it has no word for it."""
    try:
        return _BOOT.read_text("ascii").strip()
    except OSError:
        return ""


def _remove(path: Path) -> None:
    for end in ("", "-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)


def _remedy(path: Path) -> str:
    return (
        f"stop what uses it and remove {path.name}, {path.name}-wal and {path.name}-shm: they are "
        "made anew from the ledger"
    )


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Errors of sqlite and of the system, told as what they mean here."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        name = getattr(error, "sqlite_errorname", "SQLITE_CORRUPT")
        if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            what = f"another process has kept it locked for {_BUSY_SECONDS:.0f} s; find that one"
        elif name.startswith(("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_CANTOPEN")):
            what = "check the space on the disk and the rights of the folder, then repeat"
        else:
            what = _remedy(path)
        raise EvidenceError(
            f"{path}: the budgets cannot be read or written ({error}), so nothing is sent; {what}"
        ) from error
    except OSError as error:
        raise EvidenceError(
            f"{path}: the budgets cannot be read or written ({error.strerror}), so nothing is "
            "sent; check the space on the disk and the rights of the folder, then repeat"
        ) from error
