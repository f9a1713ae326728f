"""Drawdown attribution: which positions lost the money between a peak and its trough."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peaklib.errors import DataError
from peaklib.risk.measures.finite import first_not_finite
from peaklib.risk.measures.frames import check_frame, frame_values
from peaklib.risk.measures.inputs import is_number

Floats = NDArray[np.float64]

# Rounding must not leave a drawdown open for ever, nor open one.
_SAME_LEVEL: Final = 1e-12


@dataclass(frozen=True)
class DrawdownAttribution:
    """The deepest drawdowns of an account and what they are made of.

    Args:
        drawdowns: (n, 6) by rank from 1, the deepest first: `depth` (negative, a fraction of the
            wealth at the peak), stamps of the bars of `peak` (missing when it is the start),
            `trough` and `recovery` (missing if there is none), `bars` from peak to trough and
            `bars_under`, from the peak to the recovery or the last bar.
        contributions: (n, n_sources) by rank: profit from peak to trough over the wealth at the
            peak, as a fraction; negative for a loss. A row sums to its depth.
    """

    drawdowns: pd.DataFrame
    contributions: pd.DataFrame


@dataclass(frozen=True)
class _Episode:
    """Bars of one drawdown; -1 is the start before the first bar, or no recovery."""

    peak: int
    trough: int
    recovery: int
    depth: float


def attribute_drawdowns(profits: pd.DataFrame, *, count: int = 5) -> DrawdownAttribution:
    """Share out the deepest drawdowns of an account among the sources of its profits.

    Profits in money simply add up, so a drawdown, which is money lost over wealth at the peak,
    is the sum of what each source lost over the same wealth: nothing has to be linked and there
    is no remainder. A source that earned money on the way down has a positive contribution.

    Drawdowns do not overlap: each runs from a peak until wealth is back at it. Peak and trough
    are the first bars at their level, as in `metrics.drawdown`.

    Args:
        profits: (n_bars, n_sources) profits of each bar in units of the starting wealth of 1.0,
            of `profits_of_backtest` or `profits_of_weights`.
        count: how many drawdowns, at most.

    Raises:
        DataError: no bars, a number that is not finite, or a count below 1.

    >>> earned = pd.DataFrame({"A": [0.1, -0.2, 0.3], "B": [0.0, 0.09, 0.0]})
    >>> attribute_drawdowns(earned).contributions.round(3).to_dict("records")
    [{'A': -0.182, 'B': 0.082}]
    """
    check_frame("profits", profits, "a bar", "a source")
    if profits.empty:
        raise DataError("profits: nothing in it; give at least one bar and one source")
    if not (is_number(count) and count >= 1 and count % 1 == 0):
        raise DataError(f"count = {count!r}; how many drawdowns to take apart, 1 or more")
    values = frame_values("profits", profits)
    bad = first_not_finite(values)
    if bad is not None:
        row, column = bad
        raise DataError(
            f"profits: {values[row, column]} of {profits.columns[column]!r} in "
            f"{profits.index[row]}; every number has to be finite"
        )
    wealth = 1.0 + np.cumsum(values.sum(axis=1))
    deepest = sorted(_episodes(wealth), key=lambda episode: episode.depth)[: int(count)]
    ranks = pd.RangeIndex(1, len(deepest) + 1, name="rank")
    parts = [
        values[one.peak + 1 : one.trough + 1].sum(axis=0) / _level(wealth, one.peak)
        for one in deepest
    ]
    return DrawdownAttribution(
        _dates(deepest, profits.index, ranks),
        pd.DataFrame(
            np.array(parts).reshape(len(deepest), values.shape[1]), ranks, profits.columns
        ),
    )


def _level(wealth: Floats, bar: int) -> float:
    return float(wealth[bar]) if bar >= 0 else 1.0


def _episodes(wealth: Floats) -> list[_Episode]:
    """Every drawdown in order of time."""
    episodes = []
    peak, level, trough = -1, 1.0, -1
    for bar, value in enumerate(wealth.tolist()):
        if value < level * (1.0 - _SAME_LEVEL):
            if trough < 0 or value < wealth[trough]:
                trough = bar
            continue
        if trough >= 0:
            episodes.append(_Episode(peak, trough, bar, float(wealth[trough] / level - 1.0)))
            trough = -1
        if value > level:
            peak, level = bar, value
    if trough >= 0:
        episodes.append(_Episode(peak, trough, -1, float(wealth[trough] / level - 1.0)))
    return episodes


def _dates(episodes: list[_Episode], index: pd.Index, ranks: pd.RangeIndex) -> pd.DataFrame:
    """The table of drawdowns; positions that do not exist are missing stamps."""

    def stamps(bars: list[int]) -> pd.Series:
        known = pd.Series(index.take(np.maximum(bars, 0)), index=ranks)
        return known.mask(np.array(bars, dtype=np.int64) < 0)

    last = len(index) - 1
    ends = [last if one.recovery < 0 else one.recovery for one in episodes]
    return pd.DataFrame(
        {
            "depth": np.array([one.depth for one in episodes], dtype=np.float64),
            "peak": stamps([one.peak for one in episodes]),
            "trough": stamps([one.trough for one in episodes]),
            "recovery": stamps([one.recovery for one in episodes]),
            "bars": np.array([one.trough - one.peak for one in episodes], dtype=np.int64),
            "bars_under": np.array(
                [end - one.peak for end, one in zip(ends, episodes, strict=True)], dtype=np.int64
            ),
        },
        index=ranks,
    )
