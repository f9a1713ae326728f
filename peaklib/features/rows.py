"""The rows that a pipeline is given: an array, a frame or a data set, as columns by name."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peaklib.data import Dataset, frame_digest
from peaklib.errors import DataError
from peaklib.features.feature import TIME
from peaklib.features.missing import Column

Floats = NDArray[np.float64]


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
        """What features can read here: the columns, and `time` where there are stamps."""
        return (*self.values, *((TIME,) if isinstance(self.index, pd.DatetimeIndex) else ()))

    def column(self, name: str) -> Column:
        """One column, or the stamps.

        Raises:
            DataError: a value is infinite.
        """
        if name == TIME and isinstance(self.index, pd.DatetimeIndex):
            return self.index
        values = self.values[name]
        infinite = np.flatnonzero(np.isinf(values))
        if infinite.size:
            place = infinite[0] if self.index is None else self.index[infinite[0]]
            raise DataError(
                f"column {name!r} is {values[infinite[0]]} at row {place}; features take finite "
                "numbers, and NaN for a missing one"
            )
        return values

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the rows: names, stamps and values, of all columns given."""
        if self.known_digest is not None:
            return self.known_digest
        index = self.index
        if isinstance(index, pd.DatetimeIndex) and index.tz is not None:
            return frame_digest(pd.DataFrame(dict(self.values), index=index, copy=False))
        # Rows without instants of time: by their numbers alone, or by what stands for an index.
        total = sha256(f"peaklib rows 1 {list(self.values)} {len(self)}\n".encode())
        if index is not None:
            total.update(pd.util.hash_pandas_object(index, index=False).to_numpy().tobytes())
        for values in self.values.values():
            total.update(np.where(np.isnan(values), np.nan, values + 0.0).tobytes())
        return total.hexdigest()


def rows_of(given: Dataset | pd.DataFrame) -> Rows:
    """Rows of a data set or a frame.

    Raises:
        DataError: a column is not numeric, or the stamps are not strictly increasing.
    """
    if isinstance(given, Dataset):
        frame, digest = given.frame, given.digest
    else:
        frame, digest = given, None
    index = frame.index
    if isinstance(index, pd.DatetimeIndex):
        _check_order(index)
    return Rows({str(name): _numbers(frame, name) for name in frame.columns}, index, digest)


def _check_order(index: pd.DatetimeIndex) -> None:
    late = np.flatnonzero(np.diff(index.asi8) <= 0)
    if late.size:
        place = int(late[0]) + 1
        raise DataError(
            f"row {place} ({index[place]}) does not come after the row before it; sort the rows "
            "and drop duplicates: features read them in the order of time"
        )


def rows_of_array(values: Floats) -> Rows:
    """Rows of an (n, k) array; its columns are called x0, x1, …"""
    columns = {f"x{k}": np.ascontiguousarray(values[:, k]) for k in range(values.shape[1])}
    return Rows(columns, None)


def _numbers(frame: pd.DataFrame, name: Any) -> Floats:
    column = frame[name]
    if not pd.api.types.is_numeric_dtype(column.dtype):
        raise DataError(
            f"column {name!r} holds {column.dtype}, no numbers; convert it, or leave it out of "
            "what the pipeline is given"
        )
    values: Floats = column.to_numpy(dtype=np.float64, na_value=np.nan)
    return values
