"""Trend-scanning labels against statsmodels, and by hand.

The source prints no table of labels (its example is a random walk without a seed), so that
the t-values are compared with an independent regression.
"""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from peaklib.data import Dataset
from peaklib.errors import DataError
from peaklib.labeling.trend import trend_scanning_labels

NAN = np.nan


def series(values: Any) -> pd.Series:
    stamps = pd.date_range("2024-01-01", periods=len(values), freq="D", tz="UTC")
    return pd.Series(values, index=stamps, dtype=np.float64)


def t_values(path: np.ndarray, least: int, most: int) -> dict[int, float]:
    """t-value of the slope for each horizon that ends at a price, by statsmodels."""
    # Late: it takes four seconds to import, which one worker of two need not spend.
    from statsmodels.regression.linear_model import OLS
    from statsmodels.tools import add_constant

    found = {}
    for length in range(least, min(most, path.size - 1) + 1):
        there = ~np.isnan(path[: length + 1])
        if there[-1] and there.sum() > 2:
            bars = np.flatnonzero(there).astype(np.float64)
            fit = OLS(path[: length + 1][there], add_constant(bars)).fit()
            found[length] = float(fit.tvalues[1])
    return found


@pytest.mark.parametrize("level", [1.0, 1e4])
@pytest.mark.parametrize(("least", "most"), [(2, 2), (3, 12), (10, 25)])
@pytest.mark.parametrize("holes", [0.0, 0.2])
def test_horizon_and_t_value_are_those_of_statsmodels(
    level: float, least: int, most: int, holes: float
) -> None:
    rng = np.random.default_rng(int(level) + least)
    close = series(level * (100 + np.cumsum(rng.normal(size=45))))
    close[rng.random(45) < holes] = NAN
    labels = trend_scanning_labels(close, min_horizon=least, max_horizon=most)
    rows = 0
    for bar, time in enumerate(close.index):
        found = {} if np.isnan(close.iloc[bar]) else t_values(close.to_numpy()[bar:], least, most)
        if not found:
            assert time not in labels.index
            continue
        rows += 1
        best = max(found, key=lambda length: abs(found[length]))
        row = labels.loc[time]
        assert row["bars_held"] == best
        assert row["t_value"] == pytest.approx(found[best], rel=1e-9)
        assert row["label"] == np.sign(found[best])
        assert row["exit_time"] == close.index[min(bar + most, 44)]
        assert row["return"] == pytest.approx(close.iloc[bar + best] / close.iloc[bar] - 1)
    assert len(labels) == rows > 10


@pytest.mark.parametrize("level", [1e3, 1e9])
def test_a_small_trend_on_a_high_price_keeps_its_t_value(level: float) -> None:
    """Squares of the prices themselves would have no digit left for these residuals."""
    noise = np.array([0, 1, 3, 2, 5, 4, 6, 9, 7, 8]) / 1024.0
    labels = trend_scanning_labels(series(level + noise), min_horizon=9, max_horizon=9)
    expected = t_values(noise, 9, 9)[9]
    assert labels["t_value"].tolist() == pytest.approx([expected], rel=1e-6)


def test_t_value_by_hand() -> None:
    # 1, 2, 4, 5 on 0 … 3: slope 1.4, squared residuals 0.2, sum of squares of time 5.
    labels = trend_scanning_labels(series([1, 2, 4, 5]), min_horizon=3, max_horizon=3)
    assert labels["t_value"].tolist() == pytest.approx([1.4 / np.sqrt(0.2 / 2 / 5)])
    assert labels["label"].tolist() == [1]
    assert labels["return"].tolist() == [4.0]


def test_a_falling_price_is_labelled_minus_one() -> None:
    labels = trend_scanning_labels(series([5, 4.1, 2.9, 2]), min_horizon=3, max_horizon=3)
    assert labels["label"].tolist() == [-1]
    assert labels["t_value"].iloc[0] < -10


@pytest.mark.parametrize(
    ("prices", "sign"),
    [
        ([1, 2, 3, 4], 1),
        ([4, 3, 2, 1], -1),
        ([0.1, 0.2, 0.3, 0.4], 1),
        ([1e9, 1e9 + 1, 1e9 + 2], 1),
    ],
)
def test_prices_on_a_line_have_an_infinite_t_value_and_the_shortest_horizon(
    prices: list[float], sign: int
) -> None:
    row = trend_scanning_labels(series(prices), min_horizon=2, max_horizon=9).iloc[0]
    assert row["t_value"] == sign * np.inf
    assert (row["label"], row["bars_held"]) == (sign, 2)


def test_prices_that_do_not_move_have_no_trend() -> None:
    flat = [0.3, 0.1 + 0.2, 0.3, 0.1 + 0.2, 0.3]
    for prices in ([7.0] * 5, flat):
        row = trend_scanning_labels(series(prices), min_horizon=2, max_horizon=4).iloc[0]
        assert (row["t_value"], row["label"], row["bars_held"]) == (0.0, 0, 2)


def test_a_slope_of_zero_has_no_trend() -> None:
    row = trend_scanning_labels(series([1, 2, 1]), min_horizon=2, max_horizon=2).iloc[0]
    assert (row["t_value"], row["label"], row["return"]) == (0.0, 0, 0.0)


def test_close_to_the_end_the_horizons_that_fit_compete() -> None:
    labels = trend_scanning_labels(series([1, 3, 2, 5, 4, 6]), min_horizon=3, max_horizon=4)
    assert labels.index.day.tolist() == [1, 2, 3]
    assert labels["bars_held"].tolist()[2] == 3


def test_a_label_is_known_at_the_end_of_the_longest_horizon_and_not_of_its_trend() -> None:
    close = series([1, 2, 3, 1, 1, 1, 1])
    row = trend_scanning_labels(close, min_horizon=2, max_horizon=5).iloc[0]
    assert row["bars_held"] == 2
    assert row["return"] == 2.0
    assert row["exit_time"] == close.index[5]


def test_an_event_without_a_price_or_with_fewer_than_three_gets_no_label() -> None:
    assert trend_scanning_labels(series([NAN, 1, 3, 2]), min_horizon=3, max_horizon=3).empty
    assert trend_scanning_labels(series([1, NAN, 3]), min_horizon=2, max_horizon=2).empty
    assert trend_scanning_labels(series([1, 2, NAN]), min_horizon=2, max_horizon=2).empty


def test_table_has_its_columns_and_only_the_events(sp500: Dataset) -> None:
    close = sp500.frame["close"]
    events = pd.DatetimeIndex(close.index[::50])
    labels = trend_scanning_labels(close, events, min_horizon=5, max_horizon=20)
    assert list(labels.columns) == ["exit_time", "return", "label", "t_value", "bars_held"]
    assert labels.index.isin(events).all()
    assert labels["label"].dtype == np.int64
    everything = trend_scanning_labels(close, min_horizon=5, max_horizon=20)
    pd.testing.assert_frame_equal(labels, everything.loc[labels.index])


@pytest.mark.parametrize(
    ("least", "most", "message"),
    [
        (1, 5, "min_horizon is 1: give a whole number of bars, 2 or more"),
        (5, 4, "max_horizon 4 is below min_horizon 5"),
        (2, 2.5, "max_horizon is 2.5"),
    ],
)
def test_horizons_that_cannot_be_used_are_refused(least: int, most: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        trend_scanning_labels(series([1, 2, 3]), min_horizon=least, max_horizon=most)
