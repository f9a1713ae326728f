"""Fractional difference of the log price, of the smallest order that makes it stationary."""

import math
from typing import Annotated, Any

import numpy as np

from peaklib.errors import DataError
from peaklib.features import fracdiff
from peaklib.features.feature import Floats, State, feature
from peaklib.features.parameters import Param


def _orders(step: float, max_d: float) -> list[float]:
    """0, step, 2 step … and max_d at the end."""
    below = math.ceil(max_d / step - 1e-9)
    return [*(round(k * step, 10) for k in range(below)), max_d]


def _learn(
    close: Floats, *, significance: float, step: float, max_d: float, threshold: float
) -> State:
    orders = _orders(step, max_d)
    widest = max(fracdiff.fractional_weights(d, threshold).size for d in orders)
    needed = widest + fracdiff.LEAST_ROWS + fracdiff.LAGS
    if close.size < needed:
        raise DataError(
            f"stationary_difference learns from {close.size} rows and needs {needed}: the widest "
            f"window has {widest} weights; give more rows or raise threshold = {threshold:g}"
        )
    path = np.log(close)
    p_value = 1.0
    for d in orders:
        found = fracdiff.fractional_difference(path, d, threshold)
        p_value = fracdiff.adf(found[~np.isnan(found)])[1]
        if p_value <= significance:
            return {"d": d, "p_value": p_value, "passed": 1}
    return {"d": max_d, "p_value": p_value, "passed": 0}


def _warm_up(*, threshold: float, state: State, **_: Any) -> int:
    return fracdiff.fractional_weights(state["d"], threshold).size - 1


@feature("stationary_difference", version="1", warm_up=_warm_up, learn=_learn)
def stationary_difference(
    close: Floats,
    *,
    significance: Annotated[
        float, Param(0.001, 0.5, "probability", "largest p-value that counts as stationary")
    ] = 0.05,
    step: Annotated[float, Param(0.01, 1, "order", "distance of the orders that are tried")] = 0.05,
    max_d: Annotated[float, Param(0.1, 2, "order", "the last order that is tried")] = 1.0,
    threshold: Annotated[
        float, Param(1e-6, 0.1, "weight", "the window ends before the first smaller weight")
    ] = 1e-4,
    state: State,
) -> Floats:
    """Fractional difference of the log price, of the smallest order that is stationary.

    Learns the first order among 0, step, 2 step … max_d for which the augmented
    Dickey–Fuller test (with a constant and one lagged difference) rejects a unit root on
    the training rows. If none does, the order is max_d, and `passed` in what was learned
    is 0. In log units, not annualised. The search is over several tests, so the p-value is
    that of the one which passed, not of the search.

    Source: Hosking (1981), Biometrika 68(1); López de Prado (2018), Advances in Financial
    Machine Learning, ch. 5.
    """
    return fracdiff.fractional_difference(np.log(close), state["d"], threshold)
