"""One simulated account measured: the compiled path that `run_backtest` and `run_grid` share."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from peaklib import metrics
from peaklib.backtest import account, trades
from peaklib.backtest.guarding import AccountView, Guard, Interventions, _view_of
from peaklib.backtest.market import Market
from peaklib.backtest.terms import Terms
from peaklib.evidence.compiled import compiled

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NO_WINDOWS: Final[Ints] = np.empty((0, 2), dtype=np.int64)


class Scratch:
    """Arrays that one simulation after another writes into; one per thread."""

    def __init__(self, n_bars: int, n_assets: int, n_windows: int = 0) -> None:
        capacity = account.fill_capacity(n_bars, n_assets)
        self.equity = np.empty(n_bars)
        self.returns = np.empty(n_bars)
        self.book = np.empty(account.BOOK_SIZE)
        self.quantity = np.empty(n_assets)
        self.held = np.empty(n_assets)
        self.fills = np.empty((capacity, account.FILL_WIDTH))
        self.trips = np.empty((capacity, trades.TRIP_WIDTH))
        self.metrics = np.empty(len(metrics.METRIC_NAMES))
        self.moments = np.empty((n_windows, 3))

    @property
    def n_fills(self) -> int:
        """Rows of `fills` that count."""
        return int(self.book[account.N_FILLS])


@compiled
def _measure(
    marks: Floats,
    cost: float,
    liquidate: bool,
    periods_per_year: float,
    windows: Ints,
    book: Floats,
    quantity: Floats,
    equity: Floats,
    returns: Floats,
    fills: Floats,
    trips: Floats,
    out: Floats,
    moments: Floats,
) -> int:
    """Settle an account that has run, and its metrics; returns the number of round trips."""
    if liquidate:
        account.settle(marks, cost, book, quantity, equity, fills)
    metrics.returns_of(equity, returns)
    n_trips = trades.round_trips(fills, int(book[account.N_FILLS]), marks[-1], trips)
    profits = trips[:n_trips, trades.PROFIT].copy()
    trade_returns = profits / trips[:n_trips, trades.EQUITY]
    metrics.fill_summary(equity, returns, profits, trade_returns, periods_per_year, out)
    metrics.fill_account(
        int(book[account.EXPOSED]),
        book[account.TRADED],
        book[account.RUINED] != 0.0,
        equity.size,
        periods_per_year,
        out,
    )
    for k in range(windows.shape[0]):
        moments[k, :] = 0.0
        for t in range(windows[k, 0], windows[k, 1]):
            moments[k, 0] += 1.0
            moments[k, 1] += returns[t]
            moments[k, 2] += returns[t] * returns[t]
    return n_trips


@compiled
def _trial(
    target: Floats,
    delay: int,
    fill_prices: Floats,
    marks: Floats,
    cost: float,
    cash_rate: float,
    borrow: float,
    liquidate: bool,
    periods_per_year: float,
    windows: Ints,
    book: Floats,
    quantity: Floats,
    held: Floats,
    equity: Floats,
    returns: Floats,
    fills: Floats,
    trips: Floats,
    out: Floats,
    moments: Floats,
) -> int:
    """A whole account in one call, so that threads meet at the interpreter's lock once only."""
    account.open_book(book, quantity, held)
    account.run(
        0,
        target.shape[0],
        target,
        delay,
        fill_prices,
        marks,
        cost,
        cash_rate,
        borrow,
        book,
        quantity,
        held,
        equity,
        fills,
    )
    return _measure(
        marks,
        cost,
        liquidate,
        periods_per_year,
        windows,
        book,
        quantity,
        equity,
        returns,
        fills,
        trips,
        out,
        moments,
    )


@dataclass(frozen=True)
class Simulation:
    """A market and the terms of trading in it, ready to run accounts one after another."""

    market: Market
    terms: Terms

    def run(self, target: Floats, windows: Ints, scratch: Scratch) -> int:
        """Run and measure one account; everything about it is left in `scratch`.

        Args:
            target: (n_bars, n_assets) checked positions.
            windows: (n_windows, 2) first bar and bar after the last of each window.
            scratch: written.

        Returns:
            Number of round trips.
        """
        return _trial(
            target,
            self.terms.delay,
            self.market.fill_prices,
            self.market.marks,
            self.terms.cost_rate,
            *self._rates(),
            self.terms.liquidate,
            self.market.bars_per_year,
            windows,
            scratch.book,
            scratch.quantity,
            scratch.held,
            scratch.equity,
            scratch.returns,
            scratch.fills,
            scratch.trips,
            scratch.metrics,
            scratch.moments,
        )

    def run_guarded(
        self, target: Floats, guard: Guard, scratch: Scratch
    ) -> tuple[int, Interventions]:
        """Like `run`, asking a guard before every bar's fill.

        The guard gets the account and the (n_assets,) target that is due, and returns
        the target that may be traded to. Returns the number of round trips, and where the
        guard interfered.
        """
        allowed, found = target.copy(), Interventions()
        account.open_book(scratch.book, scratch.quantity, scratch.held)
        for t in range(len(target)):
            due = t - self.terms.delay
            if due >= 0:
                answer = guard(self._view(t, scratch), target[due].copy())
                allowed[due] = found.admit(answer, target[due], t)
                self.market.check_trade(t, (allowed[due] != 0) | (scratch.quantity != 0))
            self._carry(t, allowed, scratch)
        found.n_orders = scratch.n_fills
        n_trips = _measure(
            self.market.marks,
            self.terms.cost_rate,
            self.terms.liquidate,
            self.market.bars_per_year,
            NO_WINDOWS,
            scratch.book,
            scratch.quantity,
            scratch.equity,
            scratch.returns,
            scratch.fills,
            scratch.trips,
            scratch.metrics,
            scratch.moments,
        )
        return n_trips, found

    def _rates(self) -> tuple[float, float]:
        """Interest on cash and fee on short positions, per bar."""
        year = self.market.bars_per_year
        return self.terms.cash_rate / year, self.terms.borrow_bps / 10_000 / year

    def _carry(self, t: int, target: Floats, scratch: Scratch) -> None:
        """Carry the account in `scratch` over one bar."""
        account.run(
            t,
            t + 1,
            target,
            self.terms.delay,
            self.market.fill_prices,
            self.market.marks,
            self.terms.cost_rate,
            *self._rates(),
            scratch.book,
            scratch.quantity,
            scratch.held,
            scratch.equity,
            scratch.fills,
        )

    def _view(self, t: int, scratch: Scratch) -> AccountView:
        return _view_of(
            t,
            self.market.index[t],
            float(scratch.book[account.CASH]),
            float(scratch.equity[t - 1]) if t > 0 else 1.0,
            self.terms.cost_rate,
            scratch.quantity,
            self.market.fill_prices,
        )
