"""Everything a verdict stands on: each part against the function it should come from."""

from dataclasses import replace
from typing import Annotated, Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from peaklib import metrics
from peaklib.backtest import run_backtest
from peaklib.data import Dataset, load
from peaklib.errors import DataError
from peaklib.features import Bars
from peaklib.robustness import (
    Assessment,
    Candidate,
    Search,
    Subject,
    Thresholds,
    assess,
    deflated_sharpe,
    interval,
    judge,
    paired_interval,
    probabilistic_sharpe,
    walk_forward,
)
from peaklib.strategies import Param, strategy

YEAR = 252
RULES = Thresholds.model_validate(
    {
        "intervals": {"resamples": 300},
        "overfitting": {"blocks": 8},
        "deflated_sharpe": {"sample": 10},
        "out_of_sample": {"first_years": 3},
    }
)
COSTS: dict[str, Any] = {"fees_bps": 2.0, "slippage_bps": 3.0, "warmup": 99}
SMA = Candidate("sma_crossover", {"fast": [5, 10, 20, 40], "slow": [30, 60, 100]}, "fast < slow")
N_SMA = 11
MOMENTUM = Candidate("momentum", {"window": [20, 60, 100]})


@strategy("idle", version="1", warm_up=lambda **_: 0)
def idle(bars: Bars, *, size: Annotated[int, Param(0, 9, "lots", "unused")] = 0) -> np.ndarray:
    """Never holds anything."""
    return np.zeros(len(bars))


@strategy("brief", version="1", warm_up=lambda **_: 0)
def brief(bars: Bars, *, start: Annotated[int, Param(0, 9999, "bars", "first")] = 0) -> np.ndarray:
    """Long for three bars, then never again."""
    target = np.zeros(len(bars))
    target[start : start + 3] = 1.0
    return target


@pytest.fixture(scope="module")
def years(sp500: Dataset) -> Dataset:
    return sp500.between("2002", "2009")


@pytest.fixture(scope="module")
def subject(years: Dataset) -> Subject:
    return Subject(years, (SMA,), terms=COSTS)


@pytest.fixture(scope="module")
def found(subject: Subject) -> Assessment:
    return assess(subject, RULES, seed=3, threads=1)


def numbers_of(found: Assessment) -> dict[str, Any]:
    """What a verdict or a page may show, as comparable values."""
    assert found.walk_forward is not None
    assert found.overfitting is not None
    return {
        "ends": (found.in_sample, found.in_sample_diff),
        "walked ends": (found.out_of_sample, found.out_of_sample_diff),
        "walked": found.walk_forward.returns.tolist(),
        "choices": found.walk_forward.choices["trial"].tolist(),
        "tries": found.tries,
        "deflated": (found.deflated, found.deflated_raw),
        "logits": found.overfitting.logits.tolist(),
        "plateau": (found.plateau.share, found.plateau.connected.tolist()),
        "selected": (found.selected.row, dict(found.selected.params)),
    }


# ---- what is selected ------------------------------------------------------------------------


def test_the_selected_trial_is_the_best_of_all_backtests(found: Assessment, years: Dataset) -> None:
    sharpes = {}
    for fast in SMA.grid["fast"]:
        for slow in SMA.grid["slow"]:
            if fast < slow:
                params = {"fast": fast, "slow": slow}
                account = run_backtest("sma_crossover", years, params, **COSTS)
                sharpes[fast, slow] = account.metrics["sharpe"]
    assert found.trials == len(sharpes) == N_SMA
    best = max(sharpes, key=lambda point: sharpes[point])
    assert dict(found.selected.params) == {"fast": best[0], "slow": best[1]}
    assert found.in_sample.estimate == pytest.approx(sharpes[best], abs=1e-12)
    assert found.selected.result.metrics["sharpe"] == pytest.approx(sharpes[best], abs=1e-12)
    assert found.fields[0].frame["sharpe"].iloc[found.selected.row] == pytest.approx(
        sharpes[best], abs=1e-12
    )


def test_of_several_strategies_the_best_trial_of_all_is_selected(subject: Subject) -> None:
    parts = [
        assess(replace(subject, candidates=(one,)), RULES, threads=1) for one in (SMA, MOMENTUM)
    ]
    both = assess(replace(subject, candidates=(SMA, MOMENTUM)), RULES, threads=1)
    turned = assess(replace(subject, candidates=(MOMENTUM, SMA)), RULES, threads=1)
    best = max(parts, key=lambda part: part.in_sample.estimate)
    for several in (both, turned):
        assert several.trials == N_SMA + 3
        assert several.in_sample.estimate == best.in_sample.estimate
        assert several.selected.params == best.selected.params
        assert several.effective.n_sampled == RULES.deflated_sharpe.sample
        assert several.overfitting is not None
        assert several.overfitting.n_trials == N_SMA + 3
    assert {both.selected.candidate, turned.selected.candidate} == {0, 1}
    # The neighbourhood is that of its own grid.
    assert both.plateau.connected.size == parts[both.selected.candidate].trials
    assert both.plateau.share == best.plateau.share
    walked = both.walk_forward
    assert walked is not None
    assert set(walked.choices["strategy"]) <= {"sma_crossover", "momentum"}


def test_of_equals_the_first_is_selected(subject: Subject) -> None:
    twice = assess(replace(subject, candidates=(SMA, SMA)), RULES, threads=1)
    assert twice.selected.candidate == 0
    assert twice.trials == 2 * N_SMA


def test_without_any_sharpe_there_is_nothing_to_examine(years: Dataset) -> None:
    flat = Subject(years, (Candidate(idle, {"size": [1, 2]}),))
    with pytest.raises(DataError, match="no trial has a Sharpe ratio"):
        assess(flat, RULES, threads=1)


def test_trials_that_never_trade_are_counted_and_never_selected(subject: Subject) -> None:
    both = assess(
        replace(subject, candidates=(Candidate(idle, {"size": [1, 2]}), SMA)), RULES, threads=1
    )
    assert both.trials == N_SMA + 2
    assert both.selected.candidate == 1


# ---- what is measured ------------------------------------------------------------------------


def test_intervals_are_those_of_the_selected_returns(found: Assessment) -> None:
    own = found.selected.result.returns.to_numpy()
    held = found.benchmark.returns.to_numpy()
    how: dict[str, Any] = {
        "periods_per_year": YEAR,
        "level": RULES.intervals.level,
        "resamples": 300,
        "seed": 3,
    }
    assert found.in_sample == interval(own, "sharpe", **how)
    assert found.in_sample_diff == paired_interval(own, held, "sharpe", **how)
    assert found.in_sample_diff.estimate == pytest.approx(
        metrics.sharpe(own, periods_per_year=YEAR) - metrics.sharpe(held, periods_per_year=YEAR)
    )


def test_out_of_sample_is_the_walk_forward_account_beside_hold_on_its_own_days(
    found: Assessment, years: Dataset
) -> None:
    walked = walk_forward(SMA, years, start="2006-01-01", months=12, threads=1, **COSTS)
    assert found.walk_forward is not None
    assert found.out_of_sample is not None
    assert found.out_of_sample_diff is not None
    # Bars are measured from May 2002 on: three years end within 2005.
    assert list(found.walk_forward.choices["start"].dt.year) == [2006, 2007, 2008, 2009]
    assert_array_equal(found.walk_forward.returns, walked.returns)
    days = walked.returns.index
    held = found.benchmark.returns.loc[days[0] :]
    assert held.index.equals(days)
    ours = metrics.sharpe(walked.returns.to_numpy(), periods_per_year=YEAR)
    theirs = metrics.sharpe(held.to_numpy(), periods_per_year=YEAR)
    assert found.out_of_sample.estimate == pytest.approx(ours, abs=1e-12)
    assert found.out_of_sample_diff.estimate == pytest.approx(ours - theirs, abs=1e-12)


def test_the_benchmark_is_the_one_that_is_asked_for(subject: Subject) -> None:
    other = assess(replace(subject, benchmark="momentum"), RULES, threads=1)
    momentum = run_backtest("momentum", subject.dataset, **COSTS)
    assert_array_equal(other.benchmark.returns, momentum.returns)
    assert other.in_sample_diff.estimate == pytest.approx(
        other.in_sample.estimate - momentum.metrics["sharpe"]
    )


def test_nothing_is_measured_on_bars_that_warm_up(found: Assessment, years: Dataset) -> None:
    measured = years.frame.index[99:]
    assert found.subject.index.equals(measured)
    assert found.selected.result.returns.index.equals(measured)
    assert found.benchmark.returns.index.equals(measured)
    frame = found.fields[0].frame
    blocks = [name for name in frame.columns if name.startswith("b") and name.endswith("_n")]
    assert len(blocks) == RULES.overfitting.blocks
    assert set(frame[blocks].sum(axis=1)) == {len(measured)}
    assert found.luck == pytest.approx(np.sqrt(YEAR / len(measured)))


def test_two_years_are_too_few_to_choose_and_to_judge(sp500: Dataset) -> None:
    short = assess(Subject(sp500.between("2007", "2008"), (SMA,), terms=COSTS), RULES, threads=1)
    assert short.walk_forward is None
    assert short.out_of_sample is None
    assert short.out_of_sample_diff is None
    assert judge(short, RULES).gate("out_of_sample").state == "open"
    assert judge(short, RULES).verdict in ("INCONCLUSIVE", "NOT_SUPPORTED")
    # As soon as the rules ask for one year only, there is something to judge.
    sooner = RULES.model_copy(
        update={"out_of_sample": RULES.out_of_sample.model_copy(update={"first_years": 1})}
    )
    less = Subject(sp500.between("2006", "2008"), (SMA,), terms=COSTS)
    walked = assess(less, sooner, threads=1).walk_forward
    assert walked is not None
    assert list(walked.choices["start"].dt.year) == [2008]


def test_half_years_make_twice_as_many_choices(subject: Subject, found: Assessment) -> None:
    often = Thresholds.model_validate(
        {**RULES.model_dump(), "out_of_sample": {"first_years": 3, "months": 6}}
    )
    walked = assess(subject, often, threads=1).walk_forward
    assert walked is not None
    assert found.walk_forward is not None
    # The first half-year that begins after three years is the second one of 2005.
    assert len(walked.choices) == 2 * len(found.walk_forward.choices) + 1


def test_an_embargo_keeps_the_last_bars_from_the_choice(years: Dataset, found: Assessment) -> None:
    rules = Thresholds.model_validate(
        {**RULES.model_dump(), "out_of_sample": {"first_years": 3, "embargo_bars": 40}}
    )
    made = assess(Subject(years, (SMA,), terms=COSTS), rules, threads=1).walk_forward
    assert made is not None
    expected = walk_forward(
        SMA, years, start="2006-01-01", months=12, embargo_bars=40, threads=1, **COSTS
    )
    assert_array_equal(made.choices["is_sharpe"], expected.choices["is_sharpe"])
    assert_array_equal(made.returns, expected.returns)
    assert found.walk_forward is not None
    assert (made.choices["is_sharpe"] != found.walk_forward.choices["is_sharpe"]).all()


# ---- how much was tried ----------------------------------------------------------------------


def test_by_default_the_search_is_what_the_candidates_hold(found: Assessment) -> None:
    sharpes = found.fields[0].frame["sharpe"]
    assert found.search.trials == N_SMA
    assert found.search.variance == pytest.approx(float(sharpes.var(ddof=1)))
    assert found.effective.n_sampled == RULES.deflated_sharpe.sample
    assert found.tries == pytest.approx(found.effective.scaled_to(N_SMA))
    assert 1 <= found.tries <= N_SMA


def test_what_others_tried_before_counts_in_proportion(subject: Subject, found: Assessment) -> None:
    assert found.search.variance is not None
    variance = found.search.variance
    tried = Search(10 * N_SMA, variance, others=9 * N_SMA)
    more = assess(subject, RULES, search=tried, seed=3, threads=1)
    assert more.tries == pytest.approx(10 * found.tries)
    assert more.deflated.n_trials == pytest.approx(more.tries)
    assert more.deflated_raw.n_trials == 10 * N_SMA
    assert more.deflated.expected_maximum > found.deflated.expected_maximum
    assert more.deflated.dsr < found.deflated.dsr
    assert more.deflated_raw.dsr < found.deflated_raw.dsr
    # How much was tried moves nothing else.
    kept = ("ends", "walked ends", "walked", "choices", "logits", "plateau", "selected")
    now, before = numbers_of(more), numbers_of(found)
    assert {name: now[name] for name in kept} == {name: before[name] for name in kept}


def test_a_search_never_counts_less_than_what_lies_on_the_table(
    subject: Subject, found: Assessment
) -> None:
    fewer = assess(subject, RULES, search=Search(1, 0.0), seed=3, threads=1)
    assert fewer.tries == found.tries
    assert fewer.deflated_raw.n_trials == N_SMA


def test_deflation_takes_the_wider_of_luck_and_the_trials_own_spread(subject: Subject) -> None:
    own = None
    for variance in (0.0, 4.0):
        made = assess(subject, RULES, search=Search(N_SMA, variance), seed=3, threads=1)
        own = made.selected.result.returns.to_numpy()
        wider = max(made.luck**2, variance)
        assert made.deflated.spread == pytest.approx(np.sqrt(wider))
        assert made.deflated == deflated_sharpe(
            own, n_trials=made.tries, variance=wider, periods_per_year=YEAR
        )
        assert made.deflated_raw.spread == pytest.approx(np.sqrt(variance))


def test_a_single_trial_was_not_chosen_from_anything(years: Dataset) -> None:
    one = Candidate("sma_crossover", {"fast": [20], "slow": [60]})
    made = assess(Subject(years, (one,), terms=COSTS), RULES, threads=1)
    assert (made.trials, made.tries, made.overfitting) == (1, 1.0, None)
    assert made.plateau.neighbours == 0
    own = made.selected.result.returns.to_numpy()
    plain = probabilistic_sharpe(own, periods_per_year=YEAR)
    assert made.deflated.dsr == pytest.approx(plain, abs=1e-12)
    gates = {gate.key: gate.state for gate in judge(made, RULES).gates}
    assert (gates["overfitting"], gates["plateau"]) == ("open", "open")
    assert judge(made, RULES).verdict in ("INCONCLUSIVE", "NOT_SUPPORTED")
    # Its walk-forward has nothing to choose: it is the same rule, from 2006 on.
    assert made.walk_forward is not None
    assert set(made.walk_forward.choices["trial"]) == {0}


# ---- the same again --------------------------------------------------------------------------


def test_threads_change_nothing(subject: Subject, found: Assessment) -> None:
    assert numbers_of(assess(subject, RULES, seed=3, threads=2)) == numbers_of(found)


def test_a_seed_moves_what_is_drawn_and_nothing_else(subject: Subject, found: Assessment) -> None:
    other = assess(subject, RULES, seed=4, threads=1)
    now, before = numbers_of(other), numbers_of(found)
    same = ("walked", "choices", "logits", "plateau", "selected")
    assert {name: now[name] for name in same} == {name: before[name] for name in same}
    assert now["ends"] != before["ends"]
    assert other.in_sample.estimate == found.in_sample.estimate
    assert other.tries == pytest.approx(found.tries, rel=0.1)


def test_later_bars_change_no_earlier_choice(sp500: Dataset, found: Assessment) -> None:
    """What was known at the end of 2007 is enough to know what was chosen for it."""
    earlier = assess(Subject(sp500.between("2002", "2007"), (SMA,), terms=COSTS), RULES, threads=1)
    assert earlier.walk_forward is not None
    assert found.walk_forward is not None
    n = len(earlier.walk_forward.choices)
    assert n == 2
    assert_array_equal(
        earlier.walk_forward.choices["trial"], found.walk_forward.choices["trial"][:n]
    )
    # The last bar of 2007 is marked, and its account goes on: the returns before are the same.
    kept = len(earlier.walk_forward.returns)
    assert_array_equal(earlier.walk_forward.returns, found.walk_forward.returns[:kept])


def test_samples_bound_what_is_compared() -> None:
    """121 trials, of which 12 are compared for the tries and 40 for overfitting."""
    axis = list(range(5, 60, 5))
    wide = Candidate("sma_crossover", {"fast": axis, "slow": [60 + value for value in axis]})
    rules = Thresholds.model_validate(
        {
            **RULES.model_dump(),
            "deflated_sharpe": {"sample": 12},
            "overfitting": {"blocks": 4, "sample": 40},
        }
    )
    data = load("synthetic:random_walk,seed=2,bars=1400")
    made = assess(Subject(data, (wide,), terms={"warmup": 115}), rules, threads=1)
    assert made.trials == 121
    assert made.effective.n_sampled == 12
    assert made.overfitting is not None
    assert (made.overfitting.n_trials, made.overfitting.n_given) == (40, 121)
    assert made.tries == pytest.approx(made.effective.scaled_to(121))


def test_an_embargo_longer_than_the_first_days_of_data_changes_later_choices_only(
    years: Dataset,
) -> None:
    """The first calendar year has few bars after the warm-up; no choice ends there."""
    data = years.between("2002-11-01", "2009")
    rules = RULES.model_copy(
        update={"out_of_sample": RULES.out_of_sample.model_copy(update={"embargo_bars": 10})}
    )
    short = Subject(data, (SMA,), terms={**COSTS, "warmup": 35})
    assert (short.index.year == 2002).sum() < 10
    held, free = (assess(short, rule, seed=3, threads=1) for rule in (rules, RULES))
    assert held.walk_forward is not None
    assert free.walk_forward is not None
    assert held.walk_forward.returns.index.equals(free.walk_forward.returns.index)
    assert (
        held.walk_forward.choices["is_sharpe"].tolist()
        != free.walk_forward.choices["is_sharpe"].tolist()
    )


def test_further_trials_of_the_same_rules_count_by_the_growth_of_the_sample(
    subject: Subject, found: Assessment
) -> None:
    tried = Search(100 * N_SMA, found.search.variance, alike=100 * N_SMA)
    more = assess(subject, RULES, search=tried, seed=3, threads=1)
    growth = found.effective.growth
    assert more.tries == pytest.approx(found.effective.count * (100 * N_SMA / 10) ** growth)
    # The raw count has every one of them.
    assert more.deflated_raw.n_trials == 100 * N_SMA


def test_copies_of_one_trial_are_nothing_to_choose_from(years: Dataset) -> None:
    copies = Candidate(idle, {"size": [0, 1, 2]})
    one = Candidate("sma_crossover", {"fast": [10], "slow": [50]})
    both = assess(Subject(years, (one, copies), terms=COSTS), RULES, seed=3, threads=1)
    alone = assess(Subject(years, (one,), terms=COSTS), RULES, seed=3, threads=1)
    assert alone.overfitting is None
    assert both.overfitting is not None
    assert both.overfitting.n_given == 2


def test_an_account_that_hardly_trades_has_no_interval_and_no_crash(years: Dataset) -> None:
    made = assess(Subject(years, (Candidate(brief, {"start": [700]}),), terms=COSTS), RULES, seed=3)
    assert made.selected.result.metrics["n_trades"] == 1
    assert np.isnan(made.in_sample.low)
    gate = judge(made, RULES).gate("out_of_sample")
    assert (gate.state, gate.decisive) == ("fail", False)
