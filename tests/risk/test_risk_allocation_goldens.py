"""Published weights: Maillard-Roncalli-Teïletche, López de Prado's HRP, He and Litterman."""

import random
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from peaklib.risk.allocation.allocate import allocate, allocate_as
from peaklib.risk.allocation.black_litterman import Posterior, View, black_litterman, relative_view
from peaklib.risk.allocation.budgeting import (
    inverse_volatility_weights,
    risk_budgeting_weights,
)
from peaklib.risk.allocation.constraints import Constraints
from peaklib.risk.allocation.hierarchical import hrp_weights, leaf_order
from peaklib.risk.allocation.spec import AllocationSpec
from peaklib.risk.attribution.contributions import risk_shares

Floats = NDArray[np.float64]

COUNTRIES = ["AUL", "CAN", "FRA", "GER", "JAP", "UK", "USA"]
MARKET = pd.Series([0.016, 0.022, 0.052, 0.055, 0.116, 0.124, 0.615], COUNTRIES)
GERMANY = relative_view("GER", {"FRA": 0.052, "UK": 0.124}, 0.05)
CANADA = relative_view("CAN", "USA", 0.03)


def four_assets(correlation: list[list[float]]) -> Floats:
    volatility = np.array([0.10, 0.20, 0.30, 0.40])
    return np.array(correlation) * np.outer(volatility, volatility)


def percent(values: object, decimals: int = 1) -> list[float]:
    return [round(100 * float(value), decimals) + 0.0 for value in np.asarray(values)]


def two_pairs() -> Floats:
    return four_assets([[1, 0.8, 0, 0], [0.8, 1, 0, 0], [0, 0, 1, -0.5], [0, 0, -0.5, 1]])


def volatility_of(weights: Floats, covariance: Floats) -> float:
    return float(np.sqrt(weights @ covariance @ weights))


def test_four_assets_contribute_equally_as_maillard_roncalli_teiletche_print() -> None:
    """Golden: Maillard, Roncalli and Teïletche (2010), second example of section 4.1.

    Volatilities 10, 20, 30, 40 %, two pairs of correlation 0.8 and -0.5. Printed: equal weights
    have 11.5 % volatility; equal contributions 38.4, 19.2, 24.3, 18.2 % have 10.3 %. Recalled
    and recomputed.
    """
    weights = risk_budgeting_weights(two_pairs())
    assert percent(weights) == [38.4, 19.2, 24.3, 18.2]
    np.testing.assert_allclose(risk_shares(weights, two_pairs()), 0.25, atol=1e-12)
    found = [volatility_of(each, two_pairs()) for each in (np.full(4, 0.25), weights)]
    assert percent(found) == [11.5, 10.3]


@pytest.mark.slow
def test_four_assets_have_the_least_variance_that_they_print() -> None:
    """Golden: the same example: 74.5, 0, 15.2, 10.3 %, with 8.6 % volatility."""
    frame = pd.DataFrame(two_pairs(), list("abcd"), list("abcd"))
    rows = pd.DataFrame(np.eye(4)[:3], columns=list("abcd"))
    weights = allocate(rows, "minimum_variance", covariance=frame).weights.to_numpy()
    assert percent(weights) == [74.5, 0.0, 15.2, 10.3]
    assert percent([volatility_of(weights, two_pairs())]) == [8.6]


def test_equal_correlations_make_risk_parity_inverse_volatility() -> None:
    """Golden: the paper's first example, one correlation for all: 48, 24, 16, 12 %."""
    covariance = four_assets([[1.0 if i == j else 0.5 for j in range(4)] for i in range(4)])
    assert percent(risk_budgeting_weights(covariance), 2) == [48.0, 24.0, 16.0, 12.0]
    assert percent(inverse_volatility_weights(covariance), 2) == [48.0, 24.0, 16.0, 12.0]


def paper_covariance() -> Floats:
    """Covariance of the ten series of López de Prado's example.

    His program drew the columns to copy with Python 2, whose `randint(0, 4)` is the whole part of
    5 * random(); Python 3 draws others.
    """
    stream, columns = np.random.RandomState(12345), random.Random(12345)
    base = stream.normal(0, 1, size=(10_000, 5))
    copied = [int(columns.random() * 5) for _ in range(5)]
    noisy = base[:, copied] + stream.normal(0, 0.25, size=(10_000, 5))
    return np.cov(np.append(base, noisy, axis=1), rowvar=False)


def test_hrp_on_rows_gives_the_weights_printed_in_the_paper() -> None:
    """Golden: López de Prado (2016), exhibit 6, column HRP, recalled and recomputed.

    Both random streams of his program are replayed. The inverse-variance column agrees too, so
    that it is his data.
    """
    covariance = paper_covariance()
    inverse = 1 / np.diag(covariance)
    # fmt: off
    assert percent(inverse / inverse.sum(), 2) == [
        10.36, 10.28, 10.36, 10.25, 10.31, 9.74, 9.80, 9.65, 9.64, 9.61
    ]
    assert percent(hrp_weights(covariance, linkage_on="rows", leaves="tree"), 2) == [
        7.00, 7.59, 10.84, 19.03, 9.72, 10.19, 6.62, 9.10, 7.12, 12.79
    ]
    # fmt: on
    # The leaves of the paper's figure, counted from 1: 9, 2, 10, 1, 7, 3, 6, 4, 5, 8.
    assert (leaf_order(covariance, linkage_on="rows", leaves="tree") + 1).tolist() == [
        9,
        2,
        10,
        1,
        7,
        3,
        6,
        4,
        5,
        8,
    ]  # fmt: skip


def test_hrp_on_distances_gives_other_weights_than_the_paper() -> None:
    covariance = paper_covariance()
    on_rows, on_distances = (
        hrp_weights(covariance, linkage_on=on, leaves="tree") for on in ("rows", "distances")
    )
    assert np.abs(on_distances - on_rows).max() > 0.005


@pytest.mark.slow
def test_minimum_variance_of_the_papers_data_is_its_critical_line() -> None:
    """Golden: López de Prado (2016), exhibit 6, column CLA (long-only), recalled and recomputed.

    The eighth weight, recalled as 1.51, is left out: with it the column would sum to 100.02. The
    optimum on the seven assets of the column, solved exactly, has 1.49.
    """
    names = [str(at) for at in range(1, 11)]
    covariance = pd.DataFrame(paper_covariance(), names, names)
    rows = pd.DataFrame(np.eye(10)[:3], columns=names)
    found = allocate(rows, "minimum_variance", covariance=covariance).weights.to_numpy()
    printed = [14.44, 19.93, 19.73, 19.87, 18.68, 0.0, 5.86, 0.0, 0.0]
    np.testing.assert_allclose(100 * np.delete(found, 7), printed, atol=0.01)
    held = [0, 1, 2, 3, 4, 6, 7]
    exact = np.linalg.solve(covariance.to_numpy()[np.ix_(held, held)], np.ones(7))
    np.testing.assert_allclose(found[held], exact / exact.sum(), atol=1e-4)


def he_litterman(*views: View) -> Posterior:
    """Inputs of the paper: tables 1 and 2, delta 2.5, tau 0.05."""
    correlation = np.array(
        [
            [1.000, 0.488, 0.478, 0.515, 0.439, 0.512, 0.491],
            [0.488, 1.000, 0.664, 0.655, 0.310, 0.608, 0.779],
            [0.478, 0.664, 1.000, 0.861, 0.355, 0.783, 0.668],
            [0.515, 0.655, 0.861, 1.000, 0.354, 0.777, 0.653],
            [0.439, 0.310, 0.355, 0.354, 1.000, 0.405, 0.306],
            [0.512, 0.608, 0.783, 0.777, 0.405, 1.000, 0.652],
            [0.491, 0.779, 0.668, 0.653, 0.306, 0.652, 1.000],
        ]
    )
    volatility = np.array([0.160, 0.203, 0.248, 0.271, 0.210, 0.200, 0.187])
    covariance = pd.DataFrame(correlation * np.outer(volatility, volatility), COUNTRIES, COUNTRIES)
    return black_litterman(covariance, MARKET, views)


def test_equilibrium_of_seven_countries_is_table_2_of_he_and_litterman() -> None:
    """Golden: He and Litterman (1999), table 2: 3.9, 6.9, 8.4, 9.0, 4.3, 6.8, 7.6 %.

    Inputs as in the public notebook An Introduction to the Black-Litterman in Python, which says
    that they give the table's third column; the column is recalled and recomputed.
    """
    found = he_litterman()
    assert percent(found.prior) == [3.9, 6.9, 8.4, 9.0, 4.3, 6.8, 7.6]
    np.testing.assert_allclose(found.weights, MARKET / 1.05, rtol=1e-12)
    assert found.weights.sum() == pytest.approx(1 / 1.05, rel=1e-12)


def test_one_view_on_germany_is_table_4_of_he_and_litterman() -> None:
    """Golden: the same paper, table 4, recalled and recomputed."""
    found = he_litterman(GERMANY)
    assert percent(found.expected) == [4.3, 7.6, 9.3, 11.0, 4.5, 7.0, 8.1]
    assert percent(found.weights) == [1.5, 2.1, -4.0, 35.4, 11.0, -9.5, 58.6]
    assert percent(found.weights - MARKET / 1.05) == [0.0, 0.0, -8.9, 30.2, 0.0, -21.3, 0.0]
    assert found.view_weights.round(3).tolist() == [0.317]


def test_two_views_are_table_5_of_he_and_litterman() -> None:
    """Golden: the same paper, table 5: Germany over Europe by 5 %, Canada over the USA by 3 %.

    Recalled and recomputed: the paper is not at hand. A public notebook, An Introduction to the
    Black-Litterman in Python, computes returns and weights from these inputs by the same formulas
    and says that they are columns 3 and 4 of the table; the weights of the views are recalled.
    """
    found = he_litterman(GERMANY, CANADA)
    assert percent(found.expected) == [4.4, 8.7, 9.5, 11.2, 4.6, 7.0, 7.5]
    assert percent(found.weights) == [1.5, 41.9, -3.4, 33.6, 11.0, -8.2, 18.8]
    assert found.view_weights.round(3).tolist() == [0.298, 0.418]


def test_weights_are_the_market_and_the_views_scaled_by_one_plus_tau() -> None:
    """The identity of He and Litterman, equation 15, with equation 17 for the views' weights."""
    found = he_litterman(GERMANY, CANADA)
    sigma = np.asarray(found.covariance)
    base = np.asarray(he_litterman().covariance) / 1.05
    picks = np.zeros((2, 7))
    for row, view in enumerate((GERMANY, CANADA)):
        for asset, weight in view.weights.items():
            picks[row, COUNTRIES.index(asset)] = weight
    omega = np.diag(np.diag(0.05 * picks @ base @ picks.T))
    pull = 0.05 * np.linalg.solve(omega, np.array([0.05, 0.03])) / 2.5
    inner = omega / 0.05 + picks @ base @ picks.T / 1.05
    known = MARKET.to_numpy() + picks.T @ pull
    weights = pull - np.linalg.solve(inner, picks @ base @ known / 1.05)
    np.testing.assert_allclose(found.view_weights, weights, rtol=1e-10)
    np.testing.assert_allclose(
        found.weights, (MARKET.to_numpy() + picks.T @ weights) / 1.05, rtol=1e-10
    )
    assert np.linalg.eigvalsh(sigma - base).min() > 0


@pytest.mark.slow
def test_allocate_gives_the_portfolio_of_table_5() -> None:
    """Shorts are allowed there; under the default, long-only, France and the UK weigh nothing."""
    base = he_litterman().covariance / 1.05
    rows = pd.DataFrame(np.eye(7)[:3], columns=COUNTRIES)
    spec = AllocationSpec(
        method="black_litterman", covariance=base, market=MARKET, views=(GERMANY, CANADA)
    )
    free = allocate_as(rows, replace(spec, constraints=Constraints(long_only=False)))
    assert percent(free.weights) == [1.5, 41.9, -3.4, 33.6, 11.0, -8.2, 18.8]
    assert free.notes == ("the weights sum to 0.9524; the rest is cash",)
    kept = allocate_as(rows, spec)
    assert (kept.weights[["FRA", "UK"]] == 0).all()
    assert kept.objective < free.objective
