"""How often each number occurs: splits, draws, trials."""

import math
from collections.abc import Sequence
from typing import Final, Literal

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from peaklib.errors import DataError
from peaklib.render.bands import HATCH
from peaklib.render.formats import format_range
from peaklib.render.marks import Mark, draw_marks, label_space
from peaklib.render.sheet import Box, Margins, Sheet
from peaklib.render.template import FIGURE_WIDTH, LIGHT, give_title, plain
from peaklib.render.ticks import number_axis

_HEIGHT: Final = 210
_LEFT: Final = 74
_BOTTOM: Final = 46
_MOST_BINS: Final = 60
_FEWEST_BINS: Final = 12
# A few numbers far out would press the rest into one bar.
_FAR: Final = 4.0


def histogram(
    values: ArrayLike,
    *,
    metric: str,
    x_label: str,
    y_label: str = "share, %",
    marks: Sequence[Mark] = (),
    tail: Literal["", "below", "above"] = "",
    title: str = "",
    subtitle: str = "",
) -> go.Figure:
    """Draw the distribution of numbers, with named lines across it.

    No bar straddles the first mark. Bars are of equal width; the last bar at either end also
    holds what lies beyond it.

    Args:
        values: (n,), finite.
        metric: decides decimals, percent and sign.
        x_label: what the numbers are, with their unit.
        y_label: what the shares are of (`share of splits, %`).
        marks: zero, an observed value, ...
        tail: which side of the first mark is drawn dark; the other is hatched.
        title: the finding.
        subtitle: what is drawn.

    Raises:
        DataError: no numbers, one that is not finite, or a tail without a mark.
    """
    numbers = _checked(values)
    if tail and not marks:
        raise DataError("histogram: a tail starts at the first mark; give one")
    edges = _edges(numbers, marks[0].at if marks else None)
    inside = np.clip(numbers, edges[0], edges[-1])
    counts = np.histogram(inside, edges)[0]
    margins = Margins(_LEFT, 16, label_space(marks), _BOTTOM)
    sheet = Sheet(FIGURE_WIDTH - margins.left - margins.right, _HEIGHT, margins)
    shares = 100 * counts / len(numbers)
    low = min(edges[0], *(mark.at for mark in marks), math.inf)
    high = max(edges[-1], *(mark.at for mark in marks), -math.inf)
    pad = 0.02 * (high - low)
    axes = sheet.add_axes(
        Box(0, sheet.width, 0, sheet.height),
        x=number_axis(metric, low - pad, high + pad, title=x_label, count=8),
        y=number_axis("", 0.0, float(shares.max()) * 1.05, title=y_label),
    )
    middles = (edges[:-1] + edges[1:]) / 2
    dark = _in_tail(middles, marks, tail)
    for chosen, is_dark in ((~dark, False), (dark, True)):
        if chosen.any():
            sheet.figure.add_trace(
                _bars(middles[chosen], shares[chosen], edges, metric, dark=is_dark, plain_=not tail)
            )
    draw_marks(sheet, axes, marks)
    sheet.figure.update_layout(bargap=0)
    return give_title(sheet.figure, title, subtitle)


def _checked(values: ArrayLike) -> NDArray[np.float64]:
    numbers = np.asarray(values, dtype=np.float64).ravel()
    if not numbers.size:
        raise DataError("histogram: no numbers; give at least one")
    bad = np.flatnonzero(~np.isfinite(numbers))
    if bad.size:
        raise DataError(
            f"histogram: number {bad[0]} is {numbers[bad[0]]}; leave out what is not finite and "
            "say how many there were"
        )
    return numbers


def _edges(numbers: NDArray[np.float64], through: float | None) -> NDArray[np.float64]:
    """Edges of equal, round width by the rule of Freedman and Diaconis (1981).

    Source: Freedman, Diaconis (1981), Z. Wahrscheinlichkeitstheorie 57, 453-476: the width
    is 2 IQR / n^(1/3).
    """
    first, middle, third = (float(q) for q in np.percentile(numbers, [25, 50, 75]))
    spread = third - first
    low, high = float(numbers.min()), float(numbers.max())
    if spread > 0:
        low, high = max(low, middle - _FAR * spread), min(high, middle + _FAR * spread)
    whole = (high - low) or 1.0
    width = min(max(2 * spread / numbers.size ** (1 / 3), whole / _MOST_BINS), whole / _FEWEST_BINS)
    power = 10.0 ** math.floor(math.log10(width))
    width = max(step * power for step in (1, 2, 2.5, 5) if step * power <= width * (1 + 1e-9))
    origin = 0.0 if through is None else through
    start, stop = math.floor((low - origin) / width), math.ceil((high - origin) / width)
    edges: NDArray[np.float64] = np.round(
        origin + width * np.arange(start, max(stop, start + 1) + 1), 12
    )
    return edges


def _in_tail(middles: NDArray[np.float64], marks: Sequence[Mark], tail: str) -> NDArray[np.bool_]:
    if not tail:
        return np.zeros(len(middles), dtype=bool)
    is_below: NDArray[np.bool_] = middles < marks[0].at
    return is_below if tail == "below" else ~is_below


def _bars(
    middles: NDArray[np.float64],
    shares: NDArray[np.float64],
    edges: NDArray[np.float64],
    metric: str,
    *,
    dark: bool,
    plain_: bool,
) -> go.Bar:
    width = float(edges[1] - edges[0])
    spans = [
        plain(format_range(metric, float(middle) - width / 2, float(middle) + width / 2))
        for middle in middles
    ]
    fill = LIGHT.ink if dark else LIGHT.hold if plain_ else LIGHT.shade
    return go.Bar(
        x=np.round(middles, 9).tolist(),
        y=np.round(shares, 4).tolist(),
        width=width,
        marker={
            "color": fill,
            "line": {"color": LIGHT.card if dark or plain_ else LIGHT.hold, "width": 1},
            "pattern": None if dark or plain_ else dict(HATCH),
        },
        customdata=spans,
        hovertemplate="%{customdata}<br><b>%{y:.1f} %</b><extra></extra>",
    )
