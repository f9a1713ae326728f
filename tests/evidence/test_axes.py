"""A grid as axes and a condition: order, count and blocks of its points."""

import itertools
import json

import pytest
from hypothesis import given, strategies as st

from peaklib.errors import ConfigError
from peaklib.evidence import Axes, to_json

axis = st.lists(st.integers(-5, 5), min_size=1, max_size=4, unique=True)


def points(axes: Axes) -> list[tuple[float, ...]]:
    return list(zip(*(column.tolist() for column in axes.table().values()), strict=True))


def test_points_come_in_the_order_of_nested_loops_the_last_axis_fastest() -> None:
    axes = Axes({"fast": [5, 10], "slow": [20, 50, 100]})
    assert points(axes) == [(5, 20), (5, 50), (5, 100), (10, 20), (10, 50), (10, 100)]
    assert len(axes) == 6


def test_points_that_miss_the_condition_are_not_counted() -> None:
    axes = Axes({"fast": [5, 20, 50], "slow": [20, 50]}, where="fast < slow")
    assert points(axes) == [(5, 20), (5, 50), (20, 50)]
    assert len(axes) == 3


@given(a=axis, b=axis, c=axis)
def test_points_are_those_of_three_loops_with_an_if(
    a: list[int], b: list[int], c: list[int]
) -> None:
    axes = Axes({"a": a, "b": b, "c": c}, where="a < b or b + c > 3")
    expected = [(x, y, z) for x, y, z in itertools.product(a, b, c) if x < y or y + z > 3]
    assert points(axes) == expected
    assert len(axes) == len(expected)


def test_values_keep_their_order_and_type() -> None:
    table = Axes({"window": [50, 5, 20], "width": [2.0, 0.5]}).table()
    assert table["window"].tolist() == [50, 50, 5, 5, 20, 20]
    assert table["window"].dtype.kind == "i"
    assert table["width"].dtype.kind == "f"


def test_a_grid_without_axes_has_one_point() -> None:
    axes = Axes({})
    assert len(axes) == 1
    assert list(axes.blocks()) == [{}]
    assert axes.table() == {}


def test_a_condition_that_nothing_meets_leaves_no_point() -> None:
    axes = Axes({"fast": [5, 10], "slow": [2, 3]}, where="fast < slow")
    assert len(axes) == 0
    assert points(axes) == []


def test_a_large_grid_is_walked_in_blocks() -> None:
    # A million points that are never held at once.
    axes = Axes({"a": range(1000), "b": range(1000)}, where="a < b")
    sizes = [block["a"].size for block in axes.blocks()]
    assert len(sizes) > 10
    assert max(sizes) <= 65_536
    assert sum(sizes) == len(axes) == 499_500


def test_points_do_not_depend_on_where_blocks_end() -> None:
    axes = Axes({"a": range(300), "b": range(300)}, where="a != b")
    table = axes.table()
    expected = [(x, y) for x in range(300) for y in range(300) if x != y]
    assert list(zip(table["a"].tolist(), table["b"].tolist(), strict=True)) == expected


def test_all_mistakes_in_axes_are_listed_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        Axes({"fast": [], "slow": [20, 50, 20], "width": [1.0]})
    assert caught.value.problems == (
        "axis 'fast' has no values",
        "axis 'slow' names a value twice: [20, 50, 20]; give each value once",
    )


def test_a_value_is_the_same_as_whole_number_and_as_fraction() -> None:
    with pytest.raises(ConfigError, match="names a value twice"):
        Axes({"width": [1, 1.0]})


def test_a_condition_on_another_name_is_refused_when_the_grid_is_made() -> None:
    with pytest.raises(ConfigError, match=r"speaks of 'slow'.*parameters: fast"):
        Axes({"fast": [5]}, where="fast < slow")


def test_a_grid_can_be_written_down_and_compared() -> None:
    axes = Axes({"width": [0.5], "fast": range(5, 8)}, where="fast > 5")
    record = axes.to_json()
    assert record == {
        "axes": {"fast": [5, 6, 7], "width": [0.5]},
        "order": ["width", "fast"],
        "where": "fast > 5",
    }
    assert json.loads(json.dumps(record)) == record
    assert Axes.from_json(json.loads(to_json(record))).to_json() == record
    assert record["order"] == list(axes.values)


def test_a_condition_without_axes_is_refused() -> None:
    with pytest.raises(ConfigError, match="has no axes to speak of"):
        Axes({}, where="1 > 2")
