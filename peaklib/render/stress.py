"""Losses of a book by scenario: what happened, what is supposed, and what breaks the limit."""

import math
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go

from peaklib.errors import DataError
from peaklib.render.formats import format_metric
from peaklib.render.marks import Mark, draw_marks, label_space
from peaklib.render.sheet import Axes, Box, Margins, Sheet
from peaklib.render.template import FIGURE_WIDTH, LIGHT, give_title, plain
from peaklib.render.ticks import number_axis

_HEADINGS: Final = {
    "historical": "Past, held through",
    "hypothetical": "Supposed",
    "reverse": "Smallest breach of the limit",
}
_NEEDED: Final = (
    "title",
    "kind",
    "period",
    "shock",
    "measure",
    "loss",
    "var_before",
    "var_after",
    "status",
    "reason",
)
_ROW: Final = 42
_HEADING: Final = 34
_BAR: Final = 18
_BOTTOM: Final = 46
# Width of a character of 13 px text, in pixels, and room beside the bars for their numbers.
_CHARACTER: Final = 7.2
_GAP: Final = 8
_RATE: Final = "share"
_COMPUTED: Final = "computed"


@dataclass(frozen=True)
class _Place:
    """Where the rows are drawn: the sheet, its axes, and the loss at which the limit stands."""

    sheet: Sheet
    axes: Axes
    limit: float | None


def stress_bars(
    table: pd.DataFrame,
    *,
    limit: float | None = None,
    x_label: str = "loss, share of equity",
    title: str = "",
    subtitle: str = "",
) -> go.Figure:
    """Draw one bar per scenario, losses to the right and gains to the left.

    Bars of past windows are full, supposed ones hatched. Where the loss is a value at risk the
    bar ends at the one after the shock and a line stands at the one before. A reverse stress is
    a diamond on the limit, with the shock in words. A row without a number says why.

    Args:
        table: of `peaklib.risk.stress.table.stress_table`, or rows of it.
        limit: a loss as a positive share, drawn as a line; numbers beyond it are bold.
        x_label: what the axis shows, with its unit.
        title: the finding.
        subtitle: what is drawn, of which book, at which level and horizon.

    Raises:
        DataError: no rows, a missing column, or a kind that is none.
    """
    _check(table)
    rows = table.to_dict("records")
    groups = [(kind, [row for row in rows if row["kind"] == kind]) for kind in _HEADINGS]
    groups = [(kind, inside) for kind, inside in groups if inside]
    marks = [] if limit is None else [Mark(limit, f"limit {format_metric(_RATE, limit)}", True)]
    height = _ROW * len(rows) + _HEADING * len(groups)
    sheet = Sheet(FIGURE_WIDTH - 16, height, Margins(8, 8, label_space(marks), _BOTTOM))
    left = _label_width(rows)
    box = Box(left, sheet.width, 0, height)
    low, high = _range(rows, limit, box.width)
    axes = sheet.add_axes(
        box,
        x=number_axis(_RATE, low, high, title=x_label, count=8) | {"showgrid": True},
        y={"range": [0, height], "visible": False, "fixedrange": True},
    )
    draw_marks(sheet, axes, [Mark(0.0, ""), *marks])
    place = _Place(sheet, axes, limit)
    y = float(height)
    for kind, inside in groups:
        sheet.write(_HEADINGS[kind], 0, y - _HEADING + 8, bold=True)
        y -= _HEADING
        for row in inside:
            _write_label(sheet, row, y)
            _draw_row(place, row, y - _ROW / 2)
            y -= _ROW
    return give_title(sheet.figure, title, subtitle)


def _check(table: pd.DataFrame) -> None:
    missing = [name for name in _NEEDED if name not in table.columns]
    if missing:
        raise DataError(
            f"stress_bars: the table has no column {missing[0]!r}; give one of stress_table"
        )
    if table.empty:
        raise DataError("stress_bars: the table has no rows; there is nothing to draw")
    strange = [str(kind) for kind in table["kind"] if kind not in _HEADINGS]
    if strange:
        raise DataError(f"stress_bars: no kind {strange[0]!r}; allowed: {', '.join(_HEADINGS)}")


def _label_width(rows: list[dict[Hashable, Any]]) -> float:
    texts = [len(row["title"]) for row in rows] + [0.93 * len(_detail(row)) for row in rows]
    longest = max(*texts, *(1.05 * len(_HEADINGS[row["kind"]]) for row in rows))
    return min(_CHARACTER * longest + 24, FIGURE_WIDTH / 2.5)


def _detail(row: dict[Hashable, Any]) -> str:
    """The second line of a label; the shock of a reverse stress stands at its diamond."""
    if row["kind"] == "reverse":
        return ""
    return str(row["period"] or row["shock"])


def _range(
    rows: list[dict[Hashable, Any]], limit: float | None, pixels: float
) -> tuple[float, float]:
    """From the largest gain to the largest loss, with room for the numbers beside the bars."""
    numbers = [(0.0, 0)] if limit is None else [(0.0, 0), (limit, 0)]
    numbers += [(row["loss"], len(_number(row))) for row in rows if math.isfinite(row["loss"])]
    low, high = min(value for value, _ in numbers), max(value for value, _ in numbers)
    span = high - low or 0.1
    # Pixels that the numbers take beside the bars decide how many are left for the bars.
    right = max(_room(length) - (high - value) / span * pixels / 2 for value, length in numbers)
    left = max((_room(length) for value, length in numbers if value < 0), default=_GAP)
    right = min(max(right, _GAP), pixels / 3)
    scale = span / (pixels - left - right)
    return low - left * scale, high + right * scale


def _room(length: int) -> float:
    return _CHARACTER * length + 3 * _GAP


def _number(row: dict[Hashable, Any]) -> str:
    """What stands beside a bar."""
    if row["kind"] == "reverse":
        return str(row["shock"]) if row["status"] == _COMPUTED else _status(row)
    if not math.isfinite(row["loss"]):
        return str(row["status"])
    size = format_metric(_RATE, abs(row["loss"]))
    if row["measure"] == "var":
        return f"VaR {size}, was {format_metric(_RATE, row['var_before'])}"
    number = f"gain {size}" if row["loss"] < 0 else size
    if math.isfinite(row["var_after"]):
        number += f", then VaR {format_metric(_RATE, row['var_after'])}"
    return number if row["status"] == _COMPUTED else f"{number}, {row['status']}"


def _status(row: dict[Hashable, Any]) -> str:
    return f"{row['shock']}, {row['status']}" if row["shock"] else str(row["status"])


def _write_label(sheet: Sheet, row: dict[Hashable, Any], top: float) -> None:
    detail = _detail(row)
    sheet.write(row["title"], 0, top - (19 if detail else 29))
    if detail:
        sheet.write(detail, 0, top - 35, font={"size": 12, "color": LIGHT.muted})


def _draw_row(place: _Place, row: dict[Hashable, Any], y: float) -> None:
    loss = float(row["loss"])
    is_known = math.isfinite(loss)
    if is_known and row["kind"] == "reverse":
        marker = {"symbol": "diamond", "size": 12, "color": LIGHT.card}
        marker["line"] = {"color": LIGHT.ink, "width": 2}
        _add(place, go.Scatter(x=[loss], y=[y], mode="markers", marker=marker, hoverinfo="skip"))
    elif is_known:
        _draw_bar(place, row, loss, y)
    _write_number(place, row, loss, y)


def _draw_bar(place: _Place, row: dict[Hashable, Any], loss: float, y: float) -> None:
    colour = LIGHT.better if loss < 0 else LIGHT.worse
    marker: dict[str, Any] = {"color": colour, "line": {"color": colour, "width": 1}}
    if row["kind"] == "hypothetical":
        hatch = {"shape": "/", "fgcolor": colour, "bgcolor": LIGHT.card, "size": 6}
        marker |= {"pattern": {**hatch, "solidity": 0.35, "fillmode": "replace"}}
    _add(
        place,
        go.Bar(
            x=[round(loss, 9)],
            y=[y],
            width=_BAR,
            orientation="h",
            marker=marker,
            customdata=[_hover(row)],
            hovertemplate="%{customdata}<extra></extra>",
        ),
    )
    if row["measure"] == "var" and math.isfinite(row["var_before"]):
        before = round(float(row["var_before"]), 9)
        ends = [y - _BAR / 2 - 4, y + _BAR / 2 + 4]
        line = {"color": LIGHT.ink, "width": 2}
        _add(place, go.Scatter(x=[before] * 2, y=ends, mode="lines", line=line, hoverinfo="skip"))


def _add(place: _Place, trace: go.Bar | go.Scatter) -> None:
    trace.update(xaxis=place.axes.x, yaxis=place.axes.y)
    place.sheet.figure.add_trace(trace)


def _hover(row: dict[Hashable, Any]) -> str:
    parts = [f"<b>{plain(row['title'])}</b>", plain(_detail(row)), _number(row)]
    for column, name in (("worst_drawdown", "worst drawdown"), ("worst_day", "worst day")):
        if math.isfinite(row.get(column, math.nan)):
            parts.append(f"{name} {format_metric(_RATE, row[column])}")
    if math.isfinite(row.get("days", math.nan)):
        parts.append(f"{format_metric('days', row['days'])} days")
    return "<br>".join(part for part in parts if part)


def _write_number(place: _Place, row: dict[Hashable, Any], loss: float, y: float) -> None:
    is_known = math.isfinite(loss)
    is_gain = is_known and loss < 0
    gap = _GAP + 4 * (row["kind"] == "reverse")
    text = plain(_number(row))
    is_beyond = place.limit is not None and is_known and loss > place.limit
    place.sheet.figure.add_annotation(
        text=f"<b>{text}</b>" if is_beyond else text,
        hovertext=plain(row["reason"]),
        xref=place.axes.x,
        yref=place.axes.y,
        x=round(_end(row, loss), 9),
        y=y,
        xanchor="right" if is_gain else "left",
        yanchor="middle",
        xshift=-gap if is_gain else gap,
        showarrow=False,
        borderpad=1,
        bgcolor=LIGHT.card,
        font={"color": LIGHT.ink if is_known else LIGHT.muted},
    )


def _end(row: dict[Hashable, Any], loss: float) -> float:
    """Where the number stands: behind the bar, or behind the line of the risk before."""
    if not math.isfinite(loss):
        return 0.0
    is_var = row["measure"] == "var" and math.isfinite(row["var_before"])
    return max(loss, float(row["var_before"])) if is_var else loss
