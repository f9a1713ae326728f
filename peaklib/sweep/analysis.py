"""What a report says about a sweep's trials, computed and never typed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from peaklib.backtest import BacktestResult, run_backtest
from peaklib.data import load
from peaklib.errors import EvidenceError
from peaklib.metrics import METRIC_NAMES
from peaklib.sweep.cell import CellData, part_of
from peaklib.sweep.results import SweepResults

_TOLERANCE: Final = 1e-9


@dataclass(frozen=True)
class Best:
    """The trial with the highest Sharpe of all, in sample.

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
        """Its parameters in words."""
        return " / ".join(f"{name} {value:g}" for name, value in self.params.items())


def best_of(results: SweepResults) -> Best:
    """The trial with the highest Sharpe; of equals, the first.

    Raises:
        EvidenceError: no trial has a Sharpe.
    """
    if not results.cells:
        raise EvidenceError(f"sweep {results.name!r}: no cell has a result, nothing can be ranked")
    everything = results.all_trials()
    ranked = everything["sharpe"].fillna(-float("inf"))
    if everything["sharpe"].isna().all():
        raise EvidenceError(f"sweep {results.name!r}: no trial has a Sharpe ratio to choose by")
    row = everything.iloc[int(ranked.to_numpy().argmax())]
    cell = results.cells[int(row["cell"])]
    number = int(row["trial"].rpartition(":")[2])
    trial = cell.trials.iloc[number]
    params = {name: trial[name].item() for name in cell.params}
    metrics = {name: float(trial[name]) for name in METRIC_NAMES}
    return Best(cell, params, metrics, row["trial"], edges(cell, params))


def edges(cell: CellData, params: Mapping[str, int | float]) -> tuple[str, ...]:
    """Axes on whose first or last value a trial stands; axes of two values have no inside."""
    axes = cell.trials.attrs["grid"]["axes"]
    return tuple(
        name
        for name, value in params.items()
        if len(axes[name]) > 2 and value in (min(axes[name]), max(axes[name]))
    )


def ranking(results: SweepResults, top: int) -> pd.DataFrame:
    """The best trials by Sharpe, one row each, beside the benchmark of their own cell."""
    everything = results.all_trials()
    ranked = everything.sort_values("sharpe", ascending=False, kind="stable").head(top)
    axes = list(results.cells[0].label)
    kept = [*axes, "params", "sharpe", "sharpe_diff", "ret", "max_dd", "trial"]
    return ranked[kept].reset_index(drop=True)


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


def above_hold(results: SweepResults) -> int:
    """Trials whose Sharpe is above that of the benchmark on the same bars and terms."""
    return sum(int((c.trials["sharpe"] > c.hold["sharpe"]).sum()) for c in results.cells)


def replay(best: Best, benchmark: str) -> tuple[BacktestResult, BacktestResult]:
    """The best trial and its benchmark once more, with equity and trades.

    Raises:
        EvidenceError: the numbers are not those on record.
    """
    attrs = best.cell.trials.attrs
    used = best.cell.conventions
    data = part_of(load(best.cell.source), f"{used['start']}/{used['end']}")
    params = {**attrs["fixed"], **best.params}
    terms: dict[str, Any] = used["terms"]
    again = run_backtest(attrs["strategy"], data, params, **terms)
    difference = abs(again.metrics["sharpe"] - best.metrics["sharpe"])
    if data.digest != used["digest"] or not difference <= _TOLERANCE:
        raise EvidenceError(
            f"trial {best.trial} gives a Sharpe of {again.metrics['sharpe']:.12g} now and "
            f"{best.metrics['sharpe']:.12g} on record (data {data.digest[:12]} now, "
            f"{used['digest'][:12]} on record): data or code have changed since"
        )
    return again, run_backtest(benchmark, data, **terms)


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
            worst[cell.conventions["data"]] = f"{min(years)}–{max(years)}"
    if not worst or results.cells[0].conventions["terms"]["fill"] != "next_open":
        return ""
    listed = ", ".join(f"{name} {years}" for name, years in worst.items())
    return (
        f"In years between {listed} more than 90 % of the opens equal the previous close: "
        "“filled at the next open” is a fiction there and means the deciding close itself."
    )
