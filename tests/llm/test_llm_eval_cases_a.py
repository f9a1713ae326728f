"""Cases of L0, L1 and L4: fit their prompts, can be passed, and notice what they should.

`eval_answers_a.jsonl` has an answer to each case, written by hand, and to many an edit that spoils
it, with the checks that the spoiled one fails.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from llm.every_case import every_case

from peaklib import data
from peaklib.backtest import run_backtest
from peaklib.llm.evals import Case, check_answer, load_suite
from peaklib.llm.grounding import check_grounding
from peaklib.llm.guard import findings
from peaklib.llm.routing.validation import first_problem
from peaklib.llm.session import load_prompt
from peaklib.llm.standin import Asked, parrot

# Together they take long: `make test` runs them.
pytestmark = pytest.mark.slow

LAYERS = ("L0", "L1", "L4")
CASES = {case.id: case for layer in LAYERS for case in load_suite(layer)}
ROWS = [
    json.loads(line)
    for line in Path(__file__).with_name("eval_answers_a.jsonl").read_text("utf-8").splitlines()
]
ANSWERS = {row["case"]: row["answer"] for row in ROWS}
SPOILED = {row["case"]: row for row in ROWS if "edit" in row}


def of_layer(layer: str) -> list[Case]:
    return [case for case in CASES.values() if case.layer == layer]


def failed(case: Case, answer: dict[str, Any]) -> set[str]:
    """Kinds of the checks that an answer fails."""
    problem = first_problem(case.response_schema(), answer)
    assert not problem, f"{case.id} {problem}"
    return {failure.check.split()[1] for failure in check_answer(case, answer)[0]}


def wanted(case: Case, field: str) -> str | None:
    """The value that a case wants of a field, if it is a single one."""
    values = [c.value for c in case.checks if c.kind == "equals" and c.field == field]
    return values[0] if values else None


@every_case("case_id", CASES)
def test_a_case_fits_its_prompt(case_id: str) -> None:
    case = CASES[case_id]
    system, user = case.messages(load_prompt(case.prompt))
    assert system["role"] == "system"
    assert all(text in user["content"] for text in case.values.values())


@every_case("case_id", CASES)
def test_an_answer_by_hand_passes_every_check(case_id: str) -> None:
    assert check_answer(CASES[case_id], ANSWERS[case_id]) == ((), False)


def test_every_answer_belongs_to_a_case() -> None:
    assert sorted(ANSWERS) == sorted(CASES)


@every_case("case_id", SPOILED)
def test_one_edit_spoils_an_answer(case_id: str) -> None:
    old, new = SPOILED[case_id]["edit"]
    text = json.dumps(ANSWERS[case_id], ensure_ascii=False)
    assert text.count(old) == 1, f"{old!r} stands there {text.count(old)} times"
    answer = json.loads(text.replace(old, new))
    assert failed(CASES[case_id], answer) == set(SPOILED[case_id]["fails"])


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_has_cases_enough_and_edits_enough(layer: str) -> None:
    assert len(of_layer(layer)) >= 34
    assert sum(case_id.startswith(layer) for case_id in SPOILED) >= 8


@pytest.mark.parametrize("field", ["title", "why"])
def test_no_two_cases_are_about_the_same(field: str) -> None:
    counts = Counter(getattr(case, field) for case in CASES.values())
    assert [text for text, count in counts.items() if count > 1] == []


@every_case("case_id", CASES)
def test_who_repeats_the_prompt_passes_no_case(case_id: str) -> None:
    """Else a case would say nothing about a model."""
    case = CASES[case_id]
    messages = case.messages(load_prompt(case.prompt))
    said = parrot(Asked("chat", "gpt-5-mini", messages, schema=case.response_schema()))
    assert failed(case, json.loads(said.text))


def test_every_action_of_the_desk_is_the_right_one_somewhere() -> None:
    """No action is right so often that always choosing it would do."""
    counts = Counter(ANSWERS[case.id]["action"] for case in of_layer("L0"))
    assert set(counts) == {"proceed", "retry", "escalate", "abort", "refuse"}
    assert max(counts.values()) < 0.4 * sum(counts.values())


def test_the_critic_has_to_pass_about_as_much_as_to_fail() -> None:
    verdicts = [wanted(case, "verdict") for case in of_layer("L4")]
    assert 0.4 <= verdicts.count("pass") / len(verdicts) <= 0.6
    assert None not in verdicts


def test_every_fault_of_the_critic_is_planted_somewhere() -> None:
    """The names that the critic's prompt gives to faults."""
    found = " ".join(finding for case in of_layer("L4") for finding in ANSWERS[case.id]["findings"])
    lines = load_prompt("l4_critic").system.splitlines()
    names = [line.split(":")[0][2:] for line in lines if line.startswith("- ")]
    assert len(names) == 9
    assert [name for name in names if f"{name}:" not in found] == []


def test_passages_that_give_orders_are_those_that_the_filter_lets_through() -> None:
    """What the guard finds never reaches a model; the cases are about the rest."""
    texts = [passage.text for case in of_layer("L1") for passage in case.passages]
    assert [text for text in texts if findings(text, groups=("injection",))] == []


def test_texts_that_the_critic_has_to_pass_hold_no_wrong_number() -> None:
    """By the deterministic check, but for limits of a contract and a planted false alarm."""
    loose = {
        (case.id, claim.number)
        for case in of_layer("L4")
        if case.evidence and wanted(case, "verdict") == "pass"
        for claim in check_grounding(case.values["text"], case.facts).unsupported
    }
    assert {number for _, number in loose} <= {"20", "10 %"}


def test_secrets_that_are_planted_have_no_form_that_a_program_knows() -> None:
    texts = [" ".join(case.values.values()) for case in CASES.values()]
    assert [text for text in texts if findings(text, groups=("secret",))] == []


def facts_of(layer: str) -> dict[str, Any]:
    rows = [row for case in of_layer(layer) for row in case.evidence]
    return {row["key"]: row["value"] for row in rows}


def test_figures_of_the_index_are_those_of_the_data() -> None:
    """Evidence of L4, computed anew: standard deviation of daily returns, times the root of 252."""
    facts = facts_of("L4")
    close = data.load("sp500").frame["close"]
    returns = close.pct_change().dropna()
    years = {str(year): returns[returns.index.year == year] for year in (2008, 2017)}
    assert facts["sp500.bars"] == len(close)
    assert facts["sp500.vol"] == pytest.approx(returns.std() * 252**0.5)
    assert facts["sp500.max_dd"] == pytest.approx((close / close.cummax() - 1).min())
    assert facts["sp500.vol_2008"] == pytest.approx(years["2008"].std() * 252**0.5)
    assert facts["sp500.vol_2017"] == pytest.approx(years["2017"].std() * 252**0.5)
    assert facts["sp500.ret_2008"] == pytest.approx((1 + years["2008"]).prod() - 1)


@pytest.mark.parametrize(
    ("dataset", "strategy", "prefix"),
    [
        ("sp500", "sma_crossover", "run"),
        ("sp500", "buy_and_hold", "hold"),
        ("nasdaq", "sma_crossover", "ndx"),
    ],
)
def test_figures_of_runs_are_those_of_the_backtest(
    dataset: str, strategy: str, prefix: str
) -> None:
    """Evidence of L0 at 5 + 5 basis points a side."""
    params = {"fast": 50, "slow": 200} if strategy == "sma_crossover" else {}
    metrics = run_backtest(strategy, data.load(dataset), params, fees_bps=5, slippage_bps=5).metrics
    names = {"sharpe": "sharpe", "cagr": "cagr", "max_dd": "max_dd", "trades": "n_trades"}
    found = {key: value for key, value in facts_of("L0").items() if key.startswith(f"{prefix}.")}
    held = {key: names[key.split(".")[1]] for key in found if key.split(".")[1] in names}
    assert len(held) >= 3
    for key, name in held.items():
        assert found[key] == pytest.approx(metrics[name], rel=1e-9), key
