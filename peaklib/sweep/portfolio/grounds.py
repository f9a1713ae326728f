"""The bars before the split: what was tried there, and what it is worth there."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peaklib.backtest import run_grid, trial_returns
from peaklib.data import Dataset
from peaklib.errors import DataError
from peaklib.robustness import Candidate, Evaluated, Search, Subject, Thresholds, effective_trials
from peaklib.robustness.verdict.assessment import overfitting, tries_of
from peaklib.robustness.verdict.subject import block_windows, sampled_returns, variance_of
from peaklib.sweep.analysis import data_of, terms_of
from peaklib.sweep.cell import CellData
from peaklib.sweep.results import SweepResults
from peaklib.sweep.review.subject import History, candidate_of, search_of


@dataclass(frozen=True)
class Ground:
    """One data set before the split, and every run of the sweep that searched it on like terms.

    Args:
        data: all bars that the sweep saw.
        subject: the same before the split, with the strategies that were tried.
        cells: runs of these strategies, in the same order.
        fields: their grids, evaluated before the split only.
        tries: independent tries that the search amounts to.
        spread: annual deviation of a Sharpe ratio without skill, or of the trials if wider.
    """

    data: Dataset
    subject: Subject
    cells: tuple[CellData, ...]
    fields: tuple[Evaluated, ...]
    tries: float
    spread: float


@dataclass(frozen=True)
class Trial:
    """A trial as it stands before the split.

    Args:
        ground, cell: where it was tried.
        row: its number in the cell.
        params: all parameters.
        returns: (n_bars,) simple returns after costs.
    """

    ground: Ground
    cell: CellData
    row: int
    params: dict[str, int | float]
    returns: NDArray[np.float64]

    @property
    def address(self) -> str:
        """`RUN:N`."""
        return f"{self.cell.run_id or 'preview'}:{self.row}"


def grounds_of(
    results: SweepResults, split: str, thresholds: Thresholds, history: History, *, seed: int
) -> tuple[Ground, ...]:
    """What the sweep tried before a date, by data set and terms, under its first cost scenario.

    Args:
        results: of the sweep.
        split: first day out of sample.
        thresholds: how many trials are sampled and compared.
        history: trials ever made in the sweep's families.
        seed: of the estimate of independent tries.

    Raises:
        DataError: a data set has no bar before the split, or none from it on.
    """
    groups: dict[tuple[object, ...], list[CellData]] = {}
    for cell in results.base:
        used = cell.conventions
        # Trials are evaluated again under the terms of their cell, which may be an axis.
        terms = tuple(sorted(terms_of(cell).items()))
        groups.setdefault((used["digest"], used["start"], used["end"], terms), []).append(cell)
    return tuple(
        _ground(
            cells,
            results.config.benchmark,
            split,
            thresholds,
            search_of(results, cells[0], history),
            seed,
        )
        for cells in groups.values()
    )


def _ground(
    cells: list[CellData],
    benchmark: str,
    split: str,
    thresholds: Thresholds,
    search: Search,
    seed: int,
) -> Ground:
    data, terms = data_of(cells[0]), terms_of(cells[0])
    before = data.bars_before(split)
    if not terms["warmup"] + 1 < before < len(data) - 1:
        index = data.frame.index
        raise DataError(
            f"split = {split}: {data.name} is measured from {index[terms['warmup']]:%Y-%m-%d} to "
            f"{index[-1]:%Y-%m-%d}; choose a day in between"
        )
    inside = data.between(None, data.frame.index[before - 1])
    candidates: tuple[Candidate, ...] = tuple(map(candidate_of, cells))
    subject = Subject(inside, candidates, benchmark, terms)
    fields = tuple(_evaluated(subject, one, thresholds) for one in candidates)
    sampled = sampled_returns(subject, fields, thresholds.deflated_sharpe.sample)
    tries = tries_of(
        effective_trials(sampled, seed=seed), search, sum(len(field.frame) for field in fields)
    )
    luck = float(np.sqrt(subject.year / len(subject.index)))
    spread = max(luck, float(np.sqrt(variance_of(fields))))
    return Ground(data, subject, tuple(cells), fields, tries, spread)


def _evaluated(subject: Subject, one: Candidate, thresholds: Thresholds) -> Evaluated:
    windows = block_windows(subject, thresholds)
    grid = run_grid(
        one.strategy,
        subject.dataset,
        one.grid,
        where=one.where,
        windows=windows,
        **subject.agreed,
    )
    return Evaluated(one.strategy, grid)


def overfitting_of(ground: Ground, number: int, thresholds: Thresholds) -> float:
    """Probability that choosing within one run is overfitting, before the split.

    Returns:
        NaN for a run whose trials all did the same, where there is nothing to choose.
    """
    alone = Subject(
        ground.subject.dataset,
        ground.subject.candidates[number : number + 1],
        ground.subject.benchmark,
        ground.subject.terms,
    )
    found = overfitting(alone, ground.fields[number : number + 1], thresholds)
    return float("nan") if found is None else found.probability


def best_trials(ground: Ground, number: int, count: int) -> Iterator[Trial]:
    """Trials of one run with the highest Sharpe above 0, best first; of equals, the first."""
    field, cell = ground.fields[number], ground.cells[number]
    sharpes = np.nan_to_num(field.frame["sharpe"].to_numpy(), nan=-np.inf)
    rows = np.argsort(-sharpes, kind="stable")[:count]
    rows = rows[sharpes[rows] > 0]
    fixed = cell.trials.attrs["fixed"]
    params = [{**fixed, **field.params(int(row))} for row in rows]
    every = trial_returns(field.strategy, ground.subject.dataset, params, **ground.subject.agreed)
    for row, (known, returns) in zip(rows, every, strict=True):
        yield Trial(ground, cell, int(row), known, returns)
