"""A historical scenario, replayed: what a book of today would have lost in that window."""

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peaklib.errors import DataError
from peaklib.risk.stress.book import Book, check_book
from peaklib.risk.stress.scenarios import Historical, check_scenario

OUTSIDE: Final = "outside the data"


@dataclass(frozen=True, eq=False)
class Replay:
    """A book held through a window; losses are positive shares of the equity at its start.

    Args:
        scenario: name of the window.
        loss: from the first close to the last one; negative for a gain.
        worst_drawdown: largest fall from a high of the equity, as a share of that high; the
            equity at the start counts as a high.
        worst_day: largest loss of one day, as a share of the equity the evening before;
            negative if every day gained.
        worst_date: that day.
        days: with returns in the window.
        ruined: the equity reached 0, and the book was closed that day.
        last_held: day of that close, otherwise the last day of the window.
        moves: symbol to its simple return over the whole window, ruined or not.
        equity: (days + 1,), 1 at the close of `from`, whose label is the day of that close.
    """

    scenario: str
    loss: float
    worst_drawdown: float
    worst_day: float
    worst_date: date
    days: int
    ruined: bool
    last_held: date
    moves: dict[str, float]
    equity: "pd.Series[float]"


def replay(book: Book, scenario: Historical) -> Replay:
    """Hold a book through a window of the past.

    Quantities are those that the weights buy at the close of `from`, and nothing is traded
    until the close of `to`: the equity is 1 + sum of weight x (growth of the symbol - 1), and
    the loss is linear in the weights. Cash earns and a loan costs nothing. A book whose equity
    reaches 0 is closed at that day's close.

    The returns of the days after `from`, up to and with `to`, count. The data must have a bar
    on or before `from` and one on or after `to`, for every symbol that is held: a window that
    is only partly inside is outside.

    Args:
        book: its weights are those of today.
        scenario: the window.

    Raises:
        DataError: no book or no window, or one that is not inside the data; both periods are
            named.
    """
    check_book(book, "replay")
    check_scenario(scenario, "replay", Historical)
    problem = coverage(book, scenario)
    if problem:
        raise DataError(problem)
    held = book.held or book.symbols
    days = _inside(book.returns, scenario)
    inside = book.returns.loc[days, list(held)].to_numpy()
    growth = _growth(inside)
    shares = np.array([book.weights[symbol] for symbol in held])
    equity = np.concatenate([[1.0], 1.0 + (growth - 1.0) @ shares])
    gone = equity <= 0.0
    ruined = bool(gone.any())
    at = int(gone.argmax()) if ruined else len(days)
    equity[at:] = equity[at]
    # After the ruin there is no equity that a day's loss could be a share of.
    before = equity[:-1]
    daily = np.divide(before - equity[1:], before, out=np.zeros(len(before)), where=before > 0.0)
    worst = int(daily.argmax())
    index = pd.DatetimeIndex(book.returns.index)
    start = index[int(index.searchsorted(days[0])) - 1]
    return Replay(
        scenario=scenario.name,
        loss=float(1.0 - equity[-1]),
        worst_drawdown=float((1.0 - equity / np.maximum.accumulate(equity)).max()),
        worst_day=float(daily[worst]),
        worst_date=days[worst].date(),
        days=len(days),
        ruined=ruined,
        last_held=days[at - 1].date(),
        moves=dict(zip(held, (growth[-1] - 1.0).tolist(), strict=True)),
        equity=pd.Series(equity, index=days.insert(0, start), name="equity"),
    )


def coverage(book: Book, scenario: Historical) -> str:
    """Why a window is not inside the data of a book; empty if it is.

    Args:
        book: only the symbols that it holds have to be there.
        scenario: the window.
    """
    first, last, which = _listed(book)
    if first <= scenario.start and scenario.end <= last and len(_inside(book.returns, scenario)):
        return ""
    return (
        f"scenario {scenario.name!r} runs from {scenario.period}, but the data of {which} from "
        f"{first} to {last}; give data that hold the whole window, or another scenario"
    )


def _listed(book: Book) -> tuple[date, date, str]:
    """First and last day that all held symbols have, and the symbols that set them."""
    held = list(book.held or book.symbols)
    known = book.returns[held].notna().to_numpy()
    firsts = known.argmax(axis=0)
    lasts = len(known) - 1 - known[::-1].argmax(axis=0)
    latest, soonest = int(firsts.argmax()), int(lasts.argmin())
    which = held[latest] if latest == soonest else f"{held[latest]} and {held[soonest]}"
    index = pd.DatetimeIndex(book.returns.index)
    return index[firsts[latest]].date(), index[lasts[soonest]].date(), which


def _inside(returns: pd.DataFrame, scenario: Historical) -> pd.DatetimeIndex:
    index = pd.DatetimeIndex(returns.index)
    after = pd.Timestamp(scenario.start, tz="UTC")
    return index[(index > after) & (index <= pd.Timestamp(scenario.end, tz="UTC"))]


def _growth(returns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Value of 1 put into each symbol, day by day; what has lost everything stays there."""
    growth: NDArray[np.float64] = np.cumprod(1.0 + returns, axis=0, dtype=np.float64)
    gone = np.logical_or.accumulate(growth <= 0.0)
    if gone.any():
        first = gone.argmax(axis=0)
        frozen = np.take_along_axis(growth, first[None, :], axis=0)
        growth = np.where(gone, frozen, growth)
    return growth
