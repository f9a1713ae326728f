"""An interval for every cell of a heatmap, in a process of its own. `python -m luck.cells`."""

from collections.abc import Mapping, Sequence
from itertools import combinations

from paired.worker import Command, serve, timed

from luck.bootstrap import DATASET, SEED
from luck.plain import YEAR
from peaklib.backtest import trial_returns
from peaklib.data import load
from peaklib.robustness.bootstrap.cells import grid_intervals


def cells(question: str) -> dict[str, float]:
    """Time the intervals of all pairs of averages, backtests of the pairs included.

    Args:
        question: metric, longest window, and resamples of each cell; windows begin at 2.

    Returns:
        As `timed`, and `finite`: share of the cells that have an interval.
    """
    metric, highest, resamples = question.split()
    data = load(DATASET)
    pairs = pairs_up_to(int(highest))
    ends: list[float] = []

    def work() -> None:
        streamed = (returns for _, returns in trial_returns("sma_crossover", data, pairs))
        found = grid_intervals(
            streamed,
            len(pairs),
            metric,
            periods_per_year=YEAR,
            resamples=int(resamples),
            seed=SEED,
        )
        ends.append(float((found[:, 0] <= found[:, 1]).mean()))

    return {**timed(work), "finite": ends[0]}


def pairs_up_to(highest: int) -> Sequence[Mapping[str, int]]:
    """A fast and a slower window, both between 2 and `highest`."""
    return [{"fast": a, "slow": b} for a, b in combinations(range(2, highest + 1), 2)]


def commands() -> Mapping[str, Command]:
    """By name."""
    return {"cells": cells}


if __name__ == "__main__":
    serve(commands())
