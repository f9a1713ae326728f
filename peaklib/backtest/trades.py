"""Round trips: fills joined from the entry into a position to the exit from it.

A round trip runs from flat (or a flip) to flat (or a flip); adding to or reducing a
position on the way changes its average prices, not its number. One that is still open
at the end is marked at the last close.
"""

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peaklib.backtest import account
from peaklib.evidence.compiled import compiled

Floats = NDArray[np.float64]

# Columns of a round trip.
ASSET, ENTRY_BAR, EXIT_BAR, QUANTITY, ENTRY_PRICE, EXIT_PRICE, COSTS, PROFIT, EQUITY = range(9)
TRIP_WIDTH: Final = 9


@compiled
def _begin(trip: Floats, fill: Floats) -> None:
    trip[:] = 0.0
    trip[ASSET], trip[ENTRY_BAR], trip[EXIT_BAR] = fill[account.ASSET], fill[account.BAR], -1.0
    trip[EQUITY] = fill[account.EQUITY_BEFORE]


@compiled
def _add(trip: Floats, amount: float, price: float, cost: float) -> None:
    """Buy (positive) or sell short (negative) `amount` into the position."""
    opened = trip[QUANTITY] + amount
    trip[ENTRY_PRICE] = (trip[ENTRY_PRICE] * trip[QUANTITY] + price * amount) / opened
    trip[QUANTITY] = opened
    trip[COSTS] += cost
    trip[PROFIT] -= amount * price + cost


@compiled
def _reduce(trip: Floats, closed: float, amount: float, price: float, cost: float) -> float:
    """Take `amount` (of the position's sign) out; returns the quantity closed so far."""
    trip[EXIT_PRICE] = (trip[EXIT_PRICE] * closed + price * amount) / (closed + amount)
    trip[COSTS] += cost
    trip[PROFIT] += amount * price - cost
    return closed + amount


@compiled
def round_trips(fills: Floats, n_fills: int, marks: Floats, trips: Floats) -> int:
    """Join fills into round trips.

    Args:
        fills: (at least n_fills, account.FILL_WIDTH) in time order.
        n_fills: rows that count.
        marks: (n_assets,) last closing prices, for positions still open.
        trips: (at least n_fills, TRIP_WIDTH) written, in order of entry.

    Returns:
        Number of round trips. `EXIT_BAR` is -1 and `EXIT_PRICE` the mark if still open;
        `QUANTITY` is all that was ever opened, with the sign of the side.
    """
    count = 0
    current = np.full(marks.size, -1)
    closed = np.zeros(marks.size)
    for k in range(n_fills):
        fill = fills[k]
        asset = int(fill[account.ASSET])
        before, after, price = fill[account.BEFORE], fill[account.AFTER], fill[account.PRICE]
        rate = fill[account.COST] / abs(after - before)
        # What leaves the old position, and what is opened beyond it.
        leaving = (
            before
            if before * after <= 0.0
            else (before - after if abs(after) < abs(before) else 0.0)
        )
        opening = (after - before) + leaving
        if leaving != 0.0:
            trip = trips[current[asset]]
            closed[asset] = _reduce(trip, closed[asset], leaving, price, rate * abs(leaving))
            if before * after <= 0.0:
                trip[EXIT_BAR] = fill[account.BAR]
                closed[asset] = 0.0
        if opening != 0.0:
            if before * after <= 0.0:
                current[asset] = count
                _begin(trips[count], fill)
                count += 1
            _add(trips[current[asset]], opening, price, rate * abs(opening))
    _mark_open(trips, count, closed, marks)
    return count


@compiled
def _mark_open(trips: Floats, count: int, closed: Floats, marks: Floats) -> None:
    for k in range(count):
        if trips[k, EXIT_BAR] < 0.0:
            asset = int(trips[k, ASSET])
            remaining = trips[k, QUANTITY] - closed[asset]
            _reduce(trips[k], closed[asset], remaining, marks[asset], 0.0)


def trade_table(
    trips: Floats, index: pd.DatetimeIndex, assets: list[str], *, at_open: bool
) -> pd.DataFrame:
    """Round trips as a readable table, one row each, in order of entry.

    Args:
        trips: (n_trips, TRIP_WIDTH).
        index: (n_bars,) stamps, the start of each bar.
        assets: names, for the column `asset`.
        at_open: whether fills happened at the open of their bar or at its close.

    Returns:
        `asset, entry_time, exit_time, side, quantity, entry_price, exit_price, costs,
        profit, return, bars_held, open`; `exit_time` is missing while `open` is true,
        and times are the start of the bar of the fill (`fill_at` in the frame's attrs
        says at which end of it). Money is in units of the starting wealth.
    """
    last = len(index) - 1
    is_open = trips[:, EXIT_BAR] < 0
    entry_bar = trips[:, ENTRY_BAR].astype(np.int64)
    exit_bar = np.where(is_open, last, trips[:, EXIT_BAR]).astype(np.int64)
    table = pd.DataFrame(
        {
            "asset": [assets[int(asset)] for asset in trips[:, ASSET]],
            "entry_time": index[entry_bar],
            "exit_time": pd.Series(index[exit_bar]).mask(is_open),
            "side": np.where(trips[:, QUANTITY] > 0, "long", "short"),
            "quantity": np.abs(trips[:, QUANTITY]),
            "entry_price": trips[:, ENTRY_PRICE],
            "exit_price": trips[:, EXIT_PRICE],
            "costs": trips[:, COSTS],
            "profit": trips[:, PROFIT],
            "return": trips[:, PROFIT] / trips[:, EQUITY],
            "bars_held": exit_bar - entry_bar,
            "open": is_open,
        }
    )
    table.attrs["fill_at"] = "open" if at_open else "close"
    return table
