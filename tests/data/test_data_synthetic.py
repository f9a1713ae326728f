"""Synthetic series have the properties that their notes state."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from peaklib.data import Dataset, load
from peaklib.data.names import PROCESSES

LONG = 20_000


def _returns(data: Dataset) -> np.ndarray:
    return np.diff(np.log(data.column("close")))


@pytest.mark.parametrize("process", PROCESSES)
def test_the_short_spelling_is_seed_0_with_2520_weekdays(process: str) -> None:
    short = load(f"synthetic:{process}")
    full = load(f"synthetic:{process},seed=0,bars=2520")
    assert short.name == full.name == f"synthetic:{process},seed=0,bars=2520"
    assert short.digest == full.digest
    assert len(short) == 2520
    assert short.frame.index[0] == pd.Timestamp("2000-01-03", tz="UTC")
    assert short.quality().weekdays_without_bar == 0


def test_every_seed_and_process_is_its_own_data_set() -> None:
    digests = {
        load(f"synthetic:{process},seed={seed},bars=50").digest
        for process in PROCESSES
        for seed in range(20)
    }
    assert len(digests) == 60


# Golden: what these spellings meant when they were introduced; a change makes every
# trial on them a trial on other data, so it needs a new name instead.
GOLDEN = {
    "random_walk": [100.8795, 100.9006, 100.0214, 100.0384, 992714.0],
    "garch": [100.8405, 100.8601, 100.0417, 100.0576, 992714.0],
    "planted_edge": [101.6898, 101.7173, 101.0216, 101.0438, 992714.0],
}


@pytest.mark.parametrize("process", PROCESSES)
def test_a_spelling_means_the_same_bars_for_ever(process: str) -> None:
    bars = load(f"synthetic:{process},seed=7,bars=5").frame
    assert bars.iloc[-1].tolist() == GOLDEN[process]


@settings(max_examples=30)
@given(
    process=st.sampled_from(PROCESSES),
    seed=st.integers(0, 2**63),
    bars=st.integers(2, 300),
)
def test_bars_are_consistent_and_rounded(process: str, seed: int, bars: int) -> None:
    frame = load(f"synthetic:{process},seed={seed},bars={bars}").frame
    prices = frame[["open", "high", "low", "close"]].to_numpy()
    assert len(frame) == bars
    assert (prices > 0).all()
    assert (frame.high >= frame[["open", "close"]].max(axis=1)).all()
    assert (frame.low <= frame[["open", "close"]].min(axis=1)).all()
    assert (prices == np.round(prices, 4)).all()
    assert (frame.volume == np.rint(frame.volume)).all()
    assert frame.open.iloc[0] == 100.0


def test_a_random_walk_has_the_stated_volatility_and_no_memory() -> None:
    returns = _returns(load(f"synthetic:random_walk,seed=1,bars={LONG}"))
    assert returns.std() == pytest.approx(0.01, rel=0.02)
    assert abs(np.corrcoef(returns[1:], returns[:-1])[0, 1]) < 0.03
    assert abs(np.corrcoef(returns[1:] ** 2, returns[:-1] ** 2)[0, 1]) < 0.03


def test_the_range_within_a_bar_agrees_with_its_variance() -> None:
    # Parkinson (1980): E[ln(high/low)^2] = 4 ln 2 x variance of a driftless Brownian day.
    frame = load(f"synthetic:random_walk,seed=2,bars={LONG}").frame
    day = np.log(frame.close / frame.open).var()
    parkinson = (np.log(frame.high / frame.low) ** 2).mean() / (4 * np.log(2))
    assert day == pytest.approx(0.8 * 0.01**2, rel=0.05)
    assert parkinson == pytest.approx(day, rel=0.06)


def test_garch_volatility_clusters_and_direction_does_not() -> None:
    returns = _returns(load(f"synthetic:garch,seed=1,bars={LONG}"))
    squares = returns**2
    assert np.corrcoef(squares[1:], squares[:-1])[0, 1] > 0.1
    assert abs(np.corrcoef(returns[1:], returns[:-1])[0, 1]) < 0.03
    # Theory for alpha 0.08, beta 0.90: excess kurtosis 6 a^2 / (1 - b^2 - 2ab - 3a^2) = 1.43.
    assert 0.7 < pd.Series(returns).kurt() < 2.5


def _trend_sharpe(source: str) -> float:
    close = load(source).frame["close"]
    long = (close.rolling(10).mean() > close.rolling(40).mean()).shift(1, fill_value=False)
    returns = close.pct_change().fillna(0.0) * long
    return float(returns.mean() / returns.std() * np.sqrt(252))


def test_a_trend_rule_finds_the_planted_edge_and_nothing_else() -> None:
    mean = {
        process: np.mean([_trend_sharpe(f"synthetic:{process},seed={s}") for s in range(20)])
        for process in PROCESSES
    }
    assert mean["planted_edge"] > 0.6
    assert abs(mean["random_walk"]) < 0.25
    assert abs(mean["garch"]) < 0.25


@pytest.mark.parametrize("process", PROCESSES)
def test_holding_earns_nothing_on_average(process: str) -> None:
    growth = [_returns(load(f"synthetic:{process},seed={s}")).mean() for s in range(40)]
    # Expected log return -0.01^2 / 2; the bounds are three standard errors of the mean, which
    # the slow switching of the planted drift makes larger.
    slack = 0.00017 if process == "planted_edge" else 0.0001
    assert np.mean(growth) == pytest.approx(-0.00005, abs=slack)


@pytest.mark.parametrize("process", PROCESSES)
def test_the_notes_name_the_parameters(process: str) -> None:
    meta = load(f"synthetic:{process}").meta
    assert meta.kind == "tradable"
    assert "synthetic" in meta.notes[0]
    assert "1.0% a bar" in meta.notes[1]
