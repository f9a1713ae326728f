"""Draws against the metrics on drawn bars, intervals by definition, against peers, and coverage."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy import stats
from scipy.signal import lfilter

from peaklib import metrics
from peaklib.errors import DataError
from peaklib.robustness.bootstrap.intervals import bootstrap_metric, interval, paired_interval
from peaklib.robustness.bootstrap.resampling import optimal_block_length, resample_indices
from peaklib.robustness.bootstrap.run_metrics import RETURN_METRICS, estimate, prepare
from peaklib.robustness.bootstrap.standard_errors import error_of_series

METHODS = ("percentile", "basic", "studentized", "bca")


@cache
def series(n: int = 400, seed: int = 1, flat: float = 0.0) -> np.ndarray:
    """Fat-tailed returns with a drift; a share of the bars is flat."""
    rng = np.random.default_rng(seed)
    returns = 0.001 + 0.01 * rng.standard_t(4, n)
    return np.where(rng.random(n) < flat, 0.0, returns)


@pytest.mark.parametrize("kind", ["stationary", "circular"])
@pytest.mark.parametrize("flat", [0.0, 0.7])
@pytest.mark.parametrize("metric", RETURN_METRICS)
def test_draws_are_the_metric_of_the_drawn_bars(metric: str, flat: float, kind: str) -> None:
    returns = series(flat=flat)
    drawn = bootstrap_metric(
        returns, metric, periods_per_year=252, resamples=30, block_length=6.0, kind=kind, seed=4
    )
    bars = resample_indices(returns.size, 6.0, kind=kind, resamples=30, seed=4)
    expected = [estimate(returns[rows], metric, 252.0) for rows in bars]
    np.testing.assert_allclose(drawn, expected, rtol=1e-9, atol=1e-12)


@given(
    st.lists(st.sampled_from([-0.5, -0.01, 0.0, 0.0, 0.02, 1.0]), min_size=2, max_size=12),
    st.sampled_from(RETURN_METRICS),
    st.sampled_from([1.0, 2.5, 40.0]),
)
@settings(max_examples=150)
def test_draws_are_undefined_exactly_where_the_metric_is(returns, metric, block_length) -> None:
    """Short series with ties and no risk: the running sums must not turn noise into a ratio."""
    drawn = bootstrap_metric(
        returns, metric, periods_per_year=12, resamples=20, block_length=block_length, threads=1
    )
    bars = resample_indices(len(returns), block_length, resamples=20, seed=0)
    expected = [estimate(np.asarray(returns)[rows], metric, 12.0) for rows in bars]
    np.testing.assert_allclose(drawn, expected, rtol=1e-9, atol=1e-12)


def test_nothing_is_earned_after_everything_is_lost() -> None:
    returns = np.array([0.1, 0.5, 0.2, -1.0])
    bars = resample_indices(4, 2.0, resamples=40, seed=0)
    lost = (returns[bars] == -1.0).any(axis=1)
    kept = {"periods_per_year": 4, "resamples": 40, "block_length": 2.0}
    for metric in ("ret", "cagr", "max_dd"):
        assert ((bootstrap_metric(returns, metric, **kept) == -1.0) == lost).all()
    assert 0 < lost.sum() < 40


@pytest.mark.parametrize("metric", ["sharpe", "omega", "ret", "max_dd", "tail_ratio"])
@pytest.mark.parametrize("method", ["percentile", "studentized"])
def test_result_is_the_same_for_any_number_of_threads(metric: str, method: str) -> None:
    found = {
        interval(
            series(), metric, periods_per_year=252, method=method, resamples=600, threads=threads
        )
        for threads in (1, 2, 5)
    }
    assert len(found) == 1


def test_percentile_and_basic_are_quantiles_of_the_draws() -> None:
    given_ = {"periods_per_year": 252, "resamples": 500, "seed": 3}
    low, high = np.quantile(bootstrap_metric(series(), **given_), [0.1, 0.9])
    value = metrics.sharpe(series(), periods_per_year=252)
    percentile = interval(series(), level=0.8, **given_)
    basic = interval(series(), level=0.8, method="basic", **given_)
    assert (percentile.low, percentile.high) == pytest.approx((low, high))
    assert (basic.low, basic.high) == pytest.approx((2 * value - high, 2 * value - low))
    assert (percentile.estimate, percentile.level, percentile.seed) == (value, 0.8, 3)


@pytest.mark.parametrize("method", METHODS)
def test_a_higher_level_gives_a_wider_interval(method: str) -> None:
    narrow, wide = (
        interval(series(), periods_per_year=252, level=level, method=method, resamples=500)
        for level in (0.5, 0.95)
    )
    assert wide.low < narrow.low < narrow.estimate < narrow.high < wide.high


def test_block_length_is_that_of_politis_and_white_and_at_least_one_bar() -> None:
    correlated = np.convolve(series(), np.ones(5) / 5)
    found = interval(correlated, periods_per_year=252, resamples=50)
    assert found.block_length == optimal_block_length(correlated) > 1.0
    calm = next(s for s in map(series, [400] * 20, range(20)) if optimal_block_length(s) < 1.0)
    assert interval(calm, periods_per_year=252, resamples=50).block_length == 1.0


def test_error_of_an_iid_sharpe_ratio_is_the_one_of_mertens() -> None:
    """Variance (1 + s²/2 - skew·s + (kurtosis - 3)/4·s²) / n of a Sharpe ratio s per bar.

    Source: Mertens (2002), Comments on variance of the IID estimator in Lo (2002).
    """
    returns = series(5_000, 2) + 0.004
    s = returns.mean() / returns.std()
    spread = 1 + s**2 / 2 - stats.skew(returns) * s + stats.kurtosis(returns) / 4 * s**2
    found = error_of_series(prepare(returns, "sharpe", 252.0), None, "stationary", 1.0)
    assert found == pytest.approx(np.sqrt(252 * spread / returns.size), rel=1e-3)


@pytest.mark.parametrize("kind", ["stationary", "circular"])
@pytest.mark.parametrize("metric", ["sharpe", "vol", "sortino", "omega", "cagr", "ret"])
def test_error_of_the_series_is_the_deviation_of_its_draws(metric: str, kind: str) -> None:
    """Linearised, so equal to first order; 20,000 draws give the deviation to 0.5 %."""
    returns = series(4_000, 3) * 0.3
    drawn = bootstrap_metric(
        returns, metric, periods_per_year=12, resamples=20_000, block_length=5.0, kind=kind
    )
    found = error_of_series(prepare(returns, metric, 12.0), None, kind, 5.0)
    # A compounded return is far from linear; its logarithm is not.
    scale = (1 + estimate(returns, "ret", 12.0)) if metric == "ret" else 1.0
    deviation = np.log1p(drawn).std() * scale if metric == "ret" else drawn.std()
    assert found == pytest.approx(deviation, rel=0.04)


def test_studentized_interval_by_hand_with_numpy() -> None:
    """Of the mean's own ratio: Sharpe with blocks of 4, errors from squared sums of influences."""
    returns, n, length = series(200, 6), 200, 4
    bars = resample_indices(n, length, kind="circular", resamples=400, seed=1)

    def influence(sample: np.ndarray) -> np.ndarray:
        mean, sigma = sample.mean(), sample.std(ddof=1)
        z = (sample - mean) / sigma
        return z - mean / sigma / 2 * (z**2 - np.mean(z**2))

    ratios, errors = [], []
    for rows in bars:
        sums = influence(returns[rows]).reshape(-1, length).sum(axis=1)
        ratios.append(returns[rows].mean() / returns[rows].std(ddof=1))
        errors.append(np.sqrt(np.sum(sums**2)) / n)
    own, value = influence(returns), returns.mean() / returns.std(ddof=1)
    around = [own @ np.roll(own, lag) * (1 - abs(lag) / length) for lag in range(-3, 4)]
    low, high = np.quantile((np.array(ratios) - value) / errors, [0.05, 0.95])
    expected = np.array(
        [value - high * np.sqrt(sum(around)) / n, value - low * np.sqrt(sum(around)) / n]
    )
    found = interval(
        returns,
        periods_per_year=1,
        method="studentized",
        resamples=400,
        block_length=length,
        kind="circular",
        seed=1,
    )
    np.testing.assert_allclose((found.low, found.high), expected, rtol=2e-2)


@pytest.mark.slow
def test_bca_of_independent_bars_is_that_of_scipy() -> None:
    """Other draws, so ends agree to their Monte-Carlo error; percentile lies visibly elsewhere."""
    returns = 0.01 * (np.random.default_rng(8).lognormal(0.0, 0.8, 120) - 1.2)
    theirs = stats.bootstrap(
        (returns,),
        lambda sample, axis: sample.std(axis=axis, ddof=1),
        confidence_level=0.9,
        n_resamples=20_000,
        method="BCa",
        rng=np.random.default_rng(1),
    ).confidence_interval
    given_ = {"periods_per_year": 1, "resamples": 20_000, "block_length": 1.0}
    ours = interval(returns, "vol", method="bca", **given_)
    plain = interval(returns, "vol", **given_)
    np.testing.assert_allclose((ours.low, ours.high), theirs, rtol=0.015)
    assert plain.high < 0.97 * ours.high


@pytest.mark.parametrize("method", ["percentile", "basic", "bca"])
@pytest.mark.parametrize("metric", ["sharpe", "max_dd"])
def test_a_series_differs_from_itself_by_nothing(metric: str, method: str) -> None:
    found = paired_interval(
        series(), series(), metric, periods_per_year=252, method=method, resamples=100
    )
    assert (found.estimate, found.low, found.high) == (0.0, 0.0, 0.0)


def test_a_difference_without_error_cannot_be_studentized() -> None:
    with pytest.raises(DataError, match="undefined in 100 of 100"):
        paired_interval(
            series(), series(), periods_per_year=252, method="studentized", resamples=100
        )


@pytest.mark.parametrize("metric", ["sharpe", "sortino", "calmar", "tail_ratio"])
def test_both_series_of_a_pair_are_drawn_by_the_same_bars(metric: str) -> None:
    returns, benchmark = series(), series(400, 2)
    given_ = {"periods_per_year": 252, "resamples": 300, "block_length": 5.0, "seed": 2}
    differences = bootstrap_metric(returns, metric, **given_) - bootstrap_metric(
        benchmark, metric, **given_
    )
    found = paired_interval(returns, benchmark, metric, **given_)
    assert (found.low, found.high) == pytest.approx(np.quantile(differences, [0.05, 0.95]))
    expected = estimate(returns, metric, 252.0) - estimate(benchmark, metric, 252.0)
    assert found.estimate == pytest.approx(expected)


def test_a_pair_that_moves_together_is_told_apart_more_sharply() -> None:
    returns = series(1_000, 5)
    benchmark = returns + 0.002 * np.random.default_rng(6).standard_normal(1_000)
    for method in ("percentile", "studentized"):
        alone = interval(returns, periods_per_year=252, method=method)
        pair = paired_interval(returns, benchmark, periods_per_year=252, method=method)
        assert pair.high - pair.low < 0.4 * (alone.high - alone.low)


def test_few_undefined_resamples_are_counted_and_many_are_refused() -> None:
    few_losses = np.where(np.arange(100) % 25 == 0, -0.01, 0.01)
    given_ = {"periods_per_year": 12, "block_length": 1.0, "resamples": 2_000}
    found = interval(few_losses, "omega", **given_)
    # No loss is drawn with probability 0.96^100 = 1.7 %; within 4 binomial deviations.
    assert abs(found.undefined - 33.7) < 4 * np.sqrt(33.7)
    one_loss = np.where(np.arange(100) == 50, -0.01, 0.01)
    with pytest.raises(DataError, match="undefined in"):
        interval(one_loss, "omega", **given_)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"returns": [0.1]}, "two bars"),
        ({"returns": [0.1, np.nan, 0.2]}, "row 2"),
        ({"returns": np.zeros(50)}, "undefined for this series"),
        ({"metric": "hit_rate"}, "one of sharpe"),
        ({"periods_per_year": 0}, "above 0"),
        ({"level": 1.0}, "between 0 and 1"),
        ({"method": "normal"}, "percentile, basic, studentized, bca"),
        ({"kind": "moving"}, "stationary, circular"),
        ({"block_length": 0.0}, "at least 1"),
        ({"resamples": 0}, "at least one"),
        ({"threads": 0}, "at least one"),
        ({"returns": np.full(8, 0.1)}, "at least 10"),
    ],
)
def test_intervals_refuse_what_they_cannot_answer(change: dict, words: str) -> None:
    with pytest.raises(DataError, match=words):
        interval(**({"returns": series(), "periods_per_year": 252} | change))


def test_a_pair_of_different_lengths_is_refused() -> None:
    with pytest.raises(DataError, match="399 bars beside 400"):
        paired_interval(series(), series()[1:], periods_per_year=252)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["stationary", "circular"])
def test_draws_have_the_distribution_of_arch(kind: str, sp500) -> None:
    """Kolmogorov-Smirnov on 4,000 draws each, at 1 in 1,000."""
    from arch.bootstrap import CircularBlockBootstrap, StationaryBootstrap

    returns = sp500.frame["close"].pct_change().dropna().to_numpy()
    peer = {"stationary": StationaryBootstrap, "circular": CircularBlockBootstrap}[kind]
    theirs = peer(9, returns, seed=1).apply(
        lambda sample: sample.mean() / sample.std(ddof=1) * np.sqrt(252), 4_000
    )
    ours = bootstrap_metric(
        returns, periods_per_year=252, resamples=4_000, block_length=9.0, kind=kind, seed=1
    )
    assert stats.ks_2samp(ours, theirs[:, 0]).pvalue > 1e-3


MEAN = 0.05
"""True mean of the simulated bars, in deviations: also their Sharpe ratio per bar."""


def covered(method: str, phi: float, n: int, runs: int, block_length: float | None) -> int:
    """In how many runs a 90 % interval holds the true Sharpe ratio of a Gaussian AR(1)."""
    hits = 0
    for run in range(runs):
        shocks = np.random.default_rng([run, n]).standard_normal(n + 100)
        bars = lfilter([np.sqrt(1.0 - phi**2)], [1.0, -phi], shocks)[100:]
        found = interval(
            0.01 * (bars + MEAN),
            periods_per_year=1,
            method=method,
            resamples=500,
            seed=run,
            block_length=block_length,
            threads=1,
        )
        hits += found.low <= MEAN <= found.high
    return hits


def within_binomial(hits: int, runs: int, lowest: float, highest: float) -> bool:
    """Whether hits of a chance in [lowest, highest] are that many, at 1 in 10,000 either side."""
    low = stats.binom(runs, lowest).ppf(1e-4)
    return bool(low <= hits <= stats.binom(runs, highest).ppf(1.0 - 1e-4))


# Of 500 draws the interpolated 5 % quantile lies at 25.95 / 501 = 5.18 % of their law, so 0.896 is
# what an exact bootstrap covers of independent bars; half a point is left for the skewness of the
# ratio. Of an AR(1) the blocks miss G / b of the variance, as every bootstrap by blocks does:
# phi = 0.3 has G = 2·phi / (1 - phi²) = 0.66, and at a block length b of 6 that is 11 %, so that
# 1.645·sqrt(0.89) deviations cover 0.879. The quantile takes 0.4 points here too, the mean that is
# taken off another 2·b / n = 2.4 % of the variance (0.4 points), and the noise of the variance,
# 2·b / n of it squared, about as much: 0.867. This is a shortfall of the method; no interval here
# is exact.
PROCESSES = [
    pytest.param(0.0, 1.0, 0.89, 0.90, id="independent"),
    pytest.param(0.3, None, 0.86, 0.90, id="ar1"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("phi", "block_length", "lowest", "highest"), PROCESSES)
@pytest.mark.parametrize("method", ["percentile", "studentized"])
def test_intervals_cover_as_often_as_they_promise(
    method: str, phi: float, block_length: float | None, lowest: float, highest: float
) -> None:
    assert within_binomial(covered(method, phi, 500, 200, block_length), 200, lowest, highest)


@pytest.mark.soak
@pytest.mark.parametrize(("phi", "block_length", "lowest", "highest"), PROCESSES)
@pytest.mark.parametrize("method", METHODS)
def test_intervals_of_all_methods_cover_in_the_long_run(
    method: str, phi: float, block_length: float | None, lowest: float, highest: float
) -> None:
    assert within_binomial(covered(method, phi, 500, 3_000, block_length), 3_000, lowest, highest)


@pytest.mark.slow
def test_without_blocks_dependence_is_missed() -> None:
    """Single bars see 1 / 1.86 of the variance at phi = 0.3: 1.645 / 1.36 deviations cover 0.77."""
    assert within_binomial(covered("percentile", 0.3, 500, 300, 1.0), 300, 0.75, 0.79)


def test_blocks_of_a_difference_are_as_long_as_the_difference_wants() -> None:
    random = np.random.default_rng(3)
    shared = np.zeros(2000)
    for t in range(1, 2000):
        shared[t] = 0.9 * shared[t - 1] + random.normal(0.0, 0.01)
    ours = shared + random.normal(0.0, 0.01, 2000)
    own = optimal_block_length(ours)
    found = paired_interval(ours, shared, periods_per_year=252, resamples=50)
    assert found.block_length == max(optimal_block_length(ours - shared), 1.0)
    assert found.block_length < own / 3
