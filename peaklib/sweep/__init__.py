"""Sweeps: from one configuration to many runs and one report."""

from peaklib.sweep.analysis import (
    above_hold,
    best_of,
    data_table,
    flat_opens,
    ranking,
    replay,
    summary,
)
from peaklib.sweep.cell import CellData, evaluate_cell
from peaklib.sweep.config import SweepConfig, load_config
from peaklib.sweep.execute import CellResult, Progress, estimate_seconds
from peaklib.sweep.figures import correlations, heatmap_of, limits_of
from peaklib.sweep.plan import Cell, Plan, make_plan
from peaklib.sweep.report import ReportFiles, make_report
from peaklib.sweep.results import SweepResults, preview, read_results
from peaklib.sweep.session import SweepRun, latest_sweep, run_sweep

__all__ = [
    "Cell",
    "CellData",
    "CellResult",
    "Plan",
    "Progress",
    "ReportFiles",
    "SweepConfig",
    "SweepResults",
    "SweepRun",
    "above_hold",
    "best_of",
    "correlations",
    "data_table",
    "estimate_seconds",
    "evaluate_cell",
    "flat_opens",
    "heatmap_of",
    "latest_sweep",
    "limits_of",
    "load_config",
    "make_plan",
    "make_report",
    "preview",
    "ranking",
    "read_results",
    "replay",
    "run_sweep",
    "summary",
]
