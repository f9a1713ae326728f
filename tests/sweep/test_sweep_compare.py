"""Comparing sweeps: what stands on the same ground, what is refused, and the numbers."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from in_process import MORE_SMA, SMA, make_sweeps
from scratch import make_project

from peaklib.backtest import run_backtest
from peaklib.data import load
from peaklib.errors import DataError, EvidenceError
from peaklib.evidence import Registry
from peaklib.metrics import sharpe
from peaklib.robustness.bootstrap.intervals import interval, paired_interval
from peaklib.sweep import CellData
from peaklib.sweep.compare_sweeps import SweepComparison, compare_sweeps, labels_of
from peaklib.sweep.compare_trials import overlap_of
from peaklib.sweep.curves import Curve, is_separable, last_bars, sharpe_difference
from peaklib.sweep.find import find_sweep, trusted_results

# Together they take a quarter of a minute: all of CI runs them, the inner loop does not.
pytestmark = pytest.mark.slow

Ids = dict[str, str]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Ids:
    """Sweeps of a project by what they are, and its folder."""
    project = make_project(tmp_path_factory.mktemp("sweeps"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PEAK_HOME", str(project))
        ids = make_sweeps(project)
    return {**ids, "project": str(project)}


@pytest.fixture
def registry(store: Ids, monkeypatch: pytest.MonkeyPatch) -> Registry:
    monkeypatch.setenv("PEAK_HOME", store["project"])
    return Registry()


def compared(registry: Registry, store: Ids, *names: str) -> SweepComparison:
    return compare_sweeps([trusted_results(store[name], registry) for name in names])


# ---- which cells stand beside each other ---------------------------------------------------


def test_sweeps_on_one_ground_are_compared_without_a_refusal(
    registry: Registry, store: Ids
) -> None:
    found = compared(registry, store, "first", "wide")
    assert [match.name for match in found.matches] == ["sma_crossover · sp500"]
    assert found.refusals == ()
    assert found.alone == ()
    assert {line.name: line.values for line in found.differing}["grid.sma_crossover.fast"] == (
        SMA["fast"],
        MORE_SMA["fast"],
    )


def test_a_cost_scenario_that_both_have_is_compared_even_if_it_is_not_the_first_of_one(
    registry: Registry, store: Ids
) -> None:
    (match,) = compared(registry, store, "cheap", "wide").matches
    assert match.conventions["terms"]["fees_bps"] == 1


def test_what_shares_no_ground_is_refused_with_the_reason(registry: Registry, store: Ids) -> None:
    for other, reason in {
        "cheap": r"other costs or fills: narrow fees_bps 5(\.0)?; cheap fees_bps 1(\.0)?",
        "nasdaq": r"other data: narrow sp500 \w{8}; nasdaq nasdaq \w{8}",
    }.items():
        found = compared(registry, store, "first", other)
        assert found.matches == ()
        (refusal,) = found.refusals
        assert re.fullmatch(reason, refusal.reason)


def test_of_three_sweeps_each_pair_is_compared_or_refused(registry: Registry, store: Ids) -> None:
    found = compared(registry, store, "first", "again", "cheap")
    (match,) = found.matches
    assert [(pair.one, pair.other) for pair in match.pairs] == [(0, 1)]
    assert [(one.one, one.other) for one in found.refusals] == [(0, 2), (1, 2)]


def test_sweeps_that_share_no_strategy_are_compared_by_the_best_of_all(
    registry: Registry, store: Ids
) -> None:
    found = compared(registry, store, "first", "reversion")
    (match,) = found.matches
    assert match.name == "best of all strategies · sp500"
    assert match.pairs[0].overlap is None
    assert match.pairs[0].difference is not None
    assert found.alone == ((0, "sma_crossover · sp500"), (1, "rsi_reversion · sp500"))


def test_sweeps_that_share_nothing_are_refused(registry: Registry, store: Ids) -> None:
    found = compared(registry, store, "nasdaq", "reversion")
    assert found.matches == ()
    assert [one.name for one in found.refusals] == ["best of all strategies"]
    assert found.refusals[0].reason.startswith("other data: ")


def test_one_sweep_is_not_compared_with_itself(registry: Registry, store: Ids) -> None:
    with pytest.raises(EvidenceError, match="name two or more different ones"):
        compared(registry, store, "first", "first")


# ---- numbers -------------------------------------------------------------------------------


def test_a_sweep_that_was_run_again_differs_in_nothing(registry: Registry, store: Ids) -> None:
    found = compared(registry, store, "first", "again")
    assert found.differing == ()
    assert len(found.equal) > 5
    (pair,) = found.matches[0].pairs
    assert pair.overlap is not None
    assert (pair.overlap.shared, pair.overlap.jaccard) == (pair.overlap.top, 1.0)
    assert pair.overlap.rank_correlation == pytest.approx(1.0)
    assert pair.difference is not None
    assert (pair.difference.low, pair.difference.high) == (0.0, 0.0)
    assert not is_separable(pair.difference)
    assert pair.correlation == pytest.approx(1.0)


def test_the_best_and_its_interval_are_those_of_its_backtest_over_the_shared_days(
    registry: Registry, store: Ids
) -> None:
    (match,) = compared(registry, store, "first", "reversion").matches
    starts = [side.best.cell.conventions["start"] for side in match.sides]
    # A crossover of 100 bars is measured later than an index of 10.
    assert match.conventions["start"] == starts[0] > starts[1]
    found = []
    for side in match.sides:
        attrs, used = side.best.cell.trials.attrs, side.best.cell.conventions
        params = {**attrs["fixed"], **side.best.params}
        again = run_backtest(
            attrs["strategy"], load("sp500"), params, fees_bps=5, warmup=used["warmup"]
        )
        assert again.metrics["sharpe"] == side.best.cell.trials["sharpe"].max()
        returns = again.returns.loc[match.conventions["start"] :].to_numpy()
        assert side.sharpe == pytest.approx(sharpe(returns, periods_per_year=252), abs=1e-9)
        assert side.curve.equity is not None
        assert len(returns) == match.conventions["n_bars"] == len(side.curve.equity) - 1
        expected = interval(returns, "sharpe", periods_per_year=252, resamples=2000, seed=0)
        assert side.interval is not None
        assert (side.interval.low, side.interval.high) == pytest.approx(
            (expected.low, expected.high), abs=1e-6
        )
        found.append(returns)
    assert match.sides[0].sharpe == match.sides[0].best.metrics["sharpe"]
    assert match.hold is not None
    assert match.hold.index.equals(match.sides[1].curve.equity.index)
    paired = paired_interval(*found, "sharpe", periods_per_year=252, resamples=2000, seed=0)
    difference = match.pairs[0].difference
    assert difference is not None
    assert (difference.estimate, difference.low, difference.high) == pytest.approx(
        (paired.estimate, paired.low, paired.high), abs=1e-6
    )
    assert match.pairs[0].correlation == pytest.approx(np.corrcoef(*found)[0, 1], abs=1e-9)


def test_the_plateau_is_the_share_of_neighbours_that_keep_four_fifths(
    registry: Registry, store: Ids
) -> None:
    (match,) = compared(registry, store, "first", "wide").matches
    for side in match.sides:
        trials, best = side.best.cell.trials, side.best
        place = {name: sorted(set(trials[name])) for name in ("fast", "slow")}
        steps = [
            trials[name].map(place[name].index) - place[name].index(best.params[name])
            for name in ("fast", "slow")
        ]
        near = (steps[0].abs() <= 1) & (steps[1].abs() <= 1) & ((steps[0] != 0) | (steps[1] != 0))
        keeps = trials["sharpe"][near] >= 0.8 * best.metrics["sharpe"]
        assert side.plateau == pytest.approx(keeps.mean())


def grid_cell(params: Mapping[str, Sequence[float]], sharpes: Sequence[float], **fixed: float):
    """Trials of one grid with numbers of our own."""
    trials = pd.DataFrame({**params, "sharpe": sharpes})
    trials.attrs = {"strategy": "s", "fixed": fixed, "grid": {"order": list(params)}}
    return CellData({}, "", trials, {}, {})


def test_overlap_by_hand() -> None:
    """Of 1 to 5, the points 2, 3, 4 and 5 are in both; 4 has no Sharpe in one of them."""
    one = grid_cell({"a": [1, 2, 3, 4, 5]}, [9.0, 0.3, 0.1, 0.9, 0.2])
    other = grid_cell({"a": [5, 4, 3, 2]}, [0.1, np.nan, 0.5, 0.7])
    found = overlap_of(one, other)
    assert found is not None
    assert (found.common, found.top, found.shared) == (3, 1, 1)
    assert found.jaccard == 1.0
    # One of three points each: a third of a point is expected in both, of 2 - 1/3.
    assert found.by_chance == pytest.approx((1 / 3) / (2 - 1 / 3))
    # Ranks 3, 1, 2 against 3, 2, 1: 1 - 6 * (0 + 1 + 1) / (3 * 8).
    assert found.rank_correlation == pytest.approx(0.5)


def test_what_one_grid_fixes_may_be_an_axis_of_the_other() -> None:
    one = grid_cell({"a": [1, 2], "b": [7, 8]}, [0.1, 0.2])
    other = grid_cell({"a": [1, 2]}, [0.3, 0.4], b=7.0)
    found = overlap_of(one, other)
    assert found is not None
    assert found.common == 1
    assert found.rank_correlation is None


def test_the_top_is_a_tenth_at_least_ten_and_at_most_half() -> None:
    for points, top in ((1, 1), (6, 3), (30, 10), (250, 25)):
        cell = grid_cell({"a": list(range(points))}, list(np.linspace(0, 1, points)))
        found = overlap_of(cell, cell)
        assert found is not None
        assert (found.top, found.shared) == (top, top)


def test_grids_without_a_common_point_do_not_overlap() -> None:
    one, other = grid_cell({"a": [1]}, [0.1]), grid_cell({"a": [2]}, [0.1])
    assert overlap_of(one, other) is None


def test_curves_on_other_bars_have_no_difference() -> None:
    days = pd.bdate_range("2024-01-01", periods=4)
    one = Curve("one", pd.Series([1.0, 1.1, 1.0, 1.2], index=days))
    other = Curve("other", pd.Series([1.0, 1.1, 1.0], index=days[:3]))
    with pytest.raises(DataError, match="one and other: their curves do not share their bars"):
        sharpe_difference(one, other, 252)
    with pytest.raises(DataError, match="two has no curve: it was lost"):
        sharpe_difference(one, Curve("two", None, "it was lost"), 252)


def test_the_last_bars_of_a_curve_start_with_the_capital_again() -> None:
    days = pd.DatetimeIndex(["2024-01-01", "2024-01-02", "2024-01-05", "2024-01-06", "2024-01-08"])
    whole = Curve("c", pd.Series([1.0, 2.0, 4.0, 3.0, 6.0], index=days))
    cut = last_bars(whole, 2).equity
    assert cut is not None
    assert list(cut) == [1.0, 0.75, 1.5]
    # One step of the finest two bars before the first that is left.
    assert list(cut.index) == [pd.Timestamp("2024-01-04"), *days[-2:]]
    assert last_bars(whole, 4) is whole


# ---- names, and packs that are not what they were ------------------------------------------


def test_sweeps_of_one_name_are_told_apart_by_their_ids(registry: Registry, store: Ids) -> None:
    sweeps = [trusted_results(store[name], registry) for name in ("first", "again", "wide")]
    assert labels_of(sweeps[1:]) == ("narrow", "wide")
    ends = [store[name][-6:] for name in ("first", "again", "wide")]
    assert labels_of(sweeps) == (f"narrow {ends[0]}", f"narrow {ends[1]}", f"wide {ends[2]}")


def test_a_name_stands_for_the_newest_run_and_an_id_for_its_own(
    registry: Registry, store: Ids
) -> None:
    assert find_sweep("narrow", registry) == store["again"]
    assert find_sweep(store["first"], registry) == store["first"]
    assert find_sweep(store["first"][-6:], registry) == store["first"]


def test_what_is_no_sweep_is_refused_with_what_there_is(registry: Registry, store: Ids) -> None:
    with pytest.raises(EvidenceError, match="there are narrow; see `peak runs list"):
        find_sweep("narow", registry)
    with pytest.raises(EvidenceError, match="stands for several runs"):
        find_sweep(store["first"][:8], registry)
    cell = trusted_results(store["first"], registry).cells[0].run_id
    with pytest.raises(
        EvidenceError, match=f"sweep_cell, not a sweep; it belongs to {store['first']}"
    ):
        find_sweep(cell, registry)


@pytest.mark.parametrize("place", ["run.json", "outputs/tables/trials.parquet"])
def test_a_cell_that_was_altered_is_not_compared(
    place: str, registry: Registry, store: Ids
) -> None:
    cell = trusted_results(store["first"], registry).cells[0].run_id
    file = registry.runs / cell / place
    before = file.read_bytes()
    file.write_bytes(before + b" ")
    try:
        with pytest.raises(EvidenceError, match=f"run {cell} was altered: {place}"):
            trusted_results(store["first"], registry)
    finally:
        file.write_bytes(before)


def test_a_sweep_whose_cell_is_gone_says_which(registry: Registry, store: Ids) -> None:
    cell = trusted_results(store["again"], registry).cells[0].run_id
    away = Path(store["project"]) / "away"
    (registry.runs / cell).rename(away)
    try:
        with pytest.raises(EvidenceError, match=f"sweep run {store['again']}: no run '{cell}'"):
            trusted_results(store["again"], registry)
    finally:
        away.rename(registry.runs / cell)


def test_a_sweep_whose_cell_was_deleted_says_why(registry: Registry, store: Ids) -> None:
    cell = trusted_results(store["cheap"], registry).cells[0].run_id
    registry.delete(cell, "wrong costs")
    with pytest.raises(EvidenceError, match=f"run {cell} was deleted: wrong costs"):
        trusted_results(store["cheap"], registry)
