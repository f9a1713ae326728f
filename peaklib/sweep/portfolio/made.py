"""The portfolio itself: members, weights from the days before the split, and the days after."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd

from peaklib.backtest import BacktestResult
from peaklib.data.holdout import holdout_date
from peaklib.errors import DataError
from peaklib.risk.allocation.allocate import allocate
from peaklib.robustness import Thresholds
from peaklib.sweep.portfolio.accounts import (
    divided,
    held_inside,
    held_outside,
    inside,
    outside,
)
from peaklib.sweep.portfolio.grounds import Ground, grounds_of
from peaklib.sweep.portfolio.rules import Rules
from peaklib.sweep.portfolio.selection import MEMBER, Candidate, candidates_of
from peaklib.sweep.results import SweepResults
from peaklib.sweep.review.examination import thresholds_of
from peaklib.sweep.review.subject import history_of

# How the accounts that stand side by side are called, everywhere.
PORTFOLIO, EQUAL, BEST, HOLD = "portfolio", "equal weights", "best member", "hold"
# What shares are computed from; shown beside them.
COVARIANCE: Final = "ledoit_wolf"


@dataclass(frozen=True)
class Choice:
    """What was chosen on the days before the split; nothing in it knows of later ones.

    Args:
        results: of the sweep.
        split: first day out of sample.
        rules: of the choice.
        thresholds: those that the sweep began with.
        grounds: what was searched.
        candidates: every trial that was looked at, with what became of it.
    """

    results: SweepResults
    split: str
    rules: Rules
    thresholds: Thresholds
    grounds: tuple[Ground, ...]
    candidates: tuple[Candidate, ...]

    @property
    def members(self) -> tuple[Candidate, ...]:
        """Those that were taken, the best first; none is an answer, too."""
        return tuple(one for one in self.candidates if one.verdict == MEMBER)

    @property
    def year(self) -> float:
        """Bars in a year."""
        return self.grounds[0].subject.year


@dataclass(frozen=True)
class Portfolio:
    """A portfolio on both sides of the split.

    Args:
        choice: members and how they were chosen.
        weights: by name of the member, shares of the wealth that sum to 1.
        before, after: simple returns by date of `portfolio`, `equal weights`, `best member` and
            `hold`, each an account that starts at its side's first bar; `hold` has each member's
            market, by the member's share.
        parts_before, parts_after: the same of every member.
    """

    choice: Choice
    weights: Mapping[str, float]
    before: pd.DataFrame
    after: pd.DataFrame
    parts_before: pd.DataFrame
    parts_after: pd.DataFrame


def split_of(results: SweepResults, asked: str = "") -> str:
    """First day out of sample.

    Args:
        results: of the sweep.
        asked: a date to use instead of the sweep's own; empty for the latter.

    Raises:
        DataError: there is none, or it is no date.
    """
    found = holdout_date(asked, "split") if asked else results.config.split_at
    if not found:
        raise DataError(
            f"sweep {results.name!r} has no [split], so there is no day from which on a portfolio "
            'could be judged; give one: --split 2011-01-01, or [split] at = "2011-01-01" in the '
            "sweep's file"
        )
    return found


def choose(
    results: SweepResults,
    rules: Rules,
    *,
    split: str = "",
    seed: int = 0,
    runs: Path | None = None,
    as_of: int | None = None,
) -> Choice:
    """Choose the members of a portfolio among the trials of a sweep, before the split only.

    Args:
        results: of the sweep.
        rules: floors, cap and how many.
        split: first day out of sample; by default the sweep's own.
        seed: of the estimate of independent tries.
        runs: folder of runs; the project's by default.
        as_of: lines of the ledger that count; all by default.

    Raises:
        DataError: there is no split, or the data sets of the sweep have years of different length.
    """
    day, thresholds = split_of(results, split), thresholds_of(results)
    history = history_of(results, runs, as_of=as_of)
    grounds = grounds_of(results, day, thresholds, history, seed=seed)
    years = {(ground.data.name, ground.subject.year): None for ground in grounds}
    if len({year for _, year in years}) > 1:
        listed = ", ".join(f"{name} {year:g}" for name, year in years)
        raise DataError(
            f"bars a year differ ({listed}), so these accounts have no common Sharpe ratio; sweep "
            "them apart"
        )
    return Choice(
        results, day, rules, thresholds, grounds, candidates_of(grounds, rules, thresholds)
    )


def build(choice: Choice) -> Portfolio:
    """Weigh the members by risk parity of the days before the split, and run both sides.

    Raises:
        DataError: nobody was chosen.
    """
    members = choice.members
    if not members:
        raise DataError(
            f"none of {len(choice.candidates)} trials of sweep {choice.results.name!r} meets the "
            "rules, so there is no portfolio; the table of candidates says why"
        )
    first = [inside(one) for one in members]
    later = [outside(one, choice.split) for one in members]
    names = [one.name for one in members]
    before, after = _returns(first, names), _returns(later, names)
    weights = weights_of(before)
    held_first = [held_inside(one.trial.ground) for one in members]
    held_later = [held_outside(one.trial.ground, choice.split) for one in members]
    return Portfolio(
        choice,
        weights,
        _side(first, weights, held_first),
        _side(later, weights, held_later),
        before,
        after,
    )


def weights_of(returns: pd.DataFrame) -> dict[str, float]:
    """Shares of the wealth by risk parity, from returns that were known when they were set.

    Args:
        returns: (n_bars, n_members) simple returns by name.

    Returns:
        By name; a single member has all of it.
    """
    if returns.shape[1] == 1:
        return {str(returns.columns[0]): 1.0}
    found = allocate(returns, "risk_parity", covariance=COVARIANCE).weights
    return {str(name): float(weight) for name, weight in found.items()}


def _side(
    accounts: Sequence[BacktestResult],
    weights: Mapping[str, float],
    holds: Sequence[BacktestResult],
) -> pd.DataFrame:
    """Returns on one side of the split of all that is shown side by side."""
    columns = {
        PORTFOLIO: divided(accounts, list(weights.values())),
        EQUAL: divided(accounts, _alike(len(accounts))),
        BEST: divided(accounts[:1], [1.0]),
        HOLD: divided(holds, list(weights.values())),
    }
    # An account without a bar on a day has not moved.
    return pd.DataFrame(columns).fillna(0.0)


def _returns(accounts: Sequence[BacktestResult], names: Sequence[str]) -> pd.DataFrame:
    columns = {name: account.returns for name, account in zip(names, accounts, strict=True)}
    return pd.DataFrame(columns).fillna(0.0)


def _alike(count: int) -> list[float]:
    return [1 / count] * count
