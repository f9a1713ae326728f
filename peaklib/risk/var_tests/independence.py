"""Christoffersen's tests: do exceedances come in clusters?"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from peaklib.errors import DataError
from peaklib.risk.var_tests.exceptions import Hits
from peaklib.risk.var_tests.likelihood_ratio import LikelihoodRatio, check_rate, gain, judged


@dataclass(frozen=True)
class Transitions:
    """How often a quiet day (0) or an exceedance (1) followed one or the other.

    Args:
        n00: quiet after quiet.
        n01: exceedance after quiet.
        n10: quiet after exceedance.
        n11: exceedance after exceedance.
    """

    n00: int
    n01: int
    n10: int
    n11: int


def transitions_of(hits: ArrayLike) -> Transitions:
    """Count the pairs of neighbouring days.

    Args:
        hits: (n_days,), True on days with loss > VaR, oldest first; at least two days.

    Raises:
        DataError: not one-dimensional, fewer than two days, or neither True nor False.
    """
    days = checked_hits(hits)
    before, after = days[:-1], days[1:]
    n11 = int((before & after).sum())
    n01 = int(after.sum()) - n11
    n10 = int(before.sum()) - n11
    return Transitions(len(after) - n01 - n10 - n11, n01, n10, n11)


def christoffersen_independence(hits: ArrayLike) -> LikelihoodRatio:
    """Christoffersen's test of independence against a Markov chain of first order.

    Null hypothesis: an exceedance is as likely after an exceedance as after a quiet day. It
    sees clusters of neighbouring days only. Empty cells count 0·log 0 = 0: where no day
    follows an exceedance, the statistic is 0, which says that nothing can be said.

    Args:
        hits: (n_days,), True on days with loss > VaR, oldest first.

    Returns:
        Likelihood ratio over the n_days - 1 pairs (chi-squared with 1 degree of freedom) and
        its p-value.

    Raises:
        DataError: `hits` are not days of True and False.

    Source: Christoffersen (1998), International Economic Review 39(4).
    """
    pairs = transitions_of(hits)
    events = pairs.n01 + pairs.n11
    trials = events + pairs.n00 + pairs.n10
    if events in (0, trials):
        return judged(0.0, 1)
    rate = events / trials
    quiet = gain(pairs.n01, pairs.n00 + pairs.n01, rate)
    after_event = gain(pairs.n11, pairs.n10 + pairs.n11, rate)
    return judged(2 * (quiet + after_event), 1)


def christoffersen_coverage(hits: ArrayLike, tail: float) -> LikelihoodRatio:
    """Christoffersen's test of conditional coverage: right rate and independence together.

    Null hypothesis: an exceedance has probability `tail` whatever the day before was. The
    likelihood is that of days 2 … n given the first, so the statistic is exactly that of
    `kupiec_pof` for days 2 … n plus that of `christoffersen_independence`.

    Args:
        hits: (n_days,), True on days with loss > VaR, oldest first.
        tail: promised exceedance rate, in (0, 1).

    Returns:
        Likelihood ratio (chi-squared with 2 degrees of freedom) and its p-value.

    Raises:
        DataError: `hits` are not days of True and False, or `tail` outside its range.

    Source: Christoffersen (1998), International Economic Review 39(4).
    """
    check_rate(tail)
    pairs = transitions_of(hits)
    quiet = gain(pairs.n01, pairs.n00 + pairs.n01, tail)
    after_event = gain(pairs.n11, pairs.n10 + pairs.n11, tail)
    return judged(2 * (quiet + after_event), 2)


def checked_hits(hits: ArrayLike) -> Hits:
    """(n_days,) of True and False, or a `DataError` that says what was given instead."""
    try:
        days = np.asarray(hits)
    except ValueError as error:
        raise DataError(f"hits are no array ({error}); give one True or False a day") from None
    if days.ndim != 1 or len(days) < 2:
        raise DataError(
            f"hits have the shape {days.shape}; give one True or False a day, at least two days"
        )
    if days.dtype != bool and not (days.dtype.kind in "uif" and np.isin(days, (0, 1)).all()):
        raise DataError(
            "hits hold something else than True and False, or 0 and 1; give exceedances, not "
            "returns: exceedances(returns, var)"
        )
    return days.astype(bool)
