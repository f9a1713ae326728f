"""Purged splits: no training label shares a bar with the test, and nothing else is lost."""

from collections.abc import Callable
from math import comb

import numpy as np
import pytest
from hypothesis import given, strategies as st
from numpy.testing import assert_array_equal

from peaklib.errors import DataError
from peaklib.labeling.spans import Spans
from peaklib.labeling.splits import CombinatorialPurgedCV, PurgedKFold, Splitter, WalkForward

# Six labels: the second outlives the fourth.
HAND = Spans([0, 1, 2, 3, 6, 8], [0, 4, 2, 3, 7, 9], 10)


def fixed_length(n: int, beyond: int) -> Spans:
    """One label a bar, each living `beyond` bars after its first."""
    return Spans(np.arange(n), np.arange(n) + beyond, n + beyond)


def rows(n: int) -> np.ndarray:
    return np.zeros((n, 1))


def as_lists(splitter: Splitter, n: int) -> list[tuple[list[int], list[int]]]:
    return [(train.tolist(), test.tolist()) for train, test in splitter.split(rows(n))]


def test_purged_k_fold_worked_by_hand() -> None:
    assert as_lists(PurgedKFold(3, spans=HAND), 6) == [
        # Bars 0 to 4 are tested, by the long second label: labels 2 and 3 are purged.
        ([4, 5], [0, 1]),
        # Bars 2 and 3: the second label is alive there.
        ([0, 4, 5], [2, 3]),
        # Bars 6 to 9.
        ([0, 1, 2, 3], [4, 5]),
    ]


def test_embargo_counts_bars_after_the_last_exit_of_the_test() -> None:
    # The first fold exits at bar 4; labels 4 and 5 begin 2 and 4 bars later.
    trained = {
        embargo: as_lists(PurgedKFold(3, spans=HAND, embargo=embargo), 6)[0][0]
        for embargo in (1, 2, 3)
    }
    assert trained == {1: [4, 5], 2: [5], 3: [5]}


def test_one_bar_in_common_is_an_overlap() -> None:
    spans = Spans([0, 2, 4], [2, 4, 4], 5)
    with pytest.raises(DataError, match=r"split 2 of 3 has no training label .* fewer test folds"):
        as_lists(PurgedKFold(3, spans=spans), 3)
    assert as_lists(PurgedKFold(3, spans=Spans([0, 2, 4], [1, 3, 4], 5)), 3)[1] == ([0, 2], [1])


def test_combinatorial_splits_worked_by_hand() -> None:
    # Folds of four labels; a label overlaps the next one and no other.
    spans = fixed_length(12, 1)
    cv = CombinatorialPurgedCV(3, 2, spans=spans)
    early, middle, late = [0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]
    assert [fold.tolist() for fold in cv.folds()] == [early, middle, late]
    assert as_lists(cv, 12) == [
        ([9, 10, 11], early + middle),
        ([5, 6], early + late),  # purged on both sides
        ([0, 1, 2], middle + late),
    ]
    assert cv.paths().tolist() == [[0, 0, 1], [1, 2, 2]]
    # The embargo counts only after a test block.
    embargoed = CombinatorialPurgedCV(3, 2, spans=spans, embargo=1)
    assert [train for train, _ in as_lists(embargoed, 12)] == [[10, 11], [6], [0, 1, 2]]


def test_walk_forward_worked_by_hand() -> None:
    splits = as_lists(WalkForward(2, spans=HAND, min_train=3), 6)
    # Bar 3 is the first one tested: the second label still lives. Then bar 8.
    assert splits == [([0, 2], [3, 4]), ([0, 1, 2, 3, 4], [5])]
    assert as_lists(WalkForward(2, spans=HAND, min_train=3, embargo=1), 6) == [
        ([0], [3, 4]),  # label 2 exits at bar 2, none is allowed in bars 2 and later
        ([0, 1, 2, 3], [5]),
    ]
    assert as_lists(WalkForward(2, spans=HAND, min_train=3, max_train=1), 6) == [
        ([2], [3, 4]),
        ([4], [5]),
    ]


@st.composite
def any_spans(draw: st.DrawFn) -> Spans:
    n = draw(st.integers(8, 40))
    first = np.sort(draw(st.lists(st.integers(0, 60), min_size=n, max_size=n)))
    lives = np.array(draw(st.lists(st.integers(0, 8), min_size=n, max_size=n)))
    return Spans(first, first + lives, 69)


def bars_of(spans: Spans, chosen: np.ndarray) -> set[int]:
    return {b for row in chosen for b in range(spans.first[row], spans.last[row] + 1)}


def splits_or_none(splitter: Splitter, n: int) -> list[tuple[np.ndarray, np.ndarray]] | None:
    """Labels drawn at random may leave nothing to train on, which is an error of its own."""
    try:
        return list(splitter.split(rows(n)))
    except DataError:
        return None


MAKERS: list[Callable[[Spans, int], Splitter]] = [
    lambda spans, embargo: PurgedKFold(4, spans=spans, embargo=embargo),
    lambda spans, embargo: CombinatorialPurgedCV(4, 2, spans=spans, embargo=embargo),
    lambda spans, embargo: WalkForward(3, spans=spans, embargo=embargo),
]


@pytest.mark.parametrize("make", MAKERS, ids=["k_fold", "combinatorial", "walk_forward"])
@given(spans=any_spans(), embargo=st.integers(0, 3))
def test_no_training_label_shares_a_bar_with_any_test_label(
    make: Callable[[Spans, int], Splitter], spans: Spans, embargo: int
) -> None:
    for train, test in splits_or_none(make(spans, embargo), len(spans)) or []:
        assert not bars_of(spans, train) & bars_of(spans, test)
        assert (np.diff(train) > 0).all()
        assert (np.diff(test) > 0).all()


@pytest.mark.slow
@given(spans=any_spans(), embargo=st.integers(0, 3))
def test_k_fold_purges_what_the_definition_says_and_no_more(spans: Spans, embargo: int) -> None:
    for train, test in (
        splits_or_none(PurgedKFold(4, spans=spans, embargo=embargo), len(spans)) or []
    ):
        held = bars_of(spans, test)
        barred = set(range(min(held), max(held) + 1))
        late = set(range(max(held) + 1, max(held) + 1 + embargo))
        expected = [
            row
            for row in range(len(spans))
            if not bars_of(spans, np.array([row])) & barred and spans.first[row] not in late
        ]
        assert train.tolist() == expected


@given(st.integers(8, 60), st.integers(2, 8))
def test_k_fold_tests_every_label_once_in_the_folds_of_scikit_learn(n: int, k: int) -> None:
    from sklearn.model_selection import KFold

    ours = PurgedKFold(k, spans=fixed_length(n, 0)).split(rows(n))
    for (train, test), (train_sk, test_sk) in zip(ours, KFold(k).split(rows(n)), strict=True):
        assert_array_equal(test, test_sk)
        assert_array_equal(train, train_sk)


@pytest.mark.parametrize(("n_folds", "n_test"), [(6, 2), (5, 1), (5, 3), (4, 3)])
def test_combinatorial_paths_take_each_fold_once_from_a_split_that_tests_it(
    n_folds: int, n_test: int
) -> None:
    cv = CombinatorialPurgedCV(n_folds, n_test, spans=fixed_length(61, 1))
    splits, folds, paths = list(cv.split(rows(61))), cv.folds(), cv.paths()
    assert len(splits) == cv.get_n_splits() == comb(n_folds, n_test)
    assert paths.shape == (cv.n_paths, n_folds)
    assert cv.n_paths == comb(n_folds - 1, n_test - 1)
    tested = np.bincount(np.concatenate([test for _, test in splits]), minlength=61)
    assert (tested == cv.n_paths).all()
    for fold in range(n_folds):
        assert all(np.isin(folds[fold], splits[k][1]).all() for k in paths[:, fold])
    # A split supplies each of its test folds once.
    assert_array_equal(np.bincount(paths.ravel()), np.full(len(splits), n_test))


def test_combinatorial_paths_match_lopez_de_prado_2018() -> None:
    """Golden: figure 12.1 and 12.2, six groups two of which are tested: 15 splits, 5 paths."""
    cv = CombinatorialPurgedCV(6, 2, spans=fixed_length(60, 0))
    assert (cv.get_n_splits(), cv.n_paths) == (15, 5)
    # The figure's first path is S1, S1, S2, S3, S4, S5; splits are counted from 0 here.
    assert cv.paths()[0].tolist() == [0, 0, 1, 2, 3, 4]


@pytest.mark.slow  # skfolio takes four seconds to import
@pytest.mark.parametrize("beyond", [0, 1, 3])
@pytest.mark.parametrize("embargo", [0, 2])
@pytest.mark.parametrize(("n_folds", "n_test"), [(6, 2), (4, 3)])
def test_combinatorial_splits_equal_those_of_skfolio(
    beyond: int, embargo: int, n_folds: int, n_test: int
) -> None:
    from skfolio.model_selection import CombinatorialPurgedCV as Peer

    ours = CombinatorialPurgedCV(n_folds, n_test, spans=fixed_length(60, beyond), embargo=embargo)
    peer = Peer(n_folds, n_test, purged_size=beyond, embargo_size=embargo)
    pairs = zip(ours.split(rows(60)), peer.split(rows(60)), strict=True)
    for (train, test), (train_peer, tests_peer) in pairs:
        assert_array_equal(train, train_peer)
        assert_array_equal(test, np.sort(np.concatenate(tests_peer)))
    assert_array_equal(ours.paths(), peer.recombined_paths.T)


@given(st.integers(12, 60), st.integers(2, 6), st.integers(0, 1), st.none() | st.integers(1, 9))
def test_walk_forward_equals_time_series_split_with_a_gap(
    n: int, n_splits: int, embargo: int, longest: int | None
) -> None:
    from sklearn.model_selection import TimeSeriesSplit

    ours = WalkForward(n_splits, spans=fixed_length(n, 0), embargo=embargo, max_train=longest)
    theirs = TimeSeriesSplit(n_splits, gap=embargo, max_train_size=longest)
    pairs = zip(ours.split(rows(n)), theirs.split(rows(n)), strict=True)
    for (train, test), (train_sk, test_sk) in pairs:
        assert_array_equal(train, train_sk)
        assert_array_equal(test, test_sk)


@pytest.mark.slow  # skfolio takes four seconds to import
@pytest.mark.parametrize("beyond", [0, 4])
@pytest.mark.parametrize("expanding", [True, False])
def test_walk_forward_equals_that_of_skfolio(beyond: int, expanding: bool) -> None:
    from skfolio.model_selection import WalkForward as Peer

    longest = None if expanding else 20 - beyond
    ours = WalkForward(4, spans=fixed_length(60, beyond), min_train=20, max_train=longest)
    peer = Peer(10, 20 - beyond, expand_train=expanding, purged_size=beyond)
    pairs = zip(ours.split(rows(60)), peer.split(rows(60)), strict=True)
    for (train, test), (train_peer, test_peer) in pairs:
        assert_array_equal(train, train_peer)
        assert_array_equal(test, test_peer)


@given(spans=any_spans(), embargo=st.integers(0, 3))
def test_walk_forward_trains_on_all_labels_that_were_over(spans: Spans, embargo: int) -> None:
    n = len(spans)
    splits = splits_or_none(WalkForward(3, spans=spans, min_train=5, embargo=embargo), n) or []
    for train, test in splits:
        start = spans.first[test].min()
        over = [row for row in range(n) if spans.last[row] + embargo < start]
        assert train.tolist() == over
    if splits:
        assert_array_equal(np.concatenate([test for _, test in splits]), np.arange(5, n))


@pytest.mark.parametrize("make", MAKERS, ids=["k_fold", "combinatorial", "walk_forward"])
def test_scikit_learn_takes_the_splitter(make: Callable[[Spans, int], Splitter]) -> None:
    from sklearn.base import clone
    from sklearn.dummy import DummyClassifier
    from sklearn.model_selection import GridSearchCV, check_cv, cross_val_score

    cv = make(fixed_length(40, 2), 1)
    X, y = np.arange(80.0).reshape(40, 2), np.arange(40) % 2
    assert check_cv(cv) is cv
    scores = cross_val_score(DummyClassifier(), X, y, cv=cv)
    assert scores.shape == (cv.get_n_splits(X, y),)
    search = GridSearchCV(DummyClassifier(), {"strategy": ["prior", "stratified"]}, cv=cv)
    found = clone(search).fit(X, y)
    assert found.n_splits_ == cv.get_n_splits()


def test_rows_may_be_any_array_or_sequence_of_the_right_length() -> None:
    cv = PurgedKFold(2, spans=fixed_length(4, 0))
    assert as_lists(cv, 4) == [(t.tolist(), s.tolist()) for t, s in cv.split([[1], [2], [3], [4]])]
    for wrong, found in ((rows(5), 5), ([1, 2, 3], 3), (None, 0)):
        with pytest.raises(DataError, match=f"X has {found} rows .* for 4 labels"):
            next(cv.split(wrong))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda s: PurgedKFold(1, spans=s), "n_splits is 1; .* 2 to 6"),
        (lambda s: PurgedKFold(7, spans=s), "n_splits is 7; .* 2 to 6"),
        (lambda s: PurgedKFold(2.5, spans=s), "n_splits is 2.5"),
        (lambda s: PurgedKFold(2, spans=s, embargo=-1), "embargo is -1; .* 0 or more"),
        (lambda s: PurgedKFold(2, spans=s[[]]), "too few of them"),
        (lambda s: CombinatorialPurgedCV(3, 3, spans=s), "n_test_folds is 3; .* 1 to 2"),
        (lambda s: CombinatorialPurgedCV(8, 2, spans=s), "n_folds is 8"),
        (lambda s: WalkForward(6, spans=s), "n_splits is 6; .* 1 to 5"),
        (lambda s: WalkForward(2, spans=s, min_train=5), "min_train is 5; .* 1 to 4"),
        (lambda s: WalkForward(2, spans=s, max_train=0), "max_train is 0; .* 1 or more"),
    ],
)
def test_numbers_out_of_range_are_refused(make: Callable[[Spans], object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        make(HAND)


def test_a_splitter_prints_its_settings_without_its_labels() -> None:
    text = "PurgedKFold(n_splits=3, spans=Spans(6 labels over 10 bars), embargo=2)"
    assert repr(PurgedKFold(3, spans=HAND, embargo=2)) == text
