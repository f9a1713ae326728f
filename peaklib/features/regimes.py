"""The Hamilton filter: in which regime a series is, from what is known so far."""

import numpy as np
from numpy.typing import NDArray

from peaklib.evidence.compiled import compiled

Floats = NDArray[np.float64]


@compiled
def hamilton_filter(
    values: Floats, means: Floats, variances: Floats, transition: Floats, initial: Floats
) -> Floats:
    """Probability of each regime after each value, given the values up to it, (n, k).

    Within a regime the values are normal and independent. Filtered, not smoothed: no row
    knows later ones. Likelihoods are taken relative to the largest, so that an outlier does
    not make all of them 0.

    Args:
        values: (n,) finite.
        means, variances: (k,) of each regime; variances above 0.
        transition: (k, k), [i, j] the probability to go from regime j to regime i.
        initial: (k,) probabilities before the first value's transition.

    Source: Hamilton (1989), Econometrica 57(2).
    """
    k = means.size
    out = np.empty((values.size, k))
    now, score = initial.copy(), np.empty(k)
    for t in range(values.size):
        for i in range(k):
            before = 0.0
            for j in range(k):
                before += transition[i, j] * now[j]
            away = values[t] - means[i]
            score[i] = -0.5 * (np.log(variances[i]) + away * away / variances[i])
            score[i] += np.log(before) if before > 0.0 else -np.inf
        now[:] = np.exp(score - score.max())
        now /= now.sum()
        out[t] = now
    return out
