"""Where a project keeps its files."""

import os
from pathlib import Path
from typing import Final

HOME_VARIABLE: Final = "PEAK_HOME"
# Folder of the run that is being repeated, whose kept inputs are read again.
INPUTS_VARIABLE: Final = "PEAK_INPUTS"
# Number of the process that repeats it; what a shell says of inputs without it is not passed on.
REPEATER_VARIABLE: Final = "PEAK_INPUTS_BY"
# Date from which on no row of any data set is read; the runner sets it for a sweep's cells.
HOLDOUT_VARIABLE: Final = "PEAK_HOLDOUT_FROM"


def home(start: Path | None = None) -> Path:
    """The project's root: what `PEAK_HOME` names, or the nearest folder above that has `configs/`.

    Args:
        start: where to look from; the working folder by default.

    Returns:
        The root, or `start` itself when nothing above it looks like a project.
    """
    named = os.environ.get(HOME_VARIABLE)
    if named:
        return Path(named).resolve()
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / "configs").is_dir() and (folder / "notebooks").is_dir():
            return folder
    return here


def runs_folder() -> Path:
    """Folder of all runs of the project; it need not exist yet."""
    return home() / "runs"


def reports_folder() -> Path:
    """Folder of pages for reviewers; it need not exist yet."""
    return home() / "reports"
