"""Planted keys in a notebook that runs on a real kernel: no byte of what is kept holds one."""

import sqlite3
from collections.abc import Iterator
from typing import Any

import nbformat
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scratch import write_notebook

from peaklib.evidence import Query, Registry, RunSpec, verify_pack
from peaklib.runner import NotebookJob, Outcome, run_notebook

pytestmark = [
    pytest.mark.notebook,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
]

# Made up for this test; the last one is known by its shape alone.
VARIABLE = "planted-Variable/1+x"
PARAMETER = "planted-parameter-2"
SHAPED = "ghp_" + "Pl4nted" * 4 + "12345678"
PARAMETERS = 'run_dir: str = ""  # folder of the run\napi_key: str = ""  # of a service'
CELLS = (
    "import logging, os, sys\nimport pandas as pd\nfrom peaklib import evidence\n"
    "run = evidence.attach(run_dir)\nvariable = os.environ['BROKER_TOKEN']\n"
    "shaped = 'ghp_' + 'Pl4nted' * 4 + '12345678'\nkeys = [variable, api_key, shaped]",
    "print('output', keys)\nlogging.warning('log %s', keys)\n"
    "os.write(2, f'kernel log {keys}\\n'.encode())",
    "pd.DataFrame({'shown': keys})",
    "run.note(f'note {keys}')\nrun.save_text('words.txt', f'text {keys}')\n"
    "run.save_table('variables', pd.DataFrame({'text': [variable], 'n': [1]}))\n"
    "run.save_table('shapes', pd.DataFrame({'text': pd.Categorical([shaped])}))\n"
    "run.log_metric('n', 3)",
    "raise RuntimeError(f'401 for {keys}')",
)


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    """A run whose environment, parameter, output, log, notes, files and traceback hold keys."""
    folder = tmp_path_factory.mktemp("project")
    notebook = write_notebook(folder / "notebooks" / "leaking.ipynb", PARAMETERS, *CELLS)
    config = {"parameters": {"api_key": PARAMETER}}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BROKER_TOKEN", VARIABLE)
        spec = RunSpec("test", config, seed=1)
        yield run_notebook(NotebookJob(notebook, {"api_key": PARAMETER}, spec, folder / "runs"))


def texts(value: Any) -> str:
    return "\n".join(map(str, value))


def test_the_run_came_as_far_as_to_its_traceback(failed: Outcome) -> None:
    """So the other tests look at something: each key was said in each place."""
    assert failed.status == "failed"
    assert failed.error is not None
    assert failed.error.startswith("RuntimeError: 401 for ['")
    notebook = nbformat.read(failed.folder / "notebook.ipynb", as_version=4)
    said = str(notebook.cells)
    for name in ("BROKER_TOKEN", "parameters.api_key"):
        assert said.count(f"[redacted: {name}]") >= 4
    assert "kernel log" in (failed.folder / "run.log").read_text("utf-8")
    assert pq.read_table(failed.folder / "outputs/tables/variables.parquet").num_rows == 1


def test_no_byte_of_the_store_holds_a_planted_key(failed: Outcome) -> None:
    files = [path for path in failed.folder.parent.rglob("*") if path.is_file()]
    names = {path.name for path in files}
    assert {"ledger.jsonl", "index.sqlite", "notebook.ipynb", "run.log", "words.txt"} <= names
    for path in files:
        content = path.read_bytes()
        for key in (VARIABLE, PARAMETER, SHAPED):
            assert key.encode() not in content, path
            assert key[8:].encode() not in content, path


def test_no_table_of_the_pack_holds_a_planted_key(failed: Outcome) -> None:
    """Parquet is compressed: the bytes alone would not show it."""
    tables = sorted((failed.folder / "outputs" / "tables").glob("*.parquet"))
    assert len(tables) == 2
    for path in tables:
        table: pa.Table = pq.read_table(path)
        said = texts([table.to_pylist(), table.schema, table.schema.metadata])
        assert "redacted" in said
        assert not any(key[8:] in said for key in (VARIABLE, PARAMETER, SHAPED))


def test_ledger_and_index_name_the_keys_and_do_not_hold_them(failed: Outcome) -> None:
    registry = Registry(failed.folder.parent)
    (row,) = registry.select(Query())
    (event,) = registry.ledger.events("publish")
    assert row.error == event.data["error"]
    assert "[redacted: BROKER_TOKEN]" in str(row.error)
    connection = sqlite3.connect(registry.index.path)
    try:
        dump = texts(connection.iterdump())
    finally:
        connection.close()
    assert "[redacted: BROKER_TOKEN]" in dump
    assert not any(key[8:] in dump for key in (VARIABLE, PARAMETER, SHAPED))


def test_the_pack_without_its_keys_verifies(failed: Outcome) -> None:
    root = Registry(failed.folder.parent).root_of(failed.run_id)
    assert verify_pack(failed.folder, root=root).ok
