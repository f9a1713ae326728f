"""What a night keeps of each cell, and how the next night reads it back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Literal

import pandas as pd

from peaklib.errors import EvidenceError
from peaklib.evidence import OpenRun, SealedRun, input_label, open_run
from peaklib.evidence.run import RUN_ROLE
from peaklib.sweep.execute import CellResult

State = Literal["done", "resumed", "failed", "missing"]
CellId = tuple[str, str]
"""Sweep and cell, by their names: what stays when data, code and results change."""

CELLS: Final = "cells"
METRICS: Final = "metrics"
INPUTS: Final = "inputs"
# What differs from night to night by its nature.
_INCIDENTAL: Final = ("run_id", "root", "state", "error", "measured")
_COLUMNS: Final = (
    *("sweep", "cell", "state", "run_id", "root", "content", "key", "error", "n_trials"),
    "measured",
)


@dataclass(frozen=True)
class CellRecord:
    """One cell of one sweep on one night.

    Args:
        sweep, cell: names.
        state: computed tonight (`done`), taken over from an earlier run (`resumed`), `failed`, or
            `missing` because its whole sweep broke.
        run_id, root, content, key: of the run that holds the result; see `CellResult`.
        error: why there is no result.
        n_trials: combinations that it evaluates.
        measured: the night that the numbers are of: an earlier one where tonight has none.
        metrics: name to number, None if undefined.
        inputs: digest of each thing read, by role and name.
    """

    sweep: str
    cell: str
    state: State
    run_id: str = ""
    root: str = ""
    content: str = ""
    key: str = ""
    error: str = ""
    n_trials: int = 0
    measured: str = ""
    metrics: Mapping[str, float | None] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> CellId:
        """What it is found by on another night."""
        return self.sweep, self.cell

    @property
    def finished(self) -> bool:
        """Whether there is a result of tonight."""
        return self.state in ("done", "resumed")


Cells = Mapping[CellId, CellRecord]


def record_of(sweep: str, result: CellResult, night: str, runs: Path) -> CellRecord:
    """What a night keeps of a cell that was tried.

    Args:
        sweep: its name.
        result: what became of the cell.
        night: id of tonight's run.
        runs: folder of runs.

    Raises:
        EvidenceError: its run cannot be read.
    """
    cell = result.cell
    found = CellRecord(sweep, cell.name, result.state, key=cell.key, n_trials=cell.n_trials)
    if result.state == "failed":
        return replace(found, run_id=result.run_id, error=result.error or "no reason was given")
    record = open_run(result.run_id, runs=runs).record()
    return replace(
        found,
        run_id=result.run_id,
        root=result.root,
        content=result.content,
        measured=night,
        # A record says infinity as a word.
        metrics={n: None if v is None else float(v) for n, v in record["metrics"].items()},
        inputs={
            input_label(used): used["digest"]
            for used in record["inputs"]
            if used["role"] != RUN_ROLE
        },
    )


def carried(now: Cells, before: Cells, broken: Iterable[str]) -> dict[CellId, CellRecord]:
    """Tonight's cells; where one has no result, with the last one that is known.

    So a cell that fails for a night is still held against what it was when it comes back.

    Args:
        now: what tonight has.
        before: what the previous night kept.
        broken: sweeps whose cells are not known tonight.
    """
    kept = dict(now)
    for id_, old in before.items():
        if id_ in kept and not kept[id_].finished:
            tonight = kept[id_]
            known = replace(old, state=tonight.state, error=tonight.error)
            kept[id_] = replace(known, run_id=tonight.run_id, root="", n_trials=tonight.n_trials)
        elif id_ not in kept and old.sweep in broken:
            error = "its sweep broke before it was tried"
            kept[id_] = replace(old, state="missing", run_id="", root="", error=error)
    return dict(sorted(kept.items()))


def save_cells(run: OpenRun, cells: Cells) -> None:
    """Keep a night's cells as the tables `cells`, `metrics` and `inputs` of its run."""
    rows = [[getattr(cell, name) for name in _COLUMNS] for cell in cells.values()]
    numbers = [(*id_, name, value) for id_, c in cells.items() for name, value in c.metrics.items()]
    digests = [(*id_, name, value) for id_, c in cells.items() for name, value in c.inputs.items()]
    if rows:
        run.save_table(CELLS, pd.DataFrame(rows, columns=_COLUMNS), incidental=_INCIDENTAL)
    if numbers:
        table = pd.DataFrame(numbers, columns=["sweep", "cell", "metric", "value"])
        run.save_table(METRICS, table.astype({"value": float}))
    if digests:
        run.save_table(INPUTS, pd.DataFrame(digests, columns=["sweep", "cell", "input", "digest"]))


def read_cells(run: SealedRun) -> dict[CellId, CellRecord]:
    """The cells that a night kept, sorted.

    Raises:
        EvidenceError: its tables are not those of a night.
    """
    metrics = _by_cell(run, METRICS, "metric", "value")
    inputs = _by_cell(run, INPUTS, "input", "digest")
    found = {}
    for row in _rows(run, CELLS):
        try:
            plain: dict[str, Any] = {name: row[name] for name in _COLUMNS}
        except KeyError as error:
            raise EvidenceError(
                f"run {run.run_id}: its table {CELLS!r} has no column {error}; it is no night of "
                "this version"
            ) from None
        id_ = (plain["sweep"], plain["cell"])
        numbers = {name: None if v != v else v for name, v in metrics.get(id_, {}).items()}
        found[id_] = CellRecord(**plain, metrics=numbers, inputs=inputs.get(id_, {}))
    return dict(sorted(found.items()))


def _rows(run: SealedRun, name: str) -> list[dict[str, Any]]:
    """Rows of a table; one that would have been empty was not saved."""
    if not (run.folder / "outputs" / "tables" / f"{name}.parquet").is_file():
        return []
    return [
        {str(column): value for column, value in row.items()}
        for row in pd.read_parquet(run.table(name)).to_dict("records")
    ]


def _by_cell(run: SealedRun, table: str, name: str, value: str) -> dict[CellId, dict[str, Any]]:
    found: dict[CellId, dict[str, Any]] = {}
    for row in _rows(run, table):
        found.setdefault((row["sweep"], row["cell"]), {})[row[name]] = row[value]
    return found
