"""What came after: returns over the next days, by the regime that was known on the day.

Windows of neighbouring days overlap, so a thousand days hold far fewer returns that are
independent of each other. `n_apart` counts windows that do not overlap; an interval from
resampled stretches of days says what the mean is worth.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peaklib.data import Dataset
from peaklib.errors import DataError
from peaklib.outlook.daily import Floats, daily_closes
from peaklib.outlook.resampled import codes_of, column, drawn_means, ends_of

Ints = NDArray[np.int64]

ALL: Final = "all days"
TAILS: Final = (0.1, 0.9)


def forward_returns(
    data: Dataset, regime: "pd.Series[str]", horizons: Sequence[int]
) -> pd.DataFrame:
    """Return from the close of each day that has a regime to the close some days later.

    Args:
        data: daily bars of a price or an index.
        regime: by day, each a day of the data.
        horizons: trading days, increasing, at least 1.

    Returns:
        By day: `regime`, and `ret_5` and the like, fractions; NaN where the data end before.

    Raises:
        DataError: no daily prices, horizons that are none, or days that the data do not have.
    """
    close = daily_closes(data)
    if not horizons or list(horizons) != sorted({*horizons}) or horizons[0] < 1:
        raise DataError(f"horizons = {list(horizons)}; give trading days from 1 up, increasing")
    places = data.frame.index.get_indexer(regime.index)
    if regime.empty or (places < 0).any():
        raise DataError(
            f"{data.name}: {int((places < 0).sum())} of {len(regime)} days with a regime are no "
            "days of the data; give regimes of the same data set"
        )
    table = {"regime": regime}
    for horizon in horizons:
        ahead = np.full(close.size, np.nan)
        ahead[: max(close.size - horizon, 0)] = close[horizon:] / close[:-horizon] - 1.0
        table[column(horizon)] = pd.Series(ahead[places], index=regime.index)
    return pd.DataFrame(table)


def outcomes(
    days: pd.DataFrame,
    horizons: Sequence[int],
    *,
    draws: Ints | None = None,
    level: float = 0.9,
) -> pd.DataFrame:
    """What came after the days of each regime, and after all days.

    Args:
        days: of `forward_returns`.
        horizons: those to look at.
        draws: (n_resamples, n_days) rows of `days`, drawn in stretches that are longer than
            the horizons, as `peaklib.robustness.bootstrap.resampling.resample_indices` does;
            None for no intervals.
        level: of the intervals, between 0 and 1.

    Returns:
        One row a horizon and regime (calmest first, then `ALL`): `horizon`, `regime`,
        `n_days`, `n_apart` (windows that do not overlap), `mean`, `median`, `low` and `high`
        (10 and 90 % quantiles), `positive` (share above 0), and, with draws, `lead` (mean
        minus that of all days) with percentile intervals `mean_lo`, `mean_hi`, `lead_lo`,
        `lead_hi`; NaN where more than 5 % of the draws hold no day of the regime.

    Raises:
        DataError: no day with a return, draws of other rows, or a level that is none.
    """
    if not 0.0 < level < 1.0:
        raise DataError(f"level = {level}; give the share that an interval covers, as 0.9")
    present, codes = codes_of(days, draws)
    rows: list[dict[str, object]] = []
    for horizon in horizons:
        returns = days[column(horizon)].to_numpy()
        groups = {name: np.flatnonzero(codes == k) for k, name in enumerate(present)}
        groups[ALL] = np.arange(codes.size, dtype=np.int64)
        found = [_summary(returns, at, horizon) for at in groups.values()]
        if draws is not None:
            drawn = drawn_means(codes, returns, draws, len(present))
            found = _with_intervals(found, drawn, level)
        named = zip(groups, found, strict=True)
        rows += [{"horizon": horizon, "regime": name, **row} for name, row in named]
    return pd.DataFrame(rows)


def _summary(returns: Floats, at: Ints, horizon: int) -> dict[str, float]:
    """Of the returns after some days, without those that the data do not see the end of."""
    at = at[~np.isnan(returns[at])]
    if not at.size:
        nothing = dict.fromkeys(("mean", "median", "low", "high", "positive"), float("nan"))
        return {"n_days": 0, "n_apart": 0, **nothing}
    part = returns[at]
    low, high = np.quantile(part, TAILS).tolist()
    return {
        "n_days": part.size,
        "n_apart": _apart(at, horizon),
        "mean": float(part.mean()),
        "median": float(np.median(part)),
        "low": low,
        "high": high,
        "positive": float(np.mean(part > 0.0)),
    }


def _apart(at: Ints, horizon: int) -> int:
    """Most windows of `horizon` days that begin on these rows and do not overlap."""
    count, free = 0, -1
    for row in at.tolist():
        if row >= free:
            count, free = count + 1, row + horizon
    return count


def _with_intervals(
    found: list[dict[str, float]], drawn: Floats, level: float
) -> list[dict[str, float]]:
    """The rows with their lead over all days, and percentile intervals of mean and lead."""
    everything, rows = found[-1]["mean"], []
    for k, row in enumerate(found):
        mean_lo, mean_hi = ends_of(drawn[:, k], level)
        lead_lo, lead_hi = ends_of(drawn[:, k] - drawn[:, -1], level)
        ends = {"mean_lo": mean_lo, "mean_hi": mean_hi, "lead": row["mean"] - everything}
        rows.append({**row, **ends, "lead_lo": lead_lo, "lead_hi": lead_hi})
    return rows
