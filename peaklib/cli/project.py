"""Finding the project that a command works in."""

import os
from pathlib import Path

import click


def find_project(near: Path | None = None) -> Path:
    """The project's root: of the working folder, or of a file that the command was given.

    `PEAK_HOME` is set to it, so that this process and its kernels agree.

    Args:
        near: a file of the project.

    Raises:
        click.UsageError: neither lies in a project.
    """
    from peaklib.evidence import home
    from peaklib.evidence.places import HOME_VARIABLE

    for place in (home(), home(near.resolve().parent) if near else home()):
        if (place / "configs").is_dir() and (place / "notebooks").is_dir():
            os.environ[HOME_VARIABLE] = str(place)
            return place
    raise click.UsageError(
        f"{home()} is no project (no configs/ and notebooks/ in it or above it); change to a "
        "checkout, or name one by the variable PEAK_HOME"
    )
