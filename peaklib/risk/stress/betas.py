"""How far symbols move with factors: regressed on the past, or as given."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from peaklib.errors import DataError
from peaklib.risk.measures.finite import first_not_finite
from peaklib.risk.measures.frames import check_frame, frame_values
from peaklib.risk.stress.book import Book

FEWEST_DAYS: Final = 60


def estimate_betas(returns: pd.DataFrame, factors: pd.DataFrame) -> pd.DataFrame:
    """Slopes of a joint least-squares regression of each symbol on all factors.

    With an intercept, which is not returned. A symbol is regressed on the days that it and all
    factors have.

    Args:
        returns: (n_days, n_symbols), simple returns as fractions; NaN where not listed.
        factors: (n_days, n_factors), simple returns; stamps that both have are used.

    Returns:
        (n_symbols, n_factors): move of the symbol for a move of 1 of the factor, the other
        factors standing still.

    Raises:
        DataError: no frames of numbers, fewer than 60 common days, or factors that do not vary
            apart.
    """
    check_frame("returns", returns, "a day", "a symbol")
    check_frame("factors", factors, "a day", "a factor")
    common = returns.index.intersection(factors.index)
    x = frame_values("factors", factors.loc[common])
    rows = {}
    for symbol in returns.columns:
        y = returns.loc[common, symbol].to_numpy(dtype=np.float64)
        known = np.isfinite(y) & np.isfinite(x).all(axis=1)
        if known.sum() < FEWEST_DAYS:
            raise DataError(
                f"betas of {symbol!r}: it has {known.sum()} days in common with the factors and "
                f"needs {FEWEST_DAYS}; give more days or the betas"
            )
        # Centred, the intercept drops out and a constant factor shows as a column of zeros.
        inside = x[known] - x[known].mean(axis=0)
        slopes, _, rank, _ = np.linalg.lstsq(inside, y[known] - y[known].mean(), rcond=1e-10)
        if rank < x.shape[1]:
            raise DataError(
                f"betas of {symbol!r}: the factors {', '.join(map(str, factors.columns))} do not "
                f"vary apart on its {known.sum()} days; leave out what repeats or stands still"
            )
        rows[symbol] = slopes
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(factors.columns))


def betas_of(book: Book, names: Sequence[str], asked_by: str) -> pd.DataFrame:
    """Betas of a book's held symbols to some factors.

    Regressed ones are those of a regression on exactly these factors, so that a factor which
    is not named moves as it usually does when the named ones move.

    Args:
        book: with `factors` or `betas`.
        names: of the factors.
        asked_by: what needs them, for the message of an error.

    Returns:
        (n_held, n_names).

    Raises:
        DataError: a factor that the book does not have, or a beta that is none.

    Source: Kupiec (1998), Stress Testing in a Value at Risk Framework, J. of Derivatives 6(1).
    """
    table = book.betas if book.factors is None else book.factors
    known = [] if table is None else [str(name) for name in table.columns]
    missing = [name for name in names if name not in known]
    if missing:
        raise DataError(
            f"{asked_by} moves the factor {missing[0]!r}, and the book has "
            f"{', '.join(known) or 'no factors'}; give its returns as factors= or its betas="
        )
    held = list(book.held)
    if table is None or not names:
        return pd.DataFrame(index=held)
    if table is book.factors:
        return estimate_betas(book.returns[held], table[list(names)])
    given = table.reindex(index=held, columns=list(names)).astype(np.float64)
    bad = first_not_finite(given.to_numpy())
    if bad is not None:
        row, column = bad
        raise DataError(
            f"{asked_by}: the beta of {held[row]!r} to {names[column]!r} is "
            f"{given.to_numpy()[row, column]}; give a finite one for every symbol that is held"
        )
    return given
