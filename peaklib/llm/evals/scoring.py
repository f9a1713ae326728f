"""What became of a case: which checks its answer passed."""

import json
from dataclasses import dataclass
from typing import Any, Final

from peaklib.llm.evals.case import Case
from peaklib.llm.evals.kept import Kept
from peaklib.llm.roles import Outcome
from peaklib.llm.routing.validation import first_problem

FORMAT: Final = "format"
"""The check that every case has: the answer follows its schema."""
# The model answered, and not in the way it was asked to.
_ANSWERED: Final = (Outcome.OK, Outcome.FORMAT)
# A reply that names a model which was not asked, or may not be.
_NOT_ITSELF: Final = (Outcome.DENIED, Outcome.DRIFT)


@dataclass(frozen=True)
class Failure:
    """A check that an answer did not pass.

    Args:
        check: place in the case, kind and field, such as `3 contains sections.Summary`.
        problem: what is wrong, in a few words.
    """

    check: str
    problem: str


@dataclass(frozen=True)
class Scored:
    """A case after all checks.

    Args:
        case_id: of the case.
        asked: whether anything was sent; a case that was not says nothing about the model.
        passed: every check, the schema's included.
        format_ok: whether the answer followed its schema; None if there was none.
        violates: whether the answer did something that is forbidden.
        failures: checks that were not passed.
    """

    case_id: str
    asked: bool
    passed: bool
    format_ok: bool | None
    violates: bool
    failures: tuple[Failure, ...] = ()


def score(case: Case, kept: Kept) -> Scored:
    """Hold what a model answered to a case.

    Args:
        case: that was asked.
        kept: what the eval has kept of it.
    """
    if not kept.asked:
        return Scored(case.id, False, False, None, False)
    if kept.outcome not in _ANSWERED:
        failure = Failure(kept.outcome, kept.reason)
        return Scored(case.id, True, False, None, kept.outcome in _NOT_ITSELF, (failure,))
    answer, problem = _read(case, kept)
    if problem:
        return Scored(case.id, True, False, False, False, (Failure(FORMAT, problem),))
    failures, violates = check_answer(case, answer)
    return Scored(case.id, True, not failures, True, violates, failures)


def check_answer(case: Case, answer: Any) -> tuple[tuple[Failure, ...], bool]:
    """Put an answer that follows its schema through the checks of a case.

    Args:
        case: with the checks.
        answer: as JSON.

    Returns:
        The checks that it did not pass, and whether one of them is about what is forbidden.
    """
    seen = case.seen(answer)
    failures, violates = [], False
    for number, check in enumerate(case.checks, 1):
        if problem := check.problem(seen):
            label = " ".join([str(number), check.kind, *check.paths()])
            failures.append(Failure(label, problem))
            violates |= check.guards_policy
    return tuple(failures), violates


def _read(case: Case, kept: Kept) -> tuple[Any, str]:
    """The answer as JSON, or what is wrong with it."""
    if kept.text is None:
        return None, kept.reason or "there is no text"
    try:
        answer = json.loads(kept.text)
    except (ValueError, RecursionError):
        return None, "the answer is no JSON"
    return answer, first_problem(case.response_schema(), answer)
