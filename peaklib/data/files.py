"""CSV and Parquet files as tables of raw columns."""

import csv
import gzip
from pathlib import Path
from typing import Final, TextIO

import pandas as pd

from peaklib.data.columns import find_time
from peaklib.data.frames import flatten
from peaklib.errors import DataError

# An empty cell, and how spreadsheets, FRED, Yahoo and pandas write one.
_MISSING: Final = ["", ".", "-", "NA", "N/A", "#N/A", "NaN", "nan", "NULL", "null", "None", "none"]


def read_table(path: Path) -> pd.DataFrame:
    """Read a file into raw columns; the times stay as they are written.

    Args:
        path: an existing ``.csv``, ``.csv.gz`` or ``.parquet`` file. CSV is UTF-8, separated
            by commas, with one header line; rows of a Parquet file may carry the times in
            their index.

    Raises:
        DataError: the file is damaged or is no table.
    """
    try:
        if path.name.lower().endswith(".parquet"):
            return flatten(pd.read_parquet(path))
        return _read_csv(path)
    except (OSError, EOFError, ValueError, csv.Error) as error:
        raise DataError(f"{path}: cannot be read as a table: {str(error).strip()}") from error


def _read_csv(path: Path) -> pd.DataFrame:
    with _open_text(path) as stream:
        headers = next(csv.reader(stream), [])
        time = find_time(headers, str(path))
        try:
            table = pd.read_csv(
                stream,
                header=None,
                dtype={time: str},
                na_values=_MISSING,
                keep_default_na=False,
                low_memory=False,
            )
        except pd.errors.EmptyDataError:
            return pd.DataFrame(columns=headers)
    return _with_headers(table, headers, path)


def _with_headers(table: pd.DataFrame, headers: list[str], path: Path) -> pd.DataFrame:
    count = len(headers)
    surplus = table.iloc[:, count:]
    if table.shape[1] < count or surplus.notna().to_numpy().any():
        raise DataError(
            f"{path}, row 1: {table.shape[1]} cells under {count} headers; "
            "every row needs one cell per column"
        )
    table = table.iloc[:, :count]
    table.columns = pd.Index(headers)
    return table


def _open_text(path: Path) -> TextIO:
    if path.name.lower().endswith(".gz"):
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")
