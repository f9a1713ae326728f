"""Weights of a portfolio over time, as areas on top of each other."""

from typing import Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from peaklib.errors import DataError
from peaklib.render.formats import format_metric
from peaklib.render.labels import EndLabel, write_labels
from peaklib.render.scale import Scale
from peaklib.render.sheet import Axes, Box, Margins, Sheet
from peaklib.render.template import FIGURE_WIDTH, LIGHT, SEQUENTIAL, give_title, plain
from peaklib.render.ticks import number_axis

_MARGINS: Final = Margins(left=74, right=176, top=8, bottom=28)
_HEIGHT: Final = 280
_DECIMALS: Final = 5
_NOISE: Final = 1e-6


def weights_over_time(
    weights: pd.DataFrame, *, top: int = 8, title: str = "", subtitle: str = ""
) -> go.Figure:
    """Draw weights as stacked areas, the largest at the bottom, each named at its right end.

    A weight stays what it is until the next row. What the assets leave of 1 is cash and stays
    blank.

    Args:
        weights: (n_bars, n_assets) fractions of wealth, none below 0, by increasing date; such
            as `targets` of a walk-forward, in which rows like the one before are not drawn.
        top: assets with an area of their own, by mean weight; the rest share one.
        title: the finding.
        subtitle: whose weights, and how often they were set.

    Raises:
        DataError: no rows or assets, no dates in order, a weight that is missing or negative,
            or a `top` below 1.
    """
    drawn = _largest(_changes(_checked(weights, top)), top)
    sheet = Sheet(FIGURE_WIDTH - _MARGINS.left - _MARGINS.right, _HEIGHT, _MARGINS)
    highest = max(1.0, float(drawn.sum(axis=1).max()))
    box = Box(0, sheet.width, 0, sheet.height)
    axes = sheet.add_axes(
        box,
        x={"fixedrange": True, "type": "date"},
        y=number_axis("share", 0.0, highest, title="weight, % of wealth"),
    )
    # From dark to light, so that neighbours differ on paper as well.
    named = top if weights.shape[1] > top + 1 else drawn.shape[1]
    shades = Scale(0.0, float(max(named - 1, 1)), SEQUENTIAL)
    dates = [f"{stamp:%Y-%m-%d}" for stamp in pd.DatetimeIndex(drawn.index).tz_localize(None)]
    labels, floor = [], 0.0
    for at, name in enumerate(drawn.columns):
        values = drawn[name].to_numpy(np.float64)
        shade = "rgb({},{},{})".format(*shades.colour(at)) if at < named else LIGHT.hatch
        _draw(sheet, axes, dates, values, str(name), shade)
        middle = (floor + values[-1] / 2) / highest
        floor += float(values[-1])
        if values[-1] > _NOISE:
            text = f"{name} {format_metric('share', float(values[-1]))}"
            labels.append(EndLabel(text, middle, LIGHT.ink))
    write_labels(sheet, box, labels)
    sheet.figure.update_layout(hovermode="x unified")
    return give_title(sheet.figure, title, subtitle)


def _checked(weights: pd.DataFrame, top: int) -> pd.DataFrame:
    if not len(weights) or not weights.shape[1] or top < 1:
        raise DataError(
            f"weights_over_time: {len(weights)} rows of {weights.shape[1]} assets, top = {top}; "
            "give at least one of each"
        )
    index = weights.index
    if not isinstance(index, pd.DatetimeIndex) or not index.is_monotonic_increasing:
        raise DataError("weights_over_time: the rows are no dates in order; sort the index")
    values = weights.to_numpy(np.float64)
    bad = np.argwhere(~(values >= -_NOISE))
    if bad.size:
        row, column = bad[0]
        raise DataError(
            f"weights_over_time: {weights.columns[column]!r} weighs {values[row, column]:g} on "
            f"{index[row]:%Y-%m-%d}; areas on top of each other show long positions only"
        )
    return weights


def _changes(weights: pd.DataFrame) -> pd.DataFrame:
    """Rows that differ from the one before, and the last, from the first that holds anything."""
    values = weights.to_numpy(np.float64)
    differs = np.ones(len(values), dtype=np.bool_)
    differs[1:] = (np.abs(np.diff(values, axis=0)) > _NOISE).any(axis=1)
    differs[-1] = True
    holds = (values > _NOISE).any(axis=1)
    if holds.any():
        differs[: int(holds.argmax())] = False
        differs[int(holds.argmax())] = True
    return weights.loc[differs]


def _largest(weights: pd.DataFrame, top: int) -> pd.DataFrame:
    """The largest assets by mean weight, and the sum of the others."""
    means = weights.mean().to_numpy(np.float64)
    order = np.argsort(-means, kind="stable")
    if len(order) <= top + 1:
        return weights.iloc[:, order]
    rest = weights.iloc[:, order[top:]].sum(axis=1)
    return weights.iloc[:, order[:top]].assign(**{f"{len(order) - top} others": rest})


def _draw(
    sheet: Sheet,
    axes: Axes,
    dates: list[str],
    values: "np.typing.NDArray[np.float64]",
    name: str,
    colour: str,
) -> None:
    sheet.figure.add_trace(
        go.Scatter(
            x=dates,
            y=(np.round(values, _DECIMALS) + 0.0).tolist(),
            mode="lines",
            line={"width": 0.5, "color": LIGHT.card, "shape": "hv"},
            fillcolor=colour,
            stackgroup="weights",
            name=plain(name),
            customdata=[format_metric("share", float(value)) for value in values],
            hovertemplate=f"{plain(name)} %{{customdata}}<extra></extra>",
            xaxis=axes.x,
            yaxis=axes.y,
        )
    )
