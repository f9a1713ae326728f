"""Everything that a verdict on a sweep's best trial stands on, computed in one place.

The report, its notebooks and the counts of right and wrong verdicts in the tests all call
`assess`; nothing in it knows of runs, notebooks or pages.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peaklib.backtest import BacktestResult, run_backtest
from peaklib.errors import DataError
from peaklib.robustness.bootstrap.intervals import Interval
from peaklib.robustness.search.clusters import EffectiveTrials, effective_trials
from peaklib.robustness.selection.moments import window_moments
from peaklib.robustness.selection.overfitting import Pbo, pbo
from peaklib.robustness.selection.plateaus import Plateau, plateau
from peaklib.robustness.selection.walking import (
    Evaluated,
    WalkForward,
    follow,
)
from peaklib.robustness.selection.windows import Spans
from peaklib.robustness.sharpe.deflation import Deflated, deflated_sharpe
from peaklib.robustness.verdict.certainty import sharpe_difference, sharpe_interval
from peaklib.robustness.verdict.subject import (
    Subject,
    block_windows,
    evaluate,
    first_choice,
    sampled_returns,
    variance_of,
    walk_windows,
)
from peaklib.robustness.verdict.thresholds import Thresholds
from peaklib.strategies import get

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Search:
    """How much was tried before the winner was known.

    Args:
        trials: distinct trials ever made in the families that were searched.
        variance: of their annual Sharpe ratios; None where nobody knows.
        alike: combinations of parameters ever tried of the candidates' strategies on their data,
            whatever the costs and however many the days; None for the candidates alone.
        others: those of other strategies or data sets that were searched besides.
    """

    trials: int
    variance: float | None = None
    alike: int | None = None
    others: int = 0


@dataclass(frozen=True)
class Selected:
    """The trial with the highest Sharpe ratio over all bars.

    Args:
        candidate: number of its strategy among the candidates.
        row: its number in that strategy's grid.
        params: all parameters.
        result: its account.
    """

    candidate: int
    row: int
    params: Mapping[str, int | float]
    result: BacktestResult


@dataclass(frozen=True)
class Assessment:
    """What is known of a sweep's best trial; Sharpe ratios are annual, `minus` is the benchmark's.

    Args:
        subject, search: what was searched, and how much.
        fields: the candidates' grids, with the moments of all windows.
        selected: the best trial.
        benchmark: the benchmark's account on the same bars.
        in_sample: Sharpe of the selected trial where it was selected.
        in_sample_diff: the same minus the benchmark's.
        walk_forward: choosing anew on earlier bars only; None where there are too few bars.
        out_of_sample: its Sharpe; None likewise.
        out_of_sample_diff: the same minus the benchmark's on the same bars; None likewise.
        sampled: (n_bars, n) returns of a sample of the trials, or of all where they are few.
        effective: how many independent trials they amount to.
        tries: that number, scaled up to all trials of the search.
        luck: annual deviation of a Sharpe ratio without skill, one over the root of the years.
        deflated: by `tries`, and by the wider of `luck` and the trials' own spread.
        deflated_raw: by every trial of the search and their own spread.
        overfitting: probability of backtest overfitting; None for a single trial.
        plateau: the neighbourhood of the selected trial in its grid.
    """

    subject: Subject
    search: Search
    fields: tuple[Evaluated, ...]
    selected: Selected
    benchmark: BacktestResult
    in_sample: Interval
    in_sample_diff: Interval
    walk_forward: WalkForward | None
    out_of_sample: Interval | None
    out_of_sample_diff: Interval | None
    sampled: Floats
    effective: EffectiveTrials
    tries: float
    luck: float
    deflated: Deflated
    deflated_raw: Deflated
    overfitting: Pbo | None
    plateau: Plateau

    @property
    def trials(self) -> int:
        """Trials of the candidates."""
        return sum(len(field.frame) for field in self.fields)


def assess(
    subject: Subject,
    thresholds: Thresholds,
    *,
    search: Search | None = None,
    seed: int = 0,
    threads: int | None = None,
) -> Assessment:
    """Examine the best of all trials.

    Args:
        subject: what was searched.
        thresholds: what is computed how; see `Thresholds`.
        search: how much was tried; by default the trials of the candidates alone.
        seed: of the bootstrap.
        threads: all processors by default; the result does not depend on it.

    Raises:
        DataError: no trial has a Sharpe ratio.
    """
    windows = walk_windows(subject, thresholds)
    fields = evaluate(subject, thresholds, threads=threads)
    selected = select(subject, fields)
    hold = run_backtest(subject.benchmark, subject.dataset, **subject.agreed)
    search = search or Search(sum(len(f.frame) for f in fields), variance_of(fields))
    walked = walk(subject, fields, windows, thresholds)
    how: dict[str, Any] = {"year": subject.year, "seed": seed, "threads": threads}
    held = hold.returns.to_numpy()
    own = selected.result.returns.to_numpy()
    later = None if walked is None else walked.returns.to_numpy()
    sampled = sampled_returns(subject, fields, thresholds.deflated_sharpe.sample)
    effective = effective_trials(sampled, seed=seed)
    made = sum(len(field.frame) for field in fields)
    tries = tries_of(effective, search, made)
    luck = float(np.sqrt(subject.year / len(own)))
    spread = search.variance if search.variance is not None else variance_of(fields)
    return Assessment(
        subject=subject,
        search=search,
        fields=fields,
        selected=selected,
        benchmark=hold,
        in_sample=sharpe_interval(own, thresholds, **how),
        in_sample_diff=sharpe_difference(own, held, thresholds, **how),
        walk_forward=walked,
        out_of_sample=None if later is None else sharpe_interval(later, thresholds, **how),
        out_of_sample_diff=None
        if later is None
        else sharpe_difference(later, held[-len(later) :], thresholds, **how),
        sampled=sampled,
        effective=effective,
        tries=tries,
        luck=luck,
        deflated=deflated_sharpe(
            own, n_trials=tries, variance=max(luck**2, spread), periods_per_year=subject.year
        ),
        deflated_raw=deflated_sharpe(
            own,
            n_trials=max(search.trials, made),
            variance=spread,
            periods_per_year=subject.year,
        ),
        overfitting=overfitting(subject, fields, thresholds, threads=threads),
        plateau=neighbourhood(fields[selected.candidate], selected.row, thresholds),
    )


def tries_of(effective: EffectiveTrials, search: Search, made: int) -> float:
    """Independent tries that a search amounts to.

    Further trials of the same rules on the same data are as alike as those of the sample, and
    count by the growth that was measured there. Of other rules and data nothing is known: each
    weighs like one of these.
    """
    alike = max(search.alike or made, made)
    return max(effective.scaled_to(alike) * (alike + search.others) / alike, 1.0)


def select(subject: Subject, fields: Sequence[Evaluated]) -> Selected:
    """The trial with the highest Sharpe ratio over all bars; the first of equals.

    Raises:
        DataError: no trial has one.
    """
    sharpes = [field.frame["sharpe"].to_numpy(dtype=np.float64) for field in fields]
    known = [np.where(np.isfinite(values), values, -np.inf) for values in sharpes]
    if all(values.max() == -np.inf for values in known):
        raise DataError("no trial has a Sharpe ratio: no account ever moved, nothing to examine")
    which = int(np.argmax([values.max() for values in known]))
    row = int(known[which].argmax())
    params = fields[which].params(row)
    rule = get(fields[which].strategy)
    result = run_backtest(rule, subject.dataset, params, **subject.agreed)
    return Selected(which, row, rule.resolve(params), result)


def walk(
    subject: Subject, fields: Sequence[Evaluated], windows: Spans, thresholds: Thresholds
) -> WalkForward | None:
    """Choose among all trials anew in each window; None with too few bars for one choice."""
    first = first_choice(subject, windows, thresholds)
    if first is None:
        return None
    return follow(
        list(fields),
        subject.dataset,
        windows,
        first=first,
        embargo_bars=thresholds.out_of_sample.embargo_bars,
        **subject.agreed,
    )


def overfitting(
    subject: Subject,
    fields: Sequence[Evaluated],
    thresholds: Thresholds,
    *,
    threads: int | None = None,
) -> Pbo | None:
    """Probability of backtest overfitting among all trials that differ; None for a single one."""
    names = list(block_windows(subject, thresholds))
    moments = np.concatenate([window_moments(field.frame, names) for field in fields])
    # Trials that did the very same are one: among equals there is nothing to choose.
    _, first = np.unique(moments.reshape(len(moments), -1), axis=0, return_index=True)
    moments = moments[np.sort(first)]
    if len(moments) < 2:
        return None
    return pbo(
        moments,
        periods_per_year=subject.year,
        max_trials=thresholds.overfitting.sample,
        threads=threads,
    )


def neighbourhood(field: Evaluated, row: int, thresholds: Thresholds) -> Plateau:
    """The plateau around a trial, by the metric it was selected by."""
    rule = thresholds.plateau
    axes = list(field.frame.attrs["grid"]["order"])
    return plateau(field.frame, axes, "sharpe", keep=rule.keep, radius=rule.radius, at=row)
