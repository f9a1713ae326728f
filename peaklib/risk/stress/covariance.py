"""How symbols move together, as it was and as it is supposed to be; the risk that follows."""

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from peaklib.errors import DataError
from peaklib.risk.measures.inputs import checked_count, is_number, tail_of
from peaklib.risk.stress.betas import FEWEST_DAYS
from peaklib.risk.stress.book import Book

Floats = NDArray[np.float64]


def daily_covariance(book: Book) -> Floats:
    """Sample covariance (n - 1) of the daily returns of the symbols that a book holds.

    Returns:
        (n_held, n_held), from the days on which all of them have a return.

    Raises:
        DataError: fewer than 60 such days.
    """
    held = book.returns[list(book.held)].to_numpy()
    known = held[np.isfinite(held).all(axis=1)]
    if len(known) < FEWEST_DAYS:
        raise DataError(
            f"covariance: the symbols held have {len(known)} days in common and need "
            f"{FEWEST_DAYS}; give more days or leave out the newest symbol"
        )
    centred = known - known.mean(axis=0)
    # No numpy.cov: for one symbol it returns a number instead of a matrix.
    product: Floats = centred.T @ centred / (len(known) - 1)
    return product


def pull_correlations(covariance: Floats, *, toward: float, strength: float = 1.0) -> Floats:
    """Move every correlation a share of the way towards one number; deviations stay.

    The new matrix of correlations is (1 - strength) R + strength T with `toward` in every place
    of T but the diagonal. T has no negative eigenvalue for `toward` in [0, 1], and neither has a
    mean of two such matrices: no repair is needed.

    Args:
        covariance: (n, n); a symbol without variance stays without.
        toward: in [0, 1].
        strength: share of the way, in [0, 1].

    Returns:
        The new covariance, (n, n).

    Raises:
        DataError: a number outside its range.
    """
    for name, value in (("toward", toward), ("strength", strength)):
        if not 0 <= value <= 1:
            raise DataError(f"pull_correlations: {name} = {value}; give a number in [0, 1]")
    deviations = np.sqrt(np.diag(covariance))
    target: Floats = toward * np.outer(deviations, deviations)
    np.fill_diagonal(target, deviations**2)
    pulled: Floats = (1.0 - strength) * covariance + strength * target
    return pulled


def normal_value_at_risk(
    covariance: Floats, shares: Floats, *, level: float = 0.99, days: float = 1.0
) -> float:
    """Loss of a book that normal returns of mean zero exceed with probability 1 - level.

    A positive share of equity. The mean is left out: over a few days it is small against the
    deviation, and its estimate is worse than none.

    Args:
        covariance: (n, n), of daily returns.
        shares: (n,), signed shares of equity.
        level: confidence, in (0.5, 1).
        days: whose variances add up.

    Raises:
        DataError: `level` or `days` outside its range.

    Source: J.P. Morgan/Reuters (1996), RiskMetrics Technical Document, 4th ed., part 1.
    """
    tail_of(level)
    if not (is_number(days) and days > 0 and math.isfinite(days)):
        raise DataError(f"normal value at risk: days = {days}; give a positive number")
    # The rounding of a perfect hedge may leave a variance just below 0.
    variance = max(float(shares @ covariance @ shares), 0.0)
    return NormalDist().inv_cdf(level) * math.sqrt(days * variance)


def days_at_risk(horizon: int, days_to_exit: int) -> float:
    """Days of full exposure that are as risky as being held, and then sold in equal parts.

    A book is held for `horizon` days, its first part is sold at the end of the last of them and
    one part on each of the following days: horizon + sum over k of (1 - k/T)^2, which is
    horizon + (T - 1)(2T - 1) / 6T.

    Args:
        horizon: days, at least 1.
        days_to_exit: T, at least 1.

    Source: Jorion (2007), Value at Risk, 3rd ed., chapter 13, for a horizon of one day.

    >>> days_at_risk(1, 10)
    3.85
    """
    for name, value in (("horizon", horizon), ("days_to_exit", days_to_exit)):
        checked_count(f"days at risk: {name}", value)
    return horizon + (days_to_exit - 1) * (2 * days_to_exit - 1) / (6 * days_to_exit)
