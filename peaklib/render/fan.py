"""Monte-Carlo paths as bands of quantiles over time, with what really happened."""

from dataclasses import replace
from typing import Any, Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from peaklib.errors import DataError
from peaklib.render.formats import format_metric
from peaklib.render.labels import EndLabel, write_labels
from peaklib.render.sheet import Axes, Box, Margins, Sheet
from peaklib.render.template import FIGURE_WIDTH, LIGHT, give_title, plain
from peaklib.render.ticks import GROWTH, linear_ticks, log_ticks, number_axis, padded, tick_texts

_MARGINS: Final = Margins(left=74, right=176, top=8, bottom=46)
_NO_TITLE: Final = 28
_HEIGHT: Final = 250
_PLACES: Final = 300
_DECIMALS: Final = 5
_BANDS: Final = (LIGHT.grid, LIGHT.hatch, LIGHT.hold)


def fan_chart(
    quantiles: pd.DataFrame,
    *,
    observed: "pd.Series[float] | None" = None,
    observed_label: str = "observed",
    metric: str = GROWTH,
    x_label: str = "",
    y_label: str = "",
    log: bool = False,
    title: str = "",
    subtitle: str = "",
) -> go.Figure:
    """Draw bands between quantiles of simulated paths, the median, and the observed path.

    Args:
        quantiles: one row per bar (dates or numbers, increasing), one column per quantile:
            levels in (0, 1), increasing, symmetric around an optional 0.5; at most three
            bands.
        observed: the real path over the same rows.
        observed_label: its name.
        metric: `growth` (of 1) or a metric that decides how numbers are printed.
        x_label: what the rows are, where they are not dates.
        y_label: what the numbers are; by default growth, or the name of the metric.
        log: logarithmic axis.
        title: the finding.
        subtitle: what is drawn: paths, block length, seed.

    Raises:
        DataError: levels or rows are out of order, numbers are missing, or not positive on
            a logarithmic axis.
    """
    levels = _checked(quantiles, observed, log)
    margins = replace(_MARGINS, bottom=_MARGINS.bottom if x_label else _NO_TITLE)
    sheet = Sheet(FIGURE_WIDTH - margins.left - margins.right, _HEIGHT, margins)
    frame = quantiles.set_axis(levels, axis=1)
    if observed is not None:
        frame = frame.assign(observed=observed.to_numpy(dtype=float))
    numbers = frame.to_numpy(dtype=float)
    low, high = float(numbers.min()), float(numbers.max())
    bottom, top = padded(*(np.log10([low, high]) if log else (low, high)))
    box = Box(0, sheet.width, 0, sheet.height)
    axes = sheet.add_axes(
        box,
        x={"title": {"text": plain(x_label)}, "fixedrange": True},
        y=_value_axis(metric, y_label, (low, high), (bottom, top), log),
    )
    drawn = frame.iloc[np.unique(np.linspace(0, len(frame) - 1, _PLACES).astype(int))]
    x = _places(drawn.index)
    _draw_bands(sheet, axes, x, drawn, levels, metric)
    labels = []
    for name, label, colour in _lines(levels, observed_label, observed is not None):
        _draw_line(sheet, axes, x, drawn[name], label, colour, metric)
        last = float(frame[name].iloc[-1])
        height = ((np.log10(last) if log else last) - bottom) / (top - bottom)
        labels.append(EndLabel(f"{label} {_printed(metric, last)}", float(height), colour))
    write_labels(sheet, box, labels)
    sheet.figure.update_layout(hovermode="x unified")
    return give_title(sheet.figure, title, subtitle)


def _checked(
    quantiles: pd.DataFrame, observed: "pd.Series[float] | None", log: bool
) -> list[float]:
    levels = [float(level) for level in quantiles.columns]
    if not levels or not len(quantiles):
        raise DataError("fan_chart: no quantiles; give rows and levels")
    sums = [round(one + other, 9) for one, other in zip(levels, reversed(levels), strict=True)]
    is_fan = levels == sorted(set(levels)) and levels[0] > 0 and set(sums) == {1.0}
    if not is_fan or len(levels) // 2 > len(_BANDS):
        raise DataError(
            f"fan_chart: the levels are {levels}; give up to {len(_BANDS)} pairs around the "
            "median in increasing order, such as 0.05, 0.25, 0.5, 0.75, 0.95"
        )
    if not quantiles.index.is_monotonic_increasing:
        raise DataError("fan_chart: the rows are not in order of time; sort the index")
    if observed is not None and not observed.index.equals(quantiles.index):
        raise DataError(
            f"fan_chart: observed has {len(observed)} rows and not the {len(quantiles)} rows of "
            "the quantiles; reindex it"
        )
    parts = [np.asarray(quantiles, dtype=float).ravel()]
    parts += [] if observed is None else [np.asarray(observed, dtype=float)]
    for numbers in parts:
        if not np.isfinite(numbers).all() or (log and (numbers <= 0).any()):
            raise DataError(
                "fan_chart: a number is missing or, on a logarithmic axis, not above 0; cut the "
                "rows off before it or draw without log"
            )
    return levels


def _value_axis(
    metric: str, label: str, ends: tuple[float, float], shown: tuple[float, float], log: bool
) -> dict[str, object]:
    name = label or ("growth of 1" if metric == GROWTH else metric.replace("_", " "))
    if not log and metric != GROWTH:
        return number_axis(metric, *shown, title=name)
    ticks = log_ticks(*ends) if log else linear_ticks(*ends)
    return {
        "type": "log" if log else "linear",
        "range": list(shown),
        "tickvals": ticks,
        "ticktext": tick_texts(metric, ticks),
        "title": {"text": plain(name)},
        "fixedrange": True,
    }


def _draw_bands(
    sheet: Sheet, axes: Axes, x: list[object], drawn: pd.DataFrame, levels: list[float], metric: str
) -> None:
    for at in range(len(levels) // 2):
        low, high = levels[at], levels[-1 - at]
        bottom, top = (_rounded(drawn[level]) for level in (low, high))
        sheet.figure.add_trace(
            go.Scatter(
                x=x + x[::-1],
                y=top + bottom[::-1],
                mode="lines",
                line={"width": 0, "color": _BANDS[at]},
                fill="toself",
                fillcolor=_BANDS[at],
                hoverinfo="skip",
                xaxis=axes.x,
                yaxis=axes.y,
            )
        )
    for level in levels:
        if level != 0.5:
            label = _below(level)
            _draw_line(sheet, axes, x, drawn[level], label, "rgba(0,0,0,0)", metric)


def _lines(
    levels: list[float], observed_label: str, has_observed: bool
) -> list[tuple[float | str, str, str]]:
    ends: list[tuple[float | str, str, str]] = [
        (level, _below(level), LIGHT.muted) for level in (levels[0], levels[-1])
    ]
    if 0.5 in levels and len(levels) > 1:
        ends.insert(1, (0.5, "median", LIGHT.better))
    if has_observed:
        ends.append(("observed", observed_label, LIGHT.ink))
    return ends


def _draw_line(
    sheet: Sheet,
    axes: Axes,
    x: list[object],
    series: "pd.Series[float]",
    label: str,
    colour: str,
    metric: str,
) -> None:
    if colour == LIGHT.muted:
        # The ends of the outer band are labelled; their line is the band's border.
        return
    sheet.figure.add_trace(
        go.Scatter(
            x=x,
            y=_rounded(series),
            mode="lines",
            line={
                "color": colour,
                "width": 2,
                "dash": "6px,3px" if label == "median" else "solid",
            },
            customdata=[_printed(metric, float(value)) for value in series],
            hovertemplate=f"{plain(label)} %{{customdata}}<extra></extra>",
            xaxis=axes.x,
            yaxis=axes.y,
        )
    )


def _below(level: float) -> str:
    return f"{100 * level:g} % below"


def _printed(metric: str, value: float) -> str:
    return f"×{value:.2f}" if metric == GROWTH else format_metric(metric, value)


def _rounded(series: "pd.Series[float]") -> list[float]:
    rounded: list[float] = (np.round(series.to_numpy(dtype=float), _DECIMALS) + 0.0).tolist()
    return rounded


def _places(index: "pd.Index[Any]") -> list[object]:
    if isinstance(index, pd.DatetimeIndex):
        return [f"{stamp:%Y-%m-%d}" for stamp in index.tz_localize(None)]
    places: list[object] = index.tolist()
    return places
