"""The results of a sweep, read back from its runs, as its report needs them."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from peaklib.errors import EvidenceError
from peaklib.evidence import Run, SealedRun, home, open_run
from peaklib.metrics import METRIC_NAMES
from peaklib.sweep.cell import CellData, evaluate_cell
from peaklib.sweep.config import SweepConfig
from peaklib.sweep.plan import Cell, make_plan


@dataclass(frozen=True)
class Failure:
    """A cell that has no result."""

    label: str
    run_id: str
    error: str


@dataclass(frozen=True)
class SweepResults:
    """All that a sweep found.

    Args:
        name, command, config: of the sweep, and how to run it again.
        cells: those with a result, in the order of the axes.
        failures: the others.
        run_id, root: the sweep's own run; empty for a preview, which nothing recorded.
        record: its `run.json`; empty for a preview.
    """

    name: str
    command: str
    config: SweepConfig
    cells: tuple[CellData, ...]
    failures: tuple[Failure, ...]
    run_id: str = ""
    root: str = ""
    record: dict[str, Any] | None = None

    @property
    def base(self) -> tuple[CellData, ...]:
        """Cells under the first cost scenario: costs are an assumption, never a winner.

        The best trial is chosen among these; the other scenarios show how it fares there.
        """
        first = self.cells[0].label.get("costs") if self.cells else None
        return tuple(cell for cell in self.cells if cell.label.get("costs") == first)

    @property
    def scenario(self) -> str:
        """Name of the first cost scenario; empty where costs are no axis."""
        return self.cells[0].label.get("costs", "") if self.cells else ""

    def siblings(self, cell: CellData) -> dict[str, CellData]:
        """The same cell under the other cost scenarios, by their names."""
        wanted = _without_costs(cell)
        return {
            other.label["costs"]: other
            for other in self.cells
            if "costs" in other.label and other is not cell and _without_costs(other) == wanted
        }

    @property
    def n_trials(self) -> int:
        """Trials with a result."""
        return sum(len(cell.trials) for cell in self.cells)

    def all_trials(self) -> pd.DataFrame:
        """Trials of all cells in one frame; see `rows_of`.

        A parameter that a cell's strategy does not have is missing in its rows.
        """
        everything = pd.concat([rows_of(cell) for cell in self.cells], ignore_index=True)
        params = dict.fromkeys(name for cell in self.cells for name in cell.params)
        first = [*self.cells[0].label, *params]
        return everything[[*first, *(name for name in everything.columns if name not in first)]]


def _without_costs(cell: CellData) -> dict[str, str]:
    return {name: value for name, value in cell.label.items() if name != "costs"}


def rows_of(cell: CellData) -> pd.DataFrame:
    """Trials of a cell, as they are compared with those of others.

    Returns:
        Columns: the sweep's axes, one a parameter, all metrics, `sharpe_diff` (trial minus
        benchmark) and `trial` (its `RUN:N`).
    """
    trials = cell.trials
    columns: dict[str, Any] = dict(cell.label)
    columns |= {name: trials[name].to_numpy() for name in (*cell.params, *METRIC_NAMES)}
    columns["sharpe_diff"] = trials["sharpe"].to_numpy() - cell.hold["sharpe"]
    columns["trial"] = [f"{cell.run_id or 'preview'}:{n}" for n in range(len(trials))]
    return pd.DataFrame(columns, index=trials.index)


def read_results(run_id: str, runs: Path | None = None) -> SweepResults:
    """The results of a published sweep.

    Raises:
        EvidenceError: the sweep or one of its runs is missing.
    """
    own = open_run(run_id, runs=runs)
    record = own.record()
    if record["kind"] != "sweep":
        raise EvidenceError(f"run {run_id} is a {record['kind']}, not a sweep")
    config = SweepConfig.model_validate(own.config()["config"])
    cells, failures = [], []
    for row in pd.read_parquet(own.table("cells")).to_dict("records"):
        label = {
            str(name).removeprefix("axis_"): str(value)
            for name, value in row.items()
            if str(name).startswith("axis_")
        }
        if row["state"] == "failed":
            failures.append(Failure(" · ".join(label.values()), row["run_id"], row["error"]))
        else:
            cells.append(replace(_read_cell(open_run(row["run_id"], runs=runs)), label=label))
    return SweepResults(
        record["config"]["sweep"],
        record["config"]["command"],
        config,
        tuple(cells),
        tuple(failures),
        own.run_id,
        own.root,
        record,
    )


def _read_cell(run: SealedRun) -> CellData:
    record = run.record()
    if not record["trials"]:
        raise EvidenceError(
            f"run {run.run_id} recorded no trials, which this report is about; name a report for "
            f"{record['config']['notebook']} under [report] notebook"
        )
    summary = record["trials"][0]
    trials = pd.read_parquet(run.table(summary["table"]))
    trials.attrs = {**summary, "trials": "counted"}
    hold = {
        name.removeprefix("hold_"): float("nan") if value is None else value
        for name, value in record["metrics"].items()
        if name.startswith("hold_")
    }
    given = record["config"]["parameters"]
    meta = record["inputs"][-1]["meta"]
    period, split = given.get("period", ""), given.get("split", "")
    return CellData({}, given["dataset"], trials, hold, meta, period, split, run.run_id, run.root)


def preview(config: str) -> SweepResults:
    """The results of a small sweep computed on the spot: nothing is recorded or counted.

    Args:
        config: path of its file, below the project's root.
    """
    plan = make_plan(home() / config)
    held = plan.config.holdout_from
    cells = [_evaluated(cell, held) for cell in plan.cells]
    return SweepResults(plan.name, plan.command, plan.config, tuple(cells), ())


def _evaluated(cell: Cell, holdout_from: str | None) -> CellData:
    """A planned cell computed here and now; nothing in it is random, so it needs no seed."""
    parameters = {name: value for name, value in cell.parameters.items() if name != "seed"}
    found = evaluate_cell(Run(None), **parameters, holdout_from=holdout_from)
    return replace(found, label=cell.label)


def dump_tables(tables: dict[str, pd.DataFrame], folder: Path, stem: str) -> list[Path]:
    """Write tables as `<stem>.<name>.csv` and `.json`; returns the paths."""
    written = []
    for name, table in tables.items():
        plain = folder / f"{stem}.{name}.csv"
        table.to_csv(plain, index=False, lineterminator="\n")
        record = folder / f"{stem}.{name}.json"
        rows = json.loads(table.to_json(orient="records", double_precision=15, date_format="iso"))
        record.write_text(json.dumps(rows, indent=1), encoding="utf-8", newline="\n")
        written += [plain, record]
    return written
