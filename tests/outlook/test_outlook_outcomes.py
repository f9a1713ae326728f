"""What came after: by hand, by planted effects, and how often luck looks like one."""

import numpy as np
import pandas as pd
import pytest
from builders import MakeBars
from hypothesis import given, settings, strategies as st

from peaklib.data import Dataset, load
from peaklib.errors import DataError
from peaklib.outlook import ALL, chance_of_largest, forward_returns, outcomes, regimes
from peaklib.robustness.bootstrap.resampling import resample_indices

# Together they take long: `make test` runs them.
pytestmark = pytest.mark.slow

WORDS = {"c": "calm", "m": "middling", "w": "wild"}


def days_of(data: Dataset, names: str, horizons: list[int]) -> pd.DataFrame:
    """Forward returns of the last days, one regime a letter."""
    index = data.frame.index[-len(names) :]
    regime = pd.Series([WORDS[name] for name in names], index=index, name="regime")
    return forward_returns(data, regime, horizons)


# ---- returns ------------------------------------------------------------------------------------
def test_forward_returns_by_hand(make_bars: MakeBars) -> None:
    found = days_of(make_bars([100, 110, 121, 60.5, 66.55]), "cwwc", [1, 3])
    np.testing.assert_allclose(found["ret_1"], [0.1, -0.5, 0.1, np.nan])
    np.testing.assert_allclose(found["ret_3"], [66.55 / 110 - 1, np.nan, np.nan, np.nan])
    assert found["regime"].tolist() == ["calm", "wild", "wild", "calm"]


def test_a_horizon_beyond_the_data_has_no_returns(make_bars: MakeBars) -> None:
    days = days_of(make_bars([100, 110, 121]), "cwc", [9])
    assert days["ret_9"].isna().all()
    found = outcomes(days, [9], draws=np.zeros((4, 3), dtype=np.int64))
    assert found["n_days"].tolist() == [0, 0, 0]
    assert found[["mean", "low", "lead", "lead_lo"]].isna().all().all()
    assert chance_of_largest(days, [9], np.zeros((4, 3), dtype=np.int64)) == 1.0


@pytest.mark.parametrize("horizons", [[], [0, 5], [5, 5], [21, 5]])
def test_horizons_increase_from_one(make_bars: MakeBars, horizons: list[int]) -> None:
    with pytest.raises(DataError, match="give trading days from 1 up, increasing"):
        days_of(make_bars([100, 110]), "cc", horizons)


def test_regimes_of_other_days_are_refused(make_bars: MakeBars, sp500: Dataset) -> None:
    regime = pd.Series(["calm"], index=sp500.frame.index[:1])
    with pytest.raises(DataError, match="1 of 1 days with a regime are no days of the data"):
        forward_returns(make_bars([100, 110]), regime, [1])


# ---- tables -------------------------------------------------------------------------------------
def test_outcomes_by_hand(make_bars: MakeBars) -> None:
    days = days_of(make_bars([100, 110, 99, 99, 108.9, 98.01]), "cccwww", [1])
    found = outcomes(days, [1]).set_index("regime")
    assert found.index.tolist() == ["calm", "wild", ALL]
    assert found["n_days"].tolist() == [3, 2, 5]
    np.testing.assert_allclose(found["mean"], [0.0, 0.0, 0.0], atol=1e-15)
    np.testing.assert_allclose(found["median"], [0.0, 0.0, 0.0], atol=1e-12)
    np.testing.assert_allclose(found["positive"], [1 / 3, 1 / 2, 2 / 5])
    np.testing.assert_allclose(found.loc["calm", ["low", "high"]].astype(float), [-0.08, 0.08])
    assert "lead" not in found


def test_windows_that_do_not_overlap_are_counted(make_bars: MakeBars) -> None:
    data = make_bars(np.linspace(100, 120, 21))
    #                      0123456789…
    days = days_of(data, "wwwcccwcccwwwwwwwwccc", [4])
    found = outcomes(days, [4]).set_index("regime")
    # Wild: from 0, 6, 10 and 14; those from 17 on end behind the data.
    assert found.loc["wild", ["n_days", "n_apart"]].tolist() == [11, 4]
    assert found.loc[ALL, ["n_days", "n_apart"]].tolist() == [17, 5]  # 0, 4, 8, 12, 16


def test_history_drawn_as_it_was_has_intervals_of_no_width(make_bars: MakeBars) -> None:
    data = make_bars([100, 104, 103, 107, 101, 105, 109, 100])
    days = days_of(data, "cwcwccwm", [1, 2])
    itself = np.tile(np.arange(8), (5, 1))
    found = outcomes(days, [1, 2], draws=itself)
    known = found[found["n_days"] > 0]
    for name in ("mean", "lead"):
        np.testing.assert_allclose(known[f"{name}_lo"], known[name], atol=1e-15)
        np.testing.assert_allclose(known[f"{name}_hi"], known[name], atol=1e-15)
    assert chance_of_largest(days, [1, 2], itself) == 1.0  # without any spread there is no unit


@settings(max_examples=25)
@given(st.text("cmw", min_size=12, max_size=40), st.integers(1, 5), st.integers(0, 99))
def test_all_days_are_the_weighted_mean_of_their_regimes(
    make_bars: MakeBars, names: str, horizon: int, seed: int
) -> None:
    steps = 0.02 * np.random.default_rng(seed).standard_normal(len(names))
    days = days_of(make_bars(100.0 * np.exp(np.cumsum(steps))), names, [horizon])
    draws = resample_indices(len(days), 3.0, resamples=40, seed=seed)
    found = outcomes(days, [horizon], draws=draws).set_index("regime")
    parts, whole = found.drop(index=ALL).query("n_days > 0"), found.loc[ALL]
    assert parts["n_days"].sum() == whole["n_days"]
    assert np.average(parts["mean"], weights=parts["n_days"]) == pytest.approx(whole["mean"])
    assert np.dot(parts["lead"], parts["n_days"]) == pytest.approx(0.0, abs=1e-12)
    assert (whole["lead"], whole["lead_lo"], whole["lead_hi"]) == (0.0, 0.0, 0.0)
    sure = parts.dropna(subset=["mean_lo"])
    assert (sure["mean_lo"] <= sure["mean_hi"]).all()
    assert 0.0 < chance_of_largest(days, [horizon], draws) <= 1.0


def test_a_regime_that_few_draws_hold_has_no_interval(make_bars: MakeBars) -> None:
    data = make_bars(100.0 + np.arange(20) % 3)
    days = days_of(data, "w" + "c" * 19, [1])
    draws = np.tile(np.arange(20), (10, 1))
    draws[:4, 0] = 1  # four of ten draws hold no wild day
    found = outcomes(days, [1], draws=draws).set_index("regime")
    assert found.loc["wild", ["lead_lo", "lead_hi"]].isna().all()
    assert found.loc["calm", ["lead_lo", "lead_hi"]].notna().all()


@pytest.mark.parametrize(
    "draws",
    [np.zeros(3), np.zeros((2, 4)), np.full((2, 3), 3), np.full((2, 3), -1), np.zeros((0, 3))],
)
def test_draws_of_other_rows_are_refused(make_bars: MakeBars, draws: np.ndarray) -> None:
    days = days_of(make_bars([100, 110, 121]), "cwc", [1])
    for function in (
        lambda d: outcomes(days, [1], draws=d),
        lambda d: chance_of_largest(days, [1], d),
    ):
        with pytest.raises(DataError, match="there are 3 days; give a row for each resample"):
            function(draws.astype(np.int64))


def test_a_level_is_a_share(make_bars: MakeBars) -> None:
    days = days_of(make_bars([100, 110, 121]), "cwc", [1])
    with pytest.raises(DataError, match="level = 90; give the share"):
        outcomes(days, [1], level=90)
    with pytest.raises(DataError, match="no day with a regime"):
        outcomes(days.iloc[:0], [1])


# ---- luck ---------------------------------------------------------------------------------------
def test_intervals_are_the_quantiles_of_the_drawn_means(sp500: Dataset) -> None:
    days = forward_returns(sp500, regimes(sp500), [5])
    draws = resample_indices(len(days), 63.0, resamples=200, seed=7)
    found = outcomes(days, [5], draws=draws, level=0.8).set_index("regime")
    wild = []
    for row in draws:
        drawn = days.iloc[row]
        wild.append(drawn.loc[drawn["regime"] == "wild", "ret_5"].mean() - drawn["ret_5"].mean())
    ends = found.loc["wild", ["lead_lo", "lead_hi"]].astype(float)
    np.testing.assert_allclose(ends, np.quantile(wild, [0.1, 0.9]), rtol=1e-9)


def test_a_planted_effect_stands_out_and_its_opposite_does_not(make_bars: MakeBars) -> None:
    generator = np.random.default_rng(11)
    names = "".join(np.repeat(generator.permutation(list("cmw" * 20)), 20))
    drift = np.array([0.004 if name == "w" else 0.0 for name in names])
    noise = 0.01 * generator.standard_normal(len(names))
    draws = resample_indices(len(names), 20.0, resamples=300, seed=1)
    # A day's name is about the step behind it.
    ahead = np.concatenate([[0.0], (drift + noise)[:-1]])
    planted = days_of(make_bars(100.0 * np.exp(np.cumsum(ahead))), names, [1])
    nothing = days_of(
        make_bars(100.0 * np.exp(np.cumsum(np.concatenate([[0.0], noise[:-1]])))), names, [1]
    )
    assert chance_of_largest(planted, [1], draws) < 0.01
    assert chance_of_largest(nothing, [1], draws) > 0.05
    found = outcomes(planted, [1], draws=draws).set_index("regime")
    assert found.loc["wild", "lead_lo"] > 0.0
    assert found.loc["wild", "mean"] == pytest.approx(0.004, abs=0.002)


@pytest.mark.slow
def test_luck_looks_like_an_effect_about_as_often_as_the_page_says() -> None:
    """The page: 15 % of single intervals and 9 % of p-values, in 200 histories of 5031 days."""
    horizons, small, outside = [5, 21, 63], [], []
    for seed in range(40):
        data = load(f"synthetic:garch,seed={seed},bars=5031")
        days = forward_returns(data, regimes(data), horizons)
        draws = resample_indices(len(days), 63.0, resamples=200, seed=seed)
        small.append(chance_of_largest(days, horizons, draws) <= 0.05)
        found = outcomes(days, horizons, draws=draws)
        found = found[found["regime"] != ALL]
        outside.append(((found["lead_lo"] > 0) | (found["lead_hi"] < 0)).mean())
    assert np.mean(small) < 0.2
    assert 0.05 < np.mean(outside) < 0.25
