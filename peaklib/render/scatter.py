"""Does what looked good stay good: each choice in sample against itself out of sample."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from peaklib.errors import DataError
from peaklib.render.formats import format_metric
from peaklib.render.marks import Mark, draw_marks
from peaklib.render.sheet import Axes, Box, Margins, Sheet
from peaklib.render.template import FIGURE_WIDTH, LIGHT, give_title, plain
from peaklib.render.ticks import number_axis, padded

_MARGINS: Final = Margins(left=74, right=170, top=26, bottom=46)
_HEIGHT: Final = 300
# A browser draws this many points without a pause.
_MOST_POINTS: Final = 3000


def scatter_is_oos(
    in_sample: ArrayLike,
    out_of_sample: ArrayLike,
    *,
    metric: str = "sharpe",
    zero_means: str = "",
    names: Sequence[str] = (),
    chosen: int | None = None,
    fit: tuple[float, float] | None = None,
    what: str = "Sharpe",
    title: str = "",
    subtitle: str = "",
) -> go.Figure:
    """Draw each point's result out of sample over its result in sample.

    Of more than 3,000 points every k-th in order of the result in sample is drawn, and the
    figure says so.

    Args:
        in_sample: (n,) results where the choice was made.
        out_of_sample: (n,) results on unseen bars.
        metric: decides decimals, percent and sign.
        zero_means: what zero stands for (`same as hold`); empty for nothing.
        names: (n,) what each point is, shown on hover, or empty.
        chosen: position of the point to mark.
        fit: intercept and slope of a line through the points.
        what: the metric in words, for the axes.
        title: the finding.
        subtitle: what is drawn.

    Raises:
        DataError: lengths differ, nothing is finite, or `chosen` has no numbers.
    """
    x, y = (np.asarray(part, dtype=np.float64).ravel() for part in (in_sample, out_of_sample))
    finite = _check(x, y, names, chosen)
    sheet = Sheet(FIGURE_WIDTH - _MARGINS.left - _MARGINS.right, _HEIGHT, _MARGINS)
    spans = [padded(float(part[finite].min()), float(part[finite].max())) for part in (x, y)]
    axes = sheet.add_axes(
        Box(0, sheet.width, 0, sheet.height),
        x=number_axis(metric, *spans[0], title=f"{what} in sample", count=8) | {"showgrid": True},
        y=number_axis(metric, *spans[1], title=f"{what} out of sample"),
    )
    if zero_means:
        zero = [Mark(0.0, zero_means)]
        if spans[1][0] < 0 < spans[1][1]:
            draw_marks(sheet, axes, zero, along="y")
        if spans[0][0] < 0 < spans[0][1]:
            draw_marks(sheet, axes, zero)
    kept = _thinned(x, finite)
    _draw_points(sheet, axes, x, y, kept, names, metric)
    _draw_line(sheet, axes, spans, (0.0, 1.0), "as in sample", LIGHT.hold, "4px,3px")
    if fit is not None:
        slope = format_metric("beta", fit[1])
        _draw_line(sheet, axes, spans, fit, f"slope {slope}", LIGHT.worse, "solid")
    if chosen is not None:
        _draw_chosen(sheet, axes, float(x[chosen]), float(y[chosen]), metric)
    if len(kept) < len(finite):
        _remark(sheet, f"{len(kept):,} of {len(finite):,} points drawn")
    return give_title(sheet.figure, title, subtitle)


def _check(
    x: NDArray[np.float64], y: NDArray[np.float64], names: Sequence[str], chosen: int | None
) -> NDArray[np.intp]:
    if len(x) != len(y) or len(names) not in (0, len(x)):
        raise DataError(
            f"scatter_is_oos: {len(x)} results in sample, {len(y)} out of sample, {len(names)} "
            "names; give one of each per point"
        )
    finite = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    if not finite.size:
        raise DataError("scatter_is_oos: no point has both numbers; there is nothing to draw")
    if chosen is not None and chosen not in finite:
        raise DataError(f"scatter_is_oos: the chosen point {chosen} has no two numbers")
    return finite


def _thinned(x: NDArray[np.float64], finite: NDArray[np.intp]) -> NDArray[np.intp]:
    if len(finite) <= _MOST_POINTS:
        return finite
    ranked = finite[np.argsort(x[finite], kind="stable")]
    kept: NDArray[np.intp] = ranked[
        np.unique(np.linspace(0, len(ranked) - 1, _MOST_POINTS).astype(int))
    ]
    return kept


def _draw_points(
    sheet: Sheet,
    axes: Axes,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    kept: NDArray[np.intp],
    names: Sequence[str],
    metric: str,
) -> None:
    texts = [
        (f"{plain(names[at])}<br>" if names else "")
        + f"in sample {format_metric(metric, float(x[at]))}, "
        + f"out of sample {format_metric(metric, float(y[at]))}"
        for at in kept
    ]
    sheet.figure.add_trace(
        go.Scatter(
            x=np.round(x[kept], 5).tolist(),
            y=np.round(y[kept], 5).tolist(),
            mode="markers",
            marker={"size": 5, "color": LIGHT.better, "opacity": 0.45},
            customdata=texts,
            hovertemplate="%{customdata}<extra></extra>",
            xaxis=axes.x,
            yaxis=axes.y,
        )
    )


def _draw_line(
    sheet: Sheet,
    axes: Axes,
    spans: list[tuple[float, float]],
    line: tuple[float, float],
    label: str,
    colour: str,
    dash: str,
) -> None:
    """A straight line, cut where it leaves the plot, labelled where it ends."""
    intercept, slope = line
    ends = [spans[0][0], spans[0][1]]
    if slope:
        crossings = sorted((bound - intercept) / slope for bound in spans[1])
        ends = [max(ends[0], crossings[0]), min(ends[1], crossings[1])]
    if ends[0] >= ends[1] or (not slope and not spans[1][0] < intercept < spans[1][1]):
        return
    heights = [intercept + slope * end for end in ends]
    sheet.figure.add_trace(
        go.Scatter(
            x=[round(end, 9) for end in ends],
            y=[round(height, 9) for height in heights],
            mode="lines",
            line={"color": colour, "width": 1.7, "dash": dash},
            hoverinfo="skip",
            xaxis=axes.x,
            yaxis=axes.y,
        )
    )
    reaches_edge = ends[1] > spans[0][1] - 1e-9
    sheet.figure.add_annotation(
        text=plain(label),
        xref=axes.x,
        yref=axes.y,
        # Plotly leaves out what lies outside of the range, be it by the last bit.
        x=round(ends[1] - 1e-4 * (spans[0][1] - spans[0][0]), 9),
        y=round(heights[1] - 1e-4 * slope * (spans[0][1] - spans[0][0]), 9),
        xanchor="left" if reaches_edge else "center",
        yanchor="middle" if reaches_edge else "bottom" if slope > 0 else "top",
        xshift=8 if reaches_edge else 0,
        showarrow=False,
        font={"size": 12, "color": LIGHT.muted if colour == LIGHT.hold else colour},
    )


def _draw_chosen(sheet: Sheet, axes: Axes, x: float, y: float, metric: str) -> None:
    sheet.figure.add_trace(
        go.Scatter(
            x=[round(x, 5)],
            y=[round(y, 5)],
            mode="markers",
            marker={"size": 13, "color": LIGHT.card, "line": {"color": LIGHT.ink, "width": 3}},
            hoverinfo="skip",
            cliponaxis=False,
            xaxis=axes.x,
            yaxis=axes.y,
        )
    )
    numbers = " → ".join(format_metric(metric, value) for value in (x, y))
    sheet.figure.add_annotation(
        text=f"<b>chosen {plain(numbers)}</b>",
        xref=axes.x,
        yref=axes.y,
        x=x,
        y=y,
        xanchor="right",
        xshift=-12,
        showarrow=False,
        borderpad=2,
        bgcolor=LIGHT.card,
        font={"size": 12, "color": LIGHT.ink},
    )


def _remark(sheet: Sheet, text: str) -> None:
    font = {"size": 12, "color": LIGHT.muted}
    sheet.write(text, sheet.width, -42, xshift=_MARGINS.right, xanchor="right", font=font)
