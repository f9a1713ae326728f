"""Supposed moves, betas, correlations, volatility and liquidity: by hand and by other libraries."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings, strategies as st
from scipy.stats import norm

from peaklib.data import load_panel
from peaklib.errors import DataError
from peaklib.risk.stress.betas import estimate_betas
from peaklib.risk.stress.book import Book, book_of
from peaklib.risk.stress.covariance import (
    daily_covariance,
    days_at_risk,
    normal_value_at_risk,
    pull_correlations,
)
from peaklib.risk.stress.scenarios import Historical, Hypothetical
from peaklib.risk.stress.shocks import shock, stress_moves, supposed_moves

DAYS = pd.bdate_range("2010-01-01", periods=80, tz="UTC")
RNG = np.random.default_rng(1)
MARKET = pd.DataFrame({"market": 0.01 * RNG.standard_normal(80)}, index=DAYS)
# Symbols that are exactly beta times the market; `idle` never moves.
EXACT = pd.DataFrame({"a": 1.5 * MARKET["market"], "b": -0.5 * MARKET["market"], "idle": 0.0})
WEIGHTS = {"a": 0.8, "b": 0.4, "idle": 0.2}
BETAS = pd.DataFrame({"market": [1.5, -0.5, 0.0]}, index=["a", "b", "idle"])


def supposed(**tables):
    return Hypothetical.model_validate(
        {
            "kind": "hypothetical",
            "name": "supposed",
            "title": "Supposed",
            "supposes": "Something is supposed.",
            "source": "Made up for a test.",
            **tables,
        }
    )


def book(**changes):
    return Book(WEIGHTS, EXACT, **({"factors": MARKET} | changes))


# --- moves --------------------------------------------------------------------------------


def test_a_factor_moves_each_symbol_by_its_beta():
    """-20 %: a falls by 30 %, b rises by 10 %; 0.8 x 0.3 - 0.4 x 0.1 = 0.20 is lost."""
    result = shock(book(), supposed(factors={"market": -0.2}))
    assert result.moves == pytest.approx({"a": -0.3, "b": 0.1, "idle": 0.0})
    assert result.loss == pytest.approx(0.20)
    assert (result.measure, result.cost) == ("instant", 0.0)
    assert math.isnan(result.var_before)
    assert math.isnan(result.var_after)


def test_given_betas_do_what_regressed_ones_do():
    given = shock(book(factors=None, betas=BETAS), supposed(factors={"market": -0.2}))
    assert given.loss == pytest.approx(0.20)


def test_no_symbol_falls_by_more_than_all_of_itself():
    moves = supposed_moves(book(), supposed(factors={"market": -0.9}))
    assert moves == pytest.approx({"a": -1.0, "b": 0.45, "idle": 0.0})


def test_a_symbol_stands_before_its_group_and_that_before_factors():
    scenario = supposed(factors={"market": -0.2}, groups={"g": -0.5}, symbols={"b": 0.25, "x": -1})
    moves = supposed_moves(book(groups={"g": ["a", "b", "other"]}), scenario)
    assert moves == pytest.approx({"a": -0.5, "b": 0.25, "idle": 0.0})


def test_what_the_book_does_not_have_is_an_error_that_says_so():
    cases = [
        (book(), supposed(factors={"oil": -0.5}), "the factor 'oil', and the book has market"),
        (book(factors=None), supposed(factors={"market": -0.5}), "the book has no factors"),
        (book(), supposed(groups={"banks": -0.5}), "the group 'banks', and the book has no groups"),
        (book(), supposed(symbols={"spy": -0.5}), "moves spy, and the book holds a, b, idle"),
        (
            book(groups={"one": ["a"], "two": ["a"]}),
            supposed(groups={"one": -0.5, "two": -0.1}),
            "moves 'a' as one of 'one' and one of 'two'",
        ),
        (
            book(factors=None, betas=BETAS.drop("b")),
            supposed(factors={"market": -0.5}),
            "the beta of 'b' to 'market' is nan",
        ),
    ]
    for held, scenario, message in cases:
        with pytest.raises(DataError, match=message):
            shock(held, scenario)


def test_stress_moves_leave_out_what_moves_no_price():
    past = {"kind": "historical", "title": "T", "happened": "It happened.", "source": "Made up it."}
    inside, outside = (
        Historical.model_validate({**past, "name": name, "from": start.date(), "to": end.date()})
        for name, start, end in (
            ("inside", DAYS[0], DAYS[2]),
            ("outside", DAYS[-2], DAYS[-1] + pd.Timedelta(days=3)),
        )
    )
    silent = supposed(volatility={"multiplier": 2})
    moves = stress_moves(
        book(),
        [
            inside,
            outside,
            silent.model_copy(update={"name": "silent"}),
            supposed(symbols={"a": -0.5}),
        ],
    )
    assert list(moves) == ["inside", "supposed"]
    assert moves["supposed"] == {"a": -0.5, "b": 0.0, "idle": 0.0}
    days = EXACT.iloc[1:3]
    assert moves["inside"] == pytest.approx(((1 + days).prod() - 1).to_dict())


# --- betas --------------------------------------------------------------------------------


def test_betas_are_those_of_statsmodels(sp500):
    returns = load_panel("stocks20").close[["JPM", "KO", "AMD"]].pct_change()
    factors = sp500.frame[["close"]].pct_change().rename(columns={"close": "market"})
    factors["lagged"] = factors["market"].shift(1)
    ours = estimate_betas(returns, factors)
    both = returns.join(factors, how="inner").dropna()
    for symbol in returns:
        theirs = sm.OLS(both[symbol], sm.add_constant(both[["market", "lagged"]])).fit().params
        assert ours.loc[symbol].to_dict() == pytest.approx(
            theirs[["market", "lagged"]].to_dict(), rel=1e-9
        ), symbol


def test_a_symbol_is_regressed_on_the_days_that_it_has():
    late = EXACT.copy()
    late.loc[DAYS[:20], "a"] = np.nan
    assert estimate_betas(late, MARKET).at["a", "market"] == pytest.approx(1.5)
    late.loc[DAYS[:21], "a"] = np.nan
    with pytest.raises(DataError, match=r"'a': it has 59 days in common .* needs 60"):
        estimate_betas(late, MARKET)


def test_factors_that_do_not_vary_apart_have_no_betas():
    twice = MARKET.assign(again=2 * MARKET["market"])
    still = MARKET.assign(market=0.25)
    for factors in (twice, still):
        with pytest.raises(DataError, match="do not vary apart"):
            estimate_betas(EXACT, factors)


def test_a_factor_that_is_not_named_moves_as_it_usually_does():
    """a = market + oil and oil = market / 2 + something: with the market alone, beta 1.5."""
    other = np.random.default_rng(2).standard_normal((80, 1))
    basis = np.linalg.qr(np.column_stack([np.ones(80), MARKET["market"], other]))[0]
    oil = 0.5 * MARKET["market"] + 0.01 * basis[:, 2]
    held = Book(
        {"a": 1.0},
        pd.DataFrame({"a": MARKET["market"] + oil}),
        factors=MARKET.assign(oil=oil),
    )
    assert supposed_moves(held, supposed(factors={"market": -0.1}))["a"] == pytest.approx(-0.15)
    both = supposed(factors={"market": -0.1, "oil": 0.0001})
    assert supposed_moves(held, both)["a"] == pytest.approx(-0.0999)


# --- correlation, volatility --------------------------------------------------------------


def test_correlations_are_pulled_by_hand():
    """Deviations 1 and 2, correlation 0.5; half of the way to 0.9 is 0.7: covariance 1.4."""
    pulled = pull_correlations(np.array([[1.0, 1.0], [1.0, 4.0]]), toward=0.9, strength=0.5)
    assert pulled == pytest.approx(np.array([[1.0, 1.4], [1.4, 4.0]]))


@settings(max_examples=40)
@given(
    st.integers(0, 1000),
    st.floats(0, 1),
    st.floats(0, 1),
)
def test_pulled_correlations_are_correlations_with_the_same_deviations(seed, toward, strength):
    numbers = np.random.default_rng(seed).standard_normal((5, 7))
    covariance = np.cov(numbers, rowvar=False)
    pulled = pull_correlations(covariance, toward=toward, strength=strength)
    assert np.diag(pulled) == pytest.approx(np.diag(covariance))
    assert np.linalg.eigvalsh(pulled).min() > -1e-12 * np.trace(covariance)
    deviations = np.sqrt(np.diag(covariance))
    scale = np.outer(deviations, deviations)
    assert pulled / scale - np.eye(7) == pytest.approx(
        (1 - strength) * covariance / scale
        + strength * toward * (1 - np.eye(7))
        + strength * np.eye(7)
        - np.eye(7)
    )


def test_a_pull_outside_its_range_is_refused():
    for wrong in ({"toward": -0.1}, {"toward": 1.1}, {"toward": 0.5, "strength": 2.0}):
        with pytest.raises(DataError, match="give a number in"):
            pull_correlations(np.eye(2), **wrong)


def test_with_all_correlations_one_deviations_add_up():
    """The value at risk is then z times |sum of weight x deviation|; z of scipy."""
    returns = load_panel("stocks20").close[["JPM", "KO", "AMD"]].pct_change().iloc[1:]
    held = Book({"JPM": 0.5, "KO": 0.5, "AMD": -0.2}, returns)
    result = shock(held, supposed(correlation={"toward": 1.0}), level=0.975, horizon=4)
    deviations = returns.std()
    whole = abs(0.5 * deviations["JPM"] + 0.5 * deviations["KO"] - 0.2 * deviations["AMD"])
    assert result.var_after == pytest.approx(norm.ppf(0.975) * 2 * whole, rel=1e-9)
    before = returns @ pd.Series(held.weights)
    assert result.var_before == pytest.approx(norm.ppf(0.975) * 2 * before.std(), rel=1e-9)
    assert (result.loss, result.measure) == (result.var_after, "var")


def test_twice_the_volatility_is_twice_the_value_at_risk():
    result = shock(book(), supposed(volatility={"multiplier": 2.0}))
    assert result.var_after == pytest.approx(2 * result.var_before, rel=1e-12)
    exact = norm.ppf(0.99) * MARKET["market"].std() * (0.8 * 1.5 - 0.4 * 0.5)
    assert result.var_before == pytest.approx(exact, rel=1e-9)


def test_a_perfect_hedge_has_no_value_at_risk():
    hedged = Book({"a": 1.0, "b": 3.0}, EXACT)
    result = shock(hedged, supposed(correlation={"toward": 0.0}))
    assert result.var_before == pytest.approx(0.0, abs=1e-9)
    assert result.var_after > 0.03


def test_a_covariance_needs_sixty_common_days():
    gap = EXACT.copy()
    gap.iloc[:21, 0] = np.nan
    with pytest.raises(DataError, match="59 days in common and need 60"):
        daily_covariance(Book(WEIGHTS, gap))
    assert daily_covariance(Book({"b": 1.0}, gap)) == pytest.approx(np.array([[EXACT["b"].var()]]))


def test_a_level_or_horizon_outside_its_range_is_refused():
    cases = [
        ({"level": 0.01}, "level = 0.01"),
        ({"level": 1.0}, "level = 1"),
        ({"days": 0.0}, "days = 0"),
        ({"days": math.inf}, "days = inf"),
    ]
    for wrong, message in cases:
        with pytest.raises(DataError, match=message):
            normal_value_at_risk(np.eye(1), np.ones(1), **wrong)
    for days in ((0, 1), (1, 0)):
        with pytest.raises(DataError, match="give a whole number, 1 or more"):
            days_at_risk(*days)


# --- liquidity ----------------------------------------------------------------------------


def test_the_time_of_getting_out_is_that_of_the_textbook_factor():
    """sqrt((1 + T)(1 + 2T) / 6T), 1.2472 for three days.

    Printed so in a preparation for the FRM exam (edupristine forum, 19 September 2014); the sum
    that it stands for is added up beside.
    """
    assert math.sqrt(days_at_risk(1, 3)) == pytest.approx(1.2472, abs=5e-5)
    for horizon, days in itertools.product((1, 5), (1, 2, 10, 60)):
        held = [1.0] * (horizon - 1) + [1 - k / days for k in range(days)]
        added = math.fsum(share**2 for share in held)
        assert days_at_risk(horizon, days) == pytest.approx(added, rel=1e-12), (horizon, days)


def test_getting_out_costs_both_longs_and_shorts_at_moved_prices():
    """1 % of 0.8 x 0.5 + 0.4 x 1 = 0.8, besides the 0.4 lost by the move of a."""
    held = Book({"a": 0.8, "b": -0.4}, EXACT)
    scenario = supposed(symbols={"a": -0.5}, liquidity={"cost_bps": 100, "days_to_exit": 10})
    result = shock(held, scenario)
    assert result.cost == pytest.approx(0.008)
    assert result.loss == pytest.approx(0.408)
    assert result.var_after == pytest.approx(math.sqrt(3.85) * result.var_before)


def test_liquidity_alone_loses_its_cost_at_once():
    result = shock(book_of(EXACT["a"]), supposed(liquidity={"cost_bps": 200}))
    assert (result.loss, result.measure) == (pytest.approx(0.02), "instant")
    assert result.var_after == result.var_before


def test_a_book_of_cash_loses_nothing_in_any_shock():
    cash = Book({"a": 0.0}, EXACT, factors=MARKET)
    for tables in (
        {"factors": {"market": -0.5}},
        {"symbols": {"spy": -0.5}},
        {"volatility": {"multiplier": 3}},
        {"liquidity": {"cost_bps": 500, "days_to_exit": 5}},
    ):
        assert shock(cash, supposed(**tables)).loss == 0.0, tables
