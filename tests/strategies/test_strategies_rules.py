"""What each built-in rule does, on prices small enough to follow by eye."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, strategies as st
from numpy.testing import assert_array_equal

from peaklib.features import Bars
from peaklib.strategies import get
from peaklib.strategies.holding import hold_after_cross, hold_between, hold_breakout

CROSSOVERS = ["sma_crossover", "ema_crossover"]
NAN = np.nan


def targets(make_bars, name: str, close: Sequence[float], **params: float) -> list[float]:
    return get(name).targets(Bars.of(make_bars(close)), params).tolist()


@pytest.mark.parametrize("name", CROSSOVERS)
def test_a_fast_line_that_starts_above_does_not_enter(make_bars, name: str) -> None:
    rising = [10, 11, 12, 13, 14, 15, 16, 17]
    assert not any(targets(make_bars, name, rising, fast=2, slow=4))


@pytest.mark.parametrize("name", CROSSOVERS)
def test_the_first_upward_cross_after_being_below_enters(make_bars, name: str) -> None:
    # Falls, then rises for good: below at first, and one cross upwards.
    turning = [20, 18, 16, 14, 12, 16, 20, 24, 28]
    assert targets(make_bars, name, turning, fast=1, slow=3) == [0, 0, 0, 0, 0, 1, 1, 1, 1]


@pytest.mark.parametrize("name", CROSSOVERS)
def test_the_downward_cross_leaves_and_the_next_upward_one_enters_again(
    make_bars, name: str
) -> None:
    swings = [10, 8, 12, 6, 12, 6]
    assert targets(make_bars, name, swings, fast=1, slow=2) == [0, 0, 1, 0, 1, 0]


@pytest.mark.parametrize("name", [*CROSSOVERS, "macd"])
@given(level=st.floats(1e-3, 1e6))
def test_a_price_that_never_moves_never_enters(make_bars, name: str, level: float) -> None:
    assert not any(targets(make_bars, name, np.full(120, level)))


def test_a_tie_changes_nothing() -> None:
    line = np.array([1.0, 2.0, 3.0, 2.0, 2.0, 1.0, 2.0, 2.0])
    other = np.full(8, 2.0)
    #        below  tie  up  tie  tie down  tie  tie
    assert_array_equal(hold_after_cross(line, other), [0, 0, 1, 1, 1, 0, 0, 0])


def test_rounding_noise_is_a_tie() -> None:
    other = np.full(5, 1000.0)
    line = other + np.array([-1, 1, -1e-10, 1e-10, -1])
    assert_array_equal(hold_after_cross(line, other), [0, 1, 1, 1, 0])


def test_an_indicator_that_is_not_known_means_flat() -> None:
    line = np.array([NAN, 1.0, 3.0, NAN, 3.0])
    # After the gap the line is still above, and had been below before.
    assert_array_equal(hold_after_cross(line, np.full(5, 2.0))[:4], [0, 0, 1, 0])
    assert_array_equal(hold_between(np.array([NAN, -3.0, -1.0, NAN]), -2, 0), [0, 1, 1, 0])
    prices, low = np.array([5.0, 5.0, 5.0]), np.array([1.0, 1.0, NAN])
    assert_array_equal(hold_breakout(prices, np.array([NAN, 4.0, 4.0]), low), [0, 1, 0])


def test_reversion_holds_from_below_one_level_until_above_the_other() -> None:
    value = np.array([0.0, -1.9, -2.0, -2.1, -1.0, 0.0, 0.1, -1.0, -3.0])
    # Entered at -2.1, not at -2.0; left at 0.1, not at 0.0.
    assert_array_equal(hold_between(value, -2.0, 0.0), [0, 0, 0, 1, 1, 1, 0, 0, 1])


def test_rsi_reversion_buys_a_fall_and_leaves_the_recovery(make_bars) -> None:
    close = [20, 19, 18, 17, 16, 15, 20, 25]
    # Window 2: RSI 0 while it only falls, far above 50 once it jumps.
    assert targets(make_bars, "rsi_reversion", close, window=2) == [0, 0, 1, 1, 1, 1, 0, 0]


def test_bollinger_reversion_buys_below_the_lower_band(make_bars) -> None:
    close = [10, 10, 10, 10, 7, 8, 12]
    # Window 4, one sigma: bar 4 is sqrt(3) sigmas below, bar 5 above -1 and below the mean.
    found = targets(make_bars, "bollinger_reversion", close, window=4, width=1)
    assert found == [0, 0, 0, 0, 1, 1, 0]


def test_momentum_takes_the_side_of_the_past_return(make_bars) -> None:
    close = [100, 104, 106, 100, 96, 97]
    # Returns over 2 bars: 6 %, -3.8 %, -9.4 %, -3 %.
    found = targets(make_bars, "momentum", close, window=2, threshold=0.05, short=0.5)
    assert found == [0, 0, 1, 0, -0.5, 0]


def test_momentum_is_long_only_by_default(make_bars) -> None:
    assert targets(make_bars, "momentum", [5, 4, 3, 4, 5], window=1) == [0, 0, 0, 1, 1]


def test_donchian_enters_above_the_highest_high_and_leaves_below_the_lowest_low(
    make_bars,
) -> None:
    close = [10, 11, 11, 12, 11, 10, 9, 8]
    # Enter above the last 2 highs, leave below the last 2 lows; a tie does neither.
    found = targets(make_bars, "donchian_breakout", close, enter=2, leave=2)
    assert found == [0, 0, 0, 1, 1, 0, 0, 0]


def test_buy_and_hold_holds_from_the_first_bar(make_bars) -> None:
    assert targets(make_bars, "buy_and_hold", [3, 2, 1]) == [1, 1, 1]


def test_the_filter_is_flat_while_volatility_ranks_high(make_bars) -> None:
    # Small moves, then large ones.
    close = [100, 101, 100, 101, 100, 101, 100, 120, 100, 120]
    params = {"vol_window": 2, "vol_lookback": 3, "vol_rank": 0.9}
    found = targets(make_bars, "vol_regime_filter(buy_and_hold)", close, **params)
    # Known from bar 2 + 3 - 1; moves of 1 % tie up to rounding, those of 20 % rank highest.
    assert found[:4] == [0, 0, 0, 0]
    assert found[7] == 0
    always = targets(
        make_bars, "vol_regime_filter(buy_and_hold)", close, **{**params, "vol_rank": 1}
    )
    assert always == [0, 0, 0, 0, 1, 1, 1, 1, 1, 1]


def test_the_filter_only_ever_takes_positions_away(sp500) -> None:
    bars = Bars.of(sp500)
    inner = get("sma_crossover").targets(bars)
    filtered = get("vol_regime_filter(sma_crossover)").targets(bars)
    assert np.all((filtered == inner) | (filtered == 0))
    assert 0 < filtered.sum() < inner.sum()
