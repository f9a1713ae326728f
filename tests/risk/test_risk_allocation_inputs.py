"""What is given to an allocation by mistake, and the words that it is refused with."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from peaklib.errors import DataError
from peaklib.risk.allocation.allocate import allocate
from peaklib.risk.allocation.black_litterman import View, black_litterman, equilibrium_returns
from peaklib.risk.allocation.catalogue import METHODS
from peaklib.risk.allocation.constraints import Constraints, GroupLimit
from peaklib.risk.allocation.covariance import estimate_covariance
from peaklib.risk.allocation.walk_forward import walk_forward_allocation

VALUES = 0.01 * np.random.default_rng(2).standard_normal((60, 3))
RETURNS = pd.DataFrame(VALUES, columns=list("abc"))
PRICES = 100 * (1 + RETURNS).cumprod()
COVARIANCE = RETURNS.cov()
MARKET = {"a": 0.5, "b": 0.3, "c": 0.2}

Call = Callable[[], object]


def _refused(cases: list[tuple[Call, str]]) -> None:
    for call, message in cases:
        with pytest.raises(DataError, match=message):
            call()


def test_returns_that_are_none_are_refused_by_every_method() -> None:
    wrong: list[tuple[Any, str]] = [
        (VALUES.tolist(), "returns: a list; give a pandas DataFrame with a row a bar"),
        (VALUES, "returns: a ndarray; give a pandas DataFrame"),
        (RETURNS["a"], r"returns: a Series; .*to_frame\('NAME'\)"),
        (RETURNS.assign(b="x"), "returns, column 'b': not numbers"),
        (PRICES, r"returns, row 0 \(0\), column 'a' is .*look like prices"),
        (RETURNS.assign(b=PRICES["b"]), r"column 'b' is .*look like prices"),
        (100 * RETURNS, r"column 'a' is -.* of 60 are below -1.*divide percent by 100"),
    ]
    for bad, words in wrong:
        for name in METHODS:
            with pytest.raises(DataError, match=words):
                allocate(bad, name)
        with pytest.raises(DataError, match=words):
            estimate_covariance(bad)


def test_options_of_another_kind_are_refused_with_their_name() -> None:
    options: list[tuple[str, dict[str, Any], str]] = [
        ("minimum_variance", {"constraints": {"upper": 0.5}}, r"a dict; give Constraints\("),
        ("minimum_variance", {"constraints": None}, "constraints: None; leave them out"),
        ("minimum_variance", {"covariance": COVARIANCE.to_numpy()}, "covariance: a ndarray; give"),
        ("minimum_variance", {"covariance": "ewma"}, "covariance = 'ewma'; give one of sample"),
        ("minimum_variance", {"covariance": "ewm", "half_life": "63"}, "half_life: a str; give a"),
        ("maximum_sharpe", {"expected": [0.1, 0.1, 0.1]}, "expected: a list; give one number"),
        ("maximum_sharpe", {"expected": {**MARKET, "a": "x"}}, "expected of 'a' = 'x'; give a num"),
        ("maximum_sharpe", {"risk_free": "0"}, "risk_free: a str; give a number"),
        ("risk_parity", {"budgets": [1, 1, 1]}, "budgets: a list; give one number for each"),
        ("hrp", {"linkage": ["single"]}, "linkage: a list; give one of its names"),
        ("black_litterman", {"market": [0.5, 0.3, 0.2]}, "market: a list; give one number"),
        ("black_litterman", {"market": MARKET, "views": {"a": 0.1}}, "views: a dict; give a list"),
        ("black_litterman", {"market": MARKET, "delta": "2"}, "delta: a str; give a number"),
    ]
    for name, given, words in options:
        with pytest.raises(DataError, match=words):
            allocate(RETURNS, name, **given)
    names: Any = ["hrp"]
    matrix: Any = VALUES
    _refused(
        [
            (lambda: allocate(RETURNS, names), r"method = \['hrp'\]; allowed"),
            (lambda: estimate_covariance(RETURNS, matrix), "covariance: a ndarray; give one of"),
        ]
    )


def test_constraints_of_another_kind_are_refused() -> None:
    group: Any = {"tech": ["a"]}
    text: Any = "0.3"
    bounds: Any = [0.1, 0.2, 0.3]
    members: Any = "abc"
    _refused(
        [
            (lambda: Constraints(long_only=text), "long_only = '0.3'; give True or False"),
            (lambda: Constraints(groups=group), "groups are a dict; give a tuple of GroupLimit"),
            (lambda: Constraints(max_leverage=text), "max_leverage = '0.3'; give a number"),
            (lambda: Constraints(previous=bounds), "previous is a list; give the weights held"),
            (lambda: GroupLimit("tech", members), "assets = 'abc'; give a tuple of their names"),
            (lambda: GroupLimit("tech", ("a",), upper=text), "'tech': upper = '0.3'; give a num"),
            (
                lambda: allocate(RETURNS, "hrp", constraints=Constraints(upper=bounds)),
                r"upper = \[0.1, 0.2, 0.3\]; give a number",
            ),
            (
                lambda: allocate(RETURNS, "hrp", constraints=Constraints(upper={"a": text})),
                "upper of 'a' = '0.3'; give a number",
            ),
        ]
    )


def test_views_and_markets_of_another_kind_are_refused() -> None:
    matrix: Any = COVARIANCE.to_numpy()
    text: Any = "0.1"
    pairs: Any = ["a", "b"]
    view = View({"a": 1.0}, 0.1)
    one: Any = view
    _refused(
        [
            (lambda: View(pairs, 0.1), "view: weights are a list; give them by asset"),
            (lambda: View({"a": 1.0}, text), "view: expected = '0.1'; give a number"),
            (lambda: View({"a": text}, 0.1), "view: a = '0.1'; give a number"),
            (lambda: black_litterman(matrix, MARKET), "covariance: a ndarray; give a pandas"),
            (lambda: equilibrium_returns(matrix, MARKET, 2.5), "covariance: a ndarray"),
            (lambda: black_litterman(COVARIANCE, pairs), "market weights are a list"),
            (lambda: black_litterman(COVARIANCE, MARKET, one), "views are no list of views"),
            (lambda: black_litterman(COVARIANCE, MARKET, [view], tau=text), "tau = '0.1'"),
            (lambda: black_litterman(COVARIANCE, MARKET, [view], delta=text), "delta = '0.1'"),
        ]
    )


def test_the_market_may_be_a_dict() -> None:
    by_series = black_litterman(COVARIANCE, pd.Series(MARKET), [View({"a": 1.0}, 0.1)])
    by_dict = black_litterman(COVARIANCE, MARKET, [View({"a": 1.0}, 0.1)])
    pd.testing.assert_series_equal(by_dict.weights, by_series.weights)


def test_what_is_no_panel_or_no_term_is_refused(make_panel: Any) -> None:
    prices: Any = PRICES
    panel = make_panel({name: PRICES[name].tolist() for name in "abc"})
    wrong: Any = {"mine": "hrp"}
    number: Any = 20.5
    _refused(
        [
            (lambda: walk_forward_allocation(prices, ["hrp"]), "panel: a DataFrame; give a panel"),
            (
                lambda: walk_forward_allocation(panel, ["hrp"], train_bars=20, covariance="ewm"),
                "has no option 'covariance'.*goes into its AllocationSpec",
            ),
            (lambda: walk_forward_allocation(panel, wrong), "'mine' is a str; give Allocation"),
            (
                lambda: walk_forward_allocation(panel, ["hrp"], train_bars=number),
                "train_bars = 20.5; give a whole number",
            ),
        ]
    )
