"""How far the price is below its high, since when, and how that compares."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from peaklib.data import Dataset
from peaklib.features.returns import drawdown
from peaklib.outlook.daily import daily_closes


def drawdowns(data: Dataset) -> pd.DataFrame:
    """Depth below the running high on each day.

    Returns:
        By day: `depth`, close / highest close so far - 1, at most 0; `n_days` since the last
        close at that high.

    Raises:
        DataError: no daily prices.

    Source: as the feature `drawdown`.
    """
    depth, days = drawdown(daily_closes(data))
    return pd.DataFrame({"depth": depth, "n_days": days.astype(np.int64)}, index=data.frame.index)


@dataclass(frozen=True)
class DrawdownState:
    """The drawdown of the last day.

    Args:
        depth: at most 0, a fraction of the high.
        high: highest close so far.
        high_on: last day at it.
        n_days: trading days since then.
        rank: share of all days on which the price was at least as far below its high.
        worst: deepest drawdown of all days.
        worst_on: its day.
    """

    depth: float
    high: float
    high_on: pd.Timestamp
    n_days: int
    rank: float
    worst: float
    worst_on: pd.Timestamp


def drawdown_state(data: Dataset) -> DrawdownState:
    """How far the last close is below the highest, and how that compares with all days.

    Raises:
        DataError: no daily prices.
    """
    history, close = drawdowns(data), daily_closes(data)
    depth = history["depth"].to_numpy()
    days, low = int(history["n_days"].iloc[-1]), int(depth.argmin())
    return DrawdownState(
        depth=float(depth[-1]),
        high=float(close.max()),
        high_on=history.index[-1 - days],
        n_days=days,
        rank=float(np.mean(depth <= depth[-1])),
        worst=float(depth[low]),
        worst_on=history.index[low],
    )


def drawdown_episodes(data: Dataset, least: float = 0.1) -> pd.DataFrame:
    """Falls of at least a given depth, deepest first.

    A fall lasts from a close at the running high to the next close at or above it.

    Args:
        data: daily bars of a price or an index.
        least: depth from which a fall counts, a fraction above 0.

    Returns:
        `high_on`, `low_on`, `back_on` (NaT: not yet), `depth`, `days_down` and `days_back`,
        trading days from the high to the lowest close and from there back (so far, if the
        old high is not reached again).

    Raises:
        DataError: no daily prices.
    """
    history = drawdowns(data)
    depth, index = history["depth"].to_numpy(), history.index
    below = np.concatenate([[False], depth < 0.0, [False]])
    starts, stops = np.flatnonzero(np.diff(below)).reshape(-1, 2).T
    rows = []
    for start, stop in zip(starts.tolist(), stops.tolist(), strict=True):
        low = start + int(depth[start:stop].argmin())
        back = stop < depth.size
        rows.append(
            {
                "high_on": index[start - 1],
                "low_on": index[low],
                "back_on": index[stop] if back else pd.NaT,
                "depth": float(depth[low]),
                "days_down": low - start + 1,
                "days_back": (stop if back else depth.size - 1) - low,
            }
        )
    names = ["high_on", "low_on", "back_on", "depth", "days_down", "days_back"]
    found = pd.DataFrame(rows, columns=names)
    deep = found[found["depth"] <= -least].sort_values("depth", kind="stable")
    return deep.reset_index(drop=True)
