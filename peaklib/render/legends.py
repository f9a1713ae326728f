"""Colour bars: one per metric, with the meaning of its ends and of its middle."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from peaklib.render.formats import MISSING, format_metric
from peaklib.render.scale import Scale
from peaklib.render.sheet import Box, Sheet
from peaklib.render.template import LIGHT, plain

_BELOW_GRID: Final = 54
_LENGTH: Final = 190
_THICKNESS: Final = 9
_CHARACTER: Final = 6.8
_WORD_GAP: Final = 14
# Room at the left for the words that stand centred under the end of the bar.
_INDENT: Final = 44
# A panel this wide has its bar and the remarks side by side.
_REMARKS_ROOM: Final = 440
_LINE: Final = 18
LEGEND_SPACE: Final = 94


@dataclass(frozen=True)
class Legend:
    """One colour bar.

    Args:
        metric: decides how the ends are printed.
        middle: printed under the middle: what zero means, or the name of the metric.
        has_zero: zero stands in the middle and means something.
        box: panel below which it stands.
        colour_axis: plotly name, `coloraxis` or `coloraxis2`, ...
        ends: words beside the lowest and the highest number.
    """

    metric: str
    middle: str
    has_zero: bool
    box: Box
    colour_axis: str
    ends: tuple[str, str] = ("", "")


def draw_legends(
    sheet: Sheet,
    legends: Sequence[Legend],
    scales: Mapping[str, Scale],
    *,
    below: int = _BELOW_GRID,
    remarks: str = "",
) -> None:
    """Draw the bar of each metric below its first panel.

    Args:
        sheet: with the panels already drawn.
        legends: one per metric.
        scales: scale by metric.
        below: pixels from the grid to the bar.
        remarks: signs explained at the right end of the row (`▢ chosen`).
    """
    for legend in legends:
        _draw_bar(sheet, legend, scales[legend.metric], below)
    if remarks:
        is_crowded = (
            legends[-1].box.right > sheet.width - 1 and legends[-1].box.width < _REMARKS_ROOM
        )
        if is_crowded:
            sheet.add_space_below(_LINE)
        sheet.figure.add_annotation(
            text=plain(remarks),
            xref="paper",
            yref="paper",
            x=1,
            y=0,
            yshift=-below - (_THICKNESS + _LINE) * is_crowded,
            xanchor="right",
            yanchor="top",
            showarrow=False,
            font={"size": 12, "color": LIGHT.muted},
        )


def _draw_bar(sheet: Sheet, legend: Legend, scale: Scale, below: int) -> None:
    ticks = _ticks(legend, scale)
    low, middle, high = (len(text) for text in ticks.values())
    # The words at the ends are centred there: half of each hangs over.
    words = _CHARACTER * (middle + (low + high) / 2) + 2 * _WORD_GAP
    length = min(max(_LENGTH, words), legend.box.width - 2 * _INDENT)
    sheet.figure.layout[legend.colour_axis] = {
        "cmin": scale.low,
        "cmax": scale.high,
        "colorscale": [list(stop) for stop in scale.stops],
        "colorbar": {
            "orientation": "h",
            "x": (legend.box.left + _INDENT) / sheet.width,
            "xanchor": "left",
            "xpad": 0,
            "y": -below / sheet.height,
            "yanchor": "top",
            "ypad": 0,
            "lenmode": "fraction",
            "len": length / sheet.width,
            "thickness": _THICKNESS,
            "outlinewidth": 0,
            "ticks": "",
            "tickvals": list(ticks),
            "ticktext": list(ticks.values()),
            "tickangle": 0,
            "tickfont": {"size": 12, "color": LIGHT.muted},
        },
    }


def _ticks(legend: Legend, scale: Scale) -> dict[float, str]:
    low, high = (format_metric(legend.metric, value) for value in (scale.low, scale.high))
    middle = round((scale.low + scale.high) / 2, 9)
    if not legend.has_zero:
        return {scale.low: low, middle: legend.middle or MISSING, scale.high: high}
    worse, better = legend.ends
    return {
        scale.low: f"{worse} {low}".strip(),
        middle: legend.middle,
        scale.high: f"+{high.lstrip('+')} {better}".strip(),
    }
