"""What a meta-labeled strategy is told: barriers, events, features, model, calendar of refits."""

from dataclasses import dataclass
from typing import Literal

Model = Literal["forest", "boosting"]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Choices of a meta-labeled strategy; ranges and defaults stand in `meta.strategies`.

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

    profit_taking: float
    stop_loss: float
    max_holding: int
    cusum: float
    vol_span: int
    d: float
    trees: int
    depth: int
    train_bars: int
    refit_bars: int
    bet_step: float
    seed: int
