"""Rows on which an input is missing: no feature sees them, and none has a value there."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Column = Floats | pd.DatetimeIndex


def compact(inputs: Sequence[Column]) -> tuple[Sequence[Column], NDArray[np.bool_] | None]:
    """Inputs without the rows on which one is missing, and where there is a row (None: all)."""
    missing = [np.isnan(part) for part in inputs if isinstance(part, np.ndarray)]
    if not any(part.any() for part in missing):
        return inputs, None
    there = ~np.logical_or.reduce(missing)
    return [part[there] for part in inputs], there


def scatter(part: Floats, there: NDArray[np.bool_]) -> Floats:
    """A column over the rows that are there, as one over all rows; NaN elsewhere."""
    out = np.full(there.size, np.nan)
    out[there] = part
    return out
