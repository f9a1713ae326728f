"""Comparing the contents of packs: identical, equivalent within a tolerance, different where."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from peaklib.errors import EvidenceError
from peaklib.evidence.canonical import to_json
from peaklib.evidence.content.difference import Comparison, compare
from peaklib.evidence.content.digest import content_of, write_table
from peaklib.evidence.content.tally import Difference

NAN = float("nan")
UP = math.nextafter(1.0, 2.0)


def pack(
    folder: Path,
    *,
    metrics: Mapping[str, Any] | None = None,
    tables: Mapping[str, pd.DataFrame] | None = None,
    figures: Mapping[str, Any] | None = None,
    incidental: tuple[str, ...] = (),
) -> Path:
    outputs = folder / "outputs"
    for name in ("tables", "figures"):
        (outputs / name).mkdir(parents=True, exist_ok=True)
    (outputs / "metrics.json").write_bytes(to_json(metrics or {}))
    for name, frame in (tables or {}).items():
        write_table(outputs / "tables" / f"{name}.parquet", frame, incidental)
    for name, figure in (figures or {}).items():
        (outputs / "figures" / f"{name}.json").write_bytes(to_json(figure))
    return folder


@pytest.fixture
def two(tmp_path: Path) -> Any:
    """Compare two packs given by what they hold."""

    def run(left: dict[str, Any], right: dict[str, Any], **options: Any) -> Comparison:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        return compare(pack(folder / "a", **left), pack(folder / "b", **right), **options)

    return run


def cells(column: Any, other: Any = None) -> dict[str, Any]:
    frame = pd.DataFrame({"x": column} if other is None else {"x": column, "y": other})
    return {"tables": {"trials": frame}}


def test_equal_contents_are_identical(two: Any) -> None:
    held = {**cells([1.0, NAN]), "metrics": {"sharpe": None}, "figures": {"map": {"z": [1, None]}}}
    found = two(held, held)
    assert (found.word, found.differences, found.largest, found.more) == ("identical", (), None, 0)
    assert found.left == found.right


def test_numbers_within_tolerance_are_equivalent_and_the_largest_is_named(two: Any) -> None:
    left = {**cells([1.0, 2.0, NAN]), "metrics": {"sharpe": 4.0}}
    right = {**cells([UP, 2.0 + 2**-40, NAN]), "metrics": {"sharpe": 4.0 - 2**-45}}
    found = two(left, right)
    assert (found.word, found.differences, found.beyond, found.within) == ("equivalent", (), 0, 3)
    assert found.largest.where == "tables/trials row 1 column x"
    # 2**-40 relative to 2 + 2**-40, the larger of the two.
    assert found.largest.relative == pytest.approx(2**-41 / (1 + 2**-41), rel=1e-15)


def test_the_tolerance_decides(two: Any) -> None:
    left, right = cells([100.0]), cells([101.0])
    assert two(left, right, rtol=0.01).word == "equivalent"  # 1/101
    assert two(left, right, rtol=0.0099).word == "different"
    assert two(cells([1.0]), cells([UP]), rtol=0).word == "different"


def test_differences_come_in_the_order_metrics_tables_figures_by_name_and_row(two: Any) -> None:
    left = {
        "metrics": {"b": 1, "a": 1},
        "tables": {"t2": pd.DataFrame({"x": [1]}), "t1": pd.DataFrame({"x": [1.0], "y": ["a"]})},
        "figures": {"f": {"z": [[1, 2], [3, 4]]}},
    }
    right = {
        "metrics": {"b": 2, "a": 3},
        "tables": {"t2": pd.DataFrame({"x": [2]}), "t1": pd.DataFrame({"x": [4.0], "y": ["b"]})},
        "figures": {"f": {"z": [[1, 2], [3, 8]]}},
    }
    found = two(left, right)
    assert found.word == "different"
    assert found.differences == (
        Difference("metrics a", 1, 3, 2 / 3),
        Difference("metrics b", 1, 2, 0.5),
        Difference("tables/t1 row 0 column x", 1.0, 4.0, 0.75),
        Difference("tables/t1 row 0 column y", "a", "b"),
        Difference("tables/t2 row 0 column x", 1, 2),
        Difference("figures/f z[1][1]", 4, 8, 0.5),
    )
    assert (found.first, found.more) == (found.differences[0], 5)
    assert found.largest == Difference("tables/t1 row 0 column x", 1.0, 4.0, 0.75)


def test_cells_come_row_by_row_and_only_the_first_are_kept(two: Any) -> None:
    zeros, ones = np.zeros(100), np.ones(100)
    found = two(cells(zeros, zeros), cells(ones, ones), keep=3)
    assert [difference.where for difference in found.differences] == [
        "tables/trials row 0 column x",
        "tables/trials row 0 column y",
        "tables/trials row 1 column x",
    ]
    assert (found.beyond, found.more) == (200, 199)


def time(*texts: str, zone: str | None = None) -> pd.Series:
    return pd.Series(pd.DatetimeIndex(list(texts)).tz_localize(zone))


@pytest.mark.parametrize(
    ("left", "right", "shown"),
    [
        ([1, 2], [1, 3], (2, 3)),
        ([10**12, 2], [10**12 + 1, 2], (10**12, 10**12 + 1)),
        ([2**62, 0], [2**62 + 1, 0], (str(2**62), str(2**62 + 1))),
        (["a", "b"], ["a", ""], ("b", "")),
        (["a", None], ["a", "b"], (None, "b")),
        (["a", "b"], pd.Categorical(["a", "c"]), ("b", "c")),
        ([True, False], [True, True], (False, True)),
        ([1.0, NAN], [1.0, 2.0], (None, 2.0)),
        ([1.0, np.inf], [1.0, -np.inf], (np.inf, -np.inf)),
        ([1.0, 2.0], [1.0, np.inf], (2.0, np.inf)),
        (pd.Series([b"a", None]), pd.Series([b"a", b"\xff"]), (None, "ff")),
        (
            time("2024-01-01 01:00", zone="Europe/Berlin"),
            time("2024-01-01 00:00:01", zone="UTC"),
            ("2024-01-01 00:00:00.000000Z", "2024-01-01 00:00:01.000000Z"),
        ),
        (time("2024-01-01"), time("2024-01-02"), None),
        (pd.to_timedelta([-1], unit="ns"), pd.to_timedelta([1500], unit="ms"), None),
        (pd.Series([1, None], dtype="Int64"), pd.Series([1, 0], dtype="Int64"), (None, 0)),
    ],
)
def test_one_differing_cell_is_found_in_every_type(
    two: Any, left: Any, right: Any, shown: tuple[Any, Any] | None
) -> None:
    found = two(cells(left), cells(right))
    assert (found.word, found.beyond) == ("different", 1)
    assert shown is None or (found.first.left, found.first.right) == shown
    assert to_json(found.to_json())


def test_a_duration_is_shown_in_seconds(two: Any) -> None:
    found = two(cells(pd.to_timedelta([-1], unit="ns")), cells(pd.to_timedelta([1500], unit="ms")))
    assert (found.first.left, found.first.right) == ("-PT0.000000001S", "PT1.5S")


BASE = pd.DataFrame({"a": [1, 2], "b": [1.0, 2.0]})
INDEXED = BASE.set_index(pd.Index([5, 6], name="day"))


@pytest.mark.parametrize(
    ("left", "right", "wanted"),
    [
        (BASE, BASE[["a"]], [("column b", "number", "missing")]),
        (BASE[["a"]], BASE, [("column b", "missing", "number")]),
        (BASE, BASE[["b", "a"]], [("order of columns", "column a", "column b")]),
        (BASE, BASE.astype({"a": float}), [("column a type", "integer", "number")]),
        (BASE, BASE.iloc[:1], [("rows", 2, 1)]),
        (BASE, BASE.iloc[1:].reset_index(drop=True), [("rows", 2, 1), ("row 0 column a", 1, 2)]),
        (BASE, INDEXED, [("index level 0", "missing", "integer")]),
        (INDEXED, INDEXED.rename_axis("date"), [("index level 0 name", "day", "date")]),
        (INDEXED, INDEXED.rename({6: 7}), [("row 1 index level 0", 6, 7)]),
    ],
)
def test_another_shape_is_named_first(
    two: Any, left: pd.DataFrame, right: pd.DataFrame, wanted: list[tuple[str, Any, Any]]
) -> None:
    found = two({"tables": {"t": left}}, {"tables": {"t": right}})
    seen = [(entry.where, entry.left, entry.right) for entry in found.differences[: len(wanted)]]
    assert found.word == "different"
    assert seen == [(f"tables/t {where}", *sides) for where, *sides in wanted]


@pytest.mark.parametrize(
    ("left", "right", "wanted"),
    [
        ({"metrics": {"a": 1}}, {}, ("metrics a", 1, "missing")),
        ({}, {"metrics": {"a": None}}, ("metrics a", "missing", None)),
        ({"metrics": {"a": NAN}}, {"metrics": {"a": 0}}, ("metrics a", None, 0)),
        ({"metrics": {"a": math.inf}}, {"metrics": {"a": 1}}, ("metrics a", "Infinity", 1)),
        (cells([1]), {}, ("tables/trials", "there", "missing")),
        ({}, {"figures": {"map": {}}}, ("figures/map", "missing", "there")),
        ({"figures": {"f": {"z": [1]}}}, {"figures": {"f": {"z": [1, 2]}}}, None),
        (
            {"figures": {"f": {"data": [{"x": {"a": 1}}]}}},
            {"figures": {"f": {"data": [{}]}}},
            ("figures/f data[0].x", "mapping of 1", "missing"),
        ),
        (
            {"figures": {"f": {"data": [1, True]}}},
            {"figures": {"f": {"data": [1, 1]}}},
            ("figures/f data[1]", True, 1),
        ),
        (
            {"figures": {"f": {"title": "a", "z": [1]}}},
            {"figures": {"f": {"title": "a", "z": "b"}}},
            ("figures/f z", "list of 1", "b"),
        ),
    ],
)
def test_what_only_one_side_has_or_is_of_another_kind_is_named(
    two: Any, left: dict[str, Any], right: dict[str, Any], wanted: tuple[Any, ...] | None
) -> None:
    found = two(left, right)
    first = found.first
    assert (found.word, found.beyond) == ("different", 1)
    assert (first.where, first.left, first.right) == (wanted or ("figures/f z length", 1, 2))
    assert first.relative is None


def test_a_typed_array_of_a_figure_is_compared_by_number(two: Any) -> None:
    typed = {"dtype": "f8", "bdata": "AAAAAAAA8D8AAAAAAAAAQA=="}  # 1.0, 2.0
    figures = [{"figures": {"f": {"data": [{"z": z}]}}} for z in (typed, [1, 2.5], [1, 2 + 1e-12])]
    different, equivalent = two(figures[0], figures[1]), two(figures[0], figures[2])
    assert different.differences == (Difference("figures/f data[0].z[1]", 2, 2.5, 0.2),)
    assert (equivalent.word, equivalent.within) == ("equivalent", 1)


def test_incidental_columns_are_not_compared(two: Any) -> None:
    left = {**cells([1.0], ["run a"]), "incidental": ("y",)}
    right = {**cells([1.0], ["run b"]), "incidental": ("y",)}
    assert two(left, right).word == "identical"
    assert two(left, cells([1.0], ["run b"])).first == Difference(
        "tables/trials column y", "missing", "text"
    )


@pytest.mark.parametrize("rtol", [-1e-9, NAN, math.inf])
def test_a_tolerance_that_is_none_is_refused(two: Any, rtol: float) -> None:
    with pytest.raises(EvidenceError, match="relative tolerance is"):
        two({}, {}, rtol=rtol)


def test_the_extremes_of_numbers_have_a_relative_difference(two: Any) -> None:
    top = 1.7976931348623157e308
    held = two(cells([top, 5e-324, 0.0]), cells([-top, 1e-323, 1.0]))
    assert [difference.relative for difference in held.differences] == [2.0, 0.5, 1.0]
    assert two({"metrics": {"a": top}}, {"metrics": {"a": -top}}).first.relative == 2.0


# ---- properties ----------------------------------------------------------------------------

VALUES = st.sampled_from([0.0, 1.0, UP, 1 + 1e-9, 1.1, -1.0, math.inf, -math.inf, NAN])
COLUMN = st.lists(VALUES, min_size=3, max_size=3)


def close(left: float, right: float, rtol: float) -> bool:
    """The standard library's notion, in which infinities are close to nothing but themselves."""
    return (left != left and right != right) or math.isclose(left, right, rel_tol=rtol)


@settings(max_examples=60, deadline=None)
@given(COLUMN, COLUMN, st.sampled_from([0.0, 1e-9, 0.1]))
def test_agrees_with_isclose_cell_by_cell(
    tmp_path_factory: pytest.TempPathFactory, left: list[float], right: list[float], rtol: float
) -> None:
    folder = tmp_path_factory.mktemp("packs")
    packs = pack(folder / "a", **cells(left)), pack(folder / "b", **cells(right))
    found, back = compare(*packs, rtol=rtol), compare(*reversed(packs), rtol=rtol)
    far = [row for row, (a, b) in enumerate(zip(left, right, strict=True)) if not close(a, b, rtol)]
    apart = sum(not close(a, b, 0.0) for a, b in zip(left, right, strict=True))
    where = [f"tables/trials row {row} column x" for row in far]
    assert [difference.where for difference in found.differences] == where
    assert (found.beyond, found.within) == (len(far), apart - len(far))
    assert found.word == ("different" if far else "equivalent" if apart else "identical")
    assert (back.word, back.beyond, back.within) == (found.word, found.beyond, found.within)


JSON = st.recursive(
    st.none() | st.booleans() | st.sampled_from([0, 1, -1, 0.5, UP, NAN, math.inf, "", "1", "a"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner),
    max_leaves=6,
)


@settings(max_examples=100, deadline=None)
@given(JSON, JSON)
def test_a_figure_differs_exactly_when_its_digest_does(
    tmp_path_factory: pytest.TempPathFactory, left: Any, right: Any
) -> None:
    folder = tmp_path_factory.mktemp("packs")
    packs = [
        pack(folder / name, figures={"f": figure}) for name, figure in (("a", left), ("b", right))
    ]
    found = compare(*packs)
    same = content_of(packs[0])["digest"] == content_of(packs[1])["digest"]
    assert (found.word == "identical") is same
    assert (found.beyond + found.within == 0) is same
