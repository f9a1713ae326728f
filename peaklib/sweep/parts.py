"""A page made of parts, without a notebook that somebody executed."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from peaklib.render import render_page
from peaklib.render.figures import MIMETYPE


def write_parts(target: Path, title: str, parts: Sequence[Any]) -> Path:
    """Write fragments and figures below each other as one HTML file that needs no network.

    Args:
        target: the file; its folder must exist.
        title: of the page.
        parts: fragments of `peaklib.render` and plotly figures.

    Returns:
        `target`.

    Raises:
        NotebookError: the page would be too large.
    """
    from nbformat import v4

    cells = [v4.new_markdown_cell(f"# {title}", id="title")]
    for number, part in enumerate(parts):
        output = v4.new_output("display_data", data=_shown(part))
        cells.append(v4.new_code_cell("", outputs=[output], id=f"part-{number}"))
    return render_page(v4.new_notebook(cells=cells), target, title=title)


def _shown(part: Any) -> dict[str, Any]:
    if hasattr(part, "to_plotly_json"):
        return {MIMETYPE: json.loads(part.to_json())}
    return {"text/html": part._repr_html_()}
