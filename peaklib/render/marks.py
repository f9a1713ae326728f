"""Named lines across a plot: the value that means nothing, the number that was observed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from peaklib.render.sheet import Axes, Sheet
from peaklib.render.template import LIGHT, plain

_LABEL_LINE: Final = 16
LABEL_SPACE: Final = 22


@dataclass(frozen=True)
class Mark:
    """A line across a plot.

    Args:
        at: value on the axis, as stored (percent metrics as fractions).
        label: what it means.
        strong: solid and bold, for what was observed; otherwise dashed and muted.
    """

    at: float
    label: str
    strong: bool = False


def draw_marks(sheet: Sheet, axes: Axes, marks: Sequence[Mark], *, along: str = "x") -> None:
    """Draw marks as lines, each with its label at the end.

    Args:
        sheet: changed in place.
        axes: of the plot.
        marks: at most a few.
        along: `x` for vertical lines at values of x, their labels above the plot, one line
            higher for each; `y` for horizontal ones, their labels at the right end.
    """
    for number, mark in enumerate(marks):
        _draw_line(sheet, axes, mark, along)
        if not mark.label:
            continue
        colour = LIGHT.ink if mark.strong else LIGHT.muted
        text = f"<b>{plain(mark.label)}</b>" if mark.strong else plain(mark.label)
        common = {
            "text": text,
            "showarrow": False,
            "borderpad": 1,
            "font": {"size": 12, "color": colour},
        }
        if along == "x":
            sheet.figure.add_annotation(
                **common,
                xref=axes.x,
                yref=f"{axes.y} domain",
                x=mark.at,
                y=1,
                yanchor="bottom",
                yshift=2 + _LABEL_LINE * number,
            )
        else:
            sheet.figure.add_annotation(
                **common,
                xref=f"{axes.x} domain",
                yref=axes.y,
                x=1,
                y=mark.at,
                xanchor="right",
                yanchor="bottom",
                xshift=-4,
            )


def label_space(marks: Sequence[Mark]) -> int:
    """Pixels above a plot that the labels of its vertical marks take."""
    return LABEL_SPACE + _LABEL_LINE * (len(marks) - 1) if marks else 8


def _draw_line(sheet: Sheet, axes: Axes, mark: Mark, along: str) -> None:
    across = "y" if along == "x" else "x"
    names = {"x": axes.x, "y": axes.y}
    place = {
        f"{along}ref": names[along],
        f"{along}0": mark.at,
        f"{along}1": mark.at,
        f"{across}ref": f"{names[across]} domain",
        f"{across}0": 0,
        f"{across}1": 1,
    }
    line = {
        "color": LIGHT.ink if mark.strong else LIGHT.muted,
        "width": 2 if mark.strong else 1,
        "dash": "solid" if mark.strong else "4px,3px",
    }
    sheet.figure.add_shape(type="line", **place, line=line)
