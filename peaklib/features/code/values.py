"""What a function reads that stands in no file: other cells of a notebook, closures."""

import dis
import inspect
from collections.abc import Callable, Iterator
from functools import partial
from hashlib import sha256
from pathlib import Path
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any, Final

import numpy as np

from peaklib.features.code.imports import locate

UNKNOWN: Final = "unknown"
"""Stands for the digest of something that has none."""

_PLAIN: Final = (str, bytes, int, float, complex, type(None), type(...))


def plain_function(function: Callable[..., Any]) -> FunctionType | None:
    """The Python function behind wrappers, bound methods and compiled ones; None if none is."""
    inner: Any = function
    while isinstance(inner, partial):
        inner = inner.func
    inner = inspect.unwrap(inner)
    if isinstance(inner, MethodType):
        inner = inner.__func__
    return inner if isinstance(inner, FunctionType) else None


def has_file(function: FunctionType) -> bool:
    """Whether it was read from the file of its module, as one of a notebook's cell was not."""
    module = locate(function.__module__ or "")
    if module is None or module.path is None:
        return False
    return Path(inspect.getfile(function)).resolve() == module.path.resolve()


def outside_files(function: FunctionType) -> tuple[dict[str, str], set[str]]:
    """What a function depends on that is no file, and the modules that it leads to.

    Args:
        function: one with a file, whose closure is looked at; or one without, whose own source
            and all that it reads are.

    Returns:
        Digest by label, `unknown` for what has none; and names of modules.
    """
    digests: dict[str, str] = {}
    modules: set[str] = set()
    waiting: list[FunctionType] = [function]
    seen: list[FunctionType] = []
    while waiting:
        here = waiting.pop()
        if here in seen:
            continue
        seen.append(here)
        label = f"{here.__module__}.{here.__qualname__}"
        if has_file(here):
            modules.add(here.__module__)
        else:
            _add(digests, label, _source(here))
            modules |= _names(here.__code__, "IMPORT_NAME")
        for name, value in _read_by(here):
            inner = plain_function(value) if callable(value) else None
            if isinstance(value, ModuleType):
                modules.add(value.__name__)
            elif inner is not None:
                waiting.append(inner)
            elif callable(value) and locate(_home(value)) is not None:
                modules.add(_home(value))
            else:
                _add(digests, f"{label}:{name}", _value(value))
    return digests, modules


def _add(digests: dict[str, str], label: str, digest: str) -> None:
    """Two functions may have one name, as those that a function has made in a loop."""
    known = digests.get(label)
    if known in (None, digest):
        digests[label] = digest
    elif UNKNOWN in (known, digest):
        digests[label] = UNKNOWN
    else:
        digests[label] = sha256(f"{known}{digest}".encode()).hexdigest()


def _home(value: Any) -> str:
    return str(getattr(value, "__module__", None) or type(value).__module__)


def _source(function: FunctionType) -> str:
    try:
        return sha256(inspect.getsource(function).encode()).hexdigest()
    except (OSError, TypeError):
        return UNKNOWN


def _value(value: Any) -> str:
    """Digest of a plain value, by its type and how it is written."""
    if isinstance(value, np.ndarray) and value.dtype.kind in "biufcmM":
        text = f"{value.dtype.str}{value.shape}".encode() + value.tobytes()
        return sha256(text).hexdigest()
    if isinstance(value, np.generic) or type(value) in _PLAIN or type(value) is bool:
        return sha256(f"{type(value).__name__} {value!r}".encode()).hexdigest()
    if type(value) in (tuple, list):
        parts = [_value(part) for part in value]
        known = UNKNOWN not in parts
        return sha256(f"{type(value).__name__} {parts}".encode()).hexdigest() if known else UNKNOWN
    return UNKNOWN


def _read_by(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """Names and values of its closure and, if it has no file, of the globals that it reads."""
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            yield name, cell.cell_contents
        except ValueError:  # not assigned yet
            yield name, None
    if not has_file(function):
        for name in sorted(_names(function.__code__, "LOAD_GLOBAL", "LOAD_NAME")):
            if name in function.__globals__:
                yield name, function.__globals__[name]


def _names(code: CodeType, *steps: str) -> set[str]:
    """What some kinds of steps in a piece of code, and in those within it, are about."""
    found = {str(step.argval) for step in dis.get_instructions(code) if step.opname in steps}
    inner = (part for part in code.co_consts if isinstance(part, CodeType))
    return found.union(*(_names(part, *steps) for part in inner))
