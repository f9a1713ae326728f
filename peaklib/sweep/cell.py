"""What one cell of a sweep computes: a grid of trials, and the benchmark beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from peaklib.backtest import Fill, run_backtest, run_grid
from peaklib.data import Dataset, load
from peaklib.errors import DataError
from peaklib.evidence import Run
from peaklib.robustness.selection.moments import sharpe_of_moments, window_moments
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
        period: part of the data set that was used, empty for all of it.
        split: first day out of sample, empty where there is none; then the trials have
            `is_sharpe` and `oos_sharpe`, before and from that day.
        run_id, root: the run that holds it; empty if it was computed on the spot.
    """

    label: Mapping[str, str]
    source: str
    trials: pd.DataFrame
    hold: Mapping[str, float]
    data: Mapping[str, Any]
    period: str = ""
    split: str = ""
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
    warmup: int = 0,
    split: str = "",
    holdout_from: str | None = None,
) -> CellData:
    """Evaluate every combination of a grid and record the trials in a run.

    Args:
        run: what records the result.
        dataset, strategy, benchmark: names.
        grid, where: axes and the condition between them.
        fill, lag, costs: terms of trading, see `backtest.Terms`.
        period: `2001-01-01/2010-12-31` to use a part of the data, empty for all.
        warmup: bars at the start that indicators see and nothing is measured on.
        split: date on which out of sample begins; empty for none.
        holdout_from: date from which on no row is read; in a sweep the runner sees to it.

    Raises:
        DataError: unknown data, an empty period, or a fill that the data cannot give.
        StrategyError: a parameter is out of range.
        ConfigError: the condition cannot be read.
    """
    whole = load(dataset, holdout_from=holdout_from)
    run.use(whole)
    data = part_of(whole, period)
    if data.digest != whole.digest:
        run.use(data, role="period")
    terms: dict[str, Any] = {"fill": fill, "lag": lag, **(costs or {}), "warmup": warmup}
    windows = _sides(data, warmup, split) if split else {}
    trials = run_grid(strategy, data, grid, where=where or None, windows=windows, **terms)
    for name in windows:
        moments = window_moments(trials, [name])
        trials[f"{name}_sharpe"] = sharpe_of_moments(
            moments, periods_per_year=data.meta.bars_per_year
        )
    trials = run.log_trials(trials)
    hold = run_backtest(benchmark, data, **terms)
    run.log_metrics({f"hold_{name}": value for name, value in hold.metrics.items()})
    best = trials["sharpe"].max()
    run.log_metrics({"n_trials": len(trials), "best_sharpe": best})
    return CellData({}, dataset, trials, hold.metrics, data.describe(), period, split)


def _sides(data: Dataset, warmup: int, split: str) -> dict[str, tuple[pd.Timestamp, pd.Timestamp]]:
    """First and last bar before a date, and from it on."""
    index = data.frame.index[warmup:]
    first = data.bars_before(split) - warmup
    if not 1 <= first < len(index):
        raise DataError(
            f"split = {split!r}: {data.name} is measured from {index[0]:%Y-%m-%d} to "
            f"{index[-1]:%Y-%m-%d}; choose a day in between"
        )
    return {"is": (index[0], index[first - 1]), "oos": (index[first], index[-1])}


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
