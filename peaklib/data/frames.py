"""From a table as it stands to a checked data set."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, get_args
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peaklib.data.calendar import find_rhythm
from peaklib.data.checks import Rows, check_bars, to_float64
from peaklib.data.columns import ADJUSTED, TIME, Layout, find_columns
from peaklib.data.dataset import Dataset
from peaklib.data.digest import frame_digest
from peaklib.data.meta import DatasetMeta, Kind
from peaklib.data.stamps import StampRules, StampUnit, parse_stamps
from peaklib.errors import DataError

Missing = Literal["error", "drop"]
NOT_STATED: Final = "not stated"


@dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """How a table is read; the meaning of each option stands at `load`."""

    missing: Missing = "error"
    adjusted: bool = False
    bars_per_year: float | None = None
    timezone: str = "UTC"
    stamp_unit: StampUnit | None = None
    stamp_format: str | None = None
    kind: Kind = "tradable"
    currency: str | None = None

    def __post_init__(self) -> None:
        _one_of("missing", self.missing, get_args(Missing))
        _one_of("kind", self.kind, get_args(Kind))
        _one_of("stamp_unit", self.stamp_unit, (None, *get_args(StampUnit)))
        if self.stamp_unit is not None and self.stamp_format is not None:
            raise DataError("stamp_unit reads numbers, stamp_format reads texts; pass one of them")
        try:
            ZoneInfo(self.timezone)
        except (KeyError, ValueError, OSError) as error:
            raise DataError(
                f"timezone {self.timezone!r} is unknown; use a name such as 'America/New_York'"
            ) from error

    @property
    def stamp_rules(self) -> StampRules:
        """The part that concerns stamps."""
        return StampRules(self.timezone, self.stamp_unit, self.stamp_format)


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """What a table cannot say about itself.

    Attributes:
        source: kept with the data set, so it names no folder of this machine.
        place: for messages, where to look for a wrong cell.
        licence: terms, as far as known.
        notes: what a reader must know.
    """

    source: str
    place: str
    licence: str = NOT_STATED
    notes: tuple[str, ...] = field(default=())


def from_frame(
    frame: pd.DataFrame,
    *,
    name: str,
    missing: Missing = "error",
    adjusted: bool = False,
    bars_per_year: float | None = None,
    timezone: str = "UTC",
    kind: Kind = "tradable",
    currency: str | None = None,
    licence: str = NOT_STATED,
) -> Dataset:
    """A data set from a table in memory, checked like a file.

    Args:
        frame: a `DatetimeIndex` or a column of times, and columns in the usual spellings.
        name: name of the data set.
        missing: as for `load`, like all further options.
        adjusted: see `load`.
        bars_per_year: see `load`.
        timezone: see `load`.
        kind: see `load`.
        currency: see `load`.
        licence: see `load`.

    Raises:
        DataError: bad data, with row and column.
    """
    options = ReadOptions(
        missing=missing,
        adjusted=adjusted,
        bars_per_year=bars_per_year,
        timezone=timezone,
        kind=kind,
        currency=currency,
    )
    return read_dataset(
        flatten(frame),
        name,
        options,
        Provenance(
            source=f"table {name!r}", place=f"table {name!r}", licence=licence or NOT_STATED
        ),
    )


def read_dataset(
    table: pd.DataFrame, name: str, options: ReadOptions, provenance: Provenance
) -> Dataset:
    """Recognise, convert, check and describe a table of bars whose index says nothing.

    Raises:
        DataError: bad data, with row and column.
    """
    place = provenance.place
    headers = [str(header) for header in table.columns]
    layout = find_columns(headers, adjusted=options.adjusted, source=place)
    rows = number_rows(table, layout.time, place, options, _named(layout))
    columns = {
        column: to_float64(table.iloc[:, at], column, rows)
        for column, at in layout.positions.items()
    }
    frame = pd.DataFrame(columns, index=rows.stamps)
    frame, rows, dropped = _without_missing(frame, rows, options.missing)
    check_bars(frame, rows, positive=options.kind != "rate")
    if options.adjusted:
        frame = _adjust(frame)
    rhythm = find_rhythm(rows.stamps, options.timezone, options.bars_per_year, place)
    meta = DatasetMeta(
        interval=rhythm.interval,
        calendar=rhythm.calendar,
        timezone=options.timezone,
        currency=options.currency,
        adjusted=options.adjusted,
        kind=options.kind,
        source=provenance.source,
        licence=provenance.licence,
        bars_per_year=rhythm.bars_per_year,
        bars_per_year_basis=rhythm.basis,
        dropped=dropped,
        notes=(*provenance.notes, *_unused(layout.unused)),
    )
    return Dataset(name, frame, frame_digest(frame), meta)


def number_rows(
    table: pd.DataFrame, time: int, source: str, options: ReadOptions, headers: dict[str, str]
) -> Rows:
    """Read the times of a table and number its rows from 1."""
    if table.empty:
        raise DataError(f"{source}: no rows; a data set needs at least two bars")
    header = str(table.columns[time])
    stamps = parse_stamps(table.iloc[:, time], header, source, options.stamp_rules)
    numbers = np.arange(1, len(table) + 1, dtype=np.int64)
    return Rows(source, numbers, stamps, {**headers, TIME: header})


def flatten(frame: pd.DataFrame) -> pd.DataFrame:
    """Make the index of a table its first column, where it may hold the times."""
    index = frame.index
    if isinstance(index, pd.RangeIndex):
        return frame
    flat = frame.reset_index(drop=True)
    if isinstance(index, pd.DatetimeIndex):
        flat.insert(0, "time", index, allow_duplicates=True)
    elif index.name is not None:
        flat.insert(0, str(index.name), index, allow_duplicates=True)
    return flat


def stamp_texts(stamps: pd.DatetimeIndex) -> tuple[str, ...]:
    """Stamps in UTC as ISO 8601; dates alone where all of them are midnights."""
    if (stamps == stamps.normalize()).all():
        return tuple(stamps.strftime("%Y-%m-%d"))
    return tuple(stamp.isoformat().replace("+00:00", "Z") for stamp in stamps)


def _without_missing(
    frame: pd.DataFrame, rows: Rows, missing: Missing
) -> tuple[pd.DataFrame, Rows, tuple[str, ...]]:
    absent = frame.isna().to_numpy()
    gaps: NDArray[np.bool_] = np.logical_or.reduce(absent, axis=1)
    if not gaps.any():
        return frame, rows, ()
    if missing == "error":
        at = int(gaps.argmax())
        column = str(frame.columns[int(absent[at].argmax())])
        problem = "the value is missing; mend it, or pass missing='drop' to leave such rows out"
        raise rows.error(at, column, problem)
    if gaps.all():
        raise DataError(f"{rows.source}: every row misses a value, nothing is left to load")
    return frame.loc[~gaps], rows.keep(~gaps), stamp_texts(rows.stamps[gaps])


def _adjust(frame: pd.DataFrame) -> pd.DataFrame:
    factor = frame[ADJUSTED] / frame["close"]
    scaled = frame.drop(columns=ADJUSTED).assign(close=frame[ADJUSTED])
    if "high" not in scaled:
        return scaled
    for name in ("open", "high", "low"):
        scaled[name] = frame[name] * factor
    # Rounding of the products may push an extreme past the price that it equals.
    ends = scaled[["open", "close"]]
    scaled["high"] = np.maximum(scaled["high"], ends.max(axis=1))
    scaled["low"] = np.minimum(scaled["low"], ends.min(axis=1))
    return scaled


def _named(layout: Layout) -> dict[str, str]:
    return {column: layout.headers[at] for column, at in layout.positions.items()}


def _unused(headers: Sequence[str]) -> tuple[str, ...]:
    return (f"columns not used: {', '.join(headers)}",) if headers else ()


def _one_of(option: str, value: object, allowed: Sequence[object]) -> None:
    if value not in allowed:
        raise DataError(
            f"{option} is {value!r}; use one of {', '.join(repr(item) for item in allowed)}"
        )
