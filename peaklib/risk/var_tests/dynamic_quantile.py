"""Engle and Manganelli's dynamic quantile test: can an exceedance be foreseen?"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from peaklib.errors import DataError
from peaklib.risk.var_tests.exceptions import Exceptions, Floats, check_exceptions
from peaklib.risk.var_tests.likelihood_ratio import judged
from peaklib.risk.var_tests.simulated_quantile import simulated_dynamic_quantile

LAGS: Final = 4
# The same hits on other days differ by the last bits where the VaR never moves.
_TIE: Final = 1e-7


@dataclass(frozen=True)
class DynamicQuantile:
    """Outcome of the test.

    Args:
        statistic: dimensionless, chi-squared under the null with very many exceedances.
        p_value: (1 + simulations at or above the statistic) / (1 + simulations).
        chi2_p_value: the p-value that the chi-squared distribution gives, and most tools.
        dof: degrees of freedom: regressors that say something of their own.
        regressors: how many there were; more than `dof` where some repeat others.
        simulations: behind `p_value`.
        seed: of the draws.
    """

    statistic: float
    p_value: float
    chi2_p_value: float
    dof: int
    regressors: int
    simulations: int
    seed: int


def dynamic_quantile(
    exceptions: Exceptions, *, lags: int = LAGS, simulations: int = 9999, seed: int = 0
) -> DynamicQuantile:
    """Test whether exceedances can be foreseen from their past and from the VaR itself.

    Null hypothesis: hits less `tail` have mean zero given what was known the day before. They
    are regressed on a constant, on themselves `lags` days back, and on the VaR of the day;
    the statistic is the squared length of the fitted values over tail·(1 - tail).

    Regressors that repeat others (a VaR that never moves, no exceedance at all) add nothing:
    the fitted values are those of the space that the regressors span, and its dimension is
    the degrees of freedom.

    Two exceedances of a 99 % VaR within four days are rare enough to make a large statistic
    and common enough to happen: at 5 % the chi-squared distribution rejects one right VaR in
    ten. The p-value is simulated instead, from independent exceedances beside the same VaR.

    Args:
        exceptions: days with their hits and VaR (losses are positive numbers).
        lags: lagged hits among the regressors, 0 or more.
        simulations: of the whole series under the null, at least 99.
        seed: of the draws.

    Raises:
        DataError: negative `lags`, not more days than regressors after the lags, or too few
            simulations.

    Source: Engle and Manganelli (2004), J. of Business and Economic Statistics 22(4), the
    test out of sample.
    """
    check_exceptions(exceptions)
    n_days = exceptions.n_days
    if lags < 0 or n_days - lags <= lags + 2:
        raise DataError(
            f"{n_days} days and {lags} lags; lags are 0 or more, and after them there must be "
            f"more days than the {max(lags, 0) + 2} regressors"
        )
    hit: Floats = exceptions.hits.astype(float) - exceptions.tail
    columns: list[Floats] = [np.ones(n_days - lags)]
    columns += [hit[lags - lag : n_days - lag] for lag in range(1, lags + 1)]
    columns.append(exceptions.var[lags:])
    if simulations < 99:
        raise DataError(f"{simulations} simulations are too few for a p-value; give at least 99")
    basis = _basis(np.column_stack(columns))
    fitted = basis.T @ hit[lags:]
    statistic = float(fitted @ fitted) / (exceptions.tail * (1 - exceptions.tail))
    test = judged(statistic, basis.shape[1])
    drawn = simulated_dynamic_quantile(
        exceptions.var, tail=exceptions.tail, lags=lags, simulations=simulations, seed=seed
    )
    reached = int((drawn >= statistic * (1 - _TIE) - _TIE).sum())
    return DynamicQuantile(
        statistic=statistic,
        p_value=(1 + reached) / (1 + simulations),
        chi2_p_value=test.p_value,
        dof=test.dof,
        regressors=len(columns),
        simulations=simulations,
        seed=seed,
    )


def _basis(regressors: Floats) -> Floats:
    """Orthonormal columns that span the regressors, whatever the units of each."""
    lengths = np.sqrt((regressors**2).sum(axis=0))
    scaled = regressors[:, lengths > 0] / lengths[lengths > 0]
    left, sizes, _ = np.linalg.svd(scaled, full_matrices=False)
    own = sizes > sizes[0] * max(scaled.shape) * np.finfo(float).eps
    basis: Floats = left[:, own]
    return basis
