"""What a table of bars must fulfil; every refusal names the row and the column."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from numbers import Real

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peaklib.data.columns import TIME
from peaklib.errors import DataError


@dataclass(frozen=True)
class Rows:
    """Where the rows of a table came from, so that an error can name one.

    Attributes:
        source: file or data set, for messages.
        numbers: data rows as a reader counts them, from 1, header not counted.
        stamps: their times, UTC.
        headers: what the columns are called in the source, by our name.
    """

    source: str
    numbers: NDArray[np.int64]
    stamps: pd.DatetimeIndex
    headers: Mapping[str, str]

    def error(self, at: int, column: str, problem: str) -> DataError:
        """A refusal of the row at a position, in a column called by our name."""
        place = f"row {self.numbers[at]} ({self.stamps[at].isoformat()})"
        return DataError(f"{self.source}, {place}, column {self._header(column)!r}: {problem}")

    def keep(self, mask: NDArray[np.bool_]) -> "Rows":
        """The rows where `mask` is true, with their old numbers."""
        return Rows(self.source, self.numbers[mask], self.stamps[mask], self.headers)

    def _header(self, column: str) -> str:
        return self.headers.get(column, column)


def to_float64(cells: pd.Series, column: str, rows: Rows) -> NDArray[np.float64]:
    """The numbers of a column, NaN where a cell is missing.

    Raises:
        DataError: a cell is no number.
    """
    if cells.dtype.kind in "iuf":
        return cells.to_numpy(dtype=np.float64, na_value=np.nan)
    values = np.full(len(cells), np.nan)
    for at in np.flatnonzero(cells.notna().to_numpy()):
        values[at] = _number(cells.iloc[at])
        if np.isnan(values[at]):
            problem = f"{cells.iloc[at]!r} is not a number; mend the cell"
            raise rows.error(int(at), column, problem)
    return values


def _number(cell: object) -> float:
    """A cell as a number; NaN for what only Python would read as one (True, "1_4")."""
    if isinstance(cell, bool):
        return np.nan
    if isinstance(cell, Real | Decimal):
        return float(cell)
    if not isinstance(cell, str) or "_" in cell or not cell.isascii():
        return np.nan
    try:
        return float(cell)
    except ValueError:
        return np.nan


def check_order(rows: Rows) -> None:
    """Refuse stamps that are not strictly increasing."""
    steps = np.diff(rows.stamps.asi8)
    if (steps > 0).all():
        return
    at = int(np.argmax(steps <= 0)) + 1
    before = f"row {rows.numbers[at - 1]} ({rows.stamps[at - 1].isoformat()})"
    if steps[at - 1] == 0:
        raise rows.error(at, TIME, f"same stamp as {before}; keep one of the two")
    raise rows.error(at, TIME, f"earlier than {before}; sort the rows by time")


def check_finite(frame: pd.DataFrame, rows: Rows) -> None:
    """Refuse infinite values."""
    for name in frame.columns:
        _refuse(frame, np.isinf(frame[name].to_numpy()), str(name), rows, "is not finite")


def check_bars(frame: pd.DataFrame, rows: Rows, *, positive: bool = True) -> None:
    """Refuse values that no bar can have; `frame` holds no NaN.

    Args:
        frame: ``close``, or all four prices, and perhaps ``volume``.
        rows: where they came from, same length.
        positive: whether prices must be above zero (a rate need not).
    """
    check_order(rows)
    check_finite(frame, rows)
    if positive:
        for name in [column for column in frame.columns if column != "volume"]:
            bad = frame[name].to_numpy() <= 0
            _refuse(frame, bad, name, rows, "is not a price; prices are above zero")
    if "high" in frame:
        _check_range(frame, rows)
    if "volume" in frame:
        _refuse(frame, frame["volume"].to_numpy() < 0, "volume", rows, "is negative")


def _check_range(frame: pd.DataFrame, rows: Rows) -> None:
    high, low = frame["high"].to_numpy(), frame["low"].to_numpy()
    at = _first(high < low)
    if at is not None:
        raise rows.error(at, "high", f"high {high[at]} is below low {low[at]}; mend the bar")
    for name in ("open", "close"):
        price = frame[name].to_numpy()
        at = _first(high < price)
        if at is not None:
            raise rows.error(at, "high", f"high {high[at]} is below {name} {price[at]}")
        at = _first(low > price)
        if at is not None:
            raise rows.error(at, "low", f"low {low[at]} is above {name} {price[at]}")


def _refuse(
    frame: pd.DataFrame, bad: NDArray[np.bool_], column: str, rows: Rows, problem: str
) -> None:
    at = _first(bad)
    if at is not None:
        raise rows.error(at, column, f"{frame[column].iloc[at]} {problem}")


def _first(bad: NDArray[np.bool_]) -> int | None:
    return int(bad.argmax()) if bad.any() else None
