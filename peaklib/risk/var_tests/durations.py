"""Christoffersen and Pelletier's test of the days between exceedances."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from peaklib.errors import DataError
from peaklib.risk.var_tests.exceptions import Floats
from peaklib.risk.var_tests.independence import checked_hits

# Durations that are all alike would have an infinite shape.
_SHAPES: Final = (0.01, 50.0)
_HALVINGS: Final = 32
_CHUNK: Final = 2_000_000
# Two orders of the same durations may differ by the last bits.
_TIE: Final = 1e-9


@dataclass(frozen=True)
class DurationTest:
    """Outcome of the test.

    Args:
        statistic: likelihood ratio, dimensionless; NaN with fewer than two exceedances.
        p_value: (1 + simulations at or above the statistic) / (1 + simulations), or NaN.
        shape: estimated Weibull shape of the durations: 1 without memory, below 1 where
            exceedances come in clusters.
        simulations: behind the p-value.
        seed: of the draws.
    """

    statistic: float
    p_value: float
    shape: float
    simulations: int
    seed: int


def christoffersen_pelletier(
    hits: ArrayLike, *, simulations: int = 9999, seed: int = 0
) -> DurationTest:
    """Test whether the days between exceedances have no memory.

    Null hypothesis: exceedances are independent. The durations between them are Weibull; a
    shape of 1 is the exponential distribution, which forgets. Days before the first and after
    the last exceedance count as censored. It sees clusters that
    `christoffersen_independence` misses, those of exceedances near to each other but not on
    neighbouring days.

    With as few durations as there are, the chi-squared distribution is a poor guide. The
    p-value is simulated: given their number, independent exceedances are equally likely on
    every choice of days, so the test has its promised size whatever the rate.

    Args:
        hits: (n_days,), True on days with loss > VaR, oldest first.
        simulations: choices of days that are drawn, at least 99.
        seed: of the draws.

    Raises:
        DataError: `hits` are not days of True and False, or too few simulations.

    Source: Christoffersen and Pelletier (2004), J. of Financial Econometrics 2(1); simulated
    tests: Dufour (2006), J. of Econometrics 133(2).
    """
    days = checked_hits(hits)
    if simulations < 99:
        raise DataError(f"{simulations} simulations are too few for a p-value; give at least 99")
    places = np.flatnonzero(days)
    if len(places) < 2:
        return DurationTest(np.nan, np.nan, np.nan, simulations, seed)
    statistic, shape = _fit(places[None, :], len(days))
    rng = np.random.default_rng(seed)
    at_once = max(_CHUNK // (len(places) + 1), 1)
    reached = 0
    for start in range(0, simulations, at_once):
        drawn = _choices(len(days), len(places), min(at_once, simulations - start), rng)
        reached += int((_fit(drawn, len(days))[0] >= statistic[0] - _TIE).sum())
    p_value = (1 + reached) / (1 + simulations)
    return DurationTest(float(statistic[0]), p_value, float(shape[0]), simulations, seed)


def _choices(n_days: int, n_hits: int, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    rows = [rng.choice(n_days, n_hits, replace=False, shuffle=False) for _ in range(count)]
    return np.sort(np.array(rows, dtype=np.int64), axis=1)


def _fit(places: NDArray[np.int64], n_days: int) -> tuple[Floats, Floats]:
    """Likelihood ratios against shape 1, and shapes, of rows of days with exceedances."""
    between = np.diff(places, axis=1).astype(float)
    # Nothing is censored where the window starts or ends with an exceedance.
    first = np.where(places[:, :1] > 0, places[:, :1] + 1.0, 0.0)
    last = n_days - 1.0 - places[:, -1:]
    with np.errstate(divide="ignore"):
        logs = np.log(np.concatenate([between, first, last], axis=1))
    logs -= logs.max(axis=1, keepdims=True)
    whole = logs[:, : between.shape[1]]
    sums, counts = whole.sum(axis=1), float(between.shape[1])
    low = np.full(len(places), np.log(_SHAPES[0]))
    high = np.full(len(places), np.log(_SHAPES[1]))
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        rising = _slope(np.exp(middle), logs, sums, counts) > 0
        low, high = np.where(rising, middle, low), np.where(rising, high, middle)
    shape = np.exp((low + high) / 2)
    one = np.ones(len(places))
    gains = _likelihood(shape, logs, sums, counts) - _likelihood(one, logs, sums, counts)
    return np.maximum(2 * gains, 0.0), shape


def _slope(shape: Floats, logs: Floats, sums: Floats, counts: float) -> Floats:
    """Of the likelihood at the best scale; it falls with the shape, so its zero is unique."""
    powers = np.exp(shape[:, None] * logs)
    weighted = (powers * np.where(np.isfinite(logs), logs, 0.0)).sum(axis=1) / powers.sum(axis=1)
    slope: Floats = counts / shape + sums - counts * weighted
    return slope


def _likelihood(shape: Floats, logs: Floats, sums: Floats, counts: float) -> Floats:
    """Log-likelihood at the best scale, up to a constant."""
    powers = np.exp(shape[:, None] * logs).sum(axis=1)
    value: Floats = counts * np.log(shape) - counts * np.log(powers) + (shape - 1) * sums
    return value
