"""Sort an executed notebook into the parts of a page: what comes first, what is put away.

Every cell gets a place in its metadata, which the page template reads. The rules:

- the cell that displays a first screen is the hero and opens the page; the cells before it
  (header and set-up) move to the end;
- the cells tagged `parameters` and `injected-parameters` are not shown; the table of the
  parameters actually used stands where the first of them stood, or, on a page with a hero,
  where the notebook displayed `parameters_here()`, or else at the end;
- what was written to stderr (warnings, logs) is gathered at the end;
- errors stay where they are, with their code open.
"""

import copy
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from peaklib.render.first_screen import MARKER as HERO_MARKER
from peaklib.render.fragments import PARAMETERS_MARKER
from peaklib.render.parameters import DEFAULTS_TAG, INJECTED_TAG

if TYPE_CHECKING:
    from nbformat import NotebookNode

PLACE: Final = "peak_place"
# Papermill adds cells that repeat an error; the page has its own banner.
_HIDDEN_TAGS: Final = frozenset({"papermill-error-cell-tag", "remove-cell"})
_PARAMETER_TAGS: Final = frozenset({DEFAULTS_TAG, INJECTED_TAG})
_VERDICT: Final = re.compile(r'data-verdict="([^"]*)"')


@dataclass(frozen=True)
class Failure:
    """A cell that ended in an error.

    Args:
        cell: execution count, or position where the cell has none.
        name: class of the error.
        message: its text, first line.
    """

    cell: int
    name: str
    message: str


@dataclass(frozen=True)
class LogEntry:
    """What one cell wrote to stderr."""

    cell: int
    text: str


@dataclass(frozen=True)
class Arranged:
    """A copy of the notebook with places, and what was taken out of it.

    Args:
        notebook: cells carry `metadata.peak_place`: hero, body, parameters, preface, hidden.
        verdict: word of the first screen, empty where the notebook displays none.
        failures: cells that ended in an error, in order.
        log: stderr by cell, in order.
    """

    notebook: "NotebookNode"
    verdict: str
    failures: tuple[Failure, ...]
    log: tuple[LogEntry, ...]

    @property
    def has_parameters_place(self) -> bool:
        """True if the table of parameters has a place other than the end of the page."""
        places = {cell.metadata[PLACE] for cell in self.notebook.cells}
        return "parameters" in places or _has_output(self.notebook, PARAMETERS_MARKER)


def arrange(notebook: "NotebookNode") -> Arranged:
    """Give every cell of a copy of the notebook its place on the page."""
    page = copy.deepcopy(notebook)
    hero = next((at for at, cell in enumerate(page.cells) if _shows(cell, HERO_MARKER)), None)
    marked = hero is not None or _has_output(page, PARAMETERS_MARKER)
    placed = marked
    for at, cell in enumerate(page.cells):
        tags = set(cell.metadata.get("tags", []))
        if tags & _PARAMETER_TAGS:
            cell.metadata[PLACE] = "hidden" if placed else "parameters"
            placed = True
        elif tags & _HIDDEN_TAGS:
            cell.metadata[PLACE] = "hidden"
        elif hero is not None and at <= hero:
            cell.metadata[PLACE] = "hero" if at == hero else "preface"
        else:
            cell.metadata[PLACE] = "body"
    return Arranged(page, _verdict(page), _failures(page), _take_log(page))


def _html_of(cell: "NotebookNode") -> str:
    return "".join(
        "".join(output.get("data", {}).get("text/html", "")) for output in cell.get("outputs", [])
    )


def _shows(cell: "NotebookNode", marker: str) -> bool:
    return f'class="{marker}"' in _html_of(cell)


def _has_output(notebook: "NotebookNode", html: str) -> bool:
    return any(html in _html_of(cell) for cell in notebook.cells)


def _verdict(notebook: "NotebookNode") -> str:
    for cell in notebook.cells:
        if _shows(cell, HERO_MARKER) and (found := _VERDICT.search(_html_of(cell))):
            return found[1]
    return ""


def _number(cell: "NotebookNode", at: int) -> int:
    return int(cell.get("execution_count") or at + 1)


def _failures(notebook: "NotebookNode") -> tuple[Failure, ...]:
    return tuple(
        Failure(_number(cell, at), output.ename, str(output.evalue).partition("\n")[0])
        for at, cell in enumerate(notebook.cells)
        for output in cell.get("outputs", [])
        if output.output_type == "error"
    )


def _take_log(notebook: "NotebookNode") -> tuple[LogEntry, ...]:
    entries = []
    for at, cell in enumerate(notebook.cells):
        stays = []
        for output in cell.get("outputs", []):
            if output.output_type == "stream" and output.name == "stderr":
                entries.append(LogEntry(_number(cell, at), output.text.rstrip()))
            else:
                stays.append(output)
        if "outputs" in cell:
            cell.outputs = stays
    return tuple(entries)
