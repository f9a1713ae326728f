"""Budgets and the ledger in step: what a call may cost, set aside before it is sent."""

from peaklib.llm.books.books import Books
from peaklib.llm.books.lines import Disabled, Ending, Intent, Limit, Refusal, Scope, Ticket
from peaklib.llm.books.money import eur
from peaklib.llm.books.together import Closing, Entered, Entry, Opening

__all__ = [
    "Books",
    "Closing",
    "Disabled",
    "Ending",
    "Entered",
    "Entry",
    "Intent",
    "Limit",
    "Opening",
    "Refusal",
    "Scope",
    "Ticket",
    "eur",
]
