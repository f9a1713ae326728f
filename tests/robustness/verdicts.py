"""Verdicts on made-up series: the grid of `configs/sweeps/noise.toml`, judged as a report does."""

from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from peaklib.backtest import run_grid
from peaklib.data import load
from peaklib.robustness import (
    Assessment,
    Candidate,
    Judgement,
    Subject,
    Thresholds,
    assess,
    judge,
    load_thresholds,
)
from peaklib.sweep import load_config
from peaklib.sweep.plan import plan_of

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / "configs" / "sweeps" / "noise.toml"
THRESHOLDS = load_thresholds(ROOT / "configs" / "robustness.toml")
BARS = 5_300
EDGE = 18  # basis points a bar: what makes the best trial's true Sharpe 0.8
# Long series that tell the true Sharpe ratios.
LONG_BARS = 20_000
LONG_SEEDS = range(10_000, 10_020)


@cache
def searched() -> dict[str, Any]:
    """What a cell of the sweep is given: strategy, grid, condition, costs, warm-up, seed."""
    config = load_config(CONFIG)
    made = plan_of(config, ROOT / config.notebook, name="noise", command="", thresholds=THRESHOLDS)
    (cell,) = made.cells
    return {"seed": config.seed, "n_trials": cell.n_trials, **cell.parameters}


def source_of(drift: int, seed: int, bars: int = BARS) -> str:
    """A series with an edge of so many basis points a bar; without any for 0."""
    if drift == 0:
        return f"synthetic:random_walk,seed={seed},bars={bars}"
    return f"synthetic:planted_edge,seed={seed},bars={bars},drift={drift}"


def candidate() -> Candidate:
    """The strategy and the grid of the sweep."""
    given = searched()
    return Candidate(given["strategy"], given["grid"], given["where"] or None)


def terms() -> dict[str, Any]:
    """The costs and the warm-up of the sweep."""
    given = searched()
    return {**given["costs"], "warmup": given["warmup"]}


def examine(drift: int, seed: int, thresholds: Thresholds = THRESHOLDS) -> Assessment:
    """One series, searched by the grid of the sweep and examined as the report examines it."""
    subject = Subject(load(source_of(drift, seed)), (candidate(),), terms=terms())
    return assess(subject, thresholds, seed=searched()["seed"], threads=1)


def count_supported(drift: int, seeds: Iterable[int]) -> int:
    """Series that come out as SUPPORTED, under the thresholds of the project."""
    found = (judge(examine(drift, seed), THRESHOLDS) for seed in seeds)
    return sum(judgement.verdict == "SUPPORTED" for judgement in found)


@dataclass(frozen=True)
class Measured:
    """What the verdict on one series depends on, so that other thresholds need no new series.

    Args:
        seed: of the series.
        low, estimate, high: walk-forward's Sharpe minus hold's, and its interval.
        dsr: deflated Sharpe.
        pbo: probability of overfitting.
        share, neighbours: of the plateau.
        best: Sharpe of the selected trial, in sample.
        tries: independent ones.
    """

    seed: int
    low: float
    estimate: float
    high: float
    dsr: float
    pbo: float
    share: float
    neighbours: int
    best: float
    tries: float

    @staticmethod
    def columns() -> list[str]:
        """Names of the numbers, in their order."""
        return [field.name for field in fields(Measured)]

    def row(self) -> list[float]:
        """The numbers, rounded for a file."""
        return [round(value, 5) for value in astuple(self)]


def measured_of(found: Assessment, seed: int) -> Measured:
    """What is kept of an examined series."""
    walked, pbo = found.out_of_sample_diff, found.overfitting
    assert walked is not None
    assert pbo is not None
    return Measured(
        seed=seed,
        low=walked.low,
        estimate=walked.estimate,
        high=walked.high,
        dsr=found.deflated.dsr,
        pbo=pbo.probability,
        share=found.plateau.share,
        neighbours=found.plateau.neighbours,
        best=found.in_sample.estimate,
        tries=found.tries,
    )


@cache
def small() -> Assessment:
    """A real assessment, quickly made: what `altered` starts from."""
    subject = Subject(
        load("synthetic:random_walk,seed=1,bars=1300"),
        (Candidate("sma_crossover", {"fast": [5, 10, 20], "slow": [40, 60, 80]}),),
    )
    quick = Thresholds.model_validate(
        {"intervals": {"resamples": 200}, "overfitting": {"blocks": 4}}
    )
    return assess(subject, quick, threads=1)


def altered(
    *,
    low: float = 0.1,
    high: float = 0.9,
    dsr: float = 1.0,
    pbo: float = 0.0,
    share: float = 1.0,
    neighbours: int = 8,
) -> Assessment:
    """An assessment with other numbers in the places that a verdict depends on."""
    start = small()
    assert start.out_of_sample_diff is not None
    assert start.overfitting is not None
    return replace(
        start,
        out_of_sample_diff=replace(
            start.out_of_sample_diff, low=low, estimate=(low + high) / 2, high=high
        ),
        deflated=replace(start.deflated, dsr=dsr),
        overfitting=replace(start.overfitting, probability=pbo),
        plateau=replace(start.plateau, share=share, neighbours=neighbours),
    )


def judged(found: Measured, thresholds: Thresholds = THRESHOLDS) -> Judgement:
    """The verdict on a series whose numbers were kept."""
    return judge(
        altered(
            low=found.low,
            high=found.high,
            dsr=found.dsr,
            pbo=found.pbo,
            share=found.share,
            neighbours=found.neighbours,
        ),
        thresholds,
    )


def true_sharpes(drift: int, seeds: Iterable[int] = LONG_SEEDS) -> tuple[pd.DataFrame, int]:
    """Sharpe ratio of every trial, its mean over long series that differ by their seeds.

    Returns:
        One row a trial, in the order of the grid: its parameters, `sharpe` and `error`, the
        standard error of that mean; and the number of the best trial.
    """
    one = candidate()
    found = []
    for seed in seeds:
        data = load(source_of(drift, seed, LONG_BARS))
        trials = run_grid(one.strategy, data, one.grid, where=one.where, **terms())
        found.append(trials["sharpe"].to_numpy())
    sharpes = np.array(found)
    table = trials[list(one.grid)].reset_index(drop=True)
    table["sharpe"] = sharpes.mean(axis=0)
    table["error"] = sharpes.std(axis=0, ddof=1) / np.sqrt(len(sharpes))
    return table, int(np.argmax(table["sharpe"]))
