"""`import peaklib` costs next to nothing."""

import json
import resource
import subprocess
import sys

HEAVY = {"numba", "numpy", "pandas", "plotly", "pyarrow", "pydantic", "scipy", "arch", "papermill"}


def cpu_seconds(code: str) -> float:
    """User and system time of a fresh interpreter that runs `code`."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def test_import_loads_no_heavy_library() -> None:
    code = "import json, sys, peaklib; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    assert HEAVY.intersection(json.loads(done.stdout)) == set()


def test_import_adds_less_than_150_ms() -> None:
    """The least of several alternating measurements, as load on the machine only ever adds."""
    bare, imported = zip(
        *((cpu_seconds("pass"), cpu_seconds("import peaklib")) for _ in range(5)), strict=True
    )
    assert min(imported) - min(bare) < 0.150
