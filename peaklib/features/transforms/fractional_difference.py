"""Fractional difference of the log price, of a given order."""

from typing import Annotated

import numpy as np

from peaklib.features import fracdiff
from peaklib.features.feature import Floats, feature
from peaklib.features.parameters import Param


@feature(
    "fractional_difference",
    version="1",
    warm_up=lambda d, threshold: fracdiff.fractional_weights(d, threshold).size - 1,
)
def fractional_difference(
    close: Floats,
    *,
    d: Annotated[float, Param(0, 2, "order", "0 keeps the log price, 1 is the log return")] = 0.4,
    threshold: Annotated[
        float, Param(1e-6, 0.1, "weight", "the window ends before the first smaller weight")
    ] = 1e-4,
) -> Floats:
    """Fractional difference of the log price, order d, in log units.

    Window of fixed width, so that every value is made in the same way; not annualised. A
    constant price gives its log times the sum of the weights.

    Source: Hosking (1981), Biometrika 68(1); López de Prado (2018), Advances in Financial
    Machine Learning, ch. 5.
    """
    return fracdiff.fractional_difference(np.log(close), d, threshold)
