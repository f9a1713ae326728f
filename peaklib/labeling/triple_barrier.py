"""Triple-barrier labels: what the price reaches first, within a number of bars."""

from typing import Final, Literal

import numpy as np
import pandas as pd

from peaklib.errors import DataError
from peaklib.labeling import barriers
from peaklib.labeling.inputs import (
    Floats,
    Ints,
    read_choice,
    read_constant,
    read_count,
    read_events,
    read_index,
    read_number,
    read_prices,
    read_range,
    read_values,
)

_TIES: Final = {"stop": barriers.STOP, "profit": barriers.PROFIT, "drop": barriers.DROPPED}


def compute_triple_barrier_labels(
    close: pd.Series,
    events: pd.DatetimeIndex | None = None,
    *,
    target: pd.Series | float,
    profit_taking: float | None,
    stop_loss: float | None,
    max_holding: int,
    side: pd.Series | None = None,
    open_: pd.Series | None = None,
    high: pd.Series | None = None,
    low: pd.Series | None = None,
    min_return: float = 0.0,
    on_short: Literal["drop", "last"] = "drop",
    tie: Literal["stop", "profit", "drop"] = "stop",
    vertical: Literal["zero", "sign"] | None = None,
) -> pd.DataFrame:
    """Label each event by the first barrier that the price reaches after it.

    An event at bar t0 enters at close[t0]. Its profit barrier lies `profit_taking` targets
    above that price and its stop `stop_loss` targets below, at
    ``close[t0] * (1 ± multiple * target)``; a `side` of −1 mirrors them. Bars t0+1 to
    t0+max_holding are scanned, both included, and the first touch is the exit:

    - With closes alone, a close at or beyond a barrier; the exit is that close, so that a
      jump can lose more than the stop.
    - With `high` and `low`, a bar whose range reaches a barrier; the exit is the barrier.
      A bar that reaches both goes by `tie`.
    - With `open_`, a bar that opens at or beyond a barrier exits at that open, worse than the
      stop or better than the profit; this comes before anything else in the bar. Without
      it a gap across the stop leaves at the stop, which is better than could be had.
    - No touch: the exit is at the close of bar t0+max_holding (barrier "vertical").

    A bar with NaN in any column given is skipped: no touch, no exit. A vertical exit that
    falls on one moves back to the last bar of the path that is not. An event gets no row
    where close[t0] is NaN; target is NaN, zero, negative or below `min_return`; side is 0
    or NaN; the path has no bar with prices; or its horizon runs past the data and no
    barrier was touched before the end (see `on_short`).

    Without `side` labels are 1 (profit), −1 (stop) and, for vertical exits, 0 or the sign
    of the return. With it they are meta-labels: 1 if the side made money, else 0.

    Args:
        close: (n_bars,) prices on strictly increasing stamps; NaN where there is none.
        events: stamps of bars, increasing; every bar by default.
        target: unit of the barriers as a fraction of price, such as a volatility; on the
            bars, on the events, or one number.
        profit_taking: multiple of the target, above 0; None: no such barrier.
        stop_loss: multiple of the target, above 0; None: no such barrier. Where it is as
            wide as the price itself it cannot be touched.
        max_holding: bars (not days), at least 1.
        side: −1, 0, 1 or NaN, on the bars or on the events.
        open_: (n_bars,) opening prices.
        high, low: (n_bars,) extremes of each bar; both or neither.
        min_return: events with a smaller target get no label.
        on_short: what becomes of an event whose horizon runs past the data untouched: no
            label, or ("last") an exit at the last bar with prices, barrier "end", labelled
            like a vertical exit. Such a label changes when bars are added.
        tie: what a bar counts as whose range reaches both barriers; "drop": no label.
        vertical: label of a vertical exit: 0, or the sign of its return (with `side`:
            whether it made money). None is "zero" without a side and "sign" with one.

    Returns:
        One row a label, indexed by the time of the event: ``exit_time``; ``return``, exit /
        close[t0] − 1, times the side if there is one; ``label``, int64; ``barrier``,
        categorical "profit", "stop", "vertical", "end"; ``bars_held``, exit bar − t0.

    Raises:
        DataError: prices, stamps or values that cannot be used, and which.

    Source: López de Prado (2018), Advances in Financial Machine Learning, 3.3–3.6; the
    barrier of time counts bars here, and touches are inclusive.
    """
    index = read_index(close)
    given, prices = _read_bars(close, index, open_, high, low)
    read_choice(on_short, "on_short", ("drop", "last"))
    read_choice(tie, "tie", tuple(_TIES))
    read_choice(vertical, "vertical", ("zero", "sign", None))
    bars = read_events(events, index)
    units, sides = _read_target(target, index, bars), _read_side(side, index, bars)
    profit = _read_multiple(profit_taking, "profit_taking")
    stop = _read_multiple(stop_loss, "stop_loss")
    # A horizon beyond the data means the same however far it goes.
    horizon = min(read_count(max_holding, "max_holding", least=1), len(close))
    least = read_number(min_return, "min_return")
    meta = side is not None
    signed = vertical == "sign" or (vertical is None and meta)
    exits, held, label = np.empty_like(bars), np.empty_like(bars), np.empty_like(bars)
    returns, barrier = np.empty(bars.size), np.empty(bars.size, dtype=np.int8)
    path = (bars, units, sides, profit, stop, horizon, _TIES[tie], exits, returns, barrier)
    if given == barriers.CLOSE_ONLY:
        barriers.touch_closes(prices[-1], *path)
    else:
        ranged = (*prices, given, *path)
        barriers.touch_bars(*ranged)
    short = on_short == "last"
    found = (*prices, bars, units, sides, horizon, least, short, meta, signed, exits, returns)
    n = barriers.settle(*found, label, barrier, held)
    result = {
        "return": returns[:n],
        "label": label[:n],
        "barrier": barriers.categories(barrier[:n]),
        "bars_held": held[:n],
    }
    return barriers.table(index, bars[:n], exits[:n], result)


def _read_bars(
    close: pd.Series,
    index: pd.DatetimeIndex,
    open_: pd.Series | None,
    high: pd.Series | None,
    low: pd.Series | None,
) -> tuple[int, tuple[Floats, Floats, Floats, Floats]]:
    """Which columns are given; open, high, low and close, the close for one that is not."""
    closes = read_prices(close, "close", index)
    if (high is None) != (low is None):
        given, missing = ("low", "high") if high is None else ("high", "low")
        raise DataError(f"{given} is given without {missing}: give both or neither")
    opens = closes if open_ is None else read_prices(open_, "open_", index)
    if high is None or low is None:
        columns = barriers.CLOSE_ONLY if open_ is None else barriers.OPEN_AND_CLOSE
        return columns, (opens, closes, closes, closes)
    highs, lows = read_prices(high, "high", index), read_prices(low, "low", index)
    read_range(highs, lows, index)
    columns = barriers.RANGE if open_ is None else barriers.OPEN_AND_RANGE
    return columns, (opens, highs, lows, closes)


def _read_target(target: pd.Series | float, index: pd.DatetimeIndex, bars: Ints) -> Floats:
    if isinstance(target, pd.Series):
        return read_values(target, "target", index, bars)
    return read_constant(target, "target", bars.size, above=0.0)


def _read_side(side: pd.Series | None, index: pd.DatetimeIndex, bars: Ints) -> Floats:
    """Side of each event; empty where none is asked."""
    if side is None:
        return read_constant(1.0, "side", 0, above=None)
    sides = read_values(side, "side", index, bars)
    wrong = np.flatnonzero(~(np.isnan(sides) | np.isin(sides, (-1.0, 0.0, 1.0))))
    if wrong.size:
        raise DataError(
            f"side at {index[bars[wrong[0]]].isoformat()} is {sides[wrong[0]]}: give −1 (short), "
            "1 (long), 0 or NaN (no label); the size of a bet is decided later"
        )
    return sides


def _read_multiple(multiple: float | None, name: str) -> float:
    return np.inf if multiple is None else read_number(multiple, name, above=0.0)
