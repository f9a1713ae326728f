"""The compiled scan for the first barrier that a price path touches, and the table of labels."""

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peaklib.evidence.compiled import compiled
from peaklib.labeling.inputs import Floats, Ints

BARRIERS: Final = ("profit", "stop", "vertical", "end")
PROFIT: Final = 0
STOP: Final = 1
VERTICAL: Final = 2
END: Final = 3
# In place of a barrier: the path touched none, or the event gets no label.
NONE: Final = -1
DROPPED: Final = -2

# Which columns of a bar are given.
CLOSE_ONLY: Final = 0
OPEN_AND_CLOSE: Final = 1
RANGE: Final = 2
OPEN_AND_RANGE: Final = 3

# Events that are scanned side by side, and how many of them are not worth it any more.
_LANES: Final = 64
_FEW: Final = 4

Codes = NDArray[np.int8]


@compiled
def touch_closes(
    closes: Floats,
    bars: Ints,
    target: Floats,
    side: Floats,
    profit: float,
    stop: float,
    max_holding: int,
    tie: int,
    exit_: Ints,
    paid: Floats,
    barrier: Codes,
) -> None:
    """First bar that closes at or beyond a barrier, or the last of the path, of each event.

    Events of consecutive bars walk their paths side by side, a bar at a time, which the
    processor does for several at once and without guessing where each of them ends. The
    few that are left, and events that lie apart, go on alone.

    Args:
        closes: (n_bars,) prices.
        bars: (n_events,) numbers of the bars that are events, increasing.
        target: (n_events,) fraction of price.
        side: (n_events,) −1, 0, 1 or NaN; empty where no side is asked.
        profit, stop: multiples of the target; infinite: no such barrier.
        max_holding: bars.
        tie: code for a touch of both barriers.
        exit_, paid, barrier: (n_events,) written: bar, its price, barrier or `NONE`.
    """
    last = closes.size - 1
    upper, lower = np.empty(_LANES), np.empty(_LANES)
    walking, steps = np.empty(_LANES, dtype=np.int64), np.empty(_LANES, dtype=np.int64)
    for first in range(0, bars.size, _LANES):
        block = bars[first : first + _LANES]
        for i in range(block.size):
            way = side[first + i] if side.size else 1.0
            price, unit = closes[block[i]], target[first + i]
            upper[i], lower[i] = _levels(price, unit, way, profit, stop)
        walking[:] = 1
        steps[:] = 0
        row = block.size == _LANES and block[-1] - block[0] == _LANES - 1
        if row and block[-1] + max_holding <= last:
            _walk(closes[block[0] + 1 :], max_holding, upper, lower, walking, steps)
        for i in range(block.size):
            at = block[i] + 1 + steps[i]
            if walking[i]:
                end = min(block[i] + max_holding, last)
                at = min(_go_on(closes, at, end, upper[i], lower[i]), end)
            way = side[first + i] if side.size else 1.0
            price = closes[at]
            exit_[first + i], paid[first + i] = at, price
            barrier[first + i] = _decide(price >= upper[i], price <= lower[i], way, tie)


@compiled
def _walk(
    closes: Floats, max_holding: int, upper: Floats, lower: Floats, walking: Ints, steps: Ints
) -> None:
    """Count the bars that each lane passes untouched, until few lanes are left.

    Args:
        closes: from the first bar after the event of the first lane.
        max_holding: bars at most.
        upper, lower: (lanes,) barriers.
        walking, steps: (lanes,) updated: 1 where no barrier has been touched; bars passed.
    """
    left, done = _LANES, 0
    while left > _FEW and done < max_holding:
        path = closes[done : done + _LANES]
        left = 0
        for i in range(_LANES):
            on = walking[i] & ~((path[i] >= upper[i]) | (path[i] <= lower[i]))
            walking[i] = on
            steps[i] += on
            left += on
        done += 1


@compiled
def _go_on(closes: Floats, begin: int, end: int, upper: float, lower: float) -> int:
    """First bar from `begin` that closes at or beyond a level; `end` or later if none does."""
    path = closes[begin:end]
    steps = 0
    # NaN is beyond none.
    while steps < path.size and not ((path[steps] >= upper) | (path[steps] <= lower)):
        steps += 1
    return begin + steps


@compiled
def touch_bars(
    opens: Floats,
    highs: Floats,
    lows: Floats,
    closes: Floats,
    columns: int,
    bars: Ints,
    target: Floats,
    side: Floats,
    profit: float,
    stop: float,
    max_holding: int,
    tie: int,
    exit_: Ints,
    paid: Floats,
    barrier: Codes,
) -> None:
    """First bar that touches a barrier by its open or range, and the price of the exit.

    Args:
        opens, highs, lows, closes: (n_bars,) prices; closes again for a column not given.
        columns: which are given (`OPEN_AND_CLOSE` …).

    The others are those of `touch_closes`.
    """
    with_open = columns in (OPEN_AND_CLOSE, OPEN_AND_RANGE)
    with_range = columns in (RANGE, OPEN_AND_RANGE)
    for k in range(bars.size):
        begin = bars[k]
        direction = side[k] if side.size else 1.0
        upper, lower = _levels(closes[begin], target[k], direction, profit, stop)
        end = min(begin + max_holding, closes.size - 1)
        exit_[k], paid[k], barrier[k] = end, closes[end], NONE
        for at in range(begin + 1, end + 1):
            if not _whole(opens, highs, lows, closes, at):
                continue
            if with_open and (opens[at] >= upper or opens[at] <= lower):
                exit_[k], paid[k] = at, opens[at]
                barrier[k] = _decide(opens[at] >= upper, opens[at] <= lower, direction, tie)
                break
            if highs[at] >= upper or lows[at] <= lower:
                kind = _decide(highs[at] >= upper, lows[at] <= lower, direction, tie)
                level = upper if (kind == PROFIT) == (direction > 0.0) else lower
                exit_[k], paid[k] = at, level if with_range else closes[at]
                barrier[k] = kind
                break


@compiled
def settle(
    opens: Floats,
    highs: Floats,
    lows: Floats,
    closes: Floats,
    bars: Ints,
    target: Floats,
    side: Floats,
    max_holding: int,
    min_target: float,
    keep_short: bool,
    money: bool,
    signed: bool,
    exit_: Ints,
    returns: Floats,
    label: Ints,
    barrier: Codes,
    held: Ints,
) -> int:
    """Turn first touches into labels; the rows of events that have one come first.

    Args:
        opens, highs, lows, closes: (n_bars,) prices; closes again for a column not given.
        bars: (n_events,) numbers of the bars that are events; rewritten.
        target, side: (n_events,) as for the scan.
        max_holding: bars.
        min_target: least target.
        keep_short: whether an event whose horizon ends past the data exits at the last bar.
        money: labels are 1 where the return is positive and 0 elsewhere.
        signed: vertical exits are labelled by their return, not 0.
        exit_, returns, barrier: (n_events,) what the scan wrote; rewritten.
        label, held: (n_events,) written.

    Returns:
        Number of rows that have a label.
    """
    count = 0
    for k in range(bars.size):
        begin, at, paid, kind = bars[k], exit_[k], returns[k], barrier[k]
        price = closes[begin]
        direction = side[k] if side.size else 1.0
        # NaN fails each of these comparisons.
        if not ((price > 0.0) & (target[k] > 0.0) & (target[k] >= min_target)):
            continue
        if not (direction > 0.0) | (direction < 0.0):
            continue
        if kind == NONE:
            short = begin + max_holding >= closes.size
            if short and not keep_short:
                continue
            at = _last_whole(opens, highs, lows, closes, begin + 1, at)
            paid, kind = closes[at], END if short else VERTICAL
        # Without a later bar the path ends where it begins.
        if kind == DROPPED or at == begin:
            continue
        change = paid / price
        made = 1.0 - change if direction < 0.0 else change - 1.0
        bars[count], exit_[count], held[count] = begin, at, at - begin
        returns[count], barrier[count] = made, kind
        label[count] = _label_of(kind, made, money, signed)
        count += 1
    return count


@compiled
def _levels(
    price: float, target: float, direction: float, profit: float, stop: float
) -> tuple[float, float]:
    """Upper and lower barrier of an event."""
    above, below = (stop, profit) if direction < 0.0 else (profit, stop)
    return price * (1.0 + above * target), price * (1.0 - below * target)


@compiled
def _decide(at_upper: bool, at_lower: bool, direction: float, tie: int) -> int:
    """Which barrier has been touched, given the levels; both make a tie.

    Computed and not chosen, for nobody can foresee which of the two it is.
    """
    one, both = at_upper ^ at_lower, at_upper & at_lower
    barrier = STOP - (STOP - PROFIT) * (at_upper == (direction > 0.0))
    return NONE + one * (barrier - NONE) + both * (tie - NONE)


@compiled
def _whole(opens: Floats, highs: Floats, lows: Floats, closes: Floats, at: int) -> bool:
    """Whether a bar has all of its prices."""
    return not np.isnan(opens[at] + highs[at] + lows[at] + closes[at])


@compiled
def _last_whole(
    opens: Floats, highs: Floats, lows: Floats, closes: Floats, begin: int, end: int
) -> int:
    """Last bar from `begin` to `end` that has all of its prices; `begin - 1`: none."""
    at = end
    while at >= begin and not _whole(opens, highs, lows, closes, at):
        at -= 1
    return at


@compiled
def _label_of(kind: int, made: float, money: bool, signed: bool) -> int:
    """The label of an exit."""
    if kind >= VERTICAL and not signed:
        return 0
    if money:
        return int(made > 0.0)
    if kind >= VERTICAL:
        return int(made > 0.0) - int(made < 0.0)
    return 1 - 2 * (kind - PROFIT)


def table(
    index: pd.DatetimeIndex, event: Ints, exit_: Ints, columns: Mapping[str, object]
) -> pd.DataFrame:
    """Labels by the time of their events, the exit first.

    Args:
        index: (n_bars,) stamps of the bars.
        event, exit_: (n_labels,) numbers of bars.
        columns: name to (n_labels,) array, in order.
    """
    data = {"exit_time": index.take(exit_), **columns}
    # Rows that were never written take no memory, so that a copy would save none.
    return pd.DataFrame(data, index=index.take(event), copy=False)


def categories(codes: Codes) -> pd.api.extensions.ExtensionArray:
    """Barriers by their numbers."""
    return pd.Categorical.from_codes(codes, dtype=pd.CategoricalDtype(list(BARRIERS)))
