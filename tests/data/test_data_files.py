"""Files: spellings, stamps, options."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from peaklib.data import Dataset, from_frame, load
from peaklib.errors import DataError

ROWS = "\n2024-01-02,10,12,9,11,100\n2024-01-03,11,13,10,12,200\n"


@pytest.mark.parametrize(
    "header",
    [
        "time,open,high,low,close,volume",
        "Date,Open,High,Low,Close,Volume",
        "TIMESTAMP,OPEN,HIGH,LOW,CLOSE,VOL",
        "Open time,Open price,High price,Low price,Close price,Volume",
        "open_time,o,h,l,c,v",
        " Date , Open , High , Low , Close , Volume ",
        ",Open,High,Low,Close,Volume",
        "\ufeffDate,Open,High,Low,Close,Volume",
    ],
)
def test_usual_spellings_mean_the_same(header: str, write: Callable[..., Path]) -> None:
    frame = load(write(header + ROWS)).frame
    assert list(frame.columns) == ["open", "high", "low", "close", "volume"]
    assert frame.to_numpy().tolist() == [[10, 12, 9, 11, 100], [11, 13, 10, 12, 200]]
    assert frame.index.to_list() == [
        pd.Timestamp("2024-01-02", tz="UTC"),
        pd.Timestamp("2024-01-03", tz="UTC"),
    ]


def test_the_order_of_the_columns_does_not_matter(write: Callable[..., Path]) -> None:
    a = load(write("Date,Open,High,Low,Close\n2024-01-02,2,4,1,3\n2024-01-03,3,5,2,4\n", "a.csv"))
    b = load(write("Close,Low,Date,High,Open\n3,1,2024-01-02,4,2\n4,2,2024-01-03,5,3\n", "b.csv"))
    assert a.digest == b.digest


def test_single_letters_need_all_four(write: Callable[..., Path]) -> None:
    with pytest.raises(DataError, match="no price column"):
        load(write("time,c,x\n2024-01-02,1,1\n2024-01-03,1,1\n"))


def test_bars_without_volume_have_no_such_column(write: Callable[..., Path]) -> None:
    bars = load(write("Date,Open,High,Low,Close\n2024-01-02,2,4,1,3\n2024-01-03,3,5,2,4\n"))
    with pytest.raises(DataError, match="no column 'volume'; it has open, high, low, close"):
        bars.column("volume")
    assert bars.quality().zero_volume is None


@pytest.mark.parametrize("header", ["Date,Close", "DATE,DGS10", "Date,Price"])
def test_one_value_column_is_the_close(header: str, write: Callable[..., Path]) -> None:
    series = load(write(f"{header}\n2024-01-02,4.5\n2024-01-03,4.25\n"))
    assert list(series.frame.columns) == ["close"]
    with pytest.raises(DataError, match="one value a day"):
        series.column("high")


def test_columns_that_are_not_used_are_named(write: Callable[..., Path]) -> None:
    path = write("Date,Close,Dividends,Volume\n2024-01-02,1,0,7\n2024-01-03,2,0,8\n")
    assert load(path).meta.notes == ("columns not used: Dividends, Volume",)


ADJUSTED = """Date,Open,High,Low,Close,Adj Close,Volume
2024-01-02,10,12,8,10,5,100
2024-01-03,10,11,9,10,10,200
"""


@pytest.mark.parametrize("spelling", ["Adj Close", "adj_close", "AdjClose", "Adjusted Close"])
def test_an_adjusted_close_scales_the_other_prices_on_request(
    spelling: str, write: Callable[..., Path]
) -> None:
    path = write(ADJUSTED.replace("Adj Close", spelling))
    plain, adjusted = load(path), load(path, adjusted=True)
    assert plain.frame.iloc[0].tolist() == [10, 12, 8, 10, 100]
    assert adjusted.frame.iloc[0].tolist() == [5, 6, 4, 5, 100]
    assert adjusted.frame.iloc[1].tolist() == [10, 11, 9, 10, 200]
    assert (plain.meta.adjusted, adjusted.meta.adjusted) == (False, True)
    assert plain.meta.notes == ()


def test_rounding_of_the_adjustment_keeps_high_and_low_outside() -> None:
    rng = np.random.default_rng(5)
    close = rng.uniform(1, 2, 500)
    bars = {"open": close, "high": close, "low": close, "close": close}
    bars["adj close"] = close * rng.uniform(0.3, 0.9, 500)
    index = pd.date_range("2020-01-01", periods=500, freq="B", tz="UTC")
    frame = from_frame(pd.DataFrame(bars, index=index), name="x", adjusted=True).frame
    assert (frame.high >= frame[["open", "close"]].max(axis=1)).all()
    assert (frame.low <= frame[["open", "close"]].min(axis=1)).all()
    np.testing.assert_allclose(frame.high, frame.close, rtol=1e-15)


def test_an_adjusted_close_that_is_not_there_is_an_error(bars_csv: Path) -> None:
    with pytest.raises(DataError, match="no adjusted close among 'Date', 'Open'"):
        load(bars_csv, adjusted=True)


def test_rows_without_a_value_are_dropped_only_on_request(write: Callable[..., Path]) -> None:
    path = write("Date,Close\n2024-01-02,1\n2024-01-03,.\n2024-01-04,\n2024-01-05,2\n")
    with pytest.raises(DataError, match=r"row 2 \(2024-01-03.*missing='drop'"):
        load(path)
    series = load(path, missing="drop", bars_per_year=252)
    assert series.column("close").tolist() == [1.0, 2.0]
    assert series.meta.dropped == ("2024-01-03", "2024-01-04")
    assert series.quality().dropped == ("2024-01-03", "2024-01-04")


def test_a_missing_adjusted_close_is_no_concern_of_unadjusted_prices(
    write: Callable[..., Path],
) -> None:
    path = write(ADJUSTED.replace(",5,100", ",,100"))
    assert len(load(path)) == 2
    with pytest.raises(DataError, match="column 'Adj Close': the value is missing"):
        load(path, adjusted=True)


def _stamps(data: Dataset) -> list[str]:
    return [stamp.isoformat() for stamp in data.frame.index]


@pytest.mark.parametrize(
    ("first", "second", "options"),
    [
        ("2024-01-02 09:30", "2024-01-02 10:30", {"timezone": "America/New_York"}),
        ("2024-01-02T14:30:00Z", "2024-01-02T15:30:00Z", {}),
        ("2024-01-02 09:30:00-05:00", "2024-01-02 10:30:00-05", {"timezone": "Asia/Tokyo"}),
        ("1704205800", "1704209400", {"stamp_unit": "s"}),
        ("1704205800000", "1704209400000", {"stamp_unit": "ms"}),
        ("1704205800000000", "1704209400000000", {"stamp_unit": "us"}),
        ("1704205800000000000", "1704209400000000000", {"stamp_unit": "ns"}),
        ("02.01.2024 14:30", "02.01.2024 15:30", {"stamp_format": "%d.%m.%Y %H:%M"}),
    ],
)
def test_stamps_become_utc(
    first: str, second: str, options: dict[str, Any], write: Callable[..., Path]
) -> None:
    bars = load(write(f"time,close\n{first},1\n{second},2\n"), bars_per_year=1, **options)
    assert _stamps(bars) == ["2024-01-02T14:30:00+00:00", "2024-01-02T15:30:00+00:00"]
    assert bars.frame.index.name == "time"


@pytest.mark.parametrize(
    ("stamp", "options", "message"),
    [
        ("2024-03-10 02:30", {"timezone": "America/New_York"}, "where clocks change"),
        ("2024-11-03 01:30", {"timezone": "America/New_York"}, "where clocks change"),
        ("1704205800", {}, "pass stamp_unit="),
        ("20240102", {}, "pass stamp_unit="),
        ("2024-01-02", {"stamp_unit": "s"}, "not a whole number"),
        ("1704205800000000", {"stamp_unit": "s"}, "no time between 1678 and 2261"),
        ("99999999999999999999", {"stamp_unit": "ns"}, "no time between 1678 and 2261"),
        ("2024-01-02", {"stamp_format": "%d.%m.%Y"}, "does not fit '%d.%m.%Y'"),
    ],
)
def test_a_stamp_that_names_no_instant_is_an_error(
    stamp: str, options: dict[str, Any], message: str, write: Callable[..., Path]
) -> None:
    with pytest.raises(DataError, match=rf"row 1 \({stamp}\), column 'time': .*{message}"):
        load(write(f"time,close\n{stamp},1\n{stamp},2\n"), **options)


def test_parquet_stamps_of_every_type_agree(tmp_path: Path) -> None:
    days = pd.date_range("2024-01-02", periods=8, freq="B")
    close = np.arange(1.0, 9.0)
    tables = {
        "naive": pd.DataFrame({"time": days, "close": close}),
        "aware": pd.DataFrame({"time": days.tz_localize("UTC"), "close": close}),
        "dates": pd.DataFrame({"time": days.date, "close": close}),
        "texts": pd.DataFrame({"time": days.strftime("%Y-%m-%d"), "close": close}),
        "seconds": pd.DataFrame({"time": days.as_unit("s").asi8, "close": close}),
        "index": pd.DataFrame({"close": close}, index=days),
        "named index": pd.DataFrame({"close": close}, index=days.rename("Date")),
        "text index": pd.DataFrame({"close": close}, index=days.strftime("%F").rename("Date")),
        "nullable": pd.DataFrame({"time": days, "close": pd.array(close, dtype="Float64")}),
        "filtered": pd.DataFrame({"time": days, "close": close}, index=range(5, 45, 5)),
    }
    for name, table in tables.items():
        table.to_parquet(tmp_path / f"{name}.parquet")
    loaded = {
        name: load(
            tmp_path / f"{name}.parquet", stamp_unit="s" if name == "seconds" else None
        ).digest
        for name in tables
    }
    assert len(set(loaded.values())) == 1, loaded


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"missing": "fill"}, "missing is 'fill'; use one of 'error', 'drop'"),
        ({"kind": "stock"}, "kind is 'stock'"),
        ({"stamp_unit": "h"}, "stamp_unit is 'h'"),
        ({"timezone": "Mars/Olympus"}, "timezone 'Mars/Olympus' is unknown"),
        ({"stamp_unit": "s", "stamp_format": "%Y"}, "pass one of them"),
    ],
)
def test_an_option_out_of_range_is_an_error(
    options: dict[str, Any], message: str, bars_csv: Path
) -> None:
    with pytest.raises(DataError, match=message):
        load(bars_csv, **options)


@pytest.mark.parametrize("source", ["sp500", "synthetic:garch"])
@pytest.mark.parametrize(
    "options",
    [
        {"timezone": "Europe/Berlin"},
        {"stamp_unit": "s"},
        {"stamp_format": "%Y"},
        {"name": "mine"},
        {"kind": "rate"},
        {"currency": "EUR"},
    ],
)
def test_options_of_files_are_refused_elsewhere(source: str, options: dict[str, Any]) -> None:
    with pytest.raises(DataError, match=f"{next(iter(options))} cannot be chosen"):
        load(source, **options)


def test_a_file_keeps_what_the_caller_says_about_it(bars_csv: Path) -> None:
    bars = load(
        bars_csv, name="mine", currency="EUR", kind="index", timezone="UTC", bars_per_year=250
    )
    assert bars.name == "mine"
    assert load(bars_csv).name == "bars"
    meta = bars.meta.to_json()
    assert (meta["currency"], meta["kind"], meta["source"]) == ("EUR", "index", "file bars.csv")
    assert (meta["bars_per_year"], meta["bars_per_year_basis"]) == (250.0, "given")
    assert meta["interval"] == "P1DT0H0M0S"
    assert bars.digest == load(bars_csv).digest
