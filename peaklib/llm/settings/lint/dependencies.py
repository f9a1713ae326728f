"""Packages of the vendors that the policy forbids: none may be installed, not even by another."""

import re
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, Final

from peaklib.config import Finding
from peaklib.llm.policy import FORBIDDEN_WORDS

_LOCK: Final = "requirements.lock"
_PROJECT: Final = "pyproject.toml"
# Tools that say themselves what is installed.
_INSTALLERS: Final = ("uv", "poetry", "pdm", "hatch")
_SEPARATORS: Final = re.compile(r"[-_.]+")
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
# A # within an address is none of a comment.
_COMMENT: Final = re.compile(r"(^|\s)#.*$")
_FURTHER: Final = re.compile(r"(?:-r|-c|--requirement|--constraint)(?:\s+|=)?(?P<file>.*)")


def check_dependencies(folder: Path, profile: str, today: date) -> Iterator[Finding]:
    """Forbidden packages of `requirements.lock`, files that it names, and `pyproject.toml`.

    Args:
        folder: root of the project.
        profile: in `prod` there has to be a lock file to look at.
        today: is no matter.
    """
    del today
    if (folder / _LOCK).is_file():
        root = folder.resolve()
        yield from _of_requirements(root, root / _LOCK, set())
    elif profile == "prod":
        yield Finding("error", _LOCK, "", "is missing; without it nobody knows what is installed")
    if (folder / _PROJECT).is_file():
        yield from _of_project((folder / _PROJECT).read_text("utf-8"))


def _of_requirements(folder: Path, path: Path, seen: set[Path]) -> Iterator[Finding]:
    """Findings of a file of requirements, and of those that it names; paths are resolved."""
    seen.add(path)
    name = path.relative_to(folder).as_posix()
    for number, line in _lines(path.read_text("utf-8")):
        yield from _forbidden(name, f"line {number}", line)
        further = _FURTHER.fullmatch(line) if line.startswith("-") else None
        if further is None:
            continue
        other = (path.parent / further["file"].strip("\"'")).resolve()
        if not other.is_file() or not other.is_relative_to(folder):
            text = "names a file that is not in this project, so nobody can look at it; remove it"
            yield Finding("error", name, f"line {number}", text)
        elif other not in seen:
            yield from _of_requirements(folder, other, seen)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines as the installer reads them, with the number of the first: a `\\` joins two."""
    start, parts = 1, list[str]()
    for number, line in enumerate(text.splitlines(), start=1):
        if not parts:
            start = number
        joins = line.endswith("\\") and not _COMMENT.match(line)
        parts.append(line.rstrip("\\") if joins else line)
        if not joins:
            yield start, _COMMENT.sub("", "".join(parts)).strip()
            parts = []
    if parts:
        yield start, _COMMENT.sub("", "".join(parts)).strip()


def _of_project(text: str) -> Iterator[Finding]:
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        yield Finding("error", _PROJECT, "", f"is not readable as TOML: {error}")
        return
    project = table.get("project", {})
    places = {
        "project.dependencies": project.get("dependencies", []),
        "project.optional-dependencies": project.get("optional-dependencies", {}),
        "dependency-groups": table.get("dependency-groups", {}),
        "build-system.requires": table.get("build-system", {}).get("requires", []),
    }
    tools = table.get("tool", {})
    places |= {f"tool.{name}": tools[name] for name in _INSTALLERS if name in tools}
    for key, value in places.items():
        yield from _walk(key, value)


def _walk(key: str, value: Any) -> Iterator[Finding]:
    """Every text of a table, its keys too: sources are tables by the name of the package."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _forbidden(_PROJECT, key, name)
            yield from _walk(f"{key}.{name}", inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _walk(key, inner)
    else:
        yield from _forbidden(_PROJECT, key, str(value))


def _forbidden(file: str, key: str, requirement: str) -> Iterator[Finding]:
    """A requirement by its normalised name, extras and address included (PEP 503)."""
    plain = _SEPARATORS.sub("-", requirement).lower()
    word = next((word for word in FORBIDDEN_WORDS if word in plain), None)
    if word is not None:
        name = _NAME.match(requirement)
        shown = name.group() if name else "a package"
        text = f"{shown}: the owner forbids packages with `{word}` in their name; remove it"
        yield Finding("error", file, key, text)
