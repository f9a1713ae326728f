"""Returns against the VaR that was forecast for them, and how often it was exceeded of late."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from peaklib.errors import DataError
from peaklib.render.formats import format_date, format_metric
from peaklib.render.labels import EndLabel, write_labels
from peaklib.render.scale import Floats
from peaklib.render.sheet import Axes, Box, Margins, Sheet
from peaklib.render.template import FIGURE_WIDTH, LIGHT, give_title, plain
from peaklib.render.ticks import linear_ticks, number_axis, padded

_MARGINS: Final = Margins(left=74, right=160, top=8, bottom=30)
_UPPER: Final = 250
_LOWER: Final = 116
_SPACE: Final = 30
# As many bars as there are pixels: more would be drawn on top of each other.
_PLACES: Final = 880
# Finer than a pixel.
_DECIMALS: Final = 5
# Yellow and red zone as tints of one colour, so that they differ in a black and white print.
_TINTS: Final = (0.13, 0.3)
# Calendar days from one forecast to the next beyond which no line joins them: longer than
# exchanges are closed for a holiday, so that a gap means days that were not given.
_LONGEST_STEP: Final = 10
# A stretch between two gaps that is shorter on the screen is drawn as a dash of this length.
_SHORTEST: Final = 4


@dataclass(frozen=True)
class _Line:
    """A line over the rows from `first` on, drawn through those `kept` and the ends of spells."""

    first: int
    kept: set[int]
    height: Callable[[int], float]
    hover: Callable[[int], str]
    colour: str
    shape: str | None = None


@dataclass(frozen=True)
class _Days:
    """What is drawn, as arrays with an entry a day."""

    stamps: pd.DatetimeIndex
    returns: Floats
    var: Floats
    hits: NDArray[np.bool_]
    first: int
    breaks: NDArray[np.int64]

    def dates(self, rows: "Sequence[int] | NDArray[np.int64]") -> list[str]:
        """ISO dates of some rows."""
        return [format_date(stamp) for stamp in self.stamps[np.asarray(rows, dtype=int)]]

    def spells(self, start: int) -> list[tuple[int, int]]:
        """First row and the row behind the last of each stretch without a gap, from `start` on."""
        inner = self.breaks[self.breaks > start].tolist()
        return list(pairwise([start, *inner, len(self.returns)]))


def exceptions_chart(
    returns: "pd.Series[float]",
    var: "pd.Series[float]",
    *,
    level: float,
    window: int = 250,
    zones: tuple[int, int] | None = (5, 10),
    days: str = "days",
    title: str = "",
    subtitle: str = "",
) -> go.Figure:
    """Draw daily returns, the VaR below them, its exceedances, and their count over a window.

    Losses are positive numbers in `var`, so the line is drawn at -VaR. Where there are more
    days than pixels, a bar spans all returns of its pixel; every exceedance keeps its own mark.

    Only the days that are given are drawn and counted, such as those on which something was
    held. Where the next one is more than 10 calendar days away, the lines of the VaR and of the
    count break off; a few days alone between two such gaps are a dash. The count itself runs on:
    it is that of the last `window` days given, however long ago the first of them was.

    Args:
        returns: simple returns as fractions, indexed by time.
        var: VaR for the same days as positive losses; NaN before the first forecast.
        level: confidence of the VaR, such as 0.99.
        window: days over which exceedances are counted in the lower plot, days given.
        zones: counts at which the yellow and the red zone of that window begin, or None for
            no bands; 5 and 10 are Basel's for a 99 % VaR over 250 days.
        days: what the days given are called where they are counted, such as "days held".
        title: the finding.
        subtitle: what is drawn: data, model, level.

    Raises:
        DataError: the indexes differ, are not increasing dates, a number is missing where one
            is needed, or the zones are out of order.
    """
    drawn = _checked(returns, var)
    if window < 1 or (zones is not None and not 0 < zones[0] < zones[1]):
        raise DataError(
            f"exceptions_chart: window {window}, zones {zones}; the window is at least 1, the "
            "yellow zone begins above 0 and before the red one"
        )
    sheet = Sheet(FIGURE_WIDTH - _MARGINS.left - _MARGINS.right, _LOWER + _SPACE + _UPPER, _MARGINS)
    lower = Box(0, sheet.width, 0, _LOWER)
    upper = Box(0, sheet.width, _LOWER + _SPACE, sheet.height)
    _draw_counts(sheet, lower, drawn, window, zones, days)
    _draw_returns(sheet, upper, drawn, level)
    return give_title(sheet.figure, title, subtitle)


def _checked(returns: "pd.Series[float]", var: "pd.Series[float]") -> _Days:
    if not isinstance(returns.index, pd.DatetimeIndex) or not returns.index.equals(var.index):
        raise DataError(
            "exceptions_chart: returns and VaR must share one index of dates; put each forecast "
            "on the day that it is for"
        )
    if not returns.index.is_monotonic_increasing:
        raise DataError("exceptions_chart: the dates are not increasing; sort the series")
    outcome, forecast = np.asarray(returns, dtype=float), np.asarray(var, dtype=float)
    known = np.isfinite(forecast)
    first = int(np.argmax(known))
    if not known.any() or not known[first:].all() or not np.isfinite(outcome).all():
        raise DataError(
            "exceptions_chart: a number is missing; only VaR may be NaN, before its first "
            "forecast, and there must be a forecast"
        )
    stamps = returns.index.tz_localize(None)
    steps = np.diff(stamps.normalize().to_numpy()).astype("timedelta64[D]").astype(int)
    return _Days(
        stamps=stamps,
        returns=outcome,
        var=forecast,
        hits=-outcome > forecast,
        first=first,
        breaks=np.flatnonzero(steps > _LONGEST_STEP) + 1,
    )


def _draw_returns(sheet: Sheet, box: Box, days: _Days, level: float) -> None:
    forecasts = -days.var[days.first :]
    bottom, top = padded(
        float(min(days.returns.min(), forecasts.min(), 0.0)),
        float(max(days.returns.max(), forecasts.max(), 0.0)),
    )
    axes = sheet.add_axes(
        box, x={}, y=number_axis("return", bottom, top, title="return"), shared="x"
    )
    _draw_bars(sheet, axes, days)
    _draw_var(sheet, axes, days)
    _draw_exceedances(sheet, axes, days)
    count = int(days.hits.sum())
    labels = [
        EndLabel("return a day", -bottom / (top - bottom), LIGHT.hold),
        EndLabel(f"{_percent(level)} VaR", (forecasts[-1] - bottom) / (top - bottom), LIGHT.better),
        EndLabel(f"◆ {count} exceedance{'' if count == 1 else 's'}", 0.0, LIGHT.worse),
    ]
    write_labels(sheet, box, labels)


def _draw_bars(sheet: Sheet, axes: Axes, days: _Days) -> None:
    """From zero to the return; days that share a pixel share a bar over all of them."""
    rows, values = [], []
    for start, stop in _places(days, 0):
        part = days.returns[start:stop]
        rows.append(start)
        values.append((min(float(part.min()), 0.0), max(float(part.max()), 0.0)))
    x: list[str | None] = []
    y: list[float | None] = []
    for date, (low, high) in zip(days.dates(rows), values, strict=True):
        x += [date, date, None]
        y += [_rounded(low), _rounded(high), None]
    sheet.figure.add_trace(
        go.Scatter(
            x=x,
            y=y,
            mode="lines",
            line={"color": LIGHT.hold, "width": 1 if len(rows) > 400 else 2},
            hoverinfo="skip",
            xaxis=axes.x,
            yaxis=axes.y,
        )
    )


def _draw_var(sheet: Sheet, axes: Axes, days: _Days) -> None:
    kept: set[int] = set()
    for start, stop in _places(days, days.first):
        part = days.var[start:stop]
        kept.update((start + int(part.argmin()), start + int(part.argmax())))
    _draw_line(
        sheet,
        axes,
        days,
        _Line(
            first=days.first,
            kept=kept,
            height=lambda row: _rounded(-days.var[row]),
            hover=lambda row: f"VaR <b>{format_metric('var', days.var[row])}</b>",
            colour=LIGHT.better,
        ),
    )


def _draw_line(sheet: Sheet, axes: Axes, days: _Days, line: _Line) -> None:
    """Broken off at gaps; what is too short for a line between two of them is a dash."""
    spells = days.spells(line.first)
    rows: list[int | None] = []
    for row in sorted(line.kept.union(*({start, stop - 1} for start, stop in spells))):
        rows += [None, row] if rows and row in days.breaks else [row]
    whole = days.stamps[-1] - days.stamps[0]
    short: list[int | None] = [
        (start + stop - 1) // 2
        for start, stop in spells
        if (days.stamps[stop - 1] - days.stamps[start]) / whole * sheet.width <= _SHORTEST
    ]
    style = {"color": line.colour, "width": 1.7}
    parts: list[tuple[list[int | None], dict[str, object]]] = [
        (rows, {"mode": "lines", "line": {**style, "shape": line.shape}})
    ]
    if short:
        # This symbol is 1.4 times as long as its size says.
        dash = {"symbol": "line-ew", "size": round(_SHORTEST / 1.4, 1), "line": style}
        parts.append((short, {"mode": "markers", "marker": dash}))
    for shown, drawn in parts:
        sheet.figure.add_trace(
            go.Scatter(
                x=[None if row is None else format_date(days.stamps[row]) for row in shown],
                y=[None if row is None else line.height(row) for row in shown],
                customdata=["" if row is None else line.hover(row) for row in shown],
                hovertemplate="%{x|%Y-%m-%d}: %{customdata}<extra></extra>",
                xaxis=axes.x,
                yaxis=axes.y,
                **drawn,
            )
        )


def _draw_exceedances(sheet: Sheet, axes: Axes, days: _Days) -> None:
    rows = np.flatnonzero(days.hits)
    hover = [
        f"{date}<br>return <b>{format_metric('return', days.returns[row])}</b>, "
        f"VaR {format_metric('var', days.var[row])}"
        for date, row in zip(days.dates(rows), rows.tolist(), strict=True)
    ]
    sheet.figure.add_trace(
        go.Scatter(
            x=days.dates(rows),
            y=[_rounded(value) for value in days.returns[rows]],
            mode="markers",
            marker={
                "symbol": "diamond",
                "size": 8 if len(rows) <= 120 else 6,
                "color": LIGHT.worse,
                "line": {"color": LIGHT.card, "width": 1},
            },
            customdata=hover,
            hovertemplate="%{customdata}<extra></extra>",
            cliponaxis=False,
            xaxis=axes.x,
            yaxis=axes.y,
        )
    )


def _draw_counts(
    sheet: Sheet, box: Box, days: _Days, window: int, zones: tuple[int, int] | None, called: str
) -> None:
    summed = np.concatenate([[0], np.cumsum(days.hits[days.first :])])
    counts = summed[window:] - summed[:-window] if len(summed) > window else summed[:0]
    highest = int(counts.max()) if counts.size else 0
    top = max(highest + 1, zones[1] + 2 if zones else 4) + 0.5
    ticks = [tick for tick in linear_ticks(0, top, 4) if tick == round(tick)]
    axes = sheet.add_axes(
        box,
        x={"range": days.dates([0, len(days.returns) - 1])},
        y={
            "range": [-0.5, top],
            "tickvals": ticks,
            "ticktext": [f"{tick:.0f}" for tick in ticks],
            "title": {"text": plain(f"count in {window} {called}")},
            "fixedrange": True,
        },
    )
    if zones is not None:
        _draw_zones(sheet, box, axes, zones, top)
    if not counts.size:
        sheet.write(f"fewer than {window} forecasts: nothing to count yet", 8, box.height / 2)
        return
    first = days.first + window - 1
    turns = first + 1 + np.flatnonzero(np.diff(counts))
    _draw_line(
        sheet,
        axes,
        days,
        _Line(
            first=first,
            kept=set(turns.tolist()),
            height=lambda row: int(counts[row - first]),
            hover=lambda row: f"<b>{counts[row - first]}</b> in {window} {plain(called)}",
            colour=LIGHT.ink,
            shape="hv",
        ),
    )


def _draw_zones(sheet: Sheet, box: Box, axes: Axes, zones: tuple[int, int], top: float) -> None:
    """Bands between whole counts, named at the right."""
    edges = (zones[0] - 0.5, zones[1] - 0.5, top)
    for (low, high), tint in zip(pairwise(edges), _TINTS, strict=True):
        sheet.figure.add_shape(
            type="rect",
            xref=f"{axes.x} domain",
            yref=axes.y,
            x0=0,
            x1=1,
            y0=low,
            y1=high,
            fillcolor=LIGHT.worse,
            opacity=tint,
            line={"width": 0},
            layer="below",
        )
    names = (
        f"green zone: 0 to {zones[0] - 1}",
        f"yellow zone: {zones[0]} to {zones[1] - 1}",
        f"red zone: from {zones[1]}",
    )
    middles = [(low + high) / 2 for low, high in pairwise((-0.5, *edges))]
    labels = [
        EndLabel(name, (middle + 0.5) / (top + 0.5), LIGHT.muted)
        for name, middle in zip(names, middles, strict=True)
    ]
    write_labels(sheet, box, labels)


def _places(days: _Days, start: int) -> list[tuple[int, int]]:
    """Rows from `start` on that share a pixel: one each where there are few, none over a gap."""
    stop = len(days.returns)
    edges = np.linspace(start, stop, min(stop - start, _PLACES) + 1).astype(int)
    return list(pairwise(np.union1d(edges, days.breaks[days.breaks > start]).tolist()))


def _percent(share: float) -> str:
    """0.975 as 97.5 %."""
    return f"{round(100 * share, 6):g}\N{NO-BREAK SPACE}%"


def _rounded(value: float) -> float:
    return round(float(value), _DECIMALS) + 0.0
