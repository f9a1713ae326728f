"""How much of its own a label tells, and what it weighs in training.

Labels that overlap repeat each other. All weights follow from one count, the labels alive
at each bar, and from sums over the bars of a label: time and memory are linear in labels
plus bars, no matrix of labels by bars is built.

Source of all: López de Prado (2018), Advances in Financial Machine Learning, ch. 4.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from peaklib.errors import DataError
from peaklib.labeling.spans import Spans, prefix_sums

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def concurrency(spans: Spans) -> Ints:
    """Number of labels alive at each bar, (n_bars,), first and last bars included.

    Source: López de Prado (2018), 4.3.
    """
    begun = np.bincount(spans.first, minlength=spans.n_bars)
    ended = np.bincount(spans.last + 1, minlength=spans.n_bars + 1)[: spans.n_bars]
    return np.cumsum(begun - ended).astype(np.int64)


def average_uniqueness(spans: Spans) -> Floats:
    """Mean over the bars of each label of 1 / concurrency, (n,), in (0, 1].

    1 for a label that overlaps no other, 1/k for one of k labels over the same bars.

    Source: López de Prado (2018), 4.4.
    """
    shares = _one_over(concurrency(spans))
    lives = spans.last - spans.first + 1
    # A mean of numbers up to 1 may round to one step above 1.
    means = _sums(shares, spans.first, spans.last + 1) / lives
    return np.minimum(means, 1.0)


def return_attribution(spans: Spans, close: ArrayLike) -> Floats:
    """Size of the log return that each label can call its own, (n,), scaled to sum to n.

    Each bar's return is split evenly among the labels alive at that bar; a label's share is
    the size of the sum of its parts over bars first + 1 … last. The return of bar `first`
    is left out although the label counts as alive there: it was known before the label was
    decided. The book's listing includes it. A label with `first == last` weighs 0.

    Args:
        close: (n_bars,) positive closing prices.

    Raises:
        DataError: another length, a price that is not positive and finite, or returns that
            are all zero where labels live.

    Source: López de Prado (2018), 4.6.
    """
    prices = np.asarray(close, dtype=np.float64)
    if prices.shape != (spans.n_bars,):
        raise DataError(
            f"close has shape {prices.shape} and the spans refer to {spans.n_bars} bars; give the "
            "closes of the same bars"
        )
    wrong = np.flatnonzero(~(np.isfinite(prices) & (prices > 0.0)))
    if wrong.size:
        raise DataError(
            f"close at bar {wrong[0]} is {prices[wrong[0]]}; a log return needs positive, finite "
            "prices: drop such bars before labeling"
        )
    returns = np.diff(np.log(prices), prepend=np.log(prices[:1]))
    parts = returns * _one_over(concurrency(spans))
    sizes = np.abs(_sums(parts, spans.first + 1, spans.last + 1))
    total = sizes.sum()
    if len(spans) and total == 0.0:
        raise DataError(
            f"no return falls into the {len(spans)} labels, prices are flat there; weigh by "
            "average_uniqueness instead"
        )
    return sizes * (len(spans) / total) if len(spans) else sizes


def time_decay(uniqueness: ArrayLike, oldest: float = 1.0) -> Floats:
    """Weights that fall with age, age being measured in uniqueness, (n,), the newest 1.

    The weight is a straight line over the cumulative uniqueness x, from the first label to
    the last. With `oldest` ≥ 0 the line starts at `oldest` where x = 0, just before the
    first label; 1 is no decay. With `oldest` < 0 that share of x gets weight 0 and the line
    starts where it ends. Multiply with other weights, do not replace them.

    Args:
        uniqueness: (n,) as of `average_uniqueness`, in order of time.
        oldest: in (-1, 1].

    Raises:
        DataError: `oldest` out of range, uniqueness negative, not finite or all zero.

    Source: López de Prado (2018), 4.7.
    """
    values = np.asarray(uniqueness, dtype=np.float64)
    if not -1.0 < oldest <= 1.0:
        raise DataError(f"oldest is {oldest}; it lies above -1 and at most at 1, 1 is no decay")
    wrong = np.flatnonzero(~(np.isfinite(values) & (values >= 0.0)))
    if values.ndim != 1 or wrong.size:
        found = f"{values[wrong[0]]} at label {wrong[0]}" if values.ndim == 1 else "not flat"
        raise DataError(f"uniqueness is {found}; give one finite number ≥ 0 a label, in time order")
    ages = np.cumsum(values)
    if not values.size:
        return ages
    if ages[-1] == 0.0:
        raise DataError("uniqueness is 0 for every label, which no weight can follow")
    # Measured from the newest label, so that its weight is exactly 1.
    younger = 1.0 - ages / ages[-1]
    slope = 1.0 - oldest if oldest >= 0.0 else 1.0 / (1.0 + oldest)
    weights: Floats = np.maximum(1.0 - slope * younger, 0.0)
    return weights


def _one_over(counts: Ints) -> Floats:
    """1 / count, and 0 where nothing is counted, so that sums pass over it."""
    return np.where(counts > 0, 1.0 / np.maximum(counts, 1), 0.0)


def _sums(values: Floats, first: Ints, stop: Ints) -> Floats:
    """Sums of values[first:stop] for each pair, (n,), however many values come before."""
    total, lost = prefix_sums(values)
    sums: Floats = (total[stop] - total[first]) + (lost[stop] - lost[first])
    return sums
