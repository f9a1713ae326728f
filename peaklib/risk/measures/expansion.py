"""The expansion of Cornish and Fisher: its quantiles, its moments, and where it is valid.

It bends a normal variable z into one that is skewed and has fat tails,

    T(z) = z + (z² − 1)·S/6 + (z³ − 3z)·K/24 − (2z³ − 5z)·S²/36,

which is a distribution only where T rises everywhere. Outside that domain quantiles change
places, and a value at risk from there means nothing. Inside, S and K are parameters: the
skewness and kurtosis of T(z) are other numbers, and mostly larger ones.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from peaklib.errors import DataError
from peaklib.evidence.compiled import compiled

Floats = NDArray[np.float64]

# The fourth moment of a cubic has degree 12; n nodes are exact up to degree 2n − 1.
_NODES, _RAW = np.polynomial.hermite_e.hermegauss(8)
_WEIGHTS: Final = _RAW / _RAW.sum()
_STEPS: Final = 16
_ENOUGH: Final = 1e-10


def cornish_fisher_quantile(z: float, s: float, k: float) -> float:
    """T(z): the quantile of the bent variable that belongs to the normal quantile z.

    Args:
        z: standard normal quantile; negative for losses.
        s, k: parameters S and K, as skewness and excess kurtosis.

    Source: Cornish and Fisher (1937), Revue de l'Institut International de Statistique 5(4).
    """
    return float(_bent(z, s, k))


def in_cornish_fisher_domain(s: float, k: float) -> bool:
    """Whether T(z) rises everywhere for these parameters, so that it has quantiles.

    That is where its derivative, a parabola in z, opens upwards and has at most one root:
    S²/9 ≤ 4·(K/8 − S²/6)·(1 − K/8 + 5S²/36). |S| is at most 6·(√2 − 1), and K at most 8
    without skewness.

    Args:
        s, k: parameters S and K, as skewness and excess kurtosis.

    Source: Maillard (2012), A User's Guide to the Cornish Fisher Expansion.
    """
    bend = k / 8.0 - s * s / 6.0
    return bend >= 0.0 and s * s / 9.0 <= 4.0 * bend * (1.0 - k / 8.0 + 5.0 * s * s / 36.0)


def cornish_fisher_moments(s: float, k: float) -> tuple[float, float, float]:
    """Deviation, skewness and excess kurtosis that T(z) really has for these parameters.

    Args:
        s, k: parameters S and K.

    Source: Maillard (2012), who gives them as polynomials; here by Gauss-Hermite quadrature,
    which is exact for these.
    """
    deviation, skewness, kurtosis = _moments_and_slopes(s, k, _NODES, _WEIGHTS)[:3]
    return float(deviation), float(skewness), float(kurtosis)


def matched_parameters(skewness: float, kurtosis: float) -> tuple[float, float]:
    """Parameters S and K for which T(z) has this skewness and excess kurtosis.

    Newton's method, led from the normal distribution to the moments asked for in small steps.

    Raises:
        DataError: no such parameters inside the domain.

    Source: Maillard (2012) states the problem and its domain.
    """
    s, k, distance = _led_to(float(skewness), float(kurtosis), _NODES, _WEIGHTS, _STEPS)
    if not (distance <= _ENOUGH * (1.0 + abs(kurtosis)) and in_cornish_fisher_domain(s, k)):
        raise DataError(
            f"no Cornish-Fisher distribution has skewness {skewness:.4g} and excess kurtosis "
            f"{kurtosis:.4g}; take the historical or the Student-t measure"
        )
    return float(s), float(k)


@compiled
def _bent(z: float, s: float, k: float) -> float:
    cubic = z * z * z
    return (
        z
        + (z * z - 1.0) * s / 6.0
        + (cubic - 3.0 * z) * k / 24.0
        - (2.0 * cubic - 5.0 * z) * s * s / 36.0
    )


@compiled
def _moments_and_slopes(
    s: float, k: float, nodes: Floats, weights: Floats
) -> tuple[float, float, float, float, float, float, float]:
    """Deviation, skewness and kurtosis, then slopes of the last two in S and in K."""
    second, third, fourth = 0.0, 0.0, 0.0
    by_s, by_k = np.zeros(3), np.zeros(3)
    for i in range(nodes.size):
        z, weight = nodes[i], weights[i]
        cubic = z * z * z
        value = _bent(z, s, k)
        slope_s = (z * z - 1.0) / 6.0 - (2.0 * cubic - 5.0 * z) * s / 18.0
        slope_k = (cubic - 3.0 * z) / 24.0
        power = value
        for order in range(3):
            by_s[order] += (order + 2.0) * weight * power * slope_s
            by_k[order] += (order + 2.0) * weight * power * slope_k
            power *= value
        second += weight * value**2
        third += weight * value**3
        fourth += weight * value**4
    skewness, kurtosis = third / second**1.5, fourth / second**2 - 3.0
    ratio, square = 1.5 * third / second**2.5, 2.0 * fourth / second**3
    return (
        math.sqrt(second),
        skewness,
        kurtosis,
        by_s[1] / second**1.5 - ratio * by_s[0],
        by_k[1] / second**1.5 - ratio * by_k[0],
        by_s[2] / second**2 - square * by_s[0],
        by_k[2] / second**2 - square * by_k[0],
    )


@compiled
def _led_to(
    skewness: float, kurtosis: float, nodes: Floats, weights: Floats, steps: int
) -> tuple[float, float, float]:
    """Parameters, and how far their moments are from those asked for."""
    s, k, distance = 0.0, 0.0, math.inf
    for step in range(1, steps + 1):
        share = step / steps
        for _ in range(50):
            _, now, peak, ss, sk, ks, kk = _moments_and_slopes(s, k, nodes, weights)
            gap, rise = share * skewness - now, share * kurtosis - peak
            distance = abs(gap) + abs(rise)
            determinant = ss * kk - sk * ks
            if distance < 1e-13 or determinant == 0.0 or not math.isfinite(distance):
                break
            s += (gap * kk - rise * sk) / determinant
            k += (rise * ss - gap * ks) / determinant
    return s, k, distance
