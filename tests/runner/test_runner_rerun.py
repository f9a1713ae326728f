"""The notebook of a pack, taken back to what its author wrote."""

import os
from pathlib import Path

import nbformat
import nbformat.v4 as v4
import pytest
from scratch import write_notebook

from peaklib.errors import NotebookError
from peaklib.evidence import SealedRun, open_run, start_run
from peaklib.runner import execute, inputs_of, original, source_digest
from peaklib.runner.kernels import kernel_environment

# nbclient leaves the event loop of a thread that has ended to the garbage collector.
pytestmark = [
    pytest.mark.notebook,
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
    pytest.mark.usefixtures("collected"),
]

PARAMETERS = 'name: str = "x"  # of nothing\nseed: int = 0  # of nothing'


def test_executed_notebook_goes_back_to_its_source(tmp_path: Path) -> None:
    source = write_notebook(tmp_path / "a.ipynb", PARAMETERS, "print(name)", "1 + seed")
    executed = tmp_path / "executed.ipynb"
    execute(source, executed, {"name": "y", "seed": 3}, log=tmp_path / "log")
    assert "injected-parameters" in executed.read_text("utf-8")

    back = original(executed)
    written = nbformat.read(source, as_version=4)
    assert [cell.source for cell in back.cells] == [cell.source for cell in written.cells]
    tags = [[cell.metadata.get("tags", []) for cell in each.cells] for each in (back, written)]
    assert tags[0] == tags[1]
    assert not any("papermill" in cell.metadata for cell in back.cells)
    assert all(not cell.outputs and cell.execution_count is None for cell in back.cells)
    assert "papermill" not in back.metadata
    nbformat.validate(back)


def test_digest_of_the_source_does_not_see_an_execution(tmp_path: Path) -> None:
    source = write_notebook(tmp_path / "a.ipynb", PARAMETERS, "print(name)")
    executed = tmp_path / "executed.ipynb"
    execute(source, executed, {"name": "y"}, log=tmp_path / "log")
    assert source_digest(executed) == source_digest(source)

    changed = nbformat.read(executed, as_version=4)
    changed.cells[-1].source = "print(name.upper())"
    nbformat.write(changed, executed)
    assert source_digest(executed) != source_digest(source)


def test_cell_that_only_looks_injected_counts(tmp_path: Path) -> None:
    notebook = v4.new_notebook(cells=[v4.new_code_cell("1", metadata={"tags": ["injected"]})])
    nbformat.write(notebook, tmp_path / "a.ipynb")
    assert len(original(tmp_path / "a.ipynb").cells) == 1


def test_what_is_no_notebook_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.ipynb").write_text("{}", "utf-8")
    with pytest.raises(NotebookError, match=r"a\.ipynb"):
        original(tmp_path / "a.ipynb")


def fail_within(sealed: SealedRun) -> None:
    with inputs_of(sealed):
        assert os.environ["PEAK_HOME"] == str(sealed.runs.parent)
        assert os.environ["PEAK_INPUTS"] == str(sealed.folder)
        assert kernel_environment(1)["PEAK_INPUTS"] == str(sealed.folder)
        raise ZeroDivisionError


def test_inputs_of_a_run_are_named_for_the_time_of_a_block_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with start_run(kind="test", config={}, runs=tmp_path / "runs") as run:
        pass
    sealed = open_run(run.run_id, runs=tmp_path / "runs")
    monkeypatch.setenv("PEAK_HOME", "before")
    monkeypatch.delenv("PEAK_INPUTS", raising=False)
    with pytest.raises(ZeroDivisionError):
        fail_within(sealed)
    assert os.environ["PEAK_HOME"] == "before"
    assert "PEAK_INPUTS" not in os.environ


@pytest.mark.parametrize("by", [None, "", "1", str(os.getppid())])
def test_kernels_do_not_read_the_inputs_that_a_shell_names(
    monkeypatch: pytest.MonkeyPatch, by: str | None
) -> None:
    monkeypatch.setenv("PEAK_INPUTS", "forged")
    if by is not None:
        monkeypatch.setenv("PEAK_INPUTS_BY", by)
    assert not {"PEAK_INPUTS", "PEAK_INPUTS_BY"} & set(kernel_environment(1))
