"""A sweep's results as the explorer reads them: cells by label, grids, metrics, colours."""

from collections.abc import Mapping
from functools import cached_property
from typing import Final

import numpy as np
import pandas as pd

from peaklib.errors import EvidenceError
from peaklib.metrics import METRIC_NAMES, sharpe
from peaklib.render import metric_step, shared_limit
from peaklib.render.formats import base_name
from peaklib.render.scale import Floats, Scale, diverging, sequential
from peaklib.sweep import CellData, SweepResults
from peaklib.sweep.figures import COMPARED
from peaklib.widgets.grid import Grid
from peaklib.widgets.replays import Replays, is_inside

IN_SAMPLE: Final = "is_"
OUT_OF_SAMPLE: Final = "oos_"
_BY_CHOICE: Final = "sharpe"


class Book:
    """The cells of a sweep.

    Args:
        results: what `read_results` or `preview` returned.

    Raises:
        EvidenceError: no cell has a result.
    """

    def __init__(self, results: SweepResults) -> None:
        if not results.cells or not any(len(cell.trials) for cell in results.cells):
            failed = "; ".join(f"{each.label}: {each.error}" for each in results.failures[:3])
            raise EvidenceError(
                f"sweep {results.name!r} has no trials to explore"
                + (f" ({failed})" if failed else "")
                + f"; look at the log of a failed cell, then run again: {results.command}"
            )
        self.results = results
        self.replays = Replays(results.config.benchmark)
        self._holds: dict[tuple[int, str], float] = {}
        self._grids: dict[int, Grid] = {}
        self._scales: dict[tuple[str, int], Scale] = {}

    def __len__(self) -> int:
        return len(self.results.cells)

    def cell(self, number: int) -> CellData:
        """A cell by its number."""
        return self.results.cells[number]

    def grid(self, number: int) -> Grid:
        """The trials of a cell by their places."""
        if number not in self._grids:
            self._grids[number] = Grid(self.cell(number))
        return self._grids[number]

    @cached_property
    def labels(self) -> dict[str, list[str]]:
        """The sweep's own axes (strategy, dataset, costs, ...) with the values of their cells."""
        names = dict.fromkeys(name for cell in self.results.cells for name in cell.label)
        return {
            name: list(dict.fromkeys(c.label[name] for c in self.results.cells if name in c.label))
            for name in names
        }

    def find(self, wanted: Mapping[str, str], name: str) -> tuple[int, bool]:
        """The cell of a label, or the nearest one.

        Args:
            wanted: value by axis.
            name: the axis whose value must hold in any case.

        Returns:
            Number of the cell, and whether its whole label is the one wanted.
        """
        alike = [
            sum(cell.label.get(axis) == value for axis, value in wanted.items())
            if cell.label.get(name) == wanted[name]
            else -1
            for cell in self.results.cells
        ]
        place = int(np.argmax(alike))
        return place, alike[place] == len(wanted)

    def split(self, number: int) -> pd.Timestamp | None:
        """First day out of sample; None where the whole period is in sample."""
        named = self.cell(number).split
        return pd.Timestamp(named) if named else None

    @cached_property
    def has_unseen(self) -> bool:
        """Whether any cell has numbers out of sample."""
        return any(self.split(number) is not None for number in range(len(self)))

    def metrics(self, number: int) -> list[str]:
        """Metrics that may be shown of a cell.

        Where a cell was split, numbers over both periods would give away the unseen one and
        belong under neither band: only those that are kept for each side are offered.
        """
        side = "" if self.split(number) is None else IN_SAMPLE
        names = dict.fromkeys([_BY_CHOICE, *METRIC_NAMES])
        return [f"{side}{name}" for name in names if self.grid(number).has(f"{side}{name}")]

    def first_metric(self, number: int) -> str:
        """What trials are chosen by: the Sharpe in sample."""
        return _BY_CHOICE if self.split(number) is None else f"{IN_SAMPLE}{_BY_CHOICE}"

    def unseen(self, number: int, metric: str) -> str | None:
        """Out-of-sample sister of an in-sample metric."""
        sister = f"{OUT_OF_SAMPLE}{metric.removeprefix(IN_SAMPLE)}"
        is_there = metric.startswith(IN_SAMPLE) and self.grid(number).has(sister)
        return sister if is_there else None

    def hold(self, number: int, metric: str) -> float:
        """The benchmark's value of a metric, on the side of the split that its name says."""
        cell = self.cell(number)
        if metric in cell.hold:
            return float(cell.hold[metric])
        key = (number, metric)
        if key not in self._holds:
            self._holds[key] = self._measured(number, metric)
        return self._holds[key]

    def _measured(self, number: int, metric: str) -> float:
        """A Sharpe of the benchmark on one side; NaN for what cells do not keep by side."""
        roles = {f"{IN_SAMPLE}sharpe": "in_sample", f"{OUT_OF_SAMPLE}sharpe": "out_of_sample"}
        if metric not in roles:
            return float("nan")
        result = self.replays.hold(self.cell(number))
        index = pd.DatetimeIndex(result.returns.index)
        inside = is_inside(index, self.split(number), roles[metric])
        year = result.conventions.bars_per_year
        return sharpe(result.returns.to_numpy()[inside], periods_per_year=year)

    def is_compared(self, number: int, metric: str) -> bool:
        """Whether a metric is shown as a difference to the benchmark."""
        return base_name(metric) in COMPARED and np.isfinite(self.hold(number, metric))

    def scale(self, number: int, metric: str) -> Scale:
        """Colours of a metric.

        A difference has one scale over all cells, in sample: a colour means one number
        everywhere, and none of the colours depends on what is not revealed. A raw metric has
        one over all cells that have it.
        """
        compared = self.is_compared(number, metric)
        key = (metric, int(compared))
        if key not in self._scales:
            step = metric_step(metric)
            values = [self._shown(k, metric) for k in self._cells_with(metric)]
            self._scales[key] = (
                diverging(shared_limit(map(pd.DataFrame, values), step=step))
                if compared
                else sequential(values, step=step)
            )
        return self._scales[key]

    def _cells_with(self, metric: str) -> list[int]:
        return [k for k in range(len(self)) if self.grid(k).has(metric)]

    def _shown(self, number: int, metric: str) -> Floats:
        values = self.grid(number).values(metric).ravel()
        return values - self.hold(number, metric) if self.is_compared(number, metric) else values
