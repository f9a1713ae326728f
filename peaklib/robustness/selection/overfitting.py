"""Probability of backtest overfitting by combinatorially symmetric cross-validation.

The bars are cut into an even number of blocks. Every way of taking half of the blocks as "in
sample" is tried: the best trial there is looked up in the other half. If choosing means anything,
the chosen one is above the median there; the probability of backtest overfitting is the share of
splits in which it is not.

What has to be ruled, and how it is ruled here:

- The chosen trial has the highest Sharpe ratio in sample; among equals, the first in order. A trial
  without a Sharpe ratio (its account never moved) is never chosen.
- Its place out of sample is the *midrank* r among all N trials, relative rank w = r / (N + 1),
  logit = ln(w / (1 - w)). A trial without a Sharpe ratio counts as 0 there: an account that
  stood still is better than one that lost.
- A logit of exactly 0 counts as overfit: a median choice is no better than a coin.
- A split in which no trial has a Sharpe ratio in sample has nothing to choose: its logit is 0.

Source: Bailey, Borwein, López de Prado and Zhu (2017), The probability of backtest overfitting,
J. of Computational Finance 20(4).
"""

from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from peaklib.errors import DataError
from peaklib.evidence.compiled import compiled
from peaklib.metrics import checked_year
from peaklib.robustness.bootstrap.threads import for_each
from peaklib.robustness.selection.moments import (
    checked_moments,
    sharpe_of_moments,
    sharpe_per_period,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MAX_BLOCKS: Final = 20
MAX_TRIALS: Final = 10_000
_CHUNK: Final = 128
_GOLDEN: Final = (5**0.5 - 1) / 2


@dataclass(frozen=True)
class Pbo:
    """What became of the choice in every split.

    Splits k and k + n_splits / 2 are each other's mirror: in sample of one is out of sample of the
    other.

    Args:
        probability: share of splits whose logit is 0 or below.
        probability_of_loss: share of splits in which the chosen trial's Sharpe ratio out of
            sample is below 0.
        logits: (n_splits,) of the chosen trial's relative rank out of sample.
        is_sharpe, oos_sharpe: (n_splits,) annualised, of the chosen trial; NaN where it has none.
        oos_mean: (n_splits,) annualised mean over all trials: what a blind choice gets.
        chosen: (n_splits,) number of the trial, as it was given; -1 where there was no choice.
        slope, intercept, r2: least squares of `oos_sharpe` on `is_sharpe`, the degradation of
            performance; NaN where the Sharpe ratios in sample do not differ.
        n_blocks, n_splits: S and S! / (S/2)!².
        n_trials: trials that were compared.
        n_given: trials that there were; more than `n_trials` if only a sample was compared.
    """

    probability: float
    probability_of_loss: float
    logits: Floats
    is_sharpe: Floats
    oos_sharpe: Floats
    oos_mean: Floats
    chosen: Ints
    slope: float
    intercept: float
    r2: float
    n_blocks: int
    n_splits: int
    n_trials: int
    n_given: int

    def __repr__(self) -> str:
        sample = f" of {self.n_given:,}" if self.n_given > self.n_trials else ""
        return (
            f"Pbo(probability {self.probability:.3f}, of loss {self.probability_of_loss:.3f}, "
            f"slope {self.slope:.3f}; {self.n_splits:,} splits of {self.n_blocks} blocks, "
            f"{self.n_trials:,}{sample} trials)"
        )


def pbo(
    moments: Floats,
    *,
    periods_per_year: float,
    max_trials: int = MAX_TRIALS,
    threads: int | None = None,
) -> Pbo:
    """Probability of backtest overfitting of a choice by Sharpe ratio.

    Args:
        moments: (n_trials, n_blocks, 3) of consecutive blocks of about equal length; an even
            number of them, from 2 to `MAX_BLOCKS`.
        periods_per_year: bars in a year.
        max_trials: of more trials than this, `sample_trials` takes that many.
        threads: how many to use; all processors by default. The result does not depend on it.

    Returns:
        The probability, and the distribution behind it.

    Raises:
        DataError: fewer than two trials, an odd number of blocks or too many of them, or not one
            trial with a Sharpe ratio.
    """
    array, year = checked_moments(moments), checked_year(periods_per_year)
    n_given, n_blocks = array.shape[:2]
    _check(n_given, n_blocks, max_trials)
    rows = sample_trials(n_given, max_trials)
    array = array[rows]
    if np.isnan(sharpe_of_moments(array, periods_per_year=year)).all():
        raise DataError(
            f"moments: none of {len(rows):,} trials has a Sharpe ratio over all blocks, because "
            "no account ever moved; there is nothing to choose from"
        )
    splits = _Splits(array)
    splits.run(threads)
    return splits.result(rows, n_given, float(np.sqrt(year)))


def sample_trials(n: int, most: int) -> Ints:
    """Numbers of at most `most` of n trials, spread evenly over their order; always the same.

    The order is cut into `most` runs of n / most neighbours and one is taken from each, at a place
    in the run that moves on by the golden ratio: with a fixed stride, an axis of the grid
    whose length divides the stride would always be met at the same value.
    """
    if n <= most:
        return np.arange(n, dtype=np.int64)
    run = np.arange(most)
    # Rounding must not push the last place of a run over its end.
    places = np.floor((run + (run * _GOLDEN) % 1.0) * (n / most)).astype(np.int64)
    return np.minimum(places, n - 1)


def _check(n_trials: int, n_blocks: int, max_trials: int) -> None:
    if n_trials < 2:
        raise DataError(f"moments: {n_trials} trial; choosing takes at least two")
    if n_blocks % 2 or not 2 <= n_blocks <= MAX_BLOCKS:
        raise DataError(
            f"moments: {n_blocks} blocks; half of them are in sample, so give an even number from "
            f"2 to {MAX_BLOCKS}, as 16"
        )
    if max_trials < 2:
        raise DataError(f"max_trials = {max_trials}; choosing takes at least two")


class _Splits:
    """The sums of all subsets of either half of the blocks, and what each split gave.

    A subset of blocks is a number whose bits are the blocks. The moments of any subset are one
    addition of two rows here, always in the same order: no sum ever carries the rounding of blocks
    that are not in it, and an account that stood still in a subset has sums of exactly 0.
    """

    def __init__(self, moments: Floats) -> None:
        n_trials, n_blocks, _ = moments.shape
        self.n_trials, self.n_blocks = n_trials, n_blocks
        half = n_blocks // 2
        columns = np.ascontiguousarray(moments.transpose(1, 2, 0))
        self.low = np.zeros((1 << half, 2, n_trials))
        self.high = np.zeros((1 << half, 2, n_trials))
        _subset_sums(columns[:half, 1:], self.low)
        _subset_sums(columns[half:, 1:], self.high)
        self.counts = np.ascontiguousarray(moments[0, :, 0])
        # Every split has a mirror; those whose first half holds block 0 are one of each pair.
        rest = combinations(range(1, n_blocks), half - 1)
        self.masks = np.array([1 + sum(1 << b for b in bits) for bits in rest], dtype=np.int64)
        n_splits = 2 * len(self.masks)
        self.numbers = np.empty((3, n_splits))
        self.places = np.empty((2, n_splits), dtype=np.int64)

    def run(self, threads: int | None) -> None:
        def work(start: int) -> None:
            stop = min(start + _CHUNK, len(self.masks))
            _judge_splits(
                start,
                stop,
                self.masks,
                self.counts,
                self.low,
                self.high,
                self.numbers,
                self.places,
            )

        for_each(work, range(0, len(self.masks), _CHUNK), threads)

    def result(self, rows: Ints, n_given: int, root: float) -> Pbo:
        chosen, doubled = self.places
        is_sharpe, oos_sharpe, oos_mean = self.numbers * root
        slope, intercept, r2 = _line(is_sharpe, oos_sharpe)
        return Pbo(
            # Whole numbers, so that a logit of 0 is exactly 0.
            probability=float(np.mean(doubled <= self.n_trials + 1)),
            probability_of_loss=float(np.mean(oos_sharpe < 0)),
            logits=np.log(doubled / (2 * (self.n_trials + 1) - doubled)),
            is_sharpe=is_sharpe,
            oos_sharpe=oos_sharpe,
            oos_mean=oos_mean,
            chosen=np.where(chosen >= 0, rows[chosen], -1),
            slope=slope,
            intercept=intercept,
            r2=r2,
            n_blocks=self.n_blocks,
            n_splits=2 * len(self.masks),
            n_trials=self.n_trials,
            n_given=n_given,
        )


@compiled
def _subset_sums(blocks: Floats, out: Floats) -> None:
    """Write sums of every subset of (n_blocks, 2, n_trials) into (2**n_blocks, 2, n_trials)."""
    block = 0
    for subset in range(1, out.shape[0]):
        if subset >> (block + 1):
            block += 1
        before = out[subset ^ (1 << block)]
        for i in range(out.shape[2]):
            out[subset, 0, i] = before[0, i] + blocks[block, 0, i]
            out[subset, 1, i] = before[1, i] + blocks[block, 1, i]


@compiled
def _sharpes_of(subset: int, counts: Floats, low: Floats, high: Floats, out: Floats) -> None:
    """Per-period Sharpe ratio of every trial over a subset of blocks."""
    half = counts.size // 2
    count = 0.0
    for block in range(counts.size):
        if (subset >> block) & 1:
            count += counts[block]
    a, b = low[subset & ((1 << half) - 1)], high[subset >> half]
    for i in range(out.size):
        out[i] = sharpe_per_period(count, a[0, i] + b[0, i], a[1, i] + b[1, i])


@compiled
def _judge(inside: Floats, outside: Floats, k: int, numbers: Floats, places: Ints) -> None:
    """Choose by `inside`, look the choice up in `outside`; write split k.

    `places` gets the chosen trial and twice its midrank, `numbers` its Sharpe ratio in and out
    of sample and the mean of all out of sample.
    """
    n, best = inside.size, -1
    total = 0.0
    for i in range(n):
        if not np.isnan(inside[i]) and (best < 0 or inside[i] > inside[best]):
            best = i
        total += 0.0 if np.isnan(outside[i]) else outside[i]
    places[0, k], numbers[2, k] = best, total / n
    if best < 0:
        places[1, k], numbers[0, k], numbers[1, k] = n + 1, np.nan, np.nan
        return
    numbers[0, k], numbers[1, k] = inside[best], outside[best]
    own = 0.0 if np.isnan(outside[best]) else outside[best]
    below, equal = 0, 0
    for i in range(n):
        value = 0.0 if np.isnan(outside[i]) else outside[i]
        below += value < own
        equal += value == own
    places[1, k] = 2 * below + equal + 1


@compiled
def _judge_splits(
    start: int,
    stop: int,
    masks: Ints,
    counts: Floats,
    low: Floats,
    high: Floats,
    numbers: Floats,
    places: Ints,
) -> None:
    """Pairs of mirrored splits from `start` to before `stop`: both halves are measured once."""
    full = (1 << counts.size) - 1
    one, other = np.empty(low.shape[2]), np.empty(low.shape[2])
    for k in range(start, stop):
        _sharpes_of(masks[k], counts, low, high, one)
        _sharpes_of(full ^ masks[k], counts, low, high, other)
        _judge(one, other, k, numbers, places)
        _judge(other, one, k + masks.size, numbers, places)


def _line(x: Floats, y: Floats) -> tuple[float, float, float]:
    """Slope, intercept and r² of y on x, where both are known; NaN if x does not vary."""
    known = ~(np.isnan(x) | np.isnan(y))
    x, y = x[known], y[known]
    if x.size < 2 or np.ptp(x) <= 1e-12 * np.abs(x).max():
        return np.nan, np.nan, np.nan
    dx, dy = x - x.mean(), y - y.mean()
    slope = float(dx @ dy / (dx @ dx))
    spread = float(dy @ dy)
    r2 = float((dx @ dy) ** 2 / ((dx @ dx) * spread)) if spread > 0 else np.nan
    return slope, float(y.mean() - slope * x.mean()), r2
