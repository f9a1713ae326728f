"""Weights of positions beside numbers about each of them."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from peaklib.errors import DataError
from peaklib.risk.measures.finite import first_not_finite
from peaklib.risk.measures.inputs import checked_array

Floats = NDArray[np.float64]


def beside_weights(
    weights: ArrayLike, name: str, values: ArrayLike, *, rows: str = ""
) -> tuple[Floats, Floats]:
    """Weights and a matrix with a column for each of them, as arrays of finite numbers.

    Args:
        weights: (n_assets,).
        name: of the matrix, for messages.
        values: (n_assets, n_assets), or any number of rows if `rows` says what they are.
        rows: such as `n_scenarios`.

    Raises:
        DataError: something that is no number or not finite, or shapes that do not fit.
    """
    held, matrix = checked_array("weights", weights), checked_array(name, values)
    if held.ndim != 1 or held.size == 0:
        raise DataError(f"weights: shape {held.shape}; expected one number an asset, (n_assets,)")
    count = held.size
    if matrix.ndim != 2 or matrix.shape[1] != count or not (rows or len(matrix) == count):
        raise DataError(
            f"{name}: shape {matrix.shape}; expected ({rows or count}, {count}) for {count} weights"
        )
    for what, numbers in (("weights", held), (name, matrix)):
        bad = first_not_finite(numbers)
        if bad is not None:
            raise DataError(f"{what}: {numbers[bad]} at {bad}; every number has to be finite")
    return held, matrix
