"""What a run was made with: interpreter, machine, packages, source code."""

import os
import platform
import subprocess
from functools import cache
from hashlib import sha256
from importlib.metadata import distributions
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from peaklib.evidence.files import sha256_of
from peaklib.evidence.places import home

# Settings that can change numbers. No other variable of the environment is recorded.
_RECORDED_VARIABLES: Final = (
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "PYTHONHASHSEED",
)


@cache
def environment() -> dict[str, Any]:
    """Interpreter, platform, thread settings and installed packages of this process."""
    lock = home() / "requirements.lock"
    return {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "cpus": os.cpu_count(),
        "variables": {n: os.environ[n] for n in _RECORDED_VARIABLES if n in os.environ},
        "lock_sha256": sha256_of(lock) if lock.is_file() else None,
        "packages": dict(sorted((d.metadata["Name"], d.version) for d in distributions())),
    }


@cache
def code() -> dict[str, Any]:
    """Digest of peaklib's sources, and the commit and state of the project where it has git."""
    return {"peaklib_sha256": sources_digest("peaklib"), **_git(home())}


@cache
def sources_digest(package: str) -> str:
    """SHA-256 over names and bytes of a package's Python files, independent of its place."""
    spec = find_spec(package)
    total = sha256()
    for root in sorted(spec.submodule_search_locations or []) if spec else []:
        for path in sorted(Path(root).rglob("*.py")):
            total.update(path.relative_to(root).as_posix().encode() + b"\0")
            total.update(path.read_bytes() + b"\0")
    return total.hexdigest()


def _git(folder: Path) -> dict[str, Any]:
    commit = _ask_git(folder, "rev-parse", "HEAD")
    if commit is None:
        return {"commit": None, "dirty": None, "diff_sha256": None}
    diff = _ask_git(folder, "diff", "HEAD") or ""
    return {
        "commit": commit,
        "dirty": bool(diff),
        "diff_sha256": sha256(diff.encode()).hexdigest() if diff else None,
    }


def _ask_git(folder: Path, *question: str) -> str | None:
    """Answer of git, or None where there is no git, no repository or no commit."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *question],
            capture_output=True,
            check=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=30,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
