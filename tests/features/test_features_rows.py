"""The rows that a pipeline is given: what is refused, what `time` is, what a digest tells."""

import numpy as np
import pandas as pd
import pytest

from peaklib.errors import DataError, FeatureError
from peaklib.features import FeaturePipeline, FeatureSpec
from peaklib.features.rows import rows_of

SECONDS = np.array([0, 60, 120], dtype="datetime64[s]")


def frame(index: object, **columns: object) -> pd.DataFrame:
    return pd.DataFrame(columns or {"close": [1.0, 2.0, 3.0]}, index=index)


def digest(index: object) -> str:
    return rows_of(frame(index)).digest


def test_stamps_of_the_same_numbers_in_other_units_are_other_rows() -> None:
    seconds = pd.DatetimeIndex(SECONDS)
    nanoseconds = pd.DatetimeIndex(seconds.asi8.astype("datetime64[ns]"))
    assert seconds.asi8.tolist() == nanoseconds.asi8.tolist()
    assert digest(seconds) != digest(nanoseconds)


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC"])
def test_the_same_stamps_in_another_unit_are_the_same_rows(unit: str, zone: str | None) -> None:
    index = pd.DatetimeIndex(SECONDS).tz_localize(zone)
    assert digest(index) == digest(index.as_unit(unit))


def test_every_kind_of_index_has_a_digest_of_its_own() -> None:
    stamps = pd.DatetimeIndex(SECONDS)
    kinds = [
        stamps,
        stamps.tz_localize("UTC"),
        stamps.as_unit("ns").asi8,
        stamps.asi8,
        stamps.asi8.astype(float),
        pd.to_timedelta(stamps.asi8, unit="s"),
        stamps.to_period("min"),
        [str(stamp) for stamp in stamps],
        pd.MultiIndex.from_product([["a"], [0, 60, 120]]),
    ]
    assert len({digest(kind) for kind in kinds}) == len(kinds)
    assert digest(None) == digest([0, 1, 2])  # a frame always has an index: 0, 1, 2, …


def test_stamps_that_nanoseconds_do_not_reach_are_refused() -> None:
    index = pd.DatetimeIndex(np.array(["2000", "2300", "2600"], dtype="datetime64[s]"))
    with pytest.raises(DataError, match=r"2600.*from 1677 to 2262"):
        digest(index)


def test_columns_of_one_name_are_refused_by_name() -> None:
    double = pd.DataFrame(np.ones((3, 4)), columns=["close", "x", "close", "x"])
    with pytest.raises(DataError, match="more than one column is called 'close', 'x'"):
        rows_of(double)
    with pytest.raises(DataError, match="called '1'"):
        rows_of(pd.DataFrame({1: [1.0], "1": [2.0]}))


@pytest.mark.parametrize("values", [[1j, 2.0, 3.0], ["a", "b", "c"], SECONDS])
def test_a_column_without_real_numbers_is_refused(values: object) -> None:
    with pytest.raises(DataError, match=r"column 'close' holds .*, no numbers that"):
        rows_of(frame(None, close=values))


def test_whole_numbers_and_truth_values_are_numbers() -> None:
    rows = rows_of(frame(None, count=[1, 2, 3], flag=[True, False, True]))
    np.testing.assert_array_equal(rows.column("count"), [1.0, 2.0, 3.0])
    np.testing.assert_array_equal(rows.column("flag"), [1.0, 0.0, 1.0])


def test_a_column_called_time_is_not_taken_for_stamps() -> None:
    given = frame(None, time=[1.0, 2.0, 3.0], close=[1.0, 2.0, 3.0])
    assert rows_of(given).names == ("close",)
    with pytest.raises(FeatureError, match=r"no column .*'time'.*Rows need a DatetimeIndex"):
        FeaturePipeline(["calendar"]).fit(given)
    with pytest.raises(FeatureError, match="'time' stands for stamps"):
        FeaturePipeline([FeatureSpec("log_return", "1", {}, ("time",))]).fit(given)


def test_stamps_go_before_a_column_called_time() -> None:
    index = pd.DatetimeIndex(SECONDS, tz="UTC")
    rows = rows_of(frame(index, time=[1.0, 2.0, 3.0], close=[1.0, 2.0, 3.0]))
    assert rows.names == ("close", "time")
    assert rows.column("time") is rows.index
