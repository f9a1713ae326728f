"""Growth and drawdown over time, one line per strategy, labelled where the lines end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from peaklib.errors import DataError
from peaklib.render.bands import STRIP_HEIGHT, Period, shade
from peaklib.render.formats import format_metric
from peaklib.render.labels import EndLabel, write_labels
from peaklib.render.sheet import Axes, Box, Margins, Sheet
from peaklib.render.template import FIGURE_WIDTH, LIGHT, give_title, plain
from peaklib.render.ticks import linear_ticks, log_ticks, padded

HOLD: Final = "hold"
_MARGINS: Final = Margins(left=74, right=110, top=8, bottom=30)
_WIDEST_LABEL: Final = 330
# A figure is some 900 pixels wide: more places than this would be drawn on top of each other.
_PLACES: Final = 300
_GROWTH_HEIGHT: Final = 230
_DRAWDOWN_HEIGHT: Final = 110
_SPACE: Final = 34
# A quarter of the axis.
_LEAD_SHARE: Final = 1 / 3
# Finer than a pixel; a page holds ten thousands of these numbers.
_DECIMALS: Final = 4
_COLOURS: Final = (LIGHT.ink, LIGHT.better, LIGHT.worse, LIGHT.muted)


@dataclass(frozen=True)
class Drawn:
    """A figure of growth and drawdown, and where its two plots are."""

    sheet: Sheet
    lower: Box
    upper: Box


def equity_and_drawdown(
    curves: Mapping[str, "pd.Series[float]"],
    *,
    periods: Sequence[Period] = (),
    benchmark: str = HOLD,
    log: bool = False,
    title: str = "",
    subtitle: str = "",
) -> go.Figure:
    """Draw growth of 1 above and drawdown below.

    Every curve restarts at 1 where a period starts, so that gains of one period cannot
    lift the line of the next.

    Args:
        curves: equity by name, each indexed by time and starting with the capital before
            the first bar; at most four besides the benchmark.
        periods: roles in order of time; bars outside of all of them are not drawn. None
            means one period without a band.
        benchmark: name of the curve drawn in grey.
        log: logarithmic axis for growth.
        title: the finding.
        subtitle: what is drawn, after which costs.

    Raises:
        DataError: no curves, too many, a curve that is empty, not positive or has gaps, or
            a period without bars.
    """
    drawn = draw_curves(curves, periods, benchmark=benchmark, log=log)
    return give_title(drawn.sheet.figure, title, subtitle)


def draw_curves(
    curves: Mapping[str, "pd.Series[float]"],
    periods: Sequence[Period],
    *,
    benchmark: str = HOLD,
    log: bool = False,
    lead: Period | None = None,
) -> Drawn:
    """Draw what `equity_and_drawdown` shows, for another figure to add to.

    Args:
        curves, periods, benchmark, log: see `equity_and_drawdown`.
        lead: a period before the others, of which only the band is drawn.

    Raises:
        DataError: see `equity_and_drawdown`.
    """
    parts = _parts(_checked(curves, benchmark), periods)
    colours = _colours(curves, benchmark)
    height = _DRAWDOWN_HEIGHT + _SPACE + _GROWTH_HEIGHT + (STRIP_HEIGHT + 8) * bool(periods)
    margins = replace(_MARGINS, right=_label_room(curves))
    sheet = Sheet(FIGURE_WIDTH - margins.left - margins.right, height, margins)
    lower = Box(0, sheet.width, 0, _DRAWDOWN_HEIGHT)
    upper = Box(0, sheet.width, lower.top + _SPACE, lower.top + _SPACE + _GROWTH_HEIGHT)
    _draw_drawdown(sheet, lower, parts, colours, periods)
    _draw_growth(sheet, upper, parts, colours, log)
    bands = (lead, *periods) if lead else tuple(periods)
    for period in bands:
        shade(sheet.figure, period, x_axis="x", y_domain=(0, upper.top / sheet.height))
    if bands:
        first = _first_drawn(lead, periods)
        band = Box(0, sheet.width, sheet.height - STRIP_HEIGHT, sheet.height)
        sheet.add_time_strips(bands, "x", band, first)
        if lead and first:
            sheet.figure.layout.xaxis.range = [_date(first), sheet.figure.layout.xaxis.range[1]]
    sheet.figure.update_layout(hovermode="x unified")
    return Drawn(sheet, lower, upper)


def _first_drawn(lead: Period | None, periods: Sequence[Period]) -> pd.Timestamp | None:
    """Where the axis starts: a long lead would press the curves together, so it is cut."""
    if lead is None:
        return None
    curves_last = periods[-1].end - periods[0].start
    return max(lead.start, periods[0].start - curves_last * _LEAD_SHARE)


def _checked(curves: Mapping[str, "pd.Series[float]"], benchmark: str) -> pd.DataFrame:
    if not curves:
        raise DataError("equity_and_drawdown: no curves; give at least one")
    if len(set(curves) - {benchmark}) > len(_COLOURS):
        raise DataError(
            f"equity_and_drawdown: {len(curves)} curves cannot be told apart; "
            f"draw at most {len(_COLOURS)} and the benchmark"
        )
    for name, curve in curves.items():
        _check_curve(name, curve)
    frame = pd.DataFrame(dict(curves))
    if frame.isna().to_numpy().any():
        lengths = {name: len(curve) for name, curve in curves.items()}
        raise DataError(
            f"equity_and_drawdown: the curves do not share their bars ({lengths}); "
            "start all of them after the longest warm-up"
        )
    frame.index = pd.DatetimeIndex(frame.index).tz_localize(None)
    return frame


def _colours(curves: Mapping[str, object], benchmark: str) -> dict[str, str]:
    """Colour by curve; the benchmark comes first, so that it is drawn below the others."""
    others = [name for name in curves if name != benchmark]
    grey = {benchmark: LIGHT.hold} if benchmark in curves else {}
    return grey | dict(zip(others, _COLOURS, strict=False))


def _check_curve(name: str, curve: "pd.Series[float]") -> None:
    where = f"equity_and_drawdown: curve {name!r}"
    if not len(curve):
        raise DataError(f"{where} is empty")
    values = curve.to_numpy(dtype=float)
    bad = np.flatnonzero(~(values > 0))
    if bad.size:
        raise DataError(
            f"{where} is {values[bad[0]]} at {curve.index[bad[0]]}; equity must be above 0"
        )


def _label_room(curves: Mapping[str, object]) -> int:
    """Pixels at the right for the longest label: a name and a number behind it."""
    longest = max(len(name) for name in curves) + len(" −99.9 %")
    return min(max(8 * longest + 16, _MARGINS.right), _WIDEST_LABEL)


def _thinned(frame: pd.DataFrame) -> pd.DataFrame:
    """Fewer rows that draw the same lines: the extremes of every curve in each place."""
    if len(frame) <= 4 * _PLACES:
        return frame
    values = frame.to_numpy(dtype=float)
    edges = np.linspace(0, len(frame), _PLACES + 1).astype(int)
    kept = {0, len(frame) - 1}
    for start, stop in pairwise(edges):
        part = values[start:stop]
        kept.update((start + part.argmin(axis=0)).tolist(), (start + part.argmax(axis=0)).tolist())
    return frame.iloc[sorted(kept)]


def _parts(frame: pd.DataFrame, periods: Sequence[Period]) -> list[pd.DataFrame]:
    """One frame per period, a column per curve, each relative to the value it starts from."""
    if not periods:
        return [frame / frame.iloc[0]]
    parts = []
    for period in periods:
        inside = np.asarray((frame.index >= period.start) & (frame.index <= period.end))
        if not inside.any():
            raise DataError(f"equity_and_drawdown: no bar lies in {period.word} {period.detail}")
        # The value before the first bar is the base, so that this bar's return counts.
        base = frame.iloc[max(int(np.argmax(inside)) - 1, 0)]
        parts.append(frame[inside] / base)
    return parts


def _draw_growth(
    sheet: Sheet, box: Box, parts: Sequence[pd.DataFrame], colours: Mapping[str, str], log: bool
) -> None:
    low = min(float(part.min().min()) for part in parts)
    high = max(float(part.max().max()) for part in parts)
    bottom, top = padded(*(np.log10([low, high]) if log else (low, high)))
    ticks = log_ticks(low, high) if log else linear_ticks(low, high)
    axes = sheet.add_axes(
        box,
        x={},
        y={
            "type": "log" if log else "linear",
            "range": [bottom, top],
            "tickvals": ticks,
            "ticktext": [f"×{tick:g}" for tick in ticks],
            "title": {"text": "growth of 1"},
        },
        shared="x",
    )
    for part in parts:
        drawn = _thinned(part)
        for name, colour in colours.items():
            hover = "×%{y:.2f}"
            sheet.figure.add_trace(_line(drawn[name], colour, name, axes, hover))
    last = parts[-1].iloc[-1]
    write_labels(
        sheet,
        box,
        [
            EndLabel(
                f"{name} ×{last[name]:.2f}",
                ((np.log10(last[name]) if log else last[name]) - bottom) / (top - bottom),
                colour,
            )
            for name, colour in colours.items()
        ],
    )


def _draw_drawdown(
    sheet: Sheet,
    box: Box,
    parts: Sequence[pd.DataFrame],
    colours: Mapping[str, str],
    periods: Sequence[Period],
) -> None:
    # A drawdown starts from the capital before the first bar, which is 1.
    falls = [100 * (part / part.cummax().clip(lower=1.0) - 1) for part in parts]
    deepest = min(float(fall.min().min()) for fall in falls)
    bottom = min(deepest * 1.12, -1.0)
    axes = sheet.add_axes(
        box,
        x={"range": [_date(parts[0].index[0]), _date(parts[-1].index[-1])]},
        y={
            "range": [bottom, 0],
            "ticksuffix": " %",
            "nticks": 4,
            "title": {"text": "drawdown"},
        },
    )
    for number, fall in enumerate(falls):
        hollow = bool(periods) and periods[number].is_seen
        drawn = _thinned(fall)
        for name, colour in colours.items():
            sheet.figure.add_trace(_line(drawn[name], colour, name, axes, "%{y:.1f} %"))
            _mark_deepest(sheet, fall[name], colour, axes, hollow=hollow)
    worst = falls[-1].min()
    labels = [
        EndLabel(
            f"{name} {format_metric('max_dd', worst[name] / 100)}",
            1 - float(falls[-1][name].iloc[-1]) / bottom,
            colour,
        )
        for name, colour in colours.items()
    ]
    write_labels(sheet, box, labels)


def _line(series: "pd.Series[float]", colour: str, name: str, axes: Axes, hover: str) -> go.Scatter:
    return go.Scatter(
        x=[_date(stamp) for stamp in series.index],
        y=(np.round(series.to_numpy(dtype=float), _DECIMALS) + 0.0).tolist(),
        mode="lines",
        line={"color": colour, "width": 1.3 if colour == LIGHT.hold else 1.7},
        name=plain(name),
        hovertemplate=f"{plain(name)} {hover}<extra></extra>",
        xaxis=axes.x,
        yaxis=axes.y,
    )


def _mark_deepest(
    sheet: Sheet, fall: "pd.Series[float]", colour: str, axes: Axes, *, hollow: bool
) -> None:
    at = int(fall.to_numpy().argmin())
    depth = float(fall.iloc[at])
    if depth == 0:
        return
    sheet.figure.add_trace(
        go.Scatter(
            x=[_date(fall.index[at])],
            y=[round(depth, _DECIMALS)],
            mode="markers",
            marker={
                "size": 9,
                "color": LIGHT.card if hollow else colour,
                "line": {"color": colour, "width": 2},
            },
            hoverinfo="skip",
            cliponaxis=False,
            xaxis=axes.x,
            yaxis=axes.y,
        )
    )


def _date(stamp: pd.Timestamp) -> str:
    """Shortest ISO form: a page holds thousands of them."""
    return stamp.isoformat() if stamp != stamp.normalize() else f"{stamp:%Y-%m-%d}"
