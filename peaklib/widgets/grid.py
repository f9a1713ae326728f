"""The trials of one cell as arrays by their places on the axes, so that a slice is a take."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peaklib.sweep import CellData

Floats = NDArray[np.float64]
Places = tuple[int, ...]

_VOLATILITY: Final = "_vol"
# Numbers that mean what they say also where nothing was traded.
_WITHOUT_TRADES: Final = frozenset({"n_trades", "exposure", "turnover"})


class Grid:
    """Every combination of the axes of one cell, tried or not.

    Args:
        cell: whose trials.
    """

    def __init__(self, cell: CellData) -> None:
        axes = cell.trials.attrs["grid"]["axes"]
        self.cell = cell
        self.axes: Mapping[str, tuple[int | float, ...]] = {
            name: tuple(axes[name]) for name in cell.params
        }
        self.shape: Places = tuple(len(values) for values in self.axes.values())
        self._flat = self._places(cell.trials)
        self._numbers = np.full(int(np.prod(self.shape)), -1, dtype=np.int64)
        self._numbers[self._flat] = np.arange(len(self._flat))
        self._known: dict[str, Floats] = {}

    def _places(self, trials: pd.DataFrame) -> NDArray[np.int64]:
        """(n_trials,) place of each trial in the flattened grid."""
        if not self.axes:
            return np.zeros(len(trials), dtype=np.int64)
        along = [
            pd.Index(values).get_indexer(pd.Index(trials[name]))
            for name, values in self.axes.items()
        ]
        return np.asarray(np.ravel_multi_index(tuple(along), self.shape), dtype=np.int64)

    @property
    def names(self) -> tuple[str, ...]:
        """Parameters on axes, in the order of the grid."""
        return tuple(self.axes)

    def number(self, at: Places) -> int | None:
        """Number of the trial at a place, None where none was made."""
        found = int(self._numbers[np.ravel_multi_index(at, self.shape) if at else 0])
        return found if found >= 0 else None

    def places(self, number: int) -> Places:
        """Where a trial stands."""
        return tuple(int(k) for k in np.unravel_index(int(self._flat[number]), self.shape))

    def params(self, at: Places) -> dict[str, int | float]:
        """The values at a place."""
        return {name: values[k] for (name, values), k in zip(self.axes.items(), at, strict=True)}

    def values(self, metric: str) -> Floats:
        """A metric of all combinations, in the shape of the grid.

        NaN: no such trial, or one that never traded and so has nothing to be proud of.
        """
        if metric not in self._known:
            trials = self.cell.trials
            column = (
                trials[metric].to_numpy(dtype=np.float64, copy=True)
                if metric in trials
                else self._volatility(metric.removesuffix(_VOLATILITY))
            )
            if metric not in _WITHOUT_TRADES:
                column[trials["n_trades"].to_numpy() == 0] = np.nan
            spread = np.full(self._numbers.size, np.nan)
            spread[self._flat] = column
            self._known[metric] = spread.reshape(self.shape)
        return self._known[metric]

    def has(self, metric: str) -> bool:
        """Whether a metric is on record, or follows from the moments of one side of a split."""
        side = metric.removesuffix(_VOLATILITY)
        return metric in self.cell.trials or (
            side != metric and f"{side}_sumsq" in self.cell.trials
        )

    def _volatility(self, side: str) -> Floats:
        """(n_trials,) annualised deviation of the returns on one side, ddof=1."""
        count, total, squares = (
            self.cell.trials[f"{side}_{moment}"].to_numpy(dtype=np.float64)
            for moment in ("n", "sum", "sumsq")
        )
        variance = np.maximum(squares - total * total / count, 0.0) / (count - 1)
        year = float(self.cell.conventions["bars_per_year"])
        deviation: Floats = np.sqrt(variance * year)
        return deviation

    def plane(self, metric: str, at: Places, x: int | None, y: int | None) -> Floats:
        """The slice through a place along two axes.

        Args:
            metric: name of a column.
            at: place that fixes the other axes.
            x, y: numbers of the axes to spread out; None for a single column or row.

        Returns:
            (values of y, values of x).
        """
        where: tuple[Any, ...] = tuple(
            slice(None) if axis in (x, y) else place for axis, place in enumerate(at)
        )
        taken: Floats = self.values(metric)[where]
        if x is not None and y is not None and x < y:
            taken = taken.T
        columns = 1 if x is None else self.shape[x]
        return taken.reshape(-1, columns)

    def best(self, metric: str) -> Places:
        """Place of the highest value; of equals the first, and of no values the first trial."""
        values = self.values(metric).ravel()[self._flat]
        if np.isnan(values).all():
            return self.places(0)
        return self.places(int(np.nanargmax(values)))
