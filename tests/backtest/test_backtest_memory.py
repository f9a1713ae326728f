"""Grids hold metrics only: a second one does not grow the process."""

import subprocess
import sys

import pytest

PROGRAM = """
import psutil
from peaklib.backtest import run_grid
from peaklib.data import load

data = load("sp500")
grid = {"fast": range(2, 202), "slow": range(300, 400)}

def resident():
    run_grid("sma_crossover", data, grid, fees_bps=10)
    return psutil.Process().memory_info().rss

first = resident()
print((resident() - first) / 2**20)
"""


@pytest.mark.slow
def test_a_second_grid_of_20_000_combinations_grows_memory_by_less_than_50_mb() -> None:
    # 20,000 combinations over 5,031 bars: their returns alone would be 800 MB.
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=120
    )
    assert float(run.stdout) < 50
