"""Unconditional coverage: is the VaR exceeded as often as it promised?"""

from dataclasses import dataclass

import numpy as np
from scipy.special import bdtr, bdtrc, chdtrc, xlogy

from peaklib.errors import DataError
from peaklib.risk.measures.inputs import is_number
from peaklib.risk.var_tests.likelihood_ratio import (
    LikelihoodRatio,
    check_counts,
    check_rate,
    check_significance,
    gain,
    judged,
)


@dataclass(frozen=True)
class KupiecRegion:
    """Counts of exceedances that Kupiec's test keeps, and how often it is wrong to reject.

    Args:
        low: smallest count that is kept.
        high: largest count that is kept.
        rejection: exact probability that the test rejects; its size where the VaR is right.
    """

    low: int
    high: int
    rejection: float


def kupiec_pof(n_exceedances: int, n_days: int, tail: float) -> LikelihoodRatio:
    """Kupiec's proportion-of-failures test of unconditional coverage.

    Null hypothesis: losses exceed VaR with probability `tail` per day. Two-sided: too few
    exceedances are rejected as well as too many.

    Args:
        n_exceedances: days with loss > VaR, 0 <= n_exceedances <= n_days.
        n_days: length of the test window, in trading days.
        tail: promised exceedance rate, in (0, 1); 0.01 for a 99% VaR.

    Returns:
        Likelihood ratio (dimensionless, chi-squared with 1 degree of freedom)
        and its p-value.

    Raises:
        DataError: counts or `tail` outside their ranges.

    Source: Kupiec (1995), J. of Derivatives 3(2).

    >>> kupiec_pof(n_exceedances=10, n_days=1000, tail=0.01).p_value
    1.0
    """
    check_rate(tail)
    check_counts(n_exceedances, n_days)
    return judged(2 * gain(n_exceedances, n_days, tail), 1)


def kupiec_region(
    n_days: int, tail: float, *, significance: float = 0.05, rate: float | None = None
) -> KupiecRegion:
    """Which counts `kupiec_pof` keeps, and the exact probability that it rejects.

    The chi-squared distribution is an approximation and counts are whole numbers, so the test
    is wrong more or less often than `significance`: by enumeration over all counts, 9.5 % of
    right 99 % VaRs are rejected at 5 % over 250 days.

    Args:
        n_days: length of the test window, in trading days.
        tail: promised exceedance rate, in (0, 1).
        significance: the test rejects where its p-value is below, in (0, 1).
        rate: true exceedance rate; by default `tail`, which makes `rejection` the size.
            Any other makes it the power.

    Raises:
        DataError: an argument outside its range, or no count is kept.

    >>> region = kupiec_region(510, 0.01)
    >>> region.low, region.high
    (2, 10)
    """
    check_rate(tail)
    check_counts(0, n_days)
    true_rate = tail if rate is None else rate
    check_rate(true_rate)
    check_significance(significance)
    counts = np.arange(n_days + 1)
    quiet = n_days - counts
    ratios = 2 * (
        xlogy(counts, counts / (n_days * tail)) + xlogy(quiet, quiet / (n_days * (1 - tail)))
    )
    kept = np.flatnonzero(chdtrc(1, np.maximum(ratios, 0.0)) >= significance)
    if not kept.size:
        raise DataError(
            f"{n_days} days at a tail of {tail} and a significance of {significance}: every "
            "count is rejected; test more days or at a smaller significance"
        )
    # The ratio falls up to n_days * tail and rises after it: what is kept has no holes.
    low, high = int(kept[0]), int(kept[-1])
    below = bdtr(low - 1, n_days, true_rate) if low else 0.0
    above = bdtrc(high, n_days, true_rate) if high < n_days else 0.0
    return KupiecRegion(low, high, float(below + above))


def time_until_first_failure(first: int, tail: float) -> LikelihoodRatio:
    """Kupiec's test of the days until the first exceedance.

    Null hypothesis: the waiting time is geometric with probability `tail`. It sees one number
    of the whole series and has little power; it is for a model that has just been switched on.

    Args:
        first: day of the first exceedance; 1 is the first day of the test window.
        tail: promised exceedance rate, in (0, 1).

    Returns:
        Likelihood ratio (chi-squared with 1 degree of freedom) and its p-value.

    Raises:
        DataError: `first` below 1 or `tail` outside its range.

    Source: Kupiec (1995), J. of Derivatives 3(2).
    """
    check_rate(tail)
    if not (is_number(first) and first >= 1 and first % 1 == 0):
        raise DataError(
            f"the first exceedance is on day {first!r}; give a whole number, counted from 1"
        )
    return judged(2 * gain(1, first, tail), 1)
