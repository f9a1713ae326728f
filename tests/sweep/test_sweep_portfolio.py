"""Wealth divided once, shares by risk parity, rules, and the words about a portfolio: by hand."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from builders import MakeBars

from peaklib.backtest import BacktestResult, run_backtest
from peaklib.data import Dataset, from_frame
from peaklib.errors import DataError
from peaklib.render import Verdict
from peaklib.robustness import Interval
from peaklib.sweep.portfolio import Rules, divided, gates_of, headline_of, verdict_of
from peaklib.sweep.portfolio.made import weights_of
from peaklib.sweep.portfolio.selection import correlation


def held(data: Dataset) -> BacktestResult:
    """An account that buys at the first close and keeps it, at no cost."""
    return run_backtest(np.ones(len(data)), data, fill="close")


def on_days(make_bars: MakeBars, closes: dict[int, float]) -> BacktestResult:
    """Holding an asset that has bars on some of the first weekdays of 2024 only."""
    days = max(closes) + 1
    frame = make_bars([closes.get(day, 1.0) for day in range(days)]).frame
    return held(from_frame(frame.iloc[sorted(closes)], name="gappy", bars_per_year=252.0))


# ---- wealth divided once --------------------------------------------------------------------


def test_wealth_is_divided_once_and_a_day_without_a_bar_keeps_its_value(
    make_bars: MakeBars,
) -> None:
    """By hand: a quarter in an asset of four days, the rest in one of the second and fourth."""
    whole = on_days(make_bars, {0: 100.0, 1: 110.0, 2: 99.0, 3: 121.0})
    late = on_days(make_bars, {1: 50.0, 3: 60.0})
    found = divided([whole, late], [0.25, 0.75])
    wealth = [1.0, 0.275 + 0.75, 0.2475 + 0.75, 0.3025 + 0.9]
    assert found.index.equals(whole.equity.index)
    assert np.cumprod(1 + found.to_numpy()) == pytest.approx(wealth, rel=1e-14)
    # One that ends earlier stands in cash from then on; the order of the two is no matter.
    again = divided([late, whole], [0.75, 0.25])
    pd.testing.assert_series_equal(found, again, rtol=1e-14, check_freq=False)


def test_equity_of_a_whole_is_the_weighted_sum_after_costs(make_bars: MakeBars) -> None:
    draws = np.random.default_rng(5).normal(0.0, 0.02, (2, 40))
    data = [make_bars(100 * np.cumprod(1 + row)) for row in draws]
    flips = np.where(np.arange(40) % 7 < 4, 1.0, -0.5)
    accounts = [run_backtest(flips, each, fees_bps=20.0) for each in data]
    found = divided(accounts, [0.3, 0.7])
    expected = 0.3 * accounts[0].equity + 0.7 * accounts[1].equity
    assert np.cumprod(1 + found.to_numpy()) == pytest.approx(expected.to_numpy(), rel=1e-12)
    pd.testing.assert_series_equal(
        divided(accounts[:1], [1.0]), accounts[0].returns, rtol=1e-12, check_freq=False
    )


def test_weights_that_are_no_shares_are_refused(make_bars: MakeBars) -> None:
    two = [on_days(make_bars, {0: 1.0, 1: 2.0})] * 2
    nan = float("nan")
    for wrong in ([0.5, 0.4], [1.2, -0.2], [1.0], [0.2, 0.3, 0.5], [nan, 1.0], [0.5, 0.5001]):
        with pytest.raises(DataError, match="one share each, 0 or more"):
            divided(two, wrong)


# ---- shares ---------------------------------------------------------------------------------


def test_every_member_brings_the_same_risk() -> None:
    """Independent: scikit-learn's Ledoit–Wolf covariance and Euler's shares of its variance."""
    from sklearn.covariance import LedoitWolf

    generator = np.random.default_rng(11)
    mixed = generator.normal(0.0, 1.0, (700, 4)) @ generator.normal(0.0, 0.01, (4, 4))
    returns = pd.DataFrame(mixed * [1.0, 3.0, 0.5, 2.0], columns=list("abcd"))
    found = weights_of(returns)
    weights = np.array([found[name] for name in returns])
    covariance = LedoitWolf().fit(returns.to_numpy()).covariance_
    shares = weights * (covariance @ weights) / (weights @ covariance @ weights)
    assert weights.sum() == pytest.approx(1.0, abs=1e-12)
    assert (weights > 0).all()
    assert shares == pytest.approx(np.full(4, 0.25), abs=1e-6)


def test_a_single_member_has_all_of_it() -> None:
    assert weights_of(pd.DataFrame({"only": [0.01, -0.02, 0.03]})) == {"only": 1.0}


# ---- likeness and rules ---------------------------------------------------------------------


def test_correlation_is_that_of_common_days_and_unknown_where_one_stands_still() -> None:
    days = pd.bdate_range("2024-01-01", periods=5)
    first = pd.Series([0.01, -0.02, 0.03, 0.01, 0.5], index=days)
    second = pd.Series([0.02, 0.01, -0.01, 0.9], index=days[[0, 1, 2, 3]])
    common = np.corrcoef(first.iloc[:4], second)[0, 1]
    assert correlation(first, second) == pytest.approx(common, abs=1e-11)
    assert np.isnan(correlation(first, first * 0))
    assert np.isnan(correlation(first.iloc[:1], first.iloc[:1]))
    assert np.isnan(correlation(first.iloc[:2], first.iloc[2:]))


def test_rules_outside_their_ranges_are_refused_by_name() -> None:
    wrong: dict[str, tuple[Any, ...]] = {
        "max_correlation": (1.0, -1.0, float("nan")),
        "min_dsr": (-0.1, 1.1, float("nan")),
        "max_pbo": (-0.1, 1.1),
        "members": (0,),
        "per_run": (0,),
    }
    for name, values in wrong.items():
        for value in values:
            with pytest.raises(DataError, match=name):
                Rules(**{name: value})


# ---- words ----------------------------------------------------------------------------------


class Few:
    """As much of a choice and a portfolio as the words ask for."""

    def __init__(self, members: int) -> None:
        self.rules, self.members = Rules(), ("one",) * members
        self.candidates, self.weights = ("one",) * 9, dict.fromkeys(map(str, range(members)), 0.5)


def difference(low: float, high: float) -> Interval:
    middle = (low + high) / 2
    return Interval("sharpe", middle, low, high, 0.9, "percentile", "stationary", 1.0, 2000, 1, 0)


def test_verdict_is_where_the_interval_of_the_difference_lies() -> None:
    made: Any = Few(2)
    told = {
        (0.1, 0.3): (Verdict.SUPPORTED, "2 members, Sharpe 0.20 above hold on unseen days"),
        (-0.1, 0.3): (
            Verdict.INCONCLUSIVE,
            "2 members, Sharpe 0.10 above hold on unseen days, which may be luck",
        ),
        (-0.3, -0.1): (Verdict.NOT_SUPPORTED, "2 members, Sharpe 0.20 below hold on unseen days"),
    }
    for ends, (verdict, headline) in told.items():
        found = difference(*ends)
        assert (verdict_of(made, found), headline_of(made, made, found)) == (verdict, headline)
    assert verdict_of(None, None) is Verdict.NOT_SUPPORTED
    nobody: Any = Few(0)
    told_nobody = "None of 9 trials meets the rules: there is no portfolio"
    assert headline_of(nobody, None, None) == told_nobody


def test_an_account_that_never_traded_on_unseen_days_is_not_praised() -> None:
    made: Any = Few(1)
    nan = float("nan")
    assert verdict_of(made, difference(nan, nan)) is Verdict.INCONCLUSIVE
    said = headline_of(made, made, difference(nan, nan))
    assert said == "One member, but no trade on unseen days: nothing to judge there"


def test_no_members_fail_the_first_two_gates_and_leave_the_others_out() -> None:
    nobody: Any = Few(0)
    gates = gates_of(nobody, None, None, 0)
    assert [(gate.sign, gate.name, gate.value) for gate in gates] == [
        ("fail", "Trials above the floors", "0 taken"),
        ("fail", "More than one idea", "0 members"),
    ]
