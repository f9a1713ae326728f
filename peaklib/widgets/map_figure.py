"""The map: one slice of a grid as coloured cells, in sample and, once revealed, out of sample.

Cells are drawn from arrays without a loop over them, so that a slice of 100,000 is as quick
as one of ten. The number and order of traces never change: a live figure only takes new data.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go

from peaklib.render import Period
from peaklib.render.bands import HATCH, STRIP_HEIGHT
from peaklib.render.cells import HATCHED, cell_axis, fits_text
from peaklib.render.formats import Style, format_value, style_of
from peaklib.render.legends import LEGEND_SPACE, Legend, draw_legends
from peaklib.render.scale import DARK_TEXT, LIGHT_TEXT, Floats, Scale
from peaklib.render.sheet import Axes, Box, Margins, Sheet
from peaklib.render.template import FIGURE_WIDTH, LIGHT, give_title, plain

_MARGINS: Final = Margins(left=74, right=8, top=8, bottom=LEGEND_SPACE)
_GAP: Final = 30
_HEAD: Final = 26
_LOW, _HIGH, _ROW = 190.0, 400.0, 30.0
_WIDE, _MIDDLE = 14.0, 5.0
_DECIMALS: Final = 6
_COORDINATE: Final = 9
_WIDTHS: Final = {"white": 7, "black": 3, "pinned": 3}


@dataclass(frozen=True)
class MapAxis:
    """One parameter along the map.

    Where its values are evenly spaced they are the coordinates, so that the pointer can name
    them without a table of names; else the coordinates are the positions 0, 1, 2, ...

    Args:
        label: name and unit.
        values: in order; a single one where the grid has no such axis.
    """

    label: str
    values: tuple[int | float, ...]

    @property
    def texts(self) -> list[str]:
        """The values as ticks show them."""
        return [format_value(value, Style()) for value in self.values]

    @cached_property
    def is_even(self) -> bool:
        """Whether the values rise in equal steps."""
        steps = np.diff(np.asarray(self.values, dtype=np.float64))
        return bool(steps.size and steps[0] > 0 and np.allclose(steps, steps[0], rtol=1e-9))

    @cached_property
    def step(self) -> float:
        """From one coordinate to the next."""
        return float(self.values[1] - self.values[0]) if self.is_even else 1.0

    def at(self, position: float) -> float:
        """Coordinate of a position; halves are edges of cells."""
        first = float(self.values[0]) if self.is_even else 0.0
        return round(first + self.step * position, _COORDINATE)

    def position(self, coordinate: float) -> int:
        """Position of a coordinate."""
        return round((coordinate - self.at(0)) / self.step)

    def layout(self, pixels: float, *, along: bool, titled: bool = True) -> dict[str, object]:
        """A plotly axis with a tick for each value, thinned out where they would touch."""
        drawn = cell_axis(self.texts, pixels=pixels, along=along, title=self.label * titled)
        moved = {name: [self.at(k) for k in _floats(drawn[name])] for name in ("range", "tickvals")}
        return {**drawn, **moved}


@dataclass(frozen=True)
class MapPanel:
    """One period of the slice.

    Args:
        title: what the numbers are.
        values: (n_y, n_x); NaN where there is no number.
        period: role and dates; its band stands above.
        covered: words instead of cells, while the numbers are not to be seen.
    """

    title: str
    values: Floats
    period: Period
    covered: str = ""


@dataclass(frozen=True)
class Map:
    """All that the map draws.

    Args:
        panels: one or two, on the same axes.
        x, y: the axes.
        metric: decides decimals and percent.
        zero_means: what zero stands for, empty where it means nothing.
        scale: colours, shared by the panels.
        chosen: column and row of the selected cell.
        pinned: of the one to compare with, if it lies on this slice.
        title, subtitle: as for any figure.
    """

    panels: tuple[MapPanel, ...]
    x: MapAxis
    y: MapAxis
    metric: str
    zero_means: str
    scale: Scale
    chosen: tuple[int, int]
    pinned: tuple[int, int] | None = None
    title: str = ""
    subtitle: str = ""


def draw_map(what: Map) -> go.Figure:
    """Draw the panels side by side, under one legend."""
    rows = len(what.y.values)
    grid = float(np.clip(rows * _ROW, _LOW, _HIGH))
    width = FIGURE_WIDTH - _MARGINS.left - _MARGINS.right
    sheet = Sheet(width, grid + _HEAD + STRIP_HEIGHT + 8, _MARGINS)
    even = (width - _GAP * (len(what.panels) - 1)) / len(what.panels)
    for place, panel in enumerate(what.panels):
        left = place * (even + _GAP)
        _draw_panel(sheet, what, panel, Box(left, left + even, 0, grid), labelled=place == 0)
    name = what.zero_means or what.panels[0].title
    ends = ("worse", "better") if what.zero_means else ("", "")
    first = Box(0, even, 0, grid)
    legend = Legend(what.metric, name, bool(what.zero_means), first, "coloraxis", ends)
    pinned = "    ┄ pinned" if what.pinned else ""
    remarks = f"▢ selected{pinned}    {HATCHED} not tried, or no trade"
    draw_legends(sheet, [legend], {what.metric: what.scale}, remarks=remarks)
    return give_title(sheet.figure, what.title, what.subtitle)


def _draw_panel(sheet: Sheet, what: Map, panel: MapPanel, box: Box, *, labelled: bool) -> None:
    along = what.x.layout(box.width, along=True)
    up = what.y.layout(box.height, along=False, titled=labelled)
    axes = sheet.add_axes(box, x=along, y={**up, "showticklabels": labelled})
    values = np.round(panel.values, _DECIMALS) + 0.0
    figure = sheet.figure
    figure.add_trace(_hatch(what, values, axes))
    figure.add_trace(_cells(what, panel, values, axes, box))
    for ink in (DARK_TEXT, LIGHT_TEXT):
        figure.add_trace(_numbers(what, values, axes, box, ink))
    figure.add_trace(_outline(what, axes, LIGHT_TEXT, "white"))
    figure.add_trace(_outline(what, axes, DARK_TEXT, "black"))
    if what.pinned:
        _add_pinned(figure, what, what.pinned, axes)
    sheet.write(panel.title, box.left, box.top + 6, bold=True)
    if panel.covered:
        middle = box.bottom + box.height / 2
        sheet.write(
            panel.covered,
            box.left + box.width / 2,
            middle,
            xanchor="center",
            yanchor="middle",
            bgcolor=LIGHT.card,
            borderpad=6,
        )
    top = box.top + _HEAD + 2
    sheet.add_strip(panel.period, Box(box.left, box.right, top, top + STRIP_HEIGHT))


def _add_pinned(figure: go.Figure, what: Map, place: tuple[int, int], axes: Axes) -> None:
    """A dashed frame; as a shape, since it comes and goes."""
    column, row = place
    figure.add_shape(
        type="rect",
        xref=axes.x,
        yref=axes.y,
        x0=what.x.at(column - 0.5),
        x1=what.x.at(column + 0.5),
        y0=what.y.at(row - 0.5),
        y1=what.y.at(row + 0.5),
        line={"color": DARK_TEXT, "width": _WIDTHS["pinned"], "dash": "dot"},
    )


def _cells(what: Map, panel: MapPanel, values: Floats, axes: Axes, box: Box) -> go.Heatmap:
    rows, columns = values.shape
    side = min(box.width / columns, box.height / rows)
    style = style_of(what.metric)
    sign = "+" if what.zero_means else ""
    digits = style.decimals if style.decimals is not None else 4
    form = f"{sign}.{digits}%" if style.unit == "%" else f"{sign}.{digits}f"
    named = (
        ("x" if what.x.is_even else "customdata[0]", what.x.label),
        ("y" if what.y.is_even else "customdata[1]", what.y.label),
    )
    lines = [f"{plain(label)}: %{{{place}:~g}}" for place, label in named if label]
    lines.append(f"<b>{plain(panel.title)}: %{{z:{form}}}</b><extra></extra>")
    return go.Heatmap(
        x=[what.x.at(column) for column in range(columns)],
        y=[what.y.at(row) for row in range(rows)],
        z=values,
        coloraxis="coloraxis",
        xgap=2 if side >= _WIDE else 1 if side >= _MIDDLE else 0,
        ygap=2 if side >= _WIDE else 1 if side >= _MIDDLE else 0,
        customdata=_names(what),
        hovertemplate="<br>".join(lines),
        hoverongaps=False,
        xaxis=axes.x,
        yaxis=axes.y,
    )


def _names(what: Map) -> Floats | None:
    """(n_y, n_x, 2) values of both parameters, where the coordinates do not say them."""
    if what.x.is_even and what.y.is_even:
        return None
    names = np.empty((len(what.y.values), len(what.x.values), 2))
    names[:, :, 0] = what.x.values
    names[:, :, 1] = np.array(what.y.values)[:, np.newaxis]
    return names


def _floats(values: object) -> list[float]:
    return [float(value) for value in values] if isinstance(values, list) else []


def _hatch(what: Map, values: Floats, axes: Axes) -> go.Scatter:
    """Hatch what is missing, neighbours in a row in one piece."""
    missing = np.isnan(values)
    padded = np.pad(missing, ((0, 0), (1, 1))).astype(np.int8)
    change = np.diff(padded, axis=1)
    (rows, starts), (_, stops) = np.nonzero(change == 1), np.nonzero(change == -1)
    gap = np.full(len(rows), np.nan)
    left, right = (what.x.at(0) + what.x.step * (ends - 0.5) for ends in (starts, stops))
    low, high = (what.y.at(0) + what.y.step * (rows + side) for side in (-0.5, 0.5))
    x = np.column_stack([left, right, right, left, left, gap]).ravel()
    y = np.column_stack([low, low, high, high, low, gap]).ravel()
    return go.Scatter(
        x=x,
        y=y,
        mode="lines",
        line={"width": 0, "color": LIGHT.hatch},
        fill="toself",
        fillpattern=dict(HATCH),
        hoverinfo="skip",
        xaxis=axes.x,
        yaxis=axes.y,
    )


def _numbers(what: Map, values: Floats, axes: Axes, box: Box, ink: str) -> go.Scatter:
    """The numbers that are legible in this ink, if cells are large enough for any."""
    places: list[tuple[int, int, float]] = []
    if fits_text(values.shape, box):
        places = [
            (row, column, float(value))
            for (row, column), value in np.ndenumerate(values)
            if np.isfinite(value) and what.scale.text_colour(float(value)) == ink
        ]
    style = style_of(what.metric)
    decimals = 1 if style.unit == "%" else style.decimals
    printed = Style(decimals, style.factor, signed=bool(what.zero_means))
    return go.Scatter(
        x=[what.x.at(column) for _, column, _ in places],
        y=[what.y.at(row) for row, _, _ in places],
        text=[format_value(value, printed) for _, _, value in places],
        mode="text",
        textfont={"size": 12, "color": ink},
        hoverinfo="skip",
        cliponaxis=False,
        xaxis=axes.x,
        yaxis=axes.y,
    )


def _outline(what: Map, axes: Axes, colour: str, kind: str) -> go.Scatter:
    column, row = what.chosen
    square: dict[str, Any] = {
        "x": [what.x.at(column + side) for side in (-0.5, 0.5, 0.5, -0.5, -0.5)],
        "y": [what.y.at(row + side) for side in (-0.5, -0.5, 0.5, 0.5, -0.5)],
    }
    return go.Scatter(
        **square,
        mode="lines",
        line={"color": colour, "width": _WIDTHS[kind]},
        hoverinfo="skip",
        cliponaxis=False,
        xaxis=axes.x,
        yaxis=axes.y,
    )
