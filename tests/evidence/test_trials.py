"""Trials counted from publish lines: hand-worked cases, and brute force over every point."""

import itertools
import json
import statistics
import tracemalloc
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from peaklib.errors import ConfigError, EvidenceError
from peaklib.evidence import Axes, to_json
from peaklib.evidence.trials.count import FamilyCount, count_trials

Line = dict[str, Any]
Number = int | float
TERMS = {"fill": "next_open", "lag": 1, "fees_bps": 5.0, "slippage_bps": 5.0, "liquidate": False}


def trials(
    axes: Mapping[str, Sequence[Number]],
    where: str | None = None,
    *,
    fixed: Mapping[str, Any] | None = None,
    sharpes: Sequence[float] = (),
    **changes: Any,
) -> Line:
    """One evaluated grid, as a publish line carries it."""
    conventions = {"data": "sp500", "digest": "d" * 64, "start": "1999-01-04", "end": "2018-12-31"}
    record: Line = {
        "strategy": "sma_crossover",
        "version": "1",
        "fixed": dict(fixed or {}),
        "grid": Axes(axes, where).to_json(),
        "conventions": {**conventions, "terms": TERMS},
        "count": 0,
        "sharpe_count": len(sharpes),
        "sharpe_sum": sum(sharpes),
        "sharpe_sumsq": sum(value**2 for value in sharpes),
        "family": None,
    }
    used = {
        name: changes.pop(name)
        for name in ("digest", "start", "end", "terms", "data") & changes.keys()
    }
    return {**record, **changes, "conventions": {**record["conventions"], **used}}


def line(run_id: str, *grids: Line, **changes: Any) -> Line:
    """The data of one publish line, as it is read back from the ledger."""
    data = {"run_id": run_id, "kind": "sweep_cell", "family": "f", "status": "completed"}
    read: Line = json.loads(to_json({**data, "trials": list(grids), **changes}))
    return read


def only(*lines: Line, family: str = "f") -> FamilyCount:
    counted = count_trials(lines)
    assert list(counted) == [family]
    return counted[family]


def numbers(count: FamilyCount) -> tuple[int, int, int]:
    return count.distinct, count.failed, count.repeats


SQUARE = {"fast": [5, 10, 20], "slow": [20, 50]}


def test_every_point_of_a_grid_that_meets_its_condition_is_a_trial() -> None:
    assert only(line("a", trials(SQUARE))).distinct == 6
    # Of the six only (20, 20) misses it.
    assert only(line("a", trials(SQUARE, "fast < slow"))).distinct == 5


def test_what_two_runs_both_evaluated_is_one_trial_and_a_repeat() -> None:
    count = only(
        line("a", trials({"fast": [5, 10], "slow": [50, 100]})),
        line("b", trials({"fast": [10, 20], "slow": [50, 100]})),
    )
    assert numbers(count) == (6, 0, 2)
    assert count.runs == 2


def test_the_same_grid_again_adds_repeats_only() -> None:
    count = only(*(line(name, trials(SQUARE)) for name in "abc"))
    assert numbers(count) == (6, 0, 12)
    assert count.runs == 3
    assert not count.sharpe.overlapping


def test_a_fixed_parameter_counts_like_an_axis_of_one_value() -> None:
    count = only(
        line("a", trials({"fast": [5, 10], "slow": [100, 200]})),
        line("b", trials({"fast": [5, 10, 20]}, fixed={"slow": 200})),
    )
    # (5, 200) and (10, 200) are known already; (20, 200) is new.
    assert numbers(count) == (5, 0, 2)
    assert len(count.contexts) == 1
    assert count.contexts[0].parameters == ("fast", "slow")


def test_neither_order_of_axes_nor_of_values_makes_a_trial() -> None:
    count = only(
        line("a", trials({"fast": [5, 10], "slow": [50, 100]}, "fast < slow")),
        line("b", trials({"slow": [100, 50], "fast": [10, 5]}, "fast < slow")),
    )
    assert numbers(count) == (4, 0, 4)
    assert not count.sharpe.overlapping


def test_numbers_count_by_value() -> None:
    count = only(
        line("a", trials({"window": [10], "width": [2]}, fixed={"leave": 50})),
        line("b", trials({"window": [10.0], "width": [2.0, 0.5]}, fixed={"leave": 50.0})),
    )
    assert numbers(count) == (2, 0, 1)


def test_numbers_count_by_value_before_they_are_written_down_too() -> None:
    one = {"run_id": "a", "kind": "k", "family": "f", "status": "completed"}
    lines = [
        {**one, "trials": [trials({"x": [1, 2]}, terms={"fees_bps": 5})]},
        {**one, "run_id": "b", "trials": [trials({"x": [2.0, 3.0]}, terms={"fees_bps": 5.0})]},
    ]
    assert numbers(count_trials(lines)["f"]) == (3, 0, 1)


def test_a_truth_value_and_a_word_are_no_numbers() -> None:
    fixed: list[Line] = [
        {"x": 1},
        {"x": True},
        {"x": "1"},
        {"x": [1]},
        {"x": {"a": 1}},
        {"x": None},
    ]
    count = only(*(line(str(n), trials({}, fixed=one)) for n, one in enumerate(fixed)))
    assert numbers(count) == (6, 0, 0)


@pytest.mark.parametrize(
    "change",
    [
        {"strategy": "macd"},
        {"version": "2"},
        {"digest": "e" * 64},
        {"start": "2000-01-03"},
        {"end": "2010-12-31"},
        {"terms": {**TERMS, "fees_bps": 6}},
        {"terms": {**TERMS, "fill": "close"}},
        {"terms": {**TERMS, "lag": 2}},
        {"terms": {**TERMS, "cash_rate": 0.02}},
    ],
    ids=lambda change: "-".join(change),
)
def test_other_strategy_data_period_or_terms_make_other_trials(change: Line) -> None:
    count = only(line("a", trials(SQUARE)), line("b", trials(SQUARE, **change)))
    assert numbers(count) == (12, 0, 0)
    assert len(count.contexts) == 2


@pytest.mark.parametrize("change", [{"data": "^GSPC"}, {"table": "other"}, {"extremes": {}}])
def test_other_names_make_no_other_trials(change: Line) -> None:
    assert numbers(only(line("a", trials(SQUARE)), line("b", trials(SQUARE, **change)))) == (
        6,
        0,
        6,
    )


def test_a_grid_without_axes_is_one_trial() -> None:
    assert numbers(only(line("a", trials({})), line("b", trials({})))) == (1, 0, 1)
    assert numbers(only(line("a", trials({}, fixed={"fast": 5})))) == (1, 0, 0)


def test_a_condition_that_nothing_meets_leaves_no_trial() -> None:
    count = only(line("a", trials({"fast": [50], "slow": [20]}, "fast < slow")))
    assert numbers(count) == (0, 0, 0)
    assert count.sharpe == type(count.sharpe)(0, None, None, False)


def test_a_condition_without_a_parameter_is_counted() -> None:
    assert only(line("a", trials(SQUARE, "1 < 2"))).distinct == 6
    assert only(line("a", trials(SQUARE, "1 > 2"))).distinct == 0


def test_the_same_condition_in_other_words_makes_no_other_trials() -> None:
    count = only(
        line("a", trials(SQUARE, "fast < slow")), line("b", trials(SQUARE, "slow - fast > 0"))
    )
    assert numbers(count) == (5, 0, 5)
    assert count.sharpe.overlapping


def test_trials_that_only_failed_runs_have_evaluated_stand_apart() -> None:
    count = only(
        line("a", trials({"fast": [5, 10]}), status="failed"),
        line("b", trials({"fast": [20]}), status="interrupted"),
        line("c", trials({"fast": [10, 30]})),
    )
    # 10 and 30 completed; 5 and 20 only failed; 10 was evaluated twice.
    assert numbers(count) == (2, 2, 1)
    assert count.runs == 3
    assert count.failed_runs == 0


def test_a_grid_that_failed_first_and_completed_later_is_not_failed() -> None:
    failed = line("a", trials({"fast": [5, 10]}, sharpes=[9.0, 9.0]), status="failed")
    done = line("b", trials({"fast": [5, 10]}, sharpes=[1.0, 3.0]))
    for lines in ([failed, done], [done, failed]):
        count = only(*lines)
        assert numbers(count) == (2, 0, 2)
        assert (count.sharpe.mean, count.sharpe.variance) == (2.0, 2.0)


def test_runs_that_failed_before_any_trial_are_counted_as_runs() -> None:
    count = only(line("a", status="failed"), line("b", trials({"fast": [5]})), line("c"))
    assert numbers(count) == (1, 0, 0)
    assert (count.runs, count.failed_runs) == (1, 1)


def test_re_runs_are_not_counted() -> None:
    again = line("b", trials(SQUARE), kind="repro")
    assert numbers(only(line("a", trials(SQUARE)), again)) == (6, 0, 0)
    assert count_trials([again]) == {}


def test_a_second_line_of_one_run_is_not_counted() -> None:
    twice = [line("a", trials(SQUARE)), line("a", trials({"fast": [7]}))]
    assert numbers(only(*twice)) == (6, 0, 0)


def test_a_grid_counts_for_its_own_family_then_its_runs_then_strategy_and_data() -> None:
    own, plain = trials(SQUARE, family="own"), trials(SQUARE)
    lines = [line("a", own, plain), line("b", plain, family=None)]
    counted = count_trials(lines)
    assert list(counted) == ["f", "own", "sma_crossover/sp500"]
    assert {count.distinct for count in counted.values()} == {6}


def test_a_family_may_hold_several_strategies() -> None:
    count = only(line("a", trials(SQUARE), trials({"window": [5, 6]}, strategy="rsi")))
    assert count.distinct == 8
    assert [context.strategy for context in count.contexts] == ["sma_crossover", "rsi"]
    assert [context.distinct for context in count.contexts] == [6, 2]
    assert count.runs == 1


def test_one_family_can_be_asked_for() -> None:
    lines = [line("a", trials(SQUARE)), line("b", trials(SQUARE), family="g")]
    assert list(count_trials(lines, "g")) == ["g"]
    assert count_trials(lines, "h") == {}


def test_spread_of_sharpes_is_that_of_the_trials_themselves() -> None:
    first, second = [0.1, 0.4, -0.2], [0.9, 0.3]
    count = only(
        line("a", trials({"fast": [5, 10, 20]}, sharpes=first)),
        line("b", trials({"fast": [30, 40]}, sharpes=second)),
    )
    assert count.sharpe.count == 5
    assert count.sharpe.mean == pytest.approx(statistics.mean(first + second), rel=1e-12)
    assert count.sharpe.variance == pytest.approx(statistics.variance(first + second), rel=1e-12)
    assert not count.sharpe.overlapping


def test_a_trial_without_a_sharpe_counts_as_a_trial_and_not_in_the_spread() -> None:
    count = only(line("a", trials({"fast": [5, 10, 20]}, sharpes=[1.0, 2.0])))
    assert (count.distinct, count.sharpe.count, count.sharpe.mean) == (3, 2, 1.5)


def test_spread_says_where_trials_weigh_twice() -> None:
    count = only(
        line("a", trials({"fast": [5, 10]}, sharpes=[1.0, 3.0])),
        line("b", trials({"fast": [10, 20]}, sharpes=[3.0, 5.0])),
    )
    assert numbers(count) == (3, 0, 1)
    assert count.sharpe.overlapping
    assert (count.sharpe.count, count.sharpe.mean) == (4, 3.0)


def test_spread_of_failed_trials_is_left_out() -> None:
    failed = line("b", trials({"fast": [10, 20]}, sharpes=[7.0, 7.0]), status="failed")
    count = only(line("a", trials({"fast": [5, 10]}, sharpes=[1.0, 3.0])), failed)
    assert (count.sharpe.count, count.sharpe.mean, count.sharpe.overlapping) == (2, 2.0, False)


def test_undefined_and_infinite_sums_give_no_spread() -> None:
    undefined = {**trials({"x": [1, 2]}), "sharpe_count": 2, "sharpe_sum": None}
    infinite = {**undefined, "sharpe_sum": "Infinity", "sharpe_sumsq": "Infinity"}
    for grid in (undefined, infinite):
        spread = only(line("a", grid)).sharpe
        assert (spread.count, spread.mean, spread.variance) == (2, None, None)


def test_equal_sharpes_have_no_spread_despite_rounding() -> None:
    spread = only(line("a", trials({"x": range(7)}, sharpes=[0.1] * 7))).sharpe
    assert spread.variance == pytest.approx(0.0, abs=1e-16)
    assert spread.variance is not None
    assert spread.variance >= 0.0


def test_a_line_that_cannot_be_counted_names_its_run() -> None:
    bad = line("20260101_000000_abcdef", {"strategy": "sma_crossover"})
    with pytest.raises(EvidenceError, match=r"20260101_000000_abcdef.*KeyError"):
        count_trials([bad])


def test_a_condition_that_cannot_be_read_is_refused() -> None:
    bad = trials(SQUARE)
    bad["grid"] = {**bad["grid"], "where": "fast <"}
    with pytest.raises(ConfigError, match="cannot be read"):
        count_trials([line("a", bad)])


# ---- against brute force -------------------------------------------------------------------

Check = Callable[..., bool]
CONDITIONS: dict[str | None, Check] = {
    None: lambda a, b, c: True,
    "a < b": lambda a, b, c: a < b,
    "a + c >= b and not b == 2": lambda a, b, c: a + c >= b and b != 2,
    "c != 1 or a > 2": lambda a, b, c: c != 1 or a > 2,
}
axis = st.lists(st.sampled_from([-1, 0, 0.5, 1, 2, 3, 4]), min_size=1, max_size=5, unique=True)


@st.composite
def some_grid(draw: st.DrawFn) -> tuple[dict[str, list[Number]], frozenset[str], str | None, bool]:
    axes = {name: draw(axis) for name in draw(st.permutations("abc"))}
    where = draw(st.sampled_from(list(CONDITIONS)))
    fixed = frozenset() if where else draw(st.frozensets(st.sampled_from("abc")))
    return (
        {n: v[:1] if n in fixed else v for n, v in axes.items()},
        fixed,
        where,
        draw(st.booleans()),
    )


def points_of(axes: dict[str, list[Number]], where: str | None) -> list[tuple[Number, ...]]:
    every = itertools.product(axes["a"], axes["b"], axes["c"])
    return [point for point in every if CONDITIONS[where](*point)]


@pytest.mark.slow
@settings(max_examples=150)
@pytest.mark.parametrize("piece", [1, 7, 2**17])
@given(grids=st.lists(some_grid(), min_size=1, max_size=6))
def test_counts_are_those_of_sets_of_points(
    piece: int,
    grids: list[tuple[dict[str, list[Number]], frozenset[str], str | None, bool]],
) -> None:
    lines = []
    for n, (axes, fixed, where, failed) in enumerate(grids):
        varied = {name: values for name, values in axes.items() if name not in fixed}
        one = trials(varied, where, fixed={name: axes[name][0] for name in fixed})
        lines.append(line(str(n), one, status="failed" if failed else "completed"))
    done = {p for axes, _, where, failed in grids if not failed for p in points_of(axes, where)}
    tried = {p for axes, _, where, _ in grids for p in points_of(axes, where)}
    evaluations = sum(len(points_of(axes, where)) for axes, _, where, _ in grids)
    with pytest.MonkeyPatch.context() as patch:
        # Small pieces make small grids take the way of large ones.
        patch.setattr("peaklib.evidence.trials.union._PIECE", piece)
        count = only(*lines)
    assert numbers(count) == (len(done), len(tried) - len(done), evaluations - len(tried))


def test_millions_of_points_are_counted_exactly_in_little_memory() -> None:
    lines = [
        line("a", trials({"fast": range(1500), "slow": range(1500)}, "fast < slow")),
        line("b", trials({"fast": range(700, 2200), "slow": range(1500)}, "fast < slow")),
        line("c", trials({"fast": range(0, 1500, 2)}, fixed={"slow": 1499})),
    ]
    tracemalloc.start()
    try:
        count = only(*lines)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # a: 1500 * 1499 / 2 pairs; b: those of them with fast >= 700; c: inside a.
    inside = 800 * 799 // 2
    assert numbers(count) == (1500 * 1499 // 2, 0, inside + 750)
    # As tuples of Python the points would take more than a hundred megabytes.
    assert peak < 20e6


def test_many_small_grids_are_counted() -> None:
    # Points on a diagonal, far apart in every direction, each evaluated twice.
    lines = [
        line(f"{n}-{again}", trials({name: [n * (k + 1)] for k, name in enumerate("abcd")}))
        for n in range(400)
        for again in range(2)
    ]
    assert numbers(only(*lines)) == (400, 0, 400)
