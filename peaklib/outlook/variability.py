"""Realised volatility now, beside its own history."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from peaklib.data import Dataset
from peaklib.errors import DataError
from peaklib.features import realised_volatility
from peaklib.outlook.daily import daily_closes, share_up_to


def volatility(data: Dataset, window: int = 20) -> "pd.Series[float]":
    """Annualised deviation of the last `window` log returns on each day that has so many.

    Args:
        data: daily bars of a price or an index.
        window: log returns, at least 2.

    Returns:
        (n_days - window,) fractions a year, ddof=0, by the square root of `bars_per_year`.

    Raises:
        DataError: no daily prices, or fewer days than the window takes.

    Source: as the feature `realised_volatility`.
    """
    close = daily_closes(data)
    if not 2 <= window < close.size:
        raise DataError(
            f"{data.name}: a window of {window} returns, and {close.size} days; give at least 2 "
            "and fewer than there are days"
        )
    found = realised_volatility(close, window)[window:] * np.sqrt(data.meta.bars_per_year)
    return pd.Series(found, index=data.frame.index[window:], name="vol")


@dataclass(frozen=True)
class VolatilityState:
    """Volatility on the last day, as fractions a year.

    Args:
        now: of the last window.
        rank: share of all days, the last one included, on which it was not higher.
        median: over all days.
        highest: over all days.
        highest_on: its day.
        change: now minus one window earlier; NaN without one.
        n_days: days with a value.
    """

    now: float
    rank: float
    median: float
    highest: float
    highest_on: pd.Timestamp
    change: float
    n_days: int


def volatility_state(data: Dataset, window: int = 20) -> VolatilityState:
    """Volatility of the last `window` days, and where it stands among all days so far.

    Raises:
        DataError: see `volatility`.
    """
    history = volatility(data, window)
    values = np.asarray(history, dtype=np.float64)
    now, top = float(values[-1]), int(values.argmax())
    return VolatilityState(
        now=now,
        rank=share_up_to(values, now),
        median=float(np.median(values)),
        highest=float(values[top]),
        highest_on=history.index[top],
        change=now - float(values[-1 - window]) if values.size > window else float("nan"),
        n_days=values.size,
    )
