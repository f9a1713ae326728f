"""A book: what is held, as shares of equity, and how it moved in the past."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peaklib.errors import DataError
from peaklib.risk.measures.frames import check_frame, check_frame_units, frame_values
from peaklib.risk.measures.inputs import is_number

# Longer than a long weekend: a bar of a week cannot tell on which day something was lost.
_LONGEST_BAR: Final = pd.Timedelta(days=4)
# Percent of a fully invested book sum to 100; what is levered more than this is no book of ours.
LARGEST_GROSS: Final = 20.0


@dataclass(frozen=True, eq=False)
class Book:
    """Positions as shares of equity, with the returns that stress is measured on.

    A strategy of its own is the book of one symbol with weight 1: `book_of(returns)`.

    Args:
        weights: symbol to signed share of equity; 0.5 is half of it held, -0.5 sold short. They
            need not sum to 1: the rest is cash, or borrowed, and earns nothing here. Their gross
            sum is at most 20, beyond which they are taken for percent.
        returns: (n_bars, n_symbols), simple returns as fractions over a strictly increasing UTC
            index of days or shorter bars; a column for every weight, others are left aside. NaN
            before a symbol was listed and after it was delisted, nowhere between.
        factors: (n_bars, n_factors), simple returns of what scenarios call factors (`market`);
            betas are regressed on them. None if there are none or `betas` are given.
        betas: (n_symbols, n_factors), given instead of regressed.
        groups: name to its symbols, for scenarios that move groups.

    Raises:
        DataError: weights that are no mapping, a weight or return that is none, weights that
            look like percent, returns or factors that are percent or prices (see
            `measures.units.check_units`), a missing column, a bar longer than a day.
    """

    weights: Mapping[str, float]
    returns: pd.DataFrame
    factors: pd.DataFrame | None = None
    betas: pd.DataFrame | None = None
    groups: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        weights = _read_weights(self.weights)
        check_frame("book: returns", self.returns, "a bar", "a symbol")
        _check_columns(weights, self.returns)
        groups = _read_groups(self.groups)
        for name, table in (("factors", self.factors), ("betas", self.betas)):
            if table is not None:
                rows = "a bar" if name == "factors" else "a symbol"
                check_frame(f"book: {name}", table, rows, "a factor")
        if self.factors is not None and self.betas is not None:
            raise DataError("book: factors and betas are both given; give one of them")
        returns = _daily(self.returns[list(weights)], "returns")
        factors = None if self.factors is None else _daily(self.factors, "factors")
        object.__setattr__(self, "weights", MappingProxyType(weights))
        object.__setattr__(self, "returns", returns)
        object.__setattr__(self, "factors", factors)
        object.__setattr__(self, "betas", None if self.betas is None else self.betas.copy())
        object.__setattr__(self, "groups", MappingProxyType(groups))

    @property
    def symbols(self) -> tuple[str, ...]:
        """In the order of the weights, and of the columns of `returns`."""
        return tuple(self.weights)

    @property
    def held(self) -> tuple[str, ...]:
        """The symbols whose weight is not 0."""
        return tuple(symbol for symbol, share in self.weights.items() if share)

    @property
    def gross(self) -> float:
        """Sum of the weights without their signs."""
        return math.fsum(abs(share) for share in self.weights.values())

    @property
    def shares(self) -> NDArray[np.float64]:
        """The weights as an array, (n_symbols,)."""
        return np.array(list(self.weights.values()))


def book_of(
    returns: "pd.Series[float]",
    *,
    name: str = "strategy",
    factors: pd.DataFrame | None = None,
) -> Book:
    """A strategy, or anything with one series of returns, as a book of one symbol.

    Args:
        returns: (n_bars,), simple returns as fractions over a strictly increasing UTC index.
        name: of the symbol.
        factors: as in `Book`.

    Raises:
        DataError: no series, or as `Book`.
    """
    if not isinstance(returns, pd.Series):
        raise DataError(
            f"book: returns are a {type(returns).__name__}; give a pandas Series over UTC days, or "
            "for several symbols Book(weights, returns)"
        )
    return Book({name: 1.0}, returns.to_frame(name), factors=factors)


def check_book(book: object, where: str) -> None:
    """Make sure that something is a book; `where` is what asks, for the message.

    Raises:
        DataError: it is none.
    """
    if not isinstance(book, Book):
        raise DataError(
            f"{where}: a {type(book).__name__}; give a book, Book(weights, returns) or "
            "book_of(returns)"
        )


def _read_weights(given: object) -> dict[str, float]:
    if not isinstance(given, Mapping | pd.Series):
        raise DataError(
            f"book: weights are a {type(given).__name__}; give a share of equity by symbol, "
            "{'SPY': 0.6, 'TLT': 0.4}"
        )
    if not len(given):
        raise DataError("book: no weights; give at least one symbol, with weight 0 if all is cash")
    for symbol, share in given.items():
        if not (is_number(share) and math.isfinite(share)):
            raise DataError(f"book: the weight of {symbol!r} is {share!r}; give a finite share")
    weights = {str(symbol): float(share) for symbol, share in given.items()}
    gross = math.fsum(map(abs, weights.values()))
    if gross > LARGEST_GROSS:
        raise DataError(
            f"book: the weights sum to {gross:g} without their signs, and {LARGEST_GROSS:g} times "
            "the equity is the most that is taken: they look like percent or money; divide them "
            "by 100 or by the equity"
        )
    return weights


def _read_groups(given: object) -> dict[str, tuple[str, ...]]:
    if not isinstance(given, Mapping):
        raise DataError(
            f"book: groups are a {type(given).__name__}; give the symbols of each by its name"
        )
    for name, symbols in given.items():
        if isinstance(symbols, str) or not isinstance(symbols, Iterable):
            raise DataError(f"book: group {name!r} is {symbols!r}; give a list of symbols")
    return {name: tuple(symbols) for name, symbols in given.items()}


def _check_columns(weights: Mapping[str, float], returns: pd.DataFrame) -> None:
    missing = [symbol for symbol in weights if symbol not in returns.columns]
    if missing:
        raise DataError(
            f"book: no returns of {', '.join(map(repr, missing))}; give a column for every weight"
        )


def _daily(table: pd.DataFrame, what: str) -> pd.DataFrame:
    """Returns per UTC day; bars of the same day are compounded."""
    index = table.index
    _check_index(index, what)
    if table.columns.has_duplicates:
        twice = table.columns[table.columns.duplicated()][0]
        raise DataError(f"book: {what} have two columns {twice!r}; give each symbol once")
    values = frame_values(f"book: {what}", table)
    _check_values(values, table, what)
    check_frame_units(f"book: {what}", table, values)
    days = pd.DatetimeIndex(index).normalize()
    frame = pd.DataFrame(values, index=days, columns=[str(name) for name in table.columns])
    if not days.has_duplicates:
        return frame
    # min_count keeps a day of NaN as NaN; a product of nothing would be a return of 0.
    return (1.0 + frame).groupby(level=0).prod(min_count=1) - 1.0


def _check_index(index: "pd.Index[pd.Timestamp]", what: str) -> None:
    if not isinstance(index, pd.DatetimeIndex) or str(index.tz) != "UTC":
        zone = getattr(index, "tz", None)
        raise DataError(
            f"book: the index of {what} is {type(index).__name__} in zone {zone}; "
            "give a DatetimeIndex in UTC"
        )
    if not len(index):
        raise DataError(f"book: {what} have no bar; give some")
    if not (index.is_monotonic_increasing and index.is_unique):
        raise DataError(f"book: the stamps of {what} are not strictly increasing; sort them")
    if len(index) > 1:
        step = pd.Series(index).diff().median()
        if step > _LONGEST_BAR:
            raise DataError(
                f"book: the bars of {what} are {step.days} days apart; windows are given in days, "
                "so give daily bars or shorter ones"
            )


def _check_values(values: NDArray[np.float64], table: pd.DataFrame, what: str) -> None:
    known = ~np.isnan(values)
    listed = np.logical_or.accumulate(known) & np.logical_or.accumulate(known[::-1])[::-1]
    for wrong, remedy in (
        (np.isinf(values), "leave the bar out or correct it"),
        (listed & ~known, "fill it (0 for a day without trading) or leave the symbol out"),
    ):
        if wrong.any():
            row, column = (int(at) for at in np.argwhere(wrong)[0])
            raise DataError(
                f"book: {what} of {table.columns[column]!r} at {table.index[row]:%Y-%m-%d %H:%M} "
                f"is {values[row, column]}; {remedy}"
            )
    empty = ~known.any(axis=0)
    if empty.any():
        raise DataError(
            f"book: {what} of {table.columns[int(empty.argmax())]!r} are all NaN; leave it out"
        )
