"""What differs between runs, and whether their numbers may be read side by side."""

import copy
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from peaklib.errors import EvidenceError
from peaklib.evidence import to_json
from peaklib.evidence.pack import SCHEMA, SealedRun
from peaklib.evidence.trials.compare import ABSENT, RunComparison, compare_runs
from peaklib.evidence.trials.points import read_record

Record = dict[str, Any]
TERMS = {"fill": "next_open", "lag": 1, "fees_bps": 5, "slippage_bps": 5}
CONVENTIONS = {
    "data": "sp500",
    "digest": "5" * 64,
    "start": "1999-01-04",
    "end": "2018-12-31",
    "n_bars": 5031,
    "terms": TERMS,
}
GRID = {"axes": {"fast": [5, 10], "slow": [50, 100]}, "order": ["fast", "slow"], "where": None}
TRIALS = {
    "table": "trials",
    "strategy": "sma_crossover",
    "version": "1",
    "fixed": {},
    "grid": GRID,
    "conventions": CONVENTIONS,
    "count": 4,
}


def record(run_id: str, **changes: Any) -> Record:
    """A small record; `changes` replace whole keys."""
    made = {
        "schema": SCHEMA,
        "run_id": run_id,
        "kind": "sweep_cell",
        "family": "f",
        "status": "completed",
        "seed": 7,
        "start": f"start of {run_id}",
        "config": {"parameters": {"fees": {"bps": 5}, "grid": GRID["axes"]}, "where": None},
        "inputs": [{"role": "data", "name": "sp500", "digest": "5" * 64}],
        "environment": {"python": "3.11.7"},
        "code": {"peaklib_sha256": "c" * 64, "commit": "a", "dirty": False, "sources": {}},
        "metrics": {"sharpe": 0.5, "cagr": 0.1},
        "trials": [TRIALS],
    }
    return copy.deepcopy({**made, **changes})


def differing(comparison: RunComparison, section: str) -> dict[str, tuple[Any, ...]]:
    found = next(one for one in comparison.sections if one.name == section)
    return {line.name: line.values for line in found.differing}


def all_differing(comparison: RunComparison) -> dict[str, tuple[Any, ...]]:
    return {
        f"{section.name}.{line.name}": line.values
        for section in comparison.sections
        for line in section.differing
    }


def test_runs_that_differ_in_ids_and_clocks_only_differ_in_nothing() -> None:
    comparison = compare_runs([record("a"), record("b")])
    assert comparison.n_differing == 0
    assert comparison.n_equal > 15
    assert comparison.refusals == ()
    assert comparison.same == {"data": True, "days": True, "terms": True, "code": True}


def test_a_nested_difference_is_named_by_its_dotted_path() -> None:
    other = record("b")
    other["config"]["parameters"]["fees"]["bps"] = 6
    assert all_differing(compare_runs([record("a"), other])) == {
        "config.parameters.fees.bps": (5, 6)
    }


def test_numbers_are_compared_by_value_and_truth_values_are_no_numbers() -> None:
    same = compare_runs([record("a", config={"x": 5}), record("b", config={"x": 5.0})])
    assert same.n_differing == 0
    other = compare_runs([record("a", config={"x": 1}), record("b", config={"x": True})])
    assert all_differing(other) == {"config.x": (1, True)}


def test_what_a_run_does_not_have_is_not_the_same_as_undefined() -> None:
    runs = [record("a", metrics={"sharpe": None}), record("b", metrics={})]
    comparison = compare_runs(runs)
    assert all_differing(comparison) == {"metrics.sharpe": (None, ABSENT)}
    assert comparison.to_json()["differing"]["metrics"] == {"sharpe": {"a": None}}


def test_order_of_a_list_is_a_difference_and_an_empty_map_is_a_value() -> None:
    first, second = record("a", config={"x": [1, 2], "y": {}}), record("b", config={"x": [2, 1]})
    assert all_differing(compare_runs([first, second])) == {
        "config.x": ([1, 2], [2, 1]),
        "config.y": ({}, ABSENT),
    }


def test_several_runs_are_laid_side_by_side() -> None:
    runs = [record(name, seed=seed) for name, seed in (("a", 7), ("b", 7), ("c", 8))]
    assert all_differing(compare_runs(runs)) == {"run.seed": (7, 7, 8)}


def test_sections_come_in_a_fixed_order_with_metrics_last() -> None:
    names = [section.name for section in compare_runs([record("b"), record("a")]).sections]
    assert names[:3] == ["run", "trial", "config"]
    assert names[-1] == "metrics"


def test_every_line_is_either_differing_or_equal() -> None:
    other = record("b", seed=8, metrics={"sharpe": 0.5, "vol": 0.2})
    comparison = compare_runs([record("a"), other])
    metrics = comparison.sections[-1]
    assert [line.name for line in metrics.equal] == ["sharpe"]
    assert [line.name for line in metrics.differing] == ["cagr", "vol"]


def test_other_data_are_named_and_refused() -> None:
    nasdaq = [{"role": "data", "name": "nasdaq", "digest": "6" * 64}]
    comparison = compare_runs([record("a"), record("b", inputs=nasdaq)])
    assert comparison.refusals == ("other data: a sp500 55555555; b nasdaq 66666666",)
    assert comparison.same["data"] is False
    assert differing(comparison, "inputs") == {
        "data.name": ("sp500", "nasdaq"),
        "data.digest": ("5" * 64, "6" * 64),
    }


def test_the_same_data_under_another_name_are_the_same() -> None:
    renamed = [{"role": "data", "name": "copy", "digest": "5" * 64}]
    comparison = compare_runs([record("a"), record("b", inputs=renamed)])
    assert comparison.same["data"] is True
    assert differing(comparison, "inputs") == {"data.name": ("sp500", "copy")}


def test_other_days_are_refused() -> None:
    shorter = {**TRIALS, "conventions": {**CONVENTIONS, "end": "2010-12-31", "n_bars": 3019}}
    comparison = compare_runs([record("a"), record("b", trials=[shorter])])
    assert comparison.refusals == (
        "other days: a 1999-01-04 to 2018-12-31 (5031 bars); "
        "b 1999-01-04 to 2010-12-31 (3019 bars)",
    )


def test_other_costs_are_refused_and_only_those_that_differ_are_said() -> None:
    cheaper = {**TRIALS, "conventions": {**CONVENTIONS, "terms": {**TERMS, "fees_bps": 0.5}}}
    comparison = compare_runs([record("a"), record("b", trials=[cheaper])])
    assert comparison.refusals == ("other costs or fills: a fees_bps 5; b fees_bps 0.5",)
    assert differing(comparison, "conventions") == {"terms.fees_bps": (5, 0.5)}


def test_what_a_run_does_not_say_is_unknown_and_refuses_nothing() -> None:
    comparison = compare_runs([record("a"), record("b", inputs=[], trials=[])])
    assert comparison.same == {"data": None, "days": None, "terms": None, "code": True}
    assert comparison.refusals == ()


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"commit": "b", "dirty": True}, True),
        ({"peaklib_sha256": "d" * 64}, False),
        ({"sources": {"notebook": "2"}}, False),
        ({"sources": {"notebook": "1", "strategy rsi": "9"}}, True),
    ],
    ids=["commit", "peaklib", "notebook", "another strategy"],
)
def test_code_is_the_same_if_all_that_both_ran_is(change: Record, same: bool) -> None:
    base = {"peaklib_sha256": "c" * 64, "commit": "a", "sources": {"notebook": "1"}}
    comparison = compare_runs([record("a", code=base), record("b", code={**base, **change})])
    assert comparison.same["code"] is same


@pytest.mark.parametrize("runs", [[], ["a"], ["a", "a"], ["a", "b", "a"]])
def test_fewer_than_two_or_the_same_twice_is_refused(runs: list[str]) -> None:
    with pytest.raises(EvidenceError, match="name two or more different ones"):
        compare_runs([record(name) for name in runs])


def test_json_is_plain_and_leaves_out_what_is_equal() -> None:
    comparison = compare_runs([record("a"), record("b", seed=8)])
    plain = comparison.to_json()
    assert json.loads(to_json(plain)) == plain
    assert plain["differing"]["run"] == {"seed": {"a": 7, "b": 8}}
    assert plain["differing"]["config"] == {}
    assert plain["equal"]["run"] == 3


# ---- reading -------------------------------------------------------------------------------


@pytest.fixture
def pack(tmp_path: Path) -> SealedRun:
    """A pack with two tables of trials, as far as reading needs it."""
    folder = tmp_path / "20260101_000000_abcdef"
    (folder / "inputs").mkdir(parents=True)
    (folder / "outputs" / "tables").mkdir(parents=True)
    first = pd.DataFrame(
        {"fast": [5, 5, 10, 10], "slow": [50, 100] * 2, "sharpe": [0.1, float("nan"), 0.3, 0.4]}
    )
    first.to_parquet(folder / "outputs/tables/trials.parquet")
    second = pd.DataFrame({"window": [2.5, 3.5], "sharpe": [0.5, 0.6]})
    second.to_parquet(folder / "outputs/tables/more.parquet", row_group_size=1)
    grid = {"axes": {"window": [2.5, 3.5]}, "order": ["window"], "where": None}
    more = {**TRIALS, "strategy": "rsi", "table": "more", "grid": grid, "count": 2}
    made = record(folder.name, trials=[TRIALS, {**more, "fixed": {"leave": 50}, "family": "g"}])
    (folder / "run.json").write_bytes(to_json(made))
    details = {"python": "3.11.7", "packages": {"numpy": "2.4.0"}}
    (folder / "inputs/environment.json").write_bytes(to_json(details))
    return SealedRun(folder.name, folder, "0" * 64)


def test_a_record_brings_its_whole_environment(pack: SealedRun) -> None:
    read = read_record(pack)
    assert read["environment"]["packages"] == {"numpy": "2.4.0"}
    assert "point" not in read


def test_a_point_has_the_parameters_and_metrics_of_its_row(pack: SealedRun) -> None:
    read = read_record(pack, 2)
    assert read["point"] == {
        "number": 2,
        "strategy": "sma_crossover",
        "version": "1",
        "params": {"fast": 10, "slow": 50},
    }
    assert read["metrics"] == {"sharpe": 0.3}
    assert read["trials"] == [TRIALS]


def test_an_undefined_metric_of_a_point_is_null_as_in_a_record(pack: SealedRun) -> None:
    assert read_record(pack, 1)["metrics"] == {"sharpe": None}


def test_points_are_numbered_through_all_tables(pack: SealedRun) -> None:
    read = read_record(pack, 5)
    assert read["point"]["params"] == {"leave": 50, "window": 3.5}
    assert (read["point"]["strategy"], read["family"]) == ("rsi", "g")
    assert read["metrics"] == {"sharpe": 0.6}


def test_two_points_of_one_run_differ_in_parameters_and_metrics_only(pack: SealedRun) -> None:
    comparison = compare_runs([read_record(pack, 0), read_record(pack, 3)])
    assert comparison.runs == (f"{pack.run_id}:0", f"{pack.run_id}:3")
    assert all_differing(comparison) == {
        "trial.fast": (5, 10),
        "trial.slow": (50, 100),
        "metrics.sharpe": (0.1, 0.4),
    }
    assert comparison.refusals == ()


def test_the_grid_around_a_point_says_nothing_about_it(pack: SealedRun) -> None:
    assert read_record(pack, 0)["config"] == {"parameters": {"fees": {"bps": 5}}}
    assert "grid" in read_record(pack)["config"]["parameters"]


@pytest.mark.parametrize("number", [-1, 6])
def test_a_point_that_is_not_there_is_refused(pack: SealedRun, number: int) -> None:
    with pytest.raises(EvidenceError, match=rf"no point {number}; its points are 0 to 5"):
        read_record(pack, number)


def test_a_run_without_trials_has_no_point(pack: SealedRun) -> None:
    (pack.folder / "run.json").write_bytes(to_json(record(pack.run_id, trials=[])))
    with pytest.raises(EvidenceError, match="it has no grid points"):
        read_record(pack, 0)


@pytest.mark.parametrize("damage", ["environment", "table", "rows"])
def test_a_damaged_pack_is_named_with_its_file(pack: SealedRun, damage: str) -> None:
    table = pack.folder / "outputs/tables/more.parquet"
    if damage == "environment":
        (pack.folder / "inputs/environment.json").unlink()
    elif damage == "table":
        table.write_bytes(b"no table")
    else:
        pd.DataFrame({"window": [2.5], "sharpe": [0.5]}).to_parquet(table)
    name = "environment.json" if damage == "environment" else "more.parquet"
    with pytest.raises(EvidenceError, match=rf"{pack.run_id}: .*{name}"):
        read_record(pack, 5)
