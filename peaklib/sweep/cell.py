"""What one cell of a sweep computes: a grid of trials, and the benchmark beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from peaklib.backtest import Fill, run_backtest, run_grid
from peaklib.data import Dataset, load
from peaklib.errors import DataError
from peaklib.evidence import Run
from peaklib.sweep.axes import check_period


@dataclass(frozen=True)
class CellData:
    """Trials of one strategy on one data set under one set of terms.

    Args:
        label: values on the sweep's axes; empty outside a sweep.
        source: data set as it was asked for.
        trials: as `run_grid` returns them.
        hold: metrics of the benchmark on the same bars and terms, costs included.
        data: what the data set says of itself, quality included.
        run_id, root: the run that holds it; empty if it was computed on the spot.
    """

    label: Mapping[str, str]
    source: str
    trials: pd.DataFrame
    hold: Mapping[str, float]
    data: Mapping[str, Any]
    run_id: str = ""
    root: str = ""

    @property
    def params(self) -> list[str]:
        """Names of the grid's axes."""
        return list(self.trials.attrs["grid"]["order"])

    @property
    def conventions(self) -> dict[str, Any]:
        """How the numbers came about: `backtest.Conventions` as plain values."""
        used: dict[str, Any] = self.trials.attrs["conventions"]
        return used


def evaluate_cell(
    run: Run,
    *,
    dataset: str,
    strategy: str,
    grid: Mapping[str, Sequence[int | float]],
    where: str = "",
    fill: Fill = "next_open",
    lag: int = 1,
    costs: Mapping[str, float] | None = None,
    benchmark: str = "buy_and_hold",
    period: str = "",
) -> CellData:
    """Evaluate every combination of a grid and record the trials in a run.

    Args:
        run: what records the result.
        dataset, strategy, benchmark: names.
        grid, where: axes and the condition between them.
        fill, lag, costs: terms of trading, see `backtest.Terms`.
        period: `2001-01-01/2010-12-31` to use a part of the data, empty for all.

    Raises:
        DataError: unknown data, an empty period, or a fill that the data cannot give.
        StrategyError: a parameter is out of range.
        ConfigError: the condition cannot be read.
    """
    whole = load(dataset)
    run.use(whole)
    data = part_of(whole, period)
    if data.digest != whole.digest:
        run.use(data, role="period")
    terms: dict[str, Any] = {"fill": fill, "lag": lag, **(costs or {})}
    trials = run.log_trials(run_grid(strategy, data, grid, where=where or None, **terms))
    hold = run_backtest(benchmark, data, **terms).metrics
    run.log_metrics({f"hold_{name}": value for name, value in hold.items()})
    best = trials["sharpe"].max()
    run.log_metrics({"n_trials": len(trials), "best_sharpe": best})
    return CellData({}, dataset, trials, hold, data.describe())


def part_of(data: Dataset, period: str) -> Dataset:
    """The bars of a period.

    Args:
        data: all bars.
        period: `2001-01-01/2010-12-31`, both ends included; empty for all bars.

    Raises:
        DataError: the period cannot be read or holds no bar.
    """
    try:
        ends = check_period(period)
    except ValueError as error:
        raise DataError(f"period = {period!r}: {error}") from None
    return data.between(*ends) if ends else data
