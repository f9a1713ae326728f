"""Budgets and the ledger in step: what a call may cost, set aside before it is sent."""

from peaklib.llm.books.books import Books
from peaklib.llm.books.lines import Disabled, Ending, Intent, Limit, Refusal, Scope, Ticket
from peaklib.llm.books.money import eur

__all__ = ["Books", "Disabled", "Ending", "Intent", "Limit", "Refusal", "Scope", "Ticket", "eur"]
