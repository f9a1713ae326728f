"""A digest of what a table says, whatever it was stored in.

The hashed bytes are a JSON header (format, column names, dtypes, number of rows), the
index as int64 nanoseconds of UTC, and each column as float64, all little-endian.
-0.0 counts as 0.0 and every NaN as the same NaN.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd

from peaklib.errors import DataError

_FORMAT: Final = "peaklib table 1"


def frame_digest(frame: pd.DataFrame) -> str:
    """SHA-256 of a float64 table over a time-zone-aware index.

    Args:
        frame: any number of float64 columns, `DatetimeIndex` with a time zone.

    Returns:
        64 hexadecimal digits; independent of the index's unit, zone and name.

    Raises:
        DataError: a column is not float64, or the index is not time-zone-aware.
    """
    return tables_digest({"": frame})


def tables_digest(tables: Mapping[str, pd.DataFrame]) -> str:
    """One SHA-256 over several named tables, in the order given; see `frame_digest`."""
    state = hashlib.sha256()
    for label, frame in tables.items():
        index = frame.index
        if not isinstance(index, pd.DatetimeIndex) or index.tz is None:
            raise DataError(f"a digest needs a time-zone-aware index, not {type(index).__name__}")
        state.update(_header(label, frame))
        state.update(index.as_unit("ns").asi8.astype("<i8").tobytes())
        for position in range(frame.shape[1]):
            state.update(_canonical(frame.iloc[:, position].to_numpy()))
    return state.hexdigest()


def _header(label: str, frame: pd.DataFrame) -> bytes:
    wrong = [str(name) for name, dtype in frame.dtypes.items() if dtype != np.float64]
    if wrong:
        raise DataError(f"a digest is taken of float64 columns; convert {', '.join(wrong)}")
    header = {
        "format": _FORMAT,
        "table": label,
        "columns": [str(name) for name in frame.columns],
        "dtypes": ["float64"] * frame.shape[1],
        "rows": len(frame),
    }
    return json.dumps(header, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def _canonical(values: np.ndarray) -> bytes:
    # Adding zero turns -0.0 into 0.0; `where` gives all NaNs the same bits.
    return np.where(np.isnan(values), np.nan, values + 0.0).astype("<f8").tobytes()
