"""Trials computed once more for their curves, and intervals of their Sharpe ratios.

A click costs one backtest of some milliseconds; what was looked at is remembered.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import numpy as np
import pandas as pd

from peaklib.backtest import BacktestResult
from peaklib.errors import DataError, EvidenceError
from peaklib.render.scale import Floats
from peaklib.widgets.book import Book
from peaklib.widgets.choice import Spot
from peaklib.widgets.replays import is_inside

Kept = TypeVar("Kept")

_REMEMBERED: Final = 64
_TOLERANCE: Final = 1e-9
_RESAMPLES: Final = 1000
LEVEL: Final = 0.90


@dataclass(frozen=True)
class Part:
    """An account over one period.

    Args:
        role: `in_sample` or `out_of_sample`.
        index: (n,) its bars.
        returns: (n,) simple returns.
        n_trades: round trips that were entered in it.
        trades: those of them whose end is not behind the split, where it would tell of what
            is not revealed.
        periods_per_year: bars of a year.
    """

    role: str
    index: pd.DatetimeIndex
    returns: Floats
    n_trades: int
    trades: pd.DataFrame
    periods_per_year: float


class Accounts:
    """The accounts behind the cells of a book, computed when they are asked for.

    Args:
        book: the sweep.
    """

    def __init__(self, book: Book) -> None:
        self.book = book
        self._known: OrderedDict[Hashable, Any] = OrderedDict()

    def of(self, spot: Spot) -> BacktestResult | None:
        """The account of a trial, None where there is no trial.

        Raises:
            EvidenceError: it is not what is on record: data or code have changed.
        """
        return self._remember(("trial", spot), lambda: self._replay(spot))

    def hold(self, cell: int) -> BacktestResult:
        """The benchmark on the bars and terms of a cell."""
        return self.book.replays.hold(self.book.cell(cell))

    def part(self, result: BacktestResult, cell: int, role: str) -> Part | None:
        """One side of the split; None if no bar lies there.

        Args:
            result: an account of the cell.
            cell: number of the cell, which knows where it is split.
            role: `in_sample` or `out_of_sample`.
        """
        at = self.book.split(cell)
        index = pd.DatetimeIndex(result.returns.index)
        inside = is_inside(index, at, role)
        if not inside.any():
            return None
        entered = is_inside(pd.DatetimeIndex(result.trades["entry_time"]), at, role)
        told = np.full(len(entered), True)
        if at is not None and role == "in_sample":
            left = pd.DatetimeIndex(result.trades["exit_time"])
            told = is_inside(left, at, role) & ~np.asarray(left.isna())
        return Part(
            role,
            index[inside],
            result.returns.to_numpy(dtype=np.float64)[inside],
            int(entered.sum()),
            result.trades[entered & told],
            result.conventions.bars_per_year,
        )

    def interval(self, spot: Spot, part: Part) -> tuple[float, float] | None:
        """The 90 % interval of a trial's Sharpe ratio; None where it has none.

        A percentile interval of the stationary bootstrap, seeded by the sweep.
        """
        return self._remember(
            ("interval", spot, part.role),
            lambda: self._interval(part.returns, None, part.periods_per_year),
        )

    def difference(self, one: Spot, other: Spot, role: str) -> tuple[float, float] | None:
        """The 90 % interval of one Sharpe minus the other; None if they share no bars."""
        return self._remember(
            ("difference", one, other, role), lambda: self._difference(one, other, role)
        )

    def _difference(self, one: Spot, other: Spot, role: str) -> tuple[float, float] | None:
        results = [self.of(spot) for spot in (one, other)]
        parts = [
            self.part(result, spot.cell, role) if result else None
            for result, spot in zip(results, (one, other), strict=True)
        ]
        first, second = parts
        if first is None or second is None or not first.index.equals(second.index):
            return None
        return self._interval(first.returns, second.returns, first.periods_per_year)

    def _interval(
        self, returns: Floats, other: Floats | None, periods_per_year: float
    ) -> tuple[float, float] | None:
        from peaklib.robustness.bootstrap.intervals import interval, paired_interval

        seed = self.book.results.config.seed
        try:
            found = (
                interval(
                    returns,
                    "sharpe",
                    periods_per_year=periods_per_year,
                    level=LEVEL,
                    resamples=_RESAMPLES,
                    seed=seed,
                )
                if other is None
                else paired_interval(
                    returns,
                    other,
                    "sharpe",
                    periods_per_year=periods_per_year,
                    level=LEVEL,
                    resamples=_RESAMPLES,
                    seed=seed,
                )
            )
        except DataError:
            return None  # too few trades or bars: there is no interval to show
        return found.low, found.high

    def _replay(self, spot: Spot) -> BacktestResult | None:
        cell, grid = self.book.cell(spot.cell), self.book.grid(spot.cell)
        number = grid.number(spot.at)
        if number is None:
            return None
        again = self.book.replays.trial(cell, grid.params(spot.at))
        recorded, now = float(cell.trials["sharpe"].iloc[number]), again.metrics["sharpe"]
        if not np.isclose(now, recorded, rtol=0, atol=_TOLERANCE, equal_nan=True):
            raise EvidenceError(
                f"trial {cell.run_id or 'preview'}:{number} gives a Sharpe of {now:.12g} now and "
                f"{recorded:.12g} on record: code has changed since; run the sweep again"
            )
        return again

    def _remember(self, key: Hashable, make: Callable[[], Kept]) -> Kept:
        if key not in self._known:
            self._known[key] = make()
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        self._known.move_to_end(key)
        kept: Kept = self._known[key]
        return kept
