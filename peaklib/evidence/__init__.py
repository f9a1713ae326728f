"""Runs and the evidence that they leave. Knows nothing of markets or notebooks."""

from peaklib.evidence.axes import Axes
from peaklib.evidence.canonical import digest, to_json
from peaklib.evidence.condition import Condition
from peaklib.evidence.environment import code, environment, sources_digest
from peaklib.evidence.pack import (
    OpenRun,
    RunSpec,
    SealedRun,
    create_run,
    open_run,
    published,
    start_run,
)
from peaklib.evidence.places import home, reports_folder, runs_folder
from peaklib.evidence.run import Run, attach

__all__ = [
    "Axes",
    "Condition",
    "OpenRun",
    "Run",
    "RunSpec",
    "SealedRun",
    "attach",
    "code",
    "create_run",
    "digest",
    "environment",
    "home",
    "open_run",
    "published",
    "reports_folder",
    "runs_folder",
    "sources_digest",
    "start_run",
    "to_json",
]
