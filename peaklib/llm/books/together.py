"""Attempts that begin and end at the same time: one transaction, one wait for the disk."""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from peaklib.errors import BudgetError, EvidenceError
from peaklib.evidence.clock import Clock
from peaklib.evidence.ledger.ledger import Ledger
from peaklib.llm.books import lines
from peaklib.llm.books.database import Database
from peaklib.llm.books.lines import Disabled, Ending, Intent, Scope, Ticket
from peaklib.llm.books.reserving import bar, release, reserve, settle


@dataclass(frozen=True)
class Opening:
    """An attempt that is about to be sent; see `Books.open`.

    Args:
        line: what is about to be sent.
        scopes: that it counts for.
    """

    line: Intent
    scopes: tuple[Scope, ...]


@dataclass(frozen=True)
class Closing:
    """An attempt that has ended; see `Books.close`.

    Args:
        ticket: of the attempt.
        ending: how it ended.
    """

    ticket: Ticket
    ending: Ending


Entry = Opening | Closing
Entered = Ticket | Ending | Disabled | Exception
"""What became of an entry; an error, or why a service is disabled, if nothing did."""


@dataclass(frozen=True)
class Made:
    """An entry whose budgets are changed and whose line is still to be written.

    Args:
        result: what `Books.open` or `Books.close` returns.
        event: name of the line.
        data: of the line.
    """

    result: Ticket | Ending
    event: str
    data: Mapping[str, Any]


def ticket_for(line: Intent, scopes: Sequence[Scope]) -> Ticket:
    """The ticket of an attempt that is to be opened.

    Raises:
        BudgetError: it names no budget, or one twice.
    """
    ticket = Ticket(line, tuple(scope.name for scope in scopes))
    if not scopes or len(set(ticket.scopes)) < len(scopes):
        raise BudgetError(
            f"call {line.call_id} names the budgets {list(ticket.scopes)}; a call needs at "
            "least one, and each once"
        )
    return ticket


def make(
    database: Database, entries: Sequence[Entry], clock: Clock
) -> list[Made | Disabled | Exception]:
    """Change the budgets for all entries in one transaction, each on what those before it left.

    Args:
        database: of the books.
        entries: attempts that begin or end.
        clock: says since when a service is disabled.

    Raises:
        Exception: the database cannot be read or written; nothing was changed.
    """
    with database.changing() as connection:
        return [_made(connection, entry, clock) for entry in entries]


def record(
    database: Database,
    ledger: Ledger,
    made: Sequence[Made | Disabled | Exception],
) -> list[Entered]:
    """Write the lines of all entries that were made, together; if that fails, one by one."""
    whole = [entry for entry in made if isinstance(entry, Made)]
    try:
        ledger.append_all([(entry.event, entry.data) for entry in whole])
    except Exception:
        return [_recorded(database, ledger, e) if isinstance(e, Made) else e for e in made]
    return [entry.result if isinstance(entry, Made) else entry for entry in made]


def give_back(database: Database, ticket: Ticket) -> None:
    """Release what was set aside, if that can be done: otherwise it stands, and counts as spent."""
    with suppress(EvidenceError), database.changing() as connection:
        release(connection, ticket)


def ended(
    connection: sqlite3.Connection, entry: Closing, clock: Clock
) -> tuple[Ending, dict[str, Any]]:
    """Settle an attempt; if another model answered, nobody may ask the service from here on.

    Returns:
        The ending as it is charged, and the data of its line.

    Raises:
        EvidenceError: the attempt is not open; nothing was changed.
    """
    intent = entry.ticket.intent
    charged, tokens = lines.settled(intent, entry.ending)
    line = lines.outcome_line(intent, charged, tokens)
    settle(connection, entry.ticket, tokens, charged.cost_micro_eur)
    if charged.outcome in lines.BARS:
        bar(connection, lines.disabled_by(line, clock().isoformat()))
    return charged, line


def _made(
    connection: sqlite3.Connection, entry: Entry, clock: Clock
) -> Made | Disabled | Exception:
    # What is caught here was raised before anything was changed for this entry.
    try:
        if isinstance(entry, Opening):
            return _opened(connection, entry)
        charged, line = ended(connection, entry, clock)
        return Made(charged, lines.OUTCOME, line)
    except (BudgetError, EvidenceError) as error:
        return error


def _opened(connection: sqlite3.Connection, entry: Opening) -> Made | Disabled:
    question = "SELECT * FROM disabled WHERE service = ?"
    found = connection.execute(question, (entry.line.service,)).fetchone()
    if found is not None:
        return Disabled(*found)
    ticket = ticket_for(entry.line, entry.scopes)
    reserve(connection, ticket, entry.scopes)
    return Made(ticket, lines.INTENT, lines.intent_line(ticket))


def _recorded(database: Database, ledger: Ledger, made: Made) -> Ticket | Ending | Exception:
    try:
        ledger.append(made.event, made.data)
    except Exception as error:
        if isinstance(made.result, Ticket):
            give_back(database, made.result)
        return error
    return made.result
