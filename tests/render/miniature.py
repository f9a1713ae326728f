"""Notebooks in miniature for the tests of pages."""

import json
from typing import Any

import nbformat.v4 as v4
from nbformat import NotebookNode


def bundle(shown: Any) -> dict[str, Any]:
    """What a kernel would store for a displayed object."""
    if hasattr(shown, "to_plotly_json"):
        return {"application/vnd.plotly.v1+json": json.loads(shown.to_json())}
    if hasattr(shown, "_repr_mimebundle_"):
        return dict(shown._repr_mimebundle_())
    data = {"text/plain": repr(shown)}
    if hasattr(shown, "_repr_html_"):
        data["text/html"] = shown._repr_html_()
    return data


def code_cell(
    source: str, *shown: Any, tags: tuple[str, ...] = (), stderr: str = "", error: str = ""
) -> NotebookNode:
    outputs = [v4.new_output("display_data", data=bundle(each)) for each in shown]
    if stderr:
        outputs.append(v4.new_output("stream", name="stderr", text=stderr))
    if error:
        outputs.append(
            v4.new_output("error", ename="ValueError", evalue=error, traceback=["Traceback", error])
        )
    return v4.new_code_cell(
        source, outputs=outputs, execution_count=1, metadata={"tags": list(tags)}, id="code"
    )


def words(source: str) -> NotebookNode:
    return v4.new_markdown_cell(source, id="words")


def notebook(*cells: NotebookNode, metadata: dict[str, Any] | None = None) -> NotebookNode:
    language = {"language_info": {"name": "python", "pygments_lexer": "ipython3"}}
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    return v4.new_notebook(cells=list(cells), metadata=language | (metadata or {}))
