"""Where modules lie and what their sources import, found without importing anything."""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from peaklib.features.code.files import Source, look_at

_ALL: Final = "*"


@dataclass(frozen=True)
class Import:
    """One name that a source file imports, absolutely.

    Args:
        module: that it is imported from.
        name: in that module; empty if the module itself is imported.
        bound: the name that it gets.
    """

    module: str
    name: str
    bound: str


@dataclass(frozen=True)
class Module:
    """A module as it lies on the disk.

    Args:
        name: dotted.
        path: of its file; None for a folder without `__init__`, or something built in.
        folders: where its own modules lie; empty unless it is a package.
    """

    name: str
    path: Path | None
    folders: tuple[str, ...]


@cache
def locate(name: str) -> Module | None:
    """Find a module without importing it or its parents; None if there is none."""
    parent, _, _ = name.rpartition(".")
    if not parent:
        return _top_level(name)
    above = locate(parent)
    if above is None or not above.folders:
        return None
    spec = PathFinder.find_spec(name, above.folders)
    return None if spec is None else _module(name, spec)


def sources_of(module: Module) -> tuple[Source, ...]:
    """Its file as it is now, and the stub beside it that says what a package loads lazily."""
    if module.path is None:
        return ()
    stub = module.path.with_suffix(".pyi")
    found = (look_at(module.path), look_at(stub) if module.folders else None)
    return tuple(each for each in found if each is not None)


def imports_of(module: Module) -> tuple[Import, ...]:
    """Everything that a module's source imports, in functions too; types alone do not count.

    A package whose names are loaded lazily, as a stub beside it lists them, imports those.
    """
    package = module.name if module.folders else module.name.rpartition(".")[0]
    found = (each for source in sources_of(module) for each in _imports_in(source, package))
    return tuple(dict.fromkeys(found))


def behind(module: str, name: str) -> tuple[set[str], set[str]]:
    """The modules that `from module import name` stands on, and the packages on the way.

    For a name that a package has from one of its modules that is this module, not the package
    with all that it gathers.
    """
    passed: set[str] = set()
    return _behind(module, name, (), passed), passed


def _behind(module: str, name: str, path: tuple[str, ...], passed: set[str]) -> set[str]:
    found = locate(module)
    if found is None or not found.folders or name in ("", _ALL) or (where := module) in path:
        return {module}
    passed.add(module)
    own = {f"{module}.{name}"} if locate(f"{module}.{name}") else set()
    given = [each for each in imports_of(found) if each.bound == name]
    through = [_behind(each.module, each.name, (*path, where), passed) for each in given]
    return own.union(*through) or {module}


def _top_level(name: str) -> Module | None:
    try:
        spec = find_spec(name)
    except ValueError:  # a script, or made by hand
        spec = None
    if spec is not None:
        return _module(name, spec)
    file = getattr(sys.modules.get(name), "__file__", None)
    return Module(name, Path(file), ()) if file else None


def _module(name: str, spec: ModuleSpec) -> Module:
    has_file = spec.has_location and spec.origin is not None and Path(spec.origin).is_file()
    folders = tuple(spec.submodule_search_locations or ())
    return Module(name, Path(spec.origin or "") if has_file else None, folders)


@cache
def _imports_in(source: Source, package: str) -> tuple[Import, ...]:
    if source.path.suffix not in (".py", ".pyi"):
        return ()
    return tuple(_imports(ast.parse(source.path.read_bytes()), package))


def _imports(tree: ast.AST, package: str) -> Iterator[Import]:
    for node in _statements(tree):
        if isinstance(node, ast.Import):
            for each in node.names:
                yield Import(each.name, "", each.asname or each.name)
        elif isinstance(node, ast.ImportFrom):
            module = _absolute(node, package)
            for each in node.names:
                yield Import(module, each.name, each.asname or each.name)


def _statements(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes but those that only a type checker reads."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, ast.If) and _is_for_types(node.test):
            waiting.extend(node.orelse)
        else:
            waiting.extend(ast.iter_child_nodes(node))


def _is_for_types(test: ast.expr) -> bool:
    name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", "")
    return name == "TYPE_CHECKING"


def _absolute(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    above = package.split(".")[: len(package.split(".")) - node.level + 1]
    return ".".join([*above, *([node.module] if node.module else [])])
