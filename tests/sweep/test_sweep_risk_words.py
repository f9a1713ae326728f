"""What a risk chapter says first: verdict, headline, sentences and gates of a judged model."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from risk_accounts import judged_of, of_returns, right_model, with_rows
from scipy.stats import binom, chi2

from peaklib.render import Verdict
from peaklib.sweep.risk_chapter import gates_of, headline_of, sentences_of, verdict_of
from peaklib.sweep.risk_chapter.words import ENOUGH_POWER

KUPIEC, LIGHT = "Kupiec", "Basel traffic light"
ORDERED = ("Christoffersen, independence", "dynamic quantile", LIGHT)
NO_STRESS = pd.DataFrame({"kind": [], "loss": [], "status": [], "title": [], "hold_loss": []})


def power_by_enumeration(n_days: int, tail: float, significance: float) -> float:
    """How often Kupiec's test rejects if every second exceedance is not foreseen."""
    counts = np.arange(n_days + 1)
    gain = binom.logpmf(counts, n_days, counts / n_days) - binom.logpmf(counts, n_days, tail)
    rejected = chi2.sf(2 * gain, 1) < significance
    return float(binom.pmf(counts, n_days, 2 * tail)[rejected].sum())


def test_a_right_model_is_supported_and_one_that_says_half_is_not() -> None:
    right, half = judged_of(right_model()), judged_of(right_model(0.5))
    assert verdict_of(right) is Verdict.SUPPORTED
    assert [gate.sign for gate in gates_of(right)] == ["pass"] * 5
    assert verdict_of(half) is Verdict.NOT_SUPPORTED
    assert gates_of(half)[0].sign == "fail"


def test_doubt_is_inconclusive_and_a_decisive_rejection_is_not() -> None:
    right = judged_of(right_model())
    nan = float("nan")
    cases: list[tuple[dict[str, dict[str, Any]], Verdict, str]] = [
        ({KUPIEC: {"p_value": 0.03, "decision": "rejected"}}, Verdict.INCONCLUSIVE, "fail"),
        ({KUPIEC: {"p_value": 0.009, "decision": "rejected"}}, Verdict.NOT_SUPPORTED, "fail"),
        ({KUPIEC: {"p_value": nan, "decision": "undefined"}}, Verdict.INCONCLUSIVE, "open"),
        ({LIGHT: {"decision": "yellow"}}, Verdict.INCONCLUSIVE, "pass"),
        ({LIGHT: {"decision": "red"}}, Verdict.NOT_SUPPORTED, "pass"),
    ]
    for changed, verdict, sign in cases:
        made = with_rows(right, changed)
        assert verdict_of(made) is verdict, changed
        assert gates_of(made)[0].sign == sign, changed
    signs = [
        gates_of(with_rows(right, {LIGHT: {"decision": zone}}))[-1].sign
        for zone in ("green", "yellow", "red")
    ]
    assert signs == ["pass", "open", "fail"]


# ---- enough days ----------------------------------------------------------------------------


def test_power_is_that_of_finding_a_model_passed_twice_as_often_as_it_says() -> None:
    """Independent: every count of a binomial law, with the likelihood ratio of scipy's."""
    for n_days in (100, 250, 500, 750, 1000):
        for significance in (0.05, 0.01):
            found = right_model(n_days=n_days).power(significance)
            expected = power_by_enumeration(n_days, 0.01, significance)
            assert found == pytest.approx(expected, abs=1e-9), (n_days, significance)


def test_few_days_call_no_model_good_however_well_it_did() -> None:
    few, many = judged_of(right_model(n_days=250)), judged_of(right_model())
    assert few.power < ENOUGH_POWER < many.power
    assert set(few.tests["decision"]) <= {"kept", "green", "undefined"}
    assert {gate.sign for gate in gates_of(few)} == {"open"}
    assert verdict_of(few) is Verdict.INCONCLUSIVE
    assert gates_of(few)[0].rule == "Kupiec: p-value at least 0.05; too few days to pass"
    said = " ".join(sentences_of(of_returns(np.array([0.1, -0.5])), few, NO_STRESS))
    assert f"{100 * few.power:.1f}" in said
    assert "250 days" in said
    assert said.count("too few to call one good") == 1
    enough = " ".join(sentences_of(of_returns(np.array([0.1, -0.5])), many, NO_STRESS))
    assert "too few to call one good" not in enough
    # Few days can still call it bad.
    wrong = with_rows(few, {KUPIEC: {"p_value": 0.001, "decision": "rejected"}})
    assert verdict_of(wrong) is Verdict.NOT_SUPPORTED
    assert gates_of(wrong)[0].sign == "fail"


# ---- days that do not follow one another ----------------------------------------------------


def test_tests_that_read_the_order_do_not_decide_over_days_apart() -> None:
    rejected: dict[str, dict[str, Any]] = {
        ORDERED[0]: {"p_value": 0.001, "decision": "rejected"},
        ORDERED[1]: {"p_value": 0.001, "decision": "rejected"},
        LIGHT: {"decision": "red"},
    }
    # One idle day after 21 judged ones is 4.7 % of the steps, after 19 it is 5.2 %.
    together, apart = judged_of(right_model(every=21)), judged_of(right_model(every=19))
    assert (together.in_order, apart.in_order) == (True, False)
    assert verdict_of(together) is Verdict.SUPPORTED
    for test, values in rejected.items():
        assert verdict_of(with_rows(together, {test: values})) is Verdict.NOT_SUPPORTED, test
        made = with_rows(apart, {test: values})
        assert verdict_of(made) is Verdict.INCONCLUSIVE, test
    gates = gates_of(with_rows(apart, rejected))
    assert [gate.sign for gate in gates] == ["pass", "pass", "open", "open", "open"]
    for gate in gates[2:]:
        assert gate.rule.startswith("does not decide: 5.2")
        assert gate.rule.endswith("of the judged days do not follow one another")
    # Those that only count decide all the same.
    counted = with_rows(apart, {KUPIEC: {"p_value": 0.001, "decision": "rejected"}})
    assert verdict_of(counted) is Verdict.NOT_SUPPORTED


# ---- words ----------------------------------------------------------------------------------


def test_zones_are_those_of_the_level_and_of_the_days_there_are() -> None:
    """By the binomial law: yellow begins where so many or fewer have 95 % of probability."""
    for n_days, level in ((1000, 0.99), (150, 0.99), (1000, 0.95)):
        made = right_model(n_days=n_days)
        made = replace(made, exceptions=replace(made.exceptions, level=level))
        days = min(n_days, 250)
        yellow = int(binom.ppf(0.95, days, 1 - level))
        rule = gates_of(judged_of(made))[-1].rule
        assert rule == f"Basel: fewer than {yellow} in the last {days} judged days"


def test_the_headline_counts_what_is_expected_with_a_decimal_below_ten() -> None:
    said = {n_days: headline_of(judged_of(right_model(n_days=n_days))) for n_days in (1000, 250)}
    hits = {n_days: right_model(n_days=n_days).exceptions.n_exceedances for n_days in (1000, 250)}
    for n_days, shown in (
        (1000, "1,000 days; 10 are expected"),
        (250, "250 days; 2.5 are expected"),
    ):
        times = "1 time" if hits[n_days] == 1 else f"{hits[n_days]} times"
        assert said[n_days] == f"Losses passed the 99 % VaR {times} in {shown}"


def test_a_p_value_that_rounds_to_the_threshold_has_another_digit() -> None:
    right = judged_of(right_model())
    for p_value, shown in ((0.0467, "p 0.047"), (0.4, "p 0.40"), (0.0004, "p < 0.01")):
        changed = with_rows(right, {KUPIEC: {"p_value": p_value}})
        assert gates_of(changed)[0].value == shown


def test_sentences_say_how_far_it_fell_and_what_was_left_out() -> None:
    account = of_returns(np.array([0.1, -0.5, 0.2]), np.array([0.1, -0.25, 0.2]))
    judged = judged_of(right_model())
    said = sentences_of(account, judged, NO_STRESS)
    assert "From 2020-01-01 to 2020-01-03 it fell by up to 50.0" in said[0]
    assert "more than holding (25.0" in said[0]
    assert said[1] == "No window of the past lies inside the data."
    assert "with 99 % confidence" in said[2]
    assert f"{100 * judged.power:.1f}" in said[3]
    assert "1,000 days" in said[3]
    assert said[4] == (
        "7 days with nothing at risk the evening before test nothing and are left out."
    )
    never_idle = replace(judged, model=replace(judged.model, idle=0))
    assert len(sentences_of(account, never_idle, NO_STRESS)) == 4
    alone = sentences_of(replace(account, market=account.returns), judged, NO_STRESS)
    assert "holding" not in alone[0]
