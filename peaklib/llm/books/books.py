"""The books: a call's reservation and its ledger line, made together or not at all.

Reserve, then the intent's line, then the request; settle, then the outcome's line. Whatever
dies in between leaves a reservation that stands, and counts as spent.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Final

from peaklib.errors import DataError, EvidenceError
from peaklib.evidence.clock import Clock, utc_now
from peaklib.evidence.ledger.ledger import Ledger
from peaklib.llm.books import lines
from peaklib.llm.books.database import Database, StaleError, build
from peaklib.llm.books.lines import Disabled, Ending, Intent, Refusal, Scope, Ticket
from peaklib.llm.books.lock import held
from peaklib.llm.books.reserving import bar, reserve
from peaklib.llm.books.together import (
    Closing,
    Entered,
    Entry,
    ended,
    give_back,
    make,
    record,
    ticket_for,
)

STATE: Final = "state.sqlite"
"""Name of the database in the folder of the books."""
_LOCK: Final = "state.lock"
_BARS: Final = "disabled.lock"


class Books:
    """Budgets and ledger of all model calls; threads, processes and forks share them.

    Args:
        folder: of the database; it need not exist.
        ledger: that tells the story.
        clock: says since when a service is disabled.
    """

    def __init__(self, folder: Path, ledger: Ledger, clock: Clock = utc_now) -> None:
        self.folder = folder
        self.ledger = ledger
        self._clock = clock
        self._database: Database | None = None

    def open(self, line: Intent, scopes: Sequence[Scope]) -> Ticket:
        """Set aside what an attempt may use, in all scopes or none, and record that it begins.

        When this returns, the line is on the disk, and the request may be sent.

        Args:
            line: what is about to be sent.
            scopes: that it counts for; at least one.

        Raises:
            BudgetError: a scope has not enough left; nothing was set aside.
            EvidenceError: it could not be recorded; nothing may be sent.
        """
        ticket = ticket_for(line, scopes)
        with self._current() as database:
            with database.changing() as connection:
                reserve(connection, ticket, scopes)
            try:
                self.ledger.append(lines.INTENT, lines.intent_line(ticket))
            except EvidenceError:
                give_back(database, ticket)
                raise
        return ticket

    def close(self, ticket: Ticket, ending: Ending) -> Ending:
        """Put what was used in the place of what was set aside, and record how it ended.

        If another model answered, nobody may ask the service from here on.

        Args:
            ticket: of the attempt; it can be closed once.
            ending: how it ended.

        Returns:
            The ending as it was recorded: where the usage is missing, or exceeds what the
            request allowed, the cost is all that was set aside.

        Raises:
            EvidenceError: it could not be recorded; what could not be settled counts as spent.
        """
        with self._current(bars=_bars(ending)) as database:
            with database.changing() as connection:
                charged, line = ended(connection, Closing(ticket, ending), self._clock)
            self.ledger.append(lines.OUTCOME, line)
        return charged

    def together(self, entries: Sequence[Entry]) -> list[Entered]:
        """Open and close several attempts at once, which wait for the disk together.

        Each fares as it would alone, and in this order; a service that is disabled opens none.

        Args:
            entries: attempts that begin or end.

        Returns:
            For each entry what `open` or `close` would return, or the error that it would raise;
            for a service that nobody may ask, why not.
        """
        bars = any(isinstance(entry, Closing) and _bars(entry.ending) for entry in entries)
        try:
            with self._current(bars=bars) as database:
                return record(database, self.ledger, make(database, entries, self._clock))
        except Exception:
            # Nothing was changed. One by one, each has an error of its own, or none.
            return [self._alone(entry) for entry in entries]

    def _alone(self, entry: Entry) -> Entered:
        try:
            if isinstance(entry, Closing):
                return self.close(entry.ticket, entry.ending)
            disabled = self.disabled(entry.line.service)
            return disabled or self.open(entry.line, entry.scopes)
        except Exception as error:
            return error

    def refuse(self, refusal: Refusal) -> None:
        """Record that something was not sent, and why.

        Raises:
            EvidenceError: it could not be recorded.
        """
        self.ledger.append(lines.REFUSED, lines.refusal_line(refusal))

    def disabled(self, service: str) -> Disabled | None:
        """Why nobody may ask a service, or None if everybody may.

        Args:
            service: as `Intent.service` names it.

        Raises:
            EvidenceError: nobody can say; nothing may be sent.
        """
        with self._current() as database:
            return _disabled(database, service)

    def disable(self, service: str, reason: str, run_id: str) -> None:
        """Keep everybody from asking a service, until a person clears it.

        Args:
            service: provider and model.
            reason: why; if it is disabled already, the first reason stays.
            run_id: of the run in which it showed.

        Raises:
            EvidenceError: it could not be recorded.
        """
        data = lines.disabled_line(service, reason, run_id)
        since = self._clock().isoformat()
        with self._current(bars=True) as database:
            with database.changing() as connection:
                bar(connection, Disabled(**data, since=since))
            self.ledger.append(lines.DISABLED, data)

    def enable(self, service: str, by: str, reason: str) -> Disabled:
        """Let everybody ask a service again.

        Args:
            service: provider and model.
            by: the person who decides that.
            reason: why.

        Returns:
            Why it was disabled.

        Raises:
            DataError: it is not disabled, or nobody or no reason is named.
            EvidenceError: it could not be recorded; the service stays disabled.
        """
        if not by.strip() or not reason.strip():
            raise DataError(f"{service} is enabled by a person, for a reason; name both")
        with self._current(bars=True) as database:
            known = _disabled(database, service)
            if known is None:
                raise DataError(f"{service} is not disabled; `peak llm enable` lists what is")
            self.ledger.append(lines.ENABLED, {"service": service, "by": by, "reason": reason})
            with database.changing() as connection:
                connection.execute("DELETE FROM disabled WHERE service = ?", (service,))
        return known

    def shut(self) -> None:
        """Let go of the database's file; whatever is called next opens it again."""
        self._database = None

    @contextmanager
    def _current(self, *, bars: bool = False) -> Iterator[Database]:
        """The database, which nobody builds anew until the block ends.

        Whoever disables or enables a service takes turns, so that database and ledger have it in
        the same order. The lock is one of its own: under load, calls never all let go of theirs.
        """
        path, lock = self.folder / STATE, self.folder / _LOCK
        with held(self.folder / _BARS, alone=True) if bars else nullcontext():
            while True:
                with held(lock, alone=False):
                    database = self._opened(path)
                    if database is not None:
                        yield database
                        return
                with held(lock, alone=True):
                    # Another process may have built it meanwhile.
                    if self._opened(path) is None:
                        build(path, self.ledger)

    def _opened(self, path: Path) -> Database | None:
        """The database; None if it has to be built."""
        database = self._database
        if database is not None and database.is_current():
            return database
        try:
            opened = Database(path, self.ledger)
        except StaleError:
            return None
        self._database = opened
        return opened


def _bars(ending: Ending) -> bool:
    return ending.outcome in lines.BARS


def _disabled(database: Database, service: str) -> Disabled | None:
    found = database.ask("SELECT * FROM disabled WHERE service = ?", service)
    return Disabled(*found[0]) if found else None
