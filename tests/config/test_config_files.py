"""Reading TOML files and setting keys from the command line."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st
from pydantic import BaseModel, ConfigDict

from peaklib.config import check_table, override, read_toml, unknown
from peaklib.errors import ConfigError

NAMES = st.text("abcdefgh_", min_size=1, max_size=5)


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")
    size: int = 1


class Outer(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    inner: Inner = Inner()


def test_missing_file_names_its_neighbours(tmp_path: Path) -> None:
    (tmp_path / "quick.toml").write_text("", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"qick.toml: 1 mistake\n  no such file; .*quick.toml"):
        read_toml(tmp_path / "qick.toml")


@pytest.mark.parametrize("content", [b"a = ", b"a = 1\na = 2", b"\xff\xfe"])
def test_unreadable_file_is_named_with_the_reason(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match="is not readable as TOML: ") as caught:
        read_toml(path)
    assert caught.value.source == str(path)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("seed=3", 3),
        ("seed = 3", 3),
        ("seed=0.5", 0.5),
        ("seed=true", True),
        ('seed="3"', "3"),
        ("seed=word", "word"),
        ("seed=two words", "two words"),
        ("seed=2001-01-01/2010-12-31", "2001-01-01/2010-12-31"),
        ("seed=[1, 2]", [1, 2]),
        ("seed={start = 1, stop = 3, step = 1}", {"start": 1, "stop": 3, "step": 1}),
        ("seed=a=b", "a=b"),
        ("seed=", ""),
    ],
)
def test_value_is_toml_or_a_plain_word(setting: str, value: object) -> None:
    assert override({"seed": 7}, [setting]) == {"seed": value}


def test_dotted_key_reaches_into_tables_and_makes_them() -> None:
    table = {"fixed": {"fill": "close"}}
    changed = override(table, ["fixed.lag=2", "costs.retail.fees_bps=1.0"])
    assert changed == {
        "fixed": {"fill": "close", "lag": 2},
        "costs": {"retail": {"fees_bps": 1.0}},
    }
    assert table == {"fixed": {"fill": "close"}}


def test_later_setting_wins() -> None:
    assert override({}, ["a=1", "a=2"]) == {"a": 2}


def test_settings_that_cannot_be_set_are_all_named() -> None:
    with pytest.raises(ConfigError) as caught:
        override({"seed": 7, "axis": [1]}, ["seed", "seed.deep=1", "axis.x=1", "=3", "ok=1"])
    assert caught.value.source == "--set"
    assert [line.split(" cannot")[0] for line in caught.value.problems] == [
        "'seed'",
        "'seed.deep=1'",
        "'axis.x=1'",
        "'=3'",
    ]


@given(st.dictionaries(NAMES, st.integers()), NAMES, st.integers())
def test_only_the_key_that_is_set_changes(table: dict[str, Any], key: str, value: int) -> None:
    changed = override(table, [f"{key}={value}"])
    assert changed == {**table, key: value}


def test_all_mistakes_of_a_table_are_listed() -> None:
    with pytest.raises(ConfigError) as caught:
        check_table(Outer, {"nam": "x", "inner": {"size": "big", "sise": 1}}, "file.toml")
    lines = sorted(caught.value.problems)
    assert [line.split(":")[0].split(" = ")[0] for line in lines] == [
        "inner.sise",
        "inner.size",
        "nam",
        "name",
    ]
    assert "did you mean 'size'" in lines[0]
    assert "'big'" in lines[1]
    assert "allowed: inner, name" in lines[2]
    assert "is missing" in lines[3]


def test_good_table_becomes_the_model() -> None:
    assert check_table(Outer, {"name": "x"}, "file.toml") == Outer(name="x")


def test_unknown_name_is_followed_by_the_likely_one_and_all_allowed() -> None:
    assert unknown("metric", "sharp", ["sharpe", "cagr"]) == (
        "no metric 'sharp', did you mean 'sharpe'; allowed: cagr, sharpe"
    )
    assert unknown("metric", "zzz", []) == "no metric 'zzz'; allowed: none"
