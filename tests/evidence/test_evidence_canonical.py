"""Canonical JSON: equal values are equal bytes."""

import json
import math
from hashlib import sha256
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from peaklib.evidence import digest, to_json

WORDS = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=6)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=10,
)


def test_keys_are_sorted_and_nothing_is_padded() -> None:
    assert to_json({"b": [1, 2.5], "a": {"d": None, "c": True}}) == (
        b'{"a":{"c":true,"d":null},"b":[1,2.5]}'
    )


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, np.float64("nan")])
def test_undefined_numbers_are_null(value: float) -> None:
    assert to_json({"x": [value]}) == b'{"x":[null]}'


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.float64(0.1), b"0.1"),
        (np.float32(0.5), b"0.5"),
        (np.int64(7), b"7"),
        (np.bool_(True), b"true"),
        (np.array(3.0), b"3"),
        (1.0, b"1"),
        (-0.0, b"0"),
        (1e21, b"1e+21"),
        (1e-7, b"1e-7"),
        ((1, "ß"), '[1,"ß"]'.encode()),
        ({2: "two"}, b'{"2":"two"}'),
    ],
)
def test_numbers_are_written_by_value(value: Any, text: bytes) -> None:
    assert to_json(value) == text


@given(PLAIN)
def test_agrees_with_the_standard_library_where_that_is_canonical(value: Any) -> None:
    plain = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert to_json(value) == plain.encode()


@given(st.dictionaries(WORDS, st.integers(0, 9), min_size=2))
def test_order_of_keys_does_not_matter(value: dict[str, int]) -> None:
    assert to_json(dict(reversed(value.items()))) == to_json(value)


def test_digest_is_that_of_the_bytes() -> None:
    assert digest({"a": 1}) == sha256(b'{"a":1}').hexdigest()
