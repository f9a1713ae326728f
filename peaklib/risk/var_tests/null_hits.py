"""Exceedances of a right VaR: independent days, each with the promised probability."""

import numpy as np
from numpy.typing import NDArray


def independent_hits(n_days: int, tail: float, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw the days with an exceedance by the geometric distances between them.

    Args:
        n_days: length of the series; several series may be drawn as one long one.
        tail: probability of an exceedance, in (0, 1).
        rng: source of the draws.

    Returns:
        (n_hits,), increasing, from 0 to n_days - 1.
    """
    places = np.zeros(0, dtype=np.int64)
    last = -1
    while last < n_days:
        expected = int((n_days - last) * tail) + 1
        more = last + np.cumsum(rng.geometric(tail, size=expected + 6 * int(expected**0.5) + 8))
        places = np.concatenate([places, more])
        last = int(places[-1])
    return places[places < n_days]
