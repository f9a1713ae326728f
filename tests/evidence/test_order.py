"""The order of keys survives canonical JSON."""

import json
from typing import Any

import pytest
from hypothesis import given, strategies as st

from peaklib.evidence.canonical import from_json, to_json
from peaklib.evidence.order import in_order, key_order

PLAIN = st.recursive(
    st.integers(0, 9) | st.text(max_size=3) | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=12,
)


def test_only_unsorted_mappings_are_noted() -> None:
    value = {"a": {"fast": 1, "slow": 2}, "b": [{"y": 1, "x": {}}], "a/b~": {"2": 0, "1": 0}}
    assert key_order(value) == {
        "": ["a", "b", "a/b~"],
        "/b/0": ["y", "x"],
        "/a~1b~0": ["2", "1"],
    }


def test_grid_keeps_its_axes_in_order() -> None:
    grid = {"parameters": {"grid": {"window": [2, 5], "oversold": [20, 30]}}}
    back = in_order(from_json(to_json(grid)), key_order(grid))
    assert list(back["parameters"]["grid"]) == ["window", "oversold"]


def test_keys_that_the_order_does_not_know_come_last() -> None:
    assert list(in_order({"a": 1, "b": 2, "c": 3}, {"": ["c", "gone"]})) == ["c", "a", "b"]


@given(PLAIN)
def test_any_plain_value_comes_back_in_its_order(value: Any) -> None:
    back = in_order(from_json(to_json(value)), key_order(value))
    assert json.dumps(back) == json.dumps(value)


@pytest.mark.parametrize("value", [{}, [], 1, "x", None, {"a": 1, "b": 2}])
def test_nothing_is_noted_of_what_is_sorted(value: Any) -> None:
    assert key_order(value) == {}
