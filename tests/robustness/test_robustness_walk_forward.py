"""Walk-forward chooses from the past only, and follows its choices in one account that pays."""

from typing import Annotated, Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from peaklib import metrics
from peaklib.backtest import run_backtest, run_grid, trial_returns
from peaklib.data import Dataset, from_frame, load
from peaklib.errors import DataError
from peaklib.features import Bars
from peaklib.robustness.selection.walking import (
    Candidate,
    Evaluated,
    choose,
    follow,
    walk_forward,
)
from peaklib.robustness.selection.windows import calendar_windows
from peaklib.strategies import Param, strategy

YEAR = 252
GRID = {"fast": [5, 10, 20], "slow": [30, 50, 100]}
COSTS: dict[str, Any] = {"fees_bps": 7, "slippage_bps": 3}


@strategy("always", version="1", warm_up=lambda **_: 0)
def always(bars: Bars, *, side: Annotated[int, Param(-1, 1, "sign", "side")] = 1) -> np.ndarray:
    """The same position on every bar."""
    return np.full(len(bars), float(side))


@pytest.fixture(scope="module")
def years(sp500: Dataset) -> Dataset:
    return sp500.between("2003", "2008")


def block(*sharpes_and_bars: tuple[float, int]) -> np.ndarray:
    """One trial: windows of n bars with mean m % and a ddof=0 deviation of 1 %."""
    return np.array([[n, n * m / 100, n * (m * m + 1) / 1e4] for m, n in sharpes_and_bars])


def test_choices_by_hand() -> None:
    # Means in %, ten bars a window. The first trial starts well, the second is better later.
    moments = np.stack(
        [
            block((0.9, 10), (0.0, 10), (0.0, 10), (0.0, 10)),
            block((0.2, 10), (0.4, 10), (0.9, 10), (0.0, 10)),
        ]
    )
    # Sums known before windows 1, 2, 3: .9 | .2 -> 0; .9 | .6 -> 0; .9 | 1.5 -> 1.
    assert_array_equal(choose(moments, first=1, periods_per_year=YEAR), [0, 0, 1])
    # One window back only: .9 | .2 -> 0; .0 | .4 -> 1; .0 | .9 -> 1.
    assert_array_equal(choose(moments, first=1, train=1, periods_per_year=YEAR), [0, 1, 1])
    assert_array_equal(choose(moments, first=3, periods_per_year=YEAR), [1])


def test_embargo_hides_the_end_of_the_last_window_only() -> None:
    moments = np.stack(
        [
            block((0.5, 10), (0.5, 10), (0.0, 10)),
            block((0.0, 10), (2.0, 10), (0.0, 10)),
        ]
    )
    # All that the second trial has comes in the bars under embargo.
    heads = moments.copy()
    heads[0, 1], heads[1, 1] = block((0.5, 5))[0], block((0.0, 5))[0]
    heads[:, 0] = block((-9.0, 5))[0]  # window 0 is whole for window 2: its head is not read there
    assert_array_equal(choose(moments, first=2, periods_per_year=YEAR), [1])
    assert_array_equal(choose(moments, first=2, periods_per_year=YEAR, heads=heads), [0])


def test_no_choice_where_no_account_has_moved() -> None:
    flat = np.zeros((2, 3, 3))
    flat[:, :, 0] = 10
    assert_array_equal(choose(flat, first=1, periods_per_year=YEAR), [-1, -1])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"first": 0}, "give 1 to 2"),
        ({"first": 3}, "give 1 to 2"),
        ({"first": 1, "train": 2}, "window 1 has 1 before it"),
        ({"first": 1, "heads": np.ones((1, 2, 3))}, "heads: shape"),
    ],
)
def test_impossible_choices_are_refused(arguments: dict[str, Any], message: str) -> None:
    moments = block((0.1, 10), (0.2, 10), (0.3, 10))[None]
    with pytest.raises(DataError, match=message):
        choose(moments, periods_per_year=YEAR, **arguments)


@pytest.mark.parametrize(("fill", "warmup"), [("next_open", 0), ("close", 0), ("next_open", 150)])
def test_one_trial_is_its_own_backtest_from_that_day(
    years: Dataset, fill: str, warmup: int
) -> None:
    terms = {**COSTS, "fill": fill, "borrow_bps": 30, "cash_rate": 0.02}
    candidate = Candidate("sma_crossover", {"fast": [10], "slow": [30]})
    found = walk_forward(candidate, years, start="2005-01-01", warmup=warmup, **terms)
    params = {"fast": 10, "slow": 30}
    first = int(years.frame.index.searchsorted(pd.Timestamp("2005-01-01", tz="UTC")))
    alone = run_backtest("sma_crossover", years, params, warmup=first, **terms)
    pd.testing.assert_series_equal(found.returns, alone.returns)
    assert found.result.metrics == alone.metrics
    assert found.returns.index[0] == years.frame.index[first]
    assert set(found.choices["trial"]) == {0}
    assert found.choices["params"].iloc[0]["fast"] == 10


def test_buy_and_hold_pays_to_enter_once(years: Dataset) -> None:
    found = walk_forward(Candidate("buy_and_hold", {}), years, **COSTS)
    assert found.result.metrics["n_trades"] == 1
    assert (found.result.positions.iloc[1:, 0] == found.result.positions.iloc[1, 0]).all()


def test_the_choice_is_the_best_of_what_was_known(years: Dataset) -> None:
    """Against the trials' own returns, cut at the window minus the embargo."""
    embargo = 7
    found = walk_forward(
        Candidate("sma_crossover", GRID), years, months=6, embargo_bars=embargo, **COSTS
    )
    points = [{"fast": f, "slow": s} for f in GRID["fast"] for s in GRID["slow"]]
    every = np.array([r for _, r in trial_returns("sma_crossover", years, points, **COSTS)])
    index = years.frame.index
    assert len(found.choices) == 11
    for row in found.choices.itertuples():
        start, stop = index.get_loc(row.start), index.get_loc(row.end) + 1
        known = [metrics.sharpe(r[: start - embargo], periods_per_year=YEAR) for r in every]
        assert row.trial == int(np.nanargmax(known))
        assert_allclose(row.is_sharpe, np.nanmax(known), rtol=1e-9)
        tested = metrics.sharpe(every[row.trial][start:stop], periods_per_year=YEAR)
        assert_allclose(row.oos_sharpe, tested, rtol=1e-9)
        curve = found.returns.loc[row.start : row.end]
        own = metrics.sharpe(curve, periods_per_year=YEAR)
        assert_allclose(row.curve_sharpe, own, rtol=1e-9)


def altered_after(dataset: Dataset, bar: int) -> Dataset:
    """The same data up to a bar, others after it."""
    frame = dataset.frame.copy()
    factor = np.ones(len(frame))
    rng = np.random.default_rng(1)
    factor[bar + 1 :] = np.exp(np.cumsum(rng.normal(0, 0.03, len(frame) - bar - 1)))
    for column in ("open", "high", "low", "close"):
        frame[column] = frame[column] * factor
    return from_frame(frame, name="altered", bars_per_year=dataset.meta.bars_per_year)


@pytest.mark.parametrize("embargo", [0, 15])
def test_choices_and_curve_use_no_future(years: Dataset, embargo: int) -> None:
    arguments: dict[str, Any] = {"months": 6, "train_months": 12, "embargo_bars": embargo, **COSTS}
    candidate = Candidate("sma_crossover", GRID)
    before = walk_forward(candidate, years, **arguments)
    window = before.choices.iloc[4]
    start = years.frame.index.get_loc(window["start"])
    # All is altered from the bar on that the choice for this window must not see.
    after = walk_forward(candidate, altered_after(years, start - 1 - embargo), **arguments)
    assert_array_equal(after.choices["trial"][:5], before.choices["trial"][:5])
    assert_allclose(after.choices["is_sharpe"][:5], before.choices["is_sharpe"][:5], rtol=1e-9)
    same = before.returns.index < years.frame.index[start - embargo]
    assert_allclose(after.returns[same], before.returns[same], rtol=1e-9, atol=1e-15)
    # Guards the test: the alteration does reach what comes later.
    assert not np.allclose(after.returns[~same], before.returns[~same])


def regimes() -> Dataset:
    """Two years of +0.05 % a day, then four of -0.05 % a day, with a little noise.

    No steeper: a short position of the first years must not be ruined by them, because an account
    that is ruined stays flat for good.
    """
    index = pd.bdate_range("2001-01-01", "2006-12-29", tz="UTC")
    rng = np.random.default_rng(3)
    drift = np.where(index < pd.Timestamp("2003-01-01", tz="UTC"), 0.0005, -0.0005)
    close = 100 * np.exp(np.cumsum(drift + rng.normal(0, 0.001, len(index))))
    table = pd.DataFrame(dict.fromkeys(("open", "high", "low", "close"), close), index=index)
    table["volume"] = 1.0
    return from_frame(table, name="regimes", bars_per_year=261.0)


def test_a_known_switch_of_regime_is_followed_a_window_later() -> None:
    data = regimes()
    candidate = Candidate(always, {"side": [-1, 1]})
    rolling = walk_forward(candidate, data, train_months=12, **COSTS)
    sides = [params["side"] for params in rolling.choices["params"]]
    assert sides == [1, 1, -1, -1, -1]
    assert list(rolling.choices.index) == ["2002", "2003", "2004", "2005", "2006"]
    # The anchored one sees two years up and one down before 2004, and three down before 2006.
    anchored = walk_forward(candidate, data, **COSTS)
    sides = [params["side"] for params in anchored.choices["params"]]
    assert sides[:3] == [1, 1, 1]
    assert sides[4] == -1


def test_a_switch_is_decided_on_the_windows_first_bar_and_paid_for() -> None:
    found = walk_forward(
        Candidate(always, {"side": [-1, 1]}), regimes(), train_months=12, fees_bps=100
    )
    trades = found.result.trades
    assert len(trades) == 2, "long until the switch, short after it"
    position = found.result.positions.iloc[:, 0]
    at = position.index.get_loc(found.choices.loc["2004", "start"])
    # Decided at the close of the window's first bar, filled at the next open.
    assert position.iloc[at] > 0 > position.iloc[at + 1]
    # Selling all and going short costs twice 1 % of equity, less what costs take from the size.
    assert_allclose(found.returns.iloc[at + 1], -0.02, atol=0.006)


def test_candidates_are_chosen_among_together() -> None:
    data = regimes()
    long, short = Candidate(always, {"side": [1]}), Candidate(always, {"side": [-1]})
    apart = walk_forward([short, long], data, train_months=12, **COSTS)
    together = walk_forward(Candidate(always, {"side": [-1, 1]}), data, train_months=12, **COSTS)
    pd.testing.assert_series_equal(apart.returns, together.returns)
    assert_array_equal(apart.choices["trial"], together.choices["trial"])
    assert list(apart.choices["strategy"]) == ["always"] * 5


def test_follow_after_the_grid_equals_all_in_one(years: Dataset) -> None:
    windows = calendar_windows(years.frame.index, 12)
    frame = run_grid("sma_crossover", years, GRID, windows=windows, **COSTS)
    found = follow(Evaluated("sma_crossover", frame), years, windows, **COSTS)
    whole = walk_forward(Candidate("sma_crossover", GRID), years, **COSTS)
    pd.testing.assert_frame_equal(found.choices, whole.choices)
    pd.testing.assert_series_equal(found.returns, whole.returns)


def test_windows_may_end_before_the_data(years: Dataset) -> None:
    windows = calendar_windows(years.frame.index, 12)
    shorter = dict(list(windows.items())[:-1])
    frame = run_grid("sma_crossover", years, GRID, windows=windows, **COSTS)
    part = follow(Evaluated("sma_crossover", frame), years, shorter, **COSTS)
    whole = follow(Evaluated("sma_crossover", frame), years, windows, **COSTS)
    pd.testing.assert_series_equal(part.returns, whole.returns[: len(part.returns)])
    assert len(part.choices) == len(whole.choices) - 1


def test_warm_up_bars_belong_to_no_window(years: Dataset) -> None:
    warmup = 300
    found = walk_forward(Candidate("sma_crossover", GRID), years, warmup=warmup, **COSTS)
    points = [{"fast": f, "slow": s} for f in GRID["fast"] for s in GRID["slow"]]
    run = trial_returns("sma_crossover", years, points, warmup=warmup, **COSTS)
    every = np.array([returns for _, returns in run])
    index = years.frame.index[warmup:]
    # The warm-up ends in March 2004, so that 2004 is nearly a whole year less two months: 2005
    # could be chosen for from nine tenths of a year only, 2006 from more.
    first = found.choices.iloc[0]
    known = every[:, : index.get_loc(first["start"])]
    sharpes = [metrics.sharpe(r, periods_per_year=YEAR) for r in known]
    assert first["trial"] == int(np.nanargmax(sharpes))
    assert found.choices.index[0] == "2006"


def test_an_idle_window_stays_out() -> None:
    """No trial moves in the first two years: the account stays out until one has."""
    data = regimes()
    late = Candidate(waits, {"until": [600]})
    found = walk_forward(late, data, **COSTS)
    assert list(found.choices["trial"]) == [-1, -1, 0, 0, 0]
    assert (found.returns.loc[:"2003"] == 0).all()
    assert (found.returns.loc["2004-02":] != 0).all()


@strategy("waits", version="1", warm_up=lambda **_: 0)
def waits(
    bars: Bars, *, until: Annotated[int, Param(0, 10_000, "bars", "bars to wait")] = 0
) -> np.ndarray:
    """Long from a bar on."""
    return (np.arange(len(bars)) >= until).astype(float)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"train_months": 18}, "a multiple of the window's 12 months"),
        ({"start": "2003-01-01"}, "a choice needs 1 whole windows before"),
        ({"start": "2030-01-01"}, "a choice needs 1 whole windows before"),
        ({"embargo_bars": 260}, "none would be left"),
        ({"embargo_bars": -1}, "give 0 or more"),
        ({"months": 7}, "months = 7"),
    ],
)
def test_what_cannot_be_walked_is_refused(
    years: Dataset, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        walk_forward(Candidate("buy_and_hold", {}), years, **arguments)
    with pytest.raises(DataError, match="there is none"):
        walk_forward([], years)


def test_windows_with_a_gap_are_refused(years: Dataset) -> None:
    windows = calendar_windows(years.frame.index, 12)
    frame = run_grid("buy_and_hold", years, {}, windows=windows)
    windows.pop("2006")
    with pytest.raises(DataError, match="'2005' and '2007' do not follow one another"):
        follow(Evaluated("buy_and_hold", frame), years, windows)


def test_no_edge_is_found_in_noise() -> None:
    """Walk-forward Sharpe ratios on random walks without costs are centred on 0.

    40 seeds over 8 years: one mean has a standard error of sqrt(1/8/40) = 0.056; 3.3 of them.
    """
    found = []
    for seed in range(40):
        data = load(f"synthetic:random_walk,seed={seed},bars=2088")
        run = walk_forward(Candidate("sma_crossover", GRID), data, threads=1)
        found.append(run.result.metrics["sharpe"])
    assert abs(np.mean(found)) < 3.3 * np.sqrt(1 / 7 / 40)
