"""Likelihood-ratio tests of Bernoulli days: how often a VaR is exceeded."""

from dataclasses import dataclass

from scipy.special import chdtrc, xlogy

from peaklib.errors import DataError
from peaklib.risk.measures.inputs import is_number


@dataclass(frozen=True)
class LikelihoodRatio:
    """Outcome of a test whose statistic is chi-squared under the null.

    Args:
        statistic: dimensionless, 0 or more.
        p_value: probability of a statistic at least as large if the null is true.
        dof: degrees of freedom.
    """

    statistic: float
    p_value: float
    dof: int


def judged(statistic: float, dof: int) -> LikelihoodRatio:
    """A statistic with its p-value from the chi-squared distribution."""
    # Two equal likelihoods may differ by the last bit.
    positive = max(float(statistic), 0.0)
    return LikelihoodRatio(positive, float(chdtrc(dof, positive)), dof)


def gain(events: int, trials: int, rate: float) -> float:
    """Log-likelihood of the observed rate less that of `rate`; 0·log 0 is 0.

    Args:
        events: how often it happened.
        trials: how often it could have.
        rate: probability of the null, in (0, 1).
    """
    if trials == 0:
        return 0.0
    quiet = trials - events
    # Ratios of counts to expected counts are exactly 1 where the null is met exactly.
    seen = xlogy(events, events / (trials * rate))
    unseen = xlogy(quiet, quiet / (trials * (1 - rate)))
    return float(seen + unseen)


def check_rate(tail: float) -> None:
    """Raise a `DataError` unless `tail` is a probability that can be exceeded or kept."""
    if not (is_number(tail) and 0 < tail < 1):
        raise DataError(
            f"tail is {tail!r}; it is the promised exceedance rate, between 0 and 1: 0.01 for a "
            "99 % VaR"
        )


def check_counts(n_exceedances: int, n_days: int) -> None:
    """Raise a `DataError` unless the counts can be counts of exceedances."""
    for name, count in (("n_exceedances", n_exceedances), ("n_days", n_days)):
        if not (is_number(count) and count % 1 == 0):
            raise DataError(f"{name} is {count!r}; it is a count, give a whole number")
    if n_days < 1 or not 0 <= n_exceedances <= n_days:
        raise DataError(
            f"{n_exceedances} exceedances in {n_days} days; days are at least 1, exceedances "
            "between 0 and the days"
        )


def check_significance(significance: float) -> None:
    """Raise a `DataError` unless a p-value can lie on either side of it."""
    if not (is_number(significance) and 0 < significance < 1):
        raise DataError(f"significance is {significance!r}; it must be a number between 0 and 1")
