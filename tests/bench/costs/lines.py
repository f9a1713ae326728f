"""Ledgers of many runs that were never made, in the shape that real ones have."""

import random
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from peaklib.evidence.ledger import line as ledger_line
from peaklib.metrics import METRIC_NAMES

Data = dict[str, Any]
# Makes the data of the events of a range of numbers.
Events = Callable[[int, int], Iterator[Data]]

RUN_METRICS: Final = (*METRIC_NAMES, "best_sharpe", "n_trials")
_FAMILIES: Final = 50
_FIRST: Final = datetime(2020, 1, 1, tzinfo=UTC)
_DATASET: Final = {"name": "sp500", "digest": "e35cf660" * 8}


def short_events(first: int, last: int) -> Iterator[Data]:
    """`data` of publish lines of runs with two metrics and no grid."""
    for number in range(first, last):
        yield {**_run(number), "metrics": {"sharpe": number / 7, "cagr": 0.0625}}


def runs(first: int, last: int) -> Iterator[Data]:
    """`data` of publish lines of runs that differ in kind, family and all metrics."""
    numbers = random.Random(first)
    for number in range(first, last):
        kind = ("report", "sweep")[number % 2] if number % 20 < 2 else "sweep_cell"
        yield {**_run(number), "kind": kind, "metrics": _metrics(numbers)}


def runs_with_grids(first: int, last: int) -> Iterator[Data]:
    """The same with a grid in each, as sweep cells have: the longest lines there are."""
    numbers = random.Random(last)
    for number, data in enumerate(runs(first, last), first):
        yield {**data, "trials": [_grid(number, numbers)]}


def write_ledger(path: Path, events: Iterable[Data]) -> None:
    """A ledger of publish lines, written without fsync.

    Args:
        path: of the new file.
        events: `data` of the lines after the first.
    """
    genesis = ledger_line.name_and_data("genesis", {"id": "0" * 16})
    prev = ledger_line.line(genesis, ledger_line.NO_LINE, 0, _FIRST)
    with path.open("wb") as file:
        file.write(prev + b"\n")
        for number, data in enumerate(events, 1):
            head = ledger_line.name_and_data("publish", data)
            prev = ledger_line.line(head, sha256(prev).hexdigest(), number, _FIRST)
            file.write(prev + b"\n")


def _run(number: int) -> Data:
    start = _FIRST + timedelta(minutes=number)
    run_id = f"{start:%Y%m%d_%H%M%S}_{number:06x}"
    return {
        "run_id": run_id,
        "kind": "sweep_cell",
        "family": f"rule_{number % _FAMILIES}/sp500",
        "parent": None,
        "key": sha256(run_id.encode()).hexdigest(),
        "status": "completed" if number % 30 else "failed",
        "error": None,
        "start": start.isoformat(),
        "end": (start + timedelta(seconds=5)).isoformat(),
        "seed": 7,
        "root": sha256(run_id.encode()).hexdigest(),
        "content": sha256(str(number).encode()).hexdigest(),
        "datasets": [_DATASET],
        "trials": [],
    }


def _metrics(numbers: random.Random) -> dict[str, float]:
    return {name: numbers.gauss(0, 1) for name in RUN_METRICS}


def _grid(number: int, numbers: random.Random) -> Data:
    """One evaluated grid of twenty points."""
    return {
        "strategy": f"rule_{number % _FAMILIES}",
        "version": "1",
        "family": f"rule_{number % _FAMILIES}/sp500",
        "fixed": {"leave": 50},
        "grid": {
            "axes": {"fast": [5, 10, 15, 20, 25], "slow": [50, 100, 150, 200]},
            "order": ["fast", "slow"],
            "where": None,
        },
        "conventions": {
            "data": _DATASET["name"],
            "digest": _DATASET["digest"],
            "start": "1999-01-04",
            "end": "2018-12-31",
            "n_bars": 5031,
            "bars_per_year": 252.0,
            "terms": {"fill": "next_open", "lag": 1, "fees_bps": 5.0, "slippage_bps": 5.0},
            "risk_free": 0.0,
        },
        "count": 20,
        "sharpe_count": 20,
        "sharpe_sum": numbers.gauss(0, 1),
        "sharpe_sumsq": abs(numbers.gauss(0, 1)),
        "extremes": {
            name: sorted((numbers.gauss(0, 1), numbers.gauss(0, 1))) for name in METRIC_NAMES
        },
    }
