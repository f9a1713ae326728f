"""Figures of a sweep: heatmaps of its cells, and what moves what."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import pandas as pd
import plotly.graph_objects as go

from peaklib.metrics import METRICS
from peaklib.render import (
    Panel,
    Period,
    draw_correlations,
    heatmap,
    rank_correlations,
    shared_limit,
)
from peaklib.render.heatmap import metric_step
from peaklib.strategies import get
from peaklib.sweep.cell import CellData

if TYPE_CHECKING:
    from peaklib.sweep.results import SweepResults

# Metrics that are compared with the benchmark by subtraction; the others are shown raw.
COMPARED: Final = frozenset(
    {"ret", "cagr", "sharpe", "sortino", "calmar", "martin", "recovery", "omega"}
)
_TITLES: Final = {metric.name: metric.name.replace("_", " ") for metric in METRICS} | {
    "sharpe": "Sharpe",
    "cagr": "CAGR",
    "ret": "Total return",
    "max_dd": "Max drawdown",
}
MOVED: Final = ("sharpe", "cagr", "max_dd", "turnover", "n_trades")


def limits_of(results: "SweepResults", metrics: Sequence[str]) -> dict[str, float]:
    """One colour limit a metric over all cells, so that a colour means one number everywhere."""
    limits = {}
    for metric in metrics:
        if metric in COMPARED:
            frames = (
                pd.DataFrame({metric: cell.trials[metric] - cell.hold[metric]})
                for cell in results.cells
            )
            limits[f"{metric}_diff"] = shared_limit(frames, step=metric_step(metric))
    return limits


def heatmap_of(
    cell: CellData,
    metrics: Sequence[str],
    *,
    limits: Mapping[str, float] | None = None,
    chosen: Mapping[str, int | float] | None = None,
    title: str = "",
    subtitle: str = "",
) -> go.Figure | None:
    """The standard heatmap of a cell: its first two axes against some metrics.

    Further axes are held at the values of the chosen trial, or of the cell's best.

    Args:
        cell: trials and benchmark.
        metrics: names; the largest drawdown is added.
        limits: see `limits_of`.
        chosen: parameters of the trial to outline; the cell's best by default.
        title, subtitle: see `render.heatmap`.

    Returns:
        The figure, or None if the grid has fewer than two axes or no trial has a Sharpe.
    """
    ranked = cell.trials["sharpe"].fillna(-float("inf"))
    if len(cell.params) < 2 or cell.trials["sharpe"].isna().all():
        return None
    best = cell.trials.iloc[int(ranked.to_numpy().argmax())]
    point = dict(chosen) if chosen else {name: best[name].item() for name in cell.params}
    x, y, *others = cell.params
    # A trial that never trades has no drawdown to be proud of: it is shown as undefined.
    trials = cell.trials[cell.trials["n_trades"] > 0]
    for name in others:
        trials = trials[trials[name] == point[name]]
    panels = [_panel(trials, cell, metric, x, y) for metric in dict.fromkeys([*metrics, "max_dd"])]
    used = cell.conventions
    seen = Period("in_sample", pd.Timestamp(used["start"]), pd.Timestamp(used["end"]))
    held = ", ".join(f"{name} {point[name]:g}" for name in others)
    return heatmap(
        panels,
        x_label=_axis_label(cell, x),
        y_label=_axis_label(cell, y),
        chosen=(point[x], point[y]),
        period=seen,
        limits=limits,
        title=title,
        subtitle="; ".join(part for part in (subtitle, held and f"{held} held") if part),
    )


def _panel(trials: pd.DataFrame, cell: CellData, metric: str, x: str, y: str) -> Panel:
    axes = cell.trials.attrs["grid"]["axes"]
    values = trials.pivot(index=y, columns=x, values=metric).reindex(
        index=pd.Index(axes[y]), columns=pd.Index(axes[x])
    )
    title = _TITLES[metric]
    if metric not in COMPARED:
        return Panel(values.round(6), metric, title)
    difference = (values - cell.hold[metric]).round(6)
    return Panel(difference, f"{metric}_diff", f"{title} minus hold", "as hold")


def _axis_label(cell: CellData, name: str) -> str:
    """Parameter and its unit."""
    return f"{name}, {get(cell.trials.attrs['strategy']).parameters[name].unit}"


def correlations(
    cells: Sequence[CellData], *, title: str = "", subtitle: str = ""
) -> go.Figure | None:
    """Rank correlation of the parameters with a few metrics, over the trials of each cell.

    Returns:
        One row a parameter and cell; None if no cell has a parameter.
    """
    parts = []
    for cell in cells:
        values = rank_correlations(cell.trials, cell.params, list(MOVED))
        where = " · ".join(cell.label.values())
        parts.append(values.set_axis([f"{where}: {name}" for name in cell.params]))
    stacked = pd.concat(parts) if parts else pd.DataFrame()
    if stacked.empty:
        return None
    return draw_correlations(stacked, title=title, subtitle=subtitle)
