"""The metrics of a resample, computed from its runs instead of its bars.

Six metrics are functions of two sums over bars. Sums over a run come from running sums of
the series, whatever its length. Drawdowns need the path: `value / peak` is carried from
bar to bar, d' = min(1, d·(1 + r)), so that neither wealth nor peak is stored. The tail
ratio needs order statistics: ranks are counted.

Definitions are those of `peaklib.metrics`; the tests hold both together. Where a resample
loses everything (a return of -1 or less) nothing is earned afterwards, as in an account.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from peaklib import metrics
from peaklib.errors import DataError
from peaklib.evidence.compiled import compiled
from peaklib.robustness.bootstrap.resampling import Places

Floats = NDArray[np.float64]

# The order is meant: first those of two sums, then those of the path.
RETURN_METRICS: Final = (
    "sharpe",
    "vol",
    "sortino",
    "omega",
    "ret",
    "cagr",
    "max_dd",
    "calmar",
    "ulcer",
    "martin",
    "recovery",
    "tail_ratio",
)
SHARPE, VOL, SORTINO, OMEGA, RET, CAGR, MAX_DD, CALMAR, ULCER, MARTIN, RECOVERY, TAIL = range(12)
LOW_TAIL, HIGH_TAIL = 0.05, 0.95

# A variance this much below that of the series may be rounding of the running sums.
_DOUBTFUL: Final = 1e-8


class Prepared(NamedTuple):
    """A series and what its metric is computed from; only what it needs is filled.

    Args:
        code: place of the metric in `RETURN_METRICS`.
        periods_per_year: bars in a year.
        centre: taken off each return before summing, against cancellation.
        spread: variance of the returns.
        returns: (n,) simple returns.
        sums: (n + 1, 2) running sums of `features`, from 0.
        growth: (n,) 1 + return, not below 0.
        ranks: (n,) place of each return among all, from 0.
        ordered: (n,) returns from low to high.
    """

    code: int
    periods_per_year: float
    centre: float
    spread: float
    returns: Floats
    sums: Floats
    growth: Floats
    ranks: Places
    ordered: Floats


def estimate(returns: Floats, metric: str, periods_per_year: float) -> float:
    """The metric of the series itself, as `peaklib.metrics` has it."""
    year = periods_per_year
    known: dict[str, Callable[[], float]] = {
        "sharpe": lambda: metrics.sharpe(returns, periods_per_year=year),
        "vol": lambda: metrics.volatility(returns, periods_per_year=year),
        "sortino": lambda: metrics.sortino(returns, periods_per_year=year),
        "omega": lambda: metrics.omega(returns, periods_per_year=year),
        "ret": lambda: metrics.total_return(returns),
        "cagr": lambda: metrics.cagr(returns, periods_per_year=year),
        "max_dd": lambda: metrics.max_drawdown(returns),
        "calmar": lambda: metrics.calmar(returns, periods_per_year=year),
        "ulcer": lambda: metrics.ulcer_index(returns),
        "martin": lambda: metrics.martin_ratio(returns, periods_per_year=year),
        "recovery": lambda: metrics.recovery_factor(returns),
        "tail_ratio": lambda: metrics.tail_ratio(returns),
    }
    return known[metric]()


def prepare(returns: Floats, metric: str, periods_per_year: float) -> Prepared:
    """Whatever the metric needs, of checked (n,) returns."""
    code = code_of(metric)
    centre = float(returns.mean())
    sums, growth = np.zeros((1, 2)), np.empty(0)
    ranks, ordered = np.empty(0, np.int32), np.empty(0)
    if code <= CAGR:
        sums = np.zeros((returns.size + 1, 2))
        np.cumsum(features(returns, code, centre), axis=0, out=sums[1:])
    elif code == TAIL:
        order = np.argsort(returns, kind="stable")
        ranks, ordered = np.empty(returns.size, np.int32), returns[order]
        ranks[order] = np.arange(returns.size)
    else:
        growth = np.maximum(1.0 + returns, 0.0)
    spread = float(returns.var())
    return Prepared(
        code, float(periods_per_year), centre, spread, returns, sums, growth, ranks, ordered
    )


def code_of(metric: str) -> int:
    """Place of a metric in `RETURN_METRICS`.

    Raises:
        DataError: it is none of them.
    """
    if metric not in RETURN_METRICS:
        raise DataError(f"metric = {metric!r}; give one of {', '.join(RETURN_METRICS)}")
    return RETURN_METRICS.index(metric)


def features(returns: Floats, code: int, centre: float) -> Floats:
    """(…, 2) numbers a bar whose sums a metric of two sums is a function of."""
    if code in (SHARPE, VOL):
        first = returns - centre
        second = first * first
    elif code == SORTINO:
        first, second = returns - centre, np.minimum(returns, 0.0) ** 2
    elif code == OMEGA:
        first, second = np.maximum(returns, 0.0), -np.minimum(returns, 0.0)
    else:
        lost = returns <= -1.0
        first, second = np.log1p(np.where(lost, 0.0, returns)), lost.astype(np.float64)
    return np.stack([first, second], axis=-1)


@compiled
def run_sums(
    sums: Floats, starts: Places, lengths: Places, count: int, n: int
) -> tuple[float, float]:
    """Both sums over all runs."""
    first, second = 0.0, 0.0
    for j in range(count):
        start = starts[j]
        end = start + lengths[j]
        if end > n:
            end -= n
            first += (sums[n, 0] - sums[start, 0]) + sums[end, 0]
            second += (sums[n, 1] - sums[start, 1]) + sums[end, 1]
        else:
            first += sums[end, 0] - sums[start, 0]
            second += sums[end, 1] - sums[start, 1]
    return first, second


@compiled
def is_doubtful(code: int, first: float, second: float, size: int, spread: float) -> bool:
    """Whether the variance is so small that it has to be computed bar by bar."""
    return code <= VOL and second - first * first / size <= _DOUBTFUL * spread * size


@compiled
def from_sums(
    code: int, first: float, second: float, size: int, centre: float, year: float
) -> float:
    """The metric of `size` bars with these sums of `features`."""
    root: float = np.sqrt(year)
    if code <= VOL:
        if size < 2:
            return np.nan
        deviation: float = np.sqrt(max(second - first * first / size, 0.0) / (size - 1))
        if code == VOL:
            return deviation * root
        return metrics._over(centre + first / size, deviation) * root
    if code == SORTINO:
        return metrics._over(centre + first / size, np.sqrt(second / size)) * root
    if code == OMEGA:
        return metrics._over(first, second)
    if second > 0.5:
        return -1.0
    gain: float = np.expm1(first if code == RET else first * year / size)
    return gain


@compiled
def bar_by_bar(
    code: int, returns: Floats, starts: Places, lengths: Places, count: int, year: float
) -> float:
    """Sharpe ratio or volatility from the bars themselves."""
    size = 0
    for j in range(count):
        size += lengths[j]
    bars = np.empty(size)
    k = 0
    for j in range(count):
        for step in range(lengths[j]):
            bars[k] = returns[(starts[j] + step) % returns.size]
            k += 1
    mean, deviation = metrics.mean_and_deviation(bars)
    root: float = np.sqrt(year)
    return deviation * root if code == VOL else metrics._over(mean, deviation) * root


@compiled
def run_path(
    growth: Floats, starts: Places, lengths: Places, count: int
) -> tuple[float, float, float]:
    """Final wealth, lowest `value / peak`, and sum of squared drawdowns of the path."""
    n = growth.size
    wealth, level, lowest, squares = 1.0, 1.0, 1.0, 0.0
    for j in range(count):
        t = starts[j]
        for _ in range(lengths[j]):
            wealth *= growth[t]
            level *= growth[t]
            level = level if level < 1.0 else 1.0
            lowest = level if level < lowest else lowest
            squares += (1.0 - level) * (1.0 - level)
            t = t + 1 if t + 1 < n else 0
    return wealth, lowest, squares


@compiled
def from_path(
    code: int, wealth: float, lowest: float, squares: float, size: int, year: float
) -> float:
    """The metric of a path of `size` bars."""
    ulcer: float = np.sqrt(squares / size)
    if code == MAX_DD:
        return lowest - 1.0
    if code == ULCER:
        return ulcer
    if code == RECOVERY:
        return metrics._over(wealth - 1.0, 1.0 - lowest)
    growth = metrics._cagr(wealth, size, year)
    if code == CALMAR:
        return metrics._over(growth, 1.0 - lowest)
    return metrics._over(growth, ulcer)


@compiled
def _order_statistics(counts: Places, place: int) -> tuple[int, int]:
    """Ranks of the draws number `place` and `place + 1` from below, from counts by rank."""
    rank, passed = 0, counts[0]
    while passed <= place:
        rank += 1
        passed += counts[rank]
    after = rank
    while passed <= place + 1 and after + 1 < counts.size:
        after += 1
        passed += counts[after]
    return rank, after


@compiled
def _quantile(counts: Places, ordered: Floats, size: int, share: float) -> float:
    """Linear quantile of draws given by how often each rank was drawn."""
    at = (size - 1) * share
    place = int(at)
    if 2 * place < size or place + 2 > size:
        low, high = _order_statistics(counts, place)
    else:
        # The same two, counted from above: fewer ranks to pass.
        high, low = _order_statistics(counts[::-1], size - 2 - place)
        low, high = counts.size - 1 - low, counts.size - 1 - high
    value: float = ordered[low] + (ordered[high] - ordered[low]) * (at - place)
    return value


@compiled
def run_tails(
    ranks: Places, ordered: Floats, starts: Places, lengths: Places, count: int, size: int
) -> float:
    """Tail ratio of the bars of all runs."""
    n = ranks.size
    counts = np.zeros(n, np.int32)
    for j in range(count):
        t = starts[j]
        for _ in range(lengths[j]):
            counts[ranks[t]] += 1
            t = t + 1 if t + 1 < n else 0
    low = _quantile(counts, ordered, size, LOW_TAIL)
    high = _quantile(counts, ordered, size, HIGH_TAIL)
    return metrics._over(abs(high), abs(low))


@compiled
def metric_of_runs(
    series: Prepared, starts: Places, lengths: Places, count: int, size: int
) -> float:
    """The metric of the resample that `count` runs of `size` bars together make."""
    code, year = series.code, series.periods_per_year
    if code <= CAGR:
        first, second = run_sums(series.sums, starts, lengths, count, series.returns.size)
        if is_doubtful(code, first, second, size, series.spread):
            return bar_by_bar(code, series.returns, starts, lengths, count, year)
        return from_sums(code, first, second, size, series.centre, year)
    if code == TAIL:
        return run_tails(series.ranks, series.ordered, starts, lengths, count, size)
    wealth, lowest, squares = run_path(series.growth, starts, lengths, count)
    return from_path(code, wealth, lowest, squares, size, year)
