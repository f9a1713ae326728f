"""Times as they stand in tables, turned into UTC."""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pandas as pd

from peaklib.errors import DataError

StampUnit = Literal["s", "ms", "us", "ns"]

_WHOLE: Final = r"-?\d+"
_WITH_OFFSET: Final = r"[T ]\d{2}.*(?:[Zz]|[+-]\d{2}(?::?\d{2})?)$"


@dataclass(frozen=True)
class StampRules:
    """How to read a column of times.

    Attributes:
        timezone: zone of stamps that carry none.
        unit: what whole numbers count, from 1970-01-01 UTC; None where there are none.
        format: `strftime` pattern of texts that are not ISO 8601, or None.
    """

    timezone: str = "UTC"
    unit: StampUnit | None = None
    format: str | None = None


@dataclass(frozen=True)
class _Column:
    cells: pd.Series
    header: str
    source: str

    def error(self, bad: "pd.Series | pd.Index | np.ndarray", problem: str) -> DataError:
        at = int(np.asarray(bad).argmax())
        return DataError(
            f"{self.source}, row {at + 1} ({self.cells.iloc[at]}), "
            f"column {self.header!r}: {problem}"
        )


def parse_stamps(cells: pd.Series, header: str, source: str, rules: StampRules) -> pd.DatetimeIndex:
    """The stamps of a column in UTC, in nanoseconds, named ``time``.

    Args:
        cells: texts, whole numbers, dates or date-times, in the order of the rows.
        header: what the column is called, for messages.
        source: the table, for messages.
        rules: how to read them.

    Raises:
        DataError: a stamp is missing, cannot be read, does not exist or exists twice in
            its time zone, or lies outside the years 1678 to 2261.
    """
    column = _Column(cells, header, source)
    missing = cells.isna()
    if missing.any():
        raise column.error(missing, "the stamp is missing; every row needs one")
    if isinstance(cells.dtype, pd.DatetimeTZDtype) or cells.dtype.kind == "M":
        if rules.unit is not None:
            raise DataError(
                f"{source}: stamp_unit is for whole numbers, column {header!r} holds times"
            )
        stamps = pd.DatetimeIndex(cells)
    else:
        stamps = _from_text(column, rules)
    if stamps.tz is None:
        stamps = _localise(stamps, column, rules.timezone)
    return _in_nanoseconds(stamps.tz_convert("UTC"), column).rename("time")


def _from_text(column: _Column, rules: StampRules) -> pd.DatetimeIndex:
    texts = column.cells.astype("str").str.strip()
    whole = texts.str.fullmatch(_WHOLE)
    if rules.format is not None:
        return _parsed(texts, column, rules.format, f"does not fit {rules.format!r}")
    if rules.unit is not None:
        if not whole.all():
            problem = "not a whole number, which stamp_unit is for; leave stamp_unit out"
            raise column.error(~whole, problem)
        return _counted(texts, column, rules.unit)
    if whole.any():
        raise column.error(
            whole,
            "a whole number; pass stamp_unit='s', 'ms', 'us' or 'ns' if it counts from 1970, "
            "or write dates as YYYY-MM-DD",
        )
    # pandas would read "now" and "today".
    worded = ~texts.str.match(r"\d")
    if worded.any():
        raise column.error(worded, "not a time; write it as YYYY-MM-DD HH:MM")
    problem = "not an ISO 8601 time; write it as YYYY-MM-DD HH:MM, or pass stamp_format="
    aware = texts.str.contains(_WITH_OFFSET, regex=True)
    if aware.any() and not aware.all():
        raise column.error(~aware, "no time zone, while other rows have one; write it in all")
    return _parsed(texts, column, "ISO8601", problem, utc=bool(aware.any()))


def _parsed(
    texts: pd.Series, column: _Column, pattern: str, problem: str, *, utc: bool = False
) -> pd.DatetimeIndex:
    stamps = pd.DatetimeIndex(pd.to_datetime(texts, format=pattern, errors="coerce", utc=utc))
    if stamps.hasnans:
        raise column.error(stamps.isna(), problem)
    return stamps


def _counted(texts: pd.Series, column: _Column, unit: StampUnit) -> pd.DatetimeIndex:
    too_long = texts.str.lstrip("-").str.len() > 19
    per_unit = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}[unit]
    counts = texts.where(~too_long, "0").astype("int64").to_numpy()
    limit = np.iinfo(np.int64).max // per_unit
    outside = too_long.to_numpy() | (counts > limit) | (counts < -limit)
    if outside.any():
        raise column.error(outside, f"no time between 1678 and 2261 if it counts {unit}")
    return pd.DatetimeIndex((counts * per_unit).astype("datetime64[ns]"), tz="UTC")


def _localise(stamps: pd.DatetimeIndex, column: _Column, timezone: str) -> pd.DatetimeIndex:
    local = stamps.tz_localize(timezone, ambiguous="NaT", nonexistent="NaT")
    if local.hasnans:
        raise column.error(
            local.isna(),
            f"does not exist or exists twice in {timezone}, where clocks change; "
            "write the stamps in UTC or with an offset",
        )
    return local


def _in_nanoseconds(stamps: pd.DatetimeIndex, column: _Column) -> pd.DatetimeIndex:
    outside = (stamps.year < 1678) | (stamps.year > 2261)
    if outside.any():
        raise column.error(outside, "outside the years 1678 to 2261")
    return stamps.as_unit("ns")
