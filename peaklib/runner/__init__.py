"""The only place that executes notebooks: one notebook with parameters, one run."""

from peaklib.runner.execute import NotebookJob, Outcome, execute, run_notebook
from peaklib.runner.in_place import execute_in_place, project_notebooks, sync_pairs
from peaklib.runner.kernels import kernel_name, stop_kernels
from peaklib.runner.notebook import declared_parameters, source_digest

__all__ = [
    "NotebookJob",
    "Outcome",
    "declared_parameters",
    "execute",
    "execute_in_place",
    "kernel_name",
    "project_notebooks",
    "run_notebook",
    "source_digest",
    "stop_kernels",
    "sync_pairs",
]
