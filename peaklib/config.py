"""Versioned TOML files: reading, overriding a key, and checking against a pydantic model.

Every mistake of a file is reported at once, with the key, what was found and what would
be allowed. Rooms and plugins announce which files they claim by entry point (group
`peaklib.config_models`), so a file under `configs/` that nobody claims is found.
"""

import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, get_args, get_origin

from pydantic import BaseModel, RootModel, ValidationError
from pydantic_core import ErrorDetails

from peaklib.errors import ConfigError

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class ConfigKind:
    """A kind of configuration file.

    Args:
        pattern: of its path below `configs/`, such as `sweeps/*.toml`.
        check: reads one file; raises `ConfigError` with all its mistakes.
    """

    pattern: str
    check: Callable[[Path], object]


@dataclass(frozen=True)
class Finding:
    """Something that only shows when several files are held together, or on a certain day.

    Args:
        severity: an `error` fails the check, a `warning` is only told.
        file: it is about, relative to the project.
        key: within the file; empty if it is about the whole of it.
        text: what was found and what to do.
    """

    severity: Literal["error", "warning"]
    file: str
    key: str
    text: str


@dataclass(frozen=True)
class ConfigCheck:
    """What a room has to say about its files together; announced beside its kinds of files.

    Args:
        name: of the check.
        check: is given the project's root, the profile (`dev` or `prod`) and the day. Files that
            cannot be read are none of its business: their kind reports them.
    """

    name: str
    check: Callable[[Path, str, date], Iterable[Finding]]


def read_toml(path: Path) -> dict[str, Any]:
    """The contents of a TOML file.

    Raises:
        ConfigError: the file is missing or no TOML; says where.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        near = sorted(other.name for other in path.parent.glob("*.toml"))
        there = f"; in {path.parent} there are: {', '.join(near)}" if near else ""
        raise ConfigError(str(path), [f"no such file{there}"]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise ConfigError(str(path), [f"is not readable as TOML: {error}"]) from None


def override(table: Mapping[str, Any], settings: Iterable[str]) -> dict[str, Any]:
    """A copy of a table with some keys set.

    Args:
        table: as read from a file.
        settings: `key.of.a.table=value`; the value is TOML, or a plain word.

    Raises:
        ConfigError: a setting has no `=` or goes through a key that is no table.
    """
    result = _copy(table)
    problems = []
    for setting in settings:
        key, found, text = setting.partition("=")
        *path, last = key.strip().split(".")
        inner: Any = result
        for part in path:
            inner = inner.setdefault(part, {}) if isinstance(inner, dict) else inner
        if not found or not isinstance(inner, dict) or not last:
            problems.append(f"{setting!r} cannot be set; write KEY=VALUE, as in seed=3")
        else:
            inner[last] = _value(text.strip())
    if problems:
        raise ConfigError("--set", problems)
    return result


def _copy(table: Mapping[str, Any]) -> dict[str, Any]:
    return {k: _copy(v) if isinstance(v, Mapping) else v for k, v in table.items()}


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def check_table(model: type[Model], table: Mapping[str, Any], source: str) -> Model:
    """A table as a model.

    Raises:
        ConfigError: all mistakes of the table.
    """
    try:
        return model.model_validate(table)
    except ValidationError as error:
        raise ConfigError(source, [_problem(model, detail) for detail in error.errors()]) from None


def unknown(what: str, found: str, allowed: Iterable[str]) -> str:
    """Text of a mistake: a name that does not exist, the likely one, and all that do."""
    names = sorted(allowed)
    near = get_close_matches(found, names, n=1)
    hint = f", did you mean {near[0]!r}" if near else ""
    return f"no {what} {found!r}{hint}; allowed: {', '.join(names) or 'none'}"


def _problem(model: type[BaseModel], detail: ErrorDetails) -> str:
    key = ".".join(map(str, detail["loc"])) or "(file)"
    found = detail["input"]
    if detail["type"] == "extra_forbidden":
        name = str(detail["loc"][-1])
        return f"{key}: {unknown('key', name, _fields_at(model, detail['loc'][:-1]))}"
    if detail["type"] == "missing":
        return f"{key}: is missing"
    reason = detail["msg"].removeprefix("Value error, ")
    if detail["type"] == "value_error":
        return f"{key}: {reason}" if key != "(file)" else reason
    return f"{key} = {found!r}: {reason}"


def _fields_at(model: type[BaseModel], path: tuple[int | str, ...]) -> list[str]:
    """Keys that a model allows at a place, as far as its nesting is plain."""
    parts = iter(path)
    for part in parts:
        inner: Any
        if issubclass(model, RootModel):
            # A whole file of tables: the part is a name of the user's own.
            inner = get_args(model.model_fields["root"].annotation)[-1]
        else:
            fields = model.model_fields.items()
            inner = next((f.annotation for name, f in fields if part in (name, f.alias)), None)
        if get_origin(inner) is UnionType:
            # A table that may be left out.
            inner = next(each for each in get_args(inner) if each is not NoneType)
        if get_origin(inner) in (dict, list):
            # A table of tables: the next part is a name of the user's own, or a number.
            inner = get_args(inner)[-1]
            next(parts, None)
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return []
        model = inner
    return [field.alias or name for name, field in model.model_fields.items()]
