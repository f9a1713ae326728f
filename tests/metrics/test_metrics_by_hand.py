"""Every function on four returns whose wealth, 1.25 0.625 1.25 0.9375, is exact in floats."""

from math import isnan, sqrt

import numpy as np
import pandas as pd
import pytest

from peaklib import metrics
from peaklib.errors import DataError
from peaklib.metrics import Drawdown

RETURNS = (0.25, -0.5, 1.0, -0.25)
# Mean 1/8; squared deviations 1/64 25/64 49/64 9/64 sum to 84/64, over n - 1 = 3: 7/16.
# Losses squared 1/4 + 1/16 = 5/16. Drawdowns 0, -1/2, 0, -1/4, squared also 5/16.


def close_to(expected: float) -> object:
    return pytest.approx(expected, rel=1e-14)


def test_total_return_compounds() -> None:
    assert metrics.total_return(RETURNS) == -0.0625


@pytest.mark.parametrize(
    ("periods_per_year", "expected"),
    [(4, -0.0625), (8, 0.9375**2 - 1), (2, sqrt(0.9375) - 1)],
    ids=["one year", "half a year", "two years"],
)
def test_cagr_is_the_growth_of_one_year(periods_per_year: float, expected: float) -> None:
    assert metrics.cagr(RETURNS, periods_per_year=periods_per_year) == close_to(expected)


def test_volatility_divides_by_n_minus_1() -> None:
    assert metrics.volatility(RETURNS, periods_per_year=4) == close_to(sqrt(7 / 16) * 2)


def test_sharpe_is_mean_over_deviation() -> None:
    assert metrics.sharpe(RETURNS, periods_per_year=4) == close_to(1 / sqrt(7))


def test_sharpe_takes_a_rate_a_year_and_compounds_it_down() -> None:
    # 21 % a year in two periods are 10 % each: the mean excess is 0.025.
    expected = 0.025 / sqrt(7 / 16) * sqrt(2)
    assert metrics.sharpe(RETURNS, periods_per_year=2, rf=0.21) == close_to(expected)


def test_sortino_divides_the_downside_by_all_n() -> None:
    assert metrics.sortino(RETURNS, periods_per_year=4) == close_to(2 / sqrt(5))


def test_sortino_measures_from_the_target_on_both_sides() -> None:
    # At 10 % a period the shortfalls are 0.6 and 0.35.
    expected = 0.025 / sqrt((0.36 + 0.1225) / 4) * sqrt(2)
    assert metrics.sortino(RETURNS, periods_per_year=2, mar=0.21) == close_to(expected)


def test_drawdown_names_peak_trough_and_recovery() -> None:
    assert metrics.drawdown(RETURNS) == Drawdown(depth=-0.5, peak=0, trough=1, recovery=2)


def test_max_drawdown_is_the_deepest() -> None:
    assert metrics.max_drawdown(RETURNS) == -0.5


def test_calmar_is_cagr_over_the_largest_drawdown() -> None:
    assert metrics.calmar(RETURNS, periods_per_year=4) == close_to(-0.125)


def test_ulcer_index_divides_by_all_n() -> None:
    assert metrics.ulcer_index(RETURNS) == close_to(sqrt(5) / 8)


def test_martin_ratio_is_cagr_over_ulcer() -> None:
    assert metrics.martin_ratio(RETURNS, periods_per_year=4) == close_to(-0.5 / sqrt(5))


def test_martin_ratio_subtracts_the_rate_of_a_year_from_cagr() -> None:
    found = metrics.martin_ratio(RETURNS, periods_per_year=4, rf=0.0375)
    assert found == close_to(-0.8 / sqrt(5))


def test_recovery_factor_compounds_and_keeps_the_sign() -> None:
    assert metrics.recovery_factor(RETURNS) == close_to(-0.125)


def test_omega_is_gains_over_losses() -> None:
    assert metrics.omega(RETURNS, periods_per_year=4) == close_to(1.25 / 0.75)


def test_omega_measures_from_the_target() -> None:
    found = metrics.omega(RETURNS, periods_per_year=2, mar=0.21)
    assert found == close_to((0.15 + 0.9) / (0.6 + 0.35))


def test_tail_ratio_interpolates_its_percentiles() -> None:
    # Ranks 2.85 and 0.15 of four: 0.25 + 0.85 * 0.75 over 0.5 - 0.15 * 0.25.
    assert metrics.tail_ratio(RETURNS) == close_to(0.8875 / 0.4625)


@pytest.mark.parametrize(
    ("returns", "expected"),
    [
        ([0.5, 0.25], Drawdown(0.0, -1, -1, -1)),
        ([-0.5, 0.5], Drawdown(-0.5, -1, 0, -1)),
        ([-0.5, 1.0], Drawdown(-0.5, -1, 0, 1)),
        ([0.25, -0.5, 0.5], Drawdown(-0.5, 0, 1, -1)),
        ([1.0, 0.0, -0.5, 0.5, -0.5], Drawdown(-0.625, 0, 4, -1)),
        ([-0.5, 1.0, -0.5, 1.0], Drawdown(-0.5, -1, 0, 1)),
        ([0.5, -1.0, 0.0], Drawdown(-1.0, 0, 1, -1)),
    ],
    ids=[
        "none",
        "from the start, never recovered",
        "from the start, recovered",
        "still below at the end",
        "one drawdown with a rally inside",
        "the first of two equal ones",
        "everything lost",
    ],
)
def test_drawdown_dates(returns: list[float], expected: Drawdown) -> None:
    assert metrics.drawdown(returns) == expected


@pytest.mark.parametrize("returns", [[0.1, -1.0, 0.0], [0.1, -1.5, 0.0]], ids=["zero", "debt"])
def test_cagr_of_a_lost_account_is_minus_one(returns: list[float]) -> None:
    assert metrics.cagr(returns, periods_per_year=252) == -1.0


@pytest.mark.parametrize(
    "undefined",
    [
        metrics.sharpe([0.01] * 10, periods_per_year=252),
        metrics.sortino([0.1, 0.0, 0.2], periods_per_year=252),
        metrics.calmar([0.1, 0.0, 0.2], periods_per_year=252),
        metrics.martin_ratio([0.1, 0.0, 0.2], periods_per_year=252),
        metrics.recovery_factor([0.1, 0.0, 0.2]),
        metrics.omega([0.1, 0.0, 0.2], periods_per_year=252),
        metrics.tail_ratio([0.0] * 10 + [1.0]),
    ],
    ids=["sharpe", "sortino", "calmar", "martin", "recovery", "omega", "tail"],
)
def test_ratio_over_zero_is_undefined(undefined: float) -> None:
    assert isnan(undefined)


def test_series_and_integers_are_taken_as_they_are() -> None:
    index = pd.date_range("2024-01-01", periods=4, tz="UTC")
    assert metrics.total_return(pd.Series(RETURNS, index=index)) == -0.0625
    assert metrics.total_return([1, 0, 1]) == 3.0


def test_input_is_left_as_it_was() -> None:
    returns = np.array(RETURNS)
    metrics.sharpe(returns, periods_per_year=4, rf=0.02)
    metrics.drawdown(returns)
    np.testing.assert_array_equal(returns, RETURNS)


@pytest.mark.parametrize(
    ("returns", "message"),
    [
        ([], r"non-empty series, found shape \(0,\)"),
        ([[0.1, 0.2]], r"non-empty series, found shape \(1, 2\)"),
        ([0.1, float("nan"), 0.2], "row 2 is nan; drop or fill it"),
        ([0.1, 0.2, float("inf")], "row 3 is inf; drop or fill it"),
    ],
)
def test_unusable_returns_are_refused_with_the_place(returns: list[float], message: str) -> None:
    with pytest.raises(DataError, match=message):
        metrics.total_return(returns)
