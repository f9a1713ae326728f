"""One grid of coloured cells on a pair of axes, with its numbers and its outline.

Cells stand at whole positions 0, 1, 2, ... with the parameter values as tick labels: the
order is the caller's, the spacing is even, and a parameter of 0.5 cannot be taken for the
place between two cells (as it can on a plotly category axis).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import plotly.graph_objects as go

from peaklib.render.bands import HATCH
from peaklib.render.scale import DARK_TEXT, DECIMALS, LIGHT_TEXT, Floats, Scale
from peaklib.render.sheet import Axes, Box
from peaklib.render.template import LIGHT, plain

CROSS: Final = "×"
HATCHED: Final = "▨"
MIN_TEXT_WIDTH: Final = 34
_WIDE_CELL: Final = 14
# Gaps between cells below this size would be a pattern of their own.
_TINY_CELL: Final = 7
_CROSS_WIDTH: Final = 24
MIN_TEXT_HEIGHT: Final = 17
# Width of a character and height of a line of the 13 px chart text, in pixels.
_CHARACTER: Final = 8
_LINE: Final = 16
_OUTLINE_ROOM: Final = 4


@dataclass(frozen=True)
class Cells:
    """What one panel draws.

    Args:
        values: (n_rows, n_columns); NaN is a missing cell.
        texts: the number printed in each cell, by row and column.
        names: parameter values along x and along y.
        hover: what the pointer shows, with `%{customdata[0]}` for the value along x, `[1]`
            for the one along y and `[2]` for the number in full.
        full: the number with its unit, by row and column.
        scale: colour of each number.
        colour_axis: plotly name of the axis that carries the scale, `coloraxis`, ...
    """

    values: Floats
    texts: Sequence[Sequence[str]]
    names: tuple[Sequence[str], Sequence[str]]
    hover: str
    full: Sequence[Sequence[str]]
    scale: Scale
    colour_axis: str


def draw_cells(figure: go.Figure, cells: Cells, axes: Axes, box: Box) -> None:
    """Add one grid to a figure; nothing is interpolated between cells.

    Args:
        figure: changed in place.
        cells: what to draw.
        axes: where.
        box: size of the grid: numbers that would not be legible are left to the pointer.
    """
    rows, columns = cells.values.shape
    cell_width, cell_height = box.width / columns, box.height / rows
    narrow = min(cell_width, cell_height)
    gap = 2 if narrow >= _WIDE_CELL else 1 if narrow >= _TINY_CELL else 0
    _hatch(figure, axes, _missing(cells))
    figure.add_trace(
        go.Heatmap(
            x=list(range(columns)),
            y=list(range(rows)),
            z=_listed(cells.values),
            coloraxis=cells.colour_axis,
            xgap=gap,
            ygap=gap,
            customdata=[
                [[x, y, number] for x, number in zip(cells.names[0], row, strict=True)]
                for y, row in zip(cells.names[1], cells.full, strict=True)
            ],
            hovertemplate=f"{cells.hover}<extra></extra>",
            hoverongaps=False,
            xaxis=axes.x,
            yaxis=axes.y,
        )
    )
    if cell_width >= _CROSS_WIDTH:
        _write(figure, axes, _missing(cells), LIGHT.muted)
    if fits_text(cells.values.shape, box):
        for ink in (DARK_TEXT, LIGHT_TEXT):
            _write(figure, axes, _places(cells, ink), ink)


def fits_text(shape: tuple[int, ...], box: Box) -> bool:
    """True where the numbers of a grid of this shape are legible inside a box."""
    rows, columns = shape
    return box.width / columns >= MIN_TEXT_WIDTH and box.height / rows >= MIN_TEXT_HEIGHT


def outline(figure: go.Figure, axes: Axes, *, column: int, row: int) -> None:
    """Outline one cell in black over white, legible on every colour."""
    place = {
        "type": "rect",
        "xref": axes.x,
        "yref": axes.y,
        "x0": column - 0.5,
        "x1": column + 0.5,
        "y0": row - 0.5,
        "y1": row + 0.5,
    }
    figure.add_shape(**place, line={"color": LIGHT_TEXT, "width": 7})
    figure.add_shape(**place, line={"color": DARK_TEXT, "width": 3})


def cell_axis(
    labels: Sequence[str], *, pixels: float, along: bool, title: str = ""
) -> dict[str, object]:
    """Layout of one axis: a tick per cell, thinned out evenly where they would touch.

    Args:
        labels: one per cell.
        pixels: length of the axis.
        along: the labels stand side by side (x axis) and not one above the other.
        title: parameter with its unit.
    """
    longest = max(len(label) for label in labels)
    room = longest * _CHARACTER + 8 if along else _LINE
    every = math.ceil(len(labels) * room / pixels)
    shown = range(0, len(labels), every)
    # Plotly cuts shapes off at the edge of the plot: leave room for the outline of a cell.
    edge = 0.5 + _OUTLINE_ROOM * len(labels) / pixels
    return {
        "range": [-edge, len(labels) - 1 + edge],
        "tickvals": list(shown),
        "ticktext": [labels[at] for at in shown],
        "tickangle": 0,
        "title": {"text": plain(title)},
        "showgrid": False,
        "fixedrange": True,
    }


def _listed(values: Floats) -> list[list[float | None]]:
    """Rounded rows with None for a gap: plain JSON, equal on every CPU."""
    rounded = np.round(values, DECIMALS) + 0.0
    return [[float(z) if np.isfinite(z) else None for z in row] for row in rounded]


def _missing(cells: Cells) -> list[tuple[int, int, str]]:
    return [
        (int(row), int(column), CROSS) for row, column in np.argwhere(~np.isfinite(cells.values))
    ]


def _hatch(figure: go.Figure, axes: Axes, places: Sequence[tuple[int, int, str]]) -> None:
    """Hatch missing cells, so that none is taken for a number in the middle of the scale."""
    if not places:
        return
    x: list[float | None] = []
    y: list[float | None] = []
    for row, first, last in _runs(places):
        x += [first - 0.5, last + 0.5, last + 0.5, first - 0.5, first - 0.5, None]
        y += [row - 0.5, row - 0.5, row + 0.5, row + 0.5, row - 0.5, None]
    figure.add_trace(
        go.Scatter(
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
    )


def _runs(places: Sequence[tuple[int, int, str]]) -> list[tuple[int, int, int]]:
    """Row, first and last column of cells that stand side by side; `places` go row by row."""
    runs: list[tuple[int, int, int]] = []
    for row, column, _ in places:
        if runs and runs[-1][0] == row and runs[-1][2] == column - 1:
            runs[-1] = (row, runs[-1][1], column)
        else:
            runs.append((row, column, column))
    return runs


def _places(cells: Cells, ink: str) -> list[tuple[int, int, str]]:
    return [
        (row, column, cells.texts[row][column])
        for (row, column), value in np.ndenumerate(cells.values)
        if np.isfinite(value) and cells.scale.text_colour(float(value)) == ink
    ]


def _write(figure: go.Figure, axes: Axes, places: Sequence[tuple[int, int, str]], ink: str) -> None:
    if not places:
        return
    figure.add_trace(
        go.Scatter(
            x=[column for _, column, _ in places],
            y=[row for row, _, _ in places],
            text=[text for _, _, text in places],
            mode="text",
            textfont={"size": 12, "color": ink},
            hoverinfo="skip",
            cliponaxis=False,
            xaxis=axes.x,
            yaxis=axes.y,
        )
    )
