"""Feature importance: worked by hand, against scikit-learn, and on planted features."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import (
    BaggingClassifier,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from threadpoolctl import threadpool_limits

from peaklib.errors import DataError
from peaklib.labeling.importance import (
    mean_decrease_accuracy,
    mean_decrease_impurity,
    single_feature_importance,
)
from peaklib.labeling.spans import Spans
from peaklib.labeling.splits import PurgedKFold

pytestmark = pytest.mark.slow

N = 240


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Matrices this small cost more in waiting threads than in arithmetic."""
    with threadpool_limits(1):
        yield


def planted(seed: int = 5) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """One strong feature, one weak, two of noise; classes 0 and 1."""
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(rng.normal(size=(N, 4)), columns=["noise", "strong", "weak", "more_noise"])
    edge = 2.0 * X["strong"] + 0.7 * X["weak"] + rng.logistic(size=N)
    return X, (edge > 0).to_numpy().astype(np.int64)


def folds(n: int = N) -> PurgedKFold:
    return PurgedKFold(4, spans=Spans(np.arange(n), np.minimum(np.arange(n) + 2, n - 1), n))


def forest(**settings: object) -> RandomForestClassifier:
    return RandomForestClassifier(20, max_depth=3, random_state=0, **settings)


class FirstColumn(ClassifierMixin, BaseEstimator):
    """Says that the class is the first column; learns nothing."""

    def fit(self, X: pd.DataFrame, y: object, sample_weight: object = None) -> "FirstColumn":
        self.classes_ = np.unique(y)
        return self

    def predict(self, X: pd.DataFrame) -> NDArray[np.int64]:
        return X.iloc[:, 0].to_numpy().astype(np.int64)

    def predict_proba(self, X: pd.DataFrame) -> NDArray[np.float64]:
        right = np.where(self.predict(X) == 1, 0.8, 0.2)
        return np.column_stack([1 - right, right])


# --- mean decrease of impurity ------------------------------------------------------------------


def test_impurity_of_two_trees_worked_by_hand() -> None:
    # 8 rows, half of each class: Gini 1/2. A split on `a` leaves 3 to 1 and 1 to 3, of Gini
    # 3/8 each: a fall by 1/8. In both leaves `b` tells the rest: a fall by 3/8.
    a = np.repeat([0, 1], 4)
    y = np.array([0, 0, 0, 1, 0, 1, 1, 1])
    b = y ^ a
    deep = DecisionTreeClassifier(max_depth=2, random_state=0).fit(np.column_stack([a, b]), y)
    # One split, and the columns in the other order, as a bagging may show them.
    stump = DecisionTreeClassifier(max_depth=1).fit(np.column_stack([np.zeros(8), a]), y)
    trees = BaggingClassifier(n_estimators=2).fit(np.column_stack([a, b]), y)
    trees.estimators_ = [deep, stump]
    trees.estimators_features_ = [np.array([0, 1]), np.array([1, 0])]
    found = mean_decrease_impurity(trees, ["a", "b"])
    # Shares 1/4 and 3/4 in the first tree, 1 and 0 in the second.
    assert_allclose(found["mean"], [5 / 8, 3 / 8], rtol=1e-12)
    # ddof=1 of two values: their difference over the square root of two.
    assert_allclose(found["std"], [0.75 / np.sqrt(2)] * 2, rtol=1e-12)
    assert found.index.name == "feature"


@pytest.mark.parametrize("model", [forest(), forest(max_features=1), ExtraTreesClassifier(15)])
def test_impurity_shares_equal_those_of_scikit_learn_and_sum_to_one(model: object) -> None:
    X, y = planted()
    fitted = model.fit(X, y)
    found = mean_decrease_impurity(fitted, list(X))
    assert_allclose(found["mean"], fitted.feature_importances_, rtol=1e-12)
    assert found["mean"].sum() == pytest.approx(1.0, rel=1e-12)
    shares = np.array([tree.feature_importances_ for tree in fitted.estimators_])
    assert_allclose(found["std"], pd.DataFrame(shares).std().to_numpy(), rtol=1e-9)
    assert found["mean"].idxmax() == "strong"


def test_two_copies_of_a_feature_share_its_impurity() -> None:
    X, y = planted()
    model = RandomForestClassifier(60, max_depth=3, max_features=None, random_state=0)
    alone = mean_decrease_impurity(model.fit(X, y), list(X))["mean"]
    X = X.assign(copy=X["strong"])
    both = mean_decrease_impurity(model.fit(X, y), list(X))["mean"]
    assert both["strong"] + both["copy"] == pytest.approx(alone["strong"], abs=0.05)
    # Chance breaks the ties, tree by tree.
    assert both[["strong", "copy"]].max() < 0.65 * alone["strong"]


def test_trees_without_a_split_are_left_out_and_one_tree_has_no_deviation() -> None:
    X, y = planted()
    fitted = RandomForestClassifier(3, random_state=0).fit(X, y)
    stump = DecisionTreeClassifier(max_depth=1, max_leaf_nodes=2).fit(X * 0, y)
    fitted.estimators_ = [fitted.estimators_[0], stump]
    found = mean_decrease_impurity(fitted, list(X))
    assert found["mean"].sum() == pytest.approx(1.0)
    assert found["std"].isna().all()
    fitted.estimators_ = [stump]
    with pytest.raises(DataError, match="no split of 1 trees"):
        mean_decrease_impurity(fitted, list(X))


def test_impurity_of_what_is_no_fitted_forest_is_refused() -> None:
    X, y = planted()
    for model in (
        forest(),
        GradientBoostingClassifier(n_estimators=2).fit(X, y),
        LogisticRegression(),
    ):
        with pytest.raises(DataError, match="is no fitted forest of trees"):
            mean_decrease_impurity(model, list(X))
    with pytest.raises(DataError, match="2 names are given for a forest fitted on 4"):
        mean_decrease_impurity(forest().fit(X, y), ["a", "b"])


# --- mean decrease of accuracy ------------------------------------------------------------------


def by_hand(rng: np.random.Generator, y: NDArray[np.int64], score: object) -> list[float]:
    """Importance of the first column in each fold, for a model that reads it out."""
    out = []
    for fold in np.array_split(np.arange(y.size), 4):
        held = y[fold]
        out.append(score(held, held[rng.permutation(held.size)]))
    return out


def test_accuracy_lost_by_shuffling_worked_by_hand() -> None:
    y = np.arange(40) % 2
    X = pd.DataFrame({"class": y, "unused": np.arange(40)})
    found = mean_decrease_accuracy(FirstColumn(), X, y, folds(40), seed=9, scoring="accuracy")
    # Right everywhere before: what is lost is all of 1 - s', so the share is 1.
    assert found.loc["class"].to_list() == [1.0, 0.0]
    assert found.loc["unused"].to_list() == [0.0, 0.0]


def test_log_loss_lost_by_shuffling_worked_by_hand() -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 40)
    X = pd.DataFrame({"class": y, "unused": rng.normal(size=40)})

    def share(before: NDArray[np.int64], after: NDArray[np.int64]) -> float:
        wrong = np.mean(before != after)
        loss = -np.log(0.8) * (1 - wrong) - np.log(0.2) * wrong
        return float((loss - -np.log(0.8)) / loss)

    found = mean_decrease_accuracy(FirstColumn(), X, y, folds(40), seed=9)
    expected = by_hand(np.random.default_rng(9), y, share)
    assert found.loc["class", "mean"] == pytest.approx(np.mean(expected), rel=1e-12)
    assert found.loc["class", "std"] == pytest.approx(np.std(expected, ddof=1), rel=1e-12)


def test_a_feature_that_misleads_has_an_importance_below_zero_and_not_below_minus_one() -> None:
    rng = np.random.default_rng(2)
    y = rng.integers(0, 2, 40)
    X = pd.DataFrame({"opposite": 1 - y})

    def share(before: NDArray[np.int64], after: NDArray[np.int64]) -> float:
        # Wrong everywhere before, so that what is gained is the new accuracy, of 1 possible.
        return float(-np.mean(before == 1 - after))

    for seed in (1, 2):
        found = mean_decrease_accuracy(FirstColumn(), X, y, folds(40), seed=seed, scoring="f1")
        assert -1.0 <= found.loc["opposite", "mean"] < 0.0
    found = mean_decrease_accuracy(FirstColumn(), X, y, folds(40), seed=3, scoring="accuracy")
    expected = by_hand(np.random.default_rng(3), y, share)
    assert found.loc["opposite", "mean"] == pytest.approx(np.mean(expected), rel=1e-12)


def test_repeats_average_the_shuffled_score() -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 40)
    X = pd.DataFrame({"opposite": 1 - y})
    found = mean_decrease_accuracy(
        FirstColumn(), X, y, folds(40), seed=9, scoring="accuracy", repeats=3
    )
    draws, expected = np.random.default_rng(9), []
    for fold in np.array_split(np.arange(40), 4):
        held = y[fold]
        orders = [draws.permutation(held.size) for _ in range(3)]
        expected.append(-np.mean([np.mean(held == 1 - held[order]) for order in orders]))
    assert found.loc["opposite", "mean"] == pytest.approx(np.mean(expected), rel=1e-12)


@pytest.mark.parametrize("scoring", ["neg_log_loss", "accuracy", "f1"])
def test_the_planted_feature_ranks_first_and_noise_near_zero(scoring: str) -> None:
    X, y = planted()
    model = LogisticRegression()
    found = mean_decrease_accuracy(model, X, y, folds(), seed=1, scoring=scoring, repeats=2)
    alone = single_feature_importance(model, X, y, folds(), scoring=scoring)
    for frame in (found, alone):
        assert frame["mean"].idxmax() == "strong"
        assert list(frame.index) == list(X)
    assert found["mean"]["strong"] > 0.25
    assert found["mean"][["noise", "more_noise"]].abs().max() < 0.05
    assert not hasattr(model, "coef_")  # clones were fitted


def test_importance_equals_the_permutation_importance_of_scikit_learn_on_average() -> None:
    from sklearn.inspection import permutation_importance

    X, y = planted()
    train, test = next(KFold(2).split(X))
    fitted = LogisticRegression().fit(X.iloc[train], y[train])
    peer = permutation_importance(
        fitted, X.iloc[test], y[test], scoring="accuracy", n_repeats=60, random_state=0
    ).importances_mean
    score = fitted.score(X.iloc[test], y[test])

    class OneFold:
        def split(self, X: object, y: object = None, groups: object = None) -> object:
            return iter([(train, test)])

    found = mean_decrease_accuracy(
        LogisticRegression(), X, y, OneFold(), seed=1, scoring="accuracy", repeats=60
    )
    # Theirs is the plain difference of scores.
    share = peer / (1 - np.minimum(score, score - peer))
    assert_allclose(found["mean"], share, atol=0.03)
    assert found["std"].isna().all()


def test_shuffles_repeat_with_the_seed_and_do_not_depend_on_the_order_of_columns() -> None:
    X, y = planted()
    model = LogisticRegression()
    once = mean_decrease_accuracy(model, X, y, folds(), seed=1)
    pd.testing.assert_frame_equal(mean_decrease_accuracy(model, X, y, folds(), seed=1), once)
    turned = mean_decrease_accuracy(model, X[X.columns[::-1]], y, folds(), seed=1)
    pd.testing.assert_frame_equal(turned.loc[once.index], once, rtol=1e-5)
    other = mean_decrease_accuracy(model, X, y, folds(), seed=np.random.default_rng(2))
    assert (other["mean"] != once["mean"]).any()


def test_rows_of_weight_zero_count_neither_in_the_fit_nor_in_the_score() -> None:
    X, y = planted()
    weight = np.ones(N)
    weight[::3] = 0.0
    spoiled = np.where(weight == 0.0, 1 - y, y)
    model = LogisticRegression()
    for call in (
        lambda labels: mean_decrease_accuracy(
            model, X, labels, folds(), seed=1, sample_weight=weight
        ),
        lambda labels: single_feature_importance(model, X, labels, folds(), sample_weight=weight),
    ):
        pd.testing.assert_frame_equal(call(spoiled), call(y), rtol=1e-6)


def test_a_pipeline_hands_the_weights_to_its_last_step() -> None:
    X, y = planted()
    weight = np.random.default_rng(0).uniform(0.1, 2.0, N)
    piped = make_pipeline(StandardScaler(), LogisticRegression())
    plain = make_pipeline(LogisticRegression())
    scores = [
        single_feature_importance(m, X, y, folds(), sample_weight=weight)["mean"]
        for m in (piped, plain)
    ]
    # Scaling one feature changes no more than the penalty does.
    assert_allclose(scores[0], scores[1], atol=0.01)


def test_missing_values_are_left_to_the_model() -> None:
    X, y = planted()
    X.loc[::5, "weak"] = np.nan
    found = mean_decrease_accuracy(forest(), X, y, folds(), seed=1)
    assert found["mean"].idxmax() == "strong"
    assert found.notna().all(axis=None)


# --- single features ----------------------------------------------------------------------------


@pytest.mark.parametrize("scoring", ["neg_log_loss", "accuracy", "f1"])
def test_single_features_score_as_in_cross_val_score(scoring: str) -> None:
    X, y = planted()
    model = LogisticRegression()
    found = single_feature_importance(model, X, y, folds(), scoring=scoring)
    for name in X:
        scores = cross_val_score(model, X[[name]], y, cv=folds(), scoring=scoring)
        assert found.loc[name, "mean"] == pytest.approx(scores.mean(), rel=1e-12)
        assert found.loc[name, "std"] == pytest.approx(scores.std(ddof=1), rel=1e-9)


def test_copies_look_useless_when_shuffled_one_at_a_time_and_equal_when_alone() -> None:
    X, y = planted()
    X = X.assign(copy=X["strong"])
    alone = single_feature_importance(LogisticRegression(), X, y, folds())["mean"]
    assert alone["copy"] == alone["strong"]
    shuffled = mean_decrease_accuracy(LogisticRegression(), X, y, folds(), seed=1)["mean"]
    single = mean_decrease_accuracy(
        LogisticRegression(), X.drop(columns="copy"), y, folds(), seed=1
    )["mean"]
    assert shuffled["strong"] < 0.6 * single["strong"]


def test_a_test_fold_with_one_class_is_scored_with_the_columns_of_all_classes() -> None:
    y = np.array([0, 1, 0, 1, 1, 1])
    X = pd.DataFrame({"class": y})
    cv = PurgedKFold(3, spans=Spans(np.arange(6), np.arange(6), 6))
    found = single_feature_importance(FirstColumn(), X, y, cv)
    assert_allclose(found.loc["class"], [np.log(0.8), 0.0], atol=1e-15)


# --- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y": np.zeros(3)}, r"y has shape \(3,\) for 240 rows"),
        ({"X": pd.DataFrame(np.zeros((N, 2)), columns=["a", "a"])}, "each its own name"),
        ({"X": pd.DataFrame(index=range(N))}, "give at least one"),
        ({"scoring": "roc_auc"}, "'roc_auc'; it is one of neg_log_loss, accuracy, f1"),
        ({"scoring": "f1", "y": np.arange(N) % 3}, "f1 is the score of class 1"),
        ({"scoring": "f1", "y": np.where(np.arange(N) % 2, 2, 3)}, "f1 is the score of class 1"),
        ({"sample_weight": [1.0]}, r"sample_weight has shape \(1,\)"),
        ({"sample_weight": np.full(N, -1.0)}, r"row 0 is -1\.0"),
        ({"sample_weight": np.full(N, np.nan)}, "row 0 is nan"),
        ({"y": np.arange(N) // 60}, "class 0 is tested in a fold whose training rows"),
    ],
)
def test_what_cannot_be_scored_is_refused(change: dict[str, object], message: str) -> None:
    X, y = planted()
    task = {"model": LogisticRegression(), "X": X, "y": y, "cv": folds()} | change
    with pytest.raises(DataError, match=message):
        mean_decrease_accuracy(**task, seed=1)
    with pytest.raises(DataError, match=message):
        single_feature_importance(**task)


def test_shuffles_need_a_seed_and_at_least_one_repeat() -> None:
    X, y = planted()
    with pytest.raises(DataError, match="seed is None"):
        mean_decrease_accuracy(LogisticRegression(), X, y, folds(), seed=None)
    with pytest.raises(DataError, match="repeats is 0"):
        mean_decrease_accuracy(LogisticRegression(), X, y, folds(), seed=1, repeats=0)
