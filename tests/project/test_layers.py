"""The import contract in pyproject.toml says what the picture of the design says."""

import itertools
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

# The rows from top to bottom; for each room the rooms of its own row that it may import.
_BELOW = {"strategies", "labeling", "features", "metrics", "data"}
RESEARCH = {
    "robustness": {"backtest", "meta", "outlook", *_BELOW},
    "risk": {"backtest", "meta", "outlook", *_BELOW},
    "backtest": _BELOW,
    "meta": _BELOW,
    "outlook": _BELOW,
    "strategies": {"features", "metrics", "data"},
    "labeling": {"features", "metrics", "data"},
    "features": {"metrics", "data"},
    "metrics": {"data"},
    "data": set[str](),
}
ROWS: list[dict[str, set[str]]] = [
    {"cli": {"dashboard", "widgets"}, "dashboard": set(), "widgets": set()},
    {"shadow": {"agents"}, "agents": set(), "sweep": {"promotion"}, "promotion": set()},
    {"stream": {"execution"}, "execution": set(), "runner": {"render"}, "render": set()},
    {"llm": set()},
    RESEARCH,
    {
        "evidence": {"observability", "plugins", "config", "errors"},
        "observability": {"config", "errors"},
        "plugins": {"config", "errors"},
        "config": {"errors"},
        "errors": set(),
    },
]
INSIDE = (["peaklib.evidence"], ["peaklib.robustness"], ["peaklib.risk"], ["peaklib.llm"])
_CACHES = shutil.ignore_patterns("__pycache__")
ROOMS = [room for row in ROWS for room in row]


def design_allows(importer: str, imported: str) -> bool:
    (upper,) = (depth for depth, row in enumerate(ROWS) if importer in row)
    (lower,) = (depth for depth, row in enumerate(ROWS) if imported in row)
    if importer == "llm" and imported in RESEARCH:
        return False
    return upper < lower or imported in ROWS[upper][importer]


def layers_of(contract: dict[str, Any]) -> list[tuple[list[str], bool]]:
    """Each layer as its rooms, and whether these keep apart from each other."""
    layers = []
    for layer in contract["layers"]:
        rooms = [part.strip() for part in layer.replace("|", ":").split(":")]
        layers.append(([room.strip("()").removeprefix("peaklib.") for room in rooms], "|" in layer))
    return layers


def forbidden_by(contract: dict[str, Any]) -> set[tuple[str, str]]:
    layers = layers_of(contract)
    pairs = set()
    for depth, (rooms, keep_apart) in enumerate(layers):
        above = [room for upper, _ in layers[:depth] for room in upper]
        pairs |= set(itertools.product(rooms, above))
        if keep_apart:
            pairs |= set(itertools.permutations(rooms, 2))
    return pairs


@pytest.fixture(scope="module")
def settings(root: Path) -> dict[str, Any]:
    text = (root / "pyproject.toml").read_text(encoding="utf-8")
    found: dict[str, Any] = tomllib.loads(text)["tool"]["importlinter"]
    # What a room orders inside of itself is its own business.
    own = [contract for contract in found["contracts"] if contract.get("containers") in INSIDE]
    return {**found, "contracts": [each for each in found["contracts"] if each not in own]}


def test_contract_forbids_exactly_what_the_design_forbids(settings: dict[str, Any]) -> None:
    forbidden = set[tuple[str, str]]().union(*map(forbidden_by, settings["contracts"]))
    by_design = {pair for pair in itertools.permutations(ROOMS, 2) if not design_allows(*pair)}
    assert forbidden == by_design


def test_contract_covers_every_room_and_nothing_is_let_off(settings: dict[str, Any]) -> None:
    bands = next(contract for contract in settings["contracts"] if contract["id"] == "bands")
    assert sorted(room for rooms, _ in layers_of(bands) for room in rooms) == sorted(ROOMS)
    assert bands["exhaustive"] is True
    assert not any("ignore_imports" in contract for contract in settings["contracts"])


def test_only_rooms_that_are_not_built_are_optional(root: Path, settings: dict[str, Any]) -> None:
    text = " ".join(layer for contract in settings["contracts"] for layer in contract["layers"])
    package = root / "peaklib"
    for room in ROOMS:
        built = (package / f"{room}.py").exists() or (package / room / "__init__.py").exists()
        optional = f"({room})" in text or f"(peaklib.{room})" in text
        assert built != optional, f"{room}: take the parentheses off when the room is built"


@pytest.mark.parametrize(
    ("importer", "imported"),
    [("data", "features"), ("stream", "render"), ("llm", "metrics"), ("backtest", "llm")],
)
def test_linter_finds_a_planted_import(
    tmp_path: Path, root: Path, importer: str, imported: str
) -> None:
    package = tmp_path / "peaklib"
    package.mkdir()
    for room in ["__init__", *ROOMS]:
        (package / f"{room}.py").touch()
    for (container,) in INSIDE:
        room = container.removeprefix("peaklib.")
        (package / f"{room}.py").unlink()
        shutil.copytree(root / "peaklib" / room, package / room, ignore=_CACHES)
    (package / f"{importer}.py").write_text(f"import peaklib.{imported}\n", encoding="utf-8")

    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [linter, "--no-logo", "--no-cache", "--config", root / "pyproject.toml"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert f"peaklib.{importer} -> peaklib.{imported}" in done.stdout
