"""Windows of bars: equal blocks, calendar windows, and what an embargo leaves of them.

As a mapping from name to first and last stamp (included) they are what `run_grid(windows=...)`
takes.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peaklib.errors import DataError

Ints = NDArray[np.int64]
Spans = dict[str, tuple[pd.Timestamp, pd.Timestamp]]

HEAD: Final = " before embargo"
_YEAR: Final = 12
# Of the bars that a training should have, for its first window to count as whole.
_MOST: Final = 0.9


def equal_blocks(index: pd.DatetimeIndex, n: int) -> Spans:
    """Consecutive blocks whose lengths differ by one bar at most; the longer ones come first.

    Args:
        index: (n_bars,) stamps of the bars.
        n: number of blocks, from 1 to n_bars.

    Returns:
        `b00`, `b01`, … to first and last stamp (included), as `run_grid(windows=...)` takes.

    Raises:
        DataError: no increasing stamps, or fewer bars than blocks.
    """
    _check_index(index)
    if not 1 <= n <= len(index):
        raise DataError(f"n = {n} blocks of {len(index)} bars; give 1 to {len(index)}")
    digits = max(2, len(str(n - 1)))
    parts = np.array_split(np.arange(len(index)), n)
    return {f"b{k:0{digits}d}": (index[p[0]], index[p[-1]]) for k, p in enumerate(parts)}


def calendar_windows(index: pd.DatetimeIndex, months: int) -> Spans:
    """Consecutive calendar windows, such as years and half-years, of the stamps as they are.

    The first and the last one hold what the data have of them; one without a bar is left out.

    Args:
        index: (n_bars,) stamps of the bars.
        months: length: a divisor of 12, then windows begin in January; or whole years, then they
            begin with the first year of the data.

    Returns:
        Name to first and last stamp of its bars (included): `2003`, `2003H2`, `2003Q4`,
        `2003-10`, `2003-2005`.

    Raises:
        DataError: no increasing stamps, or a length that does not fit a year.
    """
    _check_index(index)
    if months < 1 or (_YEAR % months and months % _YEAR):
        raise DataError(
            f"months = {months}; give 1, 2, 3, 4, 6 or 12, or several years as 24 or 36"
        )
    first_year = int(index[0].year)
    number = ((index.year - first_year) * _YEAR + index.month - 1) // months
    starts = np.flatnonzero(np.diff(number, prepend=-1)).tolist()
    stops = [*starts[1:], len(index)]
    return {
        _window_name(first_year * _YEAR + int(number[a]) * months, months): (
            index[a],
            index[b - 1],
        )
        for a, b in zip(starts, stops, strict=True)
    }


def head_windows(windows: Spans, index: pd.DatetimeIndex, embargo_bars: int) -> Spans:
    """The windows without their last `embargo_bars` bars, named `<name> before embargo`.

    Args:
        windows: name to first and last stamp, included.
        index: (n_bars,) stamps of the bars.
        embargo_bars: bars, 0 or more.

    Raises:
        DataError: a negative embargo, or one that leaves nothing of a window.
    """
    if embargo_bars < 0:
        raise DataError(f"embargo_bars = {embargo_bars}; give 0 or more")
    heads = {}
    spans = spans_of(windows, index)
    for (name, (start, _)), (begin, stop) in zip(windows.items(), spans, strict=True):
        if stop - embargo_bars <= begin:
            raise DataError(
                f"embargo_bars = {embargo_bars}: window {name!r} has {stop - begin} bars, and none "
                "would be left; shorten the embargo or lengthen the windows"
            )
        heads[name + HEAD] = (start, index[stop - embargo_bars - 1])
    return heads


def first_window(
    windows: Spans,
    index: pd.DatetimeIndex,
    *,
    start: str | pd.Timestamp | None,
    train: int | None,
    bars: float,
) -> int:
    """Number of the first window that something can be chosen for from the windows before it.

    Args:
        windows: name to first and last stamp of consecutive windows.
        index: (n_bars,) stamps of the bars.
        start: the window is the first one that begins here or later. By default it is the first
            one whose training holds most of `bars`: the data's first window may be a few days.
        train: how many windows before it a choice looks at; None for all, at least one.
        bars: that a training should have.

    Raises:
        DataError: there is no such window, or too few before it.
    """
    least = train or 1
    begins = [begin for begin, _ in windows.values()]
    if start is None:
        counts = np.diff(spans_of(windows, index), axis=1)[:, 0]
        seen = [counts[max(0, k - (train or k)) : k].sum() for k in range(len(begins))]
        found = [k for k in range(least, len(begins)) if seen[k] >= _MOST * bars]
        first = found[0] if found else len(begins)
    else:
        stamp = _stamp(start)
        first = next((k for k, begin in enumerate(begins) if begin >= stamp), len(begins))
    if not least <= first < len(begins):
        asked = "" if start is None else f"start = {start!r}: "
        raise DataError(
            f"{asked}a choice needs {least} whole windows before the one that it is followed in; "
            f"there are {len(begins)}, which begin from {begins[0]:%Y-%m-%d} to "
            f"{begins[-1]:%Y-%m-%d}. Take shorter windows, less training or another start"
        )
    return first


def spans_of(windows: Mapping[str, tuple[pd.Timestamp, pd.Timestamp]], index: pd.Index) -> Ints:
    """First bar and bar after the last of each window, (n_windows, 2).

    Args:
        windows: name to first and last stamp, included.
        index: (n_bars,) increasing stamps.

    Raises:
        DataError: a window holds no bar.
    """
    spans = np.empty((len(windows), 2), dtype=np.int64)
    for k, (name, (start, end)) in enumerate(windows.items()):
        spans[k] = index.searchsorted(start, side="left"), index.searchsorted(end, side="right")
        if spans[k, 0] >= spans[k, 1]:
            raise DataError(
                f"window {name!r} from {start} to {end} holds no bar; the data run from "
                f"{index[0]} to {index[-1]}"
            )
    return spans


def _window_name(month: int, months: int) -> str:
    """Name of the window that begins in a month, counted from January of year 0."""
    year, place = divmod(month, _YEAR)
    if months > _YEAR:
        return f"{year:04d}-{year + months // _YEAR - 1:04d}"
    if months == _YEAR:
        return f"{year:04d}"
    letter = {6: "H", 3: "Q"}.get(months)
    return f"{year:04d}{letter}{place // months + 1}" if letter else f"{year:04d}-{place + 1:02d}"


def _stamp(start: str | pd.Timestamp) -> pd.Timestamp:
    try:
        stamp = pd.Timestamp(start)
    except ValueError as error:
        raise DataError(f"start = {start!r} is no date ({error}); write 2005-01-01") from error
    return stamp.tz_localize("UTC") if stamp.tzinfo is None else stamp


def _check_index(index: pd.Index) -> None:
    if not isinstance(index, pd.DatetimeIndex) or len(index) == 0:
        raise DataError(
            f"index: a {type(index).__name__} of {len(index)} rows; expected the stamps of bars, "
            "as dataset.frame.index"
        )
    if not (index.is_monotonic_increasing and index.is_unique):
        raise DataError("index: stamps do not increase from bar to bar; sort them, drop duplicates")
