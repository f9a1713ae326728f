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
# Width of a character of 13 px text, in pixels, bold text and the second line in shares of it,
# and room beside the bars for their numbers.
_CHARACTER: Final = 7.2
_BOLD: Final = 1.1
_SMALL: Final = 0.93
_GAP: Final = 8
# Wide enough to tell a line that ends at a number from a letter of it.
_PAD: Final = 3
_MARGIN: Final = 8
# A page draws no figure narrower than 1000 px: what text has of its pixels then, at the least.
_NARROWEST: Final = (1000 - 2 * _MARGIN) / (FIGURE_WIDTH - 2 * _MARGIN)
# Characters that a breach or a cause can count on at the right of the limit or of zero.
_SURE: Final = 26
_RATE: Final = "share"
_COMPUTED: Final = "computed"
_NOT_COMPUTABLE: Final = "not computable"


@dataclass(frozen=True)
class _Place:
    """Where the rows are drawn: the sheet, its axes, and the loss at which the limit stands."""

    sheet: Sheet
    axes: Axes
    limit: float | None
    low: float
    high: float
    pixels: float

    def room(self, value: float, *, is_left: bool) -> float:
        """Pixels from a value to an end of the plot, on the narrowest page."""
        span = value - self.low if is_left else self.high - value
        return span / (self.high - self.low) * self.pixels * _NARROWEST


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
    a diamond on the limit, with the shock in words. A row without a number says why. Words that
    are longer than their room end in an ellipsis and are whole under the pointer.

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
    margins = Margins(_MARGIN, _MARGIN, label_space(marks), _BOTTOM)
    sheet = Sheet(FIGURE_WIDTH - 2 * _MARGIN, height, margins)
    left = _label_width(rows)
    box = Box(left, sheet.width, 0, height)
    low, high = _range(rows, limit, box.width * _NARROWEST)
    axes = sheet.add_axes(
        box,
        x=number_axis(_RATE, low, high, title=x_label, count=8) | {"showgrid": True},
        y={"range": [0, height], "visible": False, "fixedrange": True},
    )
    draw_marks(sheet, axes, [Mark(0.0, ""), *marks])
    place = _Place(sheet, axes, limit, low, high, box.width)
    y = float(height)
    for kind, inside in groups:
        sheet.write(_HEADINGS[kind], 0, y - _HEADING + 8, bold=True)
        y -= _HEADING
        for row in inside:
            _write_label(sheet, row, y, left)
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
    texts = [len(row["title"]) for row in rows] + [_SMALL * len(_detail(row)) for row in rows]
    longest = max(*texts, *(_BOLD * len(_HEADINGS[row["kind"]]) for row in rows))
    return min((_CHARACTER * longest + 3 * _GAP) / _NARROWEST, FIGURE_WIDTH / 2.5)


def _detail(row: dict[Hashable, Any]) -> str:
    """The second line of a label; the shock of a reverse stress stands at its diamond."""
    if row["kind"] == "reverse":
        return ""
    return str(row["period"] or row["shock"])


def _range(
    rows: list[dict[Hashable, Any]], limit: float | None, pixels: float
) -> tuple[float, float]:
    """From the largest gain to the largest loss, with room for the numbers beside the bars."""
    texts = [(_end(row), _wanted(row, limit)) for row in rows]
    texts += [(0.0, 0)] if limit is None else [(0.0, 0), (limit, 2)]
    low, high = min(value for value, _ in texts), max(value for value, _ in texts)
    span = high - low or 0.1
    left = max((_room(length) for value, length in texts if value < 0), default=_GAP)
    right = float(_GAP)
    for value, length in texts:
        # A text has the room right of all bars, and what the bars leave it: (high - value) of
        # the pixels that are left for them.
        beyond = (high - value) / span
        if value >= 0 and beyond < 1:
            right = max(right, (_room(length) - beyond * (pixels - left)) / (1 - beyond))
    right = min(right, pixels / 2.5)
    scale = span / (pixels - left - right)
    return low - left * scale, high + right * scale


def _wanted(row: dict[Hashable, Any], limit: float | None) -> float:
    """Characters that a row's number should have room for; a longer cause or shock is cut."""
    length = len(_number(row))
    if row["kind"] == "reverse" or not math.isfinite(row["loss"]):
        return min(length, _SURE)
    return length * _BOLD if _is_beyond(row, limit) else length


def _room(length: float) -> float:
    return _CHARACTER * length + 3 * _GAP


def _cut(text: str, pixels: float) -> str:
    """A text that fits into so many pixels, with an ellipsis where something is missing."""
    fitting = max(int(pixels / _CHARACTER), 1)
    return text if len(text) <= fitting else f"{text[: fitting - 1].rstrip(' ,:')}…"


def _is_beyond(row: dict[Hashable, Any], limit: float | None) -> bool:
    return limit is not None and float(row["loss"]) > limit


def _number(row: dict[Hashable, Any]) -> str:
    """What stands beside a bar."""
    if row["kind"] == "reverse":
        return str(row["shock"]) if row["status"] == _COMPUTED else _status(row)
    if not math.isfinite(row["loss"]):
        return _status(row)
    size = format_metric(_RATE, abs(row["loss"]))
    if row["measure"] == "var":
        return f"VaR {size}, was {format_metric(_RATE, row['var_before'])}"
    number = f"gain {size}" if row["loss"] < 0 else size
    if math.isfinite(row["var_after"]):
        number += f", then VaR {format_metric(_RATE, row['var_after'])}"
    return number if row["status"] == _COMPUTED else f"{number}, {row['status']}"


def _status(row: dict[Hashable, Any]) -> str:
    """Why there is no number, or what is wrong with the shock."""
    status, why = str(row["status"]), str(row["shock"])
    if status == _NOT_COMPUTABLE:
        # The cause without what it is about, which the label says, and without the remedy.
        why = str(row["reason"]).partition(";")[0]
        why = why.removeprefix(f"scenario {row.get('scenario')!r} ")
    elif row["kind"] != "reverse":
        why = ""
    return f"{status}: {why}" if why else status


def _write_label(sheet: Sheet, row: dict[Hashable, Any], top: float, width: float) -> None:
    detail, room = _detail(row), width * _NARROWEST - _GAP
    title = _cut(row["title"], room)
    sheet.write(title, 0, top - (19 if detail else 29), hovertext=_whole(row["title"], title))
    if detail:
        shown = _cut(detail, room / _SMALL)
        font = {"size": 12, "color": LIGHT.muted}
        sheet.write(shown, 0, top - 35, font=font, hovertext=_whole(detail, shown))


def _whole(text: str, shown: str) -> str:
    """What the pointer shows: nothing where nothing is missing."""
    return plain(text) if shown != text else ""


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
    is_beyond = _is_beyond(row, place.limit)
    gap = _GAP + 4 * (row["kind"] == "reverse")
    at, text = _end(row), _number(row)
    is_left, room = _side(place, row, _CHARACTER * len(text) + gap + 2 * _PAD)
    shown = _cut(text, (room - gap - 2 * _PAD) / (_BOLD if is_beyond else 1))
    words = plain(shown)
    place.sheet.figure.add_annotation(
        text=f"<b>{words}</b>" if is_beyond else words,
        hovertext=plain(row["reason"]) or _whole(text, shown),
        xref=place.axes.x,
        yref=place.axes.y,
        x=round(at, 9),
        y=y,
        xanchor="right" if is_left else "left",
        yanchor="middle",
        xshift=-gap if is_left else gap,
        showarrow=False,
        borderpad=_PAD,
        bgcolor=LIGHT.card,
        font={"color": LIGHT.ink if is_known else LIGHT.muted},
    )


def _side(place: _Place, row: dict[Hashable, Any], wanted: float) -> tuple[bool, float]:
    """Whether a text stands at the left, and its pixels there.

    Gains stand at the left. A breach has no bar, so both of its sides are free: the left one is
    taken if the right one is too narrow and the left one is not.
    """
    at = _end(row)
    left, right = place.room(at, is_left=True), place.room(at, is_left=False)
    is_breach = row["kind"] == "reverse"
    is_left = right < wanted and right < left if is_breach else at < 0
    return is_left, left if is_left else right


def _end(row: dict[Hashable, Any]) -> float:
    """Where the number stands: behind the bar, or behind the line of the risk before."""
    loss = float(row["loss"])
    if not math.isfinite(loss):
        return 0.0
    is_var = row["measure"] == "var" and math.isfinite(row["var_before"])
    return max(loss, float(row["var_before"])) if is_var else loss
