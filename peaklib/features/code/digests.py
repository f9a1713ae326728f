"""What a feature's numbers depend on: the sources behind its function, and the libraries."""

import sys
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions
from typing import Any, Final

from peaklib.evidence.canonical import digest
from peaklib.features.code.imports import behind, imports_of, locate, source_digest
from peaklib.features.code.values import outside_files, plain_function

_OWN: Final = "peaklib"
# They hold no numerics: an edit of a message must not let all features be computed again.
_LEFT_OUT: Final = (
    "peaklib.errors",
    "peaklib.evidence",
    "peaklib.features.feature",
    "peaklib.features.parameters",
    "peaklib.plugins",
)
# Among them but for this: it says how numba compiles, which decides the last digits.
_COMPILES: Final = "peaklib.evidence.compiled"


def code_of(function: Callable[..., Any]) -> Mapping[str, str]:
    """What the values of a function depend on besides its arguments.

    Followed are the imports of its module, wherever in the source they stand, through every
    module of its own package, of peaklib, and of no installed package at all. Nothing is
    imported. Each file is read once in a process.

    Args:
        function: of a feature; wrapped, compiled or bound ones are looked through.

    Returns:
        Sorted by label: SHA-256 of a source file by its module's name, version of a library by
        its distribution's name. For a function of a notebook's cell, and for what a closure
        holds, digests of sources and values by `module.function` and `module.function:name`,
        or `unknown`: what the function depends on cannot be told then.
    """
    inner = plain_function(function)
    if inner is None:
        home = str(getattr(function, "__module__", None) or type(function).__module__)
        return dict(_reached(frozenset([home]), ""))
    digests, modules = outside_files(inner)
    top = inner.__module__.partition(".")[0]
    return dict(sorted({**_reached(frozenset(modules), top), **digests}.items()))


def code_digest(code: Mapping[str, str]) -> str:
    """SHA-256 of what `code_of` returned, hexadecimal."""
    return digest(dict(code))


@cache
def _reached(modules: frozenset[str], top: str) -> Mapping[str, str]:
    """Digests and versions of modules and of all that they lead to.

    Args:
        modules: to begin with.
        top: a top-level package that is followed although it is installed.
    """
    found: dict[str, str] = {}
    waiting, seen = sorted(modules), set(modules)
    while waiting:
        name = waiting.pop()
        root = name.partition(".")[0]
        versions = () if root in (top, _OWN) else _versions(root)
        found |= versions
        module = None if versions or root in sys.stdlib_module_names else locate(name)
        if module is None or _is_left_out(name):
            continue
        if module.path is not None:
            found[name] = source_digest(module)
        for each in imports_of(module):
            new = _targets(each.module, each.name, top) - seen
            seen |= new
            waiting += sorted(new)
    return dict(sorted(found.items()))


def _targets(module: str, name: str, top: str) -> set[str]:
    root = module.partition(".")[0]
    if root in (top, _OWN) or (root not in sys.stdlib_module_names and not _versions(root)):
        return set(behind(module, name))
    return {root}


def _is_left_out(name: str) -> bool:
    def lies_in(room: str) -> bool:
        return name == room or name.startswith(f"{room}.")

    return name != _COMPILES and any(lies_in(room) for room in _LEFT_OUT)


@cache
def _versions(root: str) -> tuple[tuple[str, str], ...]:
    """Distributions that a top-level package comes from, and their versions; none if no one's."""
    if root in sys.stdlib_module_names:
        return ()
    try:
        return _named([root])
    except PackageNotFoundError:  # it goes by another name, as scikit-learn does
        return _named(sorted(set(_by_package().get(root, []))))


def _named(names: Iterable[str]) -> tuple[tuple[str, str], ...]:
    return tuple((found.name, found.version) for found in map(distribution, names))


@cache
def _by_package() -> Mapping[str, list[str]]:
    return packages_distributions()
