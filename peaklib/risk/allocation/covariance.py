"""Estimates of the covariance of returns, and what they must be to allocate by them."""

from typing import Final, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peaklib.errors import DataError
from peaklib.risk.measures.finite import first_not_finite
from peaklib.risk.measures.frames import check_frame, check_frame_units, frame_values
from peaklib.risk.measures.inputs import is_number

Floats = NDArray[np.float64]
Estimator = Literal["sample", "ewm", "ledoit_wolf"]

ESTIMATORS: Final = get_args(Estimator)
_ALLOWED: Final = f"one of {', '.join(ESTIMATORS)}, or to allocate a frame of assets x assets"


def estimate_covariance(
    returns: pd.DataFrame, estimator: Estimator = "sample", *, half_life: float = 63.0
) -> pd.DataFrame:
    """Covariance of the returns of assets, per bar.

    `sample` divides by n - 1. `ewm` weighs the squares and products of a bar, without taking a
    mean off, by d^age with d = 2^(-1 / half_life), the weights summing to 1. `ledoit_wolf`
    shrinks the sample covariance (divided by n) towards equal variances without correlation, by
    the share that is expected to err least.

    Args:
        returns: (n_bars, n_assets) simple returns as fractions, finite.
        estimator: `sample`, `ewm` or `ledoit_wolf`.
        half_life: bars after which the weight of a bar has halved, of `ewm` alone.

    Returns:
        (n_assets, n_assets), in squared fractions a bar.

    Raises:
        DataError: an unknown estimator; returns that are no frame, missing, infinite, percent or
            prices (see `check_units`); fewer bars than a half-life.

    Source: Ledoit and Wolf (2004), J. of Multivariate Analysis 88(2), through skfolio and
    scikit-learn; J.P. Morgan (1996), RiskMetrics technical document, through skfolio.
    """
    check_returns(returns)
    values = returns.to_numpy(np.float64)
    if not isinstance(estimator, str):
        raise DataError(f"covariance: a {type(estimator).__name__}; give {_ALLOWED}")
    if estimator == "sample":
        found = np.cov(values, rowvar=False, ddof=1).reshape(values.shape[1], -1)
    elif estimator == "ewm":
        found = _ewm(values, half_life)
    elif estimator == "ledoit_wolf":
        found = _ledoit_wolf(values)
    else:
        raise DataError(f"covariance = {estimator!r}; give {_ALLOWED}")
    covariance = pd.DataFrame(found, index=returns.columns, columns=returns.columns)
    check_covariance(covariance)
    return covariance


def _ewm(values: Floats, half_life: float) -> Floats:
    if not (is_number(half_life) and 0 < half_life <= len(values)):
        raise DataError(
            f"covariance 'ewm': half_life = {half_life!r} over {len(values)} bars; give a positive "
            "number of bars that the returns have at least once"
        )
    from skfolio.moments import EWCovariance

    model = EWCovariance(half_life=half_life, assume_centered=True, nearest=False)
    return np.asarray(model.fit(values).covariance_, dtype=np.float64)


def _ledoit_wolf(values: Floats) -> Floats:
    from skfolio.moments import LedoitWolf

    return np.asarray(LedoitWolf(nearest=False).fit(values).covariance_, dtype=np.float64)


def check_returns(returns: pd.DataFrame) -> None:
    """Make sure that returns can be allocated by.

    Raises:
        DataError: no frame of numbers, fewer than two bars, no or repeated assets, a value that
            is not finite, or a column of percent or prices (see `check_units`).
    """
    check_frame("returns", returns, "a bar", "an asset")
    if len(returns) < 2 or returns.shape[1] < 1:
        raise DataError(
            f"returns: {len(returns)} bars of {returns.shape[1]} assets; give two bars at least"
        )
    if not returns.columns.is_unique:
        twice = returns.columns[returns.columns.duplicated()][0]
        raise DataError(f"returns: column {twice!r} stands there twice; name every asset once")
    values = frame_values("returns", returns)
    bad = first_not_finite(values)
    if bad is not None:
        row, column = bad
        raise DataError(
            f"returns, row {row} ({returns.index[row]!s}), column {returns.columns[column]!r}: "
            f"{values[row, column]}; drop bars or assets without a return"
        )
    check_frame_units("returns", returns, values)


def check_covariance(covariance: pd.DataFrame) -> None:
    """Make sure that a matrix can be a covariance.

    Raises:
        DataError: it is no frame of numbers, rows and columns differ, or it is not symmetric or
            not finite.
    """
    check_frame("covariance", covariance, "an asset", "an asset")
    values = frame_values("covariance", covariance)
    if not covariance.index.equals(covariance.columns):
        raise DataError("covariance: rows and columns are not the same assets in the same order")
    if not np.isfinite(values).all():
        raise DataError("covariance: not every entry is finite; check the returns behind it")
    scale = np.sqrt(np.abs(np.outer(np.diag(values), np.diag(values))))
    if (np.abs(values - values.T) > 1e-8 * scale).any():
        raise DataError("covariance: it is not symmetric; give (c + c.T) / 2 if that is rounding")


def check_moving(covariance: pd.DataFrame) -> None:
    """Make sure that every asset has a variance that weights can be divided by.

    Raises:
        DataError: one has next to none: a volatility below 1e-10 of the largest, or 1e-15.
    """
    variances = np.diag(covariance.to_numpy(np.float64))
    still = np.flatnonzero(~(variances > max(1e-20 * variances.max(), 1e-30)))
    if still.size:
        raise DataError(
            f"covariance: the variance of {covariance.columns[still[0]]!r} is "
            f"{variances[still[0]]:.3g}; leave out an asset that never moves"
        )


def correlation_of(covariance: Floats) -> Floats:
    """Correlations of a covariance matrix, (n, n), with a diagonal of exactly 1."""
    volatility = np.sqrt(np.diag(covariance))
    correlation: Floats = np.clip(covariance / np.outer(volatility, volatility), -1.0, 1.0)
    np.fill_diagonal(correlation, 1.0)
    return correlation


def check_definite(covariance: Floats, method: str) -> None:
    """Make sure that no mix of the assets is without risk, which an optimum would lever up.

    Args:
        covariance: (n, n).
        method: that asks, for the message.

    Raises:
        DataError: the matrix is not positive definite, to the precision of floats.
    """
    values = np.linalg.eigvalsh(correlation_of(covariance))
    floor = len(values) * np.finfo(np.float64).eps * values[-1]
    if values[0] <= floor:
        raise DataError(
            f"method {method!r}: the covariance of {len(values)} assets has rank "
            f"{int((values > floor).sum())}, so that some mix looks riskless; give more bars than "
            "assets, drop assets that copy each other, or take covariance='ledoit_wolf'"
        )
