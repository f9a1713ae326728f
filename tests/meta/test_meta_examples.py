"""Bets of a primary strategy: where they begin, on which side, how they end."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from peaklib.features import Bars
from peaklib.meta import Settings, examples_of

SETTINGS = Settings(
    profit_taking=1.0,
    stop_loss=1.0,
    max_holding=4,
    cusum=0.0,
    vol_span=3,
    d=0.4,
    trees=5,
    depth=2,
    train_bars=100,
    refit_bars=50,
    bet_step=0.05,
    seed=7,
)


def bars_of(close: np.ndarray) -> Bars:
    index = pd.date_range("2001-01-01", periods=close.size, tz="UTC")
    return Bars({"close": close}, index, name="made", bars_per_year=252.0)


@pytest.fixture
def swinging() -> Bars:
    # Up and down by one per cent in turn: volatility is 1 % from bar 3 on.
    return bars_of(100.0 * np.exp(0.01 * (np.arange(40) % 2)))


def test_a_signal_event_is_a_bar_on_which_the_primary_takes_a_new_side(swinging: Bars) -> None:
    position = np.zeros(40)
    position[10:15] = 1.0
    position[15:20] = 0.5  # a smaller bet on the same side is no new bet
    position[20:25] = -1.0
    position[30:] = 1.0
    examples = examples_of(swinging, position, SETTINGS)
    assert examples.bar.tolist() == [10, 20, 30]
    assert examples.side.tolist() == [1.0, -1.0, 1.0]


def test_a_bet_needs_a_volatility_for_its_barriers(swinging: Bars) -> None:
    examples = examples_of(swinging, np.ones(40), SETTINGS)
    assert examples.bar.tolist() == []  # decided at bar 0, where nothing is known yet


def test_barriers_reach_as_far_as_the_whole_holding_period_moves() -> None:
    # 1 % a bar and four bars: barriers stand at 2 %. The price climbs by 0.9 % a bar from
    # bar 20: 1.8 % after two bars, 2.7 % after three.
    steps = np.where(np.arange(40) % 2, 0.01, -0.01)
    steps[21:] = 0.009
    bars = bars_of(100.0 * np.exp(np.cumsum(steps)))
    position = np.where(np.arange(40) == 20, 1.0, 0.0)
    settings = replace(SETTINGS, vol_span=200)  # slow: still 1 % … but not known before bar 200
    assert examples_of(bars, position, settings).bar.size == 0
    examples = examples_of(bars, position, replace(SETTINGS, vol_span=19))
    assert examples.bar.tolist() == [20]
    assert examples.exit_bar.tolist() == [23]
    assert examples.labels["barrier"].tolist() == ["profit"]
    assert examples.made_money.tolist() == [1]


def test_a_bet_whose_end_the_data_do_not_see_stays_open_and_is_no_example(swinging: Bars) -> None:
    position = np.where(np.arange(40) >= 37, 1.0, 0.0)
    wide = replace(SETTINGS, profit_taking=20.0, stop_loss=20.0)
    examples = examples_of(swinging, position, wide)
    assert examples.bar.tolist() == [37]
    assert examples.exit_bar.tolist() == [40]
    assert not examples.known.any()
    assert examples.made_money.tolist() == [-1]
    assert len(examples.labels) == 0


def test_a_bet_of_the_last_bar_is_there_although_nothing_follows(swinging: Bars) -> None:
    position = np.where(np.arange(40) >= 39, 1.0, 0.0)
    assert examples_of(swinging, position, SETTINGS).bar.tolist() == [39]


def test_cusum_events_are_bets_only_while_the_primary_has_a_side() -> None:
    steps = np.where(np.arange(80) % 2, 0.01, -0.01)
    steps[[40, 60]] = 0.05  # five deviations
    bars = bars_of(100.0 * np.exp(np.cumsum(steps)))
    settings = replace(SETTINGS, cusum=3.0, vol_span=19)
    position = np.where(np.arange(80) < 50, -1.0, 0.0)
    examples = examples_of(bars, position, settings)
    assert examples.bar.tolist() == [40]
    assert examples.side.tolist() == [-1.0]


def test_examples_weigh_by_how_much_of_their_life_is_their_own(swinging: Bars) -> None:
    position = np.zeros(40)
    position[[10, 12, 20]] = 1.0
    wide = replace(SETTINGS, profit_taking=20.0, stop_loss=20.0)
    examples = examples_of(swinging, position, wide)
    # Lives: bars 10-14, 12-16 and 20-24; bars 12, 13 and 14 are shared by the first two.
    own = (2 + 3 / 2) / 5
    np.testing.assert_allclose(examples.weights(np.array([0, 1, 2])), [own, own, 1.0])
