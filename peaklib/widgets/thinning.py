"""Fewer bars that draw the same curves and have the same ends and deepest drawdowns.

A figure is drawn anew at every click; most of its cost is the number of its points.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Final

import numpy as np
import pandas as pd

from peaklib.render.scale import Floats

# Pixels of a figure over four: lines that close are drawn over each other.
_PLACES: Final = 200


def thinned(
    curves: Mapping[str, "pd.Series[float]"], at: pd.Timestamp | None = None
) -> dict[str, "pd.Series[float]"]:
    """The rows of some curves that a figure needs.

    Kept are, for each curve: the extremes in each of about 200 places, and peak and trough of
    the deepest drawdown of each side of the split, where the curve starts anew.

    Args:
        curves: by name, all on the same bars, at least two.
        at: first day out of sample, None if only one side is drawn.
    """
    frame = pd.DataFrame(dict(curves))
    values = frame.to_numpy(dtype=np.float64)
    n = len(values)
    middle = n if at is None else _first_from(pd.DatetimeIndex(frame.index), at)
    kept = {0, min(1, n - 1), max(middle - 1, 0), min(middle, n - 1), n - 1}
    for start, stop in ((0, middle), (middle, n)):
        if stop > start:
            kept |= _extremes(values, start, stop)
            kept |= _drawdowns(values, max(start - 1, 0), stop)
    rows = frame.iloc[sorted(kept)]
    return {name: rows[name] for name in curves}


def _first_from(index: pd.DatetimeIndex, at: pd.Timestamp) -> int:
    return int(index.tz_localize(None).searchsorted(at))


def _extremes(values: Floats, start: int, stop: int) -> set[int]:
    places = max(2, round(_PLACES * (stop - start) / len(values)))
    edges = np.unique(np.linspace(start, stop, places + 1).astype(int))
    found: set[int] = set()
    for low, high in pairwise(edges.tolist()):
        part = values[low:high]
        found.update((low + part.argmin(axis=0)).tolist(), (low + part.argmax(axis=0)).tolist())
    return found


def _drawdowns(values: Floats, start: int, stop: int) -> set[int]:
    """Peak and trough of each curve; the row before the first counts as where it starts."""
    part = values[start:stop]
    troughs = (part / np.maximum.accumulate(part, axis=0)).argmin(axis=0).tolist()
    peaks = [int(part[: low + 1, k].argmax()) for k, low in enumerate(troughs)]
    return {start + row for row in (*troughs, *peaks)}
