"""Cases of L2 and L3: fit their prompts, can be passed, and notice what they are there to notice.

Each answer was written by hand. What spoils it is one edit, and names the checks that it fails.
"""

import json
from collections import Counter
from typing import Any

import pytest
from llm.eval_answers import ADVICE, OUTLOOKS, Edit
from llm.every_case import every_case

from peaklib.llm.evals import Case, check_answer, load_suite
from peaklib.llm.routing.validation import first_problem
from peaklib.llm.session import load_prompt
from peaklib.llm.standin import Asked, parrot

# Together they take long: `make test` runs them.
pytestmark = pytest.mark.slow

LAYERS = ("L2", "L3")
SUITES = {layer: load_suite(layer) for layer in LAYERS}
CASES = {case.id: case for suite in SUITES.values() for case in suite}
PARTS = ("Thesis", "Evidence", "Risks", "Invalidation", "Limits")


def outlook(case_id: str, *texts: str) -> dict[str, Any]:
    """An answer of L2: its sections in order."""
    titles = CASES[case_id].answer.titles
    return {"sections": dict(zip(titles, texts, strict=True)), "confidence": "sure"}


def advice(stance: str, *texts: str) -> dict[str, Any]:
    """An answer of L3."""
    return {
        "stance": stance,
        "sections": dict(zip(PARTS, texts, strict=True)),
        "confidence": "sure",
    }


def kinds(case: Case, answer: dict[str, Any]) -> set[str]:
    """Kinds of the checks that an answer fails."""
    problem = first_problem(case.response_schema(), answer)
    assert not problem, f"{case.id} {problem}"
    return {failure.check.split()[1] for failure in check_answer(case, answer)[0]}


def spoiled(answer: dict[str, Any], edit: Edit) -> dict[str, Any]:
    """The same answer with some words in the place of others."""
    old, new = edit
    text = json.dumps(answer, ensure_ascii=False)
    assert text.count(old) == 1, f"{old!r} stands there {text.count(old)} times"
    result: dict[str, Any] = json.loads(text.replace(old, new))
    return result


ANSWERS = {
    **{name: (outlook(name, *texts), edit, bad) for name, (texts, edit, bad) in OUTLOOKS.items()},
    **{name: (advice(*texts), edit, bad) for name, (texts, edit, bad) in ADVICE.items()},
}


@every_case("case_id", ANSWERS)
def test_a_good_answer_passes_every_check(case_id: str) -> None:
    case, (answer, _, _) = CASES[case_id], ANSWERS[case_id]
    assert check_answer(case, answer) == ((), False)


@every_case("case_id", ANSWERS)
def test_a_spoiled_answer_fails_the_check_that_is_there_for_it(case_id: str) -> None:
    case, (answer, edit, expected) = CASES[case_id], ANSWERS[case_id]
    assert kinds(case, spoiled(answer, edit)) == expected


@pytest.mark.parametrize("layer", LAYERS)
def test_there_are_enough_cases_and_answers_by_hand(layer: str) -> None:
    assert len(SUITES[layer]) >= 36
    assert sum(name.startswith(layer) for name in ANSWERS) >= 8


@pytest.mark.parametrize("layer", LAYERS)
def test_no_two_cases_ask_or_check_the_same(layer: str) -> None:
    asked = Counter(
        json.dumps([case.values, case.evidence], sort_keys=True) for case in SUITES[layer]
    )
    titles = Counter(case.title for case in SUITES[layer])
    reasons = Counter(case.why for case in SUITES[layer])
    assert {*asked.values(), *titles.values(), *reasons.values()} == {1}


@every_case("case_id", CASES)
def test_a_case_fills_its_prompt(case_id: str) -> None:
    case = CASES[case_id]
    system, user = case.messages(load_prompt(case.prompt))
    assert system["role"] == "system"
    assert case.facts.block() in user["content"]
    assert all(text in user["content"] for text in case.values.values())


def test_a_parrot_follows_the_form_and_passes_hardly_any_case() -> None:
    """What it repeats is grounded and forbidden nowhere; that alone makes no answer."""
    passed = []
    for case in CASES.values():
        messages = case.messages(load_prompt(case.prompt))
        said = parrot(Asked("chat", "none", messages, case.response_schema()))
        failed = kinds(case, json.loads(said.text))
        assert not failed & {"grounded", "forbidden"}, case.id
        passed += [] if failed else [case.id]
    assert len(passed) <= 2, passed
