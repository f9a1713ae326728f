"""Who becomes a member: floors first, then the best that correlate little with one another."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from peaklib import metrics
from peaklib.errors import DataError
from peaklib.robustness import Thresholds, deflated_sharpe
from peaklib.sweep.analysis import varied
from peaklib.sweep.portfolio.grounds import Ground, Trial, best_trials, overfitting_of
from peaklib.sweep.portfolio.rules import Rules

MEMBER: Final = "member"


@dataclass(frozen=True)
class Candidate:
    """A trial that was looked at, and what became of it.

    Args:
        trial: with its returns before the split.
        sharpe: annual, before the split.
        dsr: its deflated Sharpe ratio there; NaN where it cannot be told.
        pbo: probability of overfitting of the choice in its run; NaN without a choice.
        days: bars on which it moved.
        verdict: `member`, or the first rule that it does not meet.
    """

    trial: Trial
    sharpe: float
    dsr: float
    pbo: float
    days: int
    verdict: str = ""

    @property
    def strategy(self) -> str:
        """Name of the strategy."""
        return str(self.trial.cell.trials.attrs["strategy"])

    @property
    def name(self) -> str:
        """Strategy, parameters, data set and what else tells its run from others, in words."""
        cell = self.trial.cell
        values = "/".join(f"{self.trial.params[name]:g}" for name in varied(cell))
        others = [v for k, v in cell.label.items() if k not in ("strategy", "dataset", "costs")]
        return " · ".join([f"{self.strategy} {values} on {cell.conventions['data']}", *others])

    @property
    def returns(self) -> pd.Series:
        """Simple returns before the split, by date."""
        return pd.Series(self.trial.returns, index=self.trial.ground.subject.index, name=self.name)


def candidates_of(
    grounds: Sequence[Ground], rules: Rules, thresholds: Thresholds
) -> tuple[Candidate, ...]:
    """The best trials of every run, by Sharpe before the split, with what became of each.

    Args:
        grounds: what was tried.
        rules: floors, cap and how many.
        thresholds: how the probability of overfitting is computed.

    Returns:
        Best first; of equals, in the order of the sweep.

    Raises:
        DataError: two data sets have the same name, so that their trials cannot be told apart.
    """
    found = [one for ground in grounds for one in _of_ground(ground, rules, thresholds)]
    _check_names(found)
    ordered = sorted(found, key=lambda one: -one.sharpe)
    return tuple(judged(ordered, rules))


def _check_names(found: Sequence[Candidate]) -> None:
    seen: dict[str, Candidate] = {}
    for one in found:
        other = seen.setdefault(one.name, one)
        if other is not one:
            sources = f"{other.trial.cell.source} and {one.trial.cell.source}"
            raise DataError(
                f"{other.trial.address} and {one.trial.address} are both called {one.name!r}, so a "
                f"table could not tell them apart; give {sources} names that differ"
            )


def _of_ground(ground: Ground, rules: Rules, thresholds: Thresholds) -> Iterator[Candidate]:
    year = ground.subject.year
    for number in range(len(ground.cells)):
        pbo = overfitting_of(ground, number, thresholds)
        for trial in best_trials(ground, number, rules.per_run):
            deflated = deflated_sharpe(
                trial.returns,
                n_trials=ground.tries,
                variance=ground.spread**2,
                periods_per_year=year,
            )
            sharpe = metrics.sharpe(trial.returns, periods_per_year=year)
            days = int(np.count_nonzero(trial.returns))
            yield Candidate(trial, sharpe, deflated.dsr, pbo, days)


def judged(ordered: Sequence[Candidate], rules: Rules) -> Iterator[Candidate]:
    """The same candidates with what becomes of each: floors, then likeness, then room.

    Args:
        ordered: best first; each is held against the members before it.
        rules: floors, cap and how many.
    """
    taken: list[Candidate] = []
    for one in ordered:
        verdict = _floor(one, rules) or _likeness(one, taken, rules) or _room(taken, rules)
        done = replace(one, verdict=verdict or MEMBER)
        if not verdict:
            taken.append(done)
        yield done


def _floor(one: Candidate, rules: Rules) -> str:
    # Written so that a NaN, of which nothing is known, does not pass; a run without a choice
    # cannot have been overfitted by choosing.
    if not one.dsr >= rules.min_dsr:
        return f"DSR {one.dsr:.2f}, floor {rules.min_dsr:.2f}"
    if one.pbo > rules.max_pbo:
        return f"PBO {one.pbo:.2f}, ceiling {rules.max_pbo:.2f}"
    if one.days < rules.min_days:
        return f"moved on {one.days} days, floor {rules.min_days}"
    return ""


def _likeness(one: Candidate, taken: Sequence[Candidate], rules: Rules) -> str:
    for other in taken:
        between = correlation(one.returns, other.returns)
        if np.isnan(between):
            return f"has no days in common with {other.name}, or none on which it moved"
        if between > rules.max_correlation:
            return f"correlates {between:.2f} with {other.name}"
    return ""


def _room(taken: Sequence[Candidate], rules: Rules) -> str:
    if len(taken) < rules.members:
        return ""
    count = "is 1 member" if rules.members == 1 else f"are {rules.members} members"
    return f"there {count} already"


def correlation(a: pd.Series, b: pd.Series) -> float:
    """Pearson correlation of two accounts on common days; NaN where one stands still."""
    both = pd.concat([a, b], axis=1, join="inner").to_numpy()
    if len(both) < 2 or not both.std(axis=0).all():
        return float("nan")
    # Rounded, so that no member hangs on the last bit of a sum.
    return round(float(np.corrcoef(both.T)[0, 1]), 12)
