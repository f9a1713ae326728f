"""The peer's own environment: made from pins, and made again only when the pins change."""

import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

from chapters.errors import BenchError

_QUIET = ("-m", "pip", "--disable-pip-version-check", "install", "--quiet")
_WHEELS = ("--no-deps", "--only-binary", ":all:")


def peer_python(pins: Path, home: Path) -> Path:
    """Interpreter of an environment that holds exactly `pins`.

    Args:
        pins: requirements file, all versions exact.
        home: folder for environments; older ones in it are removed.

    Raises:
        BenchError: it cannot be made, say without a network.
    """
    name = sha256(pins.read_bytes() + sys.version.encode()).hexdigest()[:12]
    folder = home / f"peer-{name}"
    # Written last, so that an installation that was cut short is made again.
    stamp, python = folder / "complete", folder / "bin" / "python"
    if stamp.exists():
        return python
    for old in home.glob("peer-*"):
        shutil.rmtree(old)
    home.mkdir(parents=True, exist_ok=True)
    print("installing the peer into an environment of its own (one to two minutes with pip) ...")
    for command in _steps(folder, python, pins):
        _run(command)
    stamp.touch()
    return python


def _steps(folder: Path, python: Path, pins: Path) -> list[list[str]]:
    """Commands that make the environment: with uv where it is installed, else with pip."""
    uv = shutil.which("uv")
    if uv is None:
        return [
            [sys.executable, "-m", "venv", str(folder)],
            [str(python), *_QUIET, *_WHEELS, "-r", str(pins)],
        ]
    install = [uv, "pip", "install", "--quiet", "--python", str(python)]
    return [
        [uv, "venv", "--quiet", "--no-project", "--python", sys.executable, str(folder)],
        [*install, *_WHEELS, "-r", str(pins)],
    ]


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BenchError(
            f"the peer's environment: `{' '.join(command)}` ended with status {done.returncode}:\n"
            f"{done.stderr.strip()}\n"
            "installing it needs Python 3.11 or 3.12 and a package index; then run make bench again"
        )
