"""Walk-forward: what choosing again and again would have earned on bars not yet seen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import pandas as pd
import plotly.graph_objects as go

from peaklib.errors import DataError
from peaklib.render.bands import Period
from peaklib.render.curves import HOLD, draw_curves
from peaklib.render.template import LIGHT, give_title, plain

# More lines than this would be a grey veil; the signs below them remain.
_MOST_LINES: Final = 60
_SIGN: Final = "▲"


@dataclass(frozen=True)
class Selection:
    """One choice of parameters.

    Args:
        at: first bar that was traded with them.
        words: the parameters (`fast 50 / slow 200`), shown on hover.
    """

    at: pd.Timestamp
    words: str


def walk_forward_figure(
    curves: Mapping[str, "pd.Series[float]"],
    *,
    in_sample: Period,
    out_of_sample: Period,
    selections: Sequence[Selection] = (),
    benchmark: str = HOLD,
    log: bool = False,
    title: str = "",
    subtitle: str = "",
) -> go.Figure:
    """Draw out-of-sample growth and drawdown, and when parameters were chosen again.

    All curves start at 1 on the first day out of sample. Of the period in sample only the
    band is drawn, and its left end is cut where it would take more than a quarter of the
    figure; the dates on it stay true.

    Args:
        curves: equity by name over the out-of-sample bars (earlier bars are not drawn), each
            starting with the capital before the first of them.
        in_sample: what the first choice was made on.
        out_of_sample: what the curves cover.
        selections: in order of time, inside `out_of_sample`.
        benchmark: name of the curve drawn in grey.
        log: logarithmic axis for growth.
        title: the finding.
        subtitle: what is drawn, after which costs.

    Raises:
        DataError: roles or dates of the periods are out of order, a selection lies outside
            of `out_of_sample`, or see `equity_and_drawdown`.
    """
    _check(in_sample, out_of_sample, selections)
    drawn = draw_curves(curves, [out_of_sample], benchmark=benchmark, log=log, lead=in_sample)
    if selections:
        sheet = drawn.sheet
        axes = sheet.add_axes(
            drawn.upper,
            x={},
            y={"range": [0, 1], "visible": False, "fixedrange": True, "overlaying": "y2"},
            shared="x",
        )
        dates = [_day(choice.at) for choice in selections]
        _draw_lines(sheet.figure, dates, axes.y)
        sheet.figure.add_trace(
            go.Scatter(
                x=dates,
                y=[0] * len(dates),
                mode="markers",
                marker={"symbol": "triangle-up", "size": 9, "color": LIGHT.muted},
                customdata=[plain(choice.words) for choice in selections],
                hovertemplate="chosen: <b>%{customdata}</b><extra></extra>",
                cliponaxis=False,
                xaxis=axes.x,
                yaxis=axes.y,
            )
        )
        sheet.write(
            f"{_SIGN} parameters chosen",
            sheet.width,
            drawn.lower.top + 8,
            xshift=8,
            font={"size": 12, "color": LIGHT.muted},
        )
    return give_title(drawn.sheet.figure, title, subtitle)


def _check(in_sample: Period, out_of_sample: Period, selections: Sequence[Selection]) -> None:
    if not in_sample.is_seen or out_of_sample.is_seen:
        raise DataError(
            f"walk_forward_figure: the periods are {in_sample.role} and {out_of_sample.role}; "
            "give one in sample and one out of sample"
        )
    if in_sample.end >= out_of_sample.start:
        raise DataError(
            f"walk_forward_figure: in sample ends on {in_sample.end:%Y-%m-%d}, which is not "
            f"before out of sample starts on {out_of_sample.start:%Y-%m-%d}"
        )
    dates = [pd.Timestamp(choice.at).tz_localize(None) for choice in selections]
    for one, other in pairwise(dates):
        if other <= one:
            raise DataError(
                f"walk_forward_figure: the selection of {other:%Y-%m-%d} stands behind that of "
                f"{one:%Y-%m-%d}; sort them by time, one a day"
            )
    for date in dates:
        if not out_of_sample.start <= date <= out_of_sample.end:
            raise DataError(
                f"walk_forward_figure: the selection of {date:%Y-%m-%d} is outside of "
                f"{out_of_sample.detail}"
            )


def _draw_lines(figure: go.Figure, dates: Sequence[str], y_axis: str) -> None:
    if len(dates) > _MOST_LINES:
        return
    for date in dates:
        figure.add_shape(
            type="line",
            xref="x",
            yref=y_axis,
            x0=date,
            x1=date,
            y0=0,
            y1=1,
            line={"color": LIGHT.rule, "width": 1, "dash": "2px,3px"},
            layer="below",
        )


def _day(stamp: pd.Timestamp) -> str:
    return f"{pd.Timestamp(stamp).tz_localize(None):%Y-%m-%d}"
