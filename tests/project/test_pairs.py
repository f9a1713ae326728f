"""Each notebook and its script say the same."""

from pathlib import Path
from typing import Any

import jupytext


def cells(path: Path) -> list[tuple[str, str, tuple[str, ...]]]:
    """Kind, text and tags of each cell."""
    notebook: Any = jupytext.read(path)
    return [
        (cell.cell_type, cell.source.strip(), tuple(cell.metadata.get("tags", ())))
        for cell in notebook.cells
    ]


def test_every_notebook_has_a_script_and_every_script_a_notebook(root: Path) -> None:
    notebooks = {path.stem for path in (root / "notebooks").glob("*.ipynb")}
    scripts = {path.stem for path in (root / "notebooks").glob("*.py")}
    assert notebooks == scripts


def test_notebook_and_script_agree_cell_by_cell(root: Path) -> None:
    for notebook in sorted((root / "notebooks").glob("*.ipynb")):
        assert cells(notebook) == cells(notebook.with_suffix(".py")), "run make notebooks"


def test_notebooks_ask_for_the_kernel_of_the_project(root: Path) -> None:
    """Another name opens a dialog on every machine but the author's."""
    for notebook in sorted((root / "notebooks").glob("*.ipynb")):
        assert jupytext.read(notebook).metadata.kernelspec.name == "peaklib", notebook.name


def test_script_in_percent_format_keeps_the_parameters_tag(tmp_path: Path) -> None:
    script = tmp_path / "cell.py"
    script.write_text('# %% tags=["parameters"]\nfast: int = 20\n', encoding="utf-8")
    assert cells(script) == [("code", "fast: int = 20", ("parameters",))]
