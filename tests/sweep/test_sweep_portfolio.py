"""Wealth divided once, shares by risk parity, rules, and the words about a portfolio: by hand."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from builders import MakeBars
from scratch import make_project

from peaklib.backtest import BacktestResult, run_backtest
from peaklib.data import Dataset, from_frame, load
from peaklib.errors import DataError, EvidenceError
from peaklib.render import Fact, Verdict
from peaklib.render.first_screen import Sign
from peaklib.robustness import Interval
from peaklib.sweep import preview
from peaklib.sweep.portfolio import (
    Choice,
    Portfolio,
    Rules,
    build,
    candidates_table,
    choose,
    divided,
    gates_of,
    headline_of,
    looks_behind,
    sentences_of,
    verdict_of,
)
from peaklib.sweep.portfolio.made import weights_of
from peaklib.sweep.portfolio.selection import correlation, judged

SPLIT = "2011-08-01"
# Two rules on two series of three years: small enough for the inner loop.
SWEEP = f"""question = "Is the choice blind to later days?"
notebook = "notebooks/sweep_cell.ipynb"
seed = 3
[foreach]
strategy = ["sma_crossover", "rsi_reversion"]
dataset = ["data/a.csv", "data/b.csv"]
[grid.sma_crossover]
fast = [5, 10]
slow = [20, 40]
[grid.rsi_reversion]
window = [5, 14]
oversold = [30, 40]
[split]
at = "{SPLIT}"
"""
FREE = Rules(min_dsr=0.0, max_pbo=1.0, min_days=20)


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
        "min_days": (0, -5),
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


def gates(*signs: Sign) -> list[Fact]:
    return [Fact(sign, "gate", "rule", "value") for sign in signs]


def test_verdict_is_supported_only_if_every_gate_passes() -> None:
    above, across, below = difference(0.1, 0.3), difference(-0.1, 0.3), difference(-0.3, -0.1)
    assert verdict_of(above, gates("pass", "pass", "pass")) is Verdict.SUPPORTED
    doubts: list[Sign] = ["open", "fail"]
    for sign in doubts:
        assert verdict_of(above, gates("pass", sign, "pass")) is Verdict.INCONCLUSIVE
        assert verdict_of(across, gates("pass", sign, "pass")) is Verdict.INCONCLUSIVE
    assert verdict_of(below, gates("pass", "fail", "pass")) is Verdict.NOT_SUPPORTED
    assert verdict_of(None, gates("fail", "fail")) is Verdict.NOT_SUPPORTED


def test_headline_says_on_which_side_of_hold_it_came_out_and_whether_that_is_luck() -> None:
    made: Any = Few(2)
    told = {
        (0.1, 0.3): "2 members, Sharpe 0.20 above hold on unseen days",
        (-0.1, 0.3): "2 members, Sharpe 0.10 above hold on unseen days, which may be luck",
        (-0.3, -0.1): "2 members, Sharpe 0.20 below hold on unseen days",
    }
    for ends, headline in told.items():
        assert headline_of(made, made, difference(*ends)) == headline
    nobody: Any = Few(0)
    told_nobody = "None of 9 trials meets the rules: there is no portfolio"
    assert headline_of(nobody, None, None) == told_nobody


def test_an_account_that_never_traded_on_unseen_days_is_not_praised() -> None:
    made: Any = Few(1)
    nan = float("nan")
    assert verdict_of(difference(nan, nan), gates("pass", "open")) is Verdict.INCONCLUSIVE
    said = headline_of(made, made, difference(nan, nan))
    assert said == "One member, but no trade on unseen days: nothing to judge there"


def test_no_members_fail_the_first_two_gates_and_leave_the_others_out() -> None:
    nobody: Any = Few(0)
    found = gates_of(nobody, None, None, 0)
    assert [(gate.sign, gate.name, gate.value) for gate in found] == [
        ("fail", "Trials above the floors", "0 taken"),
        ("fail", "More than one idea", "0 members"),
    ]


# ---- a small choice -------------------------------------------------------------------------


@dataclass(frozen=True)
class Small:
    """The same sweep where prices are as they are, and where they turn round at the split."""

    one: Choice
    later: Choice
    made: Portfolio


def write_prices(folder: Path, *, turned: bool) -> None:
    """Two series under `data/`; from the split on upside down if asked for."""
    days = pd.bdate_range("2010-01-01", periods=700, tz="UTC", name="time")
    late = days >= pd.Timestamp(SPLIT, tz="UTC")
    (folder / "data").mkdir(parents=True)
    for seed, name in enumerate("ab", start=1):
        moves = np.random.default_rng(seed).normal(0.0006, 0.012, len(days))
        close = 100 * np.cumprod(1 + np.where(late & turned, -moves, moves))
        bars = pd.DataFrame(dict.fromkeys(("open", "high", "low", "close"), close), index=days)
        bars.assign(volume=1.0).to_csv(folder / "data" / f"{name}.csv")


def chosen_in(folder: Path, patch: pytest.MonkeyPatch) -> Choice:
    (make_project(folder) / "configs" / "sweeps" / "small.toml").write_text(SWEEP, "utf-8")
    patch.setenv("PEAK_HOME", str(folder))
    return choose(preview("configs/sweeps/small.toml"), FREE, seed=3)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Small]:
    with pytest.MonkeyPatch.context() as patch:
        found = []
        for turned in (True, False):
            folder = tmp_path_factory.mktemp("small") / "project"
            write_prices(folder, turned=turned)
            found.append(chosen_in(folder, patch))
        later, one = found
        # Left in the home of the one whose prices are as they are.
        yield Small(one, later, build(one))


def test_members_and_weights_know_only_days_before_the_split(small: Small) -> None:
    pd.testing.assert_frame_equal(
        candidates_table(small.one), candidates_table(small.later), check_exact=True
    )
    other = build(small.later)
    assert len(other.weights) > 2
    assert dict(other.weights) == dict(small.made.weights)
    pd.testing.assert_frame_equal(other.before, small.made.before, check_exact=True)
    assert not np.allclose(other.after["hold"], small.made.after["hold"])


def test_no_two_members_correlate_above_the_cap(small: Small) -> None:
    counts = []
    for cap in (-0.2, 0.0, 0.3, 0.6, 0.99):
        found = list(judged(small.one.candidates, replace(FREE, max_correlation=cap)))
        members = [one.returns.to_numpy() for one in found if one.verdict == "member"]
        counts.append(len(members))
        # Both data sets have the same days, so these are the days of every pair.
        by_hand = np.triu(np.atleast_2d(np.corrcoef(members)), 1)
        assert by_hand.max() <= max(cap, 0.0), cap
    assert counts == sorted(counts)
    assert counts[0] < counts[2] < counts[-1] == len(small.one.candidates)


def test_a_deflated_sharpe_that_nobody_knows_does_not_pass(small: Small) -> None:
    best, *others = small.one.candidates
    unknown = replace(best, dsr=float("nan"))
    found = list(judged([unknown, *others], FREE))
    assert found[0].verdict == "DSR nan, floor 0.00"
    assert next(judged([best], FREE)).verdict == "member"
    # A run without a choice has no probability of overfitting, and none is held against it.
    assert next(judged([replace(best, pbo=float("nan"))], FREE)).verdict == "member"


def test_a_trial_that_moved_on_few_days_is_no_member(small: Small) -> None:
    table = candidates_table(small.one).set_index("candidate")
    for one in small.one.candidates:
        assert table.at[one.name, "n_days"] == one.days == int((one.returns != 0).sum())
    fewest = min(small.one.candidates, key=lambda one: one.days)
    for least, verdict in (
        (fewest.days, "member"),
        (fewest.days + 1, f"moved on {fewest.days} days, floor {fewest.days + 1}"),
    ):
        assert next(judged([fewest], replace(FREE, min_days=least))).verdict == verdict
    assert Rules().min_days == 100


def test_hold_is_the_market_of_each_member_by_its_share(small: Small) -> None:
    """Independent: holding of each member's own series once more, weighted and summed."""
    made = small.made
    names = [one.trial.ground.data.name for one in small.one.members]
    assert {names.count("a"), names.count("b")} == {1, 3}
    wealth = np.zeros(len(made.after))
    for one in small.one.members:
        bars = load(one.trial.cell.source)
        first = int(bars.frame.index.searchsorted(pd.Timestamp(SPLIT, tz="UTC")))
        terms = {**one.trial.ground.subject.agreed, "warmup": first}
        held_alone = run_backtest("buy_and_hold", bars, **terms)
        wealth += made.weights[one.name] * held_alone.equity.to_numpy()
    assert np.cumprod(1 + made.after["hold"].to_numpy()) == pytest.approx(wealth, rel=1e-12)


def test_tries_on_several_data_sets_are_not_added_up(small: Small) -> None:
    tries = [ground.tries for ground in small.one.grounds]
    assert len(set(tries)) == 2
    first = sentences_of(small.one, None, None)[0]
    assert f"amounts to {max(tries):.1f} independent tries" in first


def test_a_correlation_that_rounds_to_the_cap_has_more_digits(small: Small) -> None:
    parts = small.made.parts_after
    a, b = parts.columns[:2]
    base = parts[a].to_numpy() - parts[a].mean()
    other = np.random.default_rng(3).normal(0.0, 1.0, len(base))
    other -= other.mean() + base * (other @ base) / (base @ base)
    for rho, sign, shown in (
        (0.502, "fail", "0.5020"),
        (0.498, "pass", "0.4980"),
        (0.2, "pass", "0.20"),
    ):
        mixed = rho * base / base.std() + np.sqrt(1 - rho**2) * other / other.std()
        made = replace(
            small.made,
            weights={a: 0.5, b: 0.5},
            parts_after=pd.DataFrame({a: base, b: mixed}, index=parts.index),
        )
        gate = gates_of(small.one, made, difference(0.1, 0.3), 1)[-2]
        assert (gate.name, gate.sign) == ("Members stay apart", sign)
        assert gate.value == f"{shown} at most"


# ---- looks ----------------------------------------------------------------------------------


def test_days_before_the_split_of_the_sweep_itself_are_not_called_unseen(small: Small) -> None:
    own = small.one
    bare = replace(own.results, config=own.results.config.model_copy(update={"split": None}))
    cases = {
        "looked at never": (own, "pass"),
        "the sweep's own split is 2011-08-01": (replace(own, split="2011-07-29"), "open"),
        "the sweep has no split": (replace(own, results=bare), "open"),
    }
    for value, (choice, sign) in cases.items():
        gate = gates_of(choice, small.made, difference(0.1, 0.3), 1)[-1]
        assert (gate.name, gate.sign, gate.value) == ("Days were unseen", sign, value)
    later = gates_of(replace(own, split="2011-09-01"), small.made, difference(0.1, 0.3), 1)[-1]
    assert later.sign == "pass"


def test_a_recorded_sweep_shows_nothing_behind_its_split_before_a_look_is_counted(
    small: Small, tmp_path: Path
) -> None:
    assert looks_behind(small.one.results, runs=tmp_path) == 0
    recorded = replace(small.one.results, run_id="20200101_000000_aaaaaa")
    with pytest.raises(EvidenceError, match="make the portfolio with `peak sweeps portfolio`"):
        looks_behind(recorded, runs=tmp_path)
