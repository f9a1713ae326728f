"""An eval from the first question to the run, and the same run scored again."""

import json
import signal
import threading
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from llm.evals_project import (
    ASKED,
    CASES,
    EvalProject,
    answer,
    case,
    good,
    make_eval_project,
    unlike,
)

from peaklib.errors import ConfigError, DataError, PolicyViolation, SwitchedOffError
from peaklib.evidence import Ledger, Registry, SealedRun, reproduce, verify_pack
from peaklib.llm.evals import measure, read_eval
from peaklib.llm.history import why
from peaklib.llm.standin import Asked, Said

# Together they take long: `make test` runs them.
pytestmark = pytest.mark.slow

TRADE = answer("Buy the index now.")


@pytest.fixture
def project(tmp_path: Path) -> EvalProject:
    return make_eval_project(tmp_path)


def results(run: SealedRun) -> dict[str, tuple[str, str]]:
    """Outcome and failed checks of each case, out of the run's table."""
    table = pd.read_parquet(run.table("cases"))
    return {row.case: (row.outcome, row.failed) for row in table.itertuples(index=False)}


def metrics(run: SealedRun) -> dict[str, Any]:
    return dict(run.record()["metrics"])


def test_run_has_a_row_a_case_and_the_numbers(project: EvalProject) -> None:
    run = project.measure(unlike(n1=answer("It was wild."), n3=TRADE, n4="no JSON"))
    assert run.record()["status"] == "completed"
    assert results(run) == {
        "L2-001": ("ok", "1 contains sections.Summary"),
        "L2-002": ("ok", ""),
        "L2-003": ("ok", "1 forbidden"),
        "L2-004": ("format", "format"),
    }
    found = metrics(run)
    assert [found[name] for name in ("cases", "asked", "passed", "answered")] == [4, 4, 1, 4]
    assert (found["pass_at_1"], found["format_ok"], found["violations"]) == (0.25, 0.75, 1)
    assert found["latency_p95_s_high"] is None
    lines = why(Ledger(project.runs / "ledger.jsonl"), run.run_id).calls
    assert found["cost_micro_eur"] == sum(s.cost_micro_eur for c in lines for s in c.steps) > 0
    assert found["cost_micro_eur_per_case"] == -(-found["cost_micro_eur"] // 4)


def test_run_says_who_answered_and_holds_what_it_stands_on(project: EvalProject) -> None:
    run = project.measure()
    config = run.config()
    assert (config["layer"], config["service"], config["source"]) == ("L2", ASKED, "local")
    assert "no provider was asked" in config["said"]
    assert config["eval_digest"] == project.plan().suite.digest
    kept = run.folder / "inputs" / "evals"
    original = project.folder / "tests" / "evals" / "L2" / "cases.jsonl"
    assert (kept / "cases" / "cases.jsonl").read_bytes() == original.read_bytes()
    assert (kept / "prompts" / "test_outlook.json").is_file()
    slice_ = (run.folder / "outputs" / "llm" / "ledger.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["event"] for line in slice_].count("llm_outcome") == len(CASES)
    assert verify_pack(run.folder, root=Registry(run.runs).root_of(run.run_id)).ok


def test_kept_answers_score_the_same_again_without_asking(project: EvalProject) -> None:
    run = project.measure(unlike(n2=answer("It was 18.4 % [sp500.vol]."), n4="no JSON"))
    root = Registry(run.runs).root_of(run.run_id)
    again = reproduce(run, {run.run_id: root or ""}, project.folder / "again")
    assert (again.word, again.drift) == ("identical", ())


def test_recorded_replies_answer_as_the_model_did(project: EvalProject) -> None:
    first = project.measure(unlike(n1=answer("It was wild.")))
    replies = first.folder / "inputs" / "evals" / "replies.jsonl"
    second = measure(project.plan(replay=replies), environ={}, runs=project.runs)
    assert second.config()["source"] == "replay"
    assert results(second) == results(first)


def test_offline_evals_leave_ledger_and_budgets_of_the_project_alone(project: EvalProject) -> None:
    run = measure(project.plan(), environ={}, runs=project.runs)
    assert run.config()["source"] == "parrot"
    assert not [*Ledger(project.runs / "ledger.jsonl").events("llm_intent")]
    assert not (project.runs / "llm").exists()
    assert (run.folder / "outputs" / "llm" / "ledger.jsonl").read_text("utf-8").count("\n") == 8


def test_only_the_measured_model_is_asked_even_if_it_fails(project: EvalProject) -> None:
    seen: list[str] = []

    def watched(asked: Asked) -> Said:
        seen.append(asked.model)
        return good(asked)

    run = project.measure(watched, faults={"gpt-5-mini": "500"}, at_once=4)
    assert set(results(run).values()) == {("outage", "outage")}
    assert set(seen) == {"gpt-5-mini"}
    seen.clear()
    other = project.measure(watched, model="google:gemini-2.5-flash")
    assert set(seen) == {"gemini-2.5-flash"}
    assert other.config()["service"] == "google:gemini-2.5-flash"


@pytest.mark.slow
def test_service_that_fails_once_is_waited_for(project: EvalProject) -> None:
    run = project.measure(faults={"gpt-5-mini": ["500"]}, at_once=1)
    assert [outcome for outcome, _ in results(run).values()] == ["outage", "ok", "ok", "ok"]
    assert run.record()["status"] == "completed"


def test_service_without_quota_is_not_waited_for(project: EvalProject) -> None:
    run = project.measure(faults={"gpt-5-mini": ["429-quota"]}, at_once=1)
    assert [outcome for outcome, _ in results(run).values()] == ["quota", *["not_asked"] * 3]
    assert "left alone" in run.record()["error"]


def test_another_model_in_the_reply_ends_the_eval_as_a_violation(project: EvalProject) -> None:
    run = project.measure(lambda asked: Said(answer(), model="gpt-4o"), at_once=1)
    outcomes = [outcome for outcome, _ in results(run).values()]
    assert outcomes == ["drift", "not_asked", "not_asked", "not_asked"]
    assert metrics(run)["violations"] == 1
    assert run.record()["status"] == "failed"
    assert "stopped early" in run.record()["error"]


def test_cases_beyond_the_budget_of_evals_are_not_asked(project: EvalProject) -> None:
    budgets = project.folder / "configs" / "ai" / "budgets.toml"
    head, tail = budgets.read_text("utf-8").split("[evals.L2]")
    budgets.write_text(f"{head}[evals.L2]{tail.replace('max_calls = 120', 'max_calls = 3', 1)}")
    run = project.measure(at_once=1)
    assert [outcome for outcome, _ in results(run).values()] == ["ok", "ok", "ok", "not_asked"]
    assert metrics(run)["pass_at_1"] == 1.0
    assert run.record()["status"] == "failed"


def test_evals_have_more_calls_than_a_run_of_the_layer(project: EvalProject) -> None:
    # [layers.L2] allows 12 calls a run.
    project.write_cases([case(number) for number in range(1, 21)])
    run = project.measure(at_once=4)
    assert metrics(run)["passed"] == 20


def test_no_more_cases_are_asked_at_once_than_told(project: EvalProject) -> None:
    lock, now, most = threading.Lock(), 0, 0

    def slow(asked: Asked) -> Said:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        threading.Event().wait(0.05)
        with lock:
            now -= 1
        return good(asked)

    project.write_cases([case(number) for number in range(1, 9)])
    project.measure(slow, at_once=3)
    assert most == 3


def test_interrupt_keeps_what_is_done(project: EvalProject) -> None:
    served = 0

    def then_interrupt(asked: Asked) -> Said:
        nonlocal served
        served += 1
        if served == 3:
            signal.raise_signal(signal.SIGINT)
            threading.Event().wait(0.5)
        return good(asked)

    run = project.measure(then_interrupt, at_once=1)
    assert run.record()["status"] == "interrupted"
    outcomes = [outcome for outcome, _ in results(run).values()]
    assert outcomes == ["ok", "ok", "not_asked", "not_asked"]
    # What was under way may have to be paid for.
    lines = why(Ledger(project.runs / "ledger.jsonl"), run.run_id).calls
    assert metrics(run)["cost_micro_eur"] == sum(s.cost_micro_eur for c in lines for s in c.steps)


def test_secret_in_an_answer_is_taken_out_and_scores_the_same_again(project: EvalProject) -> None:
    key = "sk-proj-" + "Ab3" * 16
    check = {"kind": "forbidden", "groups": ["secret"]}
    project.write_cases([case(1, check), case(2)])
    run = project.measure(unlike(n1=answer(f"It was low: {key}.")))
    assert results(run)["L2-001"] == ("ok", "1 forbidden")
    for path in run.folder.rglob("*"):
        assert not path.is_file() or key.encode() not in path.read_bytes()
    root = Registry(run.runs).root_of(run.run_id)
    again = reproduce(run, {run.run_id: root or ""}, project.folder / "again")
    assert again.word == "identical"


def test_some_cases_are_chosen_by_number_or_id(project: EvalProject) -> None:
    assert [each.id for each in project.plan(cases="2").cases] == ["L2-001", "L2-002"]
    chosen = project.plan(cases="L2-004, L2-001")
    assert [each.id for each in chosen.cases] == ["L2-001", "L2-004"]
    assert not chosen.whole
    assert project.plan(cases="9").whole
    for wrong, words in (("0", "at least one"), ("L2-009", "did you mean"), ("x", "no case 'x'")):
        with pytest.raises(ConfigError, match=words):
            project.plan(cases=wrong)


def test_what_cannot_be_measured_is_refused_before_a_run_is_opened(project: EvalProject) -> None:
    with pytest.raises(SwitchedOffError, match="AI_ENABLED is not set"):
        project.plan(environ={})
    with pytest.raises(ConfigError, match=r"allowed_models.toml[\s\S]*no price"):
        project.plan(model="openai:gpt-9")
    with pytest.raises(PolicyViolation):
        project.plan(model="openai:" + "clau" + "de-9")
    with pytest.raises(DataError, match="cannot be read"):
        project.plan(replay=project.folder / "none.jsonl")
    twins = [case(1), case(2, values={"context": "number 1"})]
    project.write_cases(twins)
    with pytest.raises(ConfigError, match="asks exactly what L2-001 asks"):
        project.plan()
    assert not project.runs.exists()


def test_eval_reads_only_runs_of_its_kind(project: EvalProject) -> None:
    from peaklib.errors import EvidenceError
    from peaklib.evidence import RunSpec, create_run

    run = create_run(RunSpec("interactive", {}), runs=project.runs).seal()
    with pytest.raises(EvidenceError, match="no eval"):
        read_eval(run)
