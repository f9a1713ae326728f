"""Volatility and drawdown on the last day, beside their history."""

import numpy as np
import pandas as pd
import pytest
from builders import MakeBars
from hypothesis import given, settings, strategies as st

from peaklib.data import Dataset, from_frame, load
from peaklib.errors import DataError
from peaklib.metrics import max_drawdown
from peaklib.outlook import (
    drawdown_episodes,
    drawdown_state,
    drawdowns,
    volatility,
    volatility_state,
)

# Together they take long: `make test` runs them.
pytestmark = pytest.mark.slow


# ---- volatility ---------------------------------------------------------------------------------
def test_volatility_is_the_annual_deviation_of_log_returns(sp500: Dataset) -> None:
    found = volatility(sp500, 20)
    own = np.log(sp500.frame["close"]).diff().rolling(20).std(ddof=0).iloc[20:] * 252**0.5
    np.testing.assert_allclose(found, own, rtol=1e-9)
    assert found.index.equals(own.index)


def test_state_of_volatility_by_hand(make_bars: MakeBars) -> None:
    # Steps up and down by 1, 3, 2 per cent: deviations of two steps 1, 2, 3, 2.5, 2 %.
    steps = 0.01 * np.array([1, -1, 3, -3, 2, -2])
    data = make_bars(100.0 * np.exp(np.concatenate([[0.0], np.cumsum(steps)])), bars_per_year=100.0)
    state = volatility_state(data, 2)
    assert state.now == pytest.approx(0.2)
    assert state.highest == pytest.approx(0.3)
    assert state.highest_on == data.frame.index[4]
    assert state.median == pytest.approx(0.2)
    assert state.change == pytest.approx(0.2 - 0.3)
    assert state.n_days == 5


def test_rank_counts_the_day_itself_and_ties(make_bars: MakeBars) -> None:
    alternating = 100.0 * np.exp(0.01 * (np.arange(30) % 2))
    # Three closes without a move: two of 31 windows are still, the last one among them.
    still = np.concatenate([alternating, np.full(3, alternating[-1])])
    assert volatility_state(make_bars(still), 2).rank == pytest.approx(2 / 31)
    assert volatility_state(make_bars([*still, 150.0]), 2).rank == 1.0


@pytest.mark.parametrize("window", [1, 30, 31])
def test_volatility_needs_two_returns_and_more_days_than_its_window(
    make_bars: MakeBars, window: int
) -> None:
    with pytest.raises(DataError, match=f"a window of {window} returns, and 30 days"):
        volatility(make_bars(np.linspace(100, 110, 30)), window)


def test_weekly_bars_are_refused() -> None:
    index = pd.date_range("2020-01-03", periods=200, freq="7D", tz="UTC")
    frame = pd.DataFrame({"close": np.linspace(100, 120, 200)}, index=index.rename("time"))
    with pytest.raises(DataError, match="an outlook counts trading days; give daily bars"):
        volatility(from_frame(frame, name="weeks"))


# ---- drawdown -----------------------------------------------------------------------------------
def test_drawdown_by_hand(make_bars: MakeBars) -> None:
    data = make_bars([100, 110, 99, 110, 88, 99])
    found = drawdowns(data)
    np.testing.assert_allclose(found["depth"], [0, 0, -0.1, 0, -0.2, -0.1])
    assert found["n_days"].tolist() == [0, 0, 1, 0, 1, 2]
    state = drawdown_state(data)
    index = data.frame.index
    assert (state.depth, state.worst) == (pytest.approx(-0.1), pytest.approx(-0.2))
    assert (state.high, state.n_days) == (110.0, 2)
    assert (state.high_on, state.worst_on) == (index[3], index[4])
    assert state.rank == pytest.approx(3 / 6)


def test_at_the_high_there_is_no_drawdown(make_bars: MakeBars) -> None:
    data = make_bars([100, 90, 120])
    state = drawdown_state(data)
    assert (state.depth, state.n_days, state.rank) == (0.0, 0, 1.0)
    assert state.high_on == data.frame.index[-1]


def test_episodes_by_hand(make_bars: MakeBars) -> None:
    data = make_bars([100, 80, 90, 100, 95, 110, 66, 77])
    index = data.frame.index
    found = drawdown_episodes(data, 0.1)
    assert found["depth"].round(9).tolist() == [-0.4, -0.2]
    assert found["high_on"].tolist() == [index[5], index[0]]
    assert found["low_on"].tolist() == [index[6], index[1]]
    assert found["back_on"].isna().tolist() == [True, False]
    assert found["back_on"][1] == index[3]
    assert found["days_down"].tolist() == [1, 1]
    assert found["days_back"].tolist() == [1, 2]
    assert len(drawdown_episodes(data, 0.01)) == 3
    assert drawdown_episodes(make_bars([100, 101, 102])).empty


@settings(max_examples=30)
@given(st.lists(st.floats(-0.2, 0.25), min_size=3, max_size=60))
def test_worst_drawdown_is_the_metric_and_the_deepest_episode(steps: list[float]) -> None:
    close = 100.0 * np.cumprod(1.0 + np.array([0.0, *steps]))
    index = pd.bdate_range("2024-01-01", periods=close.size, tz="UTC", name="time")
    data = from_frame(pd.DataFrame({"close": close}, index=index), name="x", bars_per_year=252)
    state = drawdown_state(data)
    assert state.worst == pytest.approx(max_drawdown(np.array(steps)), abs=1e-12)
    falls = drawdown_episodes(data, 1e-12)
    assert (falls["depth"].min() if len(falls) else 0.0) == pytest.approx(state.worst, abs=1e-11)
    assert int(falls["days_down"].sum() + falls["days_back"].sum()) >= state.n_days


def test_known_drawdowns_of_the_sp500(sp500: Dataset) -> None:
    """Closing highs and lows of the S&P 500 as S&P Dow Jones Indices dates its bear markets."""
    found = drawdown_episodes(sp500, 0.2)
    days = [[f"{day:%Y-%m-%d}" for day in found[name]] for name in ("high_on", "low_on")]
    assert days == [["2007-10-09", "2000-03-24"], ["2009-03-09", "2002-10-09"]]
    np.testing.assert_allclose(found["depth"], [-0.568, -0.491], atol=5e-4)


def test_a_rate_has_no_drawdown() -> None:
    with pytest.raises(DataError, match="give a price or an index"):
        drawdown_state(load("vix"))
