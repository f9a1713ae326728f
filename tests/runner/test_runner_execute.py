"""Executing notebooks on real kernels: what is kept when all goes well, and when it does not."""

import os
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import nbformat
import psutil
import pytest
from scratch import ROOT, wait_until, write_notebook

from peaklib.errors import NotebookError
from peaklib.evidence import RunSpec, open_run
from peaklib.runner import (
    NotebookJob,
    Outcome,
    execute,
    execute_in_place,
    run_notebook,
    stop_kernels,
    sync_pairs,
)

# nbclient leaves the event loop of a thread that has ended to the garbage collector.
pytestmark = [
    pytest.mark.notebook,
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
    pytest.mark.usefixtures("collected"),
]

PARAMETERS = 'run_dir: str = ""  # folder of the run\nn: int = 1  # a number'
Run = Callable[..., Outcome]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run a notebook of the given cells into `tmp_path / "runs"`."""

    def _run(*cells: str, timeout_s: int | None = None, **parameters: object) -> Outcome:
        notebook = write_notebook(tmp_path / "notebooks" / "small.ipynb", PARAMETERS, *cells)
        spec = RunSpec("test", {"n": 1}, seed=5)
        job = NotebookJob(notebook, parameters, spec, tmp_path / "runs", timeout_s=timeout_s)
        return run_notebook(job)

    return _run


def executed(outcome: Outcome) -> nbformat.NotebookNode:
    node: nbformat.NotebookNode = nbformat.read(outcome.folder / "notebook.ipynb", as_version=4)
    return node


def kernels() -> list[psutil.Process]:
    """Kernels that this process has started and that still run."""
    children = psutil.Process().children(recursive=True)
    running = [child for child in children if child.status() != psutil.STATUS_ZOMBIE]
    return [child for child in running if "ipykernel" in " ".join(child.cmdline())]


def test_notebook_becomes_one_run_with_its_parameters(run: Run, tmp_path: Path) -> None:
    outcome = run(
        "from peaklib import evidence\nevidence.attach(run_dir).log_metric('n', n)",
        "import os; print(os.getcwd())",
        n=7,
    )
    assert (outcome.status, outcome.error) == ("completed", None)
    record = open_run(outcome.run_id, runs=tmp_path / "runs").record()
    assert record["metrics"] == {"n": 7}
    assert (record["kind"], record["seed"], record["status"]) == ("test", 5, "completed")
    # A kernel starts where its notebook lies, as in JupyterLab.
    assert executed(outcome).cells[-1].outputs[0].text.strip() == str(tmp_path / "notebooks")
    assert kernels() == []


def test_unknown_parameter_is_an_error_and_makes_no_run(run: Run, tmp_path: Path) -> None:
    with pytest.raises(NotebookError, match="no parameter 'm'"):
        run("n", m=2)
    assert not (tmp_path / "runs").exists()


def test_run_dir_is_given_only_to_a_notebook_that_declares_it(tmp_path: Path) -> None:
    notebook = write_notebook(tmp_path / "bare.ipynb", "n: int = 1  # a number", "n")
    outcome = run_notebook(NotebookJob(notebook, {"n": 2}, RunSpec("test", {}), tmp_path / "runs"))
    assert outcome.status == "completed"


def test_failing_cell_is_kept_with_its_error(run: Run, tmp_path: Path) -> None:
    outcome = run("x = n / 0", "print('never')", n=3)
    assert outcome.status == "failed"
    assert outcome.error == "ZeroDivisionError: division by zero"
    record = open_run(outcome.run_id, runs=tmp_path / "runs").record()
    assert (record["status"], record["error"]) == ("failed", outcome.error)
    outputs = [output for cell in executed(outcome).cells for output in cell.get("outputs", [])]
    assert [output.ename for output in outputs if output.output_type == "error"] == [
        "ZeroDivisionError"
    ]
    assert not any("never" in output.get("text", "") for output in outputs)


def test_kernel_that_dies_fails_the_run(run: Run, tmp_path: Path) -> None:
    began = time.monotonic()
    outcome = run("print('about to die')", "import os; os._exit(3)", "print('never')")
    assert time.monotonic() - began < 30
    assert outcome.status == "failed"
    assert outcome.error is not None
    assert outcome.error.startswith("the kernel died")
    assert (
        open_run(outcome.run_id, runs=tmp_path / "runs").record()["error"].startswith("the kernel")
    )
    assert executed(outcome).cells[2].outputs[0].text == "about to die\n"


def test_cell_that_takes_too_long_is_stopped(run: Run) -> None:
    outcome = run("import time; time.sleep(60)", timeout_s=1)
    assert outcome.status == "failed"
    assert outcome.error == "a cell ran for more than 1 s and was stopped"
    assert kernels() == []


def test_noise_of_the_kernel_goes_to_the_log_only(
    run: Run, capfd: pytest.CaptureFixture[str]
) -> None:
    outcome = run(
        "import os\nos.write(2, b'below python\\n')\nos.system('echo from a child')",
        "import atexit\natexit.register(os.write, 1, b'on the way out\\n')",
        "print('of a cell')",
    )
    assert outcome.status == "completed"
    assert capfd.readouterr() == ("", "")
    log = (outcome.folder / "run.log").read_text("utf-8")
    for noise in ("below python", "from a child", "on the way out"):
        assert noise in log
    assert "of a cell" not in log
    assert executed(outcome).cells[-1].outputs[0].text == "of a cell\n"


def test_runs_in_threads_do_not_disturb_each_other(tmp_path: Path) -> None:
    before = os.getcwd()
    cell = "import os, time; time.sleep(0.5); open(run_dir + '/at.txt', 'w').write(os.getcwd())"
    places = [tmp_path / name for name in ("first", "second")]
    outcomes: list[Outcome] = []

    def work(place: Path) -> None:
        notebook = write_notebook(place / "small.ipynb", PARAMETERS, cell)
        outcomes.append(run_notebook(NotebookJob(notebook, {}, RunSpec("test", {}), place / "r")))

    threads = [threading.Thread(target=work, args=(place,)) for place in places]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {(o.folder / "at.txt").read_text("utf-8") for o in outcomes} == set(map(str, places))
    assert os.getcwd() == before


def test_stopped_kernels_fail_their_notebooks_at_once(run: Run, tmp_path: Path) -> None:
    outcomes: list[Outcome] = []
    flag = tmp_path / "started"
    cell = f"open({str(flag)!r}, 'w').close(); import time; time.sleep(60)"
    thread = threading.Thread(target=lambda: outcomes.append(run(cell)))
    thread.start()
    wait_until(flag.exists, "the cell to start")
    assert stop_kernels() == 1
    thread.join(timeout=30)
    assert [outcome.status for outcome in outcomes] == ["failed"]
    assert kernels() == []


@pytest.mark.slow
def test_executing_in_place_twice_leaves_the_same_bytes(tmp_path: Path) -> None:
    path = write_notebook(
        tmp_path / "small.ipynb",
        "n: int = 3  # a number",
        "import pandas as pd\nprint(n)",
        "pd.DataFrame({'a': range(n)})",
    )
    execute_in_place(path, threads=1)
    first = path.read_bytes()
    assert b'"text/html"' in first
    execute_in_place(path, threads=1)
    assert path.read_bytes() == first


def test_notebook_that_fails_in_place_is_left_as_it_was(tmp_path: Path) -> None:
    path = write_notebook(tmp_path / "small.ipynb", "n: int = 0  # a number", "1 / n")
    before = path.read_bytes()
    with pytest.raises(NotebookError, match="ZeroDivisionError"):
        execute_in_place(path, threads=1)
    assert path.read_bytes() == before


def test_a_kernel_is_talked_to_by_sockets_that_nobody_else_can_take(tmp_path: Path) -> None:
    """A port that is found free can be somebody else's before the kernel has bound it."""
    cell = (
        "import json, os\nfrom ipykernel import get_connection_file\n"
        "at = json.load(open(get_connection_file()))\n"
        "folder = os.path.dirname(at['ip'])\n"
        "print(at['transport'], oct(os.stat(folder).st_mode)[-3:], folder)"
    )
    notebook = write_notebook(tmp_path / "small.ipynb", "n: int = 0  # a number", cell)
    node = execute(notebook, tmp_path / "out.ipynb", {}, log=tmp_path / "log")
    transport, mode, folder = node.cells[-1].outputs[0].text.split()
    assert (transport, mode) == ("ipc", "700")
    assert not Path(folder).exists()


def test_threads_for_numbers_are_those_of_the_job(tmp_path: Path) -> None:
    cell = "import os\nos.environ['NUMBA_NUM_THREADS']"
    notebook = write_notebook(tmp_path / "small.ipynb", "n: int = 0  # a number", cell)
    node = execute(notebook, tmp_path / "out.ipynb", {}, log=tmp_path / "log", threads=1)
    assert node.cells[-1].outputs[0].data["text/plain"] == "'1'"


@pytest.mark.slow
def test_newer_of_a_pair_is_written_to_the_other(tmp_path: Path) -> None:
    shutil.copy(ROOT / "jupytext.toml", tmp_path)
    path = write_notebook(tmp_path / "notebooks" / "small.ipynb", "n: int = 1  # a number", "n")
    sync_pairs([path])
    script = path.with_suffix(".py")
    assert '# %% tags=["parameters"]\nn: int = 1  # a number' in script.read_text("utf-8")

    script.write_text(script.read_text("utf-8").replace("n: int = 1", "n: int = 2"), "utf-8")
    later = path.stat().st_mtime + 10
    os.utime(script, (later, later))
    sync_pairs([path])
    assert nbformat.read(path, as_version=4).cells[0].source == "n: int = 2  # a number"


@pytest.mark.slow
def test_pair_that_cannot_be_synced_is_named(tmp_path: Path) -> None:
    path = tmp_path / "bad.ipynb"
    path.write_text("{", "utf-8")
    with pytest.raises(NotebookError, match=r"jupytext could not pair .*bad\.ipynb"):
        sync_pairs([path])
