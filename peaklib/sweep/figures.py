"""Figures of a sweep: heatmaps of its cells, and what moves what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from peaklib.metrics import METRICS
from peaklib.render import (
    Intervals,
    Panel,
    Period,
    draw_correlations,
    heatmap,
    metric_line,
    rank_correlations,
    shared_limit,
)
from peaklib.render.heatmap import metric_step
from peaklib.strategies import get
from peaklib.sweep.cell import CellData

if TYPE_CHECKING:
    from peaklib.sweep.results import SweepResults

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Drawn = Mapping[str, Sequence[int | float]]

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
MOST_VALUES: Final = 70
"""Values of an axis that a heatmap draws; more would be narrower than the pointer."""
MOVED: Final = ("sharpe", "cagr", "max_dd", "turnover", "n_trades")


def with_drawdown(metrics: Sequence[str]) -> list[str]:
    """Metrics of a standard heatmap: those asked for, and the largest drawdown beside them."""
    return list(dict.fromkeys([*metrics, "max_dd"]))


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


@dataclass(frozen=True)
class Extras:
    """What a heatmap shows besides its numbers.

    Args:
        ends: metric to (n_trials, 2) ends of an interval for each trial of the cell, of the
            difference to the benchmark where the metric is shown as one.
        level: coverage of these intervals.
        plateau: (n_trials,) region to be outlined.
        plateau_label: what that region is.
        beside: intervals drawn at the right.
    """

    ends: Mapping[str, Floats] = field(default_factory=dict)
    level: float = 0.90
    plateau: Bools | None = None
    plateau_label: str = "plateau"
    beside: Intervals | None = None


def heatmap_of(
    cell: CellData,
    metrics: Sequence[str],
    *,
    limits: Mapping[str, float] | None = None,
    chosen: Mapping[str, int | float] | None = None,
    extras: Extras | None = None,
    title: str = "",
    subtitle: str = "",
) -> go.Figure | None:
    """The standard heatmap of a cell: its first two axes against some metrics.

    Further axes are held at the values of the chosen trial, or of the cell's best. A grid of
    one axis is drawn as lines along it.

    Args:
        cell: trials and benchmark.
        metrics: names, one panel each.
        limits: see `limits_of`.
        chosen: parameters of the trial to outline; the cell's best by default.
        extras: intervals and plateau.
        title, subtitle: see `render.heatmap`.

    Returns:
        The figure, or None if the grid has no axis or no trial has a Sharpe.
    """
    if not cell.params or cell.trials["sharpe"].isna().all():
        return None
    extras = extras or Extras()
    point = dict(chosen) if chosen else _best_point(cell)
    drawn = {name: drawn_values(cell, name, point) for name in cell.params[:2]}
    rows = slice_rows(cell, point)
    panels = [_panel(cell, rows, drawn, metric, extras) for metric in metrics]
    used = cell.conventions
    seen = Period("in_sample", pd.Timestamp(used["start"]), pd.Timestamp(used["end"]))
    notes = [subtitle, _held(cell, point), _thinned(cell, drawn)]
    told: dict[str, Any] = {
        "period": seen,
        "plateau_label": extras.plateau_label,
        "title": title,
        "subtitle": "; ".join(note for note in notes if note),
    }
    x = cell.params[0]
    if len(cell.params) == 1:
        return metric_line(panels, x_label=_axis_label(cell, x), chosen=point[x], **told)
    y = cell.params[1]
    return heatmap(
        panels,
        x_label=_axis_label(cell, x),
        y_label=_axis_label(cell, y),
        chosen=(point[x], point[y]),
        limits=limits,
        beside=extras.beside,
        **told,
    )


def _best_point(cell: CellData) -> dict[str, int | float]:
    ranked = cell.trials["sharpe"].fillna(-float("inf"))
    best = cell.trials.iloc[int(ranked.to_numpy().argmax())]
    return {name: best[name].item() for name in cell.params}


def slice_rows(cell: CellData, point: Mapping[str, int | float]) -> Bools:
    """(n_trials,) those that a heatmap through a point shows: its third axis on is held there."""
    shown = np.ones(len(cell.trials), dtype=bool)
    for name in cell.params[:2]:
        shown &= cell.trials[name].isin(drawn_values(cell, name, point)).to_numpy()
    for name in cell.params[2:]:
        shown &= (cell.trials[name] == point[name]).to_numpy()
    return shown


def drawn_values(cell: CellData, name: str, point: Mapping[str, int | float]) -> list[int | float]:
    """Values of an axis that a heatmap has room for: all, or every k-th through a point."""
    values: list[int | float] = cell.trials.attrs["grid"]["axes"][name]
    step = -(-len(values) // MOST_VALUES)
    return values[values.index(point[name]) % step :: step]


def _held(cell: CellData, point: Mapping[str, int | float]) -> str:
    held = ", ".join(f"{name} {point[name]:g}" for name in cell.params[2:])
    return f"{held} held" if held else ""


def _thinned(cell: CellData, drawn: Drawn) -> str:
    axes = cell.trials.attrs["grid"]["axes"]
    left = [f"{len(v)} of {len(axes[k])} values of {k}" for k, v in drawn.items()]
    return ", ".join(
        text for text, k in zip(left, drawn, strict=True) if len(drawn[k]) < len(axes[k])
    )


def _panel(cell: CellData, rows: Bools, drawn: Drawn, metric: str, extras: Extras) -> Panel:
    # A trial that never trades has no drawdown to be proud of: it is shown as undefined.
    traded = rows & (cell.trials["n_trades"] > 0).to_numpy()
    is_compared = metric in COMPARED
    values = cell.trials[metric].to_numpy(dtype=np.float64)
    if is_compared:
        values = values - cell.hold[metric]
    ends = extras.ends.get(metric)
    low, high = (None, None) if ends is None else (_laid(cell, traded, drawn, e) for e in ends.T)
    plateau = extras.plateau
    outlined = None if plateau is None else _laid(cell, rows, drawn, plateau.astype(float)) > 0
    title = _TITLES[metric]
    return Panel(
        _laid(cell, traded, drawn, values),
        f"{metric}_diff" if is_compared else metric,
        f"{title} minus hold" if is_compared else title,
        "as hold" if is_compared else None,
        low=low,
        high=high,
        level=extras.level,
        plateau=outlined,
    )


def _laid(cell: CellData, rows: Bools, drawn: Drawn, values: Floats) -> pd.DataFrame:
    """Values of some trials, laid out on the first two axes of the grid."""
    x, *rest = cell.params
    y = rest[0] if rest else ""
    own = cell.trials.loc[rows, [x, *rest[:1]]].assign(**{"": 0} if not rest else {})
    table = own.assign(value=np.asarray(values, dtype=np.float64)[rows].round(6)).pivot(
        index=y, columns=x, values="value"
    )
    return table.reindex(index=pd.Index(drawn[y] if rest else [0]), columns=pd.Index(drawn[x]))


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
