"""What a feature's numbers depend on: the sources behind its function, and the libraries."""

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions
from typing import Any, Final

from peaklib.evidence.canonical import digest
from peaklib.features.code.files import Source, source_digest
from peaklib.features.code.imports import behind, imports_of, locate, sources_of
from peaklib.features.code.values import UNKNOWN, outside_files, plain_function

_OWN: Final = "peaklib"
# They hold no numerics: an edit of a message must not let all features be computed again.
_LEFT_OUT: Final = (
    "peaklib.errors",
    "peaklib.evidence",
    "peaklib.features.code",
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
    imported. A file is read again when its size or its time of writing changes.

    What a process has imported is no longer on the disk once the file is edited, and nobody
    can tell what `importlib.reload` made of it. So a file that was written after the process
    began is `unknown`, until the next process.

    Not seen are an installed package that is edited in place, as its version stands for it; a
    file whose time of writing is set back; files other than sources that a module reads, on
    import or later; and what the objects are that a partial, a default or a module's variable
    holds: of those, the source that makes them counts.

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


def _reached(modules: frozenset[str], top: str) -> Mapping[str, str]:
    """Digests and versions of modules and of all that they lead to.

    Args:
        modules: to begin with.
        top: a top-level package that is followed although it is installed.
    """
    known = _walks.get((modules, top))
    if known is None or not all(source.is_there for source in known.sources):
        known = _walks[modules, top] = _walk(modules, top)
    return known.found


@dataclass(frozen=True)
class _Walk:
    """What modules lead to, and the files that say so."""

    found: Mapping[str, str]
    sources: frozenset[Source]


# By the modules that a walk begins with; a walk is good while its files stay as they are.
_walks: Final[dict[tuple[frozenset[str], str], _Walk]] = {}


def _walk(modules: frozenset[str], top: str) -> _Walk:
    found: dict[str, str] = {}
    sources: set[Source] = set()
    waiting, seen, passed = sorted(modules), set(modules), set[str]()
    while waiting:
        name = waiting.pop()
        root = name.partition(".")[0]
        versions = () if root in (top, _OWN) else _versions(root)
        found |= versions
        module = None if versions or root in sys.stdlib_module_names else locate(name)
        if module is None or _is_left_out(name):
            continue
        files = sources_of(module)
        sources |= set(files)
        if files:
            found[name] = UNKNOWN if _is_newer(files) else source_digest(files[0])
        for each in imports_of(module):
            new, through = _targets(each.module, each.name, top)
            passed |= through
            waiting += sorted(new - seen)
            seen |= new
    for name in passed:
        module = locate(name)
        files = sources_of(module) if module is not None else ()
        sources |= set(files)
        if _is_newer(files) and not _is_left_out(name):
            found[name] = UNKNOWN
    return _Walk(dict(sorted(found.items())), frozenset(sources))


def _is_newer(sources: Iterable[Source]) -> bool:
    return any(source.is_newer for source in sources)


def _targets(module: str, name: str, top: str) -> tuple[set[str], set[str]]:
    """Modules that an import leads to, and packages that it passes through."""
    root = module.partition(".")[0]
    if root in (top, _OWN) or (root not in sys.stdlib_module_names and not _versions(root)):
        return behind(module, name)
    return {root}, set()


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
