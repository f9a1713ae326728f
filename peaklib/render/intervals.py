"""Estimates with their intervals: a bar, a dot, both ends in numbers, and the null line."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import plotly.graph_objects as go

from peaklib.errors import DataError
from peaklib.render.bands import Role
from peaklib.render.formats import format_metric, format_value, style_of
from peaklib.render.sheet import Axes, Box, Margins, Sheet
from peaklib.render.template import FIGURE_WIDTH, LIGHT, give_title, plain
from peaklib.render.ticks import number_axis, padded

_MARGINS: Final = Margins(left=8, right=8, top=26, bottom=46)
_ROW_HEIGHT: Final = 58
_LABEL_WIDTH: Final = 300
# Room for a number beside each end of the longest bar, in pixels.
_END: Final = 62
_TITLE: Final = 26


@dataclass(frozen=True)
class IntervalRow:
    """One estimate.

    Args:
        label: what it is an estimate of.
        role: `in_sample` is drawn hollow, dashed and grey, `out_of_sample` and None solid.
        low: lower end; NaN where there is no interval.
        estimate: the number itself; NaN where it could not be computed.
        high: upper end.
    """

    label: str
    role: Role | None
    low: float
    estimate: float
    high: float

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise DataError(
                f"interval {self.label!r} runs from {self.low} to {self.high}; low comes first"
            )


@dataclass(frozen=True)
class Intervals:
    """Rows on one axis.

    Args:
        rows: from the top.
        metric: decides decimals, percent and sign.
        null: the value that means no difference.
        null_label: what it means (`same as hold`).
        x_label: metric with its unit.
        title: of a panel beside heatmaps (`Chosen pair`).
        note: behind that title (`90 % interval`).
    """

    rows: Sequence[IntervalRow]
    metric: str = "sharpe_diff"
    null: float = 0.0
    null_label: str = "same as hold"
    x_label: str = ""
    title: str = ""
    note: str = "90 % interval"


def interval_bars(
    rows: Sequence[IntervalRow],
    *,
    metric: str = "sharpe_diff",
    null: float = 0.0,
    null_label: str = "same as hold",
    x_label: str = "",
    title: str = "",
    subtitle: str = "",
) -> go.Figure:
    """Draw intervals one below the other; `heatmap(beside=...)` draws them beside a grid.

    Args:
        rows: from the top.
        metric: decides decimals, percent and sign.
        null: the value that means no difference.
        null_label: what it means.
        x_label: metric with its unit.
        title: the finding.
        subtitle: what is drawn, the level of the intervals and how they were made.

    Raises:
        DataError: no rows, or none with an estimate.
    """
    intervals = Intervals(rows, metric, null, null_label, x_label)
    sheet = Sheet(
        FIGURE_WIDTH - _MARGINS.left - _MARGINS.right, _ROW_HEIGHT * max(len(rows), 1), _MARGINS
    )
    longest = max((len(row.label) for row in rows), default=0)
    left = min(7.4 * longest + 24, _LABEL_WIDTH + 80)
    draw_intervals(sheet, Box(left, sheet.width, 0, sheet.height), intervals, labels_at=0)
    return give_title(sheet.figure, title, subtitle)


def draw_intervals(
    sheet: Sheet, box: Box, intervals: Intervals, *, labels_at: float | None = None
) -> None:
    """Draw intervals into a box of a sheet.

    Args:
        sheet: changed in place.
        box: where the bars stand.
        intervals: what to draw.
        labels_at: pixel where the labels start, in a column of their own; None puts each
            label above its bar.

    Raises:
        DataError: no rows, or none with an estimate.
    """
    low, high = _range(intervals, box.width)
    count = len(intervals.rows)
    axes = sheet.add_axes(
        box,
        x=number_axis(
            intervals.metric, low, high, title=intervals.x_label, count=5 if intervals.title else 10
        ),
        y={"range": [0, box.height], "visible": False, "fixedrange": True},
    )
    if low < intervals.null < high:
        _draw_null(sheet, axes, box, intervals)
    for at, row in enumerate(intervals.rows):
        top = box.height * (1 - at / count)
        middle = top - box.height / count * (0.62 if labels_at is None else 0.58)
        y = top - 18 if labels_at is None else middle
        x = box.left if labels_at is None else labels_at
        sheet.write(row.label, x, box.bottom + y, yanchor="middle", bgcolor=LIGHT.card)
        _draw_row(sheet, axes, row, middle, intervals.metric)
    if intervals.title:
        sheet.write(intervals.title, box.left, box.top + 6, bold=True)
        muted = {"size": 12, "color": LIGHT.muted}
        sheet.write(intervals.note, box.right, box.top + 6, xanchor="right", font=muted)


def _range(intervals: Intervals, pixels: float) -> tuple[float, float]:
    """From the lowest to the highest number, with room for the numbers at both ends."""
    numbers = [
        value
        for row in intervals.rows
        for value in (row.low, row.estimate, row.high)
        if math.isfinite(value)
    ]
    if not numbers:
        raise DataError("interval_bars: no row has an estimate; there is nothing to draw")
    low, high = min(*numbers, intervals.null), max(*numbers, intervals.null)
    return padded(low, high, _END / max(pixels - 2 * _END, _END))


def _draw_null(sheet: Sheet, axes: Axes, box: Box, intervals: Intervals) -> None:
    sheet.figure.add_shape(
        type="line",
        xref=axes.x,
        yref=axes.y,
        x0=intervals.null,
        x1=intervals.null,
        y0=0,
        y1=box.height,
        line={"color": LIGHT.muted, "width": 1, "dash": "4px,3px"},
        layer="below",
    )
    if intervals.null_label:
        sheet.figure.add_annotation(
            text=plain(intervals.null_label),
            xref=axes.x,
            yref=axes.y,
            x=intervals.null,
            y=box.height,
            # Beside a title the words stand right of the line, else above it.
            xanchor="left" if intervals.title else "center",
            yanchor="top" if intervals.title else "bottom",
            xshift=4 if intervals.title else 0,
            borderpad=1,
            showarrow=False,
            font={"size": 12, "color": LIGHT.muted},
        )


def _draw_row(sheet: Sheet, axes: Axes, row: IntervalRow, y: float, metric: str) -> None:
    seen = row.role == "in_sample"
    colour = LIGHT.hold if seen else LIGHT.ink
    place = {"xaxis": axes.x, "yaxis": axes.y, "hoverinfo": "skip", "cliponaxis": False}
    if math.isfinite(row.low) and math.isfinite(row.high):
        line = {"color": colour, "width": 4, "dash": "8px,3px" if seen else "solid"}
        ends = [round(row.low, 9), round(row.high, 9)]
        sheet.figure.add_trace(go.Scatter(x=ends, y=[y, y], mode="lines", line=line, **place))
        style = style_of(metric)
        for value, side in ((row.low, "right"), (row.high, "left")):
            shift = -7 if side == "right" else 7
            _number(sheet, axes, value, y, format_value(value, style), 12, side, shift)
    if math.isfinite(row.estimate):
        fill = LIGHT.card if seen else colour
        marker = {"size": 14, "color": fill, "line": {"color": colour, "width": 3}}
        sheet.figure.add_trace(
            go.Scatter(x=[round(row.estimate, 9)], y=[y], mode="markers", marker=marker, **place)
        )
        text = f"<b>{plain(format_metric(metric, row.estimate))}</b>"
        _number(sheet, axes, row.estimate, y, text, 14, "center", 0)


def _number(
    sheet: Sheet, axes: Axes, x: float, y: float, text: str, size: int, anchor: str, shift: int
) -> None:
    is_estimate = anchor == "center"
    sheet.figure.add_annotation(
        text=text,
        xref=axes.x,
        yref=axes.y,
        x=round(x, 9),
        y=y,
        xanchor=anchor,
        yanchor="bottom" if is_estimate else "middle",
        xshift=shift,
        yshift=8 if is_estimate else 0,
        showarrow=False,
        borderpad=1,
        bgcolor=LIGHT.card if is_estimate else None,
        font={"size": size, "color": LIGHT.ink if is_estimate else LIGHT.muted},
    )
