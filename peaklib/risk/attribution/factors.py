"""Factor regression: what exposure to known factors explains of a series of returns."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peaklib.errors import DataError
from peaklib.risk.measures.finite import first_not_finite
from peaklib.risk.measures.frames import check_frame, check_frame_units, frame_values
from peaklib.risk.measures.inputs import checked_array, is_number
from peaklib.risk.measures.units import check_units

Floats = NDArray[np.float64]

# Standardised factors whose singular values fall below this share of the largest are not told
# apart by a regression; what takes part in the combination with more than the second number
# is named.
_COLLINEAR: Final = 1e-7
_TAKES_PART: Final = 1e-3
# Deviations this small, relative to the size of the numbers, are rounding.
_CONSTANT: Final = 1e-12


@dataclass(frozen=True)
class FactorRegression:
    """A regression of returns on factors with errors robust to autocorrelation.

    Args:
        factors: (n_factors, 8) by factor: `beta`, its standard `error`, `t`, two-sided `p_value`,
            interval from `low` to `high`, `return_contribution` (beta times the annual mean of
            the factor, a fraction a year) and `variance_share` (of the variance of the returns).
        alpha: annual mean return that the factors leave unexplained, a fraction.
        alpha_error: its standard error, annual.
        alpha_t: alpha over its error.
        alpha_p_value: two-sided, of no alpha.
        alpha_low: lower end of its interval, annual.
        alpha_high: upper end.
        annual_return: arithmetic mean of the returns times periods a year; the sum of alpha and
            the factors' return contributions.
        r_squared: share of the variance that the factors explain; the sum of their shares.
        adjusted_r_squared: the same, corrected for the number of factors.
        residuals: (n,) per period, what is left of each return.
        n_obs: number of periods.
        lags: autocorrelations in the errors.
        level: share of samples whose interval covers the truth.
        periods_per_year: periods in a year.
    """

    factors: pd.DataFrame
    alpha: float
    alpha_error: float
    alpha_t: float
    alpha_p_value: float
    alpha_low: float
    alpha_high: float
    annual_return: float
    r_squared: float
    adjusted_r_squared: float
    residuals: pd.Series
    n_obs: int
    lags: int
    level: float
    periods_per_year: float


def newey_west_lags(n_obs: int) -> int:
    """Autocorrelations that errors take in by default: 4 (n / 100)^(2/9), rounded down.

    Args:
        n_obs: number of periods, 1 or more.

    Source: Newey and West (1994), Review of Economic Studies 61(4), the plug-in's first step.
    """
    return min(int(4.0 * (n_obs / 100.0) ** (2.0 / 9.0)), n_obs - 1)


def factor_regression(
    returns: pd.Series,
    factors: pd.DataFrame | pd.Series,
    *,
    periods_per_year: float,
    lags: int | None = None,
    level: float = 0.9,
) -> FactorRegression:
    """Regress returns on factors by least squares.

    Errors are those of Newey and West: Bartlett weights over `lags` autocorrelations, times
    n / (n - k) for k coefficients; tests and intervals take Student's t with n - k degrees of
    freedom. Betas are constant over the sample by assumption.

    Args:
        returns: (n,) simple returns per period as fractions; subtract the risk-free rate first
            if the factors are in excess of it.
        factors: (n, n_factors) with the same index, per period as fractions; or one of them as
            a series with a name.
        periods_per_year: periods in a year, for alpha and the contributions to return.
        lags: autocorrelations in the errors, 0 for errors robust to unequal variances only;
            `newey_west_lags` of the length if None.
        level: share of samples whose interval covers the truth, in (0, 1).

    Raises:
        DataError: no series of returns or frame of factors, an index that does not match, a
            number that is missing, returns or factors that are percent or prices (see
            `check_units`), a doubled, constant or collinear factor (by name), constant returns,
            too few periods, or an option out of range.

    Source: Newey and West (1987), Econometrica 55(3), through `statsmodels`; contributions to
    variance are Euler's: beta times the covariance of the factor with the returns.
    """
    table_of = _as_frame(factors)
    observed, design = _checked(returns, table_of)
    count = len(design)
    used = newey_west_lags(count) if lags is None else lags
    _check_options(used, count, level, periods_per_year)
    fit = _fit(observed, design, used)
    ends = np.asarray(fit.conf_int(alpha=1.0 - level))
    year = float(periods_per_year)
    beta = np.asarray(fit.params)[1:]
    shares = beta * ((design - design.mean(axis=0)).T @ observed) / count / observed.var()
    table = pd.DataFrame(
        {
            "beta": beta,
            "error": fit.bse[1:],
            "t": fit.tvalues[1:],
            "p_value": fit.pvalues[1:],
            "low": ends[1:, 0],
            "high": ends[1:, 1],
            "return_contribution": beta * design.mean(axis=0) * year,
            "variance_share": shares,
        },
        index=table_of.columns.rename("factor"),
    )
    return FactorRegression(
        factors=table,
        alpha=float(fit.params[0]) * year,
        alpha_error=float(fit.bse[0]) * year,
        alpha_t=float(fit.tvalues[0]),
        alpha_p_value=float(fit.pvalues[0]),
        alpha_low=float(ends[0, 0]) * year,
        alpha_high=float(ends[0, 1]) * year,
        annual_return=float(observed.mean()) * year,
        r_squared=float(fit.rsquared),
        adjusted_r_squared=float(fit.rsquared_adj),
        residuals=pd.Series(np.asarray(fit.resid), index=returns.index, name="residual"),
        n_obs=count,
        lags=used,
        level=level,
        periods_per_year=year,
    )


def _fit(observed: Floats, design: Floats, lags: int) -> Any:
    """Results of statsmodels, the constant first."""
    from statsmodels.regression.linear_model import OLS

    with_constant = np.column_stack([np.ones(len(design)), design])
    return OLS(observed, with_constant).fit(
        cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": True}, use_t=True
    )


def _check_options(lags: int, count: int, level: float, periods_per_year: float) -> None:
    if not (is_number(lags) and 0 <= lags < count and lags % 1 == 0):
        raise DataError(f"lags = {lags!r}; a whole number from 0 to below {count}, the length")
    if not (is_number(level) and 0.0 < level < 1.0):
        raise DataError(f"level = {level!r}; the share that an interval covers, such as 0.9")
    if not (is_number(periods_per_year) and 0.0 < periods_per_year < np.inf):
        raise DataError(f"periods_per_year = {periods_per_year!r}; a positive number, such as 12")


def _as_frame(factors: pd.DataFrame | pd.Series) -> pd.DataFrame:
    """Factors as columns; a series with a name is one of them."""
    if isinstance(factors, pd.Series):
        if factors.name is None:
            raise DataError("factors: a series without a name; give it one, .rename('market')")
        return factors.to_frame()
    check_frame("factors", factors, "a period", "a factor")
    return factors


def _checked(returns: pd.Series, factors: pd.DataFrame) -> tuple[Floats, Floats]:
    """Returns (n,) and factors (n, n_factors) that a regression can tell apart."""
    if not isinstance(returns, pd.Series):
        raise DataError(
            f"returns: a {type(returns).__name__}; give a pandas Series with the index of the "
            "factors, pd.Series(values, index=factors.index)"
        )
    _check_labels(returns, factors)
    observed, design = checked_array("returns", returns), frame_values("factors", factors)
    for values, names in ((observed.reshape(-1, 1), ["returns"]), (design, list(factors.columns))):
        bad = first_not_finite(values)
        if bad is not None:
            row, column = bad
            raise DataError(
                f"{names[column]!r} is {values[row, column]} in {returns.index[row]}; leave out "
                "periods in which a number is missing, in returns and factors alike"
            )
    count, width = design.shape
    if count < width + 2:
        raise DataError(
            f"returns: {count} periods for {width} factors and a constant; give at least "
            f"{width + 2}, and many more for errors to mean something"
        )
    check_units(observed, lambda row: f"returns, row {row} ({returns.index[row]!s})")
    check_frame_units("factors", factors, design)
    _check_variation(observed, design, list(factors.columns))
    return observed, design


def _check_labels(returns: pd.Series, factors: pd.DataFrame) -> None:
    if factors.shape[1] == 0:
        raise DataError("factors: no columns; give at least one factor")
    if not factors.columns.is_unique:
        twice = factors.columns[factors.columns.duplicated()][0]
        raise DataError(f"factors: {twice!r} stands there twice; a name means one factor")
    for name, index in (("returns", returns.index), ("factors", factors.index)):
        if not index.is_unique:
            twice = index[index.duplicated()][0]
            raise DataError(f"{name}: {twice} stands there twice; give one row a period")
    if not returns.index.equals(factors.index):
        shared = len(returns.index.intersection(factors.index))
        raise DataError(
            f"factors: their index is not that of the returns ({len(factors)} and {len(returns)} "
            f"periods, {shared} in common); bring both to the same periods in the same order"
        )


def _check_variation(observed: Floats, design: Floats, names: list[object]) -> None:
    """Make sure that returns and factors move, and that no factor is made of others."""
    if observed.std() <= _CONSTANT * np.abs(observed).max():
        raise DataError("returns: constant, so there is nothing to explain")
    spread = design.std(axis=0)
    still = np.flatnonzero(spread <= _CONSTANT * np.abs(design).max(axis=0))
    if still.size:
        found = ", ".join(repr(names[column]) for column in still)
        raise DataError(f"factors: {found} constant; leave out what alpha stands for already")
    _, sizes, directions = np.linalg.svd((design - design.mean(axis=0)) / spread, False)
    if sizes[-1] <= _COLLINEAR * sizes[0]:
        part = np.flatnonzero(np.abs(directions[-1]) > _TAKES_PART)
        found = ", ".join(repr(names[column]) for column in part)
        raise DataError(
            f"factors: {found} are collinear: one of them is a combination of the others, so "
            "their betas cannot be told apart; leave one out"
        )
