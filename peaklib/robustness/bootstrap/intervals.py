"""Intervals for a metric of returns, and for the difference to a benchmark, by bootstrap.

Bars are drawn in runs, so that dependence between neighbours survives (see `resampling`).
Four ways lead from draws to an interval at a level of 1 - 2a:

- percentile: between the quantiles a and 1 - a of the draws.
- basic: mirrored at the estimate.
- studentized: quantiles of (draw - estimate) / error of the draw, times the error of the
  estimate (see `standard_errors`). Most exact for the Sharpe ratio.
- bca: percentile, moved by the bias of the draws and by an acceleration from leaving out
  one block of bars at a time (arch leaves out one bar, which misses dependence).

Sources: Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapters 12-14;
Davison and Hinkley (1997), Bootstrap Methods and their Application, chapters 5 and 8.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from peaklib.errors import DataError
from peaklib.robustness.bootstrap.draws import Question, question_of, values
from peaklib.robustness.bootstrap.methods import Method, ends
from peaklib.robustness.bootstrap.resampling import Kind

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """An estimate and the interval that covers the true value with probability `level`.

    Args:
        metric: its name; of returns minus that of a benchmark for a paired interval.
        estimate: from the series itself, in the metric's unit (Sharpe: annualised).
        low, high: ends, in the same unit.
        level: nominal coverage, as 0.90.
        method: percentile, basic, studentized or bca.
        kind: of bootstrap, stationary or circular.
        block_length: mean length of a run, in bars.
        resamples: drawn.
        seed: of the draws.
        undefined: resamples left out because the metric was undefined there.
    """

    metric: str
    estimate: float
    low: float
    high: float
    level: float
    method: str
    kind: str
    block_length: float
    resamples: int
    seed: int
    undefined: int = 0


def bootstrap_metric(
    returns: ArrayLike,
    metric: str = "sharpe",
    *,
    periods_per_year: float,
    resamples: int = 2000,
    block_length: float | None = None,
    kind: Kind = "stationary",
    seed: int = 0,
    threads: int | None = None,
) -> Floats:
    """The metric in each resample, (resamples,); NaN where it is undefined.

    Args:
        returns: (n,) simple returns per bar, n >= 2.
        metric: a name in `run_metrics.RETURN_METRICS`.
        periods_per_year: bars in a year.
        resamples: how many; the first ones do not depend on how many follow.
        block_length: mean length of a run, in bars; that of Politis and White if None.
        kind: "stationary" or "circular".
        seed: of the draws.
        threads: all processors if None; results do not depend on it.

    Raises:
        DataError: returns that are no finite series, or an argument out of range.
    """
    return values(
        question_of(
            returns,
            None,
            metric,
            periods_per_year=periods_per_year,
            resamples=resamples,
            block_length=block_length,
            kind=kind,
            seed=seed,
            threads=threads,
        )
    )


def interval(
    returns: ArrayLike,
    metric: str = "sharpe",
    *,
    periods_per_year: float,
    level: float = 0.90,
    method: Method = "percentile",
    resamples: int = 2000,
    block_length: float | None = None,
    kind: Kind = "stationary",
    seed: int = 0,
    threads: int | None = None,
) -> Interval:
    """Interval of a metric.

    Args:
        returns, metric, periods_per_year: what is measured, see `bootstrap_metric`.
        level: nominal coverage, in (0, 1).
        method: "percentile", "basic", "studentized" or "bca".
        resamples, block_length, kind, seed, threads: how, see `bootstrap_metric`.

    Raises:
        DataError: an argument out of range, a metric that is undefined for the series or
            for more than 5 % of its resamples.
    """
    question = question_of(
        returns,
        None,
        metric,
        periods_per_year=periods_per_year,
        resamples=resamples,
        block_length=block_length,
        kind=kind,
        seed=seed,
        threads=threads,
    )
    return _answer(question, metric, method, level)


def paired_interval(
    returns: ArrayLike,
    benchmark: ArrayLike,
    metric: str = "sharpe",
    *,
    periods_per_year: float,
    level: float = 0.90,
    method: Method = "percentile",
    resamples: int = 2000,
    block_length: float | None = None,
    kind: Kind = "stationary",
    seed: int = 0,
    threads: int | None = None,
) -> Interval:
    """Interval of the metric of returns minus that of a benchmark on the same bars.

    Both are drawn by the same bars, so what they share cancels.

    Args:
        returns, benchmark: (n,) simple returns per bar, row by row of the same time.
        metric, periods_per_year: what is measured, see `bootstrap_metric`.
        level, method: of the interval, see `interval`.
        resamples, kind, seed, threads: how, see `bootstrap_metric`.
        block_length: that of Politis and White for the difference of returns if None.

    Raises:
        DataError: as `interval`, or series of different lengths.
    """
    question = question_of(
        returns,
        benchmark,
        metric,
        periods_per_year=periods_per_year,
        resamples=resamples,
        block_length=block_length,
        kind=kind,
        seed=seed,
        threads=threads,
    )
    return _answer(question, metric, method, level)


def checked_level(level: float) -> float:
    """A level of intervals, strictly between 0 and 1.

    Raises:
        DataError: anything else.
    """
    if not 0.0 < level < 1.0:
        raise DataError(f"level = {level!r}; give a share between 0 and 1, as 0.90")
    return float(level)


def _answer(question: Question, metric: str, method: Method, level: float) -> Interval:
    level = checked_level(level)
    if not np.isfinite(question.estimate):
        raise DataError(
            f"{metric} is undefined for this series (a ratio over no risk), so it has no interval; "
            "take another metric, or leave the series out"
        )
    low, high, undefined = ends(question, method, level)
    return Interval(
        metric,
        question.estimate,
        low,
        high,
        level,
        method,
        question.kind,
        question.block_length,
        question.resamples,
        question.seed,
        undefined,
    )
