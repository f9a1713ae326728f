"""The table of all tests, and how often each of them rejects right and wrong forecasts."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from peaklib.data import load
from peaklib.errors import DataError
from peaklib.risk.var_tests.battery import run_var_tests
from peaklib.risk.var_tests.coverage import kupiec_pof, kupiec_region
from peaklib.risk.var_tests.durations import christoffersen_pelletier
from peaklib.risk.var_tests.dynamic_quantile import dynamic_quantile
from peaklib.risk.var_tests.exceptions import Exceptions, exceptions_of
from peaklib.risk.var_tests.independence import christoffersen_coverage, christoffersen_independence
from peaklib.risk.var_tests.null_tails import StudentTail
from peaklib.risk.var_tests.shortfall import acerbi_szekely

NORMAL = stats.norm.ppf(0.99), stats.norm.pdf(stats.norm.ppf(0.99)) / 0.01


def garch(n_days: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Returns and the volatility that was known before them."""
    draws, variance = rng.standard_normal(n_days), 1e-4
    returns, vols = np.empty(n_days), np.empty(n_days)
    for day in range(n_days):
        vols[day] = variance**0.5
        returns[day] = vols[day] * draws[day]
        variance = 2e-6 + 0.08 * returns[day] ** 2 + 0.90 * variance
    return returns, vols


def normal_forecasts(n_days: int, rng: np.random.Generator, scale: float = 1.0) -> Exceptions:
    """A 99 % forecast that is right where `scale` is 1."""
    returns, vols = garch(n_days, rng)
    var, shortfall = (scale * vols * factor for factor in NORMAL)
    return exceptions_of(returns, var, level=0.99, shortfall=shortfall)


def p_values(found: Exceptions, seed: int) -> list[float]:
    return [
        kupiec_pof(found.n_exceedances, found.n_days, found.tail).p_value,
        christoffersen_independence(found.hits).p_value,
        christoffersen_coverage(found.hits, found.tail).p_value,
        dynamic_quantile(found, simulations=99, seed=seed).p_value,
        christoffersen_pelletier(found.hits, simulations=99, seed=seed).p_value,
        acerbi_szekely(found, "Z1", simulations=99, seed=seed).p_value,
        acerbi_szekely(found, "Z2", simulations=99, seed=seed).p_value,
    ]


def rejections(scale: float, count: int, seed: int) -> np.ndarray:
    """Share of series on which each test has a p-value of 5 % or less."""
    rng = np.random.default_rng(seed)
    found = [p_values(normal_forecasts(1000, rng, scale), at) for at in range(count)]
    shares: np.ndarray = (np.array(found) <= 0.05).mean(axis=0)
    return shares


@pytest.mark.slow
def test_right_forecasts_are_rejected_about_as_often_as_promised() -> None:
    """1,000 days at 99 %: simulated tests hold 5 %, chi-squared ones as their page says."""
    count = 600
    kupiec, alone, whole, *simulated = rejections(1.0, count, 1)
    error = 3.5 * (0.05 * 0.95 / count) ** 0.5
    assert kupiec == pytest.approx(kupiec_region(1000, 0.01).rejection, abs=error)
    assert 0.0 < alone < 0.05
    assert 0.0 < whole < 0.06
    assert simulated == pytest.approx([0.05] * 4, abs=error)


@pytest.mark.slow
def test_a_var_a_fifth_too_small_is_found_by_all_that_look_at_the_rate() -> None:
    kupiec, _, whole, dynamic, _, size, both = rejections(0.8, 150, 2)
    assert min(kupiec, whole, dynamic, both) > 0.9
    # Z1 does not see the number: given an exceedance, sizes are off by less.
    assert 0.05 < size < kupiec


@pytest.mark.slow
def test_a_var_that_ignores_volatility_is_found_by_tests_of_clusters_alone() -> None:
    rng = np.random.default_rng(3)
    count, found = 150, []
    for seed in range(count):
        returns, _ = garch(1500, rng)
        flat = np.full(1500, -np.quantile(returns, 0.05))
        judged = exceptions_of(returns, flat, level=0.95)
        found.append(
            [
                kupiec_pof(judged.n_exceedances, 1500, 0.05).p_value,
                christoffersen_independence(judged.hits).p_value,
                dynamic_quantile(judged, simulations=99, seed=seed).p_value,
                christoffersen_pelletier(judged.hits, simulations=99, seed=seed).p_value,
            ]
        )
    kupiec, alone, dynamic, durations = (np.array(found) < 0.05).mean(axis=0)
    assert kupiec == 0.0
    assert alone > 0.25
    assert min(dynamic, durations) > 0.5


def test_the_table_says_what_each_test_says_alone() -> None:
    judged = normal_forecasts(600, np.random.default_rng(4), scale=0.7)
    table = run_var_tests(judged, null=StudentTail(5), simulations=199, seed=7).set_index("test")
    assert len(table) == 9
    alone = kupiec_pof(judged.n_exceedances, 600, 0.01)
    row = table.loc["Kupiec"]
    assert (row["statistic"], row["dof"], row["p_value"]) == (alone.statistic, 1, alone.p_value)
    assert row["decision"] == "rejected"
    assert row["sentence"] == f"{judged.n_exceedances} exceedances in 600 days, 6.0 promised"
    z2 = acerbi_szekely(judged, null=StudentTail(5), simulations=199, seed=7)
    assert table.loc["Acerbi–Székely Z2", "p_value"] == z2.p_value
    said = table.loc["Acerbi–Székely Z2", "sentence"]
    assert said.startswith(f"Z2 is −{-z2.statistic:.2f}; 5 % of right forecasts are below −")
    assert said.endswith("; tail: Student-t, 5 degrees of freedom")
    assert table.loc["Basel traffic light", "statistic"] == judged.hits[-250:].sum()
    assert table["dof"].isna().tolist() == [False] * 4 + [True] * 5


def test_a_decision_is_a_p_value_below_the_significance() -> None:
    judged = normal_forecasts(500, np.random.default_rng(5), scale=0.9)
    strict, lax = (
        run_var_tests(judged, significance=at, simulations=199).set_index("test")
        for at in (1e-9, 0.999)
    )
    words = ["kept", "rejected"]
    for table, word in zip((strict, lax), words, strict=True):
        assert set(table.drop("Basel traffic light")["decision"]) <= {word, "undefined"}
        assert table.loc["Kupiec", "decision"] == word


def test_a_quiet_series_is_undefined_where_it_cannot_answer() -> None:
    quiet = exceptions_of(
        np.full(250, 0.001), np.full(250, 0.02), level=0.99, shortfall=[0.03] * 250
    )
    table = run_var_tests(quiet, simulations=199).set_index("test")
    assert table["decision"].tolist() == [
        "rejected",
        "undefined",
        "undefined",
        "kept",
        "undefined",
        "kept",
        "green",
        "undefined",
        "kept",
    ]
    assert table.loc["dynamic quantile", "sentence"] == (
        "from a constant, 4 lags of the exceedances and the VaR; 5 of these repeat others"
    )
    assert table.loc["Acerbi–Székely Z1", "sentence"] == (
        "no exceedance: there is no loss beyond the VaR to judge"
    )
    assert table.loc["Basel traffic light", "sentence"] == (
        "0 exceedances in the last 250 days: green zone, multiplier 3.00"
    )


def test_the_days_between_are_called_by_the_side_of_one_that_their_shape_is_on() -> None:
    cases = (
        (np.r_[0:10, 200:210, 480:490], "below 1: rather in clusters"),
        (np.arange(10, 500, 25), "above 1: rather evenly spread"),
        ([3], "fewer than two exceedances: there are no durations"),
    )
    for hit, words in cases:
        returns = np.full(500, 0.001)
        returns[hit] = -0.03
        judged = exceptions_of(returns, np.full(500, 0.02), level=0.95)
        table = run_var_tests(judged, simulations=99).set_index("test")
        assert table.loc["Christoffersen–Pelletier, durations", "sentence"].endswith(words)
    alone = table.loc["Christoffersen, independence", "sentence"]
    assert alone == "0 of 1 day after an exceedance brought another, 1 of 498 after a quiet one"


def test_sentences_have_true_minus_signs_and_grouped_thousands() -> None:
    judged = normal_forecasts(3000, np.random.default_rng(6), scale=0.6)
    said = run_var_tests(judged, simulations=99)["sentence"]
    assert not said.str.contains(r"-\d|\d{4}|\b1 days\b|\b1 exceedances\b").any()
    assert said.str.contains("3,000 days").any()
    assert said.str.contains("−").sum() == 2


def test_without_shortfall_only_the_var_is_tested() -> None:
    data = load("sp500").frame["close"].pct_change().dropna()
    var = -data.rolling(500).quantile(0.01).shift(1)
    table = run_var_tests(exceptions_of(data, var, level=0.99), simulations=199)
    assert len(table) == 7
    assert not table["test"].str.contains("Acerbi").any()
    assert table["sentence"].iloc[0] == "73 exceedances in 4,530 days, 45.3 promised"
    assert isinstance(table["dof"].dtype, pd.Int64Dtype)
    with pytest.raises(DataError, match=r"significance is 5"):
        run_var_tests(exceptions_of(data, var, level=0.99), significance=5)
