"""Euler contributions of positions to the volatility of their portfolio; numpy only."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from peaklib.errors import DataError
from peaklib.risk.attribution.positions import beside_weights

Floats = NDArray[np.float64]

# A variance this far below zero, relative to the one without hedges, is no rounding.
_ROUNDING = 1e-12


def risk_contributions(weights: ArrayLike, covariance: ArrayLike) -> Floats:
    """Contributions of positions to portfolio volatility; they sum to it.

    Volatility is homogeneous of degree one in the weights, so by Euler's theorem it is the
    sum of `w_i * d sigma / d w_i = w_i * (C w)_i / sigma`. A negative contribution is that of
    a hedge. A portfolio without variance (nothing held, or hedged up to rounding)
    has contributions of 0.

    Args:
        weights: (n_assets,) shares of wealth, or amounts of money; negative when short.
        covariance: (n_assets, n_assets) of simple returns, per period, symmetric.

    Returns:
        (n_assets,) in the unit of the weights, per period: with shares of wealth, 0.01 is one
        percent of volatility a period. Risk here has no sign: volatility is positive.

    Raises:
        DataError: shapes that do not fit, a number that is not finite, a covariance that is
            not symmetric or gives this portfolio a negative variance.

    Source: Litterman, Hot Spots and Hedges (1996), Goldman Sachs; Tasche, Risk Contributions and
    Performance Measurement (1999).

    >>> risk_contributions([0.6, 0.4], [[0.04, 0.0], [0.0, 0.04]]).round(6).tolist()
    [0.099846, 0.044376]
    """
    held, matrix = _checked(weights, covariance)
    products = held * (matrix @ held)
    variance = math.fsum(products)
    gross = float(np.abs(held) @ np.abs(matrix) @ np.abs(held))
    if variance < -_ROUNDING * gross:
        raise DataError(
            f"covariance: gives this portfolio a variance of {variance:.6g}; a covariance is "
            "positive semidefinite: estimate it from complete rows or repair it first"
        )
    if variance <= held.size * np.finfo(np.float64).eps * gross:
        return np.zeros(held.size)
    contributions: Floats = products / math.sqrt(variance)
    return contributions


def risk_shares(weights: ArrayLike, covariance: ArrayLike) -> Floats:
    """Contributions to volatility as shares of it; they sum to 1.

    Args:
        weights: (n_assets,) shares of wealth, or amounts of money; negative when short.
        covariance: (n_assets, n_assets) of simple returns, per period, symmetric.

    Returns:
        (n_assets,) fractions, 0.25 for a quarter of the risk; a hedge has a negative one.

    Raises:
        DataError: as `risk_contributions`, and a portfolio without variance.

    Source: as `risk_contributions`.

    >>> risk_shares([0.5, 0.5], [[0.03, 0.0], [0.0, 0.01]]).round(6).tolist()
    [0.75, 0.25]
    """
    contributions = risk_contributions(weights, covariance)
    total = math.fsum(contributions)
    if total == 0.0:
        raise DataError(
            "weights: the portfolio has no variance, so there is no risk to share out; "
            "ask for risk_contributions, which are all 0 then"
        )
    shares: Floats = contributions / total
    return shares


def _checked(weights: ArrayLike, covariance: ArrayLike) -> tuple[Floats, Floats]:
    """Both as arrays that fit each other, the covariance symmetric."""
    held, matrix = beside_weights(weights, "covariance", covariance)
    gap = np.abs(matrix - matrix.T)
    scale = float(np.abs(matrix).max())
    if float(gap.max()) > 1e-9 * scale:
        row, column = np.unravel_index(int(gap.argmax()), gap.shape)
        raise DataError(
            f"covariance: {matrix[row, column]:.6g} at ({row}, {column}) but "
            f"{matrix[column, row]:.6g} at ({column}, {row}); a covariance is symmetric"
        )
    return held, matrix
