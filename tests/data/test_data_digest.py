"""The digest depends on content alone, and on all of it."""

import hashlib
import struct
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from peaklib.data import frame_digest, load, load_panel
from peaklib.errors import DataError

INDEX = pd.DatetimeIndex(["2024-01-02", "2024-01-03"], tz="UTC", name="time")


def _frame(values: list[float], column: str = "close") -> pd.DataFrame:
    return pd.DataFrame({column: values}, index=INDEX)


def test_the_bytes_are_those_that_the_module_promises() -> None:
    header = (
        b'{"columns":["close"],"dtypes":["float64"],'
        b'"format":"peaklib table 1","rows":2,"table":""}\n'
    )
    stamps = struct.pack("<2q", 1704153600 * 10**9, 1704240000 * 10**9)
    expected = hashlib.sha256(header + stamps + struct.pack("<2d", 1.5, 0.0)).hexdigest()
    assert frame_digest(_frame([1.5, -0.0])) == expected


@pytest.mark.parametrize(
    "same",
    [
        _frame([1.5, 2.5]).set_axis(INDEX.as_unit("s"), axis=0),
        _frame([1.5, 2.5]).set_axis(INDEX.tz_convert("Asia/Tokyo"), axis=0),
        _frame([1.5, 2.5]).rename_axis("date"),
        pd.concat([_frame([1.5, 0.0])[:1], _frame([0.0, 2.5])[1:]]),
    ],
    ids=["unit", "zone", "index name", "memory layout"],
)
def test_storage_does_not_matter(same: pd.DataFrame) -> None:
    assert frame_digest(same) == frame_digest(_frame([1.5, 2.5]))


@pytest.mark.parametrize(
    "other",
    [
        _frame([1.5, np.nextafter(2.5, 3)]),
        _frame([2.5, 1.5]),
        _frame([1.5, 2.5], "open"),
        _frame([1.5, 2.5])[:1],
        _frame([1.5, 2.5]).set_axis(INDEX + pd.Timedelta(1, "ns"), axis=0),
    ],
    ids=["last bit", "order", "column name", "rows", "a nanosecond"],
)
def test_any_change_of_content_shows(other: pd.DataFrame) -> None:
    assert frame_digest(other) != frame_digest(_frame([1.5, 2.5]))


def test_all_nans_are_one_nan() -> None:
    odd = np.array([0x7FF8000000000001, 0xFFF8000000000000], dtype=np.uint64).view(np.float64)
    assert frame_digest(_frame(list(odd))) == frame_digest(_frame([np.nan, np.nan]))


def test_a_table_that_has_no_canonical_bytes_is_refused() -> None:
    with pytest.raises(DataError, match="convert close"):
        frame_digest(_frame([1.5, 2.5]).astype("float32"))
    with pytest.raises(DataError, match="time-zone-aware"):
        frame_digest(_frame([1.5, 2.5]).tz_localize(None))


prices = st.floats(min_value=1e-300, max_value=1e300, allow_nan=False)


@pytest.mark.slow
@settings(max_examples=25)
@given(values=st.lists(prices, min_size=7, max_size=20))
def test_csv_and_parquet_of_the_same_bars_agree(
    values: list[float], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("twins")
    times = pd.date_range("2024-01-01", periods=len(values), freq="D", tz="UTC")
    frame = pd.DataFrame({"Date": times, "Close": values})
    frame.to_csv(folder / "a.csv", index=False)
    frame.to_csv(folder / "a.csv.gz", index=False)
    frame.to_parquet(folder / "b.parquet")
    frame.set_index("Date").to_parquet(folder / "c.parquet")
    twins = [load(folder / name) for name in ("a.csv", "a.csv.gz", "b.parquet", "c.parquet")]
    assert len({twin.digest for twin in twins}) == 1
    assert twins[0].column("close").tolist() == values


def test_a_built_in_series_keeps_its_digest_through_files(tmp_path: Path) -> None:
    sp500 = load("sp500")
    sp500.frame.to_csv(tmp_path / "sp500.csv")
    sp500.frame.to_parquet(tmp_path / "sp500.parquet")
    assert load(tmp_path / "sp500.csv").digest == sp500.digest
    assert load(tmp_path / "sp500.parquet").digest == sp500.digest


def test_a_panel_digest_includes_the_names_of_the_assets(tmp_path: Path) -> None:
    panel = load_panel("stocks20")
    panel.close.to_csv(tmp_path / "same.csv")
    panel.close.rename(columns={"AAPL": "PEAR"}).to_csv(tmp_path / "other.csv")
    assert load_panel(tmp_path / "same.csv").digest == panel.digest
    assert load_panel(tmp_path / "other.csv").digest != panel.digest
