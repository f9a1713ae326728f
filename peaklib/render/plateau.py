"""The outline of a region of cells, as a path along their borders."""

from typing import Final

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from peaklib.render.scale import DARK_TEXT, LIGHT_TEXT
from peaklib.render.sheet import Axes

Point = tuple[int, int]
# A step, as the border of a region has them.
SIGN: Final = "└┐"
_WHITE_WIDTH: Final = 4
_BLACK_WIDTH: Final = 1.5


def border_path(inside: NDArray[np.bool_]) -> str:
    """SVG path around all regions of a mask, corners at half cells.

    Every region is walked with its inside to the left, so a hole is walked the other way
    round. Cells that touch at a corner only are outlined apart.

    Args:
        inside: (n_rows, n_columns); cell (row, column) lies at y = row, x = column.

    Returns:
        Closed sub-paths, starting at the lowest row; empty for an empty mask.

    >>> border_path(np.array([[True, True]]))
    'M-0.5,-0.5L1.5,-0.5L1.5,0.5L-0.5,0.5Z'
    """
    leaving = _edges(np.pad(inside.astype(bool), 1))
    paths = []
    for start in list(leaving):
        while leaving[start]:
            corners = _walk(leaving, start)
            paths.append("M" + "L".join(f"{x - 0.5:g},{y - 0.5:g}" for x, y in corners) + "Z")
    return "".join(paths)


def outline_region(figure: go.Figure, axes: Axes, inside: NDArray[np.bool_]) -> None:
    """Outline a region in thin black over white, legible on every colour.

    Args:
        figure: changed in place.
        axes: of the cells.
        inside: (n_rows, n_columns).
    """
    path = border_path(inside)
    if not path:
        return
    place = {"type": "path", "xref": axes.x, "yref": axes.y, "path": path}
    figure.add_shape(**place, line={"color": LIGHT_TEXT, "width": _WHITE_WIDTH})
    figure.add_shape(**place, line={"color": DARK_TEXT, "width": _BLACK_WIDTH})


def _edges(padded: NDArray[np.bool_]) -> dict[Point, list[Point]]:
    """Border edges of unit length by the corner they leave, in order of the cells."""
    leaving: dict[Point, list[Point]] = {}

    def add(start: Point, end: Point) -> None:
        leaving.setdefault(start, []).append(end)
        leaving.setdefault(end, [])

    for row, column in np.argwhere(padded[1:-1, 1:-1]).tolist():
        low, high = (column, row), (column + 1, row + 1)
        if not padded[row, column + 1]:
            add(low, (high[0], low[1]))
        if not padded[row + 1, column + 2]:
            add((high[0], low[1]), high)
        if not padded[row + 2, column + 1]:
            add(high, (low[0], high[1]))
        if not padded[row + 1, column]:
            add((low[0], high[1]), low)
    return leaving


def _walk(leaving: dict[Point, list[Point]], start: Point) -> list[Point]:
    """Take one closed walk out of the edges; only its corners are kept."""
    corners: list[Point] = []
    at, direction = start, (0, 0)
    while leaving[at]:
        x, y = at
        left = (x - direction[1], y + direction[0])
        # Where two regions touch at a corner, turning left stays with the same region.
        onward = left if left in leaving[at] else leaving[at][0]
        leaving[at].remove(onward)
        turned = (onward[0] - x, onward[1] - y)
        if turned != direction:
            corners.append(at)
        at, direction = onward, turned
        if at == start:
            break
    return corners
