"""Our side: `run_grid` over the pairs. Run as `python -m paired.ours`."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from paired.memory import peak, resident, restart_peak
from paired.setting import DATASET, FEES_BPS, KEYS, LARGE_WINDOWS, WINDOWS
from paired.worker import Command, serve, timed
from peaklib.backtest import run_grid
from peaklib.data import Dataset, load
from peaklib.metrics import METRIC_NAMES

COLUMNS = [*KEYS, "sharpe", "ret", "max_dd"]


def evaluate(dataset: Dataset, windows: range) -> pd.DataFrame:
    """All fast < slow pairs of `windows`, filled at the signal's close, on all processors."""
    return run_grid(
        "sma_crossover",
        dataset,
        {"fast": windows, "slow": windows},
        where="fast < slow",
        fill="close",
        fees_bps=FEES_BPS,
    )


class Ours:
    """The commands of our side.

    Args:
        dataset: bars to run on.
    """

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.frame = pd.DataFrame()

    def grid(self, _: str) -> dict[str, float]:
        """Time one grid; its results are kept for `save`."""

        def work() -> None:
            self.frame = evaluate(self.dataset, WINDOWS)

        return timed(work)

    def large(self, _: str) -> dict[str, float]:
        """Time the large grid and see how memory grows, its results held at the end (MB)."""
        restart_peak()
        before = resident()
        held: list[pd.DataFrame] = []
        times = timed(lambda: held.append(evaluate(self.dataset, LARGE_WINDOWS)))
        grown = {"grown": resident() - before, "peak_grown": peak() - before}
        return times | grown | {"rows": float(len(held[0]))}

    def save(self, path: str) -> None:
        """Write (n_pairs, 5): fast, slow, Sharpe ratio, total return, maximum drawdown."""
        np.save(path, self.frame[COLUMNS].to_numpy(np.float64))

    def prices(self, path: str) -> dict[str, str | int | float]:
        """Write the closes for the other side, and say what they are."""
        np.save(path, self.dataset.column("close"))
        index = self.dataset.frame.index
        return {
            "bars": len(index),
            "first": str(index[0].date()),
            "last": str(index[-1].date()),
            "digest": self.dataset.digest,
            "bars_per_year": self.dataset.meta.bars_per_year,
            "n_metrics": len(METRIC_NAMES),
        }


def commands() -> Mapping[str, Command]:
    """By name."""
    side = Ours(load(DATASET))
    return {"grid": side.grid, "large": side.large, "save": side.save, "prices": side.prices}


if __name__ == "__main__":
    serve(commands())
