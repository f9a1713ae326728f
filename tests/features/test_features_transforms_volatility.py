"""Volatility features: hand-worked, published, from simulated prices, and library-independent."""

import math
from statistics import fmean, pstdev, variance

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from peaklib.data import Dataset
from peaklib.features.feature import Feature
from peaklib.features.transforms.atr import atr
from peaklib.features.transforms.ewm_volatility import ewm_volatility
from peaklib.features.transforms.garman_klass import garman_klass
from peaklib.features.transforms.parkinson import parkinson
from peaklib.features.transforms.realised_volatility import realised_volatility
from peaklib.features.transforms.yang_zhang import yang_zhang

LN2 = math.log(2.0)
NAN = np.nan
ALL = [atr, ewm_volatility, garman_klass, parkinson, realised_volatility, yang_zhang]
RANGED = [garman_klass, parkinson, yang_zhang]

# StockCharts' ChartSchool example of the 14-day ATR (QQQQ, spring 2010): high, low, close.
BARS = np.array(
    [
        *((48.70, 47.790, 48.160), (48.72, 48.140, 48.610), (48.90, 48.390, 48.750)),
        *((48.87, 48.370, 48.630), (48.82, 48.240, 48.740), (49.05, 48.635, 49.030)),
        *((49.20, 48.940, 49.070), (49.35, 48.860, 49.320), (49.92, 49.500, 49.910)),
        *((50.19, 49.870, 50.130), (50.12, 49.200, 49.530), (49.66, 48.900, 49.500)),
        *((49.88, 49.430, 49.750), (50.19, 49.725, 50.030), (50.36, 49.260, 50.310)),
        *((50.57, 50.090, 50.520), (50.65, 50.300, 50.410), (50.43, 49.210, 49.340)),
        *((49.63, 48.980, 49.370), (50.33, 49.610, 50.230), (50.29, 49.200, 49.238)),
        *((50.17, 49.430, 49.930), (49.32, 48.080, 48.430), (48.50, 47.640, 48.180)),
    ]
)
PRINTED = [0.56, 0.59, 0.59, 0.57, 0.62, 0.62, 0.64, 0.67, 0.69, 0.78, 0.78]


def run(feature: Feature, *inputs: object, **params: float) -> tuple[np.ndarray, ...]:
    """The feature's columns over these input columns."""
    columns = [np.asarray(part, dtype=float) for part in inputs]
    return feature.compute(columns, feature.resolve(params))


def of(feature: Feature, frame: pd.DataFrame, **params: float) -> np.ndarray:
    """The feature's first column over a table of bars."""
    return run(feature, *(frame[name] for name in feature.inputs), **params)[0]


def brownian(sigma: float, gap: float, drift: float, n_bars: int = 2500) -> pd.DataFrame:
    """Bars of a simulated log price; deviation per bar, of the gap before it, and drift."""
    steps = 400
    rng = np.random.default_rng(11)
    inner = rng.normal(drift / steps, sigma / math.sqrt(steps), (n_bars, steps)).cumsum(axis=1)
    jumps = rng.normal(0.0, gap, n_bars)
    start = np.concatenate([[0.0], (inner[:, -1] + jumps).cumsum()[:-1]]) + jumps
    path = start[:, None] + np.column_stack([np.zeros(n_bars), inner])
    logs = {
        "open": path[:, 0],
        "high": path.max(axis=1),
        "low": path.min(axis=1),
        "close": path[:, -1],
    }
    return pd.DataFrame(logs).apply(np.exp)


def test_ewm_volatility_worked_by_hand() -> None:
    # Log returns, in ln 2: 1, -1, 1, 2. Weight 2/3: mean square 1, then 1, then 1 + 2/3 x 3.
    (out,) = run(ewm_volatility, [1.0, 2.0, 1.0, 2.0, 8.0], span=2)
    assert_allclose(out, [NAN, NAN, LN2, LN2, math.sqrt(3) * LN2], rtol=1e-14)


@pytest.mark.parametrize("span", [1, 20, 100])
def test_ewm_volatility_is_the_recursion_of_pandas_from_a_mean_square(
    sp500: Dataset, span: int
) -> None:
    close = sp500.frame["close"]
    squares = (np.log(close).diff() ** 2).to_numpy()
    seeded = pd.Series([squares[1 : span + 1].mean(), *squares[span + 1 :]])
    expected = np.sqrt(seeded.ewm(span=span, adjust=False).mean())
    (out,) = run(ewm_volatility, close, span=span)
    assert np.isnan(out[:span]).all()
    assert_allclose(out[span:], expected, rtol=1e-9, atol=1e-16)


def test_realised_volatility_divides_by_the_number_of_returns(sp500: Dataset) -> None:
    close = sp500.column("close")[:60]
    moves = np.diff(np.log(close)).tolist()
    expected = [pstdev(moves[t - 20 : t]) for t in range(20, 60)]
    (out,) = run(realised_volatility, close)
    assert_allclose(out[20:], expected, rtol=1e-10)


def test_parkinson_worked_by_hand() -> None:
    # ln(high / low) is ln 2, then 2 ln 2: mean square 5/2 (ln 2)^2, by 4 ln 2.
    (out,) = run(parkinson, [2.0, 4.0], [1.0, 1.0], window=2)
    assert_allclose(out, [NAN, math.sqrt(5 * LN2 / 8)], rtol=1e-14)


def test_garman_klass_worked_by_hand() -> None:
    # ln(high / low) = 2 ln 2 and ln(close / open) = ln 2: 2 (ln 2)^2 - (2 ln 2 - 1)(ln 2)^2.
    (out,) = run(garman_klass, [1.0], [2.0], [0.5], [2.0], window=1)
    assert_allclose(out, [LN2 * math.sqrt(3 - 2 * LN2)], rtol=1e-14)


def test_yang_zhang_worked_by_hand() -> None:
    # Gaps, in ln 2: 1, -1, variance 2. Close over open: 0, 2, variance 2. Range terms: 0 where
    # open, low and close are one and the high 1 above, 1 x 1 = 1; then a bar that opens at its
    # low and closes at its high, 0. k = 0.34 / (1.34 + 3).
    open_, close = [1.0, 2.0, 1.0], [1.0, 2.0, 4.0]
    high, low = [1.0, 4.0, 4.0], [1.0, 2.0, 1.0]
    k = 0.34 / 4.34
    (out,) = run(yang_zhang, open_, high, low, close, window=2)
    expected = LN2 * math.sqrt(2 + 2 * k + (1 - k) / 2)
    assert_allclose(out, [NAN, NAN, expected], rtol=1e-14)


@pytest.mark.parametrize("window", [2, 20])
def test_range_estimators_equal_their_formulas_bar_by_bar(sp500: Dataset, window: int) -> None:
    frame = sp500.frame.iloc[:120]
    rows = list(frame[["open", "high", "low", "close"]].itertuples(index=False, name=None))
    k = 0.34 / (1.34 + (window + 1) / (window - 1))
    found = {feature.name: of(feature, frame, window=window) for feature in RANGED}
    for t in range(window, len(rows)):
        part, before = rows[t - window + 1 : t + 1], rows[t - window : t]
        squares = fmean(math.log(h / low) ** 2 for _, h, low, _ in part)
        bodies = [math.log(c / o) for o, _, _, c in part]
        gaps = [math.log(bar[0] / last[3]) for bar, last in zip(part, before, strict=True)]
        rogers = fmean(
            math.log(h / c) * math.log(h / o) + math.log(low / c) * math.log(low / o)
            for o, h, low, c in part
        )
        body = fmean(move**2 for move in bodies)
        total = variance(gaps) + k * variance(bodies) + (1 - k) * rogers
        assert_allclose(found["parkinson"][t] ** 2, squares / (4 * LN2), rtol=1e-12)
        assert_allclose(
            found["garman_klass"][t] ** 2, squares / 2 - (2 * LN2 - 1) * body, rtol=1e-12
        )
        assert_allclose(found["yang_zhang"][t] ** 2, total, rtol=1e-11)


def test_every_estimator_recovers_the_volatility_of_a_simulated_price() -> None:
    frame = brownian(sigma=0.02, gap=0.0, drift=0.0)
    for feature in [ewm_volatility, realised_volatility, *RANGED]:
        params = {"span" if feature is ewm_volatility else "window": 1000}
        # A range seen at 400 instants is some per cent too small; closes are not.
        assert_allclose(of(feature, frame, **params)[-1], 0.02, rtol=0.06)


def test_estimators_from_the_range_vary_less_than_the_one_from_closes() -> None:
    frame = brownian(sigma=0.02, gap=0.0, drift=0.0)
    spread = {f.name: of(f, frame)[20:].std() for f in [realised_volatility, *RANGED]}
    # Per bar, their variances are 5.2 and 7.4 times smaller in theory (and up to 14 times).
    assert spread["parkinson"] < spread["realised_volatility"] / 1.8
    assert spread["garman_klass"] < spread["parkinson"]
    assert spread["yang_zhang"] < spread["realised_volatility"] / 1.8


def test_yang_zhang_sees_gaps_and_the_others_do_not() -> None:
    frame = brownian(sigma=0.01, gap=0.02, drift=0.0)
    assert_allclose(of(yang_zhang, frame, window=1000)[-1], math.hypot(0.01, 0.02), rtol=0.05)
    for feature in (parkinson, garman_klass):
        assert_allclose(of(feature, frame, window=1000)[-1], 0.01, rtol=0.06)


def test_a_drift_hardly_moves_yang_zhang_and_swells_parkinson() -> None:
    still, drifting = (brownian(sigma=0.01, gap=0.0, drift=drift) for drift in (0.0, 0.015))
    found = {
        f.name: of(f, drifting, window=1000)[-1] / of(f, still, window=1000)[-1] for f in RANGED
    }
    assert_allclose(found["yang_zhang"], 1.0, atol=0.02)
    assert found["parkinson"] > 1.3


@pytest.mark.parametrize("feature", [garman_klass, yang_zhang], ids=lambda f: f.name)
def test_a_close_outside_the_range_cannot_make_a_negative_variance(feature: Feature) -> None:
    rows = np.tile([1.0, 1.0, 1.0, 3.0], (4, 1))
    rows[:, 1:3] = 1.5
    rows = rows * 3.0 ** np.arange(4)[:, None]
    out = run(feature, *rows.T, window=2)[0]
    assert_array_equal(out[2:], 0.0)


@pytest.mark.parametrize("feature", ALL, ids=lambda f: f.name)
def test_volatility_of_a_constant_price_is_zero(feature: Feature) -> None:
    for level in (33.3, 1e-3, 7e5):
        for column in run(feature, *[np.full(60, level)] * len(feature.inputs)):
            assert_array_equal(column[np.isfinite(column)], 0.0)
            assert np.isfinite(column[20:]).all()


@pytest.mark.parametrize("feature", ALL, ids=lambda f: f.name)
def test_volatility_does_not_depend_on_the_currency(sp500: Dataset, feature: Feature) -> None:
    frame = sp500.frame.iloc[:300]
    columns = [frame[name].to_numpy() for name in feature.inputs]
    # The last column is the relative one, also of the average true range.
    here = run(feature, *columns)[-1]
    there = run(feature, *[108.3 * column for column in columns])[-1]
    assert_allclose(there, here, rtol=1e-10)


def test_atr_worked_by_hand_and_starts_a_bar_after_its_window() -> None:
    # True ranges: none, 11 - 9, 14 - 10 over the gap up, 13 - 9 over the gap down.
    high, low, close = [10.0, 11.0, 14.0, 10.0], [8.0, 9.0, 12.0, 9.0], [9.0, 10.0, 13.0, 9.5]
    price, share = run(atr, high, low, close, window=2)
    assert_allclose(price, [NAN, NAN, 3.0, 3.5], rtol=1e-15)
    assert_allclose(share, [NAN, NAN, 3 / 13, 3.5 / 9.5], rtol=1e-15)


def test_atr_matches_a_published_series() -> None:
    # The article takes high - low for the first bar's true range. With a bar in front whose
    # close is inside that first bar, ours is the same, and so is all that follows.
    high, low, close = np.vstack([np.full(3, 48.16), BARS]).T
    price, _ = run(atr, high, low, close)
    assert_allclose(price[14:], PRINTED, atol=0.0061)


def test_atr_equals_the_smoothing_of_pandas(sp500: Dataset) -> None:
    frame = sp500.frame
    last = frame["close"].shift(1)
    parts = [
        frame["high"] - frame["low"],
        (frame["high"] - last).abs(),
        (frame["low"] - last).abs(),
    ]
    ranges = pd.concat(parts, axis=1).max(axis=1).to_numpy()
    seeded = pd.Series([ranges[1:15].mean(), *ranges[15:]])
    expected = seeded.ewm(alpha=1 / 14, adjust=False).mean()
    assert_allclose(of(atr, frame)[14:], expected, rtol=1e-11)
