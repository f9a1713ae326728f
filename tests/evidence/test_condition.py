"""Conditions mean what Python means by them, and are never run as code."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from peaklib.errors import ConfigError
from peaklib.evidence import Condition

NAMES = ("a", "b", "c")

numbers = st.sampled_from([*NAMES, *NAMES, "0", "1", "3", "10", "0.5", "2.5"])


def _joined(parts: st.SearchStrategy[str], operators: list[str]) -> st.SearchStrategy[str]:
    return st.tuples(parts, st.sampled_from(operators), parts).map(" ".join)


arithmetic = st.recursive(
    numbers,
    lambda inner: (
        _joined(inner, ["+", "-", "*"])
        | inner.map("({})".format)
        | inner.map(lambda text: f"-({text})")
    ),
    max_leaves=4,
)
_links = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])
comparisons = st.one_of(
    st.tuples(arithmetic, _links, arithmetic).map(" ".join),
    st.tuples(arithmetic, _links, arithmetic, _links, arithmetic).map(" ".join),
)
conditions = st.recursive(
    comparisons,
    lambda inner: (
        _joined(inner, ["and", "or"])
        | inner.map("({})".format)
        | inner.map(lambda text: f"not ({text})")
    ),
    max_leaves=4,
)
points = st.lists(
    st.tuples(st.integers(-9, 9), st.integers(-9, 9), st.sampled_from([-1.5, 0.0, 0.5, 2.0])),
    min_size=1,
    max_size=5,
)


@given(text=conditions, rows=points)
def test_a_condition_holds_where_python_says_so(
    text: str, rows: list[tuple[int, int, float]]
) -> None:
    expected = [bool(eval(text, {}, dict(zip(NAMES, row, strict=True)))) for row in rows]
    values = {
        name: np.array(column) for name, column in zip(NAMES, zip(*rows, strict=True), strict=True)
    }
    assert Condition(text, NAMES).holds(values).tolist() == expected


def test_a_condition_reads_like_a_sentence() -> None:
    fast, slow = np.array([5, 20, 45, 60]), np.array([20, 20, 50, 50])
    condition = Condition("fast < slow and slow - fast >= 10", ("fast", "slow"))
    assert condition.holds({"fast": fast, "slow": slow}).tolist() == [True, False, False, False]


def test_a_condition_between_constants_holds_everywhere_or_nowhere() -> None:
    values = {"a": np.arange(3)}
    assert Condition("1 < 2", ("a",)).holds(values).tolist() == [True] * 3
    assert Condition("1 > 2", ("a",)).holds(values).tolist() == [False] * 3


def test_blanks_around_it_do_not_matter() -> None:
    assert Condition("  a < 2\n", ("a",)).holds({"a": np.array([1, 2])}).tolist() == [True, False]


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true') == 0",
        "print(a) == a",
        "a.__class__ == a",
        "a[0] < b",
        "(lambda: 1)() < a",
        "(a := 5) < b",
        "[x for x in a] == b",
        "{a: b} == c",
        "(a, b) < c",
        "f'{a}' == b",
        "'a' < b",
        "a < b if a else c",
        "a < None",
        "a == True",
        "a < 1j",
        "a < b'x'",
        "a < ...",
        "9 ** 9 ** 9 ** 9 < a",
        "a << 9999999 < b",
        "a / b < c",
        "a // b < c",
        "a % b < c",
        "a @ b < c",
        "a & b == c",
        "~a < b",
        "+a < b",
        "a is b",
        "a in b",
        "a not in b",
        "await a < b",
        "(yield) < a",
        "*a < b",
        "a < b; a < c",
        "import os",
        "a = b",
        "a < b # remark\nb < c",
        "",
        "   ",
        "a <",
        "a < b)",
        "a",
        "a + b",
        "5",
        "a < d",
        "len < a",
        "a < b\0",
    ],
)
def test_what_is_no_condition_on_the_parameters_is_refused(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Condition(text, NAMES)
    [problem] = caught.value.problems
    assert repr(text) in problem
    assert "allowed: names of parameters, numbers" in problem
    assert problem.endswith("parameters: a, b, c")


def test_an_unknown_name_is_named() -> None:
    with pytest.raises(ConfigError, match="speaks of 'quick', which is no parameter of this grid"):
        Condition("quick < slow", ("fast", "slow"))


# numpy adds and negates truth values in its own way: True + True is 2 in Python.
@pytest.mark.parametrize(
    "text", ["(a < b) + (a < c) == 2", "(a < b) - (a < c) == 0", "-(a < b) < 0"]
)
def test_truth_values_are_reckoned_with_as_in_python_or_refused(text: str) -> None:
    rows = [(1, 2, 3), (2, 1, 3), (3, 2, 1)]
    expected = [bool(eval(text, {}, dict(zip(NAMES, row, strict=True)))) for row in rows]
    values = {
        name: np.array(column) for name, column in zip(NAMES, zip(*rows, strict=True), strict=True)
    }
    try:
        condition = Condition(text, NAMES)
    except ConfigError:
        return
    assert condition.holds(values).tolist() == expected


# Too deep for Python's parser, or too large for an array.
@pytest.mark.parametrize(
    "text",
    [
        pytest.param("-" * 20_000 + "a < b", id="signs"),
        pytest.param("not " * 20_000 + "a < b", id="nots"),
        pytest.param(" + ".join(["a"] * 20_000) + " < b", id="sum"),
        pytest.param("(" * 20_000 + "a < b" + ")" * 20_000, id="parentheses"),
        pytest.param(f"a * {10**30} < b", id="huge factor"),
        pytest.param(f"{'9' * 5_000} < a", id="huge number"),
    ],
)
def test_a_condition_beyond_measure_is_refused(text: str) -> None:
    values = {name: np.array([1]) for name in NAMES}
    with pytest.raises(ConfigError):
        Condition(text, NAMES).holds(values)
