"""Which bars a resample is made of: runs of neighbouring bars, and how long they should be.

Dependence between bars survives inside a run. A resample of `size` bars is a row of runs
(start, length) on a circle, the last one cut. Stationary: lengths are geometric with mean
`block_length` (Politis and Romano 1994, JASA 89). Circular: all lengths are the same, the
block length rounded (Politis and Romano 1992, in Exploring the Limits of Bootstrap).

One uniform number u makes a run: the whole part of n·u is its start, and what is left over,
which is uniform again and independent of the start, gives the length.
"""

from operator import index
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from peaklib.errors import DataError
from peaklib.evidence.compiled import compiled

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Places = NDArray[np.int32]
Kind = Literal["stationary", "circular"]
Chunk = tuple[int, int, np.random.Generator]

CHUNK: Final = 250
_GUIDE: Final = 4096
_FEWEST: Final = 10


@compiled
def _geometric(part: float, log_stay: float) -> int:
    """Length whose distribution function passes `part`: 1 - stay^length > part."""
    return 1 + int(np.log1p(-part) / log_stay)


@compiled
def _filled_guide(log_stay: float) -> Ints:
    """Length for each of `_GUIDE` equal slices of [0, 1); 0 where a slice holds several."""
    guide = np.zeros(_GUIDE, np.int64)
    for k in range(_GUIDE - 1):
        low = _geometric(k / _GUIDE, log_stay)
        if _geometric(np.nextafter((k + 1) / _GUIDE, 0.0), log_stay) == low:
            guide[k] = low
    return guide


def guide_of(kind: Kind, block_length: float) -> tuple[Ints, float]:
    """What `run_of` looks a length up in: a table, and the log of the chance to go on.

    Args:
        kind: "stationary" or "circular".
        block_length: mean length of a run, in bars, at least 1.

    Raises:
        DataError: another kind, or a length below 1.
    """
    if kind not in get_args(Kind):
        raise DataError(f"kind = {kind!r}; give one of {', '.join(get_args(Kind))}")
    if not (np.isfinite(block_length) and block_length >= 1.0):
        raise DataError(f"block_length = {block_length!r}; give bars, at least 1, or None")
    if kind == "circular":
        return np.full(_GUIDE, round(block_length), np.int64), -np.inf
    if block_length == 1.0:
        return np.ones(_GUIDE, np.int64), -np.inf
    log_stay = float(np.log1p(-1.0 / block_length))
    return _filled_guide(log_stay), log_stay


@compiled
def run_of(uniform: float, n: int, guide: Ints, log_stay: float) -> tuple[int, int]:
    """Start in 0 … n - 1 and length of the run that a number in [0, 1) stands for."""
    place = uniform * n
    start = int(place)
    part = place - start
    length = guide[int(part * _GUIDE)]
    if length == 0:
        length = _geometric(part, log_stay)
    return start, length


@compiled
def draw_runs(
    generator: np.random.Generator,
    n: int,
    size: int,
    guide: Ints,
    log_stay: float,
    starts: Places,
    lengths: Places,
) -> int:
    """Write the runs of one resample of `size` of n bars; returns how many they are.

    Args:
        generator: advanced by one uniform number a run.
        n, size: bars to draw from and bars to draw.
        guide, log_stay: of `guide_of`.
        starts, lengths: (size,) written from the front; a run may pass the last bar, and
            then goes on with the first.
    """
    count, left = 0, size
    while left > 0:
        start, length = run_of(generator.random(), n, guide, log_stay)
        starts[count] = start
        lengths[count] = min(length, left)
        left -= length
        count += 1
    return count


@compiled
def write_indices(starts: Places, lengths: Places, count: int, n: int, out: Ints) -> None:
    """Write the bars of `count` runs on a circle of n bars into `out`, (sum of lengths,)."""
    k = 0
    for j in range(count):
        t = starts[j]
        for _ in range(lengths[j]):
            out[k] = t
            k += 1
            t = t + 1 if t + 1 < n else 0


@compiled
def _indices(
    generator: np.random.Generator, n: int, guide: Ints, log_stay: float, out: Ints
) -> None:
    starts, lengths = np.empty(n, np.int32), np.empty(n, np.int32)
    for k in range(out.shape[0]):
        count = draw_runs(generator, n, n, guide, log_stay, starts, lengths)
        write_indices(starts, lengths, count, n, out[k])


def resample_indices(
    n: int, block_length: float, *, kind: Kind = "stationary", resamples: int, seed: int
) -> Ints:
    """Bars of each resample, (resamples, n), those that all functions of this room draw.

    Args:
        n: bars of the series.
        block_length: mean length of a run, in bars.
        kind: "stationary" or "circular".
        resamples: how many; the first ones do not depend on how many follow.
        seed: of the draws.

    Raises:
        DataError: no bars, no resamples, or what `guide_of` refuses.
    """
    if n < 1:
        raise DataError(f"n = {n}; there are no bars to draw from")
    guide, log_stay = guide_of(kind, block_length)
    out = np.empty((resamples, n), np.int64)
    for start, stop, generator in chunks(resamples, seed):
        _indices(generator, n, guide, log_stay, out[start:stop])
    return out


def chunks(resamples: int, seed: int) -> list[Chunk]:
    """Groups of resamples, each with a generator of its own: (first, after the last, generator).

    They are the same whoever works on them, so results do not depend on the threads.

    Raises:
        DataError: fewer than one resample, or a seed that is no whole number from 0 up.
    """
    if resamples < 1:
        raise DataError(f"resamples = {resamples}; draw at least one")
    try:
        number = index(seed)
    except TypeError:
        number = -1
    if number < 0:
        raise DataError(f"seed = {seed!r}; give a whole number from 0 up, to repeat the draws")
    starts = range(0, resamples, CHUNK)
    seeds = np.random.SeedSequence(number).spawn(len(starts))
    return [
        (start, min(start + CHUNK, resamples), np.random.Generator(np.random.PCG64(own)))
        for start, own in zip(starts, seeds, strict=True)
    ]


def optimal_block_length(series: ArrayLike, kind: Kind = "stationary") -> float:
    """Block length that estimates the variance of the mean best, in bars; may be below 1.

    Conventions of tuning are those of `arch.bootstrap.optimal_block_length` and of `b.star`
    in R's `np`: the cut-off is the first of max(5, log10 n) lags in a row whose
    autocorrelation is within ±2·sqrt(log10(n)/n), and the answer is at most
    ceil(min(3·sqrt(n), n/3)). As in arch, autocovariances use all n bars.

    Args:
        series: (n,) finite numbers, at least 10.
        kind: "stationary" or "circular".

    Returns:
        Bars; 1 for a constant series, of which all resamples are equal.

    Raises:
        DataError: too short, not finite, or another kind.

    Source: Politis and White (2004), Econometric Reviews 23(1); corrected by Patton, Politis
    and White (2009), Econometric Reviews 28(4).
    """
    if kind not in get_args(Kind):
        raise DataError(f"kind = {kind!r}; give one of {', '.join(get_args(Kind))}")
    values = np.asarray(series, dtype=np.float64)
    if values.ndim != 1 or values.size < _FEWEST or not np.isfinite(values).all():
        raise DataError(
            f"block length: needs a series of at least {_FEWEST} finite numbers, found shape "
            f"{values.shape}; give block_length yourself, or fill the gaps"
        )
    if np.ptp(values) == 0.0:
        return 1.0
    n = values.size
    covariances, cutoff = _covariances_and_cutoff(values - values.mean())
    lags = np.arange(1, cutoff + 1)
    window = np.minimum(1.0, 2.0 * (1.0 - lags / cutoff))
    slope = 2.0 * float(np.sum(window * lags * covariances[1 : cutoff + 1]))
    spectrum = float(covariances[0] + 2.0 * np.sum(window * covariances[1 : cutoff + 1]))
    longest = float(np.ceil(min(3.0 * np.sqrt(n), n / 3.0)))
    if spectrum == 0.0:
        return longest
    spread = (2.0 if kind == "stationary" else 4.0 / 3.0) * spectrum**2
    return min(float((2.0 * slope**2 / spread * n) ** (1.0 / 3.0)), longest)


@compiled
def _lagged_products(centred: Floats, longest: int) -> Floats:
    """Sums of x[t]·x[t + lag], (longest + 1,); in a fixed order, unlike those of a BLAS."""
    products = np.zeros(longest + 1)
    for t in range(centred.size):
        for lag in range(min(longest, centred.size - 1 - t) + 1):
            products[lag] += centred[t] * centred[t + lag]
    return products


def _covariances_and_cutoff(centred: Floats) -> tuple[Floats, int]:
    """Autocovariances from lag 0 on, and the lag up to which the lag window reaches."""
    n = centred.size
    quiet = max(5, int(np.log10(n)))
    longest = min(int(np.ceil(np.sqrt(n))) + quiet, n - 2)
    products = _lagged_products(centred, longest)
    # Both ends lose lag + 1 bars in the scale, as arch has it.
    squares = np.concatenate([[0.0], np.cumsum(centred * centred)])
    left_out = np.arange(1, longest + 2)
    scale = np.sqrt((squares[-1] - squares[left_out]) * squares[n - left_out])
    small = np.abs(products) < 2.0 * np.sqrt(np.log10(n) / n) * scale
    in_a_row = np.convolve(small[:longest], np.ones(quiet), "valid")
    first = np.flatnonzero(in_a_row == quiet)
    cutoff = 2 * max(int(first[0]), 1) if first.size else longest
    return products / n, min(cutoff, longest)
