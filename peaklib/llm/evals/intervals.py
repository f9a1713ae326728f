"""Shares, upper bounds and quantiles of few cases, each with the interval that belongs to it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

from peaklib.errors import DataError

CONFIDENCE: Final = 0.90
"""Of all intervals: 5 % lie beyond each end."""
_TAIL: Final = (1 - CONFIDENCE) / 2


@dataclass(frozen=True)
class Estimate:
    """A number with its interval.

    Args:
        value: None if there is nothing to estimate it from.
        low, high: ends; None where so few cases have none.
    """

    value: float | None
    low: float | None
    high: float | None


def share(hits: int, of: int) -> Estimate:
    """A share with the score interval.

    Args:
        hits: cases with the property.
        of: cases; none gives no estimate.

    Raises:
        DataError: more hits than cases, or fewer than none.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
    Journal of the American Statistical Association 22 (1927), 209-212.
    """
    _check(hits, of)
    if not of:
        return Estimate(None, None, None)
    z = NormalDist().inv_cdf(1 - _TAIL)
    observed, size = hits / of, 1 + z * z / of
    middle = (observed + z * z / (2 * of)) / size
    half = z / size * math.sqrt(observed * (1 - observed) / of + z * z / (4 * of * of))
    # At the ends the bound is exact; rounding must not put it outside of [0, 1].
    low = 0.0 if hits == 0 else middle - half
    high = 1.0 if hits == of else middle + half
    return Estimate(observed, low, high)


def at_most(hits: int, of: int) -> float | None:
    """What a share is at most, at 95 %; None without cases.

    Args:
        hits: cases with the property.
        of: cases.

    Raises:
        DataError: more hits than cases, or fewer than none.

    Source: C. J. Clopper and E. S. Pearson, "The use of confidence or fiducial limits illustrated
    in the case of the binomial", Biometrika 26 (1934), 404-413; the upper limit alone.
    """
    from scipy.stats import beta

    _check(hits, of)
    if not of:
        return None
    return 1.0 if hits == of else float(beta.ppf(1 - _TAIL, hits + 1, of - hits))


def quantile(values: Sequence[float], at: float) -> Estimate:
    """A quantile with an interval between two of the values, whatever their distribution.

    The estimate is the smallest value with at least this share of the values at or below it. An
    end of the interval is missing where no value is far enough out: the upper one of the 95 %
    quantile needs 59 values.

    Args:
        values: in any order.
        at: share below the quantile, such as 0.95.

    Source: H. A. David and H. N. Nagaraja, "Order Statistics" (3rd ed., 2003), section 7.1.
    """
    from scipy.stats import binom

    ordered = sorted(values)
    count = len(ordered)
    if not count:
        return Estimate(None, None, None)
    value = ordered[max(0, math.ceil(at * count - 1e-9) - 1)]
    # How many values lie below the quantile is binomial: the ranks that hold it at 5 % each side.
    ranks = range(1, count + 1)
    low = max((r for r in ranks if binom.cdf(r - 1, count, at) <= _TAIL), default=None)
    high = min((r for r in ranks if binom.sf(r - 1, count, at) <= _TAIL), default=None)
    return Estimate(
        value,
        None if low is None else ordered[low - 1],
        None if high is None else ordered[high - 1],
    )


def mcnemar(only_before: int, only_now: int) -> float:
    """How probable so uneven a change, or a more uneven one, is without any difference.

    Args:
        only_before: cases that passed before and fail now.
        only_now: cases that failed before and pass now.

    Returns:
        The exact two-sided p value; 1 if nothing changed.

    Raises:
        DataError: a count is negative.

    Source: Q. McNemar, "Note on the sampling error of the difference between correlated
    proportions or percentages", Psychometrika 12 (1947), 153-157; the binomial form.
    """
    if min(only_before, only_now) < 0:
        raise DataError(f"changes of {only_before} and {only_now} cases; counts start at 0")
    changed = only_before + only_now
    tail = sum(math.comb(changed, k) for k in range(min(only_before, only_now) + 1))
    return min(1.0, math.ldexp(tail, 1 - changed))


def _check(hits: int, of: int) -> None:
    if not 0 <= hits <= of:
        raise DataError(f"{hits} of {of} cases is no share; count again")
