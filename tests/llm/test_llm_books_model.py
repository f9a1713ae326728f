"""Any order of calls, answers, restarts and losses against plain sums."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings, strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule
from llm.ledgers import ANSWER, Allowance, books_in, intent, kept

from peaklib.errors import BudgetError
from peaklib.llm.books import Books, Scope, Ticket
from peaklib.llm.books.state import Spent

LIMITS = {
    "run": Allowance(3_000, 9_000, 9),
    "layer": Allowance(1_500, 20_000, 7),
    "phase": Allowance(9_000, 12_000, 5),
}
AMOUNT = st.integers(0, 1_200)


class AnyOrder(RuleBasedStateMachine):
    """The books beside three plain sums for each scope."""

    tickets = Bundle("tickets")

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.books = books_in(Path(self.folder.name))
        self.spent = {name: [0, 0, 0] for name in LIMITS}
        self.number = 0

    def teardown(self) -> None:
        self.books.shut()
        self.folder.cleanup()

    @rule(
        target=tickets,
        tokens=AMOUNT,
        cost=st.integers(0, 5_000),
        names=st.sets(st.sampled_from(sorted(LIMITS)), min_size=1),
    )
    def open(self, tokens: int, cost: int, names: set[str]) -> Ticket | None:
        self.number += 1
        wanted = (tokens, cost, 1)
        fits = all(
            self.spent[name][k] + wanted[k] <= limit
            for name in names
            for k, limit in enumerate(vars(LIMITS[name]).values())
        )
        line = intent(f"c{self.number}", reserved_tokens=tokens, reserved_micro_eur=cost)
        try:
            ticket = self.books.open(line, [Scope(name, LIMITS[name]) for name in sorted(names)])
        except BudgetError:
            assert not fits
            return None
        assert fits
        for name in names:
            self.spent[name] = [a + b for a, b in zip(self.spent[name], wanted, strict=True)]
        return ticket

    @rule(
        ticket=consumes(tickets),
        usage=st.sampled_from(["reported", "reported", "missing", "absurd"]),
        read=AMOUNT,
        written=AMOUNT,
        cost=st.integers(0, 5_000),
    )
    def close(self, ticket: Ticket | None, usage: str, read: int, written: int, cost: int) -> None:
        if ticket is None:
            return
        tokens, most = ticket.intent.reserved_tokens, ticket.intent.reserved_micro_eur
        used = {"input_tokens": read, "output_tokens": written, "cost_micro_eur": cost}
        self.books.close(ticket, replace(ANSWER, usage=usage, **used))
        if usage == "reported" and read + written <= tokens and cost <= most:
            for name in ticket.scopes:
                self.spent[name][0] -= tokens - read - written
                self.spent[name][1] -= most - cost

    @rule()
    def start_again(self) -> None:
        self.books.shut()
        self.books = Books(self.books.folder, self.books.ledger)

    @rule()
    def lose_the_database(self) -> None:
        for file in self.books.folder.glob("state.sqlite*"):
            file.unlink()

    @invariant()
    def the_sums_are_right(self) -> None:
        known = kept(self.books).scopes
        for name, amounts in self.spent.items():
            assert known.get(name, Spent()) == Spent(*amounts)


TestAnyOrder = pytest.mark.slow(AnyOrder.TestCase)
TestAnyOrder.settings = settings(max_examples=12, stateful_step_count=25)
