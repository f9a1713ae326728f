"""The wrappers `meta_forest(…)` and `meta_boosting(…)`: meta-labeling as a strategy.

So a grid over barriers and horizons is a grid like any other: its trials are counted, and
a report or a re-run finds the strategy by its name.
"""

from collections.abc import Callable
from typing import Annotated, Any, Final

import numpy as np
from numpy.typing import NDArray

from peaklib.errors import StrategyError
from peaklib.features import Bars
from peaklib.features.parameters import Param, read_numbers
from peaklib.meta.settings import Model, Settings
from peaklib.strategies import Strategy, Wrapper

Floats = NDArray[np.float64]

VERSION: Final = "1"
_SUMMARIES: Final[dict[Model, str]] = {
    "forest": "Takes as much of each bet as a random forest trusts it.",
    "boosting": "Takes as much of each bet as gradient boosting trusts it.",
}


def settings_of(
    *,
    profit_taking: Annotated[float, Param(0.1, 20, "deviations", "profit barrier")] = 1.0,
    stop_loss: Annotated[float, Param(0.1, 20, "deviations", "stop barrier")] = 1.0,
    max_holding: Annotated[int, Param(1, 500, "bars", "longest bet")] = 20,
    cusum: Annotated[float, Param(0, 20, "deviations", "move that is an event")] = 2.0,
    vol_span: Annotated[int, Param(2, 500, "bars", "span of the volatility")] = 50,
    d: Annotated[float, Param(0, 1, "order", "fractional differencing of log close")] = 0.4,
    trees: Annotated[int, Param(1, 2000, "trees", "of the model")] = 50,
    depth: Annotated[int, Param(1, 20, "levels", "of each tree")] = 4,
    train_bars: Annotated[int, Param(100, 100_000, "bars", "before the first bet")] = 1250,
    refit_bars: Annotated[int, Param(20, 10_000, "bars", "between two fits")] = 250,
    bet_step: Annotated[float, Param(0.01, 1, "fraction", "sizes are multiples")] = 0.05,
    seed: Annotated[int, Param(0, 2**31 - 1, "", "of the model")] = 7,
) -> Settings:
    """The settings of a meta-labeled strategy; the signature holds ranges and defaults."""
    return Settings(
        profit_taking=profit_taking,
        stop_loss=stop_loss,
        max_holding=max_holding,
        cusum=cusum,
        vol_span=vol_span,
        d=d,
        trees=trees,
        depth=depth,
        train_bars=train_bars,
        refit_bars=refit_bars,
        bet_step=bet_step,
        seed=seed,
    )


SETTINGS: Final = tuple(read_numbers(settings_of, n_inputs=0))
"""Names of the parameters that a meta-labeled strategy adds to the inner one's."""


def meta_forest(inner: Strategy) -> Strategy:
    """A strategy whose bets are sized by a random forest; see `meta.study`."""
    return _wrap(inner, "forest")


def meta_boosting(inner: Strategy) -> Strategy:
    """A strategy whose bets are sized by gradient boosting; see `meta.study`."""
    return _wrap(inner, "boosting")


def _wrap(inner: Strategy, model: Model) -> Strategy:
    name = f"meta_{model}"
    own = read_numbers(settings_of, n_inputs=0)
    both = set(own) & set(inner.parameters)
    if both:
        raise StrategyError(
            f"{name}({inner.name}): both have a parameter {', '.join(sorted(both))}; rename the "
            "inner strategy's"
        )

    def targets(bars: Bars, **params: Any) -> Floats:
        # Late: every command that names a strategy would import scikit-learn otherwise.
        from peaklib.meta.study import study

        settings = settings_of(**{key: params.pop(key) for key in own})
        return study(bars, inner.targets(bars, params), settings, model).target

    def warm_up(**params: Any) -> int:
        first: int = params["train_bars"]
        return max(first, inner.warm_up(**{key: params[key] for key in inner.parameters}))

    return Strategy(
        name=f"{name}({inner.name})",
        version=f"{VERSION}+{inner.version}",
        function=targets,
        parameters={**inner.parameters, **own},
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
