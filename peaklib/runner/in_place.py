"""Executing the project's own notebooks with their default parameters, in place."""

import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat

from peaklib.errors import NotebookError
from peaklib.runner.execute import execute


def sync_pairs(notebooks: Iterable[Path]) -> None:
    """Bring each notebook and its py:percent script to the newer of the two.

    Raises:
        NotebookError: jupytext could not; holds what it said.
    """
    paths = [str(path) for path in notebooks]
    command = [sys.executable, "-m", "jupytext", "--quiet", "--sync", *paths]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotebookError(f"jupytext could not pair {', '.join(paths)}: {done.stderr.strip()}")


def execute_in_place(notebook: Path, *, threads: int) -> None:
    """Execute with default parameters and keep the outputs in the file itself.

    What differs from run to run (times, papermill's remarks) is left out, so that an
    unchanged notebook stays an unchanged file.

    Raises:
        NotebookError: a cell failed; the file is left as it was.
    """
    with TemporaryDirectory() as scratch:
        executed = execute(
            notebook,
            Path(scratch) / notebook.name,
            {},
            log=Path(scratch) / "kernel.log",
            threads=threads,
        )
    nbformat.write(_stable(executed), notebook)


def _stable(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    notebook.metadata.pop("papermill", None)
    notebook.metadata.pop("language_info", None)
    # Megabytes that no viewer without a kernel can use.
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        for name in ("papermill", "execution"):
            cell.metadata.pop(name, None)
        if cell.metadata.get("tags") == []:
            del cell.metadata["tags"]
    return notebook


def project_notebooks(folder: Path) -> Iterator[Path]:
    """The notebooks of a folder, sorted; checkpoints and drafts (`_name`) are left out."""
    return (path for path in sorted(folder.glob("*.ipynb")) if not path.name.startswith(("_", ".")))
