"""Curves of one number against another, with bars for their uncertainty: power curves."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import plotly.graph_objects as go

from peaklib.errors import DataError
from peaklib.render.formats import format_metric, format_range
from peaklib.render.labels import EndLabel, write_labels
from peaklib.render.marks import Mark, draw_marks, label_space
from peaklib.render.sheet import Axes, Box, Margins, Sheet
from peaklib.render.template import FIGURE_WIDTH, LIGHT, give_title, plain
from peaklib.render.ticks import number_axis, padded

_HEIGHT: Final = 250
_STYLES: Final = (
    (LIGHT.ink, "circle", "solid"),
    (LIGHT.better, "square", "6px,3px"),
    (LIGHT.worse, "diamond", "2px,3px"),
    (LIGHT.hold, "triangle-up", "8px,3px,2px,3px"),
)


@dataclass(frozen=True)
class Line:
    """One curve.

    Args:
        name: stands at its right end.
        x: increasing.
        y: as long as x; NaN leaves a gap.
        low: lower ends of a bar at each point, or empty.
        high: upper ends.
    """

    name: str
    x: Sequence[float]
    y: Sequence[float]
    low: Sequence[float] = ()
    high: Sequence[float] = ()

    def __post_init__(self) -> None:
        where = f"line {self.name!r}"
        if not len(self.x) or len(self.x) != len(self.y):
            raise DataError(f"{where}: {len(self.x)} x and {len(self.y)} y; give as many of both")
        if len(self.low) != len(self.high) or len(self.low) not in (0, len(self.x)):
            raise DataError(
                f"{where}: {len(self.low)} lower and {len(self.high)} upper ends for "
                f"{len(self.x)} points; give one of each per point or none"
            )
        if list(self.x) != sorted(self.x):
            raise DataError(f"{where}: x is not increasing; sort the points")


def line_chart(
    lines: Sequence[Line],
    *,
    x_label: str,
    y_label: str,
    x_metric: str = "",
    y_metric: str = "",
    y_range: tuple[float, float] | None = None,
    marks: Sequence[Mark] = (),
    levels: Sequence[Mark] = (),
    title: str = "",
    subtitle: str = "",
) -> go.Figure:
    """Draw curves through points, told apart by marker and dash as well as by colour.

    Args:
        lines: one to four.
        x_label: name with its unit.
        y_label: name with its unit.
        x_metric: decides how x is printed; empty prints plain numbers.
        y_metric: decides how y is printed (`share` for probabilities in percent).
        y_range: lowest and highest y, as stored; otherwise what the curves need.
        marks: named vertical lines at values of x.
        levels: named horizontal lines at values of y.
        title: the finding.
        subtitle: what is drawn, and what the bars are.

    Raises:
        DataError: no curve, more than can be told apart, or no finite point.
    """
    if not 1 <= len(lines) <= len(_STYLES):
        raise DataError(f"line_chart: {len(lines)} lines; give 1 to {len(_STYLES)}")
    longest = max(len(line.name) for line in lines)
    margins = Margins(74, min(max(7 * longest + 80, 60), 300), label_space(marks), 46)
    sheet = Sheet(FIGURE_WIDTH - margins.left - margins.right, _HEIGHT, margins)
    box = Box(0, sheet.width, 0, sheet.height)
    bottom, top = y_range or _range(lines, levels)
    left, right = padded(
        *_ends([value for line in lines for value in line.x] + [mark.at for mark in marks]), 0.02
    )
    axes = sheet.add_axes(
        box,
        x=number_axis(x_metric, left, right, title=x_label, count=8),
        y=number_axis(y_metric, bottom, top, title=y_label, count=6),
    )
    draw_marks(sheet, axes, levels, along="y")
    draw_marks(sheet, axes, marks)
    labels = []
    for line, style in zip(lines, _STYLES, strict=False):
        _draw(sheet, axes, line, style, (x_metric, y_metric))
        last = next((y for y in reversed(line.y) if math.isfinite(y)), bottom)
        text = f"{line.name} {format_metric(y_metric, last)}".strip()
        labels.append(EndLabel(text, (last - bottom) / (top - bottom), style[0]))
    write_labels(sheet, box, labels)
    return give_title(sheet.figure, title, subtitle)


def _range(lines: Sequence[Line], levels: Sequence[Mark]) -> tuple[float, float]:
    numbers = [value for line in lines for part in (line.y, line.low, line.high) for value in part]
    return padded(*_ends(numbers + [level.at for level in levels]), 0.06)


def _ends(numbers: Sequence[float]) -> tuple[float, float]:
    finite = [value for value in numbers if math.isfinite(value)]
    if not finite:
        raise DataError("line_chart: no point is finite; there is nothing to draw")
    return min(finite), max(finite)


def _draw(
    sheet: Sheet, axes: Axes, line: Line, style: tuple[str, str, str], metrics: tuple[str, str]
) -> None:
    colour, symbol, dash = style
    y = np.asarray(line.y, dtype=float)
    bars = None
    if len(line.low):
        bars = {
            "type": "data",
            "symmetric": False,
            "array": _listed(np.asarray(line.high, dtype=float) - y),
            "arrayminus": _listed(y - np.asarray(line.low, dtype=float)),
            "color": colour,
            "thickness": 1.2,
            "width": 4,
        }
    sheet.figure.add_trace(
        go.Scatter(
            x=_listed(np.asarray(line.x, dtype=float)),
            y=_listed(y),
            mode="lines+markers",
            line={"color": colour, "width": 1.7, "dash": dash},
            marker={"symbol": symbol, "size": 8, "color": colour},
            error_y=bars,
            customdata=_hover(line, metrics),
            hovertemplate="%{customdata}<extra></extra>",
            cliponaxis=False,
            xaxis=axes.x,
            yaxis=axes.y,
        )
    )


def _hover(line: Line, metrics: tuple[str, str]) -> list[str]:
    texts = []
    for at, (x, y) in enumerate(zip(line.x, line.y, strict=True)):
        text = f"{format_metric(metrics[0], x)}: <b>{format_metric(metrics[1], y)}</b>"
        if len(line.low):
            text += f", {format_range(metrics[1], line.low[at], line.high[at])}"
        texts.append(f"{plain(line.name)}<br>{text}" if line.name else text)
    return texts


def _listed(values: "np.typing.NDArray[np.float64]") -> list[float | None]:
    rounded = np.round(values, 6) + 0.0
    return [float(value) if np.isfinite(value) else None for value in rounded]
