"""The changes within a transaction: set aside, give back, settle; keep a service from use."""

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Final

from peaklib.errors import BudgetError, EvidenceError
from peaklib.evidence.canonical import LARGEST
from peaklib.llm.books.lines import Disabled, Limit, Scope, Ticket
from peaklib.llm.books.money import eur
from peaklib.llm.books.state import Spent

# What a line of the ledger can hold; no limit is larger, whatever the settings say.
_MOST: Final = LARGEST


def reserve(connection: sqlite3.Connection, ticket: Ticket, scopes: Sequence[Scope]) -> None:
    """Set aside what an attempt may use, and one call, in all scopes.

    Args:
        connection: in the middle of a transaction, which may go on after an error of ours.
        ticket: of the attempt.
        scopes: with their limits.

    Raises:
        BudgetError: a scope has not enough left; nothing was set aside in any.
        EvidenceError: the attempt is open already; nothing was set aside.
    """
    wanted = ticket.intent
    tokens, cost = wanted.reserved_tokens, wanted.reserved_micro_eur
    short = [
        f"{scope.name}: {text}"
        for scope in scopes
        for text in _shortages(_spent(connection, scope.name), scope.limit, tokens, cost)
    ]
    if short:
        raise BudgetError(
            f"{wanted.row} is not asked, a budget has not enough left; {'; '.join(short)}. "
            "Limits stand in configs/ai/budgets.toml; `peak llm spend` says what used them up"
        )
    made = connection.execute(
        "INSERT OR IGNORE INTO reserved VALUES (?, ?)", (wanted.call_id, wanted.attempt)
    )
    if made.rowcount == 0:
        raise EvidenceError(
            f"attempt {wanted.attempt} of call {wanted.call_id} is open already; an attempt "
            "is sent once: take the next number"
        )
    connection.executemany(
        "INSERT INTO scopes VALUES (?, ?, ?, 1) ON CONFLICT (name) DO UPDATE SET "
        "tokens = tokens + excluded.tokens, cost = cost + excluded.cost, calls = calls + 1",
        [(scope.name, tokens, cost) for scope in scopes],
    )


def release(connection: sqlite3.Connection, ticket: Ticket) -> None:
    """Give back all that was set aside, the call too: it was never sent.

    Raises:
        EvidenceError: the attempt is not open.
    """
    _replace(connection, ticket, 0, 0, calls=0)


def settle(connection: sqlite3.Connection, ticket: Ticket, tokens: int, cost: int) -> None:
    """Put what was used in the place of what was set aside.

    Args:
        connection: in the middle of a transaction, which may go on after an error of ours.
        ticket: of the attempt.
        tokens: used, at most those set aside.
        cost: micro-EUR, at most those set aside.

    Raises:
        EvidenceError: the attempt is not open; nothing was changed.
    """
    _replace(connection, ticket, tokens, cost, calls=1)


def bar(connection: sqlite3.Connection, disabled: Disabled) -> None:
    """Keep everybody from asking a service; if nobody may already, the first reason stays."""
    connection.execute(
        "INSERT OR IGNORE INTO disabled VALUES (?, ?, ?, ?)",
        (disabled.service, disabled.reason, disabled.run_id, disabled.since),
    )


def _replace(
    connection: sqlite3.Connection, ticket: Ticket, tokens: int, cost: int, *, calls: int
) -> None:
    made = ticket.intent
    back = (made.reserved_tokens - tokens, made.reserved_micro_eur - cost, 1 - calls)
    gone = connection.execute(
        "DELETE FROM reserved WHERE call_id = ? AND attempt = ?", (made.call_id, made.attempt)
    )
    if gone.rowcount == 0:
        raise EvidenceError(
            f"attempt {made.attempt} of call {made.call_id} is not open: it was closed before, "
            "or never begun; an attempt is closed once"
        )
    connection.executemany(
        "UPDATE scopes SET tokens = tokens - ?, cost = cost - ?, calls = calls - ? WHERE name = ?",
        [(*back, name) for name in ticket.scopes],
    )


def _spent(connection: sqlite3.Connection, name: str) -> Spent:
    found = connection.execute("SELECT tokens, cost, calls FROM scopes WHERE name = ?", (name,))
    return Spent(*(found.fetchone() or (0, 0, 0)))


def _shortages(spent: Spent, limit: Limit, tokens: int, cost: int) -> Iterator[str]:
    """What is missing in one scope: wanted, left, and of how much."""
    most = min(limit.max_cost, _MOST)
    left = most - spent.cost
    if cost > left:
        yield f"{eur(cost)} wanted, {eur(max(left, 0))} left of {eur(most)}"
    most = min(limit.max_tokens, _MOST)
    left = most - spent.tokens
    if tokens > left:
        yield f"{tokens:,} tokens wanted, {max(left, 0):,} left of {most:,}"
    if limit.max_calls - spent.calls < 1:
        yield f"1 call wanted, 0 left of {limit.max_calls:,}"
