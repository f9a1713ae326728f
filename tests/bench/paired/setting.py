"""The question that both sides answer. Standard library only: both environments read it."""

from itertools import combinations
from typing import Final

DATASET: Final = "sp500"
FEES_BPS: Final = 10
BARS_PER_YEAR: Final = 252

# Every fast < slow pair of these windows: 4,851 of the first, 100,128 of the second.
WINDOWS: Final = range(2, 101)
LARGE_WINDOWS: Final = range(2, 450)

# Columns of the results that a side writes, a row for each pair.
KEYS: Final = ("fast", "slow")
METRICS: Final = ("Sharpe ratio", "total return", "maximum drawdown")


def count_pairs(windows: range) -> int:
    """How many fast < slow pairs there are."""
    return sum(1 for _ in combinations(windows, 2))
