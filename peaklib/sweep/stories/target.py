"""The one trial that a notebook looks at: a sweep's best, or any other by its address."""

import math
from dataclasses import dataclass
from pathlib import Path

from peaklib.errors import EvidenceError
from peaklib.evidence import Registry, open_run
from peaklib.metrics import METRIC_NAMES
from peaklib.sweep.analysis import Best, best_of, edges
from peaklib.sweep.cell import CellData
from peaklib.sweep.results import SweepResults, preview, read_results


@dataclass(frozen=True)
class Target:
    """A trial and the sweep that it was made in.

    Args:
        results: of the sweep.
        best: the trial; it need not be the best one.
        is_best: whether it is the one that the sweep selects.
    """

    results: SweepResults
    best: Best
    is_best: bool

    @property
    def name(self) -> str:
        """Strategy and parameters in words."""
        return f"{self.best.cell.trials.attrs['strategy']} {self.best.text}".strip()

    @property
    def where(self) -> str:
        """Data set and costs in words."""
        cell = self.best.cell
        others = (v for k, v in cell.label.items() if k not in ("strategy", "dataset"))
        return " · ".join([cell.conventions["data"], *others])


def target_of(text: str, config: str, *, runs: Path | None = None) -> Target:
    """The trial that a notebook is asked about.

    Args:
        text: id of a sweep's run, whose best trial it is; `RUN:N`, a grid point of one of a
            sweep's cells; or empty for the best trial of a preview.
        config: sweep of the preview.
        runs: folder of runs; the project's by default.

    Raises:
        EvidenceError: there is no such sweep or trial, or its trial has no Sharpe.
    """
    if not text:
        return _best(preview(config))
    if ":" not in text:
        return _best(read_results(text, runs))
    registry = Registry(runs)
    ref = registry.find(text)
    parent = open_run(ref.run_id, runs=runs).record()["parent"]
    if ref.point is None or not parent:
        raise EvidenceError(
            f"{text!r} is no trial of a sweep; write RUN:N with the run of one of its cells, as "
            "the ranking in its report does"
        )
    results = read_results(parent, runs)
    cell = next((cell for cell in results.cells if cell.run_id == ref.run_id), None)
    if cell is None:
        raise EvidenceError(f"{text!r}: sweep run {parent} has no result of that run")
    found = trial_at(cell, ref.point)
    return Target(results, found, found.trial == best_of(results).trial)


def trial_at(cell: CellData, row: int) -> Best:
    """A trial of a cell by its number.

    Raises:
        EvidenceError: there is no such trial, or it never traded, so that it has no Sharpe.
    """
    address = f"{cell.run_id or 'preview'}:{row}"
    if not 0 <= row < len(cell.trials):
        raise EvidenceError(f"{address}: the run has trials 0 to {len(cell.trials) - 1}")
    trial = cell.trials.iloc[row]
    params = {name: trial[name].item() for name in cell.params}
    metrics = {name: float(trial[name]) for name in METRIC_NAMES}
    if math.isnan(metrics["sharpe"]):
        raise EvidenceError(
            f"{address} has no Sharpe ratio, because its account never moved: there is nothing to "
            "examine; take a trial that traded"
        )
    return Best(cell, params, metrics, address, edges(cell, params))


def _best(results: SweepResults) -> Target:
    return Target(results, best_of(results), True)
