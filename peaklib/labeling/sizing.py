"""From a classifier's probability to the size of a bet.

Source: López de Prado (2018), Advances in Financial Machine Learning, ch. 10.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from peaklib.errors import DataError
from peaklib.labeling.spans import Spans, prefix_sums

Floats = NDArray[np.float64]

# Quotients of decimals that are halves on paper miss the half by this little in binary.
_DIGITS = 9


def bet_size(
    probability: ArrayLike, side: ArrayLike | None = None, *, n_classes: int = 2
) -> Floats:
    """Signed size of a bet on a predicted class, in [-1, 1], of the shape given.

    With p the probability of that class, z = (p - 1/K) / sqrt(p (1 - p)) tests it against
    the 1/K of knowing nothing, and the size is side x (2 Φ(z) - 1). p = 1 gives 1, p = 0
    gives -1. A p below 1/K gives a bet against the side; see `meta_bet_size`.

    Args:
        probability: of the predicted class, in [0, 1].
        side: -1, 0 or 1 a bet; 1 for all if None.
        n_classes: K, at least 2.

    Raises:
        DataError: a probability that is NaN or outside [0, 1], a side that is none of the
            three, shapes that differ, or fewer than two classes.

    Source: López de Prado (2018), 10.3.
    """
    from scipy.special import erf

    p = np.asarray(probability, dtype=np.float64)
    _check_within(p, "probability", 0.0, 1.0)
    if n_classes < 2:
        raise DataError(f"n_classes is {n_classes}; a choice has at least two classes")
    edge = p - 1.0 / n_classes
    spread = np.sqrt(p * (1.0 - p))
    # Without spread the probability is 0 or 1, and so is the distance in units of it.
    certain = spread == 0.0
    z = np.where(certain, np.copysign(np.inf, edge), edge / np.where(certain, 1.0, spread))
    # 2 Φ(z) - 1 without the cancellation near p = 1/K.
    sizes = np.asarray(erf(z / np.sqrt(2.0)), dtype=np.float64)
    return sizes if side is None else sizes * _sides(side, p.shape)


def meta_bet_size(probability: ArrayLike, side: ArrayLike) -> Floats:
    """Size of a primary model's bet by the probability that it makes money, in [-1, 1].

    side x max(0, bet_size(probability)): a meta-model says whether to take the bet, never to
    take the opposite one, so a probability of 1/2 or less is no bet.

    Args:
        probability: of a profit, in [0, 1].
        side: -1, 0 or 1, the primary model's, of the same shape.

    Raises:
        DataError: as `bet_size`.

    Source: López de Prado (2018), 10.3 with the rule of 3.6 that a meta-label is no side.
    """
    p = np.asarray(probability, dtype=np.float64)
    return np.maximum(bet_size(p), 0.0) * _sides(side, p.shape)


def average_active(sizes: ArrayLike, spans: Spans) -> Floats:
    """Mean size of the bets that are live at each bar, (n_bars,); 0 where none is.

    A bet is live from its first bar to the bar before its last: it is decided at the close
    of `first`, and at the close of `last` it is decided to be over. One that exits at its
    first bar is never live. As a target position this is one bar's information, decided at
    that bar's close.

    Args:
        sizes: (n,) in [-1, 1].

    Raises:
        DataError: another length than the spans, or a size that is NaN or out of range.

    Source: López de Prado (2018), 10.4.
    """
    values = np.asarray(sizes, dtype=np.float64)
    _check_within(values, "sizes", -1.0, 1.0)
    if values.shape != spans.first.shape:
        raise DataError(
            f"sizes have shape {values.shape} for {len(spans)} labels; give one size a label"
        )
    n = spans.n_bars
    begun = np.bincount(spans.first, minlength=n) - np.bincount(spans.last, minlength=n)
    live = np.cumsum(begun)
    change = np.bincount(spans.first, values, n) - np.bincount(spans.last, values, n)
    total, lost = prefix_sums(change.astype(np.float64))
    mean = (total[1:] + lost[1:]) / np.maximum(live, 1)
    # What bets that ended leave behind is rounding, not a position.
    return np.where(live > 0, np.clip(mean, -1.0, 1.0), 0.0)


def discretise(size: ArrayLike, step: float) -> Floats:
    """Sizes rounded to multiples of `step` and clipped to [-1, 1], of the shape given.

    Halves go to the even multiple: with a step of 0.1 both 0.15 and 0.25 become 0.2. A size
    counts as half if it is to 1e-9 steps, since 0.15 / 0.1 is below 1.5 in binary. If 1 is
    no multiple of the step, sizes near 1 may be rounded up to 1.

    Args:
        size: in [-1, 1].
        step: in (0, 1].

    Raises:
        DataError: a size that is NaN or out of range, or such a step.

    Source: López de Prado (2018), 10.5.
    """
    values = np.asarray(size, dtype=np.float64)
    _check_within(values, "size", -1.0, 1.0)
    if not 0.0 < step <= 1.0:
        raise DataError(f"step is {step}; it lies above 0 and at most at 1, like 0.1")
    multiples = np.round(np.round(values / step, _DIGITS))
    # Adding zero turns the -0.0 of a small short bet into 0.0.
    return np.clip(multiples * step, -1.0, 1.0) + 0.0


def _sides(side: ArrayLike, shape: tuple[int, ...]) -> Floats:
    values = np.asarray(side, dtype=np.float64)
    if values.shape != shape:
        raise DataError(f"side has shape {values.shape} and probability {shape}; give one each")
    wrong = np.flatnonzero(~np.isin(values, (-1.0, 0.0, 1.0)))
    if wrong.size:
        raise DataError(
            f"side at position {wrong[0]} is {values.flat[wrong[0]]}; it is -1, 0 or 1: drop bets "
            "without a side"
        )
    return values


def _check_within(values: Floats, name: str, low: float, high: float) -> None:
    wrong = np.flatnonzero(~((values >= low) & (values <= high)))
    if wrong.size:
        raise DataError(
            f"{name} at position {wrong[0]} is {values.flat[wrong[0]]}; it lies in "
            f"[{low:g}, {high:g}]: drop or fill what has no prediction"
        )
