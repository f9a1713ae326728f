"""The wrappers `meta_forest(…)` and `meta_boosting(…)`: meta-labeling as a strategy.

So a grid over barriers and horizons is a grid like any other: its trials are counted, and
a report or a re-run finds the strategy by its name.
"""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from peaklib.errors import StrategyError
from peaklib.features import Bars
from peaklib.features.parameters import read_numbers
from peaklib.meta.settings import Model, Settings
from peaklib.strategies import Strategy, Wrapper

Floats = NDArray[np.float64]

VERSION: Final = "1"
_SUMMARIES: Final[dict[Model, str]] = {
    "forest": "Takes as much of each bet as a random forest trusts it.",
    "boosting": "Takes as much of each bet as gradient boosting trusts it.",
}


SETTINGS: Final = read_numbers(Settings, n_inputs=0)
"""Parameters that a meta-labeled strategy adds to the inner one's, by name."""


def meta_forest(inner: Strategy) -> Strategy:
    """A strategy whose bets are sized by a random forest; see `meta.study`."""
    return _wrap(inner, "forest")


def meta_boosting(inner: Strategy) -> Strategy:
    """A strategy whose bets are sized by gradient boosting; see `meta.study`."""
    return _wrap(inner, "boosting")


def _wrap(inner: Strategy, model: Model) -> Strategy:
    name = f"meta_{model}"
    both = set(SETTINGS) & set(inner.parameters)
    if both:
        raise StrategyError(
            f"{name}({inner.name}): both have a parameter {', '.join(sorted(both))}; take a rule "
            "that is not meta-labeled already, or rename its parameter"
        )

    def targets(bars: Bars, **params: Any) -> Floats:
        # Late: every command that names a strategy would import scikit-learn otherwise.
        from peaklib.meta.study import study

        settings = Settings(**{key: params.pop(key) for key in SETTINGS})
        return study(bars, inner.targets(bars, params), settings, model).target

    def warm_up(**params: Any) -> int:
        first: int = params["train_bars"]
        return max(first, inner.warm_up(**{key: params[key] for key in inner.parameters}))

    return Strategy(
        name=f"{name}({inner.name})",
        version=f"{VERSION}+{inner.version}",
        function=targets,
        parameters={**inner.parameters, **SETTINGS},
        warm_up=warm_up,
        summary=f"{inner.summary} {_SUMMARIES[model]}",
        inner=inner,
        research_only=inner.research_only,
    )


_WRAPS: Final[tuple[tuple[str, Callable[[Strategy], Strategy], Model], ...]] = (
    ("meta_forest", meta_forest, "forest"),
    ("meta_boosting", meta_boosting, "boosting"),
)
WRAPPERS: Final = tuple(Wrapper(name, wrap, _SUMMARIES[model]) for name, wrap, model in _WRAPS)
