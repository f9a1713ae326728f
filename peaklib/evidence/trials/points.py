"""Records of runs and of single grid points, read from packs."""

import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from peaklib.errors import EvidenceError

if TYPE_CHECKING:
    from peaklib.evidence.pack import SealedRun

ENVIRONMENT: Final = "inputs/environment.json"
# A point is one place of a grid; what else the grid holds says nothing about it.
_OF_THE_GRID: Final = ("grid", "where")


def label_of(record: Mapping[str, Any]) -> str:
    """What a record is called: `RUN`, or `RUN:N` for a grid point."""
    point = record.get("point")
    return f"{record['run_id']}:{point['number']}" if point else str(record["run_id"])


def read_record(run: "SealedRun", number: int | None = None) -> dict[str, Any]:
    """The record of a run, with its whole environment, or that of one of its grid points.

    The points of a run are numbered through all its tables of trials, in the order in which
    they were recorded. In the record of a point `metrics` and `trials` are those of the
    point, and `point` holds its number, strategy, version and parameters.

    Args:
        run: a sealed run.
        number: of a grid point, None for the run itself.

    Raises:
        EvidenceError: a file of the pack is missing or damaged, or there is no such point.
    """
    record = run.record()
    details = _details(run)
    record["environment"] = {**details, **record["environment"]}
    if number is None:
        return record
    trials, row = _place_of(record, number)
    params, metrics = _split(_row(run, trials["table"], row), trials)
    point = {"number": number, **{key: trials[key] for key in ("strategy", "version")}}
    return {
        **record,
        "config": _without_grid(record["config"]),
        "family": trials.get("family") or record["family"],
        "metrics": metrics,
        "trials": [trials],
        "point": {**point, "params": {**trials["fixed"], **params}},
    }


def _details(run: "SealedRun") -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((run.folder / ENVIRONMENT).read_bytes())
    except (OSError, ValueError) as error:
        raise EvidenceError(
            f"run {run.run_id}: {ENVIRONMENT} cannot be read ({error}); see "
            f"`peak evidence verify {run.run_id}`"
        ) from None
    return found


def _place_of(record: Mapping[str, Any], number: int) -> tuple[Mapping[str, Any], int]:
    """The grid that holds a point, and the row of its table."""
    row = number
    for trials in record["trials"]:
        if 0 <= row < trials["count"]:
            return trials, row
        row -= trials["count"]
    total = sum(trials["count"] for trials in record["trials"])
    has = f"its points are 0 to {total - 1}" if total else "it has no grid points"
    raise EvidenceError(f"run {record['run_id']} has no point {number}; {has}")


def _row(run: "SealedRun", table: str, row: int) -> dict[str, Any]:
    """One row of a table, without reading more of it than what stands before it."""
    from pyarrow import ArrowException, parquet

    path = run.table(table)
    try:
        with parquet.ParquetFile(path) as file:
            for batch in file.iter_batches():
                if row < batch.num_rows:
                    found: dict[str, Any] = batch.slice(row, 1).to_pylist()[0]
                    return found
                row -= batch.num_rows
    except (OSError, ArrowException) as error:
        raise EvidenceError(f"run {run.run_id}: {path} cannot be read ({error})") from None
    raise EvidenceError(f"run {run.run_id}: {path} has fewer rows than the record says")


def _split(
    row: Mapping[str, Any], trials: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Parameters and metrics of a row, as a record would hold them."""
    plain = {name: _plain(value) for name, value in row.items() if not name.startswith("__")}
    params = {name: plain.pop(name) for name in trials["grid"]["order"]}
    return params, plain


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def _without_grid(config: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _without_grid(value) if isinstance(value, Mapping) else value
        for name, value in config.items()
        if name not in _OF_THE_GRID
    }
