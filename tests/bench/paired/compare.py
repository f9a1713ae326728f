"""Are the two sides' results the same numbers?"""

import numpy as np
from numpy.typing import NDArray

from paired.setting import KEYS, METRICS

Floats = NDArray[np.float64]


def differences(ours: Floats, peer: Floats) -> dict[str, float]:
    """Largest absolute difference of each metric; infinite where the pairs are not the same.

    Args:
        ours, peer: (n_pairs, 5) fast, slow and `METRICS`. A metric that is undefined (NaN)
            on both sides is equal; on one side, the difference is infinite.
    """
    if not _same_pairs(ours, peer):
        return dict.fromkeys(METRICS, np.inf)
    gaps = _gaps(ours, peer).max(axis=0)
    return {name: float(gap) for name, gap in zip(METRICS, gaps, strict=True)}


def first_difference(ours: Floats, peer: Floats, tolerance: float) -> str:
    """Where the sides first differ by more than `tolerance`, in words; empty if nowhere."""
    if not _same_pairs(ours, peer):
        return f"the sides evaluated other pairs: {len(ours):,} and {len(peer):,} rows"
    places = np.argwhere(_gaps(ours, peer) > tolerance)
    if not places.size:
        return ""
    row, metric = places[0]
    column = len(KEYS) + metric
    return (
        f"{METRICS[metric]} of the pair {ours[row, 0]:.0f}/{ours[row, 1]:.0f}: peaklib "
        f"{float(ours[row, column])!r}, vectorbt {float(peer[row, column])!r}"
    )


def _same_pairs(ours: Floats, peer: Floats) -> bool:
    n = len(KEYS)
    return ours.shape == peer.shape and np.array_equal(ours[:, :n], peer[:, :n])


def _gaps(ours: Floats, peer: Floats) -> Floats:
    left, right = ours[:, len(KEYS) :], peer[:, len(KEYS) :]
    same = (left == right) | (np.isnan(left) & np.isnan(right))
    with np.errstate(invalid="ignore"):
        gaps = np.abs(left - right)
    return np.where(same, 0.0, np.where(np.isnan(gaps), np.inf, gaps))
