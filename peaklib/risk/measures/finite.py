"""Where an array holds something that is no finite number."""

import numpy as np
from numpy.typing import NDArray


def first_not_finite(values: NDArray[np.float64]) -> tuple[int, ...] | None:
    """Place of the first NaN or infinity, row by row; None if every number is finite.

    Args:
        values: of any shape but that of a single number.

    >>> first_not_finite(np.array([[1.0, 2.0], [np.nan, np.inf]]))
    (1, 0)
    """
    bad = np.argwhere(~np.isfinite(values))
    return tuple(bad[0].tolist()) if bad.size else None
