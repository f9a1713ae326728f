"""The standard heatmap: two parameters, several metrics side by side, one scale per metric.

Panels of the same metric share one scale, so that a colour always means the same number.
A metric whose zero means something (a difference to the benchmark) gets the diverging
scale around that zero; any other gets the sequential scale over its range.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from peaklib.errors import DataError
from peaklib.render.bands import STRIP_HEIGHT, Period
from peaklib.render.cells import HATCHED, Cells, cell_axis, draw_cells, outline
from peaklib.render.formats import Style, format_metric, format_range, format_value, style_of
from peaklib.render.intervals import Intervals, draw_intervals
from peaklib.render.legends import LEGEND_SPACE, Legend, draw_legends
from peaklib.render.panels import Panel
from peaklib.render.plateau import SIGN as PLATEAU_SIGN, outline_region
from peaklib.render.scale import Floats, Scale, diverging, sequential, shared_limit
from peaklib.render.sheet import Axes, Box, Margins, Sheet
from peaklib.render.template import FIGURE_WIDTH, give_title, plain

_MARGINS: Final = Margins(left=58, right=8, top=8, bottom=LEGEND_SPACE)
_GAP: Final = 22
_MAX_CELL: Final = 110
_MAX_LABEL_ROOM: Final = 260
# Thirty rows still fit the first screen.
_MIN_CELL: Final = 9
_MIN_PANEL: Final = 260
_GRID_HEIGHT: Final = 270
# More rows than fit at that height make the cells lower, not the figure higher.
_MAX_GRID_HEIGHT: Final = 380
_HEADER: Final = 26
_STRIP: Final = STRIP_HEIGHT + 8
_BESIDE_WIDTH: Final = 292
_BESIDE_GAP: Final = 34


def metric_step(metric: str) -> float:
    """Step to which limits are rounded: 0.05, half a percentage point, or one of a count."""
    style = style_of(metric)
    if style.decimals == 0:
        return 1.0
    return 0.005 if style.unit == "%" else 0.05


def heatmap(
    panels: Sequence[Panel],
    *,
    x_label: str,
    y_label: str,
    chosen: tuple[object, object] | None = None,
    period: Period | None = None,
    limits: Mapping[str, float] | None = None,
    plateau_label: str = "plateau",
    beside: Intervals | None = None,
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
        plateau_label: what the outlined region is (`plateau: keeps 80 % of the best`).
        beside: intervals drawn at the right of the panels, such as those of the chosen cell.
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
    cell = min(float(np.clip(_GRID_HEIGHT / rows, _MIN_CELL, 34)), _MAX_GRID_HEIGHT / rows)
    grid = max(cell * rows, 7.5 * len(y_label))
    heads = _STRIP if any(panel.period for panel in panels) else 0
    over = _STRIP if period else 0
    margins = replace(_MARGINS, left=_label_room(panels))
    sheet = Sheet(
        FIGURE_WIDTH - margins.left - margins.right, grid + _HEADER + heads + over, margins
    )
    boxes = _boxes(panels, sheet.width - (_BESIDE_WIDTH + _BESIDE_GAP) * bool(beside), grid)
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
        if panel.plateau is not None:
            outline_region(sheet.figure, axes, panel.plateau.to_numpy(dtype=bool))
        if chosen is not None:
            column = _position(panel.values.columns, chosen[0])
            row = _position(panel.values.index, chosen[1])
            outline(sheet.figure, axes, column=column, row=row)
    if period is not None:
        sheet.add_strip(period, _above(boxes[0], boxes[-1], sheet.height - STRIP_HEIGHT))
    if beside is not None:
        left = boxes[-1].right + _BESIDE_GAP
        draw_intervals(sheet, Box(left, min(left + _BESIDE_WIDTH, sheet.width), 0, grid), beside)
    remarks = _remarks(panels, chosen, plateau_label)
    draw_legends(sheet, _legends(panels, boxes), scales, remarks=remarks)
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
        full=_full(panel, values),
    )
    draw_cells(sheet.figure, cells, axes, box)
    sheet.write(panel.title, box.left, box.top + 6, bold=True)
    if panel.period is not None:
        sheet.add_strip(panel.period, _above(box, box, box.top + _HEADER + 2))
    return axes


def _label_room(panels: Sequence[Panel]) -> int:
    """Pixels at the left for the names of the rows and the parameter beside them."""
    longest = max(len(name) for panel in panels for name in _names(panel.values.index))
    return min(max(_MARGINS.left, 8 * longest + 34), _MAX_LABEL_ROOM)


def _names(axis: "pd.Index[Any]") -> list[str]:
    return [format_value(value, Style()) for value in axis]


def _position(axis: "pd.Index[Any]", value: object) -> int:
    names: list[object] = list(axis)
    return names.index(value)


def _texts(panel: Panel, values: Floats) -> list[list[str]]:
    style = style_of(panel.metric)
    signed = Style(
        decimals=1 if style.unit == "%" else 2 if style.decimals is None else style.decimals,
        factor=style.factor,
        signed=panel.zero_means is not None,
    )
    return [[format_value(float(value), signed) for value in row] for row in values]


def _full(panel: Panel, values: Floats) -> list[list[str]]:
    """What the pointer shows of each cell: the number with its unit, and its interval."""
    full = [[format_metric(panel.metric, float(value)) for value in row] for row in values]
    if panel.low is None or panel.high is None:
        return full
    ends = (frame.to_numpy(dtype=float, na_value=np.nan) for frame in (panel.low, panel.high))
    level = f"{100 * panel.level:g} %"
    return [
        [
            f"{text}, {level} {format_range(panel.metric, float(low), float(high))}"
            for text, low, high in zip(*row, strict=True)
        ]
        for row in zip(full, *ends, strict=True)
    ]


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


def _remarks(
    panels: Sequence[Panel], chosen: tuple[object, object] | None, plateau_label: str
) -> str:
    signs = ["▢ chosen"] if chosen is not None else []
    if any(panel.plateau is not None and panel.plateau.to_numpy().any() for panel in panels):
        signs.append(f"{PLATEAU_SIGN} {plateau_label}")
    if any(panel.values.isna().to_numpy().any() for panel in panels):
        signs.append(f"{HATCHED} not tried, or no trade")
    return "    ".join(signs)
