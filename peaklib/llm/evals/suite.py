"""The cases of a layer, out of their files."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from peaklib.config import check_table, unknown
from peaklib.errors import ConfigError
from peaklib.evidence.places import home
from peaklib.llm.evals.case import Case
from peaklib.llm.roles import LAYERS
from peaklib.llm.settings.lock import cases_digest

FOLDER: Final = "tests/evals"
"""Folder of the project with a folder of cases for each layer."""


@dataclass(frozen=True)
class Suite:
    """All cases of a layer.

    Args:
        layer: `L0` … `L4`.
        cases: by id.
        digest: of their files, as the lock names it.
        files: that they stand in.
    """

    layer: str
    cases: tuple[Case, ...]
    digest: str
    files: tuple[Path, ...]

    def __len__(self) -> int:
        return len(self.cases)

    def __iter__(self) -> Iterator[Case]:
        return iter(self.cases)


def load_suite(layer: str, folder: Path | None = None) -> Suite:
    """The cases of a layer.

    Args:
        layer: `L0` … `L4`.
        folder: with a folder for each layer; the project's `tests/evals` by default.

    Raises:
        ConfigError: no such layer, no case, or a mistake in one; all of a file are listed.
    """
    if layer not in LAYERS:
        raise ConfigError("evals", [unknown("layer", layer, LAYERS)])
    place = (folder or home() / FOLDER) / layer
    files = tuple(sorted(place.glob("*.jsonl"), key=lambda path: path.name))
    cases = [case for path in files for case in read_cases(path)]
    problems = [f"{case.id}: is no case of {layer}" for case in cases if case.layer != layer]
    counts = Counter(case.id for case in cases)
    problems += [
        f"{name}: {count} cases have this id" for name, count in counts.items() if count > 1
    ]
    if not cases:
        problems.append("there is no case; write one into a file *.jsonl")
    if problems:
        raise ConfigError(str(place), problems)
    ordered = tuple(sorted(cases, key=lambda case: case.id))
    return Suite(layer, ordered, cases_digest(place), files)


def read_cases(path: Path) -> list[Case]:
    """The cases of one file, one JSON object a line.

    Raises:
        ConfigError: lists the mistakes of all lines.
    """
    try:
        lines = path.read_text("utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), [f"cannot be read: {error}"]) from None
    cases, problems = [], []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            table = json.loads(line, object_pairs_hook=_once)
            cases.append(check_table(Case, table, path.name))
        except ConfigError as error:
            problems += [f"line {number}: {problem}" for problem in error.problems]
        except (ValueError, RecursionError) as error:
            problems.append(f"line {number}: is no JSON: {error}")
    if problems:
        raise ConfigError(str(path), problems)
    return cases


def _once(pairs: Sequence[tuple[str, Any]]) -> Mapping[str, Any]:
    counts = Counter(name for name, _ in pairs)
    twice = [name for name, count in counts.items() if count > 1]
    if twice:
        raise ValueError(f"{', '.join(twice)} stands twice in one object")
    return dict(pairs)
