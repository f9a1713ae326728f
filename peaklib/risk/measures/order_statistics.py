"""Which order statistics a quantile and a tail are made of, and both over rolling windows.

NumPy's 13 methods differ only in the two neighbours that they take and in their weight, so
one kernel serves all of them. A window is kept sorted from bar to bar: the value that leaves
makes room for the one that comes, by moving what lies between them.
"""

import math
from collections.abc import Callable, Mapping
from typing import Final, Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from peaklib.errors import DataError
from peaklib.evidence.compiled import compiled

Floats = NDArray[np.float64]
QuantileMethod = Literal[
    "inverted_cdf",
    "averaged_inverted_cdf",
    "closest_observation",
    "interpolated_inverted_cdf",
    "hazen",
    "weibull",
    "linear",
    "median_unbiased",
    "normal_unbiased",
    "lower",
    "higher",
    "midpoint",
    "nearest",
]

METHODS: Final[tuple[QuantileMethod, ...]] = get_args(QuantileMethod)


class Place(NamedTuple):
    """Where a quantile lies among n sorted values.

    Args:
        below, above: ranks of its neighbours, counted from 0.
        weight: of the upper one.
    """

    below: int
    above: int
    weight: float


def place(n: int, tail: float, method: QuantileMethod) -> Place:
    """Where `numpy.quantile(values, tail, method=method)` looks among `n` sorted values.

    Raises:
        DataError: no method of NumPy.

    Source: Hyndman and Fan (1996), The American Statistician 50(4); rounding as in NumPy.
    """
    if method not in _RANKS:
        raise DataError(f"method = {method!r}; give one of {', '.join(METHODS)}")
    rank, weight = _RANKS[method](n, tail)
    if rank < 0 or rank >= n - 1:
        end = 0 if rank < 0 else n - 1
        return Place(end, end, 0.0)
    return Place(rank, rank + 1, weight)


def _between(alpha: float, beta: float) -> Callable[[int, float], tuple[int, float]]:
    """The continuous family, by its two constants."""

    def rank(n: int, tail: float) -> tuple[int, float]:
        return _split(n * tail + (alpha + tail * (1 - alpha - beta)) - 1)

    return rank


def _split(place: float) -> tuple[int, float]:
    below = math.floor(place)
    return below, place - below


def _inverted(n: int, tail: float) -> tuple[int, float]:
    below, rest = _split(n * tail - 1)
    return (below if rest == 0.0 else below + 1), 0.0


def _averaged(n: int, tail: float) -> tuple[int, float]:
    below, rest = _split(n * tail - 1)
    return below, 0.5 if rest == 0.0 else 1.0


def _closest(n: int, tail: float) -> tuple[int, float]:
    below, rest = _split(n * tail - 1 - 0.5)
    return (below if rest == 0.0 and below % 2 == 1 else below + 1), 0.0


def _midpoint(n: int, tail: float) -> tuple[int, float]:
    below, rest = _split((n - 1) * tail)
    return below, 0.5 if rest else 0.0


_RANKS: Final[Mapping[str, Callable[[int, float], tuple[int, float]]]] = {
    "inverted_cdf": _inverted,
    "averaged_inverted_cdf": _averaged,
    "closest_observation": _closest,
    "interpolated_inverted_cdf": _between(0, 1),
    "hazen": _between(0.5, 0.5),
    "weibull": _between(0, 0),
    "linear": lambda n, tail: _split((n - 1) * tail),
    "median_unbiased": _between(1 / 3.0, 1 / 3.0),
    "normal_unbiased": _between(3 / 8.0, 3 / 8.0),
    "lower": lambda n, tail: (math.floor((n - 1) * tail), 0.0),
    "higher": lambda n, tail: (math.ceil((n - 1) * tail), 0.0),
    "midpoint": _midpoint,
    "nearest": lambda n, tail: (round((n - 1) * tail), 0.0),
}


def empirical_tail(values: Floats, tail: float, method: QuantileMethod) -> tuple[float, float]:
    """Quantile at `tail` and mean of the lowest `tail` of the values, neither negated.

    The mean gives the last value only the fraction of it that belongs to the tail; see
    `historical_risk`. One partition serves both.
    """
    n = values.size
    lower, upper, weight = place(n, tail, method)
    count = n * tail
    last = math.floor(count)
    ordered = np.partition(values, sorted({lower, upper, last}))
    quantile = _interpolated(ordered[lower], ordered[upper], weight)
    boundary = ordered[last]
    return float(quantile), float(boundary + np.sum(ordered[:last] - boundary) / count)


@compiled
def _interpolated(low: float, high: float, weight: float) -> float:
    """Between two neighbours, rounded as NumPy does."""
    gap = high - low
    if weight >= 0.5:
        return high - gap * (1.0 - weight)
    return low + gap * weight


@compiled
def rolling_tail(
    values: Floats, window: int, tail: float, below: int, above: int, weight: float
) -> tuple[Floats, Floats]:
    """Quantile and tail mean of the `window` values *before* each row, two of (n,).

    NaN for the first `window` rows. Values are finite; memory is that of the two results.
    """
    n = values.size
    quantile, mean = np.full(n, np.nan), np.full(n, np.nan)
    count = window * tail
    last = math.floor(count)
    ordered = np.sort(values[:window])
    for t in range(window, n):
        quantile[t] = _interpolated(ordered[below], ordered[above], weight)
        boundary = ordered[last]
        total = 0.0
        for k in range(last):
            total += ordered[k] - boundary
        mean[t] = boundary + total / count
        _exchange(ordered, values[t - window], values[t])
    return quantile, mean


@compiled
def _exchange(ordered: Floats, old: float, new: float) -> None:
    """Put `new` in the place of `old`, and what lies between them in order again."""
    at = np.searchsorted(ordered, old)
    if new > old:
        end = ordered.size - 1
        while at < end and ordered[at + 1] < new:
            ordered[at] = ordered[at + 1]
            at += 1
    else:
        while at > 0 and ordered[at - 1] > new:
            ordered[at] = ordered[at - 1]
            at -= 1
    ordered[at] = new
