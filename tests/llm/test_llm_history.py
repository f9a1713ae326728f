"""The story of a run and the sums, told from the ledger alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from llm.ledgers import ANSWER, OTHER_RUN, RUN, SCOPES, books_in, intent, kept, refusal

from peaklib.errors import EvidenceError
from peaklib.llm.books import Books, Ending
from peaklib.llm.history import HEADINGS, IN_WORDS, Call, Sum, runs, spend, why
from peaklib.llm.roles import Outcome


@pytest.fixture
def books(tmp_path: Path) -> Books:
    """Books that know nothing yet."""
    return books_in(tmp_path)


def the_call(books: Books) -> Call:
    (call,) = why(books.ledger, RUN).calls
    return call


def test_a_fallback_says_what_became_of_the_rows_before_it(books: Books) -> None:
    first = books.open(intent(attempt=1, tools=("search",)), SCOPES)
    books.close(first, Ending(Outcome.TIMEOUT, "no answer within 60 s", latency_ms=60_001))
    books.refuse(refusal("c1", 2, Outcome.DISABLED, "cooling down for 12 s"))
    row = {"row": "L1.fallback2", "provider": "mistral", "asked": "mistral-large-2512"}
    last = books.open(intent(attempt=3, **row), SCOPES)
    books.close(last, replace(ANSWER, returned="mistral-large-2512", degraded=True))
    call = the_call(books)
    assert (call.layer, call.role, call.prompt_version) == ("L1", "primary", "l1-research/3")
    timeout, skipped, answer = call.steps
    assert call.answer == answer
    assert timeout.why == "first in the matrix for L1 primary"
    assert (timeout.outcome, timeout.in_words) == ("timeout", "no answer in time")
    assert (timeout.tokens, timeout.cost_micro_eur, timeout.usage) == (1000, 5000, "missing")
    assert (timeout.tools, timeout.latency_ms) == (("search",), 60_001)
    assert (skipped.sent, skipped.row, skipped.why) == (False, "L1.fallback1", "")
    assert (skipped.reason, skipped.cost_micro_eur) == ("cooling down for 12 s", 0)
    assert answer.why == (
        "next in the matrix after L1.primary (no answer in time), "
        "L1.fallback1 (not asked: out of service)"
    )
    assert answer.service == "mistral:mistral-large-2512"
    assert (answer.tokens, answer.cost_micro_eur, answer.degraded) == (234, 1234, True)


def test_what_the_router_says_of_its_choice_is_told(books: Books) -> None:
    books.open(intent(because="the caller asked for this row"), SCOPES)
    assert the_call(books).steps[0].why == "the caller asked for this row"


@pytest.mark.parametrize(
    ("layer", "role", "row", "told"),
    [
        ("L2", "critic", "L2.critic", "first in the matrix for L2 critic"),
        ("L3", "critic", "L4.primary", "the matrix gives the critic of L3 to L4; first there"),
        ("L1", "primary", "L1.fallback1", "no line says why L1.fallback1 was the first"),
    ],
)
def test_the_first_row_says_where_it_stands_in_the_matrix(
    books: Books, layer: str, role: str, row: str, told: str
) -> None:
    books.open(intent(layer=layer, role=role, row=row), SCOPES)
    assert the_call(books).steps[0].why.endswith(told)


def test_an_attempt_without_an_outcome_is_told_and_counts_as_spent(books: Books) -> None:
    books.open(intent(), SCOPES)
    call = the_call(books)
    (step,) = call.steps
    assert call.answer is None
    assert (step.outcome, step.usage, step.latency_ms) == (None, None, None)
    assert step.in_words.startswith("no outcome: the process died in the middle")
    assert (step.tokens, step.cost_micro_eur) == (1000, 5000)


def test_a_call_that_never_got_to_a_row_is_told(books: Books) -> None:
    books.refuse(refusal("c1", 1, Outcome.BUDGET, "no price", row="", provider="", asked=""))
    (step,) = the_call(books).steps
    assert (step.row, step.service, step.sent, step.reason) == ("", "", False, "no price")


def test_runs_are_told_apart_and_kept_in_order(books: Books) -> None:
    books.close(books.open(intent("c1", run_id=OTHER_RUN), SCOPES), ANSWER)
    books.refuse(refusal("c2", 1, Outcome.DENIED, "by the policy"))
    books.close(books.open(intent("c3", run_id=OTHER_RUN), SCOPES), ANSWER)
    assert runs(books.ledger) == [OTHER_RUN, RUN]
    assert [call.call_id for call in why(books.ledger, OTHER_RUN).calls] == ["c1", "c3"]
    assert [call.call_id for call in why(books.ledger, RUN).calls] == ["c2"]
    assert why(books.ledger, "20200101_000000_000000").calls == ()


def test_a_service_that_a_run_disabled_is_told_with_who_cleared_it(books: Books) -> None:
    books.disable("openai:a", "drift", RUN)
    books.disable("openai:b", "drift", OTHER_RUN)
    books.enable("openai:a", "mira", "the alias was announced")
    books.disable("openai:a", "drift again", RUN)
    first, second = why(books.ledger, RUN).switches
    assert (first.service, first.cleared) == (
        "openai:a",
        "mira on 2026-11-21: the alias was announced",
    )
    assert (second.reason, second.cleared) == ("drift again", "")


def test_a_service_that_an_outcome_disabled_is_told_once_with_its_line_or_without(
    books: Books,
) -> None:
    ticket = books.open(intent(), SCOPES)
    books.close(ticket, replace(ANSWER, outcome=Outcome.DRIFT, reason="the reply names gpt-4o"))
    alone = why(books.ledger, RUN).switches
    assert [(switch.service, switch.reason, switch.cleared) for switch in alone] == [
        ("openai:o3-deep-research", "the reply names gpt-4o", "")
    ]
    books.disable(ticket.intent.service, "the reply names gpt-4o", RUN)
    assert why(books.ledger, RUN).switches == alone


def test_every_outcome_has_its_words() -> None:
    assert set(IN_WORDS) == set(Outcome)
    assert len(set(IN_WORDS.values())) == len(IN_WORDS)


@pytest.fixture
def spent(books: Books) -> Books:
    """Five attempts of three calls in two runs: settled, charged in full, local, unfinished."""
    books.close(books.open(intent("c1", 1), SCOPES), Ending(Outcome.TIMEOUT))
    row = {"row": "L1.fallback1", "asked": "o4-mini-deep-research"}
    books.close(books.open(intent("c1", 2, **row), SCOPES), ANSWER)
    there = {"layer": "L2", "row": "L2.primary", "asked": "gpt-5", "run_id": OTHER_RUN}
    books.close(books.open(intent("c2", 1, endpoint="local", **there), SCOPES), ANSWER)
    books.open(intent("c2", 2, **there), SCOPES)
    books.close(books.open(intent("c3", 1), SCOPES), ANSWER)
    books.refuse(refusal("c4", 1, Outcome.BUDGET, "nothing left"))
    return books


L1 = Sum(calls=2, attempts=3, tokens=1468, cost_micro_eur=7468)
L2 = Sum(1, 2, 234, 1234, local_micro_eur=1234, unfinished=1, held_tokens=1000, held_micro_eur=5000)
TOTAL = Sum(3, 5, 1702, 8702, 1234, 1, 1000, 5000)


@pytest.mark.parametrize(
    ("by", "sums"),
    [
        ("layer", {"L1": L1, "L2": L2}),
        ("run", {RUN: L1, OTHER_RUN: L2}),
        ("day", {"2026-11-21": TOTAL}),
        (
            "model",
            {
                "openai:gpt-5": L2,
                "openai:o3-deep-research": Sum(2, 2, 1234, 6234),
                "openai:o4-mini-deep-research": Sum(1, 1, 234, 1234),
            },
        ),
    ],
)
def test_sums_are_those_of_the_lines(spent: Books, by: str, sums: dict[str, Sum]) -> None:
    found = spend(spent.ledger, by)
    assert found.sums == sums
    assert list(found.sums) == sorted(sums)
    assert found.total == TOTAL


def test_sums_begin_where_they_are_asked_to(spent: Books) -> None:
    """The outcome of an attempt that began before is left out with it."""
    begun = [event.time for event in spent.ledger.events("llm_intent")]
    last = datetime.fromisoformat(begun[-1])
    assert spend(spent.ledger, since=last).total == Sum(1, 1, 234, 1234)
    between = last - timedelta(seconds=1)
    assert spend(spent.ledger, since=between).total == Sum(1, 1, 234, 1234)
    after = spend(spent.ledger, since=datetime(2026, 11, 22, tzinfo=UTC))
    assert (after.sums, after.total) == ({}, Sum())


def test_sums_agree_with_the_budget_of_the_phase(spent: Books) -> None:
    phase = kept(spent).scopes[SCOPES[2].name]
    total = spend(spent.ledger).total
    assert phase.cost == total.cost_micro_eur + total.held_micro_eur
    assert phase.tokens == total.tokens + total.held_tokens
    assert phase.calls == total.attempts


@pytest.mark.parametrize("ask", [runs, spend, lambda ledger: why(ledger, RUN)])
def test_a_line_that_lacks_something_is_named(books: Books, ask: object) -> None:
    books.ledger.append("llm_intent", {"call_id": "c1"})
    assert callable(ask)
    with pytest.raises(EvidenceError, match="line 2, llm_intent"):
        ask(books.ledger)


def test_a_ledger_that_is_not_there_has_no_story(books: Books) -> None:
    assert (runs(books.ledger), why(books.ledger, RUN).calls) == ([], ())
    for by in HEADINGS:
        assert spend(books.ledger, by).total == Sum()
