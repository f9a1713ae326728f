"""What is worth an alert, by small nights worked out by hand."""

import math
from typing import Any

import pytest
from hypothesis import given, strategies as st
from nights import cell, cells

from peaklib.sweep.nightly.compare import Finding, compare_cells, differing
from peaklib.sweep.nightly.config import Drift
from peaklib.sweep.nightly.record import CellRecord, carried

LIMITS = Drift(sharpe=0.01, metrics=0.0)
NUMBERS = st.none() | st.floats(allow_nan=False)


def metrics(**changes: float | None) -> dict[str, float | None]:
    return {**cell().metrics, **changes}


def found(before: Any, now: Any, limits: Drift = LIMITS) -> list[tuple[str, str, str]]:
    """Level, kind and cell of each finding."""
    listed = compare_cells(cells(*before), cells(*now), limits)
    return [(one.level, one.kind, one.cell) for one in listed]


def texts(before: CellRecord, now: CellRecord, limits: Drift = LIMITS) -> list[str]:
    return [one.text for one in compare_cells(cells(before), cells(now), limits)]


def test_equal_nights_have_nothing_to_say() -> None:
    assert found([cell("a"), cell("b")], [cell("a"), cell("b")]) == []


def test_first_night_has_nothing_to_compare_with() -> None:
    assert found([], [cell("a")]) == []


def test_sharpe_beyond_its_limit_is_drift_and_names_both_numbers() -> None:
    now = cell(metrics=metrics(best_sharpe=0.52), content="e" * 64, key="l" * 64)
    lines = texts(cell(), now, Drift(sharpe=0.01, metrics=1.0))
    assert lines == ["best_sharpe 0.5000 → 0.5200 (moved by 0.02, limit 0.01)"]


@pytest.mark.parametrize(("now", "alerts"), [(0.51, 0), (0.5101, 1), (0.4899, 1), (0.49, 0)])
def test_limit_itself_is_no_drift(now: float, alerts: int) -> None:
    moved = cell(metrics=metrics(best_sharpe=now), key="l" * 64)
    loose = Drift(sharpe=0.0100001, metrics=1.0)
    assert len(texts(cell(), moved, loose)) == alerts


def test_sharpe_that_became_undefined_is_drift_however_wide_the_limit() -> None:
    now = cell(metrics=metrics(hold_sharpe=None), key="l" * 64)
    lines = texts(cell(), now, Drift(sharpe=1000.0, metrics=1.0))
    assert lines == ["hold_sharpe 0.3000 → undefined (moved by inf, limit 1000)"]


def test_share_of_metrics_counts_those_that_came_or_went() -> None:
    """Of five metrics altogether one changed, one came and one went: 3 of 5."""
    numbers = metrics(hold_cagr=0.06, fresh=1.0)
    del numbers["hold_vol"]
    now = cell(metrics=numbers, key="l" * 64)
    assert differing(cell(), now) == ["fresh", "hold_cagr", "hold_vol"]
    (line,) = texts(cell(), now, Drift(metrics=0.5))
    assert line == "3 of 5 metrics differ (limit 50%): fresh, hold_cagr, hold_vol"
    assert texts(cell(), now, Drift(metrics=0.6)) == []


@given(NUMBERS)
def test_no_number_differs_from_itself(value: float | None) -> None:
    assert differing(cell(metrics={"x": value}), cell(metrics={"x": value})) == []


@given(NUMBERS, NUMBERS)
def test_difference_has_no_direction(one: float | None, other: float | None) -> None:
    left, right = cell(metrics={"x": one}), cell(metrics={"x": other})
    assert differing(left, right) == differing(right, left)


def test_sharpe_that_moved_alone_is_not_said_twice() -> None:
    now = cell(metrics=metrics(best_sharpe=0.9), key="l" * 64)
    assert len(texts(cell(), now)) == 1
    more = cell(metrics=metrics(best_sharpe=0.9, hold_cagr=0.9), key="l" * 64)
    assert texts(cell(), more)[1] == "2 of 4 metrics differ (limit 0%): best_sharpe, hold_cagr"


def test_rounding_is_no_difference_and_infinity_is_one() -> None:
    assert differing(cell(metrics={"x": 0.3}), cell(metrics={"x": 0.1 + 0.2})) == []
    assert differing(cell(metrics={"x": 0.3}), cell(metrics={"x": math.inf})) == ["x"]


def test_same_inputs_with_another_content_are_an_alert() -> None:
    assert found([cell("a")], [cell("a", content="e" * 64)]) == [("alert", "content", "a")]


def test_other_code_with_another_content_within_limits_is_a_note() -> None:
    now = cell("a", content="e" * 64, key="l" * 64)
    assert found([cell("a")], [now]) == [("note", "content", "a")]


@pytest.mark.parametrize("level", ["alert", "note"])
def test_changed_data_are_said_once_a_sweep_with_the_number_of_cells(level: Any) -> None:
    other = {"data sp500": "f" * 64}
    before = cells(cell("a"), cell("b"), cell("c", "t"))
    now = cells(cell("a", inputs=other), cell("b", inputs=other), cell("c", "t", inputs=other))
    listed = compare_cells(before, now, Drift(new_data=level))
    said = f"data sp500: digest {'d' * 12} → {'f' * 12}, read by"
    assert listed == [
        Finding(level, "data", "s", "", f"{said} 2 cells"),
        Finding(level, "data", "t", "", f"{said} 1 cell"),
    ]


def test_failed_cell_is_an_alert_and_says_where_to_look() -> None:
    now = cell("a", state="failed", error="ValueError: no trades", run_id="r1")
    (one,) = compare_cells(cells(cell("a")), cells(now), LIMITS)
    assert (one.level, one.kind) == ("alert", "broken")
    assert one.text == "failed: ValueError: no trades; see runs/r1/"


def test_cell_that_comes_back_is_held_against_what_it_was_before_it_failed() -> None:
    """Night 1 measures 0.5, night 2 fails, night 3 measures 0.6: that is drift."""
    failed = cell("a", state="failed", error="x", metrics={}, inputs={}, content="", measured="")
    second = carried(cells(failed), cells(cell("a")), [])
    assert second["s", "a"].measured == "night-1"
    assert second["s", "a"].state == "failed"
    assert second["s", "a"].error == "x"
    third = cell("a", metrics=metrics(best_sharpe=0.6), key="l" * 64)
    listed = compare_cells(second, cells(third), Drift(metrics=1.0))
    assert [(one.level, one.kind) for one in listed] == [("alert", "drift"), ("note", "recovered")]


def test_cells_of_a_broken_sweep_are_missing_and_neither_removed_nor_new_later() -> None:
    first = cells(cell("a"), cell("b", "t"))
    second = carried(cells(cell("a")), first, ["t"])
    assert second["t", "b"].state == "missing"
    assert compare_cells(first, second, LIMITS) == []
    again = compare_cells(second, first, LIMITS)
    assert [(one.level, one.kind, one.cell) for one in again] == [("note", "recovered", "b")]


def test_cell_that_never_had_a_result_is_compared_with_nothing() -> None:
    failed = cell("a", state="failed", metrics={}, inputs={}, content="", measured="")
    assert found([failed], [cell("a")]) == [("note", "recovered", "a")]


def test_removed_cells_are_alerts_and_new_ones_notes() -> None:
    assert found([cell("a"), cell("b")], [cell("a"), cell("c")]) == [
        ("alert", "removed", "b"),
        ("note", "new", "c"),
    ]


def test_a_whole_sweep_that_comes_or_goes_is_one_finding() -> None:
    before = cells(cell("a", "s"), cell("b", "s"))
    listed = compare_cells(before, cells(cell("a", "t"), cell("b", "t")), LIMITS)
    assert [(one.kind, one.sweep, one.text) for one in listed] == [
        ("removed", "s", "is run no more; it had 2 cells"),
        ("new", "t", "is new, with 2 cells"),
    ]
