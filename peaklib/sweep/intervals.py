"""An interval for every cell of a heatmap."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from peaklib.backtest import run_backtest, trial_returns
from peaklib.robustness.bootstrap.cells import grid_intervals
from peaklib.robustness.verdict.thresholds import Intervals
from peaklib.sweep.analysis import data_of, terms_of
from peaklib.sweep.cell import CellData
from peaklib.sweep.figures import COMPARED

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

MOST_CELLS: Final = 5_000
"""A larger heatmap has no intervals: they would take minutes, and nobody points at each cell."""


def cell_intervals(
    cell: CellData,
    metrics: Sequence[str],
    rows: Bools,
    *,
    benchmark: str,
    rule: Intervals,
    seed: int,
    threads: int | None = None,
) -> dict[str, Floats]:
    """Ends of the interval of each metric for some trials of a cell.

    Args:
        cell: trials, with their data and terms.
        metrics: names; of the difference to the benchmark where a heatmap shows that.
        rows: (n_trials,) the trials that are asked for.
        benchmark: strategy that is compared with.
        rule: level and resamples.
        seed: of the draws, which all trials share.
        threads: all processors by default.

    Returns:
        Metric to (n_trials, 2) low and high end, NaN where none was asked for or there is none;
        nothing if more than `MOST_CELLS` were asked for.
    """
    if not rows.any() or int(rows.sum()) > MOST_CELLS:
        return {}
    data, terms = data_of(cell), terms_of(cell)
    held = run_backtest(benchmark, data, **terms).returns.to_numpy()
    found = {}
    for metric in metrics:
        ends = np.full((len(cell.trials), 2), np.nan)
        ends[rows] = grid_intervals(
            _returns(cell, rows, data, terms),
            int(rows.sum()),
            metric,
            periods_per_year=data.meta.bars_per_year,
            level=rule.level,
            resamples=rule.cell_resamples,
            benchmark=held if metric in COMPARED else None,
            seed=seed,
            threads=threads,
        )
        found[metric] = ends
    return found


def _returns(cell: CellData, rows: Bools, data: Any, terms: Mapping[str, Any]) -> Iterator[Floats]:
    strategy = cell.trials.attrs["strategy"]
    points = cell.trials.loc[rows, cell.params].to_dict("records")
    params = [{**cell.trials.attrs["fixed"], **point} for point in points]
    for _, returns in trial_returns(strategy, data, params, **terms):
        yield returns
