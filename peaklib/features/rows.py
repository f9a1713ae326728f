"""The rows that a pipeline is given: an array, a frame or a data set, as columns by name."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peaklib.data import Dataset, frame_digest
from peaklib.errors import DataError
from peaklib.features.feature import TIME
from peaklib.features.missing import Column

Floats = NDArray[np.float64]

PRICES: Final = frozenset({"open", "high", "low", "close"})
"""Columns that hold prices, which are positive."""


@dataclass(frozen=True, eq=False)
class Rows:
    """Columns by name over one index.

    Args:
        values: (n,) float64 each.
        index: of the frame; None for an array, which has no stamps.
        known_digest: of a data set, which carries it.
    """

    values: Mapping[str, Floats]
    index: "pd.Index[Any] | None"
    known_digest: str | None = None

    def __len__(self) -> int:
        return len(next(iter(self.values.values())))

    @property
    def names(self) -> tuple[str, ...]:
        """What features can read here: the columns, and `time` where there are stamps.

        A column of that name is none of them: `time` stands for stamps, and numbers are not.
        """
        columns = tuple(name for name in self.values if name != TIME)
        return (*columns, *((TIME,) if isinstance(self.index, pd.DatetimeIndex) else ()))

    def column(self, name: str) -> Column:
        """One column, or the stamps.

        Raises:
            DataError: a value is infinite, or no price although the column is called one.
        """
        if name == TIME and isinstance(self.index, pd.DatetimeIndex):
            return self.index
        values = self.values[name]
        self._refuse(name, np.isinf(values), "features take finite numbers, NaN for a missing one")
        if name in PRICES:
            remedy = "a price is positive: mend it, drop the row, or call the column otherwise"
            self._refuse(name, values <= 0.0, remedy)
        return values

    def _refuse(self, name: str, wrong: NDArray[np.bool_], remedy: str) -> None:
        if wrong.any():
            row = int(wrong.argmax())
            place = row if self.index is None else self.index[row]
            raise DataError(f"column {name!r} is {self.values[name][row]} at row {place}; {remedy}")

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the rows: names, stamps and values, of all columns given.

        Stamps count as moments, whatever unit they are kept in.

        Raises:
            DataError: a stamp lies outside the years that nanoseconds reach.
        """
        if self.known_digest is not None:
            return self.known_digest
        index = self.index
        if isinstance(index, pd.DatetimeIndex) and index.tz is not None:
            return frame_digest(pd.DataFrame(dict(self.values), index=index, copy=False))
        # Rows without instants of time: by their numbers alone, or by what stands for an index.
        total = sha256(f"peaklib rows 2 {list(self.values)} {len(self)}\n".encode())
        total.update(_index_bytes(index))
        for values in self.values.values():
            total.update(np.where(np.isnan(values), np.nan, values + 0.0).tobytes())
        return total.hexdigest()


def rows_of(given: Dataset | pd.DataFrame) -> Rows:
    """Rows of a data set or a frame.

    Raises:
        DataError: a column is not of real numbers, two have one name, or the stamps are not
            strictly increasing.
    """
    if isinstance(given, Dataset):
        frame, digest = given.frame, given.digest
    else:
        frame, digest = given, None
    index = frame.index
    _check_order(index)
    _check_names(frame)
    return Rows({str(name): _numbers(frame, name) for name in frame.columns}, index, digest)


def _check_order(index: "pd.Index[Any]") -> None:
    if not isinstance(index, pd.MultiIndex) and index.hasnans:
        raise DataError(f"row {int(index.isna().argmax())} has no stamp; drop it or give it one")
    if index.is_monotonic_increasing and index.is_unique:
        return
    place = next(k for k in range(1, len(index)) if not index[k] > index[k - 1])
    raise DataError(
        f"row {place} ({index[place]}) does not come after the row before it; sort the rows "
        "and drop duplicates: features read them in the order of time"
    )


def _check_names(frame: pd.DataFrame) -> None:
    names = pd.Index([str(name) for name in frame.columns])
    twice = names[names.duplicated()].unique()
    if twice.size:
        raise DataError(
            f"more than one column is called {', '.join(map(repr, twice))}; give each a name of "
            "its own: features find columns by name"
        )


def _index_bytes(index: "pd.Index[Any] | None") -> bytes:
    """An index for a digest; its kind goes first, as stamps and numbers may share their bits."""
    if index is None:
        return b"no index\n"
    if not isinstance(index, pd.DatetimeIndex):
        hashes = pd.util.hash_pandas_object(index, index=False).to_numpy()
        return f"index {index.dtype}\n".encode() + hashes.tobytes()
    try:
        stamps = index.as_unit("ns").asi8
    except pd.errors.OutOfBoundsDatetime:
        raise DataError(
            f"stamps from {index[0]} to {index[-1]} cannot be told in nanoseconds, which reach "
            "from 1677 to 2262; leave out the rows beyond"
        ) from None
    return b"stamps without a zone\n" + stamps.astype("<i8").tobytes()


def rows_of_array(values: Floats, names: Iterable[str] | None = None) -> Rows:
    """Rows of an (n, k) array, by name; without names its columns are x0, x1, …"""
    known = [f"x{k}" for k in range(values.shape[1])] if names is None else names
    columns = {name: np.ascontiguousarray(values[:, k]) for k, name in enumerate(known)}
    return Rows(columns, None)


def _numbers(frame: pd.DataFrame, name: Any) -> Floats:
    column = frame[name]
    real = pd.api.types.is_numeric_dtype(column.dtype)
    if not real or pd.api.types.is_complex_dtype(column.dtype):
        raise DataError(
            f"column {name!r} holds {column.dtype}, no numbers that features can read; "
            "convert it, or leave it out of what the pipeline is given"
        )
    values: Floats = column.to_numpy(dtype=np.float64, na_value=np.nan)
    return values
