"""What a report says about a sweep's trials, computed and never typed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from peaklib.backtest import BacktestResult, run_backtest
from peaklib.data import Dataset, load
from peaklib.data.holdout import OPTION
from peaklib.errors import EvidenceError
from peaklib.evidence import Run, open_run
from peaklib.evidence.run import RUN_ROLE
from peaklib.metrics import METRIC_NAMES
from peaklib.sweep.cell import CellData, part_of
from peaklib.sweep.results import SweepResults, rows_of

_TOLERANCE: Final = 1e-9


@dataclass(frozen=True)
class Best:
    """The trial with the highest Sharpe, in sample, under the first cost scenario.

    Args:
        cell: the cell it belongs to.
        params: of the trial, those on axes.
        metrics: of the trial.
        trial: its address, `RUN:N`.
        on_edge: axes on whose first or last value it stands.
    """

    cell: CellData
    params: Mapping[str, int | float]
    metrics: Mapping[str, float]
    trial: str
    on_edge: tuple[str, ...]

    @property
    def text(self) -> str:
        """Its parameters in words, those that were varied."""
        return " / ".join(f"{name} {self.params[name]:g}" for name in varied(self.cell))


def best_of(results: SweepResults) -> Best:
    """The trial with the highest Sharpe under the first cost scenario; of equals, the first.

    Raises:
        EvidenceError: no trial has a Sharpe.
    """
    if not results.cells:
        raise EvidenceError(f"sweep {results.name!r}: no cell has a result, nothing can be ranked")
    highest = [cell.trials["sharpe"].fillna(-float("inf")).to_numpy() for cell in results.base]
    if all(values.max() == -float("inf") for values in highest):
        raise EvidenceError(f"sweep {results.name!r}: no trial has a Sharpe ratio to choose by")
    place = int(np.argmax([values.max() for values in highest]))
    cell, number = results.base[place], int(highest[place].argmax())
    trial = cell.trials.iloc[number]
    params = {name: trial[name].item() for name in cell.params}
    metrics = {name: float(trial[name]) for name in METRIC_NAMES}
    address = f"{cell.run_id or 'preview'}:{number}"
    return Best(cell, params, metrics, address, edges(cell, params))


def varied(cell: CellData) -> list[str]:
    """Axes of several values; all of them where none has."""
    axes = cell.trials.attrs["grid"]["axes"]
    return [name for name in cell.params if len(axes[name]) > 1] or cell.params


def edges(cell: CellData, params: Mapping[str, int | float]) -> tuple[str, ...]:
    """Axes on whose first or last value a trial stands; axes of two values have no inside."""
    axes = cell.trials.attrs["grid"]["axes"]
    return tuple(
        name
        for name, value in params.items()
        if len(axes[name]) > 2 and value in (min(axes[name]), max(axes[name]))
    )


def ranking(results: SweepResults, top: int) -> pd.DataFrame:
    """The best trials by Sharpe under the first cost scenario, one row each.

    Each stands beside the benchmark of its own cell, and with its Sharpe under the other
    cost scenarios.
    """
    parts = []
    for cell in results.base:
        rows = rows_of(cell)
        names = varied(cell)
        rows["params"] = [
            ", ".join(f"{name} {value:g}" for name, value in zip(names, row, strict=True))
            for row in cell.trials[names].itertuples(index=False)
        ]
        for name, other in results.siblings(cell).items():
            rows[f"sharpe, {name}"] = other.trials["sharpe"].to_numpy()
        parts.append(rows)
    everything = pd.concat(parts, ignore_index=True)
    ranked = everything.sort_values("sharpe", ascending=False, kind="stable").head(top)
    axes = [name for name in results.cells[0].label if name != "costs"]
    others = [name for name in everything.columns if name.startswith("sharpe, ")]
    kept = [*axes, "params", "sharpe", "sharpe_diff", *others, "ret", "max_dd", "trial"]
    return ranked[kept].reset_index(drop=True)


def searched(results: SweepResults) -> pd.DataFrame:
    """What was tried: one row a strategy, with its axes, its condition and its trials."""
    rows: dict[str, dict[str, Any]] = {}
    for cell in results.cells:
        grid, strategy = cell.trials.attrs["grid"], cell.trials.attrs["strategy"]
        row = rows.setdefault(
            strategy,
            {
                "strategy": f"{strategy} v{cell.trials.attrs['version']}",
                "axes": "; ".join(f"{name} {_span(grid['axes'][name])}" for name in cell.params),
                "condition": grid["where"] or "–",
                "n_cells": 0,
                "n_trials": 0,
                "without a trade": 0,
            },
        )
        row["n_cells"] += 1
        row["n_trials"] += len(cell.trials)
        row["without a trade"] += int((cell.trials["n_trades"] == 0).sum())
    return pd.DataFrame(list(rows.values()))


def _span(values: list[int | float]) -> str:
    if len(values) <= 4:
        return ", ".join(f"{value:g}" for value in values)
    return f"{values[0]:g} … {values[-1]:g} ({len(values)} values)"


def summary(results: SweepResults) -> pd.DataFrame:
    """One row a cell: trials, the share above the benchmark, the best and the median Sharpe."""
    rows = []
    for cell in results.cells:
        sharpes = cell.trials["sharpe"]
        above = int((sharpes > cell.hold["sharpe"]).sum())
        rows.append(
            {
                **cell.label,
                "n_trials": len(sharpes),
                "above_hold": above / len(sharpes),
                "best_sharpe": sharpes.max(),
                "median_sharpe": sharpes.median(),
                "hold_sharpe": cell.hold["sharpe"],
                "run": cell.run_id or "preview",
            }
        )
    return pd.DataFrame(rows)


def replay(best: Best, benchmark: str) -> tuple[BacktestResult, BacktestResult]:
    """The best trial and its benchmark once more, with equity and trades.

    Raises:
        EvidenceError: the numbers are not those on record.
    """
    attrs = best.cell.trials.attrs
    used = best.cell.conventions
    data = data_of(best.cell)
    params = {**attrs["fixed"], **best.params}
    terms = terms_of(best.cell)
    again = run_backtest(attrs["strategy"], data, params, **terms)
    difference = abs(again.metrics["sharpe"] - best.metrics["sharpe"])
    if data.digest != used["digest"] or not difference <= _TOLERANCE:
        raise EvidenceError(
            f"trial {best.trial} gives a Sharpe of {again.metrics['sharpe']:.12g} now and "
            f"{best.metrics['sharpe']:.12g} on record (data {data.digest[:12]} now, "
            f"{used['digest'][:12]} on record): data or code have changed since"
        )
    return again, run_backtest(benchmark, data, **terms)


def data_of(cell: CellData) -> Dataset:
    """The bars that a cell read, those that warmed up its indicators included.

    What a sweep kept as a holdout is left out again.
    """
    asked = cell.data["load"]["options"].get(OPTION)
    return part_of(load(cell.source, holdout_from=asked), cell.period)


def terms_of(cell: CellData) -> dict[str, Any]:
    """Fill, costs and warm-up of a cell, as `run_backtest` takes them."""
    used = cell.conventions
    return {**used["terms"], "warmup": used.get("warmup", 0)}


def cite(run: Run, results: SweepResults, best: Best) -> None:
    """Name what a report stands on as its inputs: the sweep, its cells, the data read again."""
    if results.run_id:
        used = [results.run_id, *(cell.run_id for cell in results.cells)]
        run.use(*(open_run(run_id) for run_id in used), role=RUN_ROLE)
    run.use(load(best.cell.source, holdout_from=results.config.holdout_from))


def data_table(results: SweepResults) -> pd.DataFrame:
    """One row a data set: period, bars, source, and how far its opens can be believed."""
    rows = {}
    for cell in results.cells:
        used, quality = cell.conventions, cell.data["quality"]
        share = quality["open_equals_previous_close"]
        rows[used["digest"], used["start"]] = {
            "data": used["data"],
            "from": used["start"],
            "to": used["end"],
            "bars": used["n_bars"],
            "a year": used["bars_per_year"],
            "kind": cell.data["kind"],
            "opens = previous close": "–" if share is None else f"{share:.0%}",
            "source": cell.data["source"],
            "digest": used["digest"][:12],
        }
    return pd.DataFrame(list(rows.values()))


def data_sets(results: SweepResults) -> str:
    """Names of the data sets with the first digits of their digests."""
    used = [cell.conventions for cell in results.cells]
    return ", ".join(dict.fromkeys(f"{u['data']} {u['digest'][:8]}" for u in used))


def flat_opens(results: SweepResults) -> str:
    """One sentence about fills at opens that are copies of the close before; empty if none are."""
    worst: dict[str, str] = {}
    for cell in results.cells:
        shares = cell.data["quality"]["open_equals_previous_close_by_year"] or {}
        years = [int(year) for year, share in shares.items() if share > 0.9]
        if years:
            worst[cell.conventions["data"]] = f"({min(years)}–{max(years)})"
    if not worst or results.cells[0].conventions["terms"]["fill"] != "next_open":
        return ""
    listed = ", ".join(f"{name} {years}" for name, years in worst.items())
    return (
        f"More than 90 % of the opens repeat the previous close in years of {listed}: “filled at "
        "the next open” is a fiction there and means the deciding close itself."
    )
