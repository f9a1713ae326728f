"""Simulated paths of returns: how many, and what they compound to."""

import math

import numpy as np
from numpy.typing import NDArray

from peaklib.risk.measures.inputs import checked_count
from peaklib.risk.measures.order_statistics import QuantileMethod, empirical_tail

Floats = NDArray[np.float64]


def checked_paths(paths: int, tail: float) -> int:
    """The number of paths, if ten or more of them end in the tail.

    Raises:
        DataError: fewer, or no whole number.
    """
    return checked_count("paths", paths, math.ceil(round(10.0 / tail, 9)))


def compounded_paths(steps: Floats) -> Floats:
    """(paths,) returns over whole paths, from the (paths, bars) returns of their bars.

    A model may draw a return below −100 %; an account loses all it has and no more.
    """
    total: Floats = np.prod(np.maximum(1.0 + steps, 0.0), axis=1) - 1.0
    return total


def simulated_tail(
    steps: Floats, tail: float, method: QuantileMethod = "linear"
) -> tuple[float, float]:
    """VaR and expected shortfall over whole paths, as losses.

    Args:
        steps: (paths, bars) returns.
        tail: its probability.
        method: of the quantile, one of NumPy's.
    """
    low, mean = empirical_tail(compounded_paths(steps), tail, method)
    return -low, -mean
