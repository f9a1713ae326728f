"""Reverse stress: the smallest move that costs the limit, and nothing smaller does."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from scipy.optimize import minimize
from scipy.stats import norm

from peaklib.data import load_panel
from peaklib.errors import DataError
from peaklib.risk.stress.book import Book, book_of
from peaklib.risk.stress.reverse import reverse_factor, reverse_joint

DAYS = pd.bdate_range("2010-01-01", periods=80, tz="UTC")
NOISE = pd.DataFrame(
    0.01 * np.random.default_rng(3).standard_normal((80, 3)), index=DAYS, columns=list("abc")
)


def with_betas(weights, betas):
    return Book(weights, NOISE, betas=pd.DataFrame({"market": betas}, index=list("abc")))


def loss_at(weights, betas, move):
    moved = np.maximum(np.multiply.outer(betas, move), -1.0)
    return -np.tensordot(weights, moved, axes=1)


# --- one factor ---------------------------------------------------------------------------


def test_the_smallest_move_of_a_factor_is_the_limit_over_the_beta_of_the_book():
    """0.5 x 1.2 + 0.5 x 0.8 = 1: a loss of 20 % takes a fall of 20 %."""
    found = reverse_factor(with_betas({"a": 0.5, "b": 0.5}, [1.2, 0.8, 0]), "market", limit=0.2)
    assert (found.exists, found.move) == (True, pytest.approx(-0.2))
    assert found.moves == pytest.approx({"a": -0.24, "b": -0.16})


def test_a_short_book_is_broken_by_a_rise():
    found = reverse_factor(with_betas({"a": -2.0}, [1.0, 0, 0]), "market", limit=0.3)
    assert found.move == pytest.approx(0.15)


def test_a_symbol_that_has_lost_everything_loses_no_more():
    """a at five times is gone at -20 % and costs 0.1; b takes 0.4 / 0.9 for the rest."""
    found = reverse_factor(with_betas({"a": 0.1, "b": 0.9}, [5.0, 1.0, 0]), "market", limit=0.5)
    assert found.move == pytest.approx(-0.4 / 0.9)
    assert found.moves["a"] == -1.0


def test_a_limit_that_is_all_of_a_symbol_is_reached_where_it_is_gone():
    """1 / 1.4684645205099045 and limit / (weight x beta) differ in the last bit."""
    book = with_betas({"b": 0.3984375}, [0.0, 1.4684645205099045, 0.0])
    found = reverse_factor(book, "market", limit=0.3984375)
    assert found.move == pytest.approx(-1 / 1.4684645205099045)
    assert found.moves["b"] == pytest.approx(-1.0)


def test_where_nothing_breaches_the_limit_it_says_so():
    none = [
        ({"a": 0.0}, [1.0, 0, 0]),
        ({"a": 1.0}, [0.0, 0, 0]),
        ({"a": 0.3}, [0.5, 0, 0]),
        ({"a": 1.0, "b": -1.0}, [1.0, 1.0, 0]),
        ({"a": 1.0}, [5e-324, 0, 0]),
    ]
    for weights, betas in none:
        found = reverse_factor(with_betas(weights, betas), "market", limit=0.2)
        assert (found.exists, found.moves) == (False, {}), weights
        assert math.isnan(found.move)


@settings(max_examples=40)
@given(
    st.lists(st.floats(-2, 2), min_size=3, max_size=3),
    st.lists(st.floats(-3, 3), min_size=3, max_size=3),
    st.floats(0.01, 1.5),
)
def test_nothing_smaller_breaches_and_the_move_itself_does(weights, betas, limit):
    book = with_betas(dict(zip("abc", weights, strict=True)), betas)
    found = reverse_factor(book, "market", limit=limit)
    reach = abs(found.move) if found.exists else 10.0
    smaller = np.linspace(0, 0.9999 * reach, 200)
    smaller = np.concatenate([smaller, -smaller[smaller <= 1.0]])
    assert loss_at(weights, betas, smaller).max() < limit
    if found.exists:
        assert found.move >= -1.0
        assert loss_at(weights, betas, found.move) == pytest.approx(limit)
        assert -np.dot(weights, [found.moves.get(s, 0) for s in "abc"]) == pytest.approx(limit)


def test_the_beta_is_regressed_where_it_is_not_given(sp500):
    """Half in the index itself: a loss of 10 % takes a fall of 20 %."""
    market = sp500.frame["close"].pct_change().rename("market")
    book = Book({"market": 0.5}, market.to_frame(), factors=market.to_frame())
    assert reverse_factor(book, "market", limit=0.1).move == pytest.approx(-0.2)


# --- all symbols --------------------------------------------------------------------------


def stocks():
    returns = load_panel("stocks20").close[["JPM", "KO", "AMD", "XOM"]].pct_change().iloc[1:]
    return Book({"JPM": 0.6, "KO": 0.3, "AMD": -0.2, "XOM": 0.3}, returns)


def test_one_symbol_alone_falls_by_the_limit_over_its_weight():
    """Distance and probability are those of its own deviation, by scipy."""
    found = reverse_joint(Book({"a": -0.5}, NOISE), limit=0.01, horizon=4)
    assert found.moves == pytest.approx({"a": 0.02})
    assert found.distance == pytest.approx(0.02 / (2 * NOISE["a"].std()))
    assert found.probability == pytest.approx(norm.sf(found.distance), rel=1e-9)


def test_the_likeliest_moves_cost_the_limit_and_a_search_finds_none_nearer():
    """scipy's SLSQP minimises the Mahalanobis distance under the same loss."""
    book = stocks()
    found = reverse_joint(book, limit=0.1)
    moves = np.array(list(found.moves.values()))
    assert -book.shares @ moves == pytest.approx(0.1)
    inverse = np.linalg.inv(np.cov(book.returns.to_numpy(), rowvar=False))
    assert found.distance**2 == pytest.approx(moves @ inverse @ moves)
    searched = minimize(
        lambda x: x @ inverse @ x,
        np.full(4, -0.1),
        jac=lambda x: 2 * inverse @ x,
        constraints={"type": "eq", "fun": lambda x: book.shares @ x + 0.1},
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 500},
    )
    assert searched.fun == pytest.approx(found.distance**2, rel=1e-6)
    assert searched.x == pytest.approx(moves, abs=1e-4)


def test_the_probability_is_how_often_simulated_normal_returns_lose_the_limit():
    book = stocks()
    found = reverse_joint(book, limit=0.06, horizon=5)
    covariance = 5 * np.cov(book.returns.to_numpy(), rowvar=False)
    drawn = np.random.default_rng(5).multivariate_normal(np.zeros(4), covariance, 400_000)
    often = float((-drawn @ book.shares >= 0.06).mean())
    error = math.sqrt(found.probability * (1 - found.probability) / 400_000)
    assert 0.01 < found.probability < 0.2
    assert often == pytest.approx(found.probability, abs=4 * error)


def test_a_book_that_does_not_vary_is_never_breached():
    still = NOISE.assign(a=0.0)
    for book in (Book({"a": 0.0}, NOISE), Book({"a": 1.0}, still)):
        found = reverse_joint(book, limit=0.1)
        assert (found.exists, found.is_possible, found.moves) == (False, False, {})
        assert (found.distance, found.probability) == (math.inf, 0.0)


def test_moves_below_minus_one_are_told_to_be_impossible():
    book = Book({"a": 0.1, "b": 0.1}, NOISE)
    assert not reverse_joint(book, limit=0.5).is_possible
    assert reverse_joint(book, limit=0.05).is_possible


def test_a_limit_or_horizon_that_is_none_is_refused():
    book = book_of(NOISE["a"], factors=NOISE[["b"]])
    for limit in (0.0, -0.2, math.nan, math.inf):
        with pytest.raises(DataError, match="give a loss as a positive share"):
            reverse_factor(book, "b", limit=limit)
        with pytest.raises(DataError, match="give a loss as a positive share"):
            reverse_joint(book, limit=limit)
    with pytest.raises(DataError, match="horizon = 0; give a whole number, 1 or more"):
        reverse_joint(book, limit=0.1, horizon=0)
    with pytest.raises(DataError, match="reverse stress moves the factor 'oil'"):
        reverse_factor(book, "oil", limit=0.1)
