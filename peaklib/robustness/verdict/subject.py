"""What is examined: candidates on one data set, evaluated with all windows that are asked for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peaklib.backtest import run_grid, trial_returns
from peaklib.data import Dataset
from peaklib.robustness.selection.overfitting import sample_trials
from peaklib.robustness.selection.walking import (
    Candidate,
    Evaluated,
    heads_of,
)
from peaklib.robustness.selection.windows import Spans, calendar_windows, equal_blocks
from peaklib.robustness.verdict.thresholds import Thresholds

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Subject:
    """What was searched, on one data set and under one set of terms.

    Args:
        dataset: bars of one asset, those that warm up indicators included.
        candidates: strategies with their grids.
        benchmark: strategy that results are held against.
        terms: fill convention, costs and `warmup`, as `run_grid` takes them.
    """

    dataset: Dataset
    candidates: tuple[Candidate, ...]
    benchmark: str = "buy_and_hold"
    terms: Mapping[str, Any] | None = None

    @property
    def agreed(self) -> dict[str, Any]:
        """The terms as keyword arguments."""
        return dict(self.terms or {})

    @property
    def index(self) -> pd.DatetimeIndex:
        """Stamps of the bars that are measured."""
        return pd.DatetimeIndex(self.dataset.frame.index[int(self.agreed.get("warmup", 0)) :])

    @property
    def year(self) -> float:
        """Bars in a year."""
        return self.dataset.meta.bars_per_year


def block_windows(subject: Subject, thresholds: Thresholds) -> Spans:
    """Equal blocks for the probability of overfitting."""
    return equal_blocks(subject.index, thresholds.overfitting.blocks)


def walk_windows(subject: Subject, thresholds: Thresholds) -> Spans:
    """Calendar windows that parameters are chosen for anew."""
    return calendar_windows(subject.index, thresholds.out_of_sample.months)


def stability_windows(subject: Subject) -> Spans:
    """Half-years, in which the best parameters are looked up."""
    return calendar_windows(subject.index, 6)


def first_choice(subject: Subject, windows: Spans, thresholds: Thresholds) -> int | None:
    """Number of the first window that parameters are chosen for; None with too few bars."""
    years = thresholds.out_of_sample.first_years
    earliest = subject.index[0] + pd.DateOffset(years=years)
    begins = [start for start, _ in windows.values()]
    return next((k for k, start in enumerate(begins) if k and start >= earliest), None)


def evaluate(
    subject: Subject, thresholds: Thresholds, *, threads: int | None = None
) -> tuple[Evaluated, ...]:
    """The candidates' grids, with the moments of every window that anything here needs."""
    walks = walk_windows(subject, thresholds)
    first = first_choice(subject, walks, thresholds)
    embargo = thresholds.out_of_sample.embargo_bars
    heads = heads_of(walks, subject.index, first, embargo) if first else {}
    windows = {
        **block_windows(subject, thresholds),
        **walks,
        **heads,
        **stability_windows(subject),
    }
    return tuple(
        Evaluated(
            one.strategy,
            run_grid(
                one.strategy,
                subject.dataset,
                one.grid,
                where=one.where,
                windows=windows,
                threads=threads,
                **subject.agreed,
            ),
        )
        for one in subject.candidates
    )


def sampled_returns(subject: Subject, fields: Sequence[Evaluated], most: int) -> Floats:
    """(n_bars, n) returns of at most so many trials, spread evenly over all of them."""
    sizes = [len(field.frame) for field in fields]
    rows = sample_trials(sum(sizes), most)
    return np.column_stack(list(returns_of(subject, fields, rows)))


def returns_of(
    subject: Subject, fields: Sequence[Evaluated], rows: NDArray[np.int64]
) -> Iterator[Floats]:
    """(n_bars,) returns of some trials, numbered through all fields, one after another."""
    ends = np.cumsum([0, *(len(field.frame) for field in fields)])
    for field, (start, stop) in zip(fields, pairwise(ends.tolist()), strict=True):
        own = rows[(rows >= start) & (rows < stop)] - start
        params = [field.params(int(row)) for row in own]
        for _, returns in trial_returns(field.strategy, subject.dataset, params, **subject.agreed):
            yield returns


def variance_of(fields: Sequence[Evaluated]) -> float:
    """Sample variance of all trials' annual Sharpe ratios; 0 for fewer than two."""
    sharpes = np.concatenate([field.frame["sharpe"].to_numpy() for field in fields])
    known = sharpes[np.isfinite(sharpes)]
    return float(known.var(ddof=1)) if known.size > 1 else 0.0
