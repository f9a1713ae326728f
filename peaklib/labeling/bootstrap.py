"""Sequential bootstrap: draw labels so that overlapping ones come together less often.

A plain bootstrap of overlapping labels draws the same prices many times over. Here every
draw lowers the probability of the labels that overlap it.

Source: López de Prado (2018), Advances in Financial Machine Learning, 4.5.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from peaklib.errors import DataError
from peaklib.evidence.compiled import compiled
from peaklib.labeling.spans import Spans, check_rows, positions

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def sequential_probabilities(spans: Spans, drawn: ArrayLike) -> Floats:
    """Probability of each label to be drawn next, (n,), after the labels `drawn`.

    Proportional to the uniqueness that a label would have among those drawn and itself:
    the mean over its bars of 1 / (1 + number of drawn labels alive at the bar).

    Args:
        drawn: row numbers of the labels drawn so far, in any order, with repeats; may be empty.

    Raises:
        DataError: no labels, or a row number that is none of them.
    """
    _check_some(spans)
    rows = positions(drawn, "drawn")
    check_rows(rows, len(spans))
    alive = np.zeros(spans.n_bars, np.int64)
    for row in rows:
        alive[spans.first[row] : spans.last[row] + 1] += 1
    uniqueness = np.ones(len(spans))
    _renew(spans.first, spans.last, alive, 0, len(spans), uniqueness)
    chances: Floats = uniqueness / uniqueness.sum()
    return chances


def sequential_bootstrap(
    spans: Spans, size: int | None = None, *, seed: int | np.random.Generator
) -> Ints:
    """Draw labels with replacement by `sequential_probabilities`, (size,) row numbers.

    In order of drawing. Each draw takes one uniform number and renews only the labels that
    overlap the one drawn: about n + overlapping labels x their bars of work a draw.

    Args:
        size: number of draws; as many as there are labels if None.
        seed: a number, or a generator, which is advanced by `size` uniform numbers.

    Raises:
        DataError: no labels, or a size below 1.
    """
    _check_some(spans)
    generator = generator_of(seed)
    count = len(spans) if size is None else size
    if count < 1:
        raise DataError(f"size is {size}; draw at least one label")
    uniform = generator.random(count)
    # What overlaps a label lies between the first row whose exits so far reach its first bar
    # and the last row that begins by its last bar.
    low = np.searchsorted(np.maximum.accumulate(spans.last), spans.first)
    high = np.searchsorted(spans.first, spans.last, side="right")
    return _draw(spans.first, spans.last, low, high, np.zeros(spans.n_bars, np.int64), uniform)


def generator_of(seed: int | np.random.Generator) -> np.random.Generator:
    """The generator itself, or a new one of a number.

    Raises:
        DataError: anything else, None included: it would draw differently every time.
    """
    if not isinstance(seed, int | np.integer | np.random.Generator):
        raise DataError(f"seed is {seed!r}; give a number or a generator, to repeat the draws")
    return np.random.default_rng(seed)


@compiled
def _renew(first: Ints, last: Ints, alive: Ints, low: int, high: int, uniqueness: Floats) -> None:
    """Set the uniqueness of rows low … high - 1, from scratch so that no error piles up."""
    for row in range(low, high):
        total = 0.0
        for t in range(first[row], last[row] + 1):
            total += 1.0 / (1 + alive[t])
        uniqueness[row] = total / (last[row] - first[row] + 1)


@compiled
def _draw(first: Ints, last: Ints, low: Ints, high: Ints, alive: Ints, uniform: Floats) -> Ints:
    """Draw by the inverse of the distribution function; rows low … high - 1 overlap each row."""
    n = first.size
    uniqueness = np.ones(n)
    out = np.empty(uniform.size, np.int64)
    for k in range(uniform.size):
        total = 0.0
        for row in range(n):
            total += uniqueness[row]
        row, passed = 0, uniqueness[0]
        while row < n - 1 and passed <= uniform[k] * total:
            row += 1
            passed += uniqueness[row]
        out[k] = row
        for t in range(first[row], last[row] + 1):
            alive[t] += 1
        _renew(first, last, alive, low[row], high[row], uniqueness)
    return out


def _check_some(spans: Spans) -> None:
    if not len(spans):
        raise DataError("there are no labels to draw from; widen the events or the data")
