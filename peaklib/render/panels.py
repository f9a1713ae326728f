"""What one panel of a heatmap, or of a line along one parameter, shows."""

from dataclasses import dataclass

import pandas as pd

from peaklib.errors import DataError
from peaklib.render.bands import Period


@dataclass(frozen=True)
class Panel:
    """A metric over two parameters, or over one (a single row or column).

    Args:
        values: index = parameter on the y axis, columns = parameter on the x axis, both in
            the order to draw (the first row stands at the bottom); NaN = no such trial.
        metric: name of the metric, which decides decimals, percent and the shared scale.
        title: what the panel shows, in words.
        zero_means: what zero stands for (`same as hold`); None for a metric whose zero
            means nothing (volatility, drawdown).
        period: role and dates, where they differ from panel to panel.
        low: lower ends of an interval per cell, on the axes of `values`; the pointer shows
            them.
        high: upper ends.
        level: coverage of the intervals, in (0, 1).
        plateau: bool, on the axes of `values`; the region is outlined.

    Raises:
        DataError: one of the frames does not share the axes of `values`, or one end of the
            intervals is missing.
    """

    values: pd.DataFrame
    metric: str
    title: str
    zero_means: str | None = None
    period: Period | None = None
    low: pd.DataFrame | None = None
    high: pd.DataFrame | None = None
    level: float = 0.90
    plateau: pd.DataFrame | None = None

    def __post_init__(self) -> None:
        where = f"panel {self.title!r}"
        if (self.low is None) != (self.high is None):
            raise DataError(f"{where}: an interval has two ends; give both low and high")
        if not 0 < self.level < 1:
            raise DataError(f"{where}: level is {self.level}; give a share such as 0.9")
        for name in ("low", "high", "plateau"):
            frame = getattr(self, name)
            if frame is not None and not (
                frame.index.equals(self.values.index) and frame.columns.equals(self.values.columns)
            ):
                raise DataError(
                    f"{where}: {name} {frame.shape} does not share rows and columns with values "
                    f"{self.values.shape}; reindex it like values"
                )
