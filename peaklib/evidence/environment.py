"""What a run was made with: interpreter, machine, packages, source code.

Both are computed once a process and project, and describe the process that seals a run; the kernel
of a notebook may have been given threads of its own.
"""

import os
import platform
import sys
from copy import deepcopy
from functools import cache
from hashlib import sha256
from importlib import import_module
from importlib.metadata import distributions
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from peaklib.errors import EvidenceError
from peaklib.evidence.checkout import checkout_of
from peaklib.evidence.files import sha256_of
from peaklib.evidence.places import home, reports_folder, runs_folder

# Settings that can change numbers. No other variable of the environment is recorded.
_RECORDED_VARIABLES: Final = (
    "BLIS_NUM_THREADS",
    "LANG",
    "LC_ALL",
    "MKL_CBWR",
    "MKL_NUM_THREADS",
    "NPY_DISABLE_CPU_FEATURES",
    "NUMBA_CPU_FEATURES",
    "NUMBA_CPU_NAME",
    "NUMBA_DISABLE_JIT",
    "NUMBA_NUM_THREADS",
    "NUMBA_THREADING_LAYER",
    "OMP_NUM_THREADS",
    "OPENBLAS_CORETYPE",
    "OPENBLAS_NUM_THREADS",
    "PYTHONHASHSEED",
    "TZ",
    "VECLIB_MAXIMUM_THREADS",
)
_LOCK: Final = "requirements.lock"


def environment() -> dict[str, Any]:
    """Interpreter, platform, processor, thread settings and installed packages of this process."""
    return deepcopy(_environment(home()))


def code() -> dict[str, Any]:
    """Digest of peaklib's sources, and the commit and state of the project where it has git."""
    return deepcopy(_code(home()))


def calling_script() -> dict[str, str]:
    """Digest of the notebook or script that this process runs, as it lies on the disk.

    Returns:
        `script <name>` to SHA-256; empty where there is none, as in a console.
    """
    main = getattr(sys.modules.get("__main__"), "__file__", None)
    for named in (os.environ.get("JPY_SESSION_NAME"), main):
        path = Path(named) if named else None
        if path and path.is_file() and path.suffix in (".py", ".ipynb"):
            return {f"script {path.name}": sha256_of(path)}
    return {}


@cache
def sources_digest(package: str) -> str:
    """SHA-256 over names and bytes of a package's Python files, independent of its place.

    Args:
        package: name of a package or of a module that is one file.

    Raises:
        EvidenceError: nothing of that name is installed, or it has no Python files.
    """
    found = _sources(package)
    if not found:
        raise EvidenceError(
            f"no Python files of {package!r} were found, so its code cannot be pinned; check the "
            "name, and that it is installed as files"
        )
    total = sha256()
    for name, path in found:
        total.update(name.encode() + b"\0")
        total.update(path.read_bytes() + b"\0")
    return total.hexdigest()


def _sources(package: str) -> list[tuple[str, Path]]:
    spec = find_spec(package)
    if spec is None:
        return []
    if spec.submodule_search_locations is None:
        path = Path(spec.origin or "")
        return [(path.name, path)] if path.suffix == ".py" and path.is_file() else []
    return [
        (path.relative_to(root).as_posix(), path)
        for root in sorted(spec.submodule_search_locations)
        for path in sorted(Path(root).rglob("*.py"))
    ]


@cache
def _code(project: Path) -> dict[str, Any]:
    no_source = [folder.name for folder in (runs_folder(), reports_folder())]
    checkout = checkout_of(project, without=no_source)
    return {"peaklib_sha256": sources_digest("peaklib"), **checkout}


@cache
def _environment(project: Path) -> dict[str, Any]:
    lock = project / _LOCK
    return {
        "of": "the process that sealed the run",
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "build": " ".join(platform.python_build()),
        "compiler": platform.python_compiler(),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "byte_order": sys.byteorder,
        "cpus": os.cpu_count(),
        "cpus_usable": _usable_cpus(),
        "cpu_features": _cpu_features(),
        "blas": _blas(),
        "variables": _variables(),
        "lock_sha256": sha256_of(lock) if lock.is_file() else None,
        "packages": _packages(),
    }


def _usable_cpus() -> int | None:
    """How many processors this process may run on; not every system tells."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def _cpu_features() -> dict[str, list[str]]:
    """The vector instructions that numpy was built for, and those it found and uses."""
    import numpy as np

    config: dict[str, Any] = dict(np.show_config(mode="dicts"))
    vectors = config.get("SIMD Extensions", {})
    return {name: list(vectors.get(name, [])) for name in ("baseline", "found")}


def _blas() -> list[dict[str, Any]]:
    """Every library that computes in threads, as loaded: kernels for which processor, threads."""
    # Each brings a BLAS of its own, which this process may or may not have loaded by now.
    for user in ("numpy", "scipy.linalg"):
        import_module(user)
    # All but `filepath`: where it lies on this machine is nobody's business.
    kept = ("user_api", "internal_api", "version", "architecture", "threading_layer", "num_threads")
    loaded = import_module("threadpoolctl").threadpool_info()
    pools = [{name: pool.get(name) for name in kept} for pool in loaded]
    return sorted(pools, key=lambda pool: (pool["internal_api"], str(pool["version"])))


def _variables() -> dict[str, str]:
    """Recorded variables that are set; bytes that are no text are written as escapes."""
    return {
        name: os.fsencode(os.environ[name]).decode("utf-8", "backslashreplace")
        for name in _RECORDED_VARIABLES
        if name in os.environ
    }


def _packages() -> dict[str, str]:
    """Versions of all that is installed; of two copies the one that an import would find."""
    found: dict[str, str] = {}
    for installed in distributions():
        about = installed.metadata
        # What an interrupted installation leaves behind has no name.
        if about and "Name" in about:
            found.setdefault(about["Name"], about["Version"])
    return dict(sorted(found.items()))
