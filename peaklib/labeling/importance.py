"""Which features a classifier lives on: three views that fail in different ways.

| | judges | in sample | two copies of a feature |
|---|---|---|---|
| `mean_decrease_impurity` | one fitted forest | yes | share the importance |
| `mean_decrease_accuracy` | the model on held-out folds | no | both look useless |
| `single_feature_importance` | each feature alone | no | both look as good as one |

All return a frame indexed by `feature`, in the order of the columns, with `mean` and `std`
(ddof=1, NaN for a single tree or fold).

Source of all: López de Prado (2018), Advances in Financial Machine Learning, ch. 8.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from peaklib.errors import DataError
from peaklib.labeling.bootstrap import generator_of
from peaklib.labeling.splits import Splitter

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Scoring = Literal["neg_log_loss", "accuracy", "f1"]

# The score of a model that is always right, by name of the score.
_PERFECT: Final = {"neg_log_loss": 0.0, "accuracy": 1.0, "f1": 1.0}


def mean_decrease_impurity(forest: Any, names: Sequence[str]) -> pd.DataFrame:
    """Share of the fall in impurity that the splits on each feature brought, over the trees.

    Means sum to 1, and equal a forest's `feature_importances_`. In sample: noise gets a
    share too, 1 / number of features in a forest that learned nothing. A tree whose splits
    brought no fall at all is left out. A feature that a tree did not use counts as 0 there;
    the book counts it as missing, which fits trees that see one feature a split
    (`max_features=1`) and flatters seldom used features in all others.

    Args:
        forest: fitted scikit-learn forest, or bagging of trees.
        names: of the columns that it was fitted on, in order.

    Raises:
        DataError: not a fitted forest, another number of features, or no split that helps.

    Source: López de Prado (2018), 8.3.1, with the difference above.
    """
    trees = getattr(forest, "estimators_", None)
    if not isinstance(trees, list) or not all(hasattr(t, "tree_") for t in trees):
        raise DataError(
            f"{type(forest).__name__} is no fitted forest of trees; fit a random forest, extra "
            "trees or a bagging of trees, or use mean_decrease_accuracy"
        )
    if forest.n_features_in_ != len(names):
        raise DataError(
            f"{len(names)} names are given for a forest fitted on {forest.n_features_in_} features"
        )
    # A bagging may show each tree some of the columns, and in another order.
    shown = getattr(forest, "estimators_features_", [np.arange(len(names))] * len(trees))
    rows = []
    for tree, columns in zip(trees, shown, strict=True):
        row = np.zeros(len(names))
        np.add.at(row, columns, tree.feature_importances_)
        if row.any():
            rows.append(row)
    if not rows:
        raise DataError(
            f"no split of {len(trees)} trees lowers the impurity; give the forest more rows, "
            "deeper trees or other features"
        )
    return _frame(np.array(rows), list(names))


def mean_decrease_accuracy(
    model: Any,
    X: pd.DataFrame,
    y: ArrayLike,
    cv: Splitter,
    *,
    seed: int | np.random.Generator,
    sample_weight: ArrayLike | None = None,
    scoring: Scoring = "neg_log_loss",
    repeats: int = 1,
) -> pd.DataFrame:
    """How much of the held-out score is lost when one feature is shuffled, over the folds.

    A clone of the model is fitted on the training rows of each fold and scored on its test
    rows: s. Then one column of the test rows at a time is permuted and scored again; the mean
    over `repeats` permutations is s'. The importance in the fold is

        (s - s') / (best - min(s, s'))        best: 0 for neg_log_loss, 1 for the others

    1 if shuffling costs all, 0 if it changes nothing, negative (down to -1) if the model is
    better without: a sign of noise. Where shuffling hurts this is the book's number; where it
    helps, the book divides by best - s', which has no lower bound. All columns of a fold are
    permuted alike, so that the order of columns does not matter.

    Args:
        model: scikit-learn classifier or pipeline; give it a `random_state` of its own.
        X: (n, n_features), columns named; NaN only if the model takes it.
        y: (n,) classes. `f1` is that of class 1 and needs two classes.
        cv: a splitter, purged if labels overlap.
        seed: of the permutations; a generator is advanced.
        sample_weight: (n,) of the fit and of the score; all 1 if None.
        repeats: permutations a fold, at least 1.

    Raises:
        DataError: lengths differ, columns without distinct names, an unknown score, a weight
            that is negative or NaN, or a test class that the training rows do not have.

    Source: López de Prado (2018), 8.3.2, snippet 8.3, with the difference above.
    """
    task = _Task.of(X, y, sample_weight, scoring)
    if repeats < 1:
        raise DataError(f"repeats is {repeats}; permute at least once")
    rng, best = generator_of(seed), _PERFECT[scoring]
    rows = []
    for train, test in cv.split(X, task.y):
        fitted = task.fit(model, X, train)
        held_out = X.iloc[test]
        base = task.score(fitted, held_out, test)
        orders = [rng.permutation(test.size) for _ in range(repeats)]
        row = []
        for name in X.columns:
            shuffled = (_with_shuffled(held_out, name, order) for order in orders)
            score = float(np.mean([task.score(fitted, part, test) for part in shuffled]))
            room = best - min(base, score)
            row.append((base - score) / room if room > 0.0 else 0.0)
        rows.append(row)
    return _frame(np.array(rows), list(X.columns))


def single_feature_importance(
    model: Any,
    X: pd.DataFrame,
    y: ArrayLike,
    cv: Splitter,
    *,
    sample_weight: ArrayLike | None = None,
    scoring: Scoring = "neg_log_loss",
) -> pd.DataFrame:
    """Held-out score of the model with each feature alone, over the folds.

    Scores, not shares: compare them with that of a constant forecast (for `neg_log_loss` of
    two balanced classes -0.693). Free of substitution, but blind to features that work only
    together.

    Args:
        model, X, y, cv, sample_weight, scoring: as of `mean_decrease_accuracy`.

    Raises:
        DataError: as `mean_decrease_accuracy`.

    Source: López de Prado (2018), 8.4.1.
    """
    task = _Task.of(X, y, sample_weight, scoring)
    splits = list(cv.split(X, task.y))
    scores = [
        [
            task.score(task.fit(model, X[[name]], train), X[[name]].iloc[test], test)
            for name in X.columns
        ]
        for train, test in splits
    ]
    return _frame(np.array(scores), list(X.columns))


@dataclass(frozen=True, eq=False)
class _Task:
    """What all fits and scores of one call have in common."""

    y: NDArray[Any]
    weight: Floats | None
    scoring: Scoring

    @classmethod
    def of(
        cls, X: pd.DataFrame, y: ArrayLike, sample_weight: ArrayLike | None, scoring: Scoring
    ) -> "_Task":
        classes = np.asarray(y)
        if classes.shape != (len(X),):
            raise DataError(
                f"y has shape {classes.shape} for {len(X)} rows of X; give one class each"
            )
        if not (X.shape[1] and X.columns.is_unique):
            raise DataError(
                f"X has columns {list(X.columns)}; give at least one, each its own name"
            )
        if scoring not in _PERFECT:
            raise DataError(f"scoring is {scoring!r}; it is one of {', '.join(_PERFECT)}")
        if scoring == "f1" and (1 not in classes or np.unique(classes).size > 2):
            raise DataError(
                f"f1 is the score of class 1 against one other, and y has {np.unique(classes)}; "
                "use accuracy or neg_log_loss"
            )
        return cls(classes, _weights(sample_weight, len(X)), scoring)

    def fit(self, model: Any, X: pd.DataFrame, rows: Ints) -> Any:
        """A clone of the model, fitted on these rows."""
        from sklearn.base import clone

        fresh = clone(model)
        if self.weight is None:
            return fresh.fit(X.iloc[rows], self.y[rows])
        # A pipeline hands weights to the step that is named.
        steps = getattr(fresh, "steps", None)
        key = "sample_weight" if steps is None else f"{steps[-1][0]}__sample_weight"
        return fresh.fit(X.iloc[rows], self.y[rows], **{key: self.weight[rows]})

    def score(self, fitted: Any, X: pd.DataFrame, rows: Ints) -> float:
        """Score of these rows of X, which are the rows `rows` of y."""
        from sklearn.metrics import accuracy_score, f1_score, log_loss

        y = self.y[rows]
        weight = None if self.weight is None else self.weight[rows]
        if self.scoring == "accuracy":
            return float(accuracy_score(y, fitted.predict(X), sample_weight=weight))
        if self.scoring == "f1":
            return float(f1_score(y, fitted.predict(X), sample_weight=weight, zero_division=0.0))
        unknown = np.setdiff1d(y, fitted.classes_)
        if unknown.size:
            raise DataError(
                f"class {unknown[0]} is tested in a fold whose training rows do not have it, so "
                "its log loss is infinite; take fewer folds or drop the class"
            )
        # A test fold may lack a class: without `labels` its columns would be read wrongly.
        probabilities = fitted.predict_proba(X)
        labels = fitted.classes_
        return -float(log_loss(y, probabilities, sample_weight=weight, labels=labels))


def _weights(sample_weight: ArrayLike | None, n: int) -> Floats | None:
    if sample_weight is None:
        return None
    weights = np.asarray(sample_weight, dtype=np.float64)
    if weights.shape != (n,):
        raise DataError(f"sample_weight has shape {weights.shape} for {n} rows; give one a row")
    wrong = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0.0)))
    if wrong.size:
        raise DataError(
            f"sample_weight at row {wrong[0]} is {weights[wrong[0]]}; weights are finite and not "
            "negative"
        )
    return weights


def _with_shuffled(X: pd.DataFrame, name: Any, order: Ints) -> pd.DataFrame:
    shuffled = X.copy()
    shuffled[name] = X[name].array[order]
    return shuffled


def _frame(values: Floats, names: list[str]) -> pd.DataFrame:
    """Mean and deviation over the rows of (n_trees or n_folds, n_features)."""
    std = values.std(axis=0, ddof=1) if len(values) > 1 else np.full(len(names), np.nan)
    index = pd.Index(names, name="feature")
    return pd.DataFrame({"mean": values.mean(axis=0), "std": std}, index=index)
