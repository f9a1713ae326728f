"""What each method admits, what is refused, and that what is asked is kept."""

import numpy as np
import pandas as pd
import pytest

from peaklib.errors import DataError
from peaklib.risk.allocation.allocate import allocate, allocate_as
from peaklib.risk.allocation.black_litterman import (
    View,
    absolute_view,
    black_litterman,
    relative_view,
)
from peaklib.risk.allocation.catalogue import ADMITS, METHODS, constraints_table
from peaklib.risk.allocation.constraints import KINDS, Constraints, GroupLimit
from peaklib.risk.allocation.covariance import estimate_covariance
from peaklib.risk.allocation.feasible import why_infeasible
from peaklib.risk.allocation.spec import AllocationSpec

NAMES = ["a", "b", "c", "d"]
EVEN = dict.fromkeys(NAMES, 0.25)
ASKED = {
    "long_only": Constraints(),
    "bounds": Constraints(upper=0.4),
    "groups": Constraints(groups=(GroupLimit("ac", ("a", "c"), upper=0.5),)),
    "turnover": Constraints(max_turnover=0.3, previous=EVEN),
    "leverage": Constraints(long_only=False, max_leverage=1.2),
}


@pytest.fixture(scope="module")
def returns() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    values = rng.normal(0.001, 1, (250, 4)) * [0.01, 0.02, 0.01, 0.03]
    values[:, 1] += values[:, 0]
    return pd.DataFrame(values, columns=NAMES)


def spec_of(method: str, constraints: Constraints) -> AllocationSpec:
    if method == "black_litterman":
        return AllocationSpec(
            method=method,
            constraints=constraints,
            market=EVEN,
            views=(relative_view("b", "d", 0.002), absolute_view("a", -0.001)),
        )
    return AllocationSpec(method=method, constraints=constraints)


def obeys(weights: pd.Series, kind: str) -> bool:
    kept = {
        "long_only": (weights >= 0).all(),
        "bounds": ((weights >= 0) & (weights <= 0.4 + 1e-6)).all(),
        "groups": weights[["a", "c"]].sum() <= 0.5 + 1e-6,
        "turnover": (weights - 0.25).abs().sum() <= 0.3 + 1e-6,
        "leverage": weights.abs().sum() <= 1.2 + 1e-6,
    }
    return bool(kept[kind])


@pytest.mark.slow
def test_what_a_method_admits_it_obeys(returns: pd.DataFrame) -> None:
    for method, row in ADMITS.items():
        for kind, answer in row.items():
            if answer != "no":
                found = allocate_as(returns, spec_of(method, ASKED[kind]))
                assert obeys(found.weights, kind), (method, kind)
                assert found.constraints is ASKED[kind]


def test_what_a_method_does_not_admit_is_an_error_that_names_those_that_do() -> None:
    refused = 0
    for method, row in ADMITS.items():
        for kind, answer in row.items():
            if answer == "no":
                able = [name for name in ADMITS if ADMITS[name][kind] != "no"]
                with pytest.raises(DataError, match=f"{kind!r}; these do: {', '.join(able)}"):
                    spec_of(method, ASKED[kind])
                refused += 1
    assert refused == 11


@pytest.mark.slow
def test_constraints_change_the_weights_that_they_bind(returns: pd.DataFrame) -> None:
    """Otherwise obeying them would prove nothing."""
    for kind in ("bounds", "groups", "turnover"):
        free = allocate(returns, "minimum_variance").weights
        assert not obeys(free, kind), kind


def test_the_table_of_constraints_lists_every_method_and_kind() -> None:
    table = constraints_table()
    assert list(table.index) == list(METHODS)
    assert list(table.columns) == list(KINDS)
    assert table.loc["hrp"].to_dict() == {
        "long_only": "always",
        "bounds": "yes",
        "groups": "no",
        "turnover": "no",
        "leverage": "always",
    }


def test_the_first_constraint_that_cannot_hold_is_named() -> None:
    """Each by arithmetic: four weights that sum to 1."""
    cases = {
        "bounds": Constraints(upper=0.2),
        "groups": Constraints(upper=0.3, groups=(GroupLimit("abc", ("a", "b", "c"), upper=0.6),)),
        "leverage": Constraints(long_only=False, lower={"a": 1.1}, max_leverage=1.1),
        "turnover": Constraints(lower={"d": 0.9}, max_turnover=1.2, previous=EVEN),
    }
    for kind, constraints in cases.items():
        reason = why_infeasible(constraints.limits(NAMES), invested=True)
        assert reason is not None, kind
        assert reason.startswith(f"constraints, {kind}: no weights that sum to 1"), reason


def test_constraints_that_can_just_hold_are_not_called_infeasible() -> None:
    """The same with the limit moved onto the only solution."""
    cases = (
        Constraints(upper=0.25),
        Constraints(upper=0.3, groups=(GroupLimit("abc", ("a", "b", "c"), upper=0.7),)),
        Constraints(long_only=False, lower={"a": 1.1}, max_leverage=1.2),
        Constraints(lower={"d": 0.9}, max_turnover=1.3, previous=EVEN),
    )
    for constraints in cases:
        assert why_infeasible(constraints.limits(NAMES), invested=True) is None, constraints


@pytest.mark.slow
def test_infeasible_constraints_are_an_error_of_allocate(returns: pd.DataFrame) -> None:
    for method in ("minimum_variance", "maximum_sharpe"):
        with pytest.raises(DataError, match=r"bounds that sum to 0 at least and 0\.8 at most"):
            allocate(returns, method, constraints=Constraints(upper=0.2))
    with pytest.raises(DataError, match=r"hrp: bounds sum to 0 at least and 0\.8 at most"):
        allocate(returns, "hrp", constraints=Constraints(upper=0.2))


def test_a_problem_without_a_best_portfolio_is_an_error(returns: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="no asset has a mean return above the risk-free"):
        allocate(returns, "maximum_sharpe", risk_free=0.5)
    copies = returns.assign(d=returns["a"])
    with pytest.raises(DataError, match="rank 3, so that some mix looks riskless"):
        allocate(copies, "minimum_variance")


@pytest.mark.slow
def test_an_unbounded_ratio_is_an_error(returns: pd.DataFrame) -> None:
    """Shorts without a limit, and means whose best mix is sold as a whole."""
    fallen = dict.fromkeys(NAMES, -0.001)
    with pytest.raises(DataError, match="CLARABEL found no best weights"):
        allocate(
            returns,
            "maximum_sharpe",
            expected=fallen,
            constraints=Constraints(long_only=False),
        )


def test_bad_constraints_are_refused_with_a_remedy() -> None:
    cases: dict[str, Constraints] = {
        "'z' is no asset": Constraints(upper={"z": 0.1}),
        "allows a short position": Constraints(lower=-0.1),
        "no weight obeys both": Constraints(lower=0.5, upper=0.2),
        "is NaN": Constraints(upper=float("nan")),
        "needs `previous`": Constraints(max_turnover=0.1),
        "give a positive fraction": Constraints(max_leverage=0.0),
        "members are missing or repeated": Constraints(groups=(GroupLimit("g", ("a", "a")),)),
        "'q' is no asset": Constraints(groups=(GroupLimit("g", ("q",), upper=1),)),
        "or both in this order": Constraints(groups=(GroupLimit("g", ("a",), 0.5, 0.2),)),
        "give a lower, an upper": Constraints(groups=(GroupLimit("g", ("a",)),)),
    }
    for words, constraints in cases.items():
        with pytest.raises(DataError, match=words):
            constraints.limits(NAMES)


def test_long_only_methods_refuse_less_than_full_leverage() -> None:
    with pytest.raises(DataError, match=r"sum to 1, and max_leverage is 0\.5"):
        AllocationSpec(method="hrp", constraints=Constraints(max_leverage=0.5))


def test_options_belong_to_their_methods(returns: pd.DataFrame) -> None:
    with pytest.raises(DataError, match=r"'hrp' has no option 'budgets'.*'risk_parity'"):
        allocate(returns, "hrp", budgets=EVEN)
    with pytest.raises(DataError, match="unknown option 'budget'; of 'risk_parity': budgets"):
        allocate(returns, "risk_parity", budget=EVEN)
    with pytest.raises(DataError, match="method = 'markowitz'; allowed: equal_weight"):
        allocate(returns, "markowitz")
    with pytest.raises(DataError, match="half_life belongs to covariance='ewm'"):
        allocate(returns, "hrp", half_life=20)
    with pytest.raises(DataError, match="give `market`"):
        allocate(returns, "black_litterman")
    with pytest.raises(DataError, match=r"differs from the assets of the returns in \['d'\]"):
        allocate(returns, "risk_parity", budgets={"a": 1, "b": 1, "c": 1})
    with pytest.raises(DataError, match="positive share of risk"):
        allocate(returns, "risk_parity", budgets={**EVEN, "d": 0.0})
    with pytest.raises(DataError, match="linkage = 'centroid'"):
        allocate(returns, "hrp", linkage="centroid")
    with pytest.raises(DataError, match="leaves = 'random'"):
        allocate(returns, "hrp", leaves="random")


def test_bad_returns_and_covariances_are_refused(returns: pd.DataFrame) -> None:
    holed = returns.copy()
    holed.loc[7, "c"] = np.nan
    cases: dict[str, pd.DataFrame] = {
        "row 7 .7., column 'c': nan": holed,
        "column 'a' stands there twice": returns.set_axis(["a", "a", "c", "d"], axis=1),
        "give two bars at least": returns.iloc[:1],
        "leave out an asset that never moves": returns.assign(b=0.01),
    }
    for words, bad in cases.items():
        with pytest.raises(DataError, match=words):
            allocate(bad, "hrp")
    with pytest.raises(DataError, match="give one of sample, ewm, ledoit_wolf"):
        estimate_covariance(returns, "shrunk")  # type: ignore[arg-type]  # a wrong name
    with pytest.raises(DataError, match="half_life = 300 over 250 bars"):
        estimate_covariance(returns, "ewm", half_life=300)
    values = returns.cov().to_numpy(copy=True)
    values[0, 1] *= 2
    lopsided = pd.DataFrame(values, NAMES, NAMES)
    with pytest.raises(DataError, match="not symmetric"):
        allocate(returns, "hrp", covariance=lopsided)
    with pytest.raises(DataError, match="not the columns of the returns in their order"):
        allocate(returns, "hrp", covariance=returns[["b", "a", "c", "d"]].cov())


def test_bad_views_are_refused(returns: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="confidence = 0"):
        absolute_view("a", 0.01, confidence=0.0)
    with pytest.raises(DataError, match="variance = -1"):
        View({"a": 1.0}, 0.01, variance=-1.0)
    with pytest.raises(DataError, match="a weight that is not 0"):
        View({"a": 0.0}, 0.01)
    with pytest.raises(DataError, match="positive weights"):
        relative_view("a", "a", 0.01)
    market = pd.Series(EVEN)
    with pytest.raises(DataError, match="view 1: 'z' is no asset"):
        black_litterman(returns.cov(), market, (absolute_view("a", 0.0), absolute_view("z", 0.0)))
    twice = (absolute_view("a", 0.01, confidence=1.0), absolute_view("a", 0.02, confidence=1.0))
    with pytest.raises(DataError, match="repeat or contradict each other"):
        black_litterman(returns.cov(), market, twice)
    with pytest.raises(DataError, match="tau = 0"):
        black_litterman(returns.cov(), market, tau=0.0)
    with pytest.raises(DataError, match="delta = -1"):
        black_litterman(returns.cov(), market, delta=-1.0)
    with pytest.raises(DataError, match=r"differ in \['d'\]"):
        black_litterman(returns.cov(), market.drop("d"))
