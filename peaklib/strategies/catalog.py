"""Finding strategies by name, the ones of installed plugins included."""

import re

from peaklib import plugins
from peaklib.errors import PluginError, StrategyError
from peaklib.strategies.strategy import Strategy
from peaklib.strategies.wrapper import Wrapper

_WRAPPED = re.compile(r"(?P<wrapper>\w+)\((?P<inner>.+)\)")


def installed() -> dict[str, Strategy]:
    """All strategies by name, sorted.

    Raises:
        PluginError: an entry point holds no strategy, or a name is given twice.
    """
    taken = set(wrappers())
    strategies: dict[str, Strategy] = {}
    for plugin, item in plugins.load(plugins.STRATEGIES):
        if not isinstance(item, Strategy):
            raise PluginError(
                f"{plugin.package}: {plugin.target} is {type(item).__name__}, not a Strategy; "
                "make it one with @strategy(name, version)"
            )
        if item.name in strategies or item.name in taken:
            raise PluginError(
                f"{plugin.package}: strategy name {item.name!r} is already taken; rename one"
            )
        strategies[item.name] = item
    return dict(sorted(strategies.items()))


def wrappers() -> dict[str, Wrapper]:
    """All wrappers by name, sorted.

    Raises:
        PluginError: an entry point holds no wrapper, or a name is given twice.
    """
    found: dict[str, Wrapper] = {}
    for plugin, item in plugins.load(plugins.WRAPPERS):
        if not isinstance(item, Wrapper):
            raise PluginError(
                f"{plugin.package}: {plugin.target} is {type(item).__name__}, not a Wrapper; "
                "make it one with Wrapper(name, wrap, summary)"
            )
        if item.name in found:
            raise PluginError(
                f"{plugin.package}: wrapper name {item.name!r} is already taken; rename one"
            )
        found[item.name] = item
    return dict(sorted(found.items()))


def get(name: str | Strategy) -> Strategy:
    """A strategy by name; `vol_regime_filter(sma_crossover)` wraps one in another.

    Raises:
        StrategyError: nothing of that name is installed; lists what is.
    """
    if isinstance(name, Strategy):
        return name
    around = wrappers()
    wrapped = _WRAPPED.fullmatch(name.strip())
    if wrapped and wrapped["wrapper"] in around:
        return around[wrapped["wrapper"]].wrap(get(wrapped["inner"]))
    known = installed()
    if name not in known:
        outer = ", ".join(f"{wrapper}(…)" for wrapper in around)
        raise StrategyError(f"no strategy {name!r}; there are: {', '.join(known)}, {outer}")
    return known[name]
