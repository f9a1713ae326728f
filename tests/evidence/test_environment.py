"""What is recorded of interpreter, machine, packages, variables and sources."""

import json
import os
import subprocess
import sys
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from peaklib.errors import EvidenceError
from peaklib.evidence.canonical import to_json
from peaklib.evidence.environment import code, environment, sources_digest
from peaklib.evidence.places import HOME_VARIABLE

PRINT = """
import sys
from peaklib.evidence.canonical import to_json
from peaklib.evidence.environment import environment
sys.stdout.buffer.write(to_json(environment()))
"""


def recorded_by(**variables: str | bytes) -> dict[str, Any]:
    """What a new process records, started with some more variables."""
    env: dict[Any, Any] = {**os.environ, **variables}
    done = subprocess.run([sys.executable, "-c", PRINT], env=env, capture_output=True, check=True)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_it_names_interpreter_and_packages() -> None:
    found = environment()
    assert found["python"] == ".".join(map(str, sys.version_info[:3]))
    assert found["packages"]["numpy"] == np.__version__
    assert found["packages"]["pandas"] == pd.__version__
    assert found["packages"]["peaklib"] == version("peaklib")
    assert list(found["packages"]) == sorted(found["packages"])


def test_it_names_processor_and_every_blas_with_its_threads() -> None:
    found = environment()
    assert found["cpu_features"]["baseline"]
    assert len(found["blas"]) >= 1
    for library in found["blas"]:
        assert library["num_threads"] >= 1
        # OpenMP, which scikit-learn brings along, is listed for its threads and has no version.
        assert library["version"] or library["user_api"] == "openmp"


def test_only_listed_variables_are_recorded_and_threads_as_they_are() -> None:
    found = recorded_by(OPENBLAS_NUM_THREADS="1", BROKER_TOKEN="planted-4711", TZ="Asia/Tokyo")
    assert found["variables"]["OPENBLAS_NUM_THREADS"] == "1"
    assert found["variables"]["TZ"] == "Asia/Tokyo"
    assert {library["num_threads"] for library in found["blas"]} == {1}
    assert "planted-4711" not in json.dumps(found)


def test_a_variable_that_is_no_text_does_not_stop_a_run() -> None:
    assert recorded_by(LC_ALL=b"a\xffb")["variables"]["LC_ALL"] == r"a\xffb"


def test_of_two_copies_of_a_package_the_imported_one_counts(tmp_path: Path) -> None:
    copy = tmp_path / "tabulate-99.1.dist-info"
    copy.mkdir()
    (copy / "METADATA").write_text("Metadata-Version: 2.1\nName: tabulate\nVersion: 99.1\n")
    (tmp_path / "~abulate-1.0.dist-info").mkdir()  # as pip leaves it when it is interrupted
    found = recorded_by(PYTHONPATH=str(tmp_path))["packages"]
    assert found["tabulate"] == "99.1"
    assert len(found) == len(environment()["packages"])


def test_no_path_of_the_machine_is_recorded() -> None:
    text = to_json(environment()).decode()
    assert sys.prefix not in text
    assert str(Path.home()) + "/" not in text


def test_lock_is_that_of_the_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, lock in [("with", b"numpy==1\n"), ("without", None)]:
        (tmp_path / name).mkdir()
        if lock:
            (tmp_path / name / "requirements.lock").write_bytes(lock)
        monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / name))
        expected = sha256(lock).hexdigest() if lock else None
        assert environment()["lock_sha256"] == expected


def test_an_answer_belongs_to_whoever_asked() -> None:
    environment()["packages"].clear()
    code()["peaklib_sha256"] = "changed"
    assert environment()["packages"]
    assert code()["peaklib_sha256"] != "changed"


def test_importing_it_loads_no_heavy_library() -> None:
    heavy = "{'numpy', 'scipy', 'pandas', 'threadpoolctl'}"
    look = f"import sys, peaklib.evidence.environment; print(*({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, check=True, text=True)
    assert done.stdout.strip() == ""


def test_code_outside_of_git_is_still_pinned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    found = code()
    assert found["peaklib_sha256"] == sources_digest("peaklib")
    assert [found[name] for name in ("commit", "dirty", "diff_sha256")] == [None, None, None]


def write_package(folder: Path, name: str) -> None:
    (folder / name / "part").mkdir(parents=True)
    (folder / name / "__init__.py").write_bytes(b"")
    (folder / name / "part" / "rule.py").write_bytes(b"x = 1\n")
    (folder / name / "part" / "notes.txt").write_bytes(b"no code")


def test_sources_are_digested_by_name_and_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Worked by hand; the place and files that are no Python do not matter."""
    write_package(tmp_path / "here", "sources_by_hand")
    monkeypatch.syspath_prepend(tmp_path / "here")
    expected = sha256(b"__init__.py\0\0part/rule.py\0x = 1\n\0").hexdigest()
    assert sources_digest("sources_by_hand") == expected


def test_a_renamed_source_is_another_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_package(tmp_path, "sources_one")
    write_package(tmp_path, "sources_two")
    rule = tmp_path / "sources_two" / "part" / "rule.py"
    rule.rename(rule.with_name("rules.py"))
    monkeypatch.syspath_prepend(tmp_path)
    assert sources_digest("sources_one") != sources_digest("sources_two")


def test_a_module_of_one_file_has_sources_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sources_single.py").write_bytes(b"y = 2\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert sources_digest("sources_single") == sha256(b"sources_single.py\0y = 2\n\0").hexdigest()


@pytest.mark.parametrize("name", ["sources_nowhere", "_thread"])
def test_code_that_cannot_be_read_is_refused(name: str) -> None:
    with pytest.raises(EvidenceError, match=f"no Python files of '{name}'"):
        sources_digest(name)
