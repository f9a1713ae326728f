"""What makes a model a verified one, and everything that keeps it from it."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from ai_settings import LOCK, TODAY
from hypothesis import given, settings as bounds, strategies as st
from llm.evals_project import (
    CASES,
    PROMPT,
    THRESHOLDS,
    EvalProject,
    answer,
    case,
    good,
    make_eval_project,
    unlike,
)
from scratch import ROOT

from peaklib.errors import ConfigError
from peaklib.evidence import SealedRun
from peaklib.llm.evals import (
    Examined,
    Thresholds,
    examine,
    load_thresholds,
    measure,
    read_thresholds,
    with_entries,
)
from peaklib.llm.evals.intervals import Estimate
from peaklib.llm.evals.kept import Kept
from peaklib.llm.evals.summary import Summary
from peaklib.llm.evals.thresholds import missed
from peaklib.llm.evals.verifying import accepted_names
from peaklib.llm.settings import load_settings, read_lock, write_lock
from peaklib.llm.standin import StandIn

# Together they take long: `make test` runs them.
pytestmark = pytest.mark.slow

EASY = Thresholds(0.75, 0.75, 0, 100_000, 60.0)


@pytest.fixture
def project(tmp_path: Path) -> EvalProject:
    return make_eval_project(tmp_path)


def examined(project: EvalProject, run: SealedRun, demanded: Thresholds = EASY) -> Examined:
    configs = project.folder / "configs" / "ai"
    settings = load_settings(configs, today=TODAY)
    return examine(run, settings, {"L2": demanded}, signer="ada", prompts=configs / "prompts")


def test_model_that_reaches_everything_gets_an_entry(project: EvalProject) -> None:
    run = project.measure(unlike(n1=answer("It was wild.")))
    found = examined(project, run)
    assert found.missing == ()
    assert found.entry is not None
    entry = found.entry
    assert (entry.layer, entry.provider, entry.model_id) == ("L2", "openai", "gpt-5-mini")
    assert (entry.score, entry.threshold, entry.cases) == (0.75, 0.75, 4)
    assert (entry.signer, entry.eval_digest) == ("ada", project.plan().suite.digest)
    assert 0 < entry.cost_micro_eur <= entry.budget_micro_eur == 4 * 100_000
    # A stand-in answered: in prod this vouches for nothing.
    settings = load_settings(project.folder / "configs" / "ai", today=TODAY)
    assert entry.shortfalls(replace(settings.demands["L2"], min_pass=0.75)) == (
        "was measured against a local stand-in, not its provider",
    )


def test_entry_of_a_provider_verifies_the_row_of_the_matrix(project: EvalProject) -> None:
    entry = examined(project, project.measure()).entry
    assert entry is not None
    configs = project.folder / "configs" / "ai"
    before = read_lock(configs / LOCK)
    write_lock(configs / LOCK, with_entries(before, [replace(entry, endpoint="provider")]))
    settings = load_settings(configs, today=TODAY)
    verified = [row.key for row in settings.matrix.rows if settings.verified(row)]
    assert verified == ["L2.primary"]
    project.write_cases([*CASES, case(5)])
    later = load_settings(configs, today=TODAY)
    assert not [row for row in later.matrix.rows if later.verified(row)]


def test_new_entry_replaces_the_one_about_the_same_model(project: EvalProject) -> None:
    entry = examined(project, project.measure()).entry
    assert entry is not None
    path = project.folder / "configs" / "ai" / LOCK
    others = [replace(entry, layer="L0"), replace(entry, model_id="gpt-5.2")]
    lock = write_lock(path, [*others, replace(entry, signer="bob")])
    assert set(with_entries(lock, [entry])) == {*others, entry}


@pytest.mark.parametrize(
    ("demanded", "words"),
    [
        (replace(EASY, min_pass=0.76), "pass@1 is 0.750, below 0.760"),
        (replace(EASY, min_format=1.0), "format compliance is 0.750, below 1.000"),
        (replace(EASY, max_cost_micro_eur_per_case=1), "above 0.000001"),
        (replace(EASY, max_p95_s=0.0001), "p95 latency is"),
    ],
)
def test_threshold_that_is_missed_is_named(
    demanded: Thresholds, words: str, project: EvalProject
) -> None:
    found = examined(project, project.measure(unlike(n1="no JSON")), demanded)
    assert found.entry is None
    assert [text for text in found.missing if words in text] == list(found.missing)


def test_one_forbidden_answer_is_enough(project: EvalProject) -> None:
    run = project.measure(unlike(n3=answer("Buy the index now.")))
    assert examined(project, run).missing == ("policy violations: 1, tolerated: 0",)


def test_part_of_the_cases_verifies_nothing(project: EvalProject) -> None:
    (missing,) = examined(project, project.measure(cases="3")).missing
    assert "only 3 of the layer's cases were asked" in missing


def test_cases_or_prompt_that_changed_since_are_named(project: EvalProject) -> None:
    run = project.measure()
    project.write_cases([*CASES, case(5)])
    prompt = project.folder / "configs" / "ai" / "prompts" / "test_outlook.toml"
    prompt.write_text(PROMPT.replace("You describe", "Describe"), "utf-8")
    assert examined(project, run).missing == (
        "tests/evals/L2 has changed since; measure again",
        "configs/ai/prompts/test_outlook.toml has changed since; measure again",
    )


def test_repeated_replies_verify_nothing(project: EvalProject) -> None:
    first = project.measure()
    replies = first.folder / "inputs" / "evals" / "replies.jsonl"
    again = measure(project.plan(replay=replies), environ={}, runs=project.runs)
    (missing,) = examined(project, again).missing
    assert "repeated from a file" in missing


def test_altered_evidence_verifies_nothing(project: EvalProject) -> None:
    run = project.measure(unlike(n1=answer("It was wild.")))
    replies = run.folder / "inputs" / "evals" / "replies.jsonl"
    replies.write_text(replies.read_text("utf-8").replace("wild", "calm"), "utf-8")
    altered, scores = examined(project, run).missing
    assert "is not what was published" in altered
    assert "score otherwise" in scores


def test_name_of_a_refused_reply_is_no_snapshot() -> None:
    kept = [
        Kept("a", "", "ok", returned="gpt-5-mini-2025-08-07"),
        Kept("b", "", "ok", returned="gpt-5-mini"),
        Kept("c", "", "drift", returned="llama-3"),
    ]
    assert accepted_names(kept, "gpt-5-mini") == ("gpt-5-mini-2025-08-07",)


def test_unfinished_eval_verifies_nothing(project: EvalProject) -> None:
    with StandIn(good, faults={"gpt-5-mini": ["429-quota"]}) as standin:
        environ = {"AI_ENABLED": "1", "AI_LOCAL_URL": standin.url}
        run = measure(project.plan(environ=environ), environ=environ, runs=project.runs, at_once=1)
    missing = examined(project, run).missing
    assert missing[:2] == ("the run is failed; measure again", "3 of 4 cases were not asked")


@bounds(max_examples=50, derandomize=True, deadline=None)
@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 3))
def test_nothing_is_missing_only_if_every_number_is_within_bounds(
    passed: int, formats: int, violations: int
) -> None:
    summary = Summary(
        cases=40,
        asked=40,
        passed=passed,
        answered=40,
        pass_at_1=Estimate(passed / 40, 0.0, 1.0),
        format_ok=Estimate(formats / 40, 0.0, 1.0),
        violations=violations,
        violations_at_most=None,
        latency_p95_s=Estimate(1.0, None, None),
        cost_micro_eur=40,
    )
    fine = passed >= 34 and formats >= 39 and violations == 0
    assert (not missed(Thresholds(0.85, 0.97, 0, 1, 1.0), summary)) is fine


def test_thresholds_of_the_project_tolerate_no_violation() -> None:
    found = read_thresholds(ROOT / "configs" / "ai" / "evals.toml")
    assert sorted(found) == ["L0", "L1", "L2", "L3", "L4"]
    assert {each.max_policy_violations for each in found.values()} == {0}
    assert all(each.min_pass >= 0.8 for each in found.values())


def test_mistakes_in_the_thresholds_are_named(tmp_path: Path) -> None:
    path = tmp_path / "evals.toml"
    for old, new, words in (
        ("min_pass = 0.84", "min_pass = 84", "L4.min_pass"),
        ("[L3]", "[L7]", "L3: is missing"),
        ('"0.10"', "0.10", "L0.max_cost_eur_per_case"),
        ("max_p95_s = 62", "max_p95 = 62", "did you mean 'max_p95_s'"),
    ):
        assert old in THRESHOLDS
        path.write_text(THRESHOLDS.replace(old, new), "utf-8")
        with pytest.raises(ConfigError, match=re.escape(words)):
            read_thresholds(path)
    path.write_text(THRESHOLDS, "utf-8")
    with pytest.raises(ConfigError, match="no layer 'L9'"):
        load_thresholds("L9", path)
