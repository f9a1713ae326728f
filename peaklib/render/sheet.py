"""A figure laid out in pixels: boxes, text and bands are placed as on squared paper.

Plotly wants fractions of the drawing area. Everything here counts pixels from the lower
left corner of that area and is turned into fractions at the last moment, so the figure
still stretches with the page.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from peaklib.render.bands import Period, draw_strip, strip_axis
from peaklib.render.template import plain


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels from the lower left corner of the drawing area."""

    left: float
    right: float
    bottom: float
    top: float

    @property
    def width(self) -> float:
        """Pixels from left to right."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Pixels from bottom to top."""
        return self.top - self.bottom


@dataclass(frozen=True)
class Margins:
    """Pixels around the drawing area."""

    left: int
    right: int
    top: int
    bottom: int


@dataclass(frozen=True)
class Axes:
    """Plotly names of one pair of axes, `x` and `y`, `x2` and `y2`, ..."""

    x: str
    y: str


class Sheet:
    """A new figure whose drawing area has a known size in pixels.

    Args:
        width: pixels of the drawing area when the page is at its full width.
        height: pixels of the drawing area.
        margins: pixels around it.
    """

    def __init__(self, width: float, height: float, margins: Margins) -> None:
        self.width = width
        self.height = height
        self.figure = go.Figure()
        self._pairs = 0
        self.figure.update_layout(
            height=round(height + margins.top + margins.bottom),
            margin={
                "l": margins.left,
                "r": margins.right,
                "t": margins.top,
                "b": margins.bottom,
            },
            hovermode="closest",
        )

    def add_axes(
        self, box: Box, *, x: Mapping[str, object], y: Mapping[str, object], shared: str = ""
    ) -> Axes:
        """Put a pair of axes into a box.

        Args:
            box: where they stand.
            x: further layout of the x axis.
            y: further layout of the y axis.
            shared: name of an existing x axis to use instead of a new one.
        """
        self._pairs += 1
        number = "" if self._pairs == 1 else str(self._pairs)
        axes = Axes(shared or f"x{number}", f"y{number}")
        if not shared:
            self.figure.layout[f"xaxis{number}"] = {
                **x,
                "domain": [box.left / self.width, box.right / self.width],
                "anchor": axes.y,
            }
        self.figure.layout[f"yaxis{number}"] = {
            **y,
            "domain": [box.bottom / self.height, box.top / self.height],
            "anchor": axes.x,
        }
        return axes

    def write(self, text: str, x: float, y: float, *, bold: bool = False, **style: object) -> None:
        """Write one line of text with its lower left corner at `x`, `y` (pixels)."""
        words = plain(text)
        self.figure.add_annotation(
            **{
                "text": f"<b>{words}</b>" if bold else words,
                "xref": "paper",
                "yref": "paper",
                "x": x / self.width,
                "y": y / self.height,
                "xanchor": "left",
                "yanchor": "bottom",
                "showarrow": False,
                "borderpad": 0,
                **style,
            }
        )

    def add_space_below(self, pixels: int) -> None:
        """Make the lower margin larger; the drawing area keeps its size."""
        layout = self.figure.layout
        layout.margin.b += pixels
        layout.height += pixels

    def add_strip(self, period: Period, box: Box) -> None:
        """Draw the band of a period across a box."""
        hidden = {"range": [0, 1], "visible": False, "fixedrange": True}
        axes = self.add_axes(box, x=hidden, y=hidden)
        draw_strip(self.figure, period, x_axis=axes.x, y_axis=axes.y, span=(0, 1), width=box.width)

    def add_time_strips(
        self,
        periods: tuple[Period, ...],
        x_axis: str,
        box: Box,
        first: pd.Timestamp | None = None,
    ) -> None:
        """Draw the bands of several periods along an axis of dates.

        Args:
            periods: in order of time.
            x_axis: plotly name of the axis.
            box: where the bands stand.
            first: where the axis starts, if a band is older; the band is cut off there.
        """
        origin = first or periods[0].start
        domain = (box.bottom / self.height, box.top / self.height)
        axes = self.add_axes(box, x={}, y=strip_axis(domain, anchor=x_axis), shared=x_axis)
        whole = (periods[-1].end - origin).days or 1
        for period in periods:
            start = max(period.start, origin)
            share = (period.end - start).days / whole * box.width
            draw_strip(
                self.figure,
                period,
                x_axis=x_axis,
                y_axis=axes.y,
                span=(start, period.end),
                width=share,
            )
