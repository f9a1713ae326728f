"""A figure that stays in the notebook and takes new data instead of being drawn anew."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import ipywidgets
import numpy as np
import plotly.graph_objects as go

from peaklib.render.html import escape
from peaklib.render.template import FIGURE_WIDTH

_LONG: Final = 100


class LiveFigure:
    """A `FigureWidget` that follows a static figure.

    Whatever is drawn is drawn as a static figure first; only what differs from the one before
    is sent to the browser. So the live view and its page cannot say different things.

    The finding stands above it as text: plotly measures a title before the notebook shows it,
    and would write title and subtitle over each other.

    Args:
        figure: what it shows first.

    Attributes:
        plot: the figure widget.
        widget: finding and figure.
    """

    def __init__(self, figure: go.Figure) -> None:
        self._shown = figure
        self._layout, heading = _live(figure)
        self._traces = [_plain(trace) for trace in figure.data]
        self.plot = go.FigureWidget(layout=self._layout)
        self.plot.add_traces([_sendable(trace) for trace in self._traces])
        # Its buttons would cover the band; a double click takes back a zoom.
        self.plot._config = {"displayModeBar": False}
        self._heading = ipywidgets.HTML(heading)
        self.widget = ipywidgets.VBox([self._heading, self.plot])

    def show(self, figure: go.Figure) -> None:
        """Take over another figure of the same kind.

        A trace beyond those that are there is added once; a superfluous one is hidden, and
        takes up its place again when it is needed.
        """
        traces = [_plain(trace) for trace in figure.data]
        layout, self._heading.value = _live(figure)
        extra = traces[len(self._traces) :]
        with self.plot.batch_update():
            for place, shown in enumerate(self.plot.data):
                before = self._traces[place]
                after = traces[place] if place < len(traces) else {**before, "visible": False}
                _update(shown, before, after)
                self._traces[place] = after
            _update(self.plot.layout, self._layout, layout)
        if extra:
            self._traces += extra
            self.plot.add_traces([_sendable(trace) for trace in extra])
        self._layout, self._shown = layout, figure

    def figure(self) -> go.Figure:
        """The same view as a static figure, for a page."""
        return go.Figure(self._shown)


def _live(figure: go.Figure) -> tuple[dict[str, Any], str]:
    """Layout without the title, at the width that it is made for; and the title as HTML."""
    layout: dict[str, Any] = _timeless(figure.layout.to_plotly_json())
    ours = (layout.get("meta") or {}).get("peak")
    layout["width"] = FIGURE_WIDTH
    if not ours:
        return layout, ""
    space = ours["title_px"]
    layout.pop("title")
    layout["margin"] = {**layout["margin"], "t": layout["margin"]["t"] - space}
    layout["height"] -= space
    title, subtitle = escape(ours["title"]), escape(ours["subtitle"])
    return layout, f'<h3 class="peak-live">{title}</h3><p>{subtitle}</p>'


def _plain(trace: Any) -> dict[str, Any]:
    return {"visible": True, **_timeless(trace.to_plotly_json())}


def _timeless(value: Any) -> Any:
    """Stamps as texts: a kernel would take one without a zone for local time, and shift it."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: _timeless(each) for key, each in value.items()}
    if isinstance(value, np.ndarray) and value.dtype.kind == "O" and value.ndim == 1:
        value = value.tolist()
    # Long lists hold numbers and texts.
    if isinstance(value, list | tuple) and len(value) < _LONG:
        return [_timeless(each) for each in value]
    return value


def _update(shown: Any, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Set what differs; the order is fixed, so that the same steps send the same messages."""
    for key in sorted(before.keys() | after.keys()):
        if key != "type" and not is_same(before.get(key), after.get(key)):
            shown[key] = _packed(after.get(key))


def _sendable(trace: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _packed(value) for key, value in trace.items()}


def _packed(value: Any) -> Any:
    """What is quick to check and to send: a long list as an array, and a table without NaN.

    A table goes over the wire as JSON, which knows no NaN: gaps are None.
    """
    if isinstance(value, list) and len(value) >= _LONG and isinstance(value[0], str | float):
        return np.array(value, dtype=np.float64 if isinstance(value[0], float) else object)
    if not isinstance(value, np.ndarray) or value.ndim < 2 or value.dtype.kind != "f":
        return value
    table = value.astype(object)
    table[np.isnan(value)] = None
    return table


def is_same(one: object, other: object) -> bool:
    """Whether two values of a figure are equal, arrays and gaps in them included."""
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        if one.shape != other.shape:
            return False
        return bool(np.array_equal(one, other, equal_nan=one.dtype.kind == "f"))
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(is_same(one[k], other[k]) for k in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(is_same, one, other))
    return type(one) is type(other) and one == other
