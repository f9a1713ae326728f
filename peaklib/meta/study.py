"""Walk-forward meta-labeling: fit on bets that are over, size the bets that come."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peaklib.features import Bars, FeaturePipeline, FeatureSpec, get
from peaklib.labeling import average_active, discretise, meta_bet_size
from peaklib.meta.examples import Examples, examples_of
from peaklib.meta.inputs import feature_specs
from peaklib.meta.models import make_model
from peaklib.meta.settings import Model, Settings

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SIDE: Final = "side"
# Of each outcome; with fewer there is nothing to fit, and no bet is taken.
_FEWEST: Final = 10


@dataclass(frozen=True, eq=False)
class Study:
    """What a model thought of each bet of a primary strategy, out of sample.

    Args:
        examples: the bets.
        features: (n, k) what the model saw of each bet, by the model that sized it.
        probability: (n,) that the bet makes money, by a model fitted on bets that were over
            before; NaN where there was none.
        step: sizes are multiples of it.
    """

    examples: Examples
    features: pd.DataFrame
    probability: Floats
    step: float

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

    @property
    def judged(self) -> NDArray[np.bool_]:
        """(n,) bets with an opinion out of sample and a known end."""
        return np.isfinite(self.probability) & self.examples.known


def study(bars: Bars, position: Floats, settings: Settings, model: Model) -> Study:
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
    """
    examples = examples_of(bars, position, settings)
    view = _View(bars, examples, feature_specs(bars.columns, d=settings.d))
    probability = np.full(len(examples), np.nan)
    features = view.before_any_fit()
    for start in range(settings.train_bars, len(bars), settings.refit_bars):
        stop = min(start + settings.refit_bars, len(bars))
        seen = view.fitted_on(start)
        ready = seen.notna().all(axis="columns").to_numpy()
        coming = np.flatnonzero((examples.bar >= start) & (examples.bar < stop) & ready)
        over = np.flatnonzero((examples.exit_bar < start) & ready)
        if not coming.size or not _can_learn(examples.made_money[over]):
            continue
        features.iloc[coming] = seen.iloc[coming]
        fitted = _fit(make_model(model, settings), seen.iloc[over], examples, over)
        probability[coming] = fitted.predict_proba(seen.iloc[coming])[:, 1]
    return Study(examples, features, probability, settings.bet_step)


def _can_learn(outcomes: Ints) -> bool:
    wins = int((outcomes == 1).sum())
    return min(wins, outcomes.size - wins) >= _FEWEST


def _fit(model: Any, seen: pd.DataFrame, examples: Examples, chosen: Ints) -> Any:
    weights = examples.weights(chosen)
    return model.fit(seen, examples.made_money[chosen], sample_weight=weights)


class _View:
    """The features of all bets; those that learn are fitted on the bars before a place."""

    def __init__(self, bars: Bars, examples: Examples, specs: list[FeatureSpec]) -> None:
        self._frame = pd.DataFrame(
            {name: bars.column(name) for name in bars.columns}, index=bars.index, copy=False
        )
        self._examples = examples
        self._specs = [spec for spec in specs if get(spec.name).learn is not None]
        pure = [spec for spec in specs if get(spec.name).learn is None]
        self._learning = FeaturePipeline(self._specs)
        self._pure = FeaturePipeline(pure).fit_transform(self._frame).iloc[examples.bar]

    def before_any_fit(self) -> pd.DataFrame:
        """Columns of the right names; those that learn have no values yet."""
        names = [name for spec in self._specs for name in get(spec.name).columns(spec.label)]
        return self._with(pd.DataFrame(np.nan, index=self._pure.index, columns=names))

    def fitted_on(self, stop: int) -> pd.DataFrame:
        """All features of all bets, with what is learned from the first `stop` bars."""
        self._learning.fit(self._frame.iloc[:stop])
        return self._with(self._learning.transform(self._frame).iloc[self._examples.bar])

    def _with(self, learned: pd.DataFrame) -> pd.DataFrame:
        side = pd.Series(self._examples.side, index=self._pure.index, name=SIDE)
        seen: pd.DataFrame = pd.concat([self._pure, learned, side], axis=1)
        return seen
