"""Canonical JSON: equal values are equal bytes, and what JSON cannot say follows one rule each."""

import json
import math
import struct
from datetime import UTC, date, datetime, timedelta, timezone
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st

from peaklib.errors import EvidenceError
from peaklib.evidence import digest, to_json
from peaklib.evidence.canonical import from_json

WORDS = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=6)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=10,
)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


def test_keys_are_sorted_and_nothing_is_padded() -> None:
    assert to_json({"b": [1, 2.5], "a": {"d": None, "c": True}}) == (
        b'{"a":{"c":true,"d":null},"b":[1,2.5]}'
    )


# RFC 8785, appendix B: IEEE 754 bits in hexadecimal, and the number's text.
APPENDIX_B = [
    ("0000000000000000", "0"),
    ("8000000000000000", "0"),
    ("0000000000000001", "5e-324"),
    ("8000000000000001", "-5e-324"),
    ("7fefffffffffffff", "1.7976931348623157e+308"),
    ("4340000000000000", "9007199254740992"),
    ("4430000000000000", "295147905179352830000"),
    ("44b52d02c7e14af5", "9.999999999999997e+22"),
    ("44b52d02c7e14af6", "1e+23"),
    ("444b1ae4d6e2ef4e", "999999999999999700000"),
    ("444b1ae4d6e2ef50", "1e+21"),
    ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
    ("3eb0c6f7a0b5ed8d", "0.000001"),
    ("41b3de4355555553", "333333333.3333332"),
    ("becbf647612f3696", "-0.0000033333333333333333"),
]


@pytest.mark.parametrize(("bits", "text"), APPENDIX_B)
def test_numbers_are_written_as_appendix_b_of_rfc_8785_lists_them(bits: str, text: str) -> None:
    assert to_json(struct.unpack(">d", bytes.fromhex(bits))[0]) == text.encode()


def test_keys_are_sorted_by_utf_16_units_as_in_section_3_2_3_of_rfc_8785() -> None:
    keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    order = ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
    assert list(json.loads(to_json(dict.fromkeys(keys, 0)))) == order


@pytest.mark.parametrize(
    "value", [math.nan, np.float32("nan"), np.datetime64("NaT"), pd.NaT, pd.NA]
)
def test_missing_values_are_null(value: Any) -> None:
    assert to_json({"x": [value]}) == b'{"x":[null]}'


@pytest.mark.parametrize("kind", [float, np.float64, np.float32])
def test_infinities_are_words(kind: type[Any]) -> None:
    assert to_json([kind(math.inf), kind(-math.inf)]) == b'["Infinity","-Infinity"]'


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.float64(0.1), b"0.1"),
        (np.float32(0.1), b"0.10000000149011612"),
        (np.int64(7), b"7"),
        (np.uint8(7), b"7"),
        (np.bool_(True), b"true"),
        (np.array(3.0), b"3"),
        (np.str_("a"), b'"a"'),
        (1.0, b"1"),
        (-0.0, b"0"),
        (1e21, b"1e+21"),
        ((1, "ß"), '[1,"ß"]'.encode()),
        (2**53 - 1, b"9007199254740991"),
        (1e17, b"100000000000000000"),
    ],
)
def test_numbers_are_written_by_value(value: Any, text: bytes) -> None:
    assert to_json(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (datetime(2024, 5, 1, 12, tzinfo=UTC), "2024-05-01T12:00:00+00:00"),
        (
            datetime(2024, 5, 1, 14, tzinfo=timezone(timedelta(hours=2))),
            "2024-05-01T12:00:00+00:00",
        ),
        (pd.Timestamp("2024-05-01 14:00", tz="Europe/Berlin"), "2024-05-01T12:00:00+00:00"),
        (pd.Timestamp(1, unit="ns"), "1970-01-01T00:00:00.000000001"),
        (np.datetime64(1, "ns"), "1970-01-01T00:00:00.000000001"),
        (datetime(2024, 5, 1, 12), "2024-05-01T12:00:00"),
        (np.datetime64("2024-05-01"), "2024-05-01T00:00:00"),
        (date(2024, 5, 1), "2024-05-01"),
        (timedelta(days=1), "PT86400S"),
        (pd.Timedelta(-1, unit="ns"), "-PT0.000000001S"),
        (np.timedelta64(1500, "ms"), "PT1.5S"),
    ],
)
def test_times_and_durations_are_iso_8601(value: Any, text: str) -> None:
    assert to_json(value) == f'"{text}"'.encode()


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({"config": {"parameters": {"x": {1, 2}}}}, r"^config\.parameters\.x: set has no"),
        ({"a": [0, b"x"]}, r"^a\[1\]: bytes has no canonical form"),
        ([np.arange(3)], r"^\[0\]: ndarray has no"),
        (Path("x"), r"^value: \w*Path has no"),
        ({"a": {2: "two"}}, r"^a: the key 2 is int"),
        ({"seed": 2**53}, r"^seed: the integer 9007199254740992 is beyond 2\*\*53 - 1"),
        ({"seed": -(2**53)}, r"^seed: the integer -9007199254740992 is beyond"),
        ({"seed": np.uint64(2**64 - 1)}, r"^seed: the integer 18446744073709551615 is beyond"),
        ({"text": "\ud800"}, r"^text: '\\ud800' is no valid Unicode"),
        ([1j], r"^\[0\]: complex has no"),
        ([np.longdouble(1)], r"^\[0\]: longdouble has no"),
        ([np.timedelta64(1, "M")], r"^\[0\]: .* is no exact length of time"),
    ],
)
def test_what_has_no_canonical_form_is_refused_by_path(value: Any, says: str) -> None:
    with pytest.raises(EvidenceError, match=says):
        to_json(value)


@given(PLAIN)
def test_agrees_with_the_standard_library_where_that_is_canonical(value: Any) -> None:
    plain = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert to_json(value) == plain.encode()


@given(st.dictionaries(WORDS, st.integers(0, 9), min_size=2))
def test_order_of_keys_does_not_matter(value: dict[str, int]) -> None:
    assert to_json(dict(reversed(value.items()))) == to_json(value)


@given(PLAIN | st.lists(NUMBERS))
def test_what_is_read_back_is_written_the_same(value: Any) -> None:
    assert to_json(from_json(to_json(value))) == to_json(value)


@given(st.floats(2**53, 1e30))
def test_large_numbers_are_read_back_to_the_bit(value: float) -> None:
    assert from_json(to_json([value])) == [value]


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_bare_words_for_numbers_are_no_json(word: str) -> None:
    with pytest.raises(ValueError, match=f"{word} is no JSON"):
        from_json(f"[{word}]")


def test_digest_is_that_of_the_bytes() -> None:
    assert digest({"a": 1}) == sha256(b'{"a":1}').hexdigest()
