"""Intervals of Sharpe ratios as thresholds want them; an account that hardly trades has none."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from peaklib import metrics
from peaklib.errors import DataError
from peaklib.robustness.bootstrap.intervals import Interval, interval, paired_interval
from peaklib.robustness.verdict.thresholds import Thresholds

Floats = NDArray[np.float64]


def sharpe_interval(returns: Floats, thresholds: Thresholds, **how: Any) -> Interval:
    """Interval of a Sharpe ratio as the thresholds want it; NaN where trades are too few.

    Args:
        returns: (n,) simple returns.
        thresholds: level and resamples.
        **how: `year` (bars in it), `seed` and `threads`.
    """
    try:
        return interval(returns, "sharpe", **_bootstrap(thresholds, **how))
    except DataError:
        return _undefined(returns, None, thresholds, **how)


def sharpe_difference(
    returns: Floats, benchmark: Floats, thresholds: Thresholds, **how: Any
) -> Interval:
    """Interval of a Sharpe ratio minus the benchmark's; as `sharpe_interval`."""
    try:
        return paired_interval(returns, benchmark, "sharpe", **_bootstrap(thresholds, **how))
    except DataError:
        return _undefined(returns, benchmark, thresholds, **how)


def _bootstrap(
    thresholds: Thresholds, *, year: float, seed: int, threads: int | None = None
) -> dict[str, Any]:
    rule = thresholds.intervals
    return {
        "periods_per_year": year,
        "level": rule.level,
        "resamples": rule.resamples,
        "seed": seed,
        "threads": threads,
    }


def _undefined(
    returns: Floats, benchmark: Floats | None, thresholds: Thresholds, *, year: float, **how: Any
) -> Interval:
    """An account that moves on too few days: the Sharpe ratio, if it has one, without ends."""
    estimate = metrics.sharpe(returns, periods_per_year=year)
    if benchmark is not None:
        estimate -= metrics.sharpe(benchmark, periods_per_year=year)
    return Interval(
        metric="sharpe",
        estimate=estimate,
        low=np.nan,
        high=np.nan,
        level=thresholds.intervals.level,
        method="percentile",
        kind="stationary",
        block_length=1.0,
        resamples=thresholds.intervals.resamples,
        seed=int(how["seed"]),
        undefined=thresholds.intervals.resamples,
    )
