"""How long it takes to judge a selection: PBO, walk-forward after the grid, plateaus of a grid."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from paired.worker import timed
from research.weighing import Timing, grown_by

from peaklib.backtest import run_grid
from peaklib.data import Dataset
from peaklib.robustness.selection.overfitting import pbo
from peaklib.robustness.selection.plateaus import plateau_scores
from peaklib.robustness.selection.walking import Evaluated, follow
from peaklib.robustness.selection.windows import calendar_windows

Floats = NDArray[np.float64]

YEAR: Final = 252.0
SEED: Final = 1
DEVIATION: Final = 0.01

TRIALS: Final = 1_000
BARS: Final = 5_000
BLOCKS: Final = 16

HIGHEST: Final = 100
COSTS: Final[Mapping[str, Any]] = {"fees_bps": 10.0}


@dataclass(frozen=True, kw_only=True)
class Selected:
    """Timings of one piece of work.

    Args:
        n_trials: compared.
        n_windows: blocks, or windows that were chosen for.
        turns: one after the other, after a first call that does not count.
        grown: MB by which the process grew at the peak of one more.
    """

    n_trials: int
    n_windows: int
    turns: Sequence[Timing]
    grown: float


def measure_pbo(
    n_trials: int = TRIALS, n_bars: int = BARS, n_blocks: int = BLOCKS, repeats: int = 5
) -> Selected:
    """PBO of noise, from moments at hand.

    Args:
        n_trials, n_bars, n_blocks: size.
        repeats: turns.
    """
    moments = noise_moments(n_trials, n_bars, n_blocks)
    return _measured(partial(pbo, moments, periods_per_year=YEAR), n_trials, n_blocks, repeats)


def measure_walk_forward(dataset: Dataset, highest: int = HIGHEST, repeats: int = 5) -> Selected:
    """Anchored walk-forward by years over all pairs of averages, after the grid.

    Args:
        dataset: bars of one asset, at least three years.
        highest: longest average; the pairs are all `fast < slow` from 2 to it.
        repeats: turns.
    """
    windows = calendar_windows(dataset.frame.index, 12)
    values = list(range(2, highest + 1))
    grid = {"fast": values, "slow": values}
    frame = run_grid("sma_crossover", dataset, grid, where="fast < slow", windows=windows, **COSTS)
    work = partial(follow, Evaluated("sma_crossover", frame), dataset, windows, **COSTS)
    return _measured(work, len(frame), len(work().choices), repeats)


def measure_plateaus(dataset: Dataset, highest: int = HIGHEST, repeats: int = 5) -> Selected:
    """The neighbourhood of every pair of averages.

    Args:
        dataset, highest, repeats: as for `measure_walk_forward`.
    """
    values = list(range(2, highest + 1))
    grid = {"fast": values, "slow": values}
    frame = run_grid("sma_crossover", dataset, grid, where="fast < slow", **COSTS)
    work = partial(plateau_scores, frame, ["fast", "slow"])
    return _measured(work, len(frame), 1, repeats)


def noise_moments(n_trials: int, n_bars: int, n_blocks: int) -> Floats:
    """Moments of blocks of Gaussian noise, (n_trials, n_blocks, 3)."""
    rng, size = np.random.default_rng(SEED), n_bars // n_blocks
    returns = rng.normal(0.0, DEVIATION, (n_trials, n_blocks, size))
    counts = np.full((n_trials, n_blocks), float(size))
    return np.stack([counts, returns.sum(axis=2), (returns**2).sum(axis=2)], axis=2)


def _measured(work: Callable[[], object], n_trials: int, n_windows: int, repeats: int) -> Selected:
    work()
    return Selected(
        n_trials=n_trials,
        n_windows=n_windows,
        turns=[timed(work) for _ in range(repeats)],
        grown=grown_by(work),
    )
