"""In sample or out of sample, told apart the same way in every figure.

In sample is hatched, dashed and grey with hollow markers; out of sample is a solid,
inverted band with filled markers. Neither depends on colour.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final, Literal

import pandas as pd
import plotly.graph_objects as go

from peaklib.errors import DataError
from peaklib.render.formats import MISSING as EN_DASH, format_span
from peaklib.render.template import FIGURE_WIDTH, LIGHT, plain

Role = Literal["in_sample", "out_of_sample"]
STRIP_HEIGHT: Final = 28
# Width of a character of the 12 px text on a band, in pixels.
_CHARACTER: Final = 7.2
# The axis that `split` adds; far above the numbers that subplots use.
_SPLIT_AXIS: Final = "y99"
HATCH: Final[Mapping[str, object]] = MappingProxyType(
    {"shape": "/", "fgcolor": LIGHT.hatch, "bgcolor": LIGHT.shade, "size": 7, "solidity": 0.3}
)
_WORDS: Final[dict[str, str]] = {"in_sample": "IN SAMPLE", "out_of_sample": "OUT OF SAMPLE"}
_NOTES: Final[dict[str, str]] = {"in_sample": "chosen here", "out_of_sample": "unseen"}


@dataclass(frozen=True)
class Period:
    """A stretch of bars and the role it plays.

    Args:
        role: `in_sample` (parameters were chosen on it) or `out_of_sample` (not seen).
        start: first bar.
        end: last bar.
        note: what the role means here; by default `chosen here` or `unseen`.
    """

    role: Role
    start: pd.Timestamp
    end: pd.Timestamp
    note: str = ""

    def __post_init__(self) -> None:
        if self.role not in _WORDS:
            raise DataError(f"period role is {self.role!r}; it is one of {sorted(_WORDS)}")
        # Figures show the calendar of the data; plotly would draw a zone as a shift.
        object.__setattr__(self, "start", pd.Timestamp(self.start).tz_localize(None))
        object.__setattr__(self, "end", pd.Timestamp(self.end).tz_localize(None))
        if self.end < self.start:
            raise DataError(f"period ends at {self.end}, before its start {self.start}")

    @property
    def word(self) -> str:
        """The role in capitals, as bands and headers show it."""
        return _WORDS[self.role]

    @property
    def detail(self) -> str:
        """Dates and note: ``Dec 1999 – Dec 2012 · chosen here``."""
        return f"{format_span(self.start, self.end)} · {self.note or _NOTES[self.role]}"

    def detail_within(self, pixels: float) -> str:
        """As much of the detail as fits beside the word on a band of this width."""
        span = format_span(self.start, self.end)
        years = f"{self.start.year}{EN_DASH}{self.end.year}"
        room = (pixels - 8 * len(self.word) - 32) / _CHARACTER
        return next((text for text in (self.detail, span, years) if len(text) <= room), "")

    @property
    def is_seen(self) -> bool:
        """True where choices were made on this period."""
        return self.role == "in_sample"


def draw_strip(
    figure: go.Figure,
    period: Period,
    *,
    x_axis: str,
    y_axis: str,
    span: tuple[object, object],
    width: float,
) -> None:
    """Draw the band of one period over `span` of an axis pair whose y runs from 0 to 1.

    Args:
        figure: changed in place.
        period: whose role, dates and note are printed.
        x_axis: plotly name of the axis, `x` or `x3`, ...
        y_axis: plotly name of the strip's own axis (see `strip_axis`).
        span: left and right end in the units of `x_axis`.
        width: pixels of the band; a narrow one shows less.
    """
    left, right = span
    seen = period.is_seen
    figure.add_trace(
        go.Scatter(
            x=[left, left, right, right, left],
            y=[0, 1, 1, 0, 0],
            mode="lines",
            fill="toself",
            fillcolor=LIGHT.shade if seen else LIGHT.ink,
            fillpattern=dict(HATCH) if seen else None,
            line={
                "color": LIGHT.hold if seen else LIGHT.ink,
                "width": 1,
                "dash": "4px,3px" if seen else "solid",
            },
            hoverinfo="skip",
            cliponaxis=False,
            xaxis=x_axis,
            yaxis=y_axis,
        )
    )
    text = {
        "xref": x_axis,
        "yref": y_axis,
        "y": 0.5,
        "yanchor": "middle",
        "showarrow": False,
        "font": {"size": 12, "color": LIGHT.ink if seen else LIGHT.card},
        "bgcolor": LIGHT.shade if seen else LIGHT.ink,
        "borderpad": 2,
    }
    figure.add_annotation(**text, x=left, xanchor="left", xshift=8, text=f"<b>{period.word}</b>")
    words = period.detail_within(width)
    if words:
        figure.add_annotation(**text, x=right, xanchor="right", xshift=-8, text=plain(words))


def strip_axis(domain: tuple[float, float], *, anchor: str) -> dict[str, object]:
    """Layout of the axis that carries a strip: 0 to 1, nothing drawn."""
    return {
        "domain": list(domain),
        "anchor": anchor,
        "range": [0, 1],
        "visible": False,
        "fixedrange": True,
    }


def shade(figure: go.Figure, period: Period, *, x_axis: str, y_domain: tuple[float, float]) -> None:
    """Tint the plot behind an in-sample period; out of sample stays clear."""
    if period.is_seen:
        figure.add_shape(
            type="rect",
            xref=x_axis,
            yref="paper",
            x0=period.start,
            x1=period.end,
            y0=y_domain[0],
            y1=y_domain[1],
            fillcolor=LIGHT.shade,
            line={"width": 0},
            layer="below",
        )


def split(figure: go.Figure, at: date, *, notes: tuple[str, str] = ("", "")) -> go.Figure:
    """Mark where in sample ends and out of sample begins, on any figure over time.

    The plots move down to make room for the bands.

    Args:
        figure: its x axis holds dates; changed in place.
        at: first day out of sample.
        notes: of the period before and after; by default `chosen here` and `unseen`.

    Returns:
        The same figure.

    Raises:
        DataError: the figure has no dates, or all of them lie on one side of `at`.
    """
    first, last = _date_range(figure)
    moment = pd.Timestamp(at)
    if not first < moment <= last:
        raise DataError(
            f"split at {moment:%Y-%m-%d} is outside the figure's dates "
            f"{first:%Y-%m-%d} to {last:%Y-%m-%d}"
        )
    before = Period("in_sample", first, moment - pd.Timedelta(days=1), notes[0])
    after = Period("out_of_sample", moment, last, notes[1])
    height = float(figure.layout.height or 450)
    inner = height - float(figure.layout.margin.t or 24) - float(figure.layout.margin.b or 48)
    top = 1 - (STRIP_HEIGHT + 8) / inner
    _lower(figure, top)
    figure.layout[f"yaxis{_SPLIT_AXIS[1:]}"] = strip_axis((1 - STRIP_HEIGHT / inner, 1), anchor="x")
    shade(figure, before, x_axis="x", y_domain=(0, top))
    whole = FIGURE_WIDTH - float(figure.layout.margin.l or 64) - float(figure.layout.margin.r or 16)
    for period, span in ((before, (first, moment)), (after, (moment, last))):
        width = whole * ((span[1] - span[0]) / (last - first))
        draw_strip(figure, period, x_axis="x", y_axis=_SPLIT_AXIS, span=span, width=width)
    return figure


def _date_range(figure: go.Figure) -> tuple[pd.Timestamp, pd.Timestamp]:
    stamps = [
        pd.DatetimeIndex(trace.x).tz_localize(None)
        for trace in figure.data
        if trace.x is not None and len(trace.x)
    ]
    if not stamps:
        raise DataError("split: the figure has no trace with dates on its x axis")
    return min(s.min() for s in stamps), max(s.max() for s in stamps)


def _lower(figure: go.Figure, top: float) -> None:
    for name in {"y", *(trace.yaxis or "y" for trace in figure.data)}:
        axis = figure.layout[f"yaxis{name[1:]}"]
        bottom, upper = axis.domain or (0.0, 1.0)
        axis.domain = [bottom * top, upper * top]
