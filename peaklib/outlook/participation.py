"""How many of a panel's assets take part: above their average, at their highs."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from peaklib.data import Panel
from peaklib.errors import DataError
from peaklib.features import sma
from peaklib.outlook.daily import Floats, share_up_to


def breadth(
    panel: Panel, until: pd.Timestamp | None = None, *, average: int = 200, year: int = 252
) -> pd.DataFrame:
    """Shares of a panel's assets, on each day on which one has a full year of closes.

    An asset counts on a day if it has a close on it and on the `year` - 1 and `average` - 1
    days before.

    Args:
        panel: daily closes.
        until: last day that is looked at; None for all.
        average: days of the moving average.
        year: days of a year; the last of them is the day itself.

    Returns:
        By day, shares 0 … 1 of the assets that count: `above` their average, `at_high`, with
        the highest close of the year (ties count), `at_low` likewise; and their number
        `n_assets`.

    Raises:
        DataError: no daily bars, windows below 1, or too few days.
    """
    if panel.meta.interval != pd.Timedelta(days=1):
        raise DataError(f"{panel.name}: bars of {panel.meta.interval}; give daily closes")
    close = panel.close if until is None else panel.close.loc[panel.close.index <= until]
    longest = max(average, year)
    if min(average, year) < 1 or len(close) < longest:
        raise DataError(
            f"{panel.name}: {len(close)} days, and windows of {average} and {year}; both are at "
            "least 1, and there must be as many days as the longer one"
        )
    parts = [_asset(close[asset].to_numpy(), average, year) for asset in close]
    counted, above, high, low = (np.sum(part, axis=0) for part in zip(*parts, strict=True))
    there = counted > 0
    shares = {"above": above, "at_high": high, "at_low": low}
    return pd.DataFrame(
        {
            **{name: part[there] / counted[there] for name, part in shares.items()},
            "n_assets": counted[there],
        },
        index=close.index[there],
    )


def _asset(close: Floats, average: int, year: int) -> tuple[np.ndarray, ...]:
    """Whether it counts, is above its average, at its high, at its low, (n_days,) each."""
    closes = pd.Series(close).rolling(max(average, year))
    counts = closes.count().to_numpy() == max(average, year)
    # A day without a close is in no window that counts, so any number may stand for it.
    filled = np.where(np.isnan(close), 0.0, close)
    past = pd.Series(filled).rolling(year)
    above = filled > sma(filled, average)
    high, low = filled >= past.max().to_numpy(), filled <= past.min().to_numpy()
    return counts, counts & above, counts & high, counts & low


@dataclass(frozen=True)
class BreadthState:
    """Breadth on the last day.

    Args:
        day: the last day with a value.
        above, at_high, at_low: shares of the assets, 0 … 1.
        rank: share of all days on which no more were above their average.
        median: share above the average on the middle one of all days.
        n_assets: assets that count.
        n_days: days with a value.
    """

    day: pd.Timestamp
    above: float
    at_high: float
    at_low: float
    rank: float
    median: float
    n_assets: int
    n_days: int


def breadth_state(history: pd.DataFrame) -> BreadthState:
    """The last day of what `breadth` found, and where it stands among all days.

    Raises:
        DataError: no day.
    """
    above = history["above"].to_numpy()
    rank = share_up_to(above, float(above[-1]) if above.size else 0.0)
    last = history.iloc[-1]
    return BreadthState(
        day=history.index[-1],
        above=float(last["above"]),
        at_high=float(last["at_high"]),
        at_low=float(last["at_low"]),
        rank=rank,
        median=float(np.median(above)),
        n_assets=int(last["n_assets"]),
        n_days=above.size,
    )
