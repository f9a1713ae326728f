"""Maps of a cell: every number with its interval, and the plateau around the best outlined."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from peaklib.config import unknown
from peaklib.errors import ConfigError
from peaklib.metrics import METRIC_NAMES
from peaklib.robustness import Plateau, Thresholds, plateau
from peaklib.robustness.bootstrap.run_metrics import RETURN_METRICS
from peaklib.sweep.cell import CellData
from peaklib.sweep.figures import Extras, heatmap_of, slice_rows
from peaklib.sweep.intervals import cell_intervals
from peaklib.sweep.results import SweepResults
from peaklib.sweep.review.shown import percent

Bools = NDArray[np.bool_]
Ends = Mapping[str, NDArray[np.float64]]


def with_axes(cell: CellData, x: str = "", y: str = "") -> CellData:
    """The same cell with other parameters as the first two axes of its figures.

    Args:
        cell: trials; they stay in their order.
        x, y: names of parameters; one that is empty, or that the strategy does not have, is
            chosen in the order of the grid.
    """
    names = cell.params
    wanted = [name if name in names else "" for name in (x, y)]
    if wanted[0] == wanted[1]:
        wanted[1] = ""
    rest = [name for name in names if name not in wanted]
    first = [name or (rest.pop(0) if rest else "") for name in wanted]
    grid = {**cell.trials.attrs["grid"], "order": [*filter(None, first), *rest]}
    trials = cell.trials.copy()
    trials.attrs = {**cell.trials.attrs, "grid": grid}
    return replace(cell, trials=trials)


def check_asked(results: SweepResults, metrics: Sequence[str], axes: Sequence[str]) -> None:
    """Make sure that heatmaps can show what is asked for.

    Args:
        results: of the sweep.
        metrics: names; each has to be one that trials have.
        axes: names of parameters, empty for none; some strategy of the sweep has to have each.

    Raises:
        ConfigError: lists what there is not.
    """
    params = {name for cell in results.cells for name in cell.params}
    problems = [
        unknown("metric", name, METRIC_NAMES) for name in metrics if name not in METRIC_NAMES
    ]
    problems += [unknown("parameter", name, params) for name in axes if name not in {"", *params}]
    if problems:
        raise ConfigError(results.name, problems)


def best_row(cell: CellData) -> int | None:
    """Number of the trial with the highest Sharpe, the first of equals; None without any."""
    sharpes = cell.trials["sharpe"].to_numpy()
    return None if np.isnan(sharpes).all() else int(np.nanargmax(sharpes))


def plateau_of(cell: CellData, thresholds: Thresholds) -> Plateau | None:
    """What the neighbourhood of a cell's best trial keeps of its Sharpe; None without one."""
    row, rule = best_row(cell), thresholds.plateau
    if row is None or not cell.params:
        return None
    return plateau(cell.trials, cell.params, "sharpe", keep=rule.keep, radius=rule.radius, at=row)


def map_ends(
    results: SweepResults,
    cell: CellData,
    metrics: Sequence[str],
    thresholds: Thresholds,
    *,
    most_cells: int = 5_000,
    seed: int = 0,
    threads: int | None = None,
) -> Ends:
    """An interval for every trial that the map of a cell shows.

    Args:
        results: of the sweep, for its benchmark.
        cell: see `with_axes`.
        metrics: of the map. A metric that is no function of returns has no intervals.
        thresholds: level and resamples.
        most_cells: with more trials than this in the picture there are no intervals.
        seed: of the draws, which all trials share.
        threads: all processors by default.

    Returns:
        Metric to (n_trials, 2) ends, NaN for trials that are not shown; see `cell_intervals`.
    """
    rows = _shown(cell)
    if int(rows.sum()) > most_cells:
        return {}
    return cell_intervals(
        cell,
        [name for name in metrics if name in RETURN_METRICS],
        rows,
        benchmark=results.config.benchmark,
        rule=thresholds.intervals,
        seed=seed,
        threads=threads,
    )


def map_of(
    cell: CellData,
    metrics: Sequence[str],
    thresholds: Thresholds,
    *,
    ends: Ends,
    limits: Mapping[str, float] | None = None,
    title: str = "",
    subtitle: str = "",
) -> go.Figure | None:
    """The standard heatmap of a cell, with intervals and the plateau of its best trial.

    Args:
        cell: what is drawn; see `with_axes`.
        metrics: one panel each.
        thresholds: level of the intervals, and what a plateau keeps.
        ends: from `map_ends`.
        limits: colour limits that several figures share.
        title, subtitle: of the figure; the subtitle also says what the intervals are.

    Returns:
        The figure; None for a grid of one point, or if no trial has a Sharpe.
    """
    around = plateau_of(cell, thresholds)
    level = thresholds.intervals.level
    told = (
        f"point at a cell for its {percent(level)} interval"
        if ends
        else f"{int(_shown(cell).sum()):,} cells, too many for intervals here"
    )
    return heatmap_of(
        cell,
        metrics,
        limits=limits,
        extras=Extras(
            ends=ends,
            level=level,
            plateau=None if around is None else around.connected,
            plateau_label=f"plateau: keeps {percent(thresholds.plateau.keep)} of the best Sharpe",
        ),
        title=title,
        subtitle="; ".join(part for part in (subtitle, told) if part),
    )


def maps_words(ends: Sequence[Ends], level: float) -> str:
    """How many cells can be told from holding, and how many would be by chance."""
    known = [one["sharpe"][np.isfinite(one["sharpe"][:, 0])] for one in ends if "sharpe" in one]
    count = sum(map(len, known))
    if not count:
        return "Not known how many cells can be told from holding: they have no intervals."
    above = sum(int((one[:, 0] > 0).sum()) for one in known)
    below = sum(int((one[:, 1] < 0).sum()) for one in known)
    chance = (1.0 - level) / 2.0 * count
    return (
        f"Of {count:,} cells with an interval of Sharpe minus hold, **{above:,}** lie above 0, "
        f"{below:,} below, {count - above - below:,} cannot be told from holding. If all were as "
        f"good as holding, {chance:.{0 if chance >= 10 else 1}f} would lie above on average, often "
        "none or very many at once, because they share their days."
    )


def _shown(cell: CellData) -> Bools:
    """(n_trials,) those on the map: further axes are held at the best trial's values."""
    row = best_row(cell)
    if row is None:
        return np.zeros(len(cell.trials), dtype=np.bool_)
    return slice_rows(cell, {name: cell.trials[name].iloc[row].item() for name in cell.params})
