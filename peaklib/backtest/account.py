"""The account: one compiled kernel that turns target positions into fills and equity.

Time runs in bars. On each bar, in this order: the fill, if the target that is due differs
from the one held; the mark at the close; interest and borrow cost until the next bar.
Equity starts at 1.0. Whatever simulates trading in this package goes
through `run`.

A fill re-balances all assets to `target x equity after costs`. With equity E before the
fill, position values v and cost rate c, the equity after it solves
E' = E - c * sum |w E' - v|, which is piecewise linear; for one asset this is the closed
form of `q' p = w (E - c |q' - q| p)`.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from peaklib.evidence.compiled import compiled

Floats = NDArray[np.float64]

# Slots of the book, the account's state between bars.
CASH, RUINED, N_FILLS, EXPOSED, TRADED = range(5)
BOOK_SIZE: Final = 5

# Columns of a fill; quantities are what the asset held before and after.
BAR, ASSET, BEFORE, AFTER, PRICE, COST, EQUITY_BEFORE = range(7)
FILL_WIDTH: Final = 7


@compiled
def open_book(book: Floats, quantity: Floats, held: Floats) -> None:
    """Start an account: wealth of 1.0 in cash, nothing held."""
    book[:] = 0.0
    book[CASH] = 1.0
    quantity[:] = 0.0
    held[:] = 0.0


@compiled
def value_of(quantity: Floats, prices: Floats, t: int) -> float:
    """What is held, at the prices of bar t."""
    total = 0.0
    for j in range(quantity.size):
        if quantity[j] != 0.0:
            total += quantity[j] * prices[t, j]
    return total


@compiled
def accrue(
    t: int, marks: Floats, cash_rate: float, borrow: float, book: Floats, quantity: Floats
) -> None:
    """Interest and borrow cost from the close of bar t to the next bar.

    Interest is paid on cash that is no short-sale proceeds; both rates are per bar.
    """
    short = 0.0
    for j in range(quantity.size):
        if quantity[j] < 0.0:
            short -= quantity[j] * marks[t, j]
    book[CASH] += (book[CASH] - short) * cash_rate - short * borrow


@compiled
def _equity_after(
    equity: float, want: Floats, row: int, quantity: Floats, prices: Floats, t: int, cost: float
) -> float:
    """Solve E' + cost * sum |w E' - v| = equity by Newton steps, exact on the last piece."""
    after = equity
    for _ in range(2 * quantity.size + 2):
        excess, slope = after - equity, 1.0
        for j in range(quantity.size):
            if np.isnan(want[row, j]):
                continue
            value = quantity[j] * prices[t, j] if quantity[j] != 0.0 else 0.0
            gap = want[row, j] * after - value
            sign = 1.0 if gap > 0.0 else (-1.0 if gap < 0.0 else 0.0)
            excess += cost * abs(gap)
            slope += cost * want[row, j] * sign
        step = excess / slope
        after -= step
        if abs(step) <= 1e-16 * abs(equity):
            break
    return after


@compiled
def _fill(
    t: int,
    want: Floats,
    row: int,
    prices: Floats,
    cost: float,
    book: Floats,
    quantity: Floats,
    fills: Floats,
) -> None:
    """Trade to `want[row]` at `prices[t]`; what changes hands is appended to `fills`.

    An asset whose target is NaN is left as it is: a guard may say so. An account that could
    not pay for the trade only closes what it trades.
    """
    equity = book[CASH] + value_of(quantity, prices, t)
    after = _equity_after(equity, want, row, quantity, prices, t, cost)
    for j in range(quantity.size):
        if np.isnan(want[row, j]):
            continue
        opens = want[row, j] != 0.0 and after > 0.0
        new = want[row, j] * after / prices[t, j] if opens else 0.0
        if new == quantity[j]:
            continue
        traded = (new - quantity[j]) * prices[t, j]
        k = int(book[N_FILLS])
        fills[k, BAR], fills[k, ASSET], fills[k, PRICE] = t, j, prices[t, j]
        fills[k, BEFORE], fills[k, AFTER] = quantity[j], new
        fills[k, COST], fills[k, EQUITY_BEFORE] = cost * abs(traded), equity
        book[N_FILLS] += 1.0
        book[TRADED] += abs(traded) / equity if equity > 0.0 else 0.0
        book[CASH] -= traded + cost * abs(traded)
        quantity[j] = new


@compiled
def close_out(
    t: int, prices: Floats, cost: float, book: Floats, quantity: Floats, fills: Floats
) -> None:
    """Sell (or buy back) whatever is held at the prices of bar t, costs included."""
    _fill(t, np.zeros((1, quantity.size)), 0, prices, cost, book, quantity, fills)


@compiled
def settle(
    marks: Floats, cost: float, book: Floats, quantity: Floats, equity: Floats, fills: Floats
) -> None:
    """Sell what is held at the last close: the last bar then ends without a position."""
    last = equity.size - 1
    if value_of(quantity, marks, last) != 0.0:
        book[EXPOSED] -= 1.0
    close_out(last, marks, cost, book, quantity, fills)
    equity[last] = book[CASH]
    if book[CASH] <= 0.0:
        book[RUINED] = 1.0


@compiled
def _is_news(want: Floats, row: int, held: Floats) -> bool:
    # A loop, because `np.array_equal` costs more than the whole bar for one asset.
    for j in range(held.size):  # noqa: SIM110
        if want[row, j] != held[j] and not np.isnan(want[row, j]):
            return True
    return False


@compiled
def first_bad_bar(target: Floats) -> int:
    """First bar of (n_bars,) whose target is NaN or outside [-1, 1]; -1 if there is none."""
    for t in range(target.size):
        if not (-1.0 <= target[t] <= 1.0):
            return t
    return -1


@compiled
def run(
    first: int,
    stop: int,
    target: Floats,
    delay: int,
    fill_prices: Floats,
    marks: Floats,
    cost: float,
    cash_rate: float,
    borrow: float,
    book: Floats,
    quantity: Floats,
    held: Floats,
    equity: Floats,
    fills: Floats,
) -> None:
    """Carry an account over the bars from `first` to before `stop`.

    Args:
        first, stop: bars, `stop` excluded.
        target: (n_bars, n_assets) positions in [-1, 1], each decided at its bar's close;
            NaN, from a guard only, leaves the quantity of an asset as it is.
        delay: bars between the decision and the bar of the fill.
        fill_prices, marks: (n_bars, n_assets) price of fills and closing price.
        cost: fees and slippage as a share of the traded notional.
        cash_rate, borrow: interest on cash and fee on short positions, per bar.
        book, quantity, held: the account, changed in place.
        equity: (n_bars,) written: wealth at each close.
        fills: (capacity, FILL_WIDTH), appended to; `fill_capacity` says how many rows.
    """
    financed = cash_rate != 0.0 or borrow != 0.0
    # The ruin checks stand here, not in a function of their own: passing arrays to a
    # function that is called on every bar would cost more than the rest of the loop.
    for t in range(first, stop):
        if book[RUINED] == 0.0:
            if book[CASH] + value_of(quantity, fill_prices, t) <= 0.0:
                book[RUINED] = 1.0
                close_out(t, fill_prices, cost, book, quantity, fills)
            elif t >= delay and _is_news(target, t - delay, held):
                _fill(t, target, t - delay, fill_prices, cost, book, quantity, fills)
                held[:] = target[t - delay]
        value = value_of(quantity, marks, t)
        if book[RUINED] == 0.0 and book[CASH] + value <= 0.0:
            book[RUINED] = 1.0
            close_out(t, marks, cost, book, quantity, fills)
            value = 0.0
        equity[t] = book[CASH] + value
        if value != 0.0:
            book[EXPOSED] += 1.0
        if financed and t + 1 < target.shape[0] and book[RUINED] == 0.0:
            accrue(t, marks, cash_rate, borrow, book, quantity)


def fill_capacity(n_bars: int, n_assets: int) -> int:
    """Rows that `fills` needs: a fill a bar, one for ruin and one for the last sale."""
    return (n_bars + 2) * n_assets
