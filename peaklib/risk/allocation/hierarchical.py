"""Hierarchical risk parity: a tree of correlations, cut in halves that share weight by risk.

skfolio has it for a linkage of the distances; here are both linkages on the same split. By
default the weights are skfolio's for the same linkage; it takes 12 s of CPU with 500 assets.
"""

from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from peaklib.errors import DataError
from peaklib.risk.allocation.covariance import correlation_of

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
LinkageOn = Literal["distances", "rows"]
Linkage = Literal["single", "complete", "average", "weighted", "ward"]

Leaves = Literal["tree", "optimal"]

LINKAGES: Final = get_args(Linkage)


def hrp_weights(
    covariance: Floats,
    *,
    linkage: Linkage = "single",
    linkage_on: LinkageOn = "distances",
    leaves: Leaves = "optimal",
    lower: Floats | None = None,
    upper: Floats | None = None,
) -> Floats:
    """Weights of hierarchical risk parity.

    Assets are ordered as the leaves of a tree of their distances sqrt((1 - correlation) / 2).
    The order is halved again and again; at each cut the halves share their weight inversely to
    the variance of their inverse-variance portfolios.

    Args:
        covariance: (n_assets, n_assets) of returns, with positive variances.
        linkage: how the distance of clusters follows from that of their members, as scipy
            names it.
        linkage_on: `distances` links the assets by the distances themselves; `rows`, as the
            paper's program does, by Euclidean distances between the rows of their matrix. The
            weights printed in the paper need `rows` and leaves of the `tree`.
        leaves: `optimal` turns the branches so that neighbours are as close as they can be, as
            skfolio does; `tree` takes them as scipy hangs them, as the paper does.
        lower, upper: (n_assets,) bounds of the weights, 0 and 1 by default; a cut moves the
            least that keeps all of them within reach.

    Returns:
        (n_assets,), not negative, summing to 1. With leaves of the `tree` they depend on the
        order of the assets: a cut falls in the middle of the leaves, and the side on which
        scipy hangs a branch decides what stands there.

    Raises:
        DataError: an unknown linkage, or bounds that weights summing to 1 cannot obey.

    Source: López de Prado (2016), J. of Portfolio Management 42(4).
    """
    n_assets = len(covariance)
    order = leaf_order(covariance, linkage=linkage, linkage_on=linkage_on, leaves=leaves)
    low = np.zeros(n_assets) if lower is None else np.maximum(lower, 0.0)[order]
    high = np.ones(n_assets) if upper is None else np.minimum(upper, 1.0)[order]
    if low.sum() > 1 or high.sum() < 1 or (low > high).any():
        raise DataError(
            f"hrp: bounds sum to {low.sum():g} at least and {high.sum():g} at most, and the "
            "weights to 1; widen them"
        )
    weights = np.empty(n_assets)
    weights[order] = _split(covariance[np.ix_(order, order)], low, high)
    return weights


def leaf_order(
    covariance: Floats,
    *,
    linkage: Linkage = "single",
    linkage_on: LinkageOn = "distances",
    leaves: Leaves = "optimal",
) -> Ints:
    """Assets as the leaves of the tree that `hrp_weights` halves, from left to right.

    Args:
        covariance: (n_assets, n_assets).
        linkage, linkage_on, leaves: as in `hrp_weights`.

    Returns:
        (n_assets,) positions of the assets.

    Raises:
        DataError: an unknown linkage or order.
    """
    from scipy.cluster.hierarchy import leaves_list, linkage as link, optimal_leaf_ordering
    from scipy.spatial.distance import pdist, squareform

    if linkage not in LINKAGES or linkage_on not in get_args(LinkageOn):
        raise DataError(
            f"hrp: linkage = {linkage!r} on {linkage_on!r}; allowed: {', '.join(LINKAGES)}, on "
            f"{' or '.join(get_args(LinkageOn))}"
        )
    if leaves not in get_args(Leaves):
        raise DataError(f"hrp: leaves = {leaves!r}; allowed: {', '.join(get_args(Leaves))}")
    if len(covariance) == 1:
        return np.zeros(1, dtype=np.intp)
    distance = np.sqrt((1.0 - correlation_of(covariance)) / 2.0)
    between = pdist(distance) if linkage_on == "rows" else squareform(distance, checks=False)
    tree = link(between, method=linkage)
    if leaves == "optimal":
        tree = optimal_leaf_ordering(tree, between)
    return np.asarray(leaves_list(tree), dtype=np.intp)


def _split(covariance: Floats, low: Floats, high: Floats) -> Floats:
    """Weights of assets that stand in the order of their leaves."""
    weights = np.ones(len(covariance))
    halves = [(0, len(covariance))]
    while halves:
        start, stop = halves.pop()
        if stop - start < 2:
            continue
        middle = start + (stop - start) // 2
        left, right = slice(start, middle), slice(middle, stop)
        whole = weights[start]
        risk = _variance(covariance[left, left]), _variance(covariance[right, right])
        wanted = whole * risk[1] / (risk[0] + risk[1])
        least = max(low[left].sum(), whole - high[right].sum())
        most = min(high[left].sum(), whole - low[right].sum())
        weights[left] = min(max(wanted, least), most)
        weights[right] = whole - weights[start]
        halves += [(start, middle), (middle, stop)]
    return weights


def _variance(covariance: Floats) -> float:
    """Variance of the inverse-variance portfolio."""
    inverse = 1.0 / np.diag(covariance)
    return float(inverse @ covariance @ inverse / inverse.sum() ** 2)
