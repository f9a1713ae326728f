"""Standard score by mean and deviation of the training rows."""

import math

import numpy as np

from peaklib.features.feature import Floats, State, feature


def _learn(close: Floats) -> State:
    """Mean and deviation, each summed exactly, so that no order of additions changes them."""
    mean = math.fsum(close) / close.size
    deviation = math.sqrt(math.fsum((close - mean) ** 2) / close.size)
    alike = deviation <= 1e-12 * abs(mean)
    return {"mean": mean, "deviation": 0.0 if alike else deviation}


@feature("standard_scale", version="1", warm_up=lambda state: 0, learn=_learn)
def standard_scale(close: Floats, *, state: State) -> Floats:
    """Distance from the mean of the training rows, in their standard deviations.

    Mean and deviation (ddof=0) are learned in `fit` and held from then on. 0 everywhere if
    the training rows are all alike: a deviation within 1e-12 of the mean's size. Any column
    or feature may stand for `close`.

    Source: the convention of scikit-learn's `StandardScaler`.
    """
    if state["deviation"] == 0.0:
        return np.zeros(close.size)
    scaled: Floats = (close - state["mean"]) / state["deviation"]
    return scaled
