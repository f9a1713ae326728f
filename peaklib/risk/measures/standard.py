"""Tails of the standard normal and of Student's t, as losses."""

import math

from scipy.special import betaln, ndtri, stdtrit

from peaklib.errors import DataError


def normal_tail(tail: float) -> tuple[float, float]:
    """VaR and expected shortfall of a standard normal return; losses are positive.

    Source: McNeil, Frey and Embrechts (2005), Quantitative Risk Management, examples 2.14
    and 2.18.
    """
    quantile = float(ndtri(tail))
    density = math.exp(-0.5 * quantile * quantile) / math.sqrt(2.0 * math.pi)
    return -quantile, density / tail


def student_t_tail(tail: float, dof: float) -> tuple[float, float]:
    """VaR and expected shortfall of a t return of scale 1; losses are positive.

    Its variance is dof / (dof − 2), not 1: see `unit_variance`.

    Raises:
        DataError: `dof` is 1 or less, where the tail has no mean.

    Source: McNeil, Frey and Embrechts (2005), Quantitative Risk Management, examples 2.14
    and 2.19.
    """
    if not dof > 1.0:
        raise DataError(f"{dof:.4g} degrees of freedom: the mean of the tail exists above 1 only")
    quantile = float(stdtrit(dof, tail))
    log_density = (
        -float(betaln(0.5, 0.5 * dof))
        - 0.5 * math.log(dof)
        - 0.5 * (dof + 1.0) * math.log1p(quantile * quantile / dof)
    )
    shortfall = math.exp(log_density) / tail * (dof + quantile * quantile) / (dof - 1.0)
    return -quantile, shortfall


def unit_variance(dof: float) -> float:
    """Scale of a t distribution whose variance is 1.

    Raises:
        DataError: `dof` is 2 or less, where there is no variance.
    """
    if not dof > 2.0:
        raise DataError(f"{dof:.4g} degrees of freedom: the variance exists above 2 only")
    return math.sqrt((dof - 2.0) / dof)
