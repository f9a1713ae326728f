"""`FeaturePipeline`: features over rows, as a scikit-learn transformer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import _check_feature_names_in, check_is_fitted, validate_data

from peaklib.data import Dataset
from peaklib.errors import DataError, FeatureError
from peaklib.evidence import Run
from peaklib.evidence.canonical import digest, to_json
from peaklib.features.cache import FeatureCache
from peaklib.features.evaluation import Evaluation, Origin, key_of
from peaklib.features.feature import Feature, State
from peaklib.features.graph import Node, resolve
from peaklib.features.registry import FeatureRegistry
from peaklib.features.rows import Rows, rows_of, rows_of_array
from peaklib.features.spec import FeatureSpec

Given = NDArray[Any] | pd.DataFrame | Dataset

RECORD: Final = "features.json"
"""Name of the list of features among the inputs of a run."""

EXPECTED_FAILED_CHECKS: Final = {
    "check_methods_sample_order_invariance": "rows are read in the order of time",
    "check_methods_subset_invariance": "a row's features stand on the rows before it",
}
"""The checks of scikit-learn that no transformer of time series can pass, and why."""


@dataclass(eq=False)
class Last:
    """Where the columns of the last call came from, by label; for `explain`."""

    origins: Mapping[str, Origin]


class FeaturePipeline(TransformerMixin, BaseEstimator):
    """Features over rows in the order of time, with scikit-learn's conventions.

    What is learned is learned in `fit`, from the rows given there. `transform` knows the rows
    that it is given and no others: to have the features of later rows, give the earlier ones
    as well, or the first of them warm up anew.

    Args:
        specs: the features that are wanted, by spec or by name, or one that was made on the
            spot; they may read each other.
        cache: where columns are kept from call to call; a folder will do. None: nowhere.
        registry: where `fit` describes the features; a folder will do. None: nowhere.

    Attributes:
        nodes_: the features with everything resolved, in the order of the specs.
        states_: what was learned, by label.
        n_features_in_, feature_names_in_: columns seen in `fit`.

    >>> from peaklib.data import load
    >>> pipeline = FeaturePipeline(["rsi", FeatureSpec("rsi", params={"window": 28}, label="slow")])
    >>> list(pipeline.fit_transform(load("sp500")))
    ['rsi', 'slow']
    """

    def __init__(
        self,
        specs: Sequence[FeatureSpec | Feature | str] = (),
        *,
        cache: FeatureCache | Path | str | None = None,
        registry: FeatureRegistry | Path | str | None = None,
    ) -> None:
        self.specs = specs
        self.cache = cache
        self.registry = registry

    def fit(self, X: Given, y: object = None) -> "FeaturePipeline":
        """Learn what the features learn, from these rows.

        Args:
            X: (n, k) numbers: an array, whose columns are called x0, x1, …, a frame or a
                data set. On rows with NaN, the features that read them have no value.
            y: not used.

        Raises:
            FeatureError: the specs cannot be resolved over these columns.
            DataError: the rows cannot be read, or are not enough to learn from.
            ValueError: scikit-learn refuses the rows.
        """
        self._fitted(X)
        return self

    def fit_transform(self, X: Given, y: object = None) -> Any:
        """`fit`, then `transform` of the same rows; nothing is computed twice."""
        return self._out(self._fitted(X))

    def transform(self, X: Given) -> Any:
        """The columns of all features over these rows.

        Returns:
            (n, m) frame for a frame or data set, array for an array; NaN where a feature
            warms up. A frame's columns may only be read, since a cache may share them: change
            a copy of it.

        Raises:
            sklearn.exceptions.NotFittedError: before `fit`.
            ValueError: the columns are not those of `fit`.
            DataError: the rows cannot be read.
        """
        check_is_fitted(self)
        rows = self._read(X, reset=False)
        return self._out(Evaluation(rows, self.states_, self._cache()))

    def explain(self) -> pd.DataFrame:
        """Where the columns of the last call came from: one row a feature, by its label.

        Returns:
            `feature` and its `version`; `result`, which is `hit` or `computed`; and `why`.
        """
        check_is_fitted(self)
        origins = self.last_.origins
        asked = [node for node in self.nodes_ if node.label in origins]
        return pd.DataFrame(
            {
                "feature": [node.feature.name for node in asked],
                "version": [node.feature.version for node in asked],
                "result": [origins[node.label].result for node in asked],
                "why": [origins[node.label].why for node in asked],
            },
            index=pd.Index([node.label for node in asked], name="label"),
        )

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[Any]:
        """Names of the columns that `transform` returns."""
        check_is_fitted(self)
        _check_feature_names_in(self, input_features)
        return np.array([name for node in self.nodes_ for name in node.columns], dtype=object)

    def warm_up_rows(self) -> int:
        """Rows at the start of `transform` on which some column is NaN."""
        check_is_fitted(self)
        return max((node.warm_up(self.states_) for node in self.nodes_), default=0)

    def describe(self) -> list[dict[str, Any]]:
        """The features with all that decides their values, as plain values."""
        check_is_fitted(self)
        return [self._description(node) for node in self.nodes_]

    def entries(self, X: Given) -> list[dict[str, Any]]:
        """`describe`, with what was learned and the digest of the cache's key for these rows."""
        check_is_fitted(self)
        rows = self._read(X, reset=False)
        return [
            {
                **self._description(node),
                "state": node.state_of(self.states_),
                "key": key_of(node, rows, self.states_).digest(),
            }
            for node in self.nodes_
        ]

    def record(self, run: Run, X: Given) -> None:
        """List the features, and their cache keys for these rows, among the inputs of a run."""
        run.save_input(RECORD, to_json(self.entries(X)))

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn should know: NaN are welcome."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def _fitted(self, X: Given) -> Evaluation:
        rows = self._read(X, reset=True)
        nodes = resolve(self.specs, rows.names)
        evaluation = Evaluation(rows, {}, self._cache())
        evaluation.learn(nodes)
        # All at once: a fit that fails leaves the pipeline as it was.
        self.nodes_: tuple[Node, ...] = nodes
        self.states_: dict[str, State] = evaluation.states
        self.last_ = Last(evaluation.origins)
        self._register()
        return evaluation

    def _read(self, X: Given, *, reset: bool) -> Rows:
        if not isinstance(X, Dataset | pd.DataFrame):
            checks: dict[str, Any] = {"dtype": np.float64, "ensure_all_finite": "allow-nan"}
            values = validate_data(self, X, reset=reset, **checks)
            return self._complete(rows_of_array(values, getattr(self, "feature_names_in_", None)))
        frame = X.frame if isinstance(X, Dataset) else X
        if frame.empty:
            raise DataError(f"{len(frame)} rows of {frame.shape[1]} columns: nothing to work on")
        rows = rows_of(X)
        validate_data(self, frame, reset=reset, skip_check_array=True)
        return rows if reset else self._complete(rows)

    def _complete(self, rows: Rows) -> Rows:
        """The rows, if they have all that the fitted features read."""
        read = {
            source.column
            for node in getattr(self, "nodes_", ())
            for source in node.sources
            if source.node is None
        }
        missing = sorted(read - {*rows.names})
        if missing:
            raise DataError(
                f"the rows have no {', '.join(missing)}, which the pipeline was fitted with; give "
                "a frame with the same columns and kind of index"
            )
        return rows

    def _cache(self) -> FeatureCache | None:
        given: Any = self.cache
        if given is None or isinstance(given, FeatureCache):
            return given
        if isinstance(given, Path | str):
            return FeatureCache(given)
        raise FeatureError(
            f"cache = {given!r}; give a folder, a FeatureCache, or None for no cache"
        )

    def _out(self, evaluation: Evaluation) -> Any:
        columns, rows = evaluation.columns(self.nodes_), evaluation.rows
        self.last_.origins = evaluation.origins
        if rows.index is not None:
            return pd.DataFrame(columns, index=rows.index, copy=False)
        return np.column_stack([*columns.values()]) if columns else np.empty((len(rows), 0))

    def _register(self) -> None:
        given = self.registry
        registry = FeatureRegistry(Path(given)) if isinstance(given, Path | str) else given
        if registry is not None:
            for node in self.nodes_:
                entry = self._description(node, labelled=False)
                registry.record(entry, node.feature.name, digest(entry))

    def _description(self, node: Node, *, labelled: bool = True) -> dict[str, Any]:
        """One feature; without its label it is the same in every pipeline."""
        name = node.label if labelled else node.feature.name
        return {
            **({"label": node.label} if labelled else {}),
            "spec": node.identity,
            "digest": node.digest,
            "code": node.code,
            "columns": list(node.feature.columns(name)),
            "warm_up": node.warm_up(self.states_),
        }
