"""Whether the same parameters are best again and again: ranks of trials from window to window.

Everything works on the moments of consecutive windows. For rolling years out of half-years, give
`rolled(moments, 2)` and `overlap=2`: a window is then compared with the next one that shares no
bar with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peaklib.errors import DataError
from peaklib.robustness.selection.moments import best_trials, sharpe_of_moments, window_sharpes
from peaklib.robustness.selection.plateaus import grid_places

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TOP_SHARE: Final = 0.1


@dataclass(frozen=True)
class Stability:
    """How stable the ranking of trials is over time.

    Args:
        best: one row a window: `trial` (-1 for none), the parameters, `sharpe`, `overall_sharpe`
            and `overall_place` of the trial that is best over all windows together (the share of
            trials that it beats, ties half), `in_top`, and `steps` and `moved` since the previous
            window's best: grid steps along the axis with most of them, and that over the number
            of steps that the longest axis has.
        ranks: one row a pair of windows that share no bar: `spearman`, `kendall` (tau-b) of the
            trials' Sharpe ratios and `n` trials that have one in both.
        overall: number of the trial that is best over all windows together.
        top_share: share of windows in which it is among the best tenth.
    """

    best: pd.DataFrame
    ranks: pd.DataFrame
    overall: int
    top_share: float


def rolling_stability(
    trials: pd.DataFrame,
    params: Sequence[str],
    moments: Floats,
    names: Sequence[str],
    *,
    periods_per_year: float,
    overlap: int = 1,
    top: float = TOP_SHARE,
) -> Stability:
    """Best parameters in each window, and how the ranking holds from one to the next.

    Args:
        trials: one row a trial, with the parameters.
        params: names of the grid's axes; may be none.
        moments: (n_trials, n_windows, 3).
        names: of the windows, in order.
        periods_per_year: bars in a year.
        overlap: how many windows on the next one lies that shares no bar; 1 for windows that
            follow one another, the width for what `rolled` made.
        top: share of trials that counts as the top, in (0, 1).

    Returns:
        Tables for a figure, and their summary.

    Raises:
        DataError: sizes do not fit together, or no trial ever moved.
    """
    _check(trials, moments, names, overlap, top)
    sharpes = window_sharpes(moments, periods_per_year=periods_per_year)
    whole = sharpe_of_moments(moments, periods_per_year=periods_per_year)
    if np.isnan(whole).all():
        raise DataError("moments: no trial has a Sharpe ratio, because no account ever moved")
    overall = int(np.nanargmax(whole))
    trial, at = best_trials(sharpes), grid_places(trials, params)
    place = _share_beaten(sharpes, overall)
    index = pd.Index(list(names), name="window")
    head = pd.DataFrame({"trial": trial}, index=index)
    # There is no row -1: a window without a best trial gets NaN.
    values = trials[list(params)].reset_index(drop=True).reindex(trial).set_axis(index)
    tail = pd.DataFrame(
        {
            "sharpe": np.where(trial >= 0, sharpes[trial, np.arange(len(trial))], np.nan),
            "overall_sharpe": sharpes[overall],
            "overall_place": place,
            "in_top": place >= 1 - top,
            **_movement(at, trial),
        },
        index=index,
    )
    return Stability(
        best=pd.concat([head, values, tail], axis=1),
        ranks=rank_stability(sharpes, names, overlap=overlap),
        overall=overall,
        top_share=float(np.mean(place >= 1 - top)),
    )


def rank_stability(sharpes: Floats, names: Sequence[str], *, overlap: int = 1) -> pd.DataFrame:
    """Rank correlation of the trials' Sharpe ratios between windows that follow one another.

    Args:
        sharpes: (n_trials, n_windows), NaN where a trial has none.
        names: of the windows, in order.
        overlap: how many windows on the next one lies.

    Returns:
        One row a pair, labelled by its two windows `before` and `after`: `spearman`, `kendall`
        (tau-b), `n`. NaN where fewer than two trials have a Sharpe ratio in both, or all are equal.
    """
    from scipy.stats import kendalltau, rankdata

    rows = []
    for k in range(sharpes.shape[1] - overlap):
        before, after = sharpes[:, k], sharpes[:, k + overlap]
        known = ~(np.isnan(before) | np.isnan(after))
        x, y = rankdata(before[known]), rankdata(after[known])
        varied = x.size >= 2 and np.ptp(x) > 0 and np.ptp(y) > 0
        rows.append(
            {
                "before": names[k],
                "after": names[k + overlap],
                "spearman": float(np.corrcoef(x, y)[0, 1]) if varied else np.nan,
                "kendall": float(kendalltau(x, y).statistic) if varied else np.nan,
                "n": int(known.sum()),
            }
        )
    columns = ["before", "after", "spearman", "kendall", "n"]
    return pd.DataFrame(rows, columns=columns).set_index(["before", "after"])


def _share_beaten(sharpes: Floats, trial: int) -> Floats:
    """Share of the other trials below one in each window, ties half; NaN where it has none.

    Another trial without a Sharpe ratio counts as 0, an account that stood still.
    """
    filled = np.nan_to_num(sharpes, nan=0.0)
    own = filled[trial]
    below, equal = (filled < own).sum(axis=0), (filled == own).sum(axis=0) - 1
    others = max(len(sharpes) - 1, 1)
    share = (below + 0.5 * equal) / others if len(sharpes) > 1 else np.ones(len(own))
    return np.where(np.isnan(sharpes[trial]), np.nan, share)


def _movement(places: Ints, trial: Ints) -> dict[str, Floats]:
    """Steps of the best from each window to the next; NaN for the first and after none."""
    steps = np.full(len(trial), np.nan)
    if places.shape[1]:
        both = (trial[1:] >= 0) & (trial[:-1] >= 0)
        moved = np.abs(np.diff(places[trial], axis=0)).max(axis=1)
        steps[1:] = np.where(both, moved, np.nan)
    longest = int(places.max(initial=0))
    return {"steps": steps, "moved": steps / longest if longest else steps}


def _check(
    trials: pd.DataFrame, moments: Floats, names: Sequence[str], overlap: int, top: float
) -> None:
    if moments.ndim != 3 or moments.shape[:2] != (len(trials), len(names)):
        raise DataError(
            f"moments: shape {moments.shape} for {len(trials)} trials and {len(names)} windows; "
            "expected (n_trials, n_windows, 3)"
        )
    if overlap < 1:
        raise DataError(f"overlap = {overlap}; the next window lies 1 or more windows on")
    if not 0 < top < 1:
        raise DataError(f"top = {top}; give a share between 0 and 1, as 0.1")
