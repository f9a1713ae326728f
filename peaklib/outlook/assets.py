"""Several markets beside each other: moves, volatility, drawdown, correlation."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from peaklib.data import Dataset
from peaklib.errors import DataError
from peaklib.outlook.daily import check_daily, share_up_to
from peaklib.outlook.falls import drawdown_state
from peaklib.outlook.variability import volatility_state

MONTH, YEAR = 21, 252


def compare_assets(assets: Sequence[Dataset], window: int = 20) -> pd.DataFrame:
    """Where prices and indices stand on their last day; rates are left out.

    Returns:
        One row an asset: `asset`, `day`, `close`, `ret_21` and `ret_252` (return over so many
        days, NaN if there are fewer), `vol` a year, `vol_rank` (share of its days with no
        higher one), `drawdown` (at most 0).

    Raises:
        DataError: no daily bars, or fewer than the window takes.
    """
    rows = []
    for data in assets:
        if data.meta.kind == "rate":
            continue
        close, state = data.column("close"), volatility_state(data, window)
        rows.append(
            {
                "asset": data.name,
                "day": data.frame.index[-1],
                "close": float(close[-1]),
                **{f"ret_{bars}": _over(close, bars) for bars in (MONTH, YEAR)},
                "vol": state.now,
                "vol_rank": state.rank,
                "drawdown": drawdown_state(data).depth,
            }
        )
    return pd.DataFrame(rows)


def rates(assets: Sequence[Dataset]) -> pd.DataFrame:
    """Where rates stand on their last day; prices and indices are left out.

    Returns:
        One row a rate: `rate`, `day`, `level`, `change_21` (in its own unit, NaN if there are
        fewer days), `rank` (share of its days with no higher one), `since` (first day).

    Raises:
        DataError: no daily bars.
    """
    rows = []
    for data in assets:
        if data.meta.kind != "rate":
            continue
        check_daily(data)
        level = data.column("close")
        change = float(level[-1] - level[-1 - MONTH]) if level.size > MONTH else float("nan")
        rows.append(
            {
                "rate": data.name,
                "day": data.frame.index[-1],
                "level": float(level[-1]),
                "change_21": change,
                "rank": share_up_to(level, float(level[-1])),
                "since": data.frame.index[0],
            }
        )
    return pd.DataFrame(rows, columns=["rate", "day", "level", "change_21", "rank", "since"])


def correlations(subject: Dataset, others: Sequence[Dataset], window: int = YEAR) -> pd.DataFrame:
    """Correlation of daily moves with those of the subject, on days that both have.

    A move is the log return of a price or an index, and the change of a rate, from one common
    day to the next.

    Returns:
        One row for each of `others`: `asset`, `recent` (over the last `window` common moves;
        NaN if there are fewer), `all`, `n_moves`.

    Raises:
        DataError: no daily bars, or fewer than three days in common.
    """
    rows = []
    for data in others:
        check_daily(data)
        common = subject.frame.index.intersection(data.frame.index)
        if len(common) < 3:
            raise DataError(
                f"{subject.name} and {data.name} have {len(common)} days in common; three are the "
                "fewest that correlate"
            )
        one, other = _moves(subject, common), _moves(data, common)
        rows.append(
            {
                "asset": data.name,
                "recent": _correlation(one[-window:], other[-window:], window),
                "all": _correlation(one, other, 2),
                "n_moves": one.size,
            }
        )
    return pd.DataFrame(rows, columns=["asset", "recent", "all", "n_moves"])


def _over(close: np.ndarray, bars: int) -> float:
    return float(close[-1] / close[-1 - bars] - 1.0) if close.size > bars else float("nan")


def _moves(data: Dataset, common: pd.Index) -> np.ndarray:
    level = data.frame.loc[common, "close"].to_numpy()
    return np.diff(level if data.meta.kind == "rate" else np.log(level))


def _correlation(one: np.ndarray, other: np.ndarray, least: int) -> float:
    if one.size < least or np.ptp(one) == 0.0 or np.ptp(other) == 0.0:
        return float("nan")
    return float(np.corrcoef(one, other)[0, 1])
