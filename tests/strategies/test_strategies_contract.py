"""Every installed strategy keeps the contract, and the checks do catch who breaks it."""

from typing import Annotated, Any

import numpy as np
import pandas as pd
import pytest

from peaklib.data import Dataset, load
from peaklib.errors import LookaheadError, StrategyError
from peaklib.features import Bars, sma
from peaklib.strategies import Param, Strategy, get, installed, strategy
from peaklib.strategies.contract import (
    CHECKS,
    Check,
    is_causal,
    is_deterministic,
    leaves_input_alone,
    samples,
    violations,
    warms_up_as_declared,
)

EVERY = [*installed(), *(f"vol_regime_filter({name})" for name in installed())]
Window = Annotated[int, Param(2, 200, "bars", "window")]


@pytest.fixture(scope="module")
def real(sp500: Dataset) -> Bars:
    return Bars.of(sp500)


@pytest.fixture(scope="module")
def synthetic() -> Bars:
    return Bars.of(load("synthetic:garch,seed=11,bars=1500"))


@pytest.fixture(params=["real", "synthetic"])
def bars(request: pytest.FixtureRequest) -> Bars:
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", EVERY)
def test_every_strategy_keeps_the_contract(name: str, check: Check, bars: Bars) -> None:
    rule = get(name)
    for params in samples(rule):
        check(rule, bars, params)


@pytest.mark.parametrize("name", EVERY)
def test_every_strategy_leaves_its_warm_up_and_takes_positions(name: str, real: Bars) -> None:
    # Guards the test above: a rule that is always flat would keep any contract.
    rule = get(name)
    target = rule.targets(real)
    assert np.any(target[rule.warm_up_bars() :] != 0)


@pytest.mark.parametrize("name", EVERY)
def test_every_strategy_stays_flat_on_fewer_bars_than_its_warm_up(name: str, real: Bars) -> None:
    rule = get(name)
    for n_bars in (1, 2, rule.warm_up_bars()):
        few = Bars(
            {column: real.column(column)[:n_bars].copy() for column in real.columns},
            real.index[:n_bars],
            name="few",
            bars_per_year=252,
        )
        target = rule.targets(few)
        assert target.shape == (n_bars,)
        assert not target[: rule.warm_up_bars()].any()


def test_samples_cover_defaults_and_stay_in_range() -> None:
    for name in EVERY:
        rule = get(name)
        drawn = list(samples(rule))
        assert drawn[0] == rule.resolve()
        assert len(drawn) == 3
        for params in drawn:
            assert rule.resolve(params) == params


# ---- planted violators ----------------------------------------------------------------


def planted(function: Any, warm_up: Any = lambda **_: 0) -> Strategy:
    function.__doc__ = "Planted."
    return strategy("planted", version="1", warm_up=warm_up)(function)


def centred_window(bars: Bars, *, window: Window = 21):
    average = pd.Series(bars.close).rolling(window, center=True, min_periods=1).mean()
    return np.where(bars.close < average, 1.0, 0.0)


def mean_of_everything(bars: Bars, *, window: Window = 21):
    return np.where(bars.close < bars.close.mean(), 1.0, 0.0)


def scaled_by_the_highest_of_all(bars: Bars, *, window: Window = 21):
    return bars.close / bars.close.max()


def backward_fill(bars: Bars, *, window: Window = 21):
    out = np.zeros(len(bars))
    for start in range(0, len(bars), window):
        out[start : start + window] = bars.close[start : start + window][-1] > bars.close[start]
    return out


def tomorrow(bars: Bars, *, window: Window = 21):
    return np.append(bars.close[1:] > bars.close[:-1], False).astype(float)


def crossover_one_bar_early(bars: Bars, *, window: Window = 21):
    above = bars.close > bars.apply(sma, "close", window=window)
    return np.append(above[1:], above[-1]).astype(float)


def slow_crossover_one_bar_early(bars: Bars, *, window: Window = 60):
    fast, slow = bars.apply(sma, "close", window=window), bars.apply(sma, "close", window=200)
    return np.append((fast > slow)[1:], (fast > slow)[-1]).astype(float)


# The last two are wrong about one bar only, and rarely change their mind: cuts at a few fixed
# places would not notice.
@pytest.mark.parametrize(
    "function",
    [
        centred_window,
        mean_of_everything,
        scaled_by_the_highest_of_all,
        backward_fill,
        tomorrow,
        crossover_one_bar_early,
        slow_crossover_one_bar_early,
    ],
)
def test_a_look_into_the_future_is_caught(function: Any, bars: Bars) -> None:
    found = violations(planted(function), bars)
    assert any("with later rows and" in line for line in found)


def test_a_lookahead_names_strategy_parameters_and_day(real: Bars) -> None:
    message = r"strategy 'planted' with \{'window': 21\} at \d{4}-\d\d-\d\d is [01] with later"
    rule = planted(mean_of_everything)
    with pytest.raises(LookaheadError, match=message):
        is_causal(rule, real, rule.resolve())


def test_a_random_target_is_caught(real: Bars) -> None:
    random = np.random.default_rng(3)

    def coin(bars: Bars):
        return random.integers(0, 2, len(bars)).astype(float)

    with pytest.raises(StrategyError, match="gave two targets for the same bars"):
        is_deterministic(planted(coin), real, {})


def test_state_between_calls_is_caught(real: Bars) -> None:
    calls: list[int] = []

    def moody(bars: Bars):
        calls.append(1)
        return np.full(len(bars), float(len(calls) % 2))

    with pytest.raises(StrategyError, match="state that is kept between calls"):
        is_deterministic(planted(moody), real, {})


def test_writing_into_a_column_is_caught(real: Bars) -> None:
    def writes(bars: Bars):
        bars.close[:] = 1.0
        return np.zeros(len(bars))

    with pytest.raises(StrategyError, match=r"read-only.*let it work on a copy"):
        leaves_input_alone(planted(writes), real, {})


def test_writing_behind_the_read_only_flag_is_caught(real: Bars) -> None:
    def forces(bars: Bars):
        column = bars.close
        column.flags.writeable = True
        column[0] = 1.0
        return np.zeros(len(bars))

    with pytest.raises(StrategyError, match="changed the column 'close' of its input"):
        leaves_input_alone(planted(forces), real, {})


def test_a_position_within_the_declared_warm_up_is_caught(real: Bars) -> None:
    def early(bars: Bars, *, window: Window = 21):
        return np.ones(len(bars))

    rule = planted(early, lambda window: window)
    with pytest.raises(StrategyError, match=r"declares 21 bars of warm-up, but .* bar 0 is not 0"):
        warms_up_as_declared(rule, real, rule.resolve())


@pytest.mark.parametrize("bad", [np.nan, 1.5, -1.0001, np.inf])
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_target_that_is_no_position_is_caught_by_every_check(
    check: Check, bad: float, real: Bars
) -> None:
    def broken(bars: Bars):
        target = np.zeros(len(bars))
        target[7] = bad
        return target

    with pytest.raises(StrategyError, match="target at bar 7 is"):
        check(planted(broken), real, {})


def test_violations_lists_what_is_broken_and_nothing_for_the_rest(real: Bars) -> None:
    found = violations(planted(mean_of_everything), real)
    assert len(found) == 3  # for each sample
    assert all("with later rows" in line for line in found)
    assert violations(get("sma_crossover"), real) == []


def test_a_strategy_that_fails_is_a_violation(real: Bars) -> None:
    def fails(bars: Bars):
        return bars.close / {}["missing"]

    assert any("missing" in line for line in violations(planted(fails), real))
