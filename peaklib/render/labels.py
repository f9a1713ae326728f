"""Labels at the ends of lines, instead of a legend; they make room for each other."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from peaklib.render.sheet import Box, Sheet

_LINE_HEIGHT: Final = 17.0
_DISTANCE: Final = 8


@dataclass(frozen=True)
class EndLabel:
    """What stands behind the end of a line.

    Args:
        text: name and last value.
        height: where the line ends, as a share of the plot's height from below.
        colour: of the line.
    """

    text: str
    height: float
    colour: str


def write_labels(sheet: Sheet, box: Box, labels: Sequence[EndLabel]) -> None:
    """Write labels at the right of a box, each as near to its line's end as there is room."""
    wanted = [box.bottom + label.height * box.height for label in labels]
    for label, y in zip(labels, spread(wanted, box.bottom, box.top), strict=True):
        sheet.write(
            label.text,
            box.right,
            y,
            yanchor="middle",
            xshift=_DISTANCE,
            font={"color": label.colour},
        )


def spread(wanted: Sequence[float], low: float, high: float) -> list[float]:
    """Heights at least one line apart and inside `low`..`high`, in the order wanted.

    Args:
        wanted: heights in pixels.
        low: lowest allowed height.
        high: highest allowed; with more labels than fit, they run over it.

    >>> spread([50.0, 52.0], 0.0, 100.0)
    [50.0, 67.0]
    """
    order = sorted(range(len(wanted)), key=lambda at: (wanted[at], at))
    heights = list(wanted)
    floor = low
    for at in order:
        heights[at] = max(wanted[at], floor)
        floor = heights[at] + _LINE_HEIGHT
    ceiling = max(high, low + _LINE_HEIGHT * (len(order) - 1))
    for at in reversed(order):
        heights[at] = min(heights[at], ceiling)
        ceiling = heights[at] - _LINE_HEIGHT
    return heights
