"""One executed notebook as one self-contained HTML file."""

import os
import tempfile
from collections.abc import Collection, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from plotly.offline import get_plotlyjs

from peaklib.errors import NotebookError
from peaklib.render.arrange import Arranged, arrange
from peaklib.render.attached import MIMETYPE as ATTACHMENT, attachment_html
from peaklib.render.figures import CSS_CLASS, MIMETYPE, figure_html, script_json
from peaklib.render.fragments import PARAMETERS_MARKER
from peaklib.render.html import TEMPLATES, fragments_css, style_block
from peaklib.render.parameters import ParameterTable, parameters_used
from peaklib.render.template import DARK, LIGHT, Theme, dark_for_light

if TYPE_CHECKING:
    from nbconvert import HTMLExporter
    from nbformat import NotebookNode

MAX_BYTES: Final = 15_000_000
_LIBRARY_PLACE: Final = '<script id="peak-library"></script>'
_FAILED: Final = "EXECUTION FAILED"


def render_page(
    notebook: "NotebookNode | Path",
    target: Path,
    *,
    title: str,
    hidden: Collection[str] = (),
    provenance: Sequence[tuple[str, str]] = (),
    max_bytes: int = MAX_BYTES,
) -> Path:
    """Write an executed notebook as one HTML file that needs no network and no server.

    The same notebook gives the same bytes. The file appears under its name all at once.
    How cells are placed is described in `peaklib.render.arrange`.

    Args:
        notebook: an executed notebook, or the path of one.
        target: the file to write; its folder must exist.
        title: title of the page; a verdict or a failed execution is put before it.
        hidden: parameters that are not listed, such as a folder that is gone by now.
        provenance: names and values for the line above everything else; for notebooks whose
            first screen has no such line.
        max_bytes: largest file to write.

    Returns:
        `target`.

    Raises:
        NotebookError: the notebook cannot be read, or the page would be larger than
            `max_bytes`; nothing is written then.
    """
    node = _read(notebook) if isinstance(notebook, Path) else notebook
    html = page_html(node, title=title, hidden=hidden, provenance=provenance)
    content = html.encode("utf-8")
    if len(content) > max_bytes:
        raise NotebookError(
            f"page {target.name} would have {len(content):,} bytes, the limit is {max_bytes:,}; "
            "show fewer rows or fewer figures and put the rest into a file beside it"
        )
    _write_at_once(target, content)
    return target


def page_html(
    notebook: "NotebookNode",
    *,
    title: str,
    hidden: Collection[str] = (),
    provenance: Sequence[tuple[str, str]] = (),
) -> str:
    """The page of `render_page` as text."""
    arranged = arrange(notebook)
    parameters = tuple(p for p in parameters_used(notebook) if p.name not in hidden)
    table = ParameterTable(parameters).html() if parameters else ""
    heading = " · ".join(part for part in (_prefix(arranged), title) if part)
    resources: dict[str, Any] = {
        "peak": {
            "title": heading,
            "provenance": list(provenance),
            "failures": arranged.failures,
            "log": arranged.log,
            "parameters": table,
            "parameters_last": not arranged.has_parameters_place,
            "css": _page_css(),
            "script": (TEMPLATES / "peak" / "page.js").read_text("utf-8"),
            "dark": script_json(dark_for_light()),
        }
    }
    html: str = _exporter().from_notebook_node(arranged.notebook, resources)[0]
    html = html.replace(PARAMETERS_MARKER, table)
    library = get_plotlyjs() if f'class="{CSS_CLASS}"' in html else ""
    return html.replace(_LIBRARY_PLACE, f"<script>{library}</script>" if library else "", 1)


def _prefix(arranged: Arranged) -> str:
    return _FAILED if arranged.failures else arranged.verdict


def _exporter() -> "HTMLExporter":
    # Imported here: a notebook that shows one table must not wait for nbconvert.
    import nbconvert

    make: Any = nbconvert.HTMLExporter
    exporter = make(
        template_name="peak",
        extra_template_basedirs=[str(TEMPLATES)],
        exclude_anchor_links=True,
        embed_images=True,
    )
    exporter.config.NbConvertBase.display_data_priority = [
        MIMETYPE,
        ATTACHMENT,
        "text/html",
        "text/markdown",
        "image/svg+xml",
        "image/png",
        "image/jpeg",
        "text/plain",
    ]
    exporter.register_filter("plotly_figure", figure_html)
    exporter.register_filter("attached_document", attachment_html)
    exporter.register_filter("without_style", lambda html: html.replace(style_block(), ""))
    return cast("HTMLExporter", exporter)


def _page_css() -> str:
    own = (TEMPLATES / "peak" / "page.css").read_text("utf-8")
    dark = f"@media screen and (prefers-color-scheme:dark){{{_variables(DARK)}}}"
    return f"{_variables(LIGHT)}\n{dark}\n{fragments_css()}\n{own}"


def _variables(theme: Theme) -> str:
    return (
        ":root{"
        + "".join(f"--peak-{role}:{colour};" for role, colour in asdict(theme).items())
        + "}"
    )


def _read(path: Path) -> "NotebookNode":
    import nbformat

    read: Any = nbformat.read
    try:
        return cast("NotebookNode", read(path, as_version=4))
    except (OSError, ValueError, nbformat.ValidationError) as error:
        raise NotebookError(f"{path}: not a notebook that can be read: {error}") from error


def _write_at_once(target: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        # mkstemp makes the file private; a report is for others to read.
        os.chmod(name, 0o644)
        os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
