"""Walk-forward meta-labeling: fit on bets that are over, size the bets that come."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peaklib.errors import DataError
from peaklib.evidence import Run, to_json
from peaklib.features import (
    Bars,
    FeatureCache,
    FeaturePipeline,
    FeatureRegistry,
    FeatureSpec,
    get,
)
from peaklib.features.pipeline import RECORD
from peaklib.labeling import average_active, discretise, meta_bet_size
from peaklib.meta.examples import Examples, examples_of
from peaklib.meta.inputs import UNSEEN, feature_specs
from peaklib.meta.models import make_model
from peaklib.meta.settings import Model, Settings

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SIDE: Final = "side"
# Of each outcome; with fewer there is nothing to fit, and no bet is taken.
_FEWEST: Final = 10


@dataclass(frozen=True, eq=False)
class Used:
    """A fitted pipeline of features, and the rows that it was fitted on and computed over.

    Args:
        pipeline: fitted.
        fitted_rows: the first so many rows were fitted on; 0 for features that learn nothing.
        rows: all rows.
    """

    pipeline: FeaturePipeline
    fitted_rows: int
    rows: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Study:
    """What a model thought of each bet of a primary strategy, out of sample.

    Args:
        examples: the bets.
        features: (n, k) what the model saw of each bet, by the model that sized it.
        probability: (n,) that the bet makes money, by a model fitted on bets that were over
            before; NaN where there was none.
        step: sizes are multiples of it.
        used: the features behind it: pure ones, and those that learn once a refit.
    """

    examples: Examples
    features: pd.DataFrame
    probability: Floats
    step: float
    used: tuple[Used, ...]

    @cached_property
    def size(self) -> Floats:
        """(n,) signed size of each bet; 0 where no model had an opinion."""
        sized = np.nan_to_num(self.probability, nan=0.5)
        return meta_bet_size(sized, self.examples.side)

    @property
    def target(self) -> Floats:
        """(n_bars,) target position: the mean size of the live bets with an opinion, in steps."""
        chosen = np.isfinite(self.probability)
        mean = average_active(self.size[chosen], self.examples.live[chosen])
        return discretise(mean[:-1], self.step)

    def table(self) -> pd.DataFrame:
        """One row a bet, by the time it is decided; what is not known yet is missing.

        Columns: `bar`, `side`, `exit_bar`, `made_money`, `probability`, `size`, and those of
        the labels but `label`.
        """
        examples = self.examples
        bets = pd.DataFrame(
            {
                "bar": examples.bar,
                "side": examples.side,
                "exit_bar": examples.exit_bar,
                "made_money": examples.made_money,
                "probability": self.probability,
                "size": self.size,
            },
            index=self.features.index,
        )
        return bets.join(examples.labels.drop(columns="label"))

    def record(self, run: Run) -> None:
        """List all features that a model has seen, with their cache keys, among a run's inputs."""
        entries = [
            {**entry, "fitted_rows": used.fitted_rows}
            for used in self.used
            for entry in used.pipeline.entries(used.rows)
        ]
        run.save_input(RECORD, to_json(entries))

    @property
    def judged(self) -> NDArray[np.bool_]:
        """(n,) bets with an opinion out of sample and a known end."""
        return np.isfinite(self.probability) & self.examples.known


def study(
    bars: Bars,
    position: Floats,
    settings: Settings,
    model: Model,
    *,
    cache: FeatureCache | None = None,
    registry: FeatureRegistry | None = None,
) -> Study:
    """Size the bets of a primary strategy by walk-forward predictions.

    The model is fitted anew at `train_bars` and every `refit_bars` after it, on the bets that
    are over by then, weighted by their average uniqueness, and sizes the bets that are
    decided until the next time. A bet some of whose features are not ready yet is left out.
    The places of the refits do not depend on how long the data
    run, so that no bet knows what came later.

    Args:
        bars: of the series.
        position: (n_bars,) target of the primary.
        settings: all choices.
        model: which classifier.
        cache, registry: of the features.
    """
    examples = examples_of(bars, position, settings)
    view = _View(bars, examples, feature_specs(bars.columns, d=settings.d), cache, registry)
    probability = np.full(len(examples), np.nan)
    features = view.before_any_fit()
    for start in range(settings.train_bars, len(bars), settings.refit_bars):
        stop = min(start + settings.refit_bars, len(bars))
        try:
            seen = view.fitted_on(start)
        except DataError:
            # Nothing can be learned from rows that do not move, and so there is no opinion.
            continue
        # Trees of scikit-learn take 32-bit numbers.
        ready = np.isfinite(seen.to_numpy().astype(np.float32)).all(axis=1)
        coming = np.flatnonzero((examples.bar >= start) & (examples.bar < stop) & ready)
        over = np.flatnonzero((examples.exit_bar < start) & ready)
        if not coming.size or not _can_learn(examples.made_money[over]):
            continue
        features.iloc[coming] = seen.iloc[coming]
        fitted = _fit(make_model(model, settings), seen.iloc[over], examples, over)
        probability[coming] = fitted.predict_proba(seen.iloc[coming])[:, 1]
    return Study(examples, features, probability, settings.bet_step, tuple(view.used))


def _can_learn(outcomes: Ints) -> bool:
    wins = int((outcomes == 1).sum())
    return min(wins, outcomes.size - wins) >= _FEWEST


def _fit(model: Any, seen: pd.DataFrame, examples: Examples, chosen: Ints) -> Any:
    weights = examples.weights(chosen)
    return model.fit(seen, examples.made_money[chosen], sample_weight=weights)


class _View:
    """The features of all bets; those that learn are fitted on the bars before a place."""

    def __init__(
        self,
        bars: Bars,
        examples: Examples,
        specs: list[FeatureSpec],
        cache: FeatureCache | None,
        registry: FeatureRegistry | None,
    ) -> None:
        self._frame = pd.DataFrame(
            {name: bars.column(name) for name in bars.columns}, index=bars.index, copy=False
        )
        self._examples = examples
        self._kept: dict[str, Any] = {"cache": cache, "registry": registry}
        self._learning = [spec for spec in specs if get(spec.name).learn is not None]
        pure = FeaturePipeline([s for s in specs if s not in self._learning], **self._kept)
        self._pure = (
            pure.fit_transform(self._frame)
            .iloc[examples.bar]
            .drop(columns=[*UNSEEN], errors="ignore")
        )
        self.used = [Used(pure, 0, self._frame)]

    def before_any_fit(self) -> pd.DataFrame:
        """Columns of the right names; those that learn have no values yet."""
        names = [name for spec in self._learning for name in get(spec.name).columns(spec.label)]
        return self._with(pd.DataFrame(np.nan, index=self._pure.index, columns=names))

    def fitted_on(self, stop: int) -> pd.DataFrame:
        """All features of all bets, with what is learned from the first `stop` bars.

        Raises:
            DataError: nothing can be learned from them.
        """
        pipeline = FeaturePipeline(self._learning, **self._kept).fit(self._frame.iloc[:stop])
        self.used.append(Used(pipeline, stop, self._frame))
        return self._with(pipeline.transform(self._frame).iloc[self._examples.bar])

    def _with(self, learned: pd.DataFrame) -> pd.DataFrame:
        side = pd.Series(self._examples.side, index=self._pure.index, name=SIDE)
        seen: pd.DataFrame = pd.concat([self._pure, learned, side], axis=1)
        return seen
