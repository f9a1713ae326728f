"""How many independent trials a sweep is worth: neighbours in a grid make the same trades.

Several answers, since the question has several meanings. What the deflated Sharpe ratio needs
is the number of independent trials whose best is expected to look as good by luck: that is
`count`, simulated from the correlations. Clusters show which trials are one idea; counting
them is too lenient for a correction (10 groups of 30 trials with correlation 0.9 are as lucky
as 34 independent trials, not 10; a grid of moving averages falls into 2 clusters and is as
lucky as 7).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import log_ndtr

from peaklib import metrics
from peaklib.errors import DataError
from peaklib.robustness.search.max_sharpe import checked_matrix
from peaklib.robustness.sharpe.deflation import expected_maximum_sharpe

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Draws made at once: bounds the memory, and is part of what the seed means.
_CHUNK: Final = 500
# Correlations are rounded, so that no cluster hangs on the last bit of a sum.
_DIGITS: Final = 12


@dataclass(frozen=True)
class Clusters:
    """Trials grouped by the correlation of their returns.

    Args:
        labels: (n_trials,) cluster of each trial, numbered by first member; −1: never moves.
        count: number of clusters.
        correlation: the tree was cut where two clusters correlate less than this on average.
        silhouette: mean silhouette, −1 … 1, high when clusters are dense and apart; NaN for
            a single cluster.
    """

    labels: Ints
    count: int
    correlation: float
    silhouette: float


@dataclass(frozen=True)
class EffectiveTrials:
    """How many independent trials a sample of trials amounts to, by several definitions.

    Args:
        count: independent trials whose best Sharpe ratio has the same expectation under the
            null; use it with a variance of Sharpe ratios of 1 / years, not with the spread of
            the trials, which correlation has narrowed already.
        count_95: independent trials whose best has the same 95 % quantile; never far below
            `count`, often two or three times as many.
        participation: squared sum of the eigenvalues of the correlation over the sum of squares.
        square_roots: squared sum of the roots of the eigenvalues over their sum.
        clusters: the trials grouped.
        n_sampled: trials that were given, those that never move included.
        growth: exponent by which `count` grows with the number of trials in the sample, 0 when
            half of it gives the same, 1 when half of it gives half.
    """

    count: float
    count_95: float
    participation: float
    square_roots: float
    clusters: Clusters
    n_sampled: int
    growth: float

    def scaled_to(self, n_trials: int) -> float:
        """`count` for all trials when the given ones are a random sample of them.

        Follows the power law between half of the sample and all of it: the count of a few
        tight groups stays, that of independent trials grows in proportion. Between, it is
        rather too high, as growth slows down when a grid gets denser.

        Raises:
            DataError: fewer trials than the sample has.
        """
        if n_trials < self.n_sampled:
            raise DataError(f"{n_trials} trials in all, but the sample has {self.n_sampled}")
        return float(self.count * (n_trials / self.n_sampled) ** self.growth)


def effective_trials(
    returns: ArrayLike, *, correlation: float = 0.5, draws: int = 10_000, seed: int = 0
) -> EffectiveTrials:
    """Effective number of independent trials in a sample of trials.

    Under the null, Sharpe ratios of trials over the same bars are normal with the correlation
    of their returns. `draws` such vectors give the distribution of the largest, which is
    compared with that of independent trials. Time and memory grow with the square of the
    number of trials: give a random sample of a thousand or so.

    Args:
        returns: (n_bars, n_trials) simple returns per bar.
        correlation: at which clusters are cut, see `cluster_trials`.
        draws: simulated vectors, rounded up to an even number; 10,000 give the count within
            about 5 %.
        seed: of the draws, and of the halves for `growth`.

    Raises:
        DataError: a wrong shape, a value that is not finite, no trial that ever moves, or no
            draws.

    Source: eigenvalue counts as in Bretherton et al. (1999), J. of Climate 12(7), and Galwey
    (2009), Genetic Epidemiology 33(7), who corrects multiple tests with the square roots.
    """
    if draws < 1:
        raise DataError(f"draws = {draws}; simulate at least one vector")
    matrix = checked_matrix(returns)
    moving = _moving(matrix)
    between = _correlations(matrix[:, moving])
    values, vectors = np.linalg.eigh(between)
    values = np.clip(values, 0.0, None)
    random = np.random.default_rng(seed)
    half = random.permutation(moving.size) < moving.size // 2
    # The symmetric root is unique, while the signs of eigenvectors differ between machines.
    root = (vectors * np.sqrt(values)) @ vectors.T
    maxima, halves = _maxima(root, half, draws, random)
    count = equivalent_trials(float(maxima.mean()))
    tail = float(np.quantile(maxima, 0.95))
    growth = 0.0
    if moving.size > 1:
        growth = float(np.log2(count / equivalent_trials(float(halves.mean()))))
    return EffectiveTrials(
        count,
        max(1.0, float(np.log(0.95) / log_ndtr(tail))),
        float(values.sum() ** 2 / np.sum(values**2)),
        float(np.sqrt(values).sum() ** 2 / values.sum()),
        _clusters(between, moving, matrix.shape[1], correlation),
        matrix.shape[1],
        min(max(growth, 0.0), 1.0),
    )


def equivalent_trials(expected_maximum: float) -> float:
    """Number of independent trials with this expected maximum, the inverse of its formula.

    Args:
        expected_maximum: in standard deviations of a trial's Sharpe ratio; below 0 counts as 0.

    Returns:
        1 or more, such that `expected_maximum_sharpe(count, 1.0)` is the maximum given.
    """
    low, high = 0.0, 1.0
    while expected_maximum_sharpe(float(np.exp(high)), 1.0) < expected_maximum:
        low, high = high, 2.0 * high
    for _ in range(80):
        middle = 0.5 * (low + high)
        if expected_maximum_sharpe(float(np.exp(middle)), 1.0) < expected_maximum:
            low = middle
        else:
            high = middle
    return float(np.exp(low))


def cluster_trials(returns: ArrayLike, *, correlation: float = 0.5) -> Clusters:
    """Group trials whose returns go together.

    Average linkage over the distances √((1 − r) / 2) of correlations r; the tree is cut at the
    distance of `correlation`. Trials that never move form no cluster.

    Args:
        returns: (n_bars, n_trials) simple returns per bar.
        correlation: above −1 and below 1; the higher, the more clusters.

    Raises:
        DataError: see `effective_trials`, or a correlation out of range.

    Source: distance and the idea of counting clusters: López de Prado and Lewis (2019),
    Quantitative Finance 19(9). They choose the number by the best silhouette, which cannot
    be 1 and finds 95 clusters in 200 independent trials; a stated cut has neither fault.
    """
    matrix = checked_matrix(returns)
    moving = _moving(matrix)
    return _clusters(_correlations(matrix[:, moving]), moving, matrix.shape[1], correlation)


@dataclass(frozen=True)
class ClusterSharpes:
    """Sharpe ratio of each cluster as one portfolio.

    Args:
        sharpes: (n_clusters,) annualised.
        sizes: (n_clusters,) trials in each.
        variance: of `sharpes`, ddof=1; 0 for a single cluster.
    """

    sharpes: Floats
    sizes: Ints
    variance: float


def cluster_sharpes(
    returns: ArrayLike,
    labels: ArrayLike,
    *,
    periods_per_year: float,
    weights: Literal["equal", "inverse_variance"] = "inverse_variance",
) -> ClusterSharpes:
    """Annual Sharpe ratio of every cluster's combined returns.

    Args:
        returns: (n_bars, n_trials) simple returns per bar.
        labels: (n_trials,) cluster of each trial, 0 … n_clusters − 1; −1 is left out.
        periods_per_year: bars in a year.
        weights: of the trials within their cluster.

    Raises:
        DataError: labels that do not fit the returns, no cluster, or other weights.

    Source: López de Prado and Lewis (2019), Quantitative Finance 19(9).
    """
    matrix, groups = checked_matrix(returns), np.asarray(labels, dtype=np.int64)
    if groups.shape != (matrix.shape[1],) or not np.any(groups >= 0):
        raise DataError(
            f"labels: {groups.size} with {np.sum(groups >= 0)} in a cluster for "
            f"{matrix.shape[1]} trials; give one to each, as cluster_trials does"
        )
    if weights not in ("equal", "inverse_variance"):
        raise DataError(f"weights is {weights!r}; choose equal or inverse_variance")
    count = int(groups.max()) + 1
    sizes = np.bincount(groups[groups >= 0], minlength=count)
    sharpes = np.empty(count)
    for label in range(count):
        members = matrix[:, groups == label]
        shares = np.ones(members.shape[1])
        if weights == "inverse_variance":
            shares = 1.0 / members.var(axis=0, ddof=1)
        together = members @ (shares / shares.sum())
        sharpes[label] = metrics.sharpe(together, periods_per_year=periods_per_year)
    variance = float(sharpes.var(ddof=1)) if count > 1 else 0.0
    return ClusterSharpes(sharpes, sizes, variance)


def _moving(matrix: Floats) -> Ints:
    """Positions of the trials whose returns are not all the same."""
    moving = np.flatnonzero(
        [metrics.volatility(column, periods_per_year=1.0) > 0.0 for column in matrix.T]
    )
    if not moving.size:
        raise DataError("no trial ever moves, all returns are constant; there is nothing to count")
    return moving


def _correlations(moving: Floats) -> Floats:
    between = np.atleast_2d(np.corrcoef(moving, rowvar=False))
    return np.clip(np.round(between, _DIGITS), -1.0, 1.0)


def _maxima(
    root: Floats, half: NDArray[np.bool_], draws: int, random: np.random.Generator
) -> tuple[Floats, Floats]:
    """Largest of the simulated Sharpe ratios in each draw; the same in either half, pooled."""
    maxima: list[Floats] = []
    halves: list[Floats] = []
    for z in _draws(root, -(-draws // 2), random):
        # A vector and its mirror image: identical trials then have a maximum of exactly 0.
        for sign in (z, -z):
            maxima.append(sign.max(axis=1))
            halves += [sign[:, part].max(axis=1) for part in (half, ~half) if part.any()]
    return np.concatenate(maxima), np.concatenate(halves)


def _draws(root: Floats, draws: int, random: np.random.Generator) -> Iterator[Floats]:
    for start in range(0, draws, _CHUNK):
        rows = min(_CHUNK, draws - start)
        yield random.standard_normal((rows, len(root))) @ root


def _clusters(between: Floats, moving: Ints, n_trials: int, correlation: float) -> Clusters:
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    if not -1.0 < correlation < 1.0:
        raise DataError(f"correlation = {correlation!r}; give a number above −1 and below 1")
    labels = np.full(n_trials, -1, dtype=np.int64)
    if moving.size == 1:
        labels[moving] = 0
        return Clusters(labels, 1, correlation, float("nan"))
    distances = np.sqrt((1.0 - between) / 2.0)
    np.fill_diagonal(distances, 0.0)
    tree = linkage(squareform(distances, checks=False), "average")
    raw = fcluster(tree, np.sqrt((1.0 - correlation) / 2.0), "distance")
    _, first, groups = np.unique(raw, return_index=True, return_inverse=True)
    groups = np.argsort(np.argsort(first))[groups]
    labels[moving] = groups
    return Clusters(labels, first.size, correlation, _silhouette(distances, groups))


def _silhouette(distances: Floats, groups: Ints) -> float:
    """Mean over trials of (other − own) / larger of them; 0 for a cluster of one.

    Source: Rousseeuw (1987), J. of Computational and Applied Mathematics 20.
    """
    count = int(groups.max()) + 1
    if count == 1:
        return float("nan")
    member = np.eye(count)[groups]
    sizes = member.sum(axis=0)
    rows = np.arange(groups.size)
    sums = distances @ member
    own = sums[rows, groups] / np.maximum(sizes[groups] - 1.0, 1.0)
    means = sums / sizes
    means[rows, groups] = np.inf
    other = means.min(axis=1)
    larger = np.maximum(own, other)
    alone = (sizes[groups] == 1) | (larger == 0.0)
    return float(np.where(alone, 0.0, (other - own) / np.where(alone, 1.0, larger)).mean())
