"""How much is measured."""

from collections.abc import Sequence
from dataclasses import dataclass

from luck import explorer, selection
from peaklib.robustness.bootstrap.run_metrics import RETURN_METRICS


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """Those of the page by default; the tests measure less.

    Args:
        resamples: of one series, beside arch.
        metrics: that have intervals, the Sharpe ratio first.
        highest: longest moving average; every two windows from 2 on are a pair.
        cell_resamples: of each pair.
        trials, bars, blocks: whose overfitting is asked.
        report: "large" or "small" sweeps.
        shapes: axes of the sweeps.
        side: values of the two parameters in the explorer.
        repeats, reports, interactions: turns; of reports; of each interaction.
    """

    resamples: int = 10_000
    metrics: Sequence[str] = RETURN_METRICS
    highest: int = selection.HIGHEST
    cell_resamples: int = 1_000
    trials: int = selection.TRIALS
    bars: int = selection.BARS
    blocks: int = selection.BLOCKS
    report: str = "large"
    shapes: Sequence[int] = (2, 4)
    side: int = explorer.SIDE
    repeats: int = 5
    reports: int = 3
    interactions: int = 7
