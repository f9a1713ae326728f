"""Reading a notebook: its cells, the parameters it declares, what identifies it."""

from collections.abc import Iterable
from difflib import get_close_matches
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import nbformat

from peaklib.errors import NotebookError

# papermill's tag of the cell that it adds.
INJECTED: Final = "injected-parameters"


def read_notebook(path: Path) -> nbformat.NotebookNode:
    """A notebook file.

    Raises:
        NotebookError: missing, or no notebook.
    """
    try:
        notebook: nbformat.NotebookNode = nbformat.read(path, as_version=4)
    except FileNotFoundError:
        there = ", ".join(sorted(other.name for other in path.parent.glob("*.ipynb"))) or "none"
        raise NotebookError(
            f"{path}: no such notebook; in that folder there are: {there}"
        ) from None
    except (nbformat.ValidationError, ValueError, LookupError, TypeError, AttributeError) as error:
        # nbformat trips over JSON of another shape in several ways.
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise NotebookError(f"{path}: is no notebook ({reason})") from None
    return notebook


def declared_parameters(path: Path) -> dict[str, Any]:
    """Parameters of the cell tagged `parameters`: name to what papermill knows of each.

    Raises:
        NotebookError: the notebook cannot be read.
    """
    from papermill import inspect_notebook

    read_notebook(path)
    found: dict[str, Any] = inspect_notebook(str(path))
    return found


def check_parameters(path: Path, names: Iterable[str]) -> None:
    """Make sure that a notebook has all parameters that it is to be given.

    Raises:
        NotebookError: names the ones it does not have, and what it has.
    """
    declared = declared_parameters(path)
    strange = [name for name in names if name not in declared]
    if strange:
        near = get_close_matches(strange[0], declared, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise NotebookError(
            f"{path.name} has no parameter {', '.join(map(repr, strange))}{hint} "
            f"It has: {', '.join(declared)}"
        )


def source_digest(path: Path) -> str:
    """SHA-256 over kind, tags and source of every cell that its author wrote.

    Outputs, metadata and injected parameters do not count, so that an executed notebook
    has the digest of the one that was executed.
    """
    total = sha256()
    for cell in read_notebook(path).cells:
        tags = " ".join(cell.metadata.get("tags", []))
        if INJECTED in tags:
            continue
        total.update(f"{cell.cell_type}\0{tags}\0{cell.source}\0".encode())
    return total.hexdigest()
