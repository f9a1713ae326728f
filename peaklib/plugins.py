"""Things that other packages add, found by entry point.

A package announces an object (or a sequence of them) under one of the groups below;
peaklib's own rooms announce theirs in the same way. Nothing is imported before it is
asked for.
"""

import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final, Protocol, TypeVar

from peaklib.errors import PluginError

STRATEGIES: Final = "peaklib.strategies"
WRAPPERS: Final = "peaklib.strategy_wrappers"
FEATURES: Final = "peaklib.features"
CONFIG_MODELS: Final = "peaklib.config_models"
RERUNNERS: Final = "peaklib.rerunners"
GROUPS: Final = (STRATEGIES, WRAPPERS, FEATURES, CONFIG_MODELS, RERUNNERS)


class HasName(Protocol):
    """Anything that people call by a name."""

    @property
    def name(self) -> str:
        """How it is called."""


Named = TypeVar("Named", bound=HasName)


@dataclass(frozen=True)
class Plugin:
    """One announced entry point.

    Args:
        group: one of `GROUPS`.
        name: the name that its package gave it.
        package: distribution and version, such as `peaklib 0.1.0`.
        target: `module:attribute`.
    """

    group: str
    name: str
    package: str
    target: str


def found(group: str) -> tuple[Plugin, ...]:
    """What is announced under a group, sorted by package and name; nothing is imported."""
    return tuple(plugin for plugin, _ in _entries(group))


def load(group: str) -> Iterator[tuple[Plugin, Any]]:
    """Import what is announced under a group.

    Yields:
        The plugin and each object behind it; a tuple or list is handed out one by one.

    Raises:
        PluginError: an entry point cannot be imported; the message names its package.
    """
    for plugin, entry in _entries(group):
        try:
            target = entry.load()
        except Exception as error:
            raise PluginError(
                f"{plugin.package}: entry point {plugin.name!r} of group {group!r} "
                f"({plugin.target}) cannot be imported: {type(error).__name__}: {error}; "
                "mend the package or uninstall it"
            ) from error
        for item in target if isinstance(target, tuple | list) else (target,):
            yield plugin, item


def named(
    group: str, kind: type[Named], made_by: str, *, taken: Collection[str] = ()
) -> dict[str, Named]:
    """What is announced under a group by the `name` of each object, sorted.

    Args:
        group: one of `GROUPS`.
        kind: that each object has to be of.
        made_by: what makes such an object, for the message to whom has another one.
        taken: names that are given already.

    Raises:
        PluginError: an object of another kind, or a name that is given twice.
    """
    found: dict[str, Named] = {}
    for plugin, item in load(group):
        if not isinstance(item, kind):
            raise PluginError(
                f"{plugin.package}: {plugin.target} is {type(item).__name__}, not a "
                f"{kind.__name__}; make it one with {made_by}"
            )
        name: str = item.name
        if name in found or name in taken:
            raise PluginError(
                f"{plugin.package}: {kind.__name__.lower()} name {name!r} is already taken; "
                "rename one"
            )
        found[name] = item
    return dict(sorted(found.items()))


def _entries(group: str) -> tuple[tuple[Plugin, EntryPoint], ...]:
    return _announced(group, tuple(sys.path))


@cache
def _announced(group: str, path: tuple[str, ...]) -> tuple[tuple[Plugin, EntryPoint], ...]:
    """What the packages on a search path announce; one that is installed later is not seen."""
    pairs = {(_plugin(group, entry), entry) for entry in entry_points(group=group)}
    return tuple(sorted(pairs, key=lambda pair: (pair[0].package, pair[0].name)))


def _plugin(group: str, entry: EntryPoint) -> Plugin:
    package = f"{entry.dist.name} {entry.dist.version}" if entry.dist else "unknown package"
    return Plugin(group, entry.name, package, entry.value)
