"""Where return and risk came from: bars by effect, and weight beside share of risk."""

from typing import Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from peaklib.errors import DataError
from peaklib.render.formats import format_metric, format_value, style_of
from peaklib.render.sheet import Axes, Box, Margins, Sheet
from peaklib.render.template import FIGURE_WIDTH, LIGHT, give_title, plain
from peaklib.render.ticks import number_axis, padded

Floats = NDArray[np.float64]

_ROW: Final = 28
_GAP: Final = 14
_MOST_PANELS: Final = 6
# Room for a number beside the longest bar, and for the longest label, in pixels.
_NUMBER: Final = 56
_MOST_LABEL: Final = 260


def effect_bars(
    effects: pd.DataFrame,
    *,
    metric: str = "ret_diff",
    total: str = "",
    title: str = "",
    subtitle: str = "",
) -> go.Figure:
    """Draw a table of effects as bars: a panel a column, all on one scale, numbers beside them.

    A bar to the right is a gain, one to the left a loss; colours say the same again.

    Args:
        effects: (n_rows, 1 to 6 columns) finite, as fractions: segments by effect of a Brinson
            attribution, or sources by drawdown.
        metric: decides decimals, percent and sign.
        total: label of a last row with the sums of the columns; empty draws none.
        title: the finding.
        subtitle: what is drawn, over which time, against which benchmark.

    Raises:
        DataError: nothing to draw, more columns than fit, or a number that is not finite.
    """
    values = _finite("effect_bars", effects)
    if effects.shape[1] > _MOST_PANELS:
        raise DataError(
            f"effect_bars: {effects.shape[1]} columns; {_MOST_PANELS} fit side by side, so draw "
            "the others in a figure of their own"
        )
    rows = [str(label) for label in effects.index]
    if total:
        rows, values = [*rows, total], np.vstack([values, values.sum(axis=0)])
    sheet, left = _sheet(rows, Margins(8, 8, 30, 12))
    wide = (sheet.width - left + _GAP) / effects.shape[1] - _GAP
    low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
    ends = padded(low, high, _NUMBER / max(wide - 2 * _NUMBER, _NUMBER))
    for at, name in enumerate(effects.columns):
        start = left + at * (wide + _GAP)
        box = Box(start, start + wide, 0, sheet.height)
        axes = sheet.add_axes(
            box, x={"range": list(ends), "visible": False, "fixedrange": True}, y=_rows_axis(rows)
        )
        _zero_line(sheet, axes)
        sheet.figure.add_trace(_bars(values[:, at], str(name), rows, metric, axes))
        _numbers(sheet, axes, values[:, at], metric, is_last_bold=bool(total))
        zero = (0.0 - ends[0]) / (ends[1] - ends[0])
        anchor = "left" if zero < 0.35 else "right" if zero > 0.65 else "center"
        at_zero = start + wide * zero
        sheet.write(str(name), at_zero, sheet.height + 8, bold=True, xanchor=anchor)
    _row_labels(sheet, rows, is_last_bold=bool(total))
    if total:
        _rule(sheet)
    sheet.figure.update_layout(bargap=0)
    return give_title(sheet.figure, title, subtitle)


def risk_against_weight(
    weights: pd.Series,
    risk_shares: pd.Series,
    *,
    names: tuple[str, str] = ("weight", "share of risk"),
    x_label: str = "share, %",
    title: str = "",
    subtitle: str = "",
) -> go.Figure:
    """Draw what each position weighs and what it adds to the risk, joined by a line.

    A position whose solid dot lies right of its hollow one carries more risk than money.

    Args:
        weights: (n_rows,) by position, fractions of wealth.
        risk_shares: the same labels, fractions of the risk; negative for a hedge.
        names: what the hollow and the solid dots stand for.
        x_label: what both are shares of, with the unit.
        title: the finding.
        subtitle: which measure of risk, over which time.

    Raises:
        DataError: nothing to draw, labels that differ, or a number that is not finite.
    """
    if not weights.index.equals(risk_shares.index):
        raise DataError(
            f"risk_against_weight: {len(weights)} weights and {len(risk_shares)} shares whose "
            "labels or their order differ; reindex one of them"
        )
    values = _finite("risk_against_weight", pd.DataFrame({0: weights, 1: risk_shares}))
    rows = [str(label) for label in weights.index]
    sheet, left = _sheet(rows, Margins(8, 8, 30, 46))
    box = Box(left, sheet.width, 0, sheet.height)
    low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
    ends = padded(low, high, _NUMBER / (box.width - 2 * _NUMBER))
    axes = sheet.add_axes(
        box, x=number_axis("share", *ends, title=x_label, count=8), y=_rows_axis(rows)
    )
    _zero_line(sheet, axes)
    for at, (weight, share) in enumerate(values.tolist()):
        _joined(sheet, axes, at, weight, share)
    for column, (name, is_solid) in enumerate(zip(names, (False, True), strict=True)):
        sheet.figure.add_trace(_dots(values[:, column], name, rows, axes, is_solid=is_solid))
    _key(sheet, left, names)
    _row_labels(sheet, rows, is_last_bold=False)
    return give_title(sheet.figure, title, subtitle)


def _finite(where: str, table: pd.DataFrame) -> Floats:
    if table.empty:
        raise DataError(f"{where}: nothing to draw; give at least one row and one column")
    values = table.to_numpy(np.float64)
    bad = np.argwhere(~np.isfinite(values))
    if bad.size:
        row, column = bad[0]
        raise DataError(
            f"{where}: {values[row, column]} for {table.index[row]!r}; leave out rows without a "
            "number and say so in the subtitle"
        )
    # Rounded, so that the figure is the same where the last bits of a sum differ.
    rounded: Floats = np.round(values, 9) + 0.0
    return rounded


def _sheet(rows: list[str], margins: Margins) -> tuple[Sheet, float]:
    """A sheet with a line for each row, and the pixel where the plots start."""
    width = FIGURE_WIDTH - margins.left - margins.right
    longest = max(len(row) for row in rows)
    return Sheet(width, _ROW * len(rows), margins), min(7.4 * longest + 18, _MOST_LABEL)


def _rows_axis(rows: list[str]) -> dict[str, object]:
    """Row 0 at the top; the labels are written beside, not on the axis."""
    return {"range": [len(rows) - 0.5, -0.5], "visible": False, "fixedrange": True}


def _row_labels(sheet: Sheet, rows: list[str], *, is_last_bold: bool) -> None:
    room = int(_MOST_LABEL / 7.4)
    for at, row in enumerate(rows):
        text = row if len(row) <= room else row[: room - 1] + "…"
        y = sheet.height - _ROW * (at + 0.5)
        is_bold = is_last_bold and at == len(rows) - 1
        sheet.write(text, 0, y, yanchor="middle", bold=is_bold)


def _zero_line(sheet: Sheet, axes: Axes) -> None:
    sheet.figure.add_shape(
        type="line",
        xref=axes.x,
        yref=f"{axes.y} domain",
        x0=0,
        x1=0,
        y0=0,
        y1=1,
        line={"color": LIGHT.muted, "width": 1},
        layer="below",
    )


def _rule(sheet: Sheet) -> None:
    """A line above the row of totals."""
    y = _ROW / sheet.height
    sheet.figure.add_shape(
        type="line",
        xref="paper",
        yref="paper",
        x0=0,
        x1=1,
        y0=y,
        y1=y,
        line={"color": LIGHT.rule, "width": 1},
        layer="below",
    )


def _bars(values: Floats, name: str, rows: list[str], metric: str, axes: Axes) -> go.Bar:
    return go.Bar(
        x=values.tolist(),
        y=list(range(len(rows))),
        orientation="h",
        width=0.56,
        marker={"color": [LIGHT.better if value >= 0 else LIGHT.worse for value in values]},
        **_hover(name, rows, values, metric),
        xaxis=axes.x,
        yaxis=axes.y,
    )


def _numbers(sheet: Sheet, axes: Axes, values: Floats, metric: str, *, is_last_bold: bool) -> None:
    for at, value in enumerate(values.tolist()):
        text = plain(format_metric(metric, value))
        is_bold = is_last_bold and at == len(values) - 1
        _number(sheet, axes, value, at, f"<b>{text}</b>" if is_bold else text, value >= 0)


def _number(
    sheet: Sheet, axes: Axes, x: float, row: int, text: str, is_right: bool, shift: int = 5
) -> None:
    sheet.figure.add_annotation(
        text=text,
        xref=axes.x,
        yref=axes.y,
        x=x,
        y=row,
        xanchor="left" if is_right else "right",
        yanchor="middle",
        xshift=shift if is_right else -shift,
        showarrow=False,
        borderpad=0,
        bgcolor=LIGHT.card,
        font={"size": 12, "color": LIGHT.ink},
    )


def _joined(sheet: Sheet, axes: Axes, row: int, weight: float, share: float) -> None:
    """The line between both dots of a row, and their numbers outside of them."""
    sheet.figure.add_shape(
        type="line",
        xref=axes.x,
        yref=axes.y,
        x0=weight,
        x1=share,
        y0=row,
        y1=row,
        line={"color": LIGHT.hold, "width": 3},
        layer="below",
    )
    style = style_of("share")
    for value, is_right in ((weight, weight > share), (share, share >= weight)):
        _number(sheet, axes, value, row, plain(format_value(value, style)), is_right, shift=11)


def _dots(values: Floats, name: str, rows: list[str], axes: Axes, *, is_solid: bool) -> go.Scatter:
    fill, size = (LIGHT.ink, 7) if is_solid else (LIGHT.card, 14)
    return go.Scatter(
        x=values.tolist(),
        y=list(range(len(rows))),
        mode="markers",
        # The solid dot fits into the hollow one, so that both are seen where they coincide.
        marker={"size": size, "color": fill, "line": {"color": LIGHT.ink, "width": 2}},
        **_hover(name, rows, values, "share"),
        xaxis=axes.x,
        yaxis=axes.y,
        cliponaxis=False,
    )


def _hover(name: str, rows: list[str], values: Floats, metric: str) -> dict[str, object]:
    """Row, column and number, as the pointer shows them."""
    numbers = [plain(format_metric(metric, value)) for value in values.tolist()]
    return {
        "customdata": [[plain(row), number] for row, number in zip(rows, numbers, strict=True)],
        "hovertemplate": f"%{{customdata[0]}}, {plain(name)}<br>"
        "<b>%{customdata[1]}</b><extra></extra>",
    }


def _key(sheet: Sheet, left: float, names: tuple[str, str]) -> None:
    """What the two kinds of dots are, in one line above them."""
    muted = {"size": 12, "color": LIGHT.muted}
    sheet.write(f"○ {names[0]}    ● {names[1]}", left, sheet.height + 8, font=muted)
