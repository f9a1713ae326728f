"""Means after each regime over resampled days: intervals, and the chance of the largest lead."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peaklib.errors import DataError
from peaklib.outlook.daily import Floats
from peaklib.outlook.regime import REGIMES

Ints = NDArray[np.int64]

MOST_UNDEFINED: Final = 0.05
# Rounding alone makes two ways to sum the same returns differ by so much.
SAME: Final = 1e-12


def column(horizon: int) -> str:
    """Name of the returns over a number of days."""
    return f"ret_{horizon}"


def chance_of_largest(days: pd.DataFrame, horizons: Sequence[int], draws: Ints) -> float:
    """Chance that the largest lead of any regime at any horizon is as large by luck.

    Each lead is measured in units of its spread over the draws; the largest of all, either
    way, is compared with the largest distance of the drawn leads from those observed. So a
    table with many rows is asked one question and not many.

    Args:
        days: of `forward_returns`.
        horizons: those to look at.
        draws: as for `outcomes`.

    Returns:
        p-value in (0, 1], (1 + draws at least as far) / (1 + draws); 1 where nothing can
        differ, as with a single regime. It is too small in short histories:
        `docs/how-to/write-an-outlook.md` says by how much.

    Raises:
        DataError: draws of other rows.

    Source: White (2000), Econometrica 68(5), on the largest of many; studentized as by Hansen
    (2005), J. of Business & Economic Statistics 23(4), with two tails and the spread of the
    draws.
    """
    present, codes = codes_of(days, draws)
    observed, drawn = [], []
    for horizon in horizons:
        returns = days[column(horizon)].to_numpy()
        means = drawn_means(codes, returns, draws, len(present))
        own = drawn_means(codes, returns, np.arange(codes.size)[None, :], len(present))
        observed.append(own[0, :-1] - own[0, -1])
        drawn.append(means[:, :-1] - means[:, -1:])
    return _chance_of_farthest(np.concatenate(observed), np.hstack(drawn))


def _chance_of_farthest(leads: Floats, drawn: Floats) -> float:
    """p-value of the largest of some leads, (k,), from their values in the draws, (n, k)."""
    away = drawn - leads
    defined = np.isfinite(away)
    away = np.where(defined, away, 0.0)
    spread = np.sqrt(np.sum(away**2, axis=0) / np.maximum(defined.sum(axis=0), 1))
    kept = (defined.mean(axis=0) >= 1.0 - MOST_UNDEFINED) & (spread > SAME)
    if not kept.any():
        return 1.0
    farthest = np.max(np.abs(away[:, kept]) / spread[kept], axis=1)
    largest = float(np.max(np.abs(leads[kept]) / spread[kept]))
    return float((1 + np.sum(farthest >= largest)) / (1 + farthest.size))


def codes_of(days: pd.DataFrame, draws: Ints | None) -> tuple[list[str], Ints]:
    """The regimes that occur, calmest first, and the place of each day's among them.

    Raises:
        DataError: no day, or draws of other rows.
    """
    if days.empty:
        raise DataError("outcomes: no day with a regime; give the table of forward_returns")
    if draws is not None and not (
        draws.ndim == 2
        and draws.shape[0] > 0
        and draws.shape[1] == len(days)
        and 0 <= draws.min() <= draws.max() < len(days)
    ):
        raise DataError(
            f"draws have the shape {draws.shape} and there are {len(days)} days; give a row for "
            "each resample, with as many rows of the days as there are, counted from 0"
        )
    present = [name for name in REGIMES if (days["regime"] == name).any()]
    places = days["regime"].map({name: k for k, name in enumerate(present)})
    return present, places.to_numpy().astype(np.int64)


def drawn_means(codes: Ints, returns: Floats, draws: Ints, n_regimes: int) -> Floats:
    """Mean return of each regime and of all days in each resample, (n_resamples, k + 1)."""
    out = np.empty((draws.shape[0], n_regimes + 1))
    known = ~np.isnan(returns)
    with np.errstate(invalid="ignore"):
        for k, row in enumerate(draws):
            kept = row[known[row]]
            part = codes[kept]
            counts = np.bincount(part, minlength=n_regimes)
            sums = np.bincount(part, weights=returns[kept], minlength=n_regimes)
            out[k, :-1] = sums / counts
            out[k, -1] = sums.sum() / counts.sum()
    return out


def ends_of(drawn: Floats, level: float) -> tuple[float, float]:
    """Percentile interval of what is finite; NaN where more than 5 % of the draws are not."""
    kept = drawn[np.isfinite(drawn)]
    if not kept.size or drawn.size - kept.size > MOST_UNDEFINED * drawn.size:
        return float("nan"), float("nan")
    low, high = np.quantile(kept, [(1.0 - level) / 2.0, (1.0 + level) / 2.0]).tolist()
    return low, high
