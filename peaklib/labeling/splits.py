"""Cross-validation that does not leak through overlapping labels.

scikit-learn splitters: give one as `cv=` wherever scikit-learn takes it. Rows are labels in
order of their first bar, as in the `spans` given at construction. Two labels overlap if
they have a bar in common. A training label is *purged* if it overlaps the life of a test
block, from its first bar to the last exit of any label in it, and the *embargo* drops as
well what begins within that many bars after the exit: features look back, and so a label
that begins right after the test still sees its bars.

Source of all: López de Prado (2018), Advances in Financial Machine Learning, ch. 7 and 12.
"""

from collections.abc import Iterator, Sequence, Sized
from dataclasses import KW_ONLY, dataclass
from itertools import combinations
from math import comb
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from peaklib.errors import DataError
from peaklib.labeling.spans import Spans

Ints = NDArray[np.int64]
Split = tuple[Ints, Ints]


class Splitter(Protocol):
    """What scikit-learn asks of a splitter: (training rows, test rows), one pair a split."""

    def split(self, X: object, y: object = None, groups: object = None) -> Iterator[Split]:
        """Row numbers of each split."""
        ...


@dataclass(frozen=True, eq=False)
class PurgedKFold:
    """K test folds in order of time, each trained on all labels clear of it, before and after.

    Folds are of equal size up to one label, as of scikit-learn's `KFold` without shuffling.

    Args:
        n_splits: number of folds, 2 to the number of labels.
        spans: the life of each row.
        embargo: bars after the last exit of a test fold in which no training label begins.

    Raises:
        DataError: numbers out of range.

    Source: López de Prado (2018), 7.4.
    """

    n_splits: int = 5
    _: KW_ONLY
    spans: Spans
    embargo: int = 0

    def __post_init__(self) -> None:
        _check_count("n_splits", self.n_splits, 2, len(self.spans))
        _check_count("embargo", self.embargo, 0)

    def get_n_splits(self, X: object = None, y: object = None, groups: object = None) -> int:
        """Number of splits; the arguments are there for scikit-learn and not looked at."""
        return self.n_splits

    def split(self, X: object, y: object = None, groups: object = None) -> Iterator[Split]:
        """Training and test rows of each fold, both increasing.

        Raises:
            DataError: X has not one row a label, or nothing is left to train on.
        """
        _check_rows(X, self.spans)
        for k, test in enumerate(_folds(0, len(self.spans), self.n_splits)):
            yield _filled(_clear_of([test], self.spans, self.embargo), k, self.n_splits), test


@dataclass(frozen=True, eq=False)
class CombinatorialPurgedCV:
    """Every choice of test folds out of `n_folds`, purged around each contiguous test block.

    Each fold is tested in C(n_folds - 1, n_test_folds - 1) splits by as many models, which
    makes that number of backtest paths over all labels: `paths` says which split supplies
    which fold. For labels that all live h + 1 bars, one beginning at each bar, splits equal
    skfolio's with `purged_size=h, embargo_size=embargo`, with two differences: skfolio
    yields the test rows fold by fold in a list, and it gives all remaining labels to the
    last fold where the folds do not come out even.

    Args:
        n_folds: number of folds, 2 to the number of labels.
        n_test_folds: folds in each test set, 1 to n_folds - 1.
        spans: the life of each row.
        embargo: bars after the last exit of a test block in which no training label begins.

    Raises:
        DataError: numbers out of range.

    Source: López de Prado (2018), 12.4.
    """

    n_folds: int = 6
    n_test_folds: int = 2
    _: KW_ONLY
    spans: Spans
    embargo: int = 0

    def __post_init__(self) -> None:
        _check_count("n_folds", self.n_folds, 2, len(self.spans))
        _check_count("n_test_folds", self.n_test_folds, 1, self.n_folds - 1)
        _check_count("embargo", self.embargo, 0)

    @property
    def n_paths(self) -> int:
        """Number of backtest paths, which is also how often each label is tested."""
        return comb(self.n_folds - 1, self.n_test_folds - 1)

    def get_n_splits(self, X: object = None, y: object = None, groups: object = None) -> int:
        """Number of splits; the arguments are there for scikit-learn and not looked at."""
        return comb(self.n_folds, self.n_test_folds)

    def folds(self) -> list[Ints]:
        """The rows of each fold, in order of time."""
        return _folds(0, len(self.spans), self.n_folds)

    def paths(self) -> Ints:
        """Number of the split that supplies each fold of each path, (n_paths, n_folds).

        Path p takes a fold from the p-th split that tests it.
        """
        chosen = list(self._choices())
        supply = [[k for k, folds in enumerate(chosen) if f in folds] for f in range(self.n_folds)]
        return np.array(supply, dtype=np.int64).T

    def split(self, X: object, y: object = None, groups: object = None) -> Iterator[Split]:
        """Training and test rows of each choice of folds, both increasing.

        Raises:
            DataError: X has not one row a label, or nothing is left to train on.
        """
        _check_rows(X, self.spans)
        folds, total = self.folds(), self.get_n_splits()
        for k, chosen in enumerate(self._choices()):
            blocks = [folds[f] for f in chosen]
            train = _clear_of(blocks, self.spans, self.embargo)
            yield _filled(train, k, total), np.concatenate(blocks)

    def _choices(self) -> Iterator[tuple[int, ...]]:
        return combinations(range(self.n_folds), self.n_test_folds)


@dataclass(frozen=True, eq=False)
class WalkForward:
    """Test folds in order of time, each trained on labels that were over before it began.

    The first `min_train` labels are never tested, the others are cut into `n_splits` folds of
    equal size up to one label. A training label exits before the first bar of the test, and more
    than `embargo` bars before it. For labels that all live h + 1 bars, one beginning at each
    bar, this is scikit-learn's `TimeSeriesSplit` with `gap=h + embargo`.

    Args:
        n_splits: number of test folds, at least 1.
        spans: the life of each row.
        min_train: labels before the first test fold, counted before those that still live are
            dropped; as many as make it one fold long, and what does not come out even, if None.
        max_train: the newest so many training labels are kept; all (expanding) if None.
        embargo: bars between the last exit of the training labels and the test.

    Raises:
        DataError: numbers out of range.

    Source: López de Prado (2018), 12.2.
    """

    n_splits: int = 5
    _: KW_ONLY
    spans: Spans
    min_train: int | None = None
    max_train: int | None = None
    embargo: int = 0

    def __post_init__(self) -> None:
        n = len(self.spans)
        _check_count("n_splits", self.n_splits, 1, n - 1)
        _check_count("embargo", self.embargo, 0)
        if self.min_train is not None:
            _check_count("min_train", self.min_train, 1, n - self.n_splits)
        if self.max_train is not None:
            _check_count("max_train", self.max_train, 1)

    def get_n_splits(self, X: object = None, y: object = None, groups: object = None) -> int:
        """Number of splits; the arguments are there for scikit-learn and not looked at."""
        return self.n_splits

    def split(self, X: object, y: object = None, groups: object = None) -> Iterator[Split]:
        """Training and test rows of each fold, both increasing.

        Raises:
            DataError: X has not one row a label, or nothing is left to train on.
        """
        _check_rows(X, self.spans)
        n, first, last = len(self.spans), self.spans.first, self.spans.last
        start = self.min_train
        if start is None:
            start = n - self.n_splits * (n // (self.n_splits + 1))
        for k, test in enumerate(_folds(start, n, self.n_splits)):
            train = np.flatnonzero(last < first[test[0]] - self.embargo)
            if self.max_train is not None:
                train = train[-self.max_train :]
            yield _filled(train, k, self.n_splits), test


def _folds(start: int, stop: int, count: int) -> list[Ints]:
    return np.array_split(np.arange(start, stop, dtype=np.int64), count)


def _clear_of(blocks: Sequence[Ints], spans: Spans, embargo: int) -> Ints:
    """Rows whose life is clear of each block of consecutive rows, and of its embargo."""
    clear = np.ones(len(spans), dtype=np.bool_)
    for block in blocks:
        begin, end = spans.first[block[0]], spans.last[block].max()
        clear &= (spans.last < begin) | (spans.first > end + embargo)
    return np.flatnonzero(clear)


def _filled(train: Ints, number: int, total: int) -> Ints:
    if not train.size:
        raise DataError(
            f"split {number + 1} of {total} has no training label that is clear of its test; "
            "take fewer test folds, a smaller embargo, shorter labels or more data"
        )
    return train


def _check_rows(X: object, spans: Spans) -> None:
    shape = getattr(X, "shape", None)
    rows = shape[0] if shape else len(X) if isinstance(X, Sized) else 0
    if rows != len(spans):
        raise DataError(
            f"X has {rows} rows and the splitter was made for {len(spans)} labels; give one row a "
            "label, and spans[mask] where rows were dropped"
        )


def _check_count(name: str, value: object, low: int, high: int | None = None) -> None:
    whole = int(value) if isinstance(value, int | np.integer) else low - 1
    if whole < low or (high is not None and whole > high):
        allowed = f"{low} or more" if high is None else f"{low} to {high}"
        if high is not None and high < low:
            allowed = "but none fits: there are too few of them"
        raise DataError(f"{name} is {value!r}; for these labels it is a whole number, {allowed}")
