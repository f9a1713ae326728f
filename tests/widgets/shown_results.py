"""Results made on the spot, which no ledger knows of."""

from dataclasses import replace

import numpy as np
import pandas as pd
from scratch import ROOT

from peaklib.evidence import Run
from peaklib.sweep import CellData, SweepResults, evaluate_cell, load_config

AXES = {"fast": [5, 10, 20], "slow": [10, 50, 100, 200]}
SPLIT = "2012-01-01"


def cell_of(strategy: str, grid: dict, *, where: str = "", split: str = "", **costs) -> CellData:
    """A cell computed here, labelled as a sweep would."""
    made = evaluate_cell(
        Run(None),
        dataset="sp500",
        strategy=strategy,
        grid=grid,
        where=where,
        split=split,
        costs=costs,
    )
    return replace(made, label={"strategy": strategy, "costs": f"{costs.get('fees_bps', 0):g} bp"})


def results_of_cells(*cells: CellData) -> SweepResults:
    """Results that no ledger knows of."""
    quick = load_config(ROOT / "configs" / "sweeps" / "quick.toml")
    config = quick.model_copy(update={"split": None, "holdout": None})
    return SweepResults("shown", "peak sweep shown.toml", config, cells, ())


def large_results(side: int, selected: list[tuple[int, int]]) -> SweepResults:
    """A full grid of `side` × `side` trials whose numbers are drawn, but for some real ones.

    Args:
        side: values of each parameter.
        selected: (fast, slow) of the trials that a test looks at.
    """
    fast, slow = list(range(2, 2 + side)), list(range(2 + side, 2 + 2 * side))
    model = cell_of("sma_crossover", {"fast": [2], "slow": [2 + side]}, split=SPLIT)
    drawn = np.random.default_rng(5)
    columns = {name: drawn.normal(size=side * side) for name in model.trials.columns}
    columns["fast"], columns["slow"] = np.repeat(fast, side), np.tile(slow, side)
    columns["n_trades"] = np.full(side * side, 10.0)
    for name in ("is_n", "oos_n", "is_sumsq", "oos_sumsq"):
        columns[name] = 1000.0 + np.abs(columns[name])
    trials = pd.DataFrame(columns)
    for one, other in selected:
        real = cell_of("sma_crossover", {"fast": [one], "slow": [other]}, split=SPLIT).trials
        trials.iloc[(one - 2) * side + (other - 2 - side)] = real.iloc[0]
    trials["is_sharpe"] = trials["is_sharpe"].clip(upper=3.0)
    first = (selected[0][0] - 2) * side + (selected[0][1] - 2 - side)
    trials.loc[first, "is_sharpe"] = 4.0  # so that it is selected at first
    grid = {"axes": {"fast": fast, "slow": slow}, "order": ["fast", "slow"], "where": None}
    trials.attrs = {**model.trials.attrs, "grid": grid}
    return results_of_cells(replace(model, trials=trials))
