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
_SEPARATORS: Final = re.compile(r"[-_.]+")
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def check_dependencies(folder: Path, profile: str, today: date) -> Iterator[Finding]:
    """Forbidden packages of `requirements.lock` and `pyproject.toml`.

    Args:
        folder: root of the project.
        profile: in `prod` there has to be a lock file to look at.
        today: is no matter.
    """
    del today
    if (folder / _LOCK).is_file():
        lines = (folder / _LOCK).read_text("utf-8").splitlines()
        for number, line in enumerate(lines, start=1):
            yield from _forbidden(_LOCK, f"line {number}", line.partition("#")[0].strip())
    elif profile == "prod":
        yield Finding("error", _LOCK, "", "is missing; without it nobody knows what is installed")
    if (folder / _PROJECT).is_file():
        yield from _of_project((folder / _PROJECT).read_text("utf-8"))


def _of_project(text: str) -> Iterator[Finding]:
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        yield Finding("error", _PROJECT, "", f"is not readable as TOML: {error}")
        return
    project = table.get("project", {})
    lists = {
        "project.dependencies": project.get("dependencies", []),
        "build-system.requires": table.get("build-system", {}).get("requires", []),
        "tool.uv.override-dependencies": table.get("tool", {})
        .get("uv", {})
        .get("override-dependencies", []),
        **_groups("project.optional-dependencies", project.get("optional-dependencies", {})),
        **_groups("dependency-groups", table.get("dependency-groups", {})),
    }
    for key, requirements in lists.items():
        for requirement in requirements:
            yield from _forbidden(_PROJECT, key, str(requirement))


def _groups(key: str, groups: dict[str, list[Any]]) -> dict[str, list[Any]]:
    return {f"{key}.{name}": requirements for name, requirements in groups.items()}


def _forbidden(file: str, key: str, requirement: str) -> Iterator[Finding]:
    """A requirement by its normalised name, extras and address included (PEP 503)."""
    plain = _SEPARATORS.sub("-", requirement).lower()
    word = next((word for word in FORBIDDEN_WORDS if word in plain), None)
    if word is not None:
        name = _NAME.match(requirement)
        shown = name.group() if name else "a package"
        text = f"{shown}: the owner forbids packages with `{word}` in their name; remove it"
        yield Finding("error", file, key, text)
