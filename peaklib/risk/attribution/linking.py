"""Factors that link attribution effects of single periods: scaled by them, effects add up.

Arithmetic effects explain the active return of their own period. Returns compound, so their
plain sum is not the active return of all periods together. Every method here multiplies the
effects of period t by a factor of its own, and the products sum to that return exactly.
"""

from collections.abc import Callable
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Linking = Literal["carino", "menchero"]

# Active returns this small are the rounding of portfolios that are the same.
_NOTHING: Final = 1e-15


def total_return(returns: Floats) -> float:
    """Compounded simple return of (n_periods,) simple returns."""
    return float(np.prod(1.0 + returns) - 1.0)


def carino_factors(portfolio: Floats, benchmark: Floats) -> Floats:
    """Logarithmic factors: a period weighs as much as it adds to the ratio of growths.

    Args:
        portfolio: (n_periods,) simple returns, each above -1.
        benchmark: (n_periods,) simple returns, each above -1.

    Returns:
        (n_periods,) factors k_t / k, where k_t = (ln(1 + R_t) - ln(1 + B_t)) / (R_t - B_t), or
        1 / (1 + R_t) where both are equal, and k is the same of the compounded returns.

    Source: Carino (1999), Combining Attribution Effects over Time, J. of Performance
    Measurement 3(4).
    """
    whole = _log_slope(
        np.array([total_return(portfolio)]),
        np.array([total_return(benchmark)]),
    )
    factors: Floats = _log_slope(portfolio, benchmark) / whole
    return factors


def menchero_factors(portfolio: Floats, benchmark: Floats) -> Floats:
    """Factors as equal as they can be: one for all periods, and the least correction to it.

    Args:
        portfolio: (n_periods,) simple returns, each above -1.
        benchmark: (n_periods,) simple returns, each above -1.

    Returns:
        (n_periods,) factors M + a_t with M = ((R - B) / T) / ((1 + R)^(1/T) - (1 + B)^(1/T))
        and a_t = (R - B - M sum_s (R_s - B_s)) / sum_s (R_s - B_s)^2 * (R_t - B_t); R and B
        without an index are compounded over all T periods.

    Source: Menchero (2000), An Optimized Approach to Linking Attribution Effects over Time,
    J. of Performance Measurement 5(1).
    """
    active = portfolio - benchmark
    count = active.size
    base = 1.0 + total_return(benchmark)
    whole = total_return(portfolio) - total_return(benchmark)
    # The difference of the two roots, written so that nothing cancels when they are alike.
    spread = base ** (1.0 / count) * np.expm1(np.log1p(whole / base) / count)
    natural = whole / count / spread if spread != 0.0 else base ** ((count - 1.0) / count)
    squares = float(active @ active)
    if squares <= count * _NOTHING**2:
        return np.full(count, natural)
    factors: Floats = natural + (whole - natural * active.sum()) / squares * active
    return factors


def _log_slope(portfolio: Floats, benchmark: Floats) -> Floats:
    """(ln(1 + R) - ln(1 + B)) / (R - B), without the cancellation of near-equal returns."""
    ratio = (portfolio - benchmark) / (1.0 + benchmark)
    is_same = ratio == 0.0
    slope = np.where(is_same, 1.0, np.log1p(ratio) / np.where(is_same, 1.0, ratio))
    result: Floats = slope / (1.0 + benchmark)
    return result


FACTORS: Final[dict[Linking, Callable[[Floats, Floats], Floats]]] = {
    "carino": carino_factors,
    "menchero": menchero_factors,
}
