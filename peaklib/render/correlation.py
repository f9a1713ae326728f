"""Which parameter moves which metric: rank correlations over all trials."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from pandas.api.types import is_numeric_dtype

from peaklib.errors import DataError
from peaklib.render.cells import HATCHED, Cells, cell_axis, draw_cells
from peaklib.render.formats import Style, format_value
from peaklib.render.legends import Legend, draw_legends
from peaklib.render.scale import Floats, diverging
from peaklib.render.sheet import Box, Margins, Sheet
from peaklib.render.template import FIGURE_WIDTH, give_title

_CELL_HEIGHT: Final = 34
_MAX_CELL_WIDTH: Final = 110
_SCALE: Final = diverging(1.0)
_STYLE: Final = Style(decimals=2, signed=True)


def rank_correlations(
    frame: pd.DataFrame, params: Sequence[str], metrics: Sequence[str]
) -> pd.DataFrame:
    """Spearman's rank correlation of each parameter with each metric.

    Args:
        frame: one row per trial; a pair counts where both values are present.
        params: names of parameter columns.
        metrics: names of metric columns.

    Returns:
        (n_params, n_metrics) in -1..1; NaN where one of the two does not vary.

    Raises:
        DataError: a column is missing or not numeric.
    """
    names = [*params, *metrics]
    if missing := [name for name in names if name not in frame.columns]:
        raise DataError(f"correlation: no column {missing}; there are {list(frame.columns)}")
    if words := [name for name in names if not is_numeric_dtype(frame[name])]:
        raise DataError(f"correlation: columns {words} are not numbers; leave them out")
    return pd.DataFrame(
        [[_spearman(frame[param], frame[metric]) for metric in metrics] for param in params],
        index=list(params),
        columns=list(metrics),
    )


def correlation_matrix(
    frame: pd.DataFrame,
    params: Sequence[str],
    metrics: Sequence[str],
    *,
    title: str = "",
    subtitle: str = "",
) -> go.Figure:
    """Draw `rank_correlations` of one frame; see `draw_correlations`."""
    return draw_correlations(
        rank_correlations(frame, params, metrics), title=title, subtitle=subtitle
    )


def draw_correlations(values: pd.DataFrame, *, title: str = "", subtitle: str = "") -> go.Figure:
    """Draw rank correlations, one row per parameter; a pair without variation is hatched.

    Args:
        values: (n_params, n_metrics) in -1..1, such as several results of
            `rank_correlations` one below the other.
        title: the finding.
        subtitle: what is drawn.

    Raises:
        DataError: there is nothing to draw.
    """
    if values.empty:
        raise DataError("correlation: give at least one parameter and one metric")
    names, metrics = [str(name) for name in values.index], [str(name) for name in values.columns]
    margins = Margins(left=_label_width(names), right=8, top=8, bottom=76)
    width = FIGURE_WIDTH - margins.left - margins.right
    sheet = Sheet(width, _CELL_HEIGHT * len(names), margins)
    box = Box(0, min(width, _MAX_CELL_WIDTH * len(metrics)), 0, sheet.height)
    # The first parameter is read first, so it stands at the top.
    upward = values.iloc[::-1]
    axes = sheet.add_axes(
        box,
        x=cell_axis(metrics, pixels=box.width, along=True),
        y=cell_axis(names[::-1], pixels=box.height, along=False),
    )
    numbers: Floats = upward.to_numpy(dtype=float)
    texts = [[format_value(float(value), _STYLE) for value in row] for row in numbers]
    cells = Cells(
        values=numbers,
        texts=texts,
        scale=_SCALE,
        colour_axis="coloraxis",
        names=(metrics, names[::-1]),
        hover="%{customdata[1]} and %{customdata[0]}<br><b>Spearman %{customdata[2]}</b>",
        full=texts,
    )
    draw_cells(sheet.figure, cells, axes, box)
    legend = Legend("rho", "no relation", True, box, "coloraxis")
    remarks = f"{HATCHED} does not vary" if np.isnan(numbers).any() else ""
    draw_legends(sheet, [legend], {"rho": _SCALE}, below=36, remarks=remarks)
    return give_title(sheet.figure, title, subtitle)


def _spearman(left: "pd.Series[float]", right: "pd.Series[float]") -> float:
    pair = pd.DataFrame({"left": left, "right": right}).astype(float).dropna()
    if len(pair) < 2 or (pair.nunique() < 2).any():
        return float("nan")
    ranks = pair.rank()
    return float(np.corrcoef(ranks["left"], ranks["right"])[0, 1])


def _label_width(labels: Sequence[str]) -> int:
    return max(60, 20 + 8 * max((len(label) for label in labels), default=0))
