"""The lock file and the environment made from it: exact, complete, and nothing unwanted."""

import importlib.util
import re
import site
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

FORBIDDEN = re.compile(r"anthropic|claude")
# Extras that are installed by choice: exact pins of their own, or hundreds of packages.
NOT_LOCKED = {"cluster", "exchange"}


@dataclass(frozen=True)
class Pin:
    """One line of the lock: a package in one version, where its marker holds."""

    name: str
    version: str
    marker: Marker | None
    n_hashes: int

    @property
    def applies(self) -> bool:
        return self.marker is None or self.marker.evaluate()


def read_pins(lock: Path) -> Iterator[Pin]:
    text = lock.read_text(encoding="utf-8").replace("\\\n", " ")
    for line in filter(str.strip, text.splitlines()):
        pin, *hashes = line.split("--hash=sha256:")
        requirement = Requirement(pin)
        (exact,) = requirement.specifier
        assert exact.operator == "==", line
        yield Pin(
            canonicalize_name(requirement.name), exact.version, requirement.marker, len(hashes)
        )


def applies(requirement: Requirement) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": ""})


@pytest.fixture(scope="module")
def pins(root: Path) -> list[Pin]:
    return list(read_pins(root / "requirements.lock"))


@pytest.fixture(scope="module")
def project(root: Path) -> dict[str, Any]:
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


def test_every_pin_has_a_hash(pins: list[Pin]) -> None:
    assert len(pins) > 100
    assert [pin.name for pin in pins if not pin.n_hashes] == []


def test_lock_names_no_index_host_or_address(root: Path) -> None:
    text = (root / "requirements.lock").read_text(encoding="utf-8")
    options = set(re.findall(r"--[a-z-]+", text))
    assert options == {"--hash"}
    assert "://" not in text
    assert " @ " not in text


def test_lock_holds_no_package_of_the_forbidden_vendor(pins: list[Pin]) -> None:
    assert [pin.name for pin in pins if FORBIDDEN.search(pin.name)] == []


def test_environment_holds_no_package_of_the_forbidden_vendor() -> None:
    installed = {dist.name.lower() for dist in metadata.distributions()}
    assert {name for name in installed if FORBIDDEN.search(name)} == set()
    assert importlib.util.find_spec("anthropic") is None


def test_lock_satisfies_every_dependency_of_the_project(
    pins: list[Pin], project: dict[str, Any]
) -> None:
    asked = [*project["build-system"]["requires"], *project["project"]["dependencies"]]
    for extra, requirements in project["project"]["optional-dependencies"].items():
        if extra not in NOT_LOCKED:
            asked += requirements

    unmet = []
    for requirement in map(Requirement, asked):
        versions = [pin.version for pin in pins if pin.name == canonicalize_name(requirement.name)]
        if not versions or not all(map(requirement.specifier.contains, versions)):
            unmet.append(f"{requirement} (locked: {versions or 'nothing'})")
    assert unmet == []


def test_lock_is_closed_except_for_the_stated_overrides(
    pins: list[Pin], project: dict[str, Any]
) -> None:
    """Installed without resolving, so what a locked package needs must be locked too."""
    overridden = {
        canonicalize_name(Requirement(line).name)
        for line in project["tool"]["uv"]["override-dependencies"]
    }
    locked = {pin.name: pin.version for pin in pins if pin.applies}

    unmet = []
    for name in locked:
        for requirement in map(Requirement, metadata.requires(name) or []):
            needed = canonicalize_name(requirement.name)
            if applies(requirement) and needed not in overridden:
                version = locked.get(needed)
                if version is None or not requirement.specifier.contains(version, True):
                    unmet.append(f"{name} needs {requirement} (locked: {version})")
    assert unmet == []


def test_environment_is_the_lock(pins: list[Pin]) -> None:
    locked = {(pin.name, pin.version) for pin in pins if pin.applies}
    installed = {
        (canonicalize_name(dist.name), dist.version)
        for dist in metadata.distributions()
        if dist.name not in {"peaklib", "pip"}
    }
    assert installed == locked, "run make setup"


def test_no_pth_file_starts_code_with_every_python() -> None:
    starting = [
        f"{path.name}: {line[:60]}"
        for folder in site.getsitepackages()
        for path in Path(folder).glob("*.pth")
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.startswith(("import ", "import\t"))
    ]
    assert starting == []
