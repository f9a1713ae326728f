"""A data set guards its numbers; sub-periods are data sets of their own."""

import datetime as dt
import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from peaklib.data import Dataset, frame_digest, from_frame, load
from peaklib.errors import DataError


@pytest.fixture
def bars(bars_csv: Path) -> Dataset:
    return load(bars_csv)


def test_changing_the_frame_leaves_the_data_set_alone(bars: Dataset) -> None:
    frame = bars.frame
    frame["sma"] = 1.0
    frame["close"] = 0.0
    frame.iloc[0, 0] = 99.0
    assert list(bars.frame.columns) == ["open", "high", "low", "close", "volume"]
    assert bars.column("close").tolist() == [11, 12, 13, 14, 15]
    assert bars.column("open")[0] == 10
    assert frame_digest(bars.frame) == bars.digest


def test_a_frame_given_in_memory_is_not_shared() -> None:
    index = pd.date_range("2024-01-02", periods=5, freq="B", tz="UTC")
    frame = pd.DataFrame({"close": np.arange(1.0, 6.0)}, index=index)
    made = from_frame(frame, name="mine")
    frame.iloc[0, 0] = 99.0
    assert made.column("close")[0] == 1.0


@pytest.mark.parametrize("name", ["open", "high", "low", "close", "volume"])
def test_a_column_is_read_only_contiguous_float64(bars: Dataset, name: str) -> None:
    column = bars.between("2024-01-03", "2024-01-05").column(name)
    assert column.dtype == np.float64
    assert column.flags.c_contiguous
    with pytest.raises(ValueError, match="read-only"):
        column[0] = 1.0


def test_its_fields_cannot_be_replaced(bars: Dataset) -> None:
    with pytest.raises(AttributeError):
        bars.name = "other"  # type: ignore[misc]


def test_it_travels_between_processes(bars: Dataset) -> None:
    again = pickle.loads(pickle.dumps(bars))
    pd.testing.assert_frame_equal(again.frame, bars.frame)
    assert (again.name, again.digest, again.meta) == (bars.name, bars.digest, bars.meta)


def test_it_says_what_it_is(bars: Dataset) -> None:
    assert len(bars) == 5
    assert repr(bars) == (
        f"Dataset('bars', 5 bars, 2024-01-02 to 2024-01-08, digest {bars.digest[:8]})"
    )


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        (None, None, [2, 3, 4, 5, 8]),
        ("2024-01-03", "2024-01-05", [3, 4, 5]),
        ("2024-01-06", None, [8]),
        (None, "2024-01-07", [2, 3, 4, 5]),
        ("2024", "2024-01", [2, 3, 4, 5, 8]),
        (dt.date(2024, 1, 4), dt.date(2024, 1, 4), [4]),
        (pd.Timestamp("2024-01-04", tz="UTC"), pd.Timestamp("2024-01-05"), [4, 5]),
        ("2024-01-04T00:00+01:00", "2024-01-05T00:00-01:00", [4, 5]),
        ("2024-01-04T01:00", "2024-01-05T00:00", [5]),
    ],
)
def test_a_period_includes_both_ends(
    bars: Dataset, start: object, end: object, days: list[int]
) -> None:
    part = bars.between(start, end)  # type: ignore[arg-type]
    assert [stamp.day for stamp in part.frame.index] == days
    assert part.digest == frame_digest(part.frame)
    assert (part.name, part.meta) == (bars.name, bars.meta)
    assert (part.digest == bars.digest) == (len(part) == 5)


def test_bounds_without_a_zone_are_taken_in_the_zone_of_the_sessions() -> None:
    index = pd.date_range("2024-01-02", periods=48, freq="h", tz="Asia/Tokyo")
    made = from_frame(
        pd.DataFrame({"close": 1.0}, index=index), name="x", timezone="Asia/Tokyo", bars_per_year=1
    )
    second = made.between("2024-01-03")
    assert len(second) == 24
    assert second.frame.index[0] == pd.Timestamp("2024-01-02T15:00Z")


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        ("2025", None, "no bar between 2025.*the data run from 2024-01-02"),
        ("2024-01-05", "2024-01-03", "no bar between"),
        ("soon", None, "'soon' is not a point in time"),
        ("2024-13", None, "'2024-13' is not a point in time"),
    ],
)
def test_a_period_without_bars_is_an_error(
    bars: Dataset, start: str, end: str | None, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        bars.between(start, end)
