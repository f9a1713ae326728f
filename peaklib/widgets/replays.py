"""Backtests of a recorded sweep once more, on the very rows that its cells saw."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peaklib.backtest import BacktestResult, run_backtest
from peaklib.data import Dataset
from peaklib.errors import EvidenceError
from peaklib.sweep import CellData
from peaklib.sweep.analysis import data_of, terms_of


class Replays:
    """The data of a sweep, loaded when they are asked for, and accounts on them.

    Args:
        benchmark: name of the strategy that the sweep is held against.
    """

    def __init__(self, benchmark: str) -> None:
        self._benchmark = benchmark
        self._bars: dict[tuple[str, str], Dataset] = {}
        self._holds: dict[tuple[str, str], BacktestResult] = {}

    def trial(self, cell: CellData, params: dict[str, int | float]) -> BacktestResult:
        """The account of a trial with these values on the axes."""
        attrs = cell.trials.attrs
        return self._run(cell, attrs["strategy"], {**attrs["fixed"], **params})

    def hold(self, cell: CellData) -> BacktestResult:
        """The benchmark on the bars and terms of a cell."""
        used = cell.conventions
        key = (used["digest"], str(used["terms"]))
        if key not in self._holds:
            self._holds[key] = self._run(cell, self._benchmark, None)
        return self._holds[key]

    def _run(self, cell: CellData, strategy: str, params: dict[str, Any] | None) -> BacktestResult:
        return run_backtest(strategy, self._bars_of(cell), params, **terms_of(cell))

    def _bars_of(self, cell: CellData) -> Dataset:
        """The rows that a cell saw, those that only warmed up its indicators included.

        Raises:
            EvidenceError: they are no longer what they were.
        """
        used = cell.conventions
        key = (used["digest"], used["start"])
        if key not in self._bars:
            data = data_of(cell)
            if data.digest != used["digest"]:
                raise EvidenceError(
                    f"{used['data']} has the digest {data.digest[:12]} now and "
                    f"{used['digest'][:12]} on record: the data have changed since; run the sweep "
                    "again"
                )
            self._bars[key] = data
        return self._bars[key]


def is_inside(index: pd.DatetimeIndex, at: pd.Timestamp | None, role: str) -> NDArray[np.bool_]:
    """Which stamps lie on one side of the split; all are in sample where there is none.

    Args:
        index: stamps.
        at: first day out of sample.
        role: `in_sample` or `out_of_sample`.
    """
    if at is None:
        return np.full(len(index), role == "in_sample")
    later = np.asarray(index.tz_localize(None) >= at)
    return ~later if role == "in_sample" else later
