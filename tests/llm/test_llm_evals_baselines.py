"""Evals side by side, and the parrot's scores that are versioned with the cases."""

from itertools import pairwise
from pathlib import Path

import pytest
from ai_settings import TODAY
from hypothesis import given, settings as bounds, strategies as st
from llm.evals_project import answer, make_eval_project, unlike
from scratch import ROOT

from peaklib.errors import DataError
from peaklib.llm.evals import (
    Baseline,
    Kept,
    baseline_of_run,
    compare,
    load_suite,
    plan_eval,
    read_baseline,
    score,
)
from peaklib.llm.evals.baseline import baseline_of
from peaklib.llm.roles import LAYERS
from peaklib.llm.settings import load_settings
from peaklib.llm.standin import Asked, parrot

# Together they take long: `make test` runs them.
pytestmark = pytest.mark.slow

BASELINES = ROOT / "tests" / "evals" / "baselines"


def baseline(**cases: str) -> Baseline:
    """A baseline whose cases failed the checks that they are given; `""` passed."""
    failed = {case: (checks,) if checks else () for case, checks in cases.items()}
    return Baseline("L2", "openai:gpt-5-mini", "local", "d" * 64, failed)


def test_every_kind_of_change_is_told_and_the_newly_failing_come_first() -> None:
    before = baseline(a="", b="", c="1 cites", d="1 cites", e="1 cites", f="")
    now = baseline(a="", b="2 absent", c="", d="2 absent", e="1 cites", g="")
    found = compare(before, now)
    assert [(change.case, change.what, change.failed) for change in found.changes] == [
        ("b", "fails now", ("2 absent",)),
        ("c", "passes now", ()),
        ("d", "fails elsewhere", ("2 absent",)),
        ("g", "new", ()),
        ("f", "gone", ()),
    ]
    assert (found.common, found.before, found.now, found.difference) == (5, 2, 2, 0.0)
    assert found.p_value == 1.0
    assert found.same_cases


def test_difference_is_paired_and_tested_on_what_changed() -> None:
    names = [f"c{number}" for number in range(20)]
    before = baseline(**dict.fromkeys(names, ""))
    worse = baseline(**{name: "1 cites" if k < 6 else "" for k, name in enumerate(names)})
    found = compare(before, worse)
    assert found.difference == pytest.approx(-0.3)
    # Six of six changes to the worse: 2 / 2^6.
    assert found.p_value == pytest.approx(2 / 64)


@bounds(max_examples=40, derandomize=True, deadline=None)
@given(st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from(["", "1 x", "2 y"])))
def test_baseline_is_read_as_it_was_written_and_equals_itself(cases: dict[str, str]) -> None:
    from tempfile import TemporaryDirectory

    written = baseline(**cases)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "b.json"
        path.write_bytes(written.to_bytes())
        assert read_baseline(path) == written
    assert compare(written, written).changes == ()


def test_baseline_of_another_layer_or_no_baseline_is_refused(tmp_path: Path) -> None:
    other = Baseline("L3", "openai:gpt-5.2", "local", "d" * 64, {})
    with pytest.raises(DataError, match="of L2 says nothing about L3"):
        compare(baseline(), other)
    path = tmp_path / "b.json"
    for content in ("no", "[]", '{"schema": "other/1"}', '{"schema": "peak-eval-baseline/1"}'):
        path.write_text(content, "utf-8")
        with pytest.raises(DataError, match="--save-baseline"):
            read_baseline(path)


def test_two_runs_compare_case_by_case(tmp_path: Path) -> None:
    project = make_eval_project(tmp_path)
    before = project.measure()
    now = project.measure(unlike(n1=answer("It was wild.")))
    found = compare(baseline_of_run(before), baseline_of_run(now))
    assert [(change.case, change.what) for change in found.changes] == [("L2-001", "fails now")]


@pytest.mark.parametrize("layer", LAYERS)
def test_parrot_scores_on_the_cases_as_its_baseline_says(layer: str) -> None:
    settings = load_settings(ROOT / "configs" / "ai", today=TODAY)
    plan = plan_eval(
        settings,
        layer,
        parrot=True,
        environ={},
        suite=load_suite(layer, ROOT / "tests" / "evals"),
        prompts=ROOT / "configs" / "ai" / "prompts",
    )
    scored = []
    for question in plan.questions:
        asked = Asked("chat", "m", question.messages, question.case.response_schema())
        said = parrot(asked).text
        scored.append(score(question.case, Kept(question.case.id, "", "ok", text=said)))
    now = baseline_of(plan.config(), scored)
    # After a change of cases or checks: `peak eval --layer L2 --local --save-baseline FILE`.
    assert now == read_baseline(BASELINES / f"{layer}.json")
    assert now.source == "parrot"


@pytest.mark.parametrize("layer", LAYERS)
def test_layer_has_its_cases_and_a_parrot_does_not_pass_them(layer: str) -> None:
    cases = load_suite(layer, ROOT / "tests" / "evals").cases
    assert len(cases) >= 30
    assert all(before.id < after.id for before, after in pairwise(cases))
    found = read_baseline(BASELINES / f"{layer}.json").cases
    assert sum(not failed for failed in found.values()) <= 0.35 * len(found)
