"""The environment of the public validator: exact, apart from the project's own, never half made."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

PINS = Path("tests/evidence/validator-requirements.txt")
ENVIRONMENT = ".venv-validator"


@pytest.fixture
def checkout(root: Path, tmp_path: Path) -> Path:
    """What the script reads, in a folder of its own."""
    for name in [Path(".ci/validator"), PINS]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / name, tmp_path / name)
    return tmp_path


def program(folder: Path, body: str) -> str:
    """A program that stands in for uv, so that nothing is installed."""
    path = folder / "uv"
    path.write_text(f'#!/bin/sh\necho "$@" >>{folder / "asked"}\n{body}\n', "utf-8")
    path.chmod(0o755)
    return str(path)


def set_up(folder: Path, uv: str) -> subprocess.CompletedProcess[str]:
    """Run the script from somewhere else, as a person may."""
    return subprocess.run(
        ["sh", str(folder / ".ci/validator")],
        cwd="/",
        env={**os.environ, "UV": uv},
        capture_output=True,
        text=True,
        check=False,
    )


def makes_venv(folder: Path) -> str:
    return program(
        folder,
        'if [ "$1" = venv ]; then\n'
        '  for target; do :; done\n  mkdir -p "$target/bin"\n'
        '  ln -s "$(command -v python3)" "$target/bin/python"\nfi',
    )


def test_every_package_is_pinned_with_its_digest(root: Path) -> None:
    lines = (root / PINS).read_text("utf-8").replace("\\\n", " ").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert len(pins) > 20
    for pin in pins:
        assert re.match(r"[a-z0-9-]+==[0-9][^ ]*( ;[^-]*)? +--hash=sha256:[0-9a-f]{64}", pin), pin
    assert "://" not in "".join(pins)


def test_packages_of_the_validator_stay_out_of_the_lock(root: Path) -> None:
    lock = (root / "requirements.lock").read_text("utf-8")
    for name in ["roc-validator", "rocrate", "rdflib", "pyshacl"]:
        assert not re.search(rf"^{name}==", lock, re.MULTILINE)


def test_it_is_made_once_and_anew_when_the_pins_change(checkout: Path) -> None:
    uv, asked = makes_venv(checkout), checkout / "asked"
    for _ in range(2):
        done = set_up(checkout, uv)
        assert done.returncode == 0, done.stderr
    assert [line.split()[0] for line in asked.read_text("utf-8").splitlines()] == ["venv", "pip"]
    assert "--require-hashes" in asked.read_text("utf-8")
    assert (checkout / ENVIRONMENT / ".gitignore").read_text("utf-8") == "*\n"

    with (checkout / PINS).open("a", encoding="utf-8") as pins:
        pins.write("# changed\n")
    assert set_up(checkout, uv).returncode == 0
    assert len(asked.read_text("utf-8").splitlines()) == 4
    assert len(list((checkout / ENVIRONMENT).glob(".ready-*"))) == 1


def test_a_failed_installation_is_not_taken_for_a_whole_one(checkout: Path) -> None:
    done = set_up(checkout, program(checkout, 'echo "no network" >&2; exit 1'))
    assert done.returncode != 0
    assert "no network" in done.stderr
    assert not list(checkout.glob(f"{ENVIRONMENT}/.ready-*"))
    assert set_up(checkout, makes_venv(checkout)).returncode == 0
