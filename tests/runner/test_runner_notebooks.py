"""Reading notebooks: what they declare and what identifies them."""

from pathlib import Path
from tempfile import gettempdir

import nbformat
import nbformat.v4 as v4
import pytest
from scratch import ROOT, write_notebook

from peaklib.errors import NotebookError
from peaklib.runner import declared_parameters, project_notebooks, source_digest
from peaklib.runner.notebook import check_parameters

PARAMETERS = "fast: int = 5  # bars\nslow: int = 50  # bars"


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    return write_notebook(tmp_path / "small.ipynb", PARAMETERS, "fast + slow")


def test_declared_parameters_carry_type_default_and_meaning(notebook: Path) -> None:
    found = declared_parameters(notebook)
    assert list(found) == ["fast", "slow"]
    assert (found["fast"]["inferred_type_name"], found["fast"]["default"]) == ("int", "5")
    assert found["fast"]["help"] == "bars"


def test_notebook_without_a_parameters_cell_declares_none(tmp_path: Path) -> None:
    path = tmp_path / "bare.ipynb"
    nbformat.write(v4.new_notebook(cells=[v4.new_code_cell("1")]), path)
    assert declared_parameters(path) == {}


def test_unknown_parameter_is_named_with_the_likely_one(notebook: Path) -> None:
    with pytest.raises(NotebookError) as caught:
        check_parameters(notebook, ["slow", "fst"])
    message = str(caught.value)
    assert message.startswith("small.ipynb has no parameter 'fst'; did you mean 'fast'?")
    assert message.endswith("It has: fast, slow")


def test_every_unknown_parameter_is_named(notebook: Path) -> None:
    with pytest.raises(NotebookError, match="no parameter 'window', 'zeta'"):
        check_parameters(notebook, ["window", "zeta"])


def test_missing_notebook_names_its_neighbours(notebook: Path) -> None:
    with pytest.raises(NotebookError, match=r"smal.ipynb: no such notebook; .*: small.ipynb"):
        declared_parameters(notebook.with_name("smal.ipynb"))


@pytest.mark.parametrize("content", ["{", '{"cells": 3}', "[]", ""])
def test_file_that_is_no_notebook_is_refused(content: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.ipynb"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(NotebookError, match=r"bad.ipynb: is no notebook"):
        declared_parameters(path)


def test_digest_ignores_outputs_counts_and_metadata(notebook: Path) -> None:
    before = source_digest(notebook)
    node = nbformat.read(notebook, as_version=4)
    cell = node.cells[1]
    cell.outputs = [v4.new_output("stream", name="stdout", text="55")]
    cell.execution_count = 9
    cell.metadata["papermill"] = {"duration": 1.0}
    node.metadata["papermill"] = {"parameters": {}}
    nbformat.write(node, notebook)
    assert source_digest(notebook) == before


@pytest.mark.parametrize("change", ["source", "tags", "kind", "order", "split"])
def test_digest_follows_whatever_is_executed(change: str, notebook: Path) -> None:
    before = source_digest(notebook)
    node = nbformat.read(notebook, as_version=4)
    match change:
        case "source":
            node.cells[1].source += "  "
        case "tags":
            node.cells[1].metadata["tags"] = ["skip"]
        case "kind":
            node.cells[1] = v4.new_markdown_cell(node.cells[1].source)
        case "order":
            node.cells.reverse()
        case "split":
            node.cells.append(v4.new_code_cell(""))
    nbformat.write(node, notebook)
    assert source_digest(notebook) != before


def test_drafts_and_checkpoints_are_no_notebooks_of_the_project(tmp_path: Path) -> None:
    for name in ["b.ipynb", "a.ipynb", "_draft.ipynb", ".hidden.ipynb", "a.py"]:
        (tmp_path / name).touch()
    assert [path.name for path in project_notebooks(tmp_path)] == ["a.ipynb", "b.ipynb"]


PROJECT = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", PROJECT, ids=lambda path: path.stem)
def test_parameters_are_typed_and_commented(path: Path) -> None:
    declared = declared_parameters(path)
    assert declared
    for name, parameter in declared.items():
        assert parameter["inferred_type_name"] != "None", f"{path.name}: {name} has no type"
        assert parameter["help"], f"{path.name}: {name} has no comment"


@pytest.mark.parametrize("path", PROJECT, ids=lambda path: path.stem)
def test_notebook_opens_with_question_reads_and_writes(path: Path) -> None:
    first = nbformat.read(path, as_version=4).cells[0]
    assert first.cell_type == "markdown"
    assert first.source.startswith("# ")
    places = [first.source.find(f"**{word}**") for word in ("Question", "Reads", "Writes")]
    assert -1 not in places
    assert places == sorted(places)


@pytest.mark.parametrize("path", PROJECT, ids=lambda path: path.stem)
def test_notebook_names_no_place_of_a_machine(path: Path) -> None:
    text = path.read_text("utf-8")
    assert str(ROOT) not in text
    assert str(Path.home()) + "/" not in text
    for place in ("/home/", "/Users/", f"{gettempdir()}/", "C:\\\\", "site-packages"):
        assert place not in text
