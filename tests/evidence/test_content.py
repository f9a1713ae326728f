"""Content digests: what a pack says, whatever it is stored in and wherever it is computed."""

import base64
import json
import os
import struct
import subprocess
import sys
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra.pandas import column, data_frames, range_indexes

from peaklib.errors import EvidenceError
from peaklib.evidence.canonical import to_json
from peaklib.evidence.content.digest import (
    content_of,
    figure_digest,
    open_table,
    read_table,
    table_digest,
    write_table,
)

NAN = float("nan")


def objects(*values: Any) -> pd.Series:
    return pd.Series(list(values), dtype=object)


def one(values: Any, **options: Any) -> pd.DataFrame:
    return pd.DataFrame({"x": pd.Series(values, **options)})


def with_attributes(frame: pd.DataFrame) -> pd.DataFrame:
    frame.attrs = {"made": "yesterday"}
    return frame


# ---- the definition, by hand ---------------------------------------------------------------


def test_a_small_table_has_the_digest_that_the_definition_gives_by_hand() -> None:
    frame = pd.DataFrame(
        {
            "n": pd.Series([7, None], dtype="Int64"),
            "x": [-0.0, NAN],
            "t": ["ß", None],
            "at": pd.DatetimeIndex(["1969-12-31 23:59:59.5", "1970-01-01"], tz="UTC"),
            "ok": [True, False],
        }
    )
    header = (
        b'{"columns":[{"name":"n","type":"integer"},{"name":"x","type":"number"},'
        b'{"name":"t","type":"text"},{"name":"at","type":"instant"},'
        b'{"name":"ok","type":"boolean"}],"format":"peak-table/1","index":[],"rows":2}\n'
    )
    body = [
        b"\0\1" + struct.pack("<qq", 7, 0),
        struct.pack("<d", 0.0) + bytes.fromhex("000000000000f87f"),
        b"\0\1" + struct.pack("<qq", 2, 0) + "ß".encode(),
        b"\0\0" + struct.pack("<qq", -1, 0) + struct.pack("<ii", 500_000_000, 0),
        b"\0\0" + b"\1\0",
    ]
    assert table_digest(frame) == sha256(header + b"".join(body)).hexdigest()


def test_the_format_stays_what_packs_were_sealed_with() -> None:
    sealed = "edd1e0c278c811b9ba0c85a92705e1059ebc8b97a121eb6c0268b7d13c19c7b0"
    index = pd.date_range("2024-01-01", periods=3, tz="UTC", name="time")
    frame = pd.DataFrame({"equity": [1.0, 1.5, NAN], "side": ["long", "", None]}, index=index)
    assert table_digest(frame) == sealed


# ---- what counts ---------------------------------------------------------------------------

SAME = {
    "kinds of text": [
        one(["a", None], dtype=object),
        one(["a", None], dtype="str"),
        one(["a", None], dtype="string"),
        one(["a", NAN], dtype="string[python]"),
        one(["a", None], dtype=pd.ArrowDtype(pa.string())),
        one(["a", None], dtype=pd.ArrowDtype(pa.large_string())),
        one(["a", None], dtype="category"),
        one(pd.Categorical(["a", None], categories=["z", "a"], ordered=True)),
    ],
    "missing values": [
        one(objects("a", None)),
        one(objects("a", NAN)),
        one(objects("a", pd.NA)),
    ],
    "nothing": [one(objects(None, None)), one(objects(NAN, pd.NA))],
    "widths of integers": [
        *(one([1, 2], dtype=kind) for kind in ("int8", "uint16", "int64", "uint64", "Int32")),
        one([1, 2], dtype="category"),
        one(objects(1, np.int8(2))),
        one([1, 2], dtype=pd.ArrowDtype(pa.int32())),
    ],
    "integers with gaps": [one([1, None], dtype="Int64"), one(objects(1, None))],
    "numbers": [
        one([0.5, NAN], dtype="float16"),
        one([0.5, NAN], dtype="float32"),
        one([0.5, None], dtype="Float64"),
        one(objects(0.5, None)),
        one([0.5, None], dtype=pd.ArrowDtype(pa.float64())),
    ],
    "bits of NaN": [
        one(np.array([0x7FF8000000000000, 0xFFF8000000000001], "u8").view("f8")),
        one([NAN, NAN]),
    ],
    "zeros": [one([0.0]), one([-0.0])],
    "instants": [
        one(pd.DatetimeIndex(["2024-07-01 12:00"], tz="UTC").as_unit(unit))
        for unit in ("s", "ms", "us", "ns")
    ]
    + [one(pd.DatetimeIndex(["2024-07-01 14:00"], tz="Europe/Berlin"))],
    "durations": [one(pd.to_timedelta([-90], unit="s").as_unit(unit)) for unit in ("s", "ns")],
    "true and false": [one([True, None], dtype="boolean"), one(objects(True, None))],
    "counting index": [
        one([1.0, 2.0]),
        one([1.0, 2.0], index=pd.Index([0, 1])),
        one([9.0, 1.0, 2.0]).iloc[1:].reset_index(drop=True),
    ],
    "attributes": [one([1]), with_attributes(one([1]))],
}


@pytest.mark.parametrize("frames", SAME.values(), ids=SAME.keys())
def test_storage_does_not_count(frames: list[pd.DataFrame]) -> None:
    assert len({table_digest(frame) for frame in frames}) == 1


DIFFERENT = {
    "precision": [one([0.1]), one([0.1], dtype="float32")],
    "integer and number": [one([1]), one([1.0])],
    "integer, true and text": [one([1]), one([True]), one(["1"]), one([b"1"], dtype=object)],
    "signs of infinity": [one([np.inf]), one([-np.inf]), one([NAN])],
    "empty and missing text": [one(["", "a"]), one([None, "a"]), one(["a", ""])],
    "borders of text": [one(["ab", "c"]), one(["a", "bc"]), one(["abc", ""])],
    "no values of different types": [
        *(one([], dtype=kind) for kind in ("float64", "int64", "str", object, "bool")),
        one([], dtype="datetime64[us]"),
        one([], dtype="timedelta64[us]"),
        one([], dtype="datetime64[us, UTC]"),
    ],
    "zone and none": [
        one(pd.DatetimeIndex(["2024-01-01"])),
        one(pd.DatetimeIndex(["2024-01-01"], tz="UTC")),
        one(objects(date(2024, 1, 1))),
    ],
    "nanoseconds": [one(pd.DatetimeIndex([1])), one(pd.DatetimeIndex([2]))],
    "large integers": [
        one([2**64 - 1], dtype="uint64"),
        one([-1]),
        one([2**63 - 1]),
        one([2**53 + 1]),
        one([2**53]),
    ],
    "missing and zero": [one([0, 1], dtype="Int64"), one([None, 1], dtype="Int64")],
    "order of rows": [one([1, 2]), one([2, 1])],
    "order of columns": [pd.DataFrame({"a": [1], "b": [1]}), pd.DataFrame({"b": [1], "a": [1]})],
    "names": [pd.DataFrame({"a": [1]}), pd.DataFrame({"b": [1]}), pd.DataFrame({"A": [1]})],
    "shapes without cells": [
        pd.DataFrame(),
        pd.DataFrame(index=range(2)),
        pd.DataFrame(index=range(3)),
        pd.DataFrame({"a": []}),
    ],
    "index": [
        one([1.0, 2.0]),
        one([1.0, 2.0], index=[1, 2]),
        one([1.0, 2.0], index=[1, 0]),
        one([1.0, 2.0], index=pd.RangeIndex(2, name="row")),
        one([1.0, 2.0], index=pd.RangeIndex(0, 4, 2)),
        one([1.0, 2.0], index=["0", "1"]),
        one([1.0, 2.0], index=[0.0, 1.0]),
        one([1.0, 2.0], index=pd.MultiIndex.from_tuples([(0, 0), (1, 1)])),
        one([1.0, 2.0], index=pd.MultiIndex.from_tuples([(0, 0), (1, 1)], names=["a", None])),
        pd.DataFrame({"row": [0, 1], "x": [1.0, 2.0]}),
    ],
}


@pytest.mark.parametrize("frames", DIFFERENT.values(), ids=DIFFERENT.keys())
def test_values_types_names_order_and_index_count(frames: list[pd.DataFrame]) -> None:
    assert len({table_digest(frame) for frame in frames}) == len(frames)


REFUSED = {
    "text and integer": (one(objects("a", 1)), r"column 'x' holds objects .*\(mixed-integer\)"),
    "true and integer": (one(objects(True, 1)), "column 'x' holds objects"),
    "bytes and text": (one(objects(b"a", "b")), "column 'x' holds objects"),
    "date and time": (one(objects(date(2024, 1, 1), datetime(2024, 1, 1, 5))), r"to_datetime"),
    "zones mixed": (
        one(objects(pd.Timestamp("2024"), pd.Timestamp("2024", tz="UTC"))),
        "column 'x' holds objects .*to_datetime",
    ),
    "list": (one(objects([1, 2])), "column 'x' holds objects"),
    "nested": (one([[1]], dtype=pd.ArrowDtype(pa.list_(pa.int64()))), "column 'x' holds list"),
    "decimal": (one(objects(Decimal("1.0"))), r"column 'x' holds objects .*\(decimal\)"),
    "interval": (one(pd.cut([1, 2], 2)), "column 'x' holds extension<pandas.interval"),
    "period": (one(pd.period_range("2024", periods=1, freq="M")), "column 'x' holds extension"),
    "complex": (one([1j]), "column 'x' has no canonical form"),
    "sparse": (one(pd.arrays.SparseArray([0.0])), "column 'x' has no canonical form"),
    "huge integer": (one(objects(2**70)), "column 'x' has no canonical form"),
    "no Unicode": (one(objects("\ud800")), "column 'x' has no canonical form"),
    "number as name": (pd.DataFrame({1: [1]}), "named by text, not by 1"),
    "levels of names": (pd.DataFrame({("a", "b"): [1]}), r"named by text, not by \('a', 'b'\)"),
    "name used twice": (pd.DataFrame([[1, 2]], columns=["a", "a"]), "more than one column 'a'"),
    "number as index name": (one([1.0], index=pd.Index([5], name=3)), "named by text, not by 3"),
    "odd index": (
        one([1.0], index=pd.Index(objects((1, 2).__class__), name="i")),
        "index level 'i' holds objects",
    ),
    "index of periods": (
        one([1.0], index=pd.period_range("2024", periods=1, freq="M", name="month")),
        "index level 'month' holds extension",
    ),
}


@pytest.mark.parametrize(("frame", "says"), REFUSED.values(), ids=REFUSED.keys())
def test_a_table_without_canonical_form_is_refused_before_it_is_written(
    frame: pd.DataFrame, says: str, tmp_path: Path
) -> None:
    with pytest.raises(EvidenceError, match=says):
        table_digest(frame)
    with pytest.raises(EvidenceError, match=says):
        write_table(tmp_path / "x.parquet", frame)
    assert not list(tmp_path.iterdir())


# ---- through Parquet -----------------------------------------------------------------------

TEXT = st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
WHOLE = st.none() | st.integers(-(2**63), 2**63 - 1)


@st.composite
def frames(draw: st.DrawFn) -> pd.DataFrame:
    frame = draw(
        data_frames(
            [
                column("f64", dtype="f8"),
                column("f32", dtype="f4"),
                column("f16", dtype="f2"),
                column("i8", dtype="i1"),
                column("u64", dtype="u8"),
                column("flag", dtype=bool),
                column("ns", dtype="M8[ns]"),
                column("s", dtype="M8[s]", elements=st.integers(-(2**40), 2**40).map(_seconds)),
                column("span", dtype="m8[ns]"),
            ],
            index=range_indexes(max_size=6),
        )
    )
    rows = len(frame)
    texts = draw(st.lists(TEXT, min_size=rows, max_size=rows))
    wholes = draw(st.lists(WHOLE, min_size=rows, max_size=rows))
    frame["object"] = pd.Series(texts, dtype=object)
    frame["str"] = pd.Series(texts, dtype="str")
    frame["category"] = pd.Series(texts, dtype="category")
    frame["Int64"] = pd.Series(wholes, dtype="Int64")
    frame["integers"] = pd.Series(wholes, dtype=object)
    frame["bytes"] = pd.Series([None if t is None else t.encode() for t in texts], dtype=object)
    frame["days"] = pd.Series(
        [None if t is None else date(2024, 1, 1) for t in texts], dtype=object
    )
    frame["zone"] = pd.Series(frame["ns"]).dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo")
    kept = draw(st.lists(st.sampled_from(list(frame.columns)), unique=True, min_size=1))
    index = draw(st.sampled_from([[], ["i8"], ["str", "ns"]]))
    return frame[list(dict.fromkeys([*kept, *index]))].set_index(index) if index else frame[kept]


def _seconds(value: int) -> np.datetime64:
    return np.datetime64(value, "s")


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(frames(), st.integers(1, 4), st.sampled_from(["NONE", "snappy", "zstd"]))
def test_the_digest_survives_parquet(
    tmp_path_factory: pytest.TempPathFactory, frame: pd.DataFrame, rows: int, compression: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "survives.parquet"
    write_table(path, frame)
    wanted = table_digest(frame)
    assert open_table(path)[0].digest == wanted
    assert table_digest(read_table(path)[0]) == wanted
    other = pa.Table.from_pandas(frame)
    pq.write_table(
        other, path, row_group_size=rows, compression=compression, use_dictionary=rows % 2 == 0
    )
    assert open_table(path)[0].digest == wanted
    assert table_digest(pd.read_parquet(path, dtype_backend="pyarrow")) == wanted


def test_a_file_that_pandas_never_saw_has_the_digest_of_the_same_frame(tmp_path: Path) -> None:
    stored = pa.table(
        {
            "n": pa.array([1, None, 3], pa.int16()),
            "t": pa.chunked_array([["a"], [None, "b"]], pa.string_view()),
            "d": pa.array([0, 1, None], pa.date64()),
            "c": pa.DictionaryArray.from_arrays([1, 0, None], ["x", "y"]),
            "z": pa.array([0, 1, 2], pa.timestamp("ms", "America/New_York")),
        }
    )
    pq.write_table(stored, tmp_path / "x.parquet")
    frame = pd.DataFrame(
        {
            "n": pd.Series([1, None, 3], dtype="Int64"),
            "t": ["a", None, "b"],
            "d": objects(date(1970, 1, 1), date(1970, 1, 1), None),
            "c": ["y", "x", None],
            "z": pd.to_datetime([0, 1, 2], unit="ms", utc=True),
        }
    )
    assert open_table(tmp_path / "x.parquet")[0].digest == table_digest(frame)
    assert table_digest(read_table(tmp_path / "x.parquet")[0]) == table_digest(frame)


def test_the_same_frame_gives_the_same_file(tmp_path: Path) -> None:
    frame = pd.DataFrame({"run_id": ["a", "b"], "x": [1.0, NAN]})
    for name in ("one", "two"):
        write_table(tmp_path / name, frame, ("run_id",))
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


# ---- incidental columns --------------------------------------------------------------------


def test_incidental_columns_are_kept_and_are_no_content(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    frame = pd.DataFrame({"run_id": ["a1", "b2"], "x": [1.0, 2.0], "seconds": [0.1, 0.2]})
    write_table(path, frame, ("run_id", "seconds"))
    back, incidental = read_table(path)
    pd.testing.assert_frame_equal(back, frame)
    assert incidental == ("run_id", "seconds")
    assert pd.read_parquet(path).attrs == {"incidental": ["run_id", "seconds"]}
    assert open_table(path)[0].digest == table_digest(frame[["x"]])
    assert open_table(path)[0].digest != table_digest(frame)


def test_an_incidental_column_may_hold_anything_that_can_be_stored(tmp_path: Path) -> None:
    write_table(tmp_path / "x", one(pd.period_range("2024", periods=1, freq="M")), ("x",))
    assert read_table(tmp_path / "x")[0]["x"].dtype == "period[M]"


def test_an_incidental_column_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match=r"'run' is named as incidental .* has x"):
        write_table(tmp_path / "x", one([1.0]), ("run",))


def test_attributes_of_a_frame_are_left_behind(tmp_path: Path) -> None:
    frame = one([1.0])
    frame.attrs = {"no": {"json"}}
    write_table(tmp_path / "x", frame)
    assert pd.read_parquet(tmp_path / "x").attrs == read_table(tmp_path / "x")[0].attrs == {}
    assert frame.attrs == {"no": {"json"}}


# ---- damaged files -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "damage",
    [lambda raw: b"", lambda raw: raw[: len(raw) // 2], lambda raw: b"PAR1" + b"x" * 99 + b"PAR1"],
    ids=["empty", "cut", "rubbish"],
)
def test_a_damaged_table_is_named(damage: Any, tmp_path: Path) -> None:
    path = tmp_path / "trials.parquet"
    write_table(path, one([1.0, 2.0]))
    path.write_bytes(damage(path.read_bytes()))
    for read in (read_table, open_table):
        with pytest.raises(EvidenceError, match=r"trials\.parquet cannot be read as Parquet"):
            read(path)


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        (b"PANDAS_ATTRS", b"{", "name no incidental columns that can be read"),
        (b"PANDAS_ATTRS", b"[]", "name no incidental columns that can be read"),
        (b"PANDAS_ATTRS", b'{"incidental":[1]}', "name no incidental columns that can be read"),
        (b"PANDAS_ATTRS", b'{"incidental":["y"]}', "'y' is named as incidental"),
        (b"pandas", b"{", "notes on the index cannot be read"),
        (b"pandas", b'{"index_columns":["y"]}', "notes on the index cannot be read"),
    ],
)
def test_damaged_notes_in_a_file_are_named(
    key: bytes, value: bytes, says: str, tmp_path: Path
) -> None:
    path = tmp_path / "x.parquet"
    stored = pa.table({"x": [1.0]}).replace_schema_metadata({key: value})
    pq.write_table(stored, path)
    with pytest.raises(EvidenceError, match=rf"x\.parquet: .*{says}"):
        open_table(path)


# ---- figures -------------------------------------------------------------------------------


def typed(values: Any, kind: str, **more: Any) -> dict[str, Any]:
    data = base64.b64encode(np.asarray(values, f"<{kind}").tobytes()).decode()
    return {"dtype": kind, "bdata": data, **more}


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ({"y": typed([1, 2.5], "f8")}, {"y": [1.0, 2.5]}),
        ({"y": typed([0.0, NAN], "f8")}, {"y": [-0.0, None]}),
        ({"y": typed([-0.0], "f4")}, {"y": typed([0.0], "f8")}),
        ({"y": typed([1, 2], "i1")}, {"y": typed([1, 2], "u2")}),
        ({"z": typed([1, 2, 3, 4, 5, 6], "i4", shape="2, 3")}, {"z": [[1, 2, 3], [4, 5, 6]]}),
        ({"z": typed([1, 2], "i4", shape=[2, 1])}, {"z": [[1], [2]]}),
        ({"a": 1, "b": {"c": 2, "d": 3}}, {"b": {"d": 3, "c": 2}, "a": 1}),
        ([{"x": 1}, [typed([1], "f8")]], [{"x": 1.0}, [[1]]]),
    ],
)
def test_figures_that_say_the_same_have_one_digest(left: Any, right: Any) -> None:
    assert figure_digest(left) == figure_digest(right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ({"y": typed([0.1], "f4")}, {"y": typed([0.1], "f8")}),
        ({"y": typed([1, 2], "i4")}, {"y": typed([2, 1], "i4")}),
        ({"y": typed([1, 2], "i4")}, {"y": typed([1, 2], "i4", shape="1, 2")}),
        ({"y": typed([np.inf], "f8")}, {"y": typed([NAN], "f8")}),
        ({"y": [1]}, {"y": [True]}),
        ({"y": None}, {}),
    ],
)
def test_figures_that_say_other_things_differ(left: Any, right: Any) -> None:
    assert figure_digest(left) != figure_digest(right)


def test_plotly_writes_arrays_and_lists_of_the_same_numbers_with_one_digest() -> None:
    grid = np.linspace(-1, 1, 12).reshape(3, 4)
    array, lists = (go.Figure([go.Heatmap(z=z), go.Scatter(y=z[0])]) for z in (grid, grid.tolist()))
    assert '"bdata"' in (array.to_json() or "")
    assert '"bdata"' not in (lists.to_json() or "")
    digests = {figure_digest(json.loads(figure.to_json() or "")) for figure in (array, lists)}
    assert len(digests) == 1


@pytest.mark.parametrize(
    "damaged",
    [
        {"dtype": "f8", "bdata": "???"},
        {"dtype": "f8", "bdata": base64.b64encode(b"1234567").decode()},
        {"dtype": "f9", "bdata": ""},
        {"dtype": "f8", "bdata": None},
        typed([1, 2, 3], "f8", shape="2, 2"),
    ],
)
def test_a_typed_array_that_cannot_be_decoded_is_refused(damaged: Any) -> None:
    with pytest.raises(EvidenceError, match=r"a typed array of type 'f[89]' .* cannot be decoded"):
        figure_digest({"data": [{"y": damaged}]})


# ---- packs ---------------------------------------------------------------------------------


def make_pack(folder: Path, factor: float = 1.0) -> Path:
    for name in ("outputs/tables/deep", "outputs/figures"):
        (folder / name).mkdir(parents=True)
    outputs = folder / "outputs"
    (outputs / "metrics.json").write_bytes(to_json({"sharpe": 0.5 * factor, "big": 1e17, "n": NAN}))
    frame = pd.DataFrame({"x": [1.0, 2.0], "run_id": ["a", "b"]})
    write_table(outputs / "tables/trials.parquet", frame, ("run_id",))
    write_table(outputs / "tables/deep/a.b.parquet", frame)
    (outputs / "figures/map.json").write_text('{"data": [{"y": [1e17, 2]}]}')
    return folder


def test_the_content_of_a_pack_can_be_computed_again_from_its_parts(tmp_path: Path) -> None:
    content = content_of(make_pack(tmp_path / "pack"))
    trials = table_digest(pd.DataFrame({"x": [1.0, 2.0]}))
    deep = table_digest(pd.DataFrame({"x": [1.0, 2.0], "run_id": ["a", "b"]}))
    figure = sha256(b'{"data":[{"y":[100000000000000000,2]}]}').hexdigest()
    whole = (
        f'{{"figures":{{"map":"{figure}"}},"format":"peak-content/1",'
        '"metrics":{"big":100000000000000000,"n":null,"sharpe":0.5},'
        f'"tables":{{"deep/a.b":"{deep}","trials":"{trials}"}}}}'
    )
    assert content == {
        "digest": sha256(whole.encode()).hexdigest(),
        "tables": {
            "deep/a.b": {"digest": deep, "incidental": []},
            "trials": {"digest": trials, "incidental": ["run_id"]},
        },
        "figures": {"map": figure},
    }
    assert to_json(content)  # it goes into run.json


def test_pictures_logs_records_and_half_written_files_are_no_content(tmp_path: Path) -> None:
    pack = make_pack(tmp_path / "pack")
    before = content_of(pack)
    for name in ("run.json", "run.log", "outputs/figures/map.png", "outputs/tables/x.parquet.part"):
        (pack / name).write_bytes(b"\0")
    assert content_of(pack) == before


def test_a_pack_without_outputs_has_a_content(tmp_path: Path) -> None:
    content = content_of(tmp_path)
    assert (content["tables"], content["figures"]) == ({}, {})


def test_a_folder_that_is_not_there_has_no_content(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="nowhere is no folder of a run"):
        content_of(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("metrics.json", b"{", r"metrics\.json cannot be read as JSON"),
        ("metrics.json", b"\xff", r"metrics\.json cannot be read as JSON"),
        ("metrics.json", b'{"a":NaN}', r"metrics\.json cannot be read as JSON: NaN is no JSON"),
        ("metrics.json", b"[1]", r"metrics\.json holds list instead of metrics by name"),
        ("figures/map.json", b"{", r"map\.json cannot be read as JSON"),
        ("figures/map.json", b'{"dtype":"x","bdata":""}', r"map\.json: a typed array"),
    ],
)
def test_a_damaged_output_is_named(name: str, text: bytes, says: str, tmp_path: Path) -> None:
    pack = make_pack(tmp_path / "pack")
    (pack / "outputs" / name).write_bytes(text)
    with pytest.raises(EvidenceError, match=says):
        content_of(pack)


@pytest.mark.slow
def test_machine_settings_do_not_count(tmp_path: Path) -> None:
    pack = make_pack(tmp_path / "pack")
    frame = pd.DataFrame(
        {"c": pd.Categorical(list("bca") * 50_000), "x": np.linspace(0, 1, 150_000)},
        index=pd.date_range("2024-03-30", periods=150_000, freq="min", tz="Europe/Berlin"),
    )
    write_table(pack / "outputs/tables/large.parquet", frame)
    script = (
        "import sys, pathlib; from peaklib.evidence.content.digest import *;"
        "p = pathlib.Path(sys.argv[1]); f = read_table(p / 'outputs/tables/large.parquet')[0];"
        "print(content_of(p)['digest'], table_digest(f))"
    )
    answers = set()
    for zone, words, seed, threads in (("UTC", "C", "0", "1"), ("Asia/Tokyo", "C.UTF-8", "7", "4")):
        settings = {"TZ": zone, "LC_ALL": words, "PYTHONHASHSEED": seed, "OMP_NUM_THREADS": threads}
        command = [sys.executable, "-c", script, str(pack)]
        made = subprocess.run(
            command, env={**os.environ, **settings}, capture_output=True, text=True, check=True
        )
        answers.add(made.stdout)
    assert answers == {f"{content_of(pack)['digest']} {table_digest(frame)}\n"}
