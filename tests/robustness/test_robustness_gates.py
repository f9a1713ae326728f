"""Five gates and the verdict: every state of every gate, and which of them decides."""

from dataclasses import replace
from itertools import product

import pytest
from verdicts import altered

from peaklib.robustness import HoldoutLook, Interval, Judgement, Thresholds, judge
from peaklib.robustness.verdict.gates import Gate

# Numbers of this module's own, so that a change of the project's file moves no hand-made case.
RULES = Thresholds.model_validate(
    {
        "deflated_sharpe": {"pass_at": 0.9, "fail_below": 0.5},
        "overfitting": {"pass_at": 0.4, "fail_above": 0.6},
        "plateau": {"pass_at": 0.5},
        "holdout": {"openings": 1},
    }
)
KEYS = ("out_of_sample", "deflated_sharpe", "overfitting", "plateau", "holdout")


def look(low: float, high: float, openings: int = 1) -> HoldoutLook:
    """An opened holdout whose difference to the benchmark lies in the middle of two ends."""
    ends = Interval(
        metric="sharpe",
        estimate=(low + high) / 2,
        low=low,
        high=high,
        level=0.9,
        method="percentile",
        kind="stationary",
        block_length=1.0,
        resamples=200,
        seed=0,
        undefined=0,
    )
    return HoldoutLook(ends, openings)


def state_of(found: Judgement, key: str) -> tuple[str, bool]:
    gate = found.gate(key)
    return gate.state, gate.decisive


def test_all_gates_stand_in_the_order_of_the_report() -> None:
    assert tuple(gate.key for gate in judge(altered(), RULES).gates) == KEYS


# ---- each gate, at its thresholds and beside them --------------------------------------------


@pytest.mark.parametrize(
    ("low", "high", "state", "decisive"),
    [
        (0.01, 0.9, "pass", False),
        (0.0, 0.9, "fail", False),
        (-0.3, 0.9, "fail", False),
        (-0.9, 0.0, "fail", False),
        (-0.9, -0.01, "fail", True),
    ],
)
def test_out_of_sample_asks_where_the_interval_of_the_difference_lies(
    low: float, high: float, state: str, decisive: bool
) -> None:
    found = judge(altered(low=low, high=high), RULES)
    assert state_of(found, "out_of_sample") == (state, decisive)


@pytest.mark.parametrize(
    ("dsr", "state", "decisive"),
    [
        (1.0, "pass", False),
        (0.9, "pass", False),
        (0.899, "fail", False),
        (0.5, "fail", False),
        (0.499, "fail", True),
    ],
)
def test_deflated_sharpe_passes_from_one_number_and_decides_below_another(
    dsr: float, state: str, decisive: bool
) -> None:
    found = judge(altered(dsr=dsr), RULES)
    assert state_of(found, "deflated_sharpe") == (state, decisive)


@pytest.mark.parametrize(
    ("pbo", "state", "decisive"),
    [
        (0.0, "pass", False),
        (0.4, "pass", False),
        (0.401, "fail", False),
        (0.6, "fail", False),
        (0.601, "fail", True),
    ],
)
def test_overfitting_passes_up_to_one_number_and_decides_above_another(
    pbo: float, state: str, decisive: bool
) -> None:
    found = judge(altered(pbo=pbo), RULES)
    assert state_of(found, "overfitting") == (state, decisive)


@pytest.mark.parametrize(("share", "state"), [(1.0, "pass"), (0.5, "pass"), (0.375, "fail")])
def test_a_narrow_peak_fails_and_never_decides(share: float, state: str) -> None:
    assert state_of(judge(altered(share=share), RULES), "plateau") == (state, False)


@pytest.mark.parametrize(
    ("seen", "state", "decisive"),
    [
        (None, "open", False),
        (HoldoutLook(None, 1), "fail", False),
        (look(-0.5, 0.7), "pass", False),  # better than the benchmark, though not surely
        (look(-0.5, 0.5), "fail", False),  # no better
        (look(-0.9, 0.5), "fail", False),
        (look(-0.9, -0.1), "fail", True),
        (look(0.2, 0.9, openings=2), "fail", False),  # somebody had looked before
        (look(-0.9, -0.1, openings=2), "fail", True),
    ],
)
def test_the_holdout_has_to_be_better_at_the_first_look(
    seen: HoldoutLook | None, state: str, decisive: bool
) -> None:
    found = judge(altered(), RULES, holdout=seen)
    assert state_of(found, "holdout") == (state, decisive)


def test_as_many_looks_as_the_rules_allow_still_count_as_untouched() -> None:
    two = Thresholds.model_validate({"holdout": {"openings": 2}})
    assert judge(altered(), two, holdout=look(0.2, 0.9, openings=2)).gate("holdout").state == "pass"
    assert judge(altered(), two, holdout=look(0.2, 0.9, openings=3)).gate("holdout").state == "fail"


# ---- from gates to the word ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dsr", "pbo", "share", "word"),
    [
        (1.0, 0.0, 1.0, "SUPPORTED"),
        (0.8, 0.0, 1.0, "INCONCLUSIVE"),
        (1.0, 0.5, 1.0, "INCONCLUSIVE"),
        (1.0, 0.0, 0.1, "INCONCLUSIVE"),
        (0.4, 0.0, 1.0, "NOT_SUPPORTED"),
        (1.0, 0.7, 1.0, "NOT_SUPPORTED"),
        (0.4, 0.5, 0.1, "NOT_SUPPORTED"),
    ],
)
def test_the_word_by_hand(dsr: float, pbo: float, share: float, word: str) -> None:
    assert judge(altered(dsr=dsr, pbo=pbo, share=share), RULES).verdict == word


def test_one_decisive_failure_outweighs_all_that_passes() -> None:
    found = judge(altered(low=-0.9, high=-0.1), RULES, holdout=look(0.5, 0.9))
    assert [gate.state for gate in found.gates] == ["fail", "pass", "pass", "pass", "pass"]
    assert found.verdict == "NOT_SUPPORTED"
    assert judge(altered(), RULES, holdout=look(-0.9, -0.1)).verdict == "NOT_SUPPORTED"


def test_the_word_follows_from_the_gates_in_every_combination() -> None:
    """960 of them; the rule is said again from its description, not from its code."""
    differences = [None, (0.1, 0.9), (-0.1, 0.9), (-0.9, -0.1)]
    looks = [None, HoldoutLook(None, 1), look(0.1, 0.9), look(-0.9, -0.1)]
    axes = (differences, (1.0, 0.8, 0.4), (None, 0.0, 0.5, 0.7), (None, 1.0, 0.1, 0.4), looks)
    seen = set()
    for difference, dsr, pbo, share, seen_there in product(*axes):
        low, high = difference or (0.1, 0.9)
        made = altered(low=low, high=high, dsr=dsr, pbo=pbo or 0.0, share=share or 0.0)
        if difference is None:
            made = replace(made, out_of_sample_diff=None)
        if pbo is None:
            made = replace(made, overfitting=None)
        if share is None:
            made = replace(made, plateau=replace(made.plateau, neighbours=0))
        found = judge(made, RULES, holdout=seen_there)
        sure = {
            difference == (-0.9, -0.1),
            dsr == 0.4,
            pbo == 0.7,
            seen_there is looks[3],
        }
        asked = [
            difference == (0.1, 0.9),
            dsr == 1.0,
            pbo == 0.0,
            share == 1.0,
            seen_there is None or seen_there is looks[2],
        ]
        # All four that a backtest answers were asked, and none passed.
        each_failed = (
            difference in differences[2:]
            and dsr < 1.0
            and pbo in (0.5, 0.7)
            and share in (0.1, 0.4)
        )
        expected = "NOT_SUPPORTED" if True in sure or each_failed else "INCONCLUSIVE"
        expected = "SUPPORTED" if all(asked) else expected
        assert found.verdict == expected
        seen.add(found.verdict)
    assert seen == {"SUPPORTED", "INCONCLUSIVE", "NOT_SUPPORTED"}


@pytest.mark.parametrize(
    ("share", "dsr", "word"),
    [(1.0, 1.0, "SUPPORTED"), (0.1, 1.0, "INCONCLUSIVE"), (1.0, 0.1, "NOT_SUPPORTED")],
)
def test_evidence_that_does_not_verify_is_invalid_whatever_the_numbers_say(
    share: float, dsr: float, word: str
) -> None:
    made = altered(share=share, dsr=dsr)
    plain = judge(made, RULES, holdout=look(0.2, 0.9))
    found = judge(made, RULES, holdout=look(0.2, 0.9), problems=["run x: not unchanged"])
    assert plain.verdict == word
    assert found.verdict == "INVALID"
    assert found.gates == plain.gates


def test_an_unopened_holdout_holds_nothing_up() -> None:
    found = judge(altered(), RULES)
    assert found.gate("holdout") == Gate("holdout", "open")
    assert found.verdict == "SUPPORTED"


def test_a_holdout_whose_result_was_thrown_away_is_never_supported() -> None:
    found = judge(altered(), RULES, holdout=HoldoutLook(None, 1))
    assert state_of(found, "holdout") == ("fail", False)
    assert found.verdict == "INCONCLUSIVE"


@pytest.mark.parametrize("key", ["out_of_sample", "overfitting", "plateau"])
def test_what_could_not_be_asked_leaves_the_answer_open(key: str) -> None:
    """Too few years, a single trial, no neighbours."""
    made = {
        "out_of_sample": replace(altered(), out_of_sample=None, out_of_sample_diff=None),
        "overfitting": replace(altered(), overfitting=None),
        "plateau": altered(neighbours=0, share=float("nan")),
    }[key]
    found = judge(made, RULES)
    assert state_of(found, key) == ("open", False)
    assert found.verdict == "INCONCLUSIVE"


def test_a_number_that_could_not_be_computed_never_passes() -> None:
    nan = float("nan")
    for made in (
        altered(dsr=nan),
        altered(pbo=nan),
        altered(share=nan),
        altered(low=nan, high=nan),
    ):
        assert judge(made, RULES).verdict == "INCONCLUSIVE"
    assert judge(altered(), RULES, holdout=look(nan, nan)).verdict == "INCONCLUSIVE"


def test_stricter_rules_never_make_the_answer_better() -> None:
    order = ["NOT_SUPPORTED", "INCONCLUSIVE", "SUPPORTED"]
    strict = Thresholds.model_validate(
        {
            "deflated_sharpe": {"pass_at": 0.95, "fail_below": 0.8},
            "overfitting": {"pass_at": 0.2, "fail_above": 0.4},
            "plateau": {"pass_at": 0.9},
        }
    )
    steps = (0.0, 0.15, 0.3, 0.45, 0.55, 0.7, 0.85, 1.0)
    for dsr, pbo, share in product(steps, steps, steps):
        made = altered(dsr=dsr, pbo=pbo, share=share)
        lenient, severe = judge(made, RULES).verdict, judge(made, strict).verdict
        assert order.index(severe) <= order.index(lenient)
