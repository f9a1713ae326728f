"""One trial, examined: its account once more, what was searched beside it, and how much is luck."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from peaklib.backtest import BacktestResult
from peaklib.render import Dial, format_metric
from peaklib.robustness import (
    Assessment,
    Deflated,
    Search,
    Thresholds,
    Trial,
    assess,
    deflated_sharpe,
)
from peaklib.robustness.selection.overfitting import sample_trials
from peaklib.sweep.analysis import replay
from peaklib.sweep.review.examination import thresholds_of
from peaklib.sweep.review.shown import number, percent
from peaklib.sweep.review.subject import check_same, history_of, peers_of, search_of, subject_of
from peaklib.sweep.stories.target import Target


@dataclass(frozen=True)
class Examined:
    """A trial and all that was tried on the same bars under the same terms.

    Args:
        target: the trial.
        thresholds: those that its sweep began with.
        search: how much was tried in its sweep's families.
        assessment: of the best trial on this ground, which need not be this one.
        result, hold: accounts of the trial and of the benchmark.
        deflated: the trial's deflated Sharpe, by independent tries.
    """

    target: Target
    thresholds: Thresholds
    search: Search
    assessment: Assessment
    result: BacktestResult
    hold: BacktestResult
    deflated: Deflated

    @property
    def year(self) -> float:
        """Bars in a year."""
        return self.assessment.subject.year

    @property
    def trial(self) -> Trial:
        """The trial, to be run under other terms."""
        cell = self.target.best.cell
        return Trial(
            cell.trials.attrs["strategy"],
            self.assessment.subject.dataset,
            {**cell.trials.attrs["fixed"], **self.target.best.params},
            self.assessment.subject.agreed,
        )

    @property
    def row(self) -> int:
        """Number of the trial among all trials of the assessment, in order."""
        own = self.target.best.cell
        cells = peers_of(self.target.results, own)
        before = next(k for k, cell in enumerate(cells) if cell is own)
        sizes = [len(field.frame) for field in self.assessment.fields]
        return sum(sizes[:before]) + int(self.target.best.trial.rpartition(":")[2])


def examine(
    target: Target, *, as_of: int | None = None, seed: int = 0, threads: int | None = None
) -> Examined:
    """Compute a trial once more, and assess what was searched beside it.

    Args:
        target: the trial.
        as_of: number of ledger lines that are counted; all by default.
        seed: of the bootstrap.
        threads: all processors by default.

    Raises:
        EvidenceError: a trial gives another Sharpe now than the one on record.
    """
    results, best = target.results, target.best
    result, hold = replay(best, results.config.benchmark)
    thresholds = thresholds_of(results)
    search = search_of(results, best.cell, history_of(results, as_of=as_of))
    assessment = assess(
        subject_of(results, best.cell), thresholds, search=search, seed=seed, threads=threads
    )
    check_same(peers_of(results, best.cell), assessment)
    deflated = deflated_sharpe(
        result.returns.to_numpy(),
        n_trials=assessment.tries,
        variance=assessment.deflated.spread**2,
        periods_per_year=assessment.subject.year,
    )
    return Examined(target, thresholds, search, assessment, result, hold, deflated)


def luck_dials(found: Examined) -> list[Dial]:
    """Deflated Sharpe of the trial, and overfitting of the choice behind it, in plain words."""
    deflated, pbo = found.deflated, found.assessment.overfitting
    rows = [
        Dial(
            "Deflated Sharpe",
            deflated.dsr,
            found.thresholds.deflated_sharpe.pass_at,
            "higher",
            "The chance that the true Sharpe of this trial is above "
            f"{number('sharpe', deflated.expected_maximum)}, which the best of "
            f"{deflated.n_trials:.1f} independent tries shows by luck alone.",
        )
    ]
    if pbo is not None:
        rows.append(
            Dial(
                "Overfitting (PBO)",
                pbo.probability,
                found.thresholds.overfitting.pass_at,
                "lower",
                f"In {percent(pbo.probability)} of {pbo.n_splits:,} ways to halve the days, the "
                "best of one half was no better than the middle of the other: no help there.",
            )
        )
    return rows


def clusters_table(found: Examined) -> pd.DataFrame:
    """Trials that make the same trades, grouped; one row a group, the largest first.

    Returns:
        `trials` of the sample in the group, `strategies` among them, `best_sharpe`, and `own`:
        whether the examined trial is in it. Trials that never move stand in no group.
    """
    assessment = found.assessment
    frames = [
        field.frame.assign(strategy=str(candidate.strategy))[["strategy", "sharpe"]]
        for field, candidate in zip(assessment.fields, assessment.subject.candidates, strict=True)
    ]
    trials = pd.concat(frames, ignore_index=True)
    rows = sample_trials(len(trials), found.thresholds.deflated_sharpe.sample)
    sample = trials.iloc[rows].assign(
        group=assessment.effective.clusters.labels, own=rows == found.row
    )
    groups = sample[sample["group"] >= 0].groupby("group")
    table = pd.DataFrame([_group(part) for _, part in groups])
    return table.sort_values("trials", ascending=False, kind="stable").reset_index(drop=True)


def _group(part: pd.DataFrame) -> dict[str, Any]:
    return {
        "trials": len(part),
        "strategies": ", ".join(dict.fromkeys(part["strategy"])),
        "best_sharpe": float(part["sharpe"].max()),
        "own": "this trial is here" if part["own"].any() else "",
    }


def effort_rows(found: Examined) -> Sequence[tuple[str, str]]:
    """How much was tried, and what it is worth, for `render.key_values`."""
    return tuple(_effort(found))


def _effort(found: Examined) -> Iterator[tuple[str, str]]:
    effective, assessment = found.assessment.effective, found.assessment
    yield "Trials on these bars and terms", f"{assessment.trials:,}"
    yield "Trials ever made in the sweep's families", f"{found.search.trials:,}"
    yield (
        "Independent tries they amount to",
        f"**{assessment.tries:.1f}** (from a sample of {effective.n_sampled:,} trials)",
    )
    yield (
        "By other definitions, in the sample",
        f"{effective.count:.1f} by the expected best, {effective.count_95:.1f} by its 95 % "
        f"quantile, {effective.participation:.1f} by participation, "
        f"{effective.square_roots:.1f} by roots of eigenvalues",
    )
    luck = format_metric("sharpe", assessment.deflated.expected_maximum)
    yield "Best Sharpe that so many tries bring by luck", f"about **{luck}**"
