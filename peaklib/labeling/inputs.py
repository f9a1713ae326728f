"""Reading what labels are made of: prices, events, and one value for each event.

A price column or a value comes as a Series; what leaves this module is a read-only
float64 array whose rows are bars or events, or a `DataError` that names the first row
that is wrong.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peaklib.errors import DataError
from peaklib.evidence.compiled import compiled

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def read_index(close: object) -> pd.DatetimeIndex:
    """The bars: index of the closing prices, strictly increasing stamps.

    Raises:
        DataError: no Series, no stamps, or stamps out of order, twice or missing.
    """
    if not isinstance(close, pd.Series):
        raise DataError(f"close is of type {type(close).__name__}, not a Series: give one column")
    index = close.index
    if not isinstance(index, pd.DatetimeIndex):
        raise DataError(
            f"close has an index of type {type(index).__name__}: give it a DatetimeIndex"
        )
    _check_increasing(index, "close")
    return index


def read_prices(prices: object, name: str, index: pd.DatetimeIndex) -> Floats:
    """One column of prices, (n_bars,), positive; NaN where there is none.

    Raises:
        DataError: other bars than `index` has, no numbers, or a price that is none.
    """
    if not isinstance(prices, pd.Series) or not _same(prices.index, index):
        raise DataError(f"{name} is no Series on the index of close: give both the same bars")
    values = _numbers(prices, name)
    at = _first_not_price(values)
    if at >= 0:
        raise DataError(
            f"{name} at {index[at].isoformat()} is {values[at]}, which is no price; "
            "a price is positive and finite, or NaN where there is none"
        )
    return values


def read_range(high: Floats, low: Floats, index: pd.DatetimeIndex) -> None:
    """Make sure that no bar's high lies below its low.

    Raises:
        DataError: one does.
    """
    at = _first_below(high, low)
    if at >= 0:
        raise DataError(
            f"high at {index[at].isoformat()} is {high[at]}, below the low {low[at]}: mend the bar"
        )


def read_events(events: object, index: pd.DatetimeIndex) -> Ints:
    """Numbers of the bars that are events, (n_events,), increasing.

    Args:
        events: stamps of bars, increasing; None means every bar.
        index: (n_bars,) stamps of the bars.

    Raises:
        DataError: an event is no bar, comes twice or out of order.
    """
    if events is None:
        return np.arange(len(index), dtype=np.int64)
    if not isinstance(events, pd.DatetimeIndex):
        raise DataError(
            f"events is of type {type(events).__name__}, not a DatetimeIndex: "
            "give the stamps of bars, such as frame.index[mask]"
        )
    if (events.tz is None) != (index.tz is None):
        raise DataError(
            f"events have time zone {events.tz} and close has {index.tz}: "
            "localize the one that has none"
        )
    _check_increasing(events, "events")
    bars = _find(events, index)
    missing = np.flatnonzero(bars < 0)
    if missing.size:
        raise DataError(
            f"event {events[missing[0]].isoformat()} is no bar of close ({missing.size} in all "
            "are not): label at stamps of bars only"
        )
    return bars


def read_values(values: object, name: str, index: pd.DatetimeIndex, bars: Ints) -> Floats:
    """One number for each event, (n_events,); NaN where there is none.

    Args:
        values: on the bars of close, or on stamps among which every event is.
        name: what to call them in a message.
        index: (n_bars,) stamps of the bars.
        bars: (n_events,) numbers of the bars that are events.

    Raises:
        DataError: no numbers, an event without a row, a stamp twice, or an infinite value.
    """
    if not isinstance(values, pd.Series):
        kind = type(values).__name__
        raise DataError(f"{name} is of type {kind}: give a Series on the bars or on the events")
    numbers = _numbers(values, name)
    if not _same(values.index, index):
        rows = _rows(values.index, name, index[bars])
        numbers = _plain(numbers[rows])
    elif bars.size < numbers.size:
        numbers = _plain(numbers[bars])
    at = _first_infinite(numbers)
    if at >= 0:
        raise DataError(
            f"{name} at {index[bars[at]].isoformat()} is {numbers[at]}: give a finite number, "
            "or NaN for no label there"
        )
    return numbers


def read_constant(value: object, name: str, n_events: int, *, above: float | None) -> Floats:
    """The same number for each event, (n_events,).

    Args:
        value: what was given.
        name: what to call it in a message.
        n_events: how many.
        above: it must be greater than this; None: it must not be negative.

    Raises:
        DataError: it is no such number.
    """
    return _plain(np.full(n_events, read_number(value, name, above=above)))


def read_number(value: object, name: str, *, above: float | None = None) -> float:
    """A finite number above a bound, or one that is not negative.

    Raises:
        DataError: it is no such number.
    """
    wanted = "a number that is not negative" if above is None else f"a number above {above:g}"
    if isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool):
        number = float(value)
        if np.isfinite(number) and (number >= 0 if above is None else number > above):
            return number
    raise DataError(f"{name} is {value!r}: give {wanted}")


def read_count(value: object, name: str, *, least: int) -> int:
    """A whole number of bars.

    Raises:
        DataError: it is none, or below `least`.
    """
    if isinstance(value, int | np.integer) and not isinstance(value, bool) and value >= least:
        return int(value)
    raise DataError(f"{name} is {value!r}: give a whole number of bars, {least} or more")


def read_choice(value: object, name: str, choices: tuple[str | None, ...]) -> None:
    """Make sure that a rule is one of those that there are.

    Raises:
        DataError: it is not.
    """
    if value not in choices:
        listed = ", ".join(repr(choice) for choice in choices)
        raise DataError(f"{name} is {value!r}: choose one of {listed}")


def _check_increasing(index: pd.DatetimeIndex, name: str) -> None:
    if index.is_monotonic_increasing and index.is_unique and not index.hasnans:
        return
    if index.hasnans:
        raise DataError(f"{name} has no time at row {int(index.isna().argmax())}: drop that row")
    steps = np.diff(index.asi8)
    at = int(np.argmax(steps <= 0)) + 1
    same = steps[at - 1] == 0
    raise DataError(
        f"{name}: {index[at].isoformat()} at row {at} is "
        f"{'the same as' if same else 'earlier than'} row {at - 1} "
        f"({index[at - 1].isoformat()}); {'keep one of the two' if same else 'sort by time'}"
    )


def _find(events: pd.DatetimeIndex, index: pd.DatetimeIndex) -> Ints:
    """Number of the bar of each event, −1 where there is none."""
    if events.dtype == index.dtype:
        return _merge(events.asi8, index.asi8)
    return index.get_indexer(events).astype(np.int64)


def _rows(index: pd.Index, name: str, events: pd.DatetimeIndex) -> NDArray[np.intp]:
    """Rows of the events in an index of its own."""
    if not isinstance(index, pd.DatetimeIndex) or (index.tz is None) != (events.tz is None):
        raise DataError(
            f"{name} is indexed by {index.dtype}, close by {events.dtype}: give both the same index"
        )
    if not index.is_unique:
        twice = index[index.duplicated()][0]
        raise DataError(f"{name} has {twice.isoformat()} twice: keep one")
    rows = index.get_indexer(events)
    missing = np.flatnonzero(rows < 0)
    if missing.size:
        raise DataError(
            f"{name} has no row for the event {events[missing[0]].isoformat()} ({missing.size} "
            "events in all): give it on the bars of close or on the events"
        )
    return rows


def _same(one: pd.Index, other: pd.DatetimeIndex) -> bool:
    return one is other or one.equals(other)


def _numbers(values: pd.Series, name: str) -> Floats:
    if values.dtype.kind not in "iuf":
        raise DataError(f"{name} holds {values.dtype}, not numbers: convert it to float64")
    if values.dtype == np.float64:
        return _plain(values.to_numpy())
    return _plain(values.to_numpy(dtype=np.float64, na_value=np.nan))


def _plain(values: Floats) -> Floats:
    """Contiguous and read-only, so that every kernel is compiled for one type of array."""
    view = np.ascontiguousarray(values, dtype=np.float64).view()
    view.flags.writeable = False
    return view


@compiled
def _first_not_price(values: Floats) -> int:
    """First row whose value is neither NaN nor positive and finite; −1: none."""
    wrong = 0
    # Counting all of them is faster than looking for one: there is no way out of the loop.
    for row in range(values.size):
        wrong += (values[row] <= 0.0) | (values[row] == np.inf)
    for row in range(values.size if wrong else 0):
        if values[row] <= 0.0 or values[row] == np.inf:
            return row
    return -1


@compiled
def _first_infinite(values: Floats) -> int:
    """First row whose value is infinite; −1: none."""
    wrong = 0
    for row in range(values.size):
        wrong += abs(values[row]) == np.inf
    for row in range(values.size if wrong else 0):
        if abs(values[row]) == np.inf:
            return row
    return -1


@compiled
def _first_below(upper: Floats, lower: Floats) -> int:
    """First row whose upper value is below its lower one; −1: none."""
    for row in range(upper.size):
        if upper[row] < lower[row]:
            return row
    return -1


@compiled
def _merge(events: Ints, index: Ints) -> Ints:
    """Row of each event in an index, both increasing; −1 where it has none."""
    rows = np.full(events.size, -1, dtype=np.int64)
    row = 0
    for k in range(events.size):
        while row < index.size and index[row] < events[k]:
            row += 1
        if row < index.size and index[row] == events[k]:
            rows[k] = row
    return rows
