"""`run_grid`: a strategy over every combination of a parameter grid.

The strategy's own function runs once per combination, over indicators that are computed
once per distinct parameter; the account kernel consumes its target at once. Only metrics
(and, per window, the moments of returns) are kept.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import local
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peaklib import metrics
from peaklib.backtest.account import first_bad_bar
from peaklib.backtest.market import market_of_bars, one_asset
from peaklib.backtest.result import Conventions
from peaklib.backtest.simulation import NO_WINDOWS, Scratch, Simulation
from peaklib.backtest.terms import Fill, Terms
from peaklib.data import Dataset
from peaklib.errors import DataError, StrategyError
from peaklib.evidence.trials.axes import Axes
from peaklib.features import Bars
from peaklib.strategies import Strategy, check_target, get

Floats = NDArray[np.float64]
Windows = Mapping[str, tuple[Any, Any]]
Progress = Callable[[int, int], None]

_CHUNK: Final = 128
_MOMENTS: Final = ("n", "sum", "sumsq")


def run_grid(
    strategy: str | Strategy,
    dataset: Dataset,
    grid: Mapping[str, Sequence[int | float]],
    *,
    where: str | None = None,
    windows: Windows | None = None,
    fill: Fill = "next_open",
    lag: int = 1,
    fees_bps: float = 0.0,
    slippage_bps: float = 0.0,
    borrow_bps: float = 0.0,
    cash_rate: float = 0.0,
    liquidate: bool = False,
    warmup: int = 0,
    threads: int | None = None,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Backtest every combination of a grid.

    Args:
        strategy: the strategy or its name.
        dataset: bars of one asset.
        grid: parameter name to its values; parameters left out keep their defaults.
        where: condition that a combination must meet, such as `fast < slow`.
        windows: name to (start, end), for which the moments of returns are kept; the
            end is included.
        fill, lag, fees_bps, slippage_bps, borrow_bps, cash_rate, liquidate: fill
            convention and costs, see `Terms`.
        warmup: bars at the start that indicators see and no account does, see `run_backtest`.
        threads: how many to use; all processors by default. The result does not depend
            on it.
        progress: called with (done, all) combinations now and then.

    Returns:
        One row per combination, the last axis fastest: the parameters, all metrics, and
        `<window>_n`, `<window>_sum`, `<window>_sumsq`. `attrs` say how it was made; its
        trials are "uncounted" until a run records them.

    Raises:
        StrategyError: a parameter or target is outside what it may be.
        ConfigError: the condition cannot be read or speaks of unknown parameters.
        DataError: the data lack a price that the terms need, or a window is empty.
    """
    agreed = Terms(
        fill=fill,
        lag=lag,
        fees_bps=fees_bps,
        slippage_bps=slippage_bps,
        borrow_bps=borrow_bps,
        cash_rate=cash_rate,
        liquidate=liquidate,
    )
    rule, dataset = get(strategy), one_asset(dataset)
    axes = _axes(rule, grid, where)
    points = axes.table()
    bars = Bars.of(dataset)
    market = market_of_bars(bars, dataset.digest, agreed).after(warmup)
    simulation = Simulation(market, agreed)
    spans = _spans(windows or {}, market.index)
    job = _Job(rule, bars, simulation, rule.resolve(), points, len(axes), spans)
    results, moments = _evaluate(job, threads or process_cpus(), progress)
    return _frame(job, axes, results, moments, tuple(windows or {}))


def trial_returns(
    strategy: str | Strategy,
    dataset: Dataset,
    combinations: Iterable[Mapping[str, int | float]],
    *,
    fill: Fill = "next_open",
    lag: int = 1,
    fees_bps: float = 0.0,
    slippage_bps: float = 0.0,
    borrow_bps: float = 0.0,
    cash_rate: float = 0.0,
    liquidate: bool = False,
    warmup: int = 0,
) -> Iterator[tuple[dict[str, int | float], Floats]]:
    """Returns of chosen combinations, one at a time.

    Args:
        strategy, dataset: as for `run_grid`, and all that follows `combinations`.
        combinations: parameters of each trial; defaults fill what is missing.

    Yields:
        All parameters of the trial, and its (n_bars - warmup,) simple returns.
    """
    agreed = Terms(
        fill=fill,
        lag=lag,
        fees_bps=fees_bps,
        slippage_bps=slippage_bps,
        borrow_bps=borrow_bps,
        cash_rate=cash_rate,
        liquidate=liquidate,
    )
    rule, dataset = get(strategy), one_asset(dataset)
    bars = Bars.of(dataset)
    market = market_of_bars(bars, dataset.digest, agreed).after(warmup)
    simulation, scratch = Simulation(market, agreed), Scratch(len(market.index), 1)
    for combination in combinations:
        target = rule.targets(bars, combination)[warmup:].reshape(-1, 1)
        simulation.run(target, NO_WINDOWS, scratch)
        yield rule.resolve(combination), scratch.returns.copy()


@dataclass(frozen=True)
class _Job:
    """All that the threads read."""

    rule: Strategy
    bars: Bars
    simulation: Simulation
    defaults: dict[str, int | float]
    points: dict[str, NDArray[Any]]
    count: int
    windows: NDArray[np.int64]

    def params(self, i: int) -> dict[str, int | float]:
        """Parameters of combination i, axes over defaults."""
        return {**self.defaults, **{name: v[i].item() for name, v in self.points.items()}}


def process_cpus() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _axes(rule: Strategy, grid: Mapping[str, Sequence[int | float]], where: str | None) -> Axes:
    """The grid in the strategy's own types, checked once per value."""
    scalars = [name for name, values in grid.items() if isinstance(values, int | float | str)]
    if scalars:
        raise StrategyError(f"grid: {scalars[0]} = {grid[scalars[0]]!r} is no list of values")
    return Axes(
        {name: [rule.check(name, value) for value in grid[name]] for name in grid},
        where,
    )


def _spans(windows: Windows, index: pd.DatetimeIndex) -> NDArray[np.int64]:
    """(n_windows, 2) first bar and bar after the last of each window."""
    spans = np.empty((len(windows), 2), dtype=np.int64)
    for k, (name, (start, end)) in enumerate(windows.items()):
        try:
            places = index.slice_indexer(start, end)
        except (TypeError, ValueError) as error:
            raise DataError(
                f"window {name!r}: {start!r} to {end!r} are no dates ({error}); write a pair such "
                "as ('2001-01-01', '2005-12-31')"
            ) from error
        spans[k] = places.start, places.stop
        if spans[k, 0] >= spans[k, 1]:
            raise DataError(
                f"window {name!r} from {start} to {end} holds no bar; the data run from "
                f"{index[0]:%Y-%m-%d} to {index[-1]:%Y-%m-%d}"
            )
    return spans


def _evaluate(job: _Job, threads: int, progress: Progress | None) -> tuple[Floats, Floats]:
    """Metrics (n, n_metrics) and window moments (n, n_windows, 3) of all combinations."""
    results = np.empty((job.count, len(metrics.METRIC_NAMES)))
    moments = np.empty((job.count, len(job.windows), 3))
    own = local()

    def work(start: int) -> int:
        if not hasattr(own, "scratch"):
            own.scratch = Scratch(len(job.simulation.market.index), 1, len(job.windows))
        stop = min(start + _CHUNK, job.count)
        for i in range(start, stop):
            _one(job, i, own.scratch)
            results[i] = own.scratch.metrics
            moments[i] = own.scratch.moments
        return stop - start

    starts, done = range(0, job.count, _CHUNK), 0
    with ThreadPoolExecutor(max(1, min(threads, len(starts)))) as pool:
        try:
            for finished in pool.map(work, starts):
                done += finished
                if progress is not None:
                    progress(done, job.count)
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return results, moments


def _one(job: _Job, i: int, scratch: Scratch) -> None:
    given = job.rule.function(job.bars, **job.params(i))
    target = np.ascontiguousarray(given, dtype=np.float64)
    if target.shape != (len(job.bars),) or first_bad_bar(target) >= 0:
        check_target(given, len(job.bars), f"{job.rule.name}({job.params(i)})")
    warmup = job.simulation.market.warmup
    job.simulation.run(target[warmup:].reshape(-1, 1), job.windows, scratch)


def _frame(
    job: _Job, axes: Axes, results: Floats, moments: Floats, windows: tuple[str, ...]
) -> pd.DataFrame:
    # Side by side without a copy: the metrics of a large grid are most of its memory.
    parts = [
        pd.DataFrame(job.points),
        pd.DataFrame(results, columns=list(metrics.METRIC_NAMES), copy=False),
        pd.DataFrame(
            moments.reshape(len(moments), len(windows) * len(_MOMENTS)),
            columns=[f"{window}_{moment}" for window in windows for moment in _MOMENTS],
            copy=False,
        ),
    ]
    frame = pd.concat([part for part in parts if part.shape[1]], axis=1)
    frame.attrs = {
        "strategy": job.rule.name,
        "version": job.rule.version,
        "code": job.rule.code_digest(),
        "fixed": {n: v for n, v in job.defaults.items() if n not in axes.values},
        "grid": axes.to_json(),
        "trials": "uncounted",
        "conventions": Conventions.of(job.simulation.market, job.simulation.terms).to_json(),
    }
    return frame
