"""Results that the tests of the explorer look at."""

import pytest
from shown_results import AXES, SPLIT, cell_of, results_of_cells

from peaklib.sweep import SweepResults


@pytest.fixture(scope="session")
def plain() -> SweepResults:
    """Two strategies, the first under two costs; nothing is split."""
    return results_of_cells(
        cell_of("sma_crossover", AXES, where="fast < slow", fees_bps=5.0),
        cell_of("sma_crossover", AXES, where="fast < slow", fees_bps=50.0),
        cell_of("rsi_reversion", {"window": [2, 5], "oversold": [20, 30], "leave": [50, 70]}),
    )


@pytest.fixture(scope="session")
def split() -> SweepResults:
    """One strategy, its Sharpe kept on both sides of 2012."""
    return results_of_cells(cell_of("sma_crossover", AXES, where="fast < slow", split=SPLIT))
