"""The standard heatmap: two parameters, several metrics side by side, one scale per metric.

Panels of the same metric share one scale, so that a colour always means the same number.
A metric whose zero means something (a difference to the benchmark) gets the diverging
scale around that zero; any other gets the sequential scale over its range.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from peaklib.errors import DataError
from peaklib.render.bands import STRIP_HEIGHT, Period
from peaklib.render.cells import HATCHED, Cells, cell_axis, draw_cells, outline
from peaklib.render.formats import Style, format_metric, format_value, style_of
from peaklib.render.legends import LEGEND_SPACE, Legend, draw_legends
from peaklib.render.scale import Floats, Scale, diverging, sequential, shared_limit
from peaklib.render.sheet import Axes, Box, Margins, Sheet
from peaklib.render.template import FIGURE_WIDTH, give_title, plain

_MARGINS: Final = Margins(left=58, right=8, top=8, bottom=LEGEND_SPACE)
_GAP: Final = 22
_MAX_CELL: Final = 110
# Thirty rows still fit the first screen.
_MIN_CELL: Final = 9
_MIN_PANEL: Final = 260
_GRID_HEIGHT: Final = 270
_HEADER: Final = 26
_STRIP: Final = STRIP_HEIGHT + 8


@dataclass(frozen=True)
class Panel:
    """One heatmap: a metric over two parameters.

    Args:
        values: index = parameter on the y axis, columns = parameter on the x axis, both in
            the order to draw (the first row stands at the bottom); NaN = no such trial.
        metric: name of the metric, which decides decimals, percent and the shared scale.
        title: what the panel shows, in words.
        zero_means: what zero stands for (`same as hold`); None for a metric whose zero
            means nothing (volatility, drawdown).
        period: role and dates, where they differ from panel to panel.
    """

    values: pd.DataFrame
    metric: str
    title: str
    zero_means: str | None = None
    period: Period | None = None


def metric_step(metric: str) -> float:
    """Step to which limits are rounded: 0.05, or half a percentage point for percent."""
    return 0.005 if style_of(metric).unit == "%" else 0.05


def heatmap(
    panels: Sequence[Panel],
    *,
    x_label: str,
    y_label: str,
    chosen: tuple[object, object] | None = None,
    period: Period | None = None,
    limits: Mapping[str, float] | None = None,
    title: str = "",
    subtitle: str = "",
) -> go.Figure:
    """Draw panels side by side over the same two parameters.

    Args:
        panels: one or more; those with the same metric share a scale and a legend.
        x_label: parameter of the columns with its unit (`fast window, days`).
        y_label: parameter of the rows with its unit.
        chosen: (x value, y value) of the cell to outline in every panel.
        period: role and dates of all panels, drawn as one band across them.
        limits: limit of a diverging scale by metric, where several figures share it
            (see `shared_limit`); otherwise taken from these panels.
        title: the finding.
        subtitle: what is drawn, in which unit, after which costs.

    Raises:
        DataError: no panels, an empty or repeated axis, a chosen cell that is missing, or
            panels of one metric that disagree on what its zero means.
    """
    _check(panels, chosen)
    scales = _scales(panels, limits or {})
    rows = max(len(panel.values.index) for panel in panels)
    # A grid of two or three rows still has to be as tall as the words beside it.
    grid = max(float(np.clip(_GRID_HEIGHT / rows, _MIN_CELL, 34)) * rows, 7.5 * len(y_label))
    heads = _STRIP if any(panel.period for panel in panels) else 0
    over = _STRIP if period else 0
    sheet = Sheet(
        FIGURE_WIDTH - _MARGINS.left - _MARGINS.right, grid + _HEADER + heads + over, _MARGINS
    )
    boxes = _boxes(panels, sheet.width, grid)
    same_rows = all(panel.values.index.equals(panels[0].values.index) for panel in panels)
    for panel, box in zip(panels, boxes, strict=True):
        labelled = panel is panels[0] or not same_rows
        axes = _draw_panel(
            sheet,
            panel,
            box,
            scales[panel.metric],
            (x_label, y_label),
            labelled,
            _colour_axis(panels, panel.metric),
        )
        if chosen is not None:
            column = _position(panel.values.columns, chosen[0])
            row = _position(panel.values.index, chosen[1])
            outline(sheet.figure, axes, column=column, row=row)
    if period is not None:
        sheet.add_strip(period, _above(boxes[0], boxes[-1], sheet.height - STRIP_HEIGHT))
    draw_legends(sheet, _legends(panels, boxes), scales, remarks=_remarks(panels, chosen))
    return give_title(sheet.figure, title, subtitle)


def _check(panels: Sequence[Panel], chosen: tuple[object, object] | None) -> None:
    if not panels:
        raise DataError("heatmap: no panels; give at least one")
    for panel in panels:
        where = f"heatmap panel {panel.title!r}"
        for axis, name in ((panel.values.columns, "column"), (panel.values.index, "row")):
            if not len(axis):
                raise DataError(f"{where}: it has no {name}s; pivot the trials before drawing")
            if axis.has_duplicates:
                twice = axis[axis.duplicated()][0]
                raise DataError(
                    f"{where}: {name} {format_value(twice, Style())} stands there twice; "
                    "fix the other parameters to one value each"
                )
        if chosen is not None and (
            chosen[0] not in panel.values.columns or chosen[1] not in panel.values.index
        ):
            raise DataError(f"{where}: the chosen cell {chosen!r} (x, y) is not on its axes")


def _scales(panels: Sequence[Panel], limits: Mapping[str, float]) -> dict[str, Scale]:
    scales: dict[str, Scale] = {}
    for metric in dict.fromkeys(panel.metric for panel in panels):
        group = [panel for panel in panels if panel.metric == metric]
        if len({panel.zero_means is None for panel in group}) > 1:
            raise DataError(
                f"heatmap: panels of {metric!r} disagree on whether zero means something; "
                "give zero_means to all of them or to none"
            )
        step = metric_step(metric)
        if group[0].zero_means is None:
            scales[metric] = sequential([_numbers(panel) for panel in group], step=step)
        else:
            limit = limits.get(metric) or shared_limit((p.values for p in group), step=step)
            scales[metric] = diverging(limit)
    return scales


def _numbers(panel: Panel) -> Floats:
    values: Floats = panel.values.to_numpy(dtype=float, na_value=np.nan)
    return values


def _boxes(panels: Sequence[Panel], width: float, grid: float) -> list[Box]:
    """Equal panels from the left; cells never grow wider than is useful."""
    even = (width - _GAP * (len(panels) - 1)) / len(panels)
    columns = max(len(panel.values.columns) for panel in panels)
    wide = min(even, max(columns * _MAX_CELL, _MIN_PANEL))
    return [
        Box(left=at * (wide + _GAP), right=at * (wide + _GAP) + wide, bottom=0, top=grid)
        for at in range(len(panels))
    ]


def _above(first: Box, last: Box, bottom: float) -> Box:
    return Box(first.left, last.right, bottom, bottom + STRIP_HEIGHT)


def _draw_panel(
    sheet: Sheet,
    panel: Panel,
    box: Box,
    scale: Scale,
    labels: tuple[str, str],
    labelled: bool,
    colour_axis: str,
) -> Axes:
    x_names, y_names = _names(panel.values.columns), _names(panel.values.index)
    axes = sheet.add_axes(
        box,
        x=cell_axis(x_names, pixels=box.width, along=True, title=labels[0]),
        y={
            **cell_axis(y_names, pixels=box.height, along=False, title=labels[1] * labelled),
            "showticklabels": labelled,
        },
    )
    values = _numbers(panel)
    cells = Cells(
        values=values,
        texts=_texts(panel, values),
        scale=scale,
        colour_axis=colour_axis,
        names=(x_names, y_names),
        hover="{}: %{{customdata[0]}}<br>{}: %{{customdata[1]}}<br>"
        "<b>{}: %{{customdata[2]}}</b>".format(*map(plain, (*labels, panel.title))),
        full=[[format_metric(panel.metric, float(value)) for value in row] for row in values],
    )
    draw_cells(sheet.figure, cells, axes, box)
    sheet.write(panel.title, box.left, box.top + 6, bold=True)
    if panel.period is not None:
        sheet.add_strip(panel.period, _above(box, box, box.top + _HEADER + 2))
    return axes


def _names(axis: "pd.Index[Any]") -> list[str]:
    return [format_value(value, Style()) for value in axis]


def _position(axis: "pd.Index[Any]", value: object) -> int:
    names: list[object] = list(axis)
    return names.index(value)


def _texts(panel: Panel, values: Floats) -> list[list[str]]:
    style = style_of(panel.metric)
    signed = Style(
        decimals=1 if style.unit == "%" else 2,
        factor=style.factor,
        signed=panel.zero_means is not None,
    )
    return [[format_value(float(value), signed) for value in row] for row in values]


def _legends(panels: Sequence[Panel], boxes: Sequence[Box]) -> list[Legend]:
    legends: dict[str, Legend] = {}
    for panel, box in zip(panels, boxes, strict=True):
        middle = panel.title if panel.zero_means is None else panel.zero_means
        axis = _colour_axis(panels, panel.metric)
        has_zero = panel.zero_means is not None
        legends.setdefault(
            panel.metric, Legend(panel.metric, middle, has_zero, box, axis, ("worse", "better"))
        )
    return list(legends.values())


def _colour_axis(panels: Sequence[Panel], metric: str) -> str:
    number = list(dict.fromkeys(panel.metric for panel in panels)).index(metric) + 1
    return "coloraxis" if number == 1 else f"coloraxis{number}"


def _remarks(panels: Sequence[Panel], chosen: tuple[object, object] | None) -> str:
    signs = ["▢ chosen"] if chosen is not None else []
    if any(panel.values.isna().to_numpy().any() for panel in panels):
        signs.append(f"{HATCHED} not tried, or no trade")
    return "    ".join(signs)
