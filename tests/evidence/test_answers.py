"""Kept answers of models: held against the ledger's lines about the calls, field by field."""

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from peaklib.evidence import Registry, start_run, verify_pack
from peaklib.evidence.canonical import to_json
from peaklib.evidence.checks.answers import CallLines
from peaklib.evidence.checks.verify import Check, Report
from peaklib.evidence.vouch import verify_runs

TEXT = '{"confidence":"sure"}'
SAID: Mapping[str, Any] = {
    "answered": True,
    "role": "primary",
    "asked": "a" * 64,
    "text": TEXT,
    "parsed": {"confidence": "sure"},
    "row": "L2.primary",
    "service": "openai:gpt-5-mini",
    "returned": "gpt-5-mini-2025-08-07",
    "endpoint": "provider",
    "degraded": False,
    "call_id": "c1",
    "request_hash": "b" * 64,
}
UNANSWERED = {"answered": False, "role": "critic", "asked": "", "kind": "", "reason": "off"}


def lines(runs: Path, run_id: str, other: Mapping[str, Any]) -> None:
    """What the books write of a call whose first attempt found no service."""
    call = {"call_id": "c1", "run_id": run_id, "role": "primary", "row": "L2.primary"}
    call |= {"provider": "openai", "asked": "gpt-5-mini", "endpoint": "provider"}
    sent = {**call, "request_hash": "b" * 64, "prompt_version": "l2-outlook/1"}
    ended = {**call, "returned": "gpt-5-mini-2025-08-07", "degraded": False}
    ended |= {"reply_hash": sha256(TEXT.encode()).hexdigest()}
    failed = {**call, "row": "L2.fallback1", "outcome": "timeout", "reply_hash": ""}
    last = {**ended, "attempt": 2, "outcome": "ok", **other}
    ledger = Registry(runs).ledger
    ledger.append("llm_intent", {**sent, "attempt": 1})
    ledger.append("llm_outcome", {**failed, "attempt": 1})
    ledger.append("llm_intent", {**sent, "attempt": 2})
    ledger.append("llm_outcome", last)


def run_with(runs: Path, *calls: Mapping[str, Any], other: Mapping[str, Any] | None = None) -> str:
    """A run that kept some calls, and a ledger that has one answer to call `c1` of it."""
    with start_run(kind="interactive", config={}, runs=runs) as run:
        content = {"prompt": {"version": "l2-outlook/1"}, "calls": list(calls)}
        run.save_input("llm/session.json", to_json(content))
        lines(runs, run.run_id, other or {})
    return run.run_id


def report(runs: Path, run_id: str) -> Report:
    (found,) = verify_runs(Registry(runs), [run_id]).reports
    return found


def answers(runs: Path, run_id: str) -> Check:
    check = report(runs, run_id).checks[-1]
    assert check.name == "answers"
    return check


def test_answers_that_the_ledger_has_are_well(tmp_path: Path) -> None:
    found = report(tmp_path, run_with(tmp_path, SAID, UNANSWERED))
    assert found.ok
    assert found.checks[-1] == Check("answers", True, "1 call of models against the ledger")


def test_nothing_is_said_of_answers_where_no_model_answered(tmp_path: Path) -> None:
    found = report(tmp_path, run_with(tmp_path, UNANSWERED))
    assert (found.ok, len(found.checks)) == (True, 4)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("text", '{"confidence":"unsure"}'),
        ("parsed", {"confidence": "unsure"}),
        ("role", "critic"),
        ("row", "L2.fallback1"),
        ("service", "openai:gpt-5.2"),
        ("returned", "gpt-5.2"),
        ("endpoint", "local"),
        ("degraded", True),
        ("request_hash", "c" * 64),
    ],
)
def test_one_field_of_an_answer_that_is_another_is_named(
    tmp_path: Path, field: str, value: Any
) -> None:
    check = answers(tmp_path, run_with(tmp_path, {**SAID, field: value}))
    assert check.ok is False
    (line,) = check.details
    assert line.startswith(f"answer 1, call c1: other in the ledger: {field}")
    assert check.remedy.startswith("peak llm why ")


def test_a_field_that_an_answer_lacks_is_named(tmp_path: Path) -> None:
    bare = {name: value for name, value in SAID.items() if name != "endpoint"}
    (line,) = answers(tmp_path, run_with(tmp_path, bare)).details
    assert line.endswith("ledger: endpoint")


@pytest.mark.parametrize(
    ("calls", "other", "problem"),
    [
        ([{**SAID, "call_id": "c2"}], {}, "answer 1, call c2: the ledger has no answer"),
        ([SAID], {"outcome": "format"}, "answer 1, call c1: the ledger has no answer"),
        ([SAID], {"run_id": "other"}, "answer 1, call c1: other in the ledger: run_id"),
        ([SAID, SAID], {}, "call c1: is named 2 times"),
        ([{**SAID, "answered": "no"}, {"answered": None}], {}, "answer 2, call None: the ledger"),
    ],
    ids=["no such call", "no answer then", "of another run", "twice", "neither yes nor no"],
)
def test_an_answer_that_nobody_gave_is_named(
    tmp_path: Path, calls: list[Mapping[str, Any]], other: dict[str, Any], problem: str
) -> None:
    check = answers(tmp_path, run_with(tmp_path, *calls, other=other))
    assert check.ok is False
    assert check.details[0].startswith(problem)


def test_a_text_that_words_were_taken_from_is_not_held_against_its_digest(tmp_path: Path) -> None:
    hidden = {"text": '{"confidence":"[redacted: KEY]"}', "parsed": {"confidence": "sure"}}
    check = answers(tmp_path, run_with(tmp_path, {**SAID, **hidden}))
    assert check.ok
    assert check.against.endswith(", 1 without the text, which was redacted")


@pytest.mark.parametrize("content", ["[", "[]", "{}", '{"calls":[1]}'])
def test_a_list_of_answers_that_cannot_be_read_is_a_fault(tmp_path: Path, content: str) -> None:
    with start_run(kind="interactive", config={}, runs=tmp_path) as run:
        run.save_input("llm/session.json", content.encode())
    check = answers(tmp_path, run.run_id)
    assert check.ok is False
    assert "session.json" in check.details[0]


def test_a_run_that_the_ledger_does_not_know_is_not_asked_for_calls(tmp_path: Path) -> None:
    run_id = run_with(tmp_path, {**SAID, "call_id": "of the run that was repeated"})
    calls = CallLines(Registry(tmp_path).ledger)
    found = verify_pack(tmp_path / run_id, root=None, calls=calls)
    assert [check.name for check in found.failed] == ["anchored"]
    assert json.loads(json.dumps(found.to_json()))["ok"] is False
