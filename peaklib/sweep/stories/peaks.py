"""Peak against plateau: the best trial, or the one whose neighbourhood is best?

The question is put to the test on the sweep's own bars: both ways choose on the first half,
and are looked up in the second.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from peaklib.errors import DataError
from peaklib.robustness import Evaluated, plateau_scores, sharpe_of_moments, window_moments
from peaklib.robustness.selection.plateaus import broadest
from peaklib.robustness.verdict.subject import block_windows
from peaklib.sweep.analysis import varied
from peaklib.sweep.cell import CellData
from peaklib.sweep.stories.grounds import Ground

PEAK: Final = "peak"
PLATEAU: Final = "plateau"
LATER: Final = "sharpe, later half"
_CHANCE: Final = 0.10


def peaks_table(grounds: Sequence[Ground]) -> pd.DataFrame:
    """The best trial and the best neighbourhood of each cell.

    Returns:
        Two rows a cell, `peak` and `plateau` in `choice`: the sweep's axes, `params`, `sharpe`
        over all bars, `neighbours_median` and `kept` (share of neighbours that keep the Sharpe)
        there, and in `LATER` the Sharpe on the second half of the bars of what the same rule
        picks on the first half (NaN where that trial does not trade). Cells whose grid has no
        neighbours, or no trial with a Sharpe, are left out.
    """
    rows = [row for ground in grounds for part in ground.parts() for row in _rows(ground, *part)]
    return pd.DataFrame(rows)


def peaks_words(table: pd.DataFrame) -> str:
    """Whether choosing plateaus was better than choosing peaks, in one sentence."""
    if table.empty:
        return "No grid here has neighbours, so there are no plateaus to choose."
    peak, plateau = (
        table.loc[table["choice"] == name, LATER].to_numpy(dtype=float) for name in (PEAK, PLATEAU)
    )
    known = np.isfinite(peak) & np.isfinite(plateau)
    better, worse = int((plateau > peak)[known].sum()), int((plateau < peak)[known].sum())
    same, cells = int(known.sum()) - better - worse, int(known.sum())
    if not cells:
        return "Not known: what the first half chooses does not trade in the second."
    idle = len(peak) - cells
    alone = f"; {idle} more cannot be compared, nothing was traded" if idle else ""
    counted = (
        f"chosen on the first half, the plateau was better than the peak on the second in {better} "
        f"of {cells} {'cell' if cells == 1 else 'cells'}, worse in {worse}, the same in {same}"
        f"{alone}"
    )
    if _by_chance(better, worse) > _CHANCE:
        return f"Whether choosing plateaus helps is not known: {counted}."
    word = "helped" if better > worse else "did not help"
    return f"Choosing plateaus {word} here: {counted}."


def _by_chance(better: int, worse: int) -> float:
    """Two-sided p-value of the sign test: so uneven a count, where either side is as likely."""
    count = better + worse
    ways = sum(math.comb(count, k) for k in range(max(better, worse), count + 1))
    return min(1.0, 2.0 * ways / float(2**count))


def _rows(ground: Ground, cell: CellData, field: Evaluated) -> Iterator[dict[str, Any]]:
    names = list(field.frame.attrs["grid"]["order"])
    whole = _choices(ground, field.frame[[*names, "sharpe"]], names)
    blocks = list(block_windows(ground.subject, ground.thresholds))
    moments = window_moments(field.frame, blocks)
    middle, year = len(blocks) // 2, ground.subject.year
    first, second = (
        sharpe_of_moments(moments, periods_per_year=year, windows=part)
        for part in (range(middle), range(middle, len(blocks)))
    )
    early = _choices(ground, field.frame[names].assign(sharpe=first), names)
    if whole is None:
        return
    scores, picked = whole
    for choice in (PEAK, PLATEAU):
        row = picked[choice]
        yield {
            **cell.label,
            "choice": choice,
            "params": _params(cell, row),
            "sharpe": float(scores["value"].iloc[row]),
            "neighbours_median": float(scores["median"].iloc[row]),
            "kept": float(scores["share"].iloc[row]),
            LATER: np.nan if early is None else float(second[early[1][choice]]),
        }


def _choices(
    ground: Ground, frame: pd.DataFrame, names: Sequence[str]
) -> tuple[pd.DataFrame, dict[str, int]] | None:
    """Scores of all trials, and what both ways choose; None where there is nothing to choose."""
    rule = ground.thresholds.plateau
    if not names:
        return None
    try:
        scores = plateau_scores(frame, names, keep=rule.keep, radius=rule.radius)
        broad = broadest(scores)
    except DataError:
        return None
    return scores, {PEAK: int(np.nanargmax(scores["value"].to_numpy())), PLATEAU: broad}


def _params(cell: CellData, row: int) -> str:
    trial = cell.trials.iloc[row]
    return ", ".join(f"{name} {trial[name]:g}" for name in varied(cell))
