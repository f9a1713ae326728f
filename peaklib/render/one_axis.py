"""A metric along one parameter: what a heatmap is for two, with its interval as a band."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from peaklib.errors import DataError
from peaklib.render.bands import STRIP_HEIGHT, Period
from peaklib.render.cells import cell_axis
from peaklib.render.formats import Style, format_metric, format_range, format_value
from peaklib.render.marks import Mark, draw_marks
from peaklib.render.panels import Panel
from peaklib.render.scale import Floats
from peaklib.render.sheet import Axes, Box, Margins, Sheet
from peaklib.render.template import FIGURE_WIDTH, LIGHT, give_title, plain
from peaklib.render.ticks import number_axis, padded

_MARGINS: Final = Margins(left=92, right=8, top=8, bottom=46)
_GAP: Final = 92
_HEIGHT: Final = 210
_HEADER: Final = 26
_STRIP: Final = STRIP_HEIGHT + 8
_PLATEAU_HEIGHT: Final = 0.035
_REMARK_SPACE: Final = 18


@dataclass(frozen=True)
class _Row:
    """One panel as arrays along its parameter."""

    names: list[str]
    values: Floats
    low: Floats | None
    high: Floats | None
    plateau: Floats


def metric_line(
    panels: Sequence[Panel],
    *,
    x_label: str,
    chosen: object | None = None,
    period: Period | None = None,
    plateau_label: str = "plateau",
    title: str = "",
    subtitle: str = "",
) -> go.Figure:
    """Draw metrics along one parameter, side by side; equal metrics share their axis.

    Parameters stand evenly spaced, as in a heatmap, and a missing value leaves a gap. Where a
    panel has intervals they are a band; a plateau is a bar along the bottom.

    Args:
        panels: each with one row or one column.
        x_label: the parameter with its unit.
        chosen: value of the parameter to mark.
        period: role and dates of all panels, drawn as one band across them.
        plateau_label: what the bar along the bottom is.
        title: the finding.
        subtitle: what is drawn, in which unit, after which costs.

    Raises:
        DataError: no panels, one with two axes or without a number, or a chosen value that
            is missing.
    """
    if not panels:
        raise DataError("metric_line: no panels; give at least one")
    rows = [_row(panel) for panel in panels]
    spans = _spans(panels, rows)
    heads = _STRIP if any(panel.period for panel in panels) else 0
    over = _STRIP if period else 0
    sheet = Sheet(
        FIGURE_WIDTH - _MARGINS.left - _MARGINS.right, _HEIGHT + _HEADER + heads + over, _MARGINS
    )
    width = (sheet.width - _GAP * (len(panels) - 1)) / len(panels)
    for at, (panel, row) in enumerate(zip(panels, rows, strict=True)):
        left = at * (width + _GAP)
        box = Box(left, left + width, 0, _HEIGHT)
        seen = any(each is not None and each.is_seen for each in (panel.period, period))
        _draw_panel(sheet, box, panel, row, (x_label, spans[panel.metric]), seen=seen)
        if chosen is not None:
            _draw_chosen(sheet, panel, row, _position(panel, row, chosen))
        if panel.period is not None:
            bottom = box.top + _HEADER + 2
            sheet.add_strip(panel.period, Box(left, box.right, bottom, bottom + STRIP_HEIGHT))
    if period is not None:
        bottom = sheet.height - STRIP_HEIGHT
        sheet.add_strip(period, Box(0, sheet.width, bottom, sheet.height))
    _write_remarks(sheet, panels, rows, plateau_label)
    return give_title(sheet.figure, title, subtitle)


def _row(panel: Panel) -> _Row:
    rows, columns = panel.values.shape
    where = f"metric_line panel {panel.title!r}"
    if 1 not in (rows, columns) or 0 in (rows, columns):
        raise DataError(
            f"{where}: it has {rows} rows and {columns} columns; one of them must be 1, for two "
            "parameters draw a heatmap"
        )
    axis: pd.Index[Any] = panel.values.columns if rows == 1 else panel.values.index

    def flat(frame: pd.DataFrame) -> Floats:
        numbers: Floats = frame.to_numpy(dtype=float, na_value=np.nan).ravel()
        return numbers

    values = flat(panel.values)
    if not np.isfinite(values).any():
        raise DataError(f"{where}: no number in it; there is nothing to draw")
    return _Row(
        names=[format_value(value, Style()) for value in axis],
        values=values,
        low=None if panel.low is None else flat(panel.low),
        high=None if panel.high is None else flat(panel.high),
        plateau=np.zeros(len(values)) if panel.plateau is None else flat(panel.plateau),
    )


def _spans(panels: Sequence[Panel], rows: Sequence[_Row]) -> dict[str, tuple[float, float]]:
    """Range of y by metric, with zero where it means something."""
    spans = {}
    for metric in dict.fromkeys(panel.metric for panel in panels):
        parts = [np.zeros(0)]
        for panel, row in zip(panels, rows, strict=True):
            if panel.metric == metric:
                parts += [part for part in (row.values, row.low, row.high) if part is not None]
                parts += [np.zeros(1)] * (panel.zero_means is not None)
        numbers = np.concatenate(parts)
        finite = numbers[np.isfinite(numbers)]
        spans[metric] = padded(float(finite.min()), float(finite.max()), 0.1)
    return spans


def _draw_panel(
    sheet: Sheet,
    box: Box,
    panel: Panel,
    row: _Row,
    axis: tuple[str, tuple[float, float]],
    *,
    seen: bool,
) -> None:
    x_label, span = axis
    axes = sheet.add_axes(
        box,
        x=cell_axis(row.names, pixels=box.width, along=True, title=x_label),
        y=_named_zero(number_axis(panel.metric, *span), panel.zero_means),
    )
    sheet.write(panel.title, box.left, box.top + 6, bold=True)
    _draw_band(sheet, axes, row)
    _draw_plateau(sheet, axes, row, span)
    if panel.zero_means is not None:
        draw_marks(sheet, axes, [Mark(0.0, "")], along="y")
    sheet.figure.add_trace(
        go.Scatter(
            x=list(range(len(row.values))),
            y=_listed(row.values),
            mode="lines+markers",
            line={"color": LIGHT.hold if seen else LIGHT.ink, "width": 1.5},
            marker={
                "size": 7 if len(row.values) <= 60 else 4,
                "color": LIGHT.card if seen else LIGHT.ink,
                "line": {"color": LIGHT.hold if seen else LIGHT.ink, "width": 1.5},
            },
            customdata=_hover(panel, row, x_label),
            hovertemplate="%{customdata}<extra></extra>",
            connectgaps=False,
            xaxis=axes.x,
            yaxis=axes.y,
        )
    )


def _named_zero(axis: dict[str, Any], zero_means: str | None) -> dict[str, Any]:
    """The tick at zero says what zero means: words in the plot would lie on the line."""
    texts = zip(axis["tickvals"], axis["ticktext"], strict=True)
    named = [plain(zero_means) if zero_means and not at else text for at, text in texts]
    return axis | {"ticktext": named}


def _draw_band(sheet: Sheet, axes: Axes, row: _Row) -> None:
    if row.low is None or row.high is None:
        return
    known = np.isfinite(row.low) & np.isfinite(row.high)
    # A gap in the middle ends one band and starts the next.
    for run in np.split(np.arange(len(known)), np.flatnonzero(np.diff(known)) + 1):
        if not known[run[0]]:
            continue
        # A single value still gets a visible band.
        reach = [run[0] - 0.2, run[0] + 0.2] if len(run) == 1 else run.tolist()
        at = np.repeat(run, 2) if len(run) == 1 else run
        sheet.figure.add_trace(
            go.Scatter(
                x=reach + reach[::-1],
                y=_listed(np.concatenate([row.high[at], row.low[at][::-1]])),
                mode="lines",
                line={"width": 0, "color": LIGHT.grid},
                fill="toself",
                fillcolor=LIGHT.grid,
                hoverinfo="skip",
                xaxis=axes.x,
                yaxis=axes.y,
            )
        )


def _draw_plateau(sheet: Sheet, axes: Axes, row: _Row, span: tuple[float, float]) -> None:
    height = _PLATEAU_HEIGHT * (span[1] - span[0])
    edges = np.flatnonzero(np.diff(np.concatenate([[False], row.plateau > 0, [False]])))
    for start, stop in edges.reshape(-1, 2).tolist():
        sheet.figure.add_shape(
            type="rect",
            xref=axes.x,
            yref=axes.y,
            x0=start - 0.5,
            x1=stop - 0.5,
            y0=round(span[0], 9),
            y1=round(span[0] + height, 9),
            fillcolor=LIGHT.ink,
            line={"width": 0},
        )


def _position(panel: Panel, row: _Row, chosen: object) -> int:
    frame = panel.values
    names: list[object] = list(frame.columns if frame.shape[0] == 1 else frame.index)
    if chosen not in names or not np.isfinite(row.values[names.index(chosen)]):
        raise DataError(
            f"metric_line panel {panel.title!r}: the chosen value {chosen!r} has no number on "
            "its axis"
        )
    return names.index(chosen)


def _draw_chosen(sheet: Sheet, panel: Panel, row: _Row, at: int) -> None:
    last = sheet.figure.data[-1]
    value = float(row.values[at])
    sheet.figure.add_trace(
        go.Scatter(
            x=[at],
            y=[round(value, 6)],
            mode="markers+text",
            text=[f"<b>{plain(format_metric(panel.metric, value))}</b>"],
            textposition="top center",
            textfont={"size": 13, "color": LIGHT.ink},
            marker={"size": 14, "color": LIGHT.card, "line": {"color": LIGHT.ink, "width": 3}},
            hoverinfo="skip",
            cliponaxis=False,
            xaxis=last.xaxis,
            yaxis=last.yaxis,
        )
    )


def _write_remarks(
    sheet: Sheet, panels: Sequence[Panel], rows: Sequence[_Row], plateau_label: str
) -> None:
    levels = list(dict.fromkeys(f"{100 * p.level:g} %" for p in panels if p.low is not None))
    signs = [f"▒ {' and '.join(levels)} interval"] if levels else []
    if any(row.plateau.any() for row in rows):
        signs.append(f"▂ {plateau_label}")
    if signs:
        sheet.add_space_below(_REMARK_SPACE)
        font = {"size": 12, "color": LIGHT.muted}
        place = -_MARGINS.bottom - _REMARK_SPACE + 4
        sheet.write("    ".join(signs), sheet.width, place, xanchor="right", font=font)


def _hover(panel: Panel, row: _Row, x_label: str) -> list[str]:
    texts = []
    for at, name in enumerate(row.names):
        number = format_metric(panel.metric, float(row.values[at]))
        text = f"{plain(x_label)}: {name}<br><b>{plain(panel.title)}: {number}</b>"
        if row.low is not None and row.high is not None:
            ends = format_range(panel.metric, float(row.low[at]), float(row.high[at]))
            text += f"<br>{100 * panel.level:g} % interval {ends}"
        texts.append(text)
    return texts


def _listed(values: Floats) -> list[float | None]:
    rounded = np.round(values, 6) + 0.0
    return [float(value) if np.isfinite(value) else None for value in rounded]
