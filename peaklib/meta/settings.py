"""What a meta-labeled strategy is told: barriers, events, features, model, calendar of refits."""

from dataclasses import dataclass
from typing import Annotated, Literal

from peaklib.features.parameters import Param

Model = Literal["forest", "boosting"]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Choices of a meta-labeled strategy; its parameters beside those of the inner one.

    Args:
        profit_taking, stop_loss: barriers, in units of `max_holding` bars' volatility.
        max_holding: bars after which a bet ends anyway.
        cusum: 0: an event is a bar on which the primary takes a new side. Above: a bar on
            which the price has moved by so many deviations since the last event, while the
            primary has a side.
        vol_span: of the volatility behind barriers and CUSUM, bars.
        d: order of the fractionally differenced log close among the features.
        trees: of the model.
        depth: of each tree.
        train_bars: first bar that is predicted; the model knows nothing before.
        refit_bars: the model is fitted again after so many bars.
        bet_step: sizes are rounded to multiples of it.
        seed: of the model.
    """

    profit_taking: Annotated[float, Param(0.1, 20, "deviations", "profit barrier")] = 1.0
    stop_loss: Annotated[float, Param(0.1, 20, "deviations", "stop barrier")] = 1.0
    max_holding: Annotated[int, Param(1, 500, "bars", "longest bet")] = 20
    cusum: Annotated[float, Param(0, 20, "deviations", "move that is an event")] = 2.0
    vol_span: Annotated[int, Param(2, 500, "bars", "span of the volatility")] = 50
    d: Annotated[float, Param(0.1, 1, "order", "fractional differencing of log close")] = 0.4
    trees: Annotated[int, Param(1, 2000, "trees", "of the model")] = 50
    depth: Annotated[int, Param(1, 20, "levels", "of each tree")] = 4
    train_bars: Annotated[int, Param(100, 100_000, "bars", "before the first bet")] = 1250
    refit_bars: Annotated[int, Param(20, 10_000, "bars", "between two fits")] = 250
    bet_step: Annotated[float, Param(0.01, 1, "fraction", "sizes are multiples")] = 0.05
    seed: Annotated[int, Param(0, 2**31 - 1, "number", "of the model")] = 7
