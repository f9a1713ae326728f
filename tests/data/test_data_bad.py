"""Every kind of bad data is refused with the row and the column."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from peaklib.data import from_frame, load
from peaklib.errors import DataError

GOOD = [
    "2024-01-02,10,12,9,11,100",
    "2024-01-03,11,13,10,12,200",
    "2024-01-04,12,14,11,13,300",
    "2024-01-05,13,15,12,14,400",
]
STAMP3 = r"row 3 \(2024-01-04T00:00:00\+00:00\)"

BAD_ROW_3 = [
    ("soon,12,14,11,13,300", r"row 3 \(soon\), column 'Date': not a time"),
    ("2024-02-30,12,14,11,13,300", r"row 3 \(2024-02-30\), column 'Date': not an ISO 8601"),
    ("1/4/2024,12,14,11,13,300", r"row 3 \(1/4/2024\).*stamp_format="),
    ("now,12,14,11,13,300", r"row 3 \(now\), column 'Date': not a time"),
    (",12,14,11,13,300", r"row 3 .*column 'Date': the stamp is missing"),
    ("1500-01-04,12,14,11,13,300", r"row 3 .*outside the years 1678 to 2261"),
    ("2024-01-04T00:00Z,12,14,11,13,300", r"row 1 .*no time zone, while other rows have one"),
    ("2024-01-03,12,14,11,13,300", r"row 3 .*'Date': same stamp as row 2"),
    ("2024-01-01,12,14,11,13,300", r"row 3 .*'Date': earlier than row 2 .*sort"),
    ("2024-01-04,12,,11,13,300", STAMP3 + ", column 'High': the value is missing"),
    ("2024-01-04,12,null,11,13,300", STAMP3 + ", column 'High': the value is missing"),
    ("2024-01-04,12,14,11", STAMP3 + ", column 'Close': the value is missing"),
    ("2024-01-04,12,inf,11,13,300", STAMP3 + ", column 'High': inf is not finite"),
    ("2024-01-04,12,14,11,1e999,300", STAMP3 + ", column 'Close': inf is not finite"),
    ("2024-01-04,12,14,11,n/k,300", STAMP3 + ", column 'Close': 'n/k' is not a number"),
    ("2024-01-04,12,1_4,11,13,300", STAMP3 + ", column 'High': '1_4' is not a number"),
    ("2024-01-04,0,14,0,13,300", STAMP3 + ", column 'Open': 0.0 is not a price"),
    ("2024-01-04,12,14,-11,13,300", STAMP3 + ", column 'Low': -11.0 is not a price"),
    ("2024-01-04,12,10,11,13,300", STAMP3 + ", column 'High': high 10.0 is below low 11.0"),
    ("2024-01-04,12,12.5,11,13,300", STAMP3 + ", column 'High': high 12.5 is below close 13.0"),
    ("2024-01-04,15,14,11,13,300", STAMP3 + ", column 'High': high 14.0 is below open 15.0"),
    ("2024-01-04,12,14,12.5,13,300", STAMP3 + ", column 'Low': low 12.5 is above open 12.0"),
    ("2024-01-04,13,14,12.5,12,300", STAMP3 + ", column 'Low': low 12.5 is above close 12.0"),
    ("2024-01-04,12,14,11,13,-1", STAMP3 + ", column 'Volume': -1.0 is negative"),
    ("2024-01-04,12,14,11,13,300,7", "Expected 6 fields in line 3, saw 7"),
]


@pytest.mark.parametrize(("row", "message"), BAD_ROW_3)
def test_a_bad_row_is_named(row: str, message: str, write: Callable[..., Path]) -> None:
    lines = ["Date,Open,High,Low,Close,Volume", *GOOD]
    lines[3] = row
    path = write("\n".join(lines))
    with pytest.raises(DataError, match=message) as refused:
        load(path)
    assert str(path) in str(refused.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no columns at all"),
        ("Date,Open,High,Low,Close\n", "no rows"),
        ("Date,Close\n2024-01-02,1\n", "at least two"),
        ("Date;Close\n2024-01-02;1\n", "separate columns by commas"),
        ("when,close\n2024-01-02,1\n", "no time column among 'when', 'close'"),
        ("Date,Timestamp,Close\n2024-01-02,1,1\n", "both 'Date' and 'Timestamp'"),
        ("Date,Close,CLOSE\n2024-01-02,1,1\n", "both 'Close' and 'CLOSE' could be the close"),
        ("Date,Open,Close\n2024-01-02,1,1\n", "has open, close but no high, low"),
        ("Date,bid,ask\n2024-01-02,1,1\n", "no price column among"),
        ("Date,Adj Close\n2024-01-02,1\n", "the only price is an adjusted close"),
        ("Date,Close\n2024-01-02,1,7\n2024-01-03,2,8\n", "3 cells under 2 headers"),
        ("Date,Close,Volume\n2024-01-02,1\n2024-01-03,2\n", "2 cells under 3 headers"),
        ("Date,Close\n2024-01-02,.\n2024-01-03,.\n", "value is missing"),
    ],
)
def test_a_table_that_is_none_is_refused(
    text: str, message: str, write: Callable[..., Path]
) -> None:
    with pytest.raises(DataError, match=message):
        load(write(text))


@pytest.mark.parametrize("name", ["bars.parquet", "bars.csv.gz"])
def test_a_damaged_file_is_refused(name: str, write: Callable[..., Path]) -> None:
    with pytest.raises(DataError, match="cannot be read as a table"):
        load(write("not what the suffix says", name))


def test_row_numbers_still_count_dropped_rows(write: Callable[..., Path]) -> None:
    text = "Date,Close\n2024-01-02,1\n2024-01-03,\n2024-01-04,-5\n"
    with pytest.raises(DataError, match=r"row 3 \(2024-01-04.*-5\.0 is not a price"):
        load(write(text), missing="drop")


def test_nothing_left_after_dropping_is_refused(write: Callable[..., Path]) -> None:
    with pytest.raises(DataError, match="nothing is left"):
        load(write("Date,Close\n2024-01-02,\n2024-01-03,\n"), missing="drop")


def test_truth_values_and_times_are_no_numbers() -> None:
    index = pd.date_range("2024-01-02", periods=3, freq="D", tz="UTC")
    for values in ([True, False, True], index):
        with pytest.raises(DataError, match=r"row 1 .*'close': .* is not a number"):
            from_frame(pd.DataFrame({"close": values}, index=index), name="x")


def test_a_rate_may_be_zero_or_negative(write: Callable[..., Path]) -> None:
    path = write("Date,Rate\n2024-01-02,0.5\n2024-01-03,0\n2024-01-04,-0.25\n")
    with pytest.raises(DataError, match="prices are above zero"):
        load(path)
    rate = load(path, kind="rate")
    assert rate.column("close").tolist() == [0.5, 0.0, -0.25]
    assert rate.quality().outlier_rule.startswith("|change|")


def test_texts_and_decimals_of_a_table_in_memory_are_numbers() -> None:
    index = pd.date_range("2024-01-02", periods=3, freq="D", tz="UTC")
    cells = ["1.5", Decimal("2.25"), 3]
    made = from_frame(pd.DataFrame({"close": pd.Series(cells, index=index)}), name="x")
    assert made.column("close").tolist() == [1.5, 2.25, 3.0]
