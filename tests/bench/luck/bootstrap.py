"""Intervals of one series by a stationary bootstrap, beside arch in the same process."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray
from paired.worker import timed
from research.weighing import Timing, in_turns, ratios

from luck.plain import PLAIN, YEAR
from peaklib.data import load
from peaklib.robustness.bootstrap.intervals import bootstrap_metric, interval
from peaklib.robustness.bootstrap.resampling import optimal_block_length
from peaklib.robustness.bootstrap.run_metrics import RETURN_METRICS

Floats = NDArray[np.float64]

DATASET: Final = "sp500"
SEED: Final = 1
LEVEL: Final = 0.9
FIRST: Final = "sharpe"


@dataclass(frozen=True, kw_only=True)
class Bootstraps:
    """Intervals of one series, ours and those of arch in turn.

    Args:
        bars: of the series.
        block_length: mean length of a run, the same on both sides.
        resamples: of each metric.
        ours, arch: by metric, timings of each turn.
        same: by metric, p-value of a Kolmogorov-Smirnov test of our draws and theirs.
        distance: by metric, the largest distance of their distribution functions.
    """

    bars: int
    block_length: float
    resamples: int
    ours: Mapping[str, Sequence[Timing]]
    arch: Mapping[str, Sequence[Timing]]
    same: Mapping[str, float]
    distance: Mapping[str, float]

    def faster(self, metric: str, clock: str = "wall") -> list[float]:
        """Time of arch over ours, turn by turn."""
        return ratios(self.arch[metric], self.ours[metric], clock)


def measure_bootstrap(
    *, resamples: int = 10_000, repeats: int = 5, metrics: Sequence[str] = RETURN_METRICS
) -> Bootstraps:
    """Percentile intervals of the S&P 500's returns, by a stationary bootstrap.

    Args:
        resamples: of each metric.
        repeats: turns, after one that does not count.
        metrics: which.
    """
    returns = returns_of_index()
    length = optimal_block_length(returns)
    works = {}
    for metric in metrics:
        asked = (returns, metric, resamples, length)
        works[f"peaklib {metric}"] = partial(timed, partial(_own, *asked))
        works[f"arch {metric}"] = partial(timed, partial(_arch, *asked))
    turns = in_turns(works, repeats)
    tests = {metric: _same(returns, metric, resamples, length) for metric in metrics}
    return Bootstraps(
        bars=returns.size,
        block_length=length,
        resamples=resamples,
        ours={metric: turns[f"peaklib {metric}"] for metric in metrics},
        arch={metric: turns[f"arch {metric}"] for metric in metrics},
        same={metric: found[0] for metric, found in tests.items()},
        distance={metric: found[1] for metric, found in tests.items()},
    )


def returns_of_index() -> Floats:
    """(n,) daily returns of the series that is bootstrapped."""
    found: Floats = load(DATASET).frame["close"].pct_change().dropna().to_numpy()
    return found


def _own(returns: Floats, metric: str, resamples: int, length: float) -> object:
    return interval(
        returns,
        metric,
        periods_per_year=YEAR,
        level=LEVEL,
        resamples=resamples,
        block_length=length,
        seed=SEED,
    )


def _arch(returns: Floats, metric: str, resamples: int, length: float) -> object:
    from arch.bootstrap import StationaryBootstrap

    # arch uses nothing but its inverse, so it may lie between whole bars there too.
    bootstrap = StationaryBootstrap(length, returns, seed=SEED)
    return bootstrap.conf_int(PLAIN[metric], resamples, method="percentile", size=LEVEL)


def _same(returns: Floats, metric: str, resamples: int, length: float) -> tuple[float, float]:
    """p-value and distance."""
    from arch.bootstrap import StationaryBootstrap
    from scipy.stats import ks_2samp

    theirs = StationaryBootstrap(length, returns, seed=SEED).apply(PLAIN[metric], resamples)
    ours = bootstrap_metric(
        returns, metric, periods_per_year=YEAR, resamples=resamples, block_length=length, seed=SEED
    )
    found = ks_2samp(ours, theirs[:, 0])
    return float(found.pvalue), float(found.statistic)
