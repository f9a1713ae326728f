"""Acerbi and Székely's statistics by hand, their published critical values, and the null tails."""

import numpy as np
import pytest
from scipy import stats

from peaklib.errors import DataError
from peaklib.risk.var_tests.exceptions import Exceptions, exceptions_of
from peaklib.risk.var_tests.null_tails import NormalTail, NullTail, ResampledTail, StudentTail
from peaklib.risk.var_tests.shortfall import acerbi_szekely, simulated_shortfall


def promised(tail: float, dof: float = np.inf) -> tuple[float, float]:
    """VaR and expected shortfall of a standard Student-t by scipy's own integration."""
    law = stats.norm if np.isinf(dof) else stats.t(dof)
    quantile = -float(law.ppf(tail))
    beyond = law.expect(lambda x: -x, ub=-quantile)
    return quantile, float(beyond / tail)


def critical(test: str, tail: float, days: int, dof: float, shares: list[float]) -> np.ndarray:
    var, shortfall = promised(tail, dof)
    drawn = simulated_shortfall(
        np.full(days, var),
        np.full(days, shortfall),
        test,
        tail=tail,
        null=NormalTail() if np.isinf(dof) else StudentTail(dof),
        simulations=60_000,
        seed=1,
    )
    return np.quantile(drawn, shares)


def test_five_days_by_hand() -> None:
    returns = [0.01, -0.03, -0.06, 0.0, -0.02]
    found = exceptions_of(
        returns, [0.02, 0.02, 0.04, 0.04, 0.04], level=0.9, shortfall=[0.03, 0.03, 0.05, 0.05, 0.05]
    )
    # Losses over ES: 0.03/0.03 and 0.06/0.05 sum to 2.2; two hits, half a hit promised.
    assert acerbi_szekely(found, "Z1", simulations=99).statistic == pytest.approx(1 - 2.2 / 2)
    assert acerbi_szekely(found, "Z2", simulations=99).statistic == pytest.approx(1 - 2.2 / 0.5)


@pytest.mark.slow
def test_critical_values_of_z2_are_those_of_the_paper() -> None:
    """Acerbi and Székely (2014): 250 days at 97.5 %, 5 % of samples lie below -0.70.

    Recalled and recomputed: -0.70 for the normal and t with 100 degrees of freedom, -0.74
    with 5, -0.82 with 3; the paper was not at hand.
    """
    for dof, value in ((np.inf, -0.70), (100, -0.70), (5, -0.74), (3, -0.82)):
        found = critical("Z2", 0.025, 250, dof, [0.05])[0]
        assert found == pytest.approx(value, abs=0.01), dof


@pytest.mark.slow
def test_one_sample_in_ten_thousand_lies_below_minus_one_point_eight() -> None:
    """Acerbi and Székely (2014): -1.8 at 0.01 % for the normal; recalled and recomputed."""
    var, shortfall = promised(0.025)
    drawn = simulated_shortfall(
        np.full(250, var),
        np.full(250, shortfall),
        "Z2",
        tail=0.025,
        null=NormalTail(),
        simulations=1_000_000,
    )
    assert np.quantile(drawn, 1e-4) == pytest.approx(-1.8, abs=0.05)


@pytest.mark.slow
def test_critical_values_of_a_published_example_are_found() -> None:
    """MathWorks, pages of esbacktest unconditionalNormal and unconditionalT.

    1,966 days at 97.5 %, test level 99 %: -0.34639 for the normal, -0.42986 for t with 3
    degrees of freedom, both simulated there and printed.
    """
    assert critical("Z2", 0.025, 1966, np.inf, [0.01])[0] == pytest.approx(-0.34639, abs=0.005)
    assert critical("Z2", 0.025, 1966, 3, [0.01])[0] == pytest.approx(-0.42986, abs=0.015)


def test_a_simulation_of_whole_returns_gives_the_same_distribution() -> None:
    """Draws whole days with means and volatilities that move, and counts by the definition."""
    rng = np.random.default_rng(8)
    mean, vol = 0.001 * rng.standard_normal(120), 0.01 * np.exp(rng.standard_normal(120))
    for dof in (np.inf, 4.0):
        quantile, beyond = promised(0.05, dof)
        var, shortfall = quantile * vol - mean, beyond * vol - mean
        law = stats.norm if np.isinf(dof) else stats.t(dof)
        losses = -(mean + vol * law.rvs(size=(4000, 120), random_state=rng))
        hits = losses > var
        sums = (losses / shortfall * hits).sum(axis=1)
        z2, z1 = 1 - sums / (120 * 0.05), 1 - sums / np.maximum(hits.sum(axis=1), 1)
        null: NullTail = NormalTail() if np.isinf(dof) else StudentTail(dof)
        for test, direct in (("Z2", z2), ("Z1", z1[hits.any(axis=1)])):
            drawn = simulated_shortfall(
                var, shortfall, test, tail=0.05, null=null, simulations=4000, seed=2
            )
            drawn = drawn[~np.isnan(drawn)]
            assert stats.ks_2samp(drawn, direct).pvalue > 0.01, (test, dof)


def test_excesses_have_mean_one_and_the_shape_of_their_tail() -> None:
    rng = np.random.default_rng(3)
    residuals = stats.t(4).rvs(40_000, random_state=rng)
    tails: list[tuple[NullTail, object]] = [
        (NormalTail(), stats.norm),
        (StudentTail(4), stats.t(4)),
        (ResampledTail(residuals), None),
    ]
    for null, law in tails:
        drawn = null.excesses(0.025, 50_000, rng)
        assert drawn.min() > 0
        assert drawn.mean() == pytest.approx(1.0, abs=4 * drawn.std() / 50_000**0.5), null.name
        if law is None:
            continue
        quantile, beyond = promised(0.025, np.inf if law is stats.norm else 4)
        losses = quantile + drawn * (beyond - quantile)
        # A loss beyond the quantile has a uniform probability below its tail.
        ranks = law.cdf(-losses) / 0.025
        assert stats.kstest(ranks, "uniform").pvalue > 0.01, null.name


def test_resampled_excesses_are_those_of_the_largest_losses() -> None:
    residuals = np.concatenate([np.zeros(90), [-1.0], -np.arange(2.0, 12.0), [5.0] * 9])
    drawn = ResampledTail(residuals).excesses(0.1, 5000, np.random.default_rng(0))
    # 11 of 110 residuals are the tail: -1 to -11; the twelfth largest loss is 0.
    assert np.unique(drawn * 6).tolist() == pytest.approx(list(range(1, 12)))


def test_a_p_value_counts_the_observed_series_among_the_simulated() -> None:
    found = exceptions_of(
        np.full(250, -0.5), np.full(250, 0.02), level=0.99, shortfall=[0.03] * 250
    )
    worst = acerbi_szekely(found, "Z2", simulations=999)
    assert worst.p_value == 1 / 1000
    assert worst.statistic < worst.critical < 0
    assert (worst.n_exceedances, worst.simulations, worst.null) == (250, 999, "normal")


def test_without_an_exceedance_only_z2_has_an_answer() -> None:
    quiet = exceptions_of(
        np.full(250, 0.01), np.full(250, 0.02), level=0.99, shortfall=[0.03] * 250
    )
    assert acerbi_szekely(quiet, "Z2").statistic == 1.0
    assert acerbi_szekely(quiet, "Z2").p_value == 1.0
    one = acerbi_szekely(quiet, "Z1")
    assert np.isnan([one.statistic, one.p_value]).all()
    # (0.99)^250 of the simulations have no exceedance either, and are left out.
    assert one.simulations == pytest.approx(9999 * (1 - 0.99**250), rel=0.03)


def test_draws_repeat_with_their_seed_and_in_whole_when_they_are_many() -> None:
    given = (np.full(5000, 0.02), np.full(5000, 0.025), "Z2")
    terms = {"tail": 0.01, "null": NormalTail(), "simulations": 6000}
    one, same, other = (simulated_shortfall(*given, **terms, seed=seed) for seed in (1, 1, 2))
    assert one.shape == (6000,)
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)
    assert one.mean() == pytest.approx(0.0, abs=4 * one.std() / 6000**0.5)


def test_what_cannot_be_tested_is_refused() -> None:
    plain = exceptions_of(np.full(250, -0.5), np.full(250, 0.02), level=0.99)
    full = Exceptions(plain.returns, plain.var, plain.hits, 0.99, shortfall=plain.var * 1.1)
    few, alike = ResampledTail(np.zeros(500)), ResampledTail(np.zeros(5000))
    cases = [
        (plain, {}, "no expected shortfall"),
        (full, {"test": "Z3"}, "Z3 needs the whole distribution"),
        (full, {"simulations": 98}, "98 simulations"),
        (full, {"null": few}, "500 residuals have 5 in a tail of 0.01.*give 1000"),
        (full, {"null": alike}, "the 51 largest losses"),
        (full, {"null": ResampledTail([np.nan] * 2000)}, "finite"),
    ]
    for exceptions, options, message in cases:
        with pytest.raises(DataError, match=message):
            acerbi_szekely(exceptions, **options)
    with pytest.raises(DataError, match="no expected shortfall; give"):
        acerbi_szekely(plain)
    for dof in (1.0, 0.5, np.inf):
        with pytest.raises(DataError, match="degrees of freedom"):
            StudentTail(dof)
