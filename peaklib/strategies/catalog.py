"""Finding strategies by name, the ones of installed plugins included."""

import re

from peaklib import plugins
from peaklib.errors import StrategyError
from peaklib.strategies.strategy import Strategy
from peaklib.strategies.wrapper import Wrapper

_WRAPPED = re.compile(r"(?P<wrapper>\w+)\((?P<inner>.+)\)")


def installed() -> dict[str, Strategy]:
    """All strategies by name, sorted.

    Raises:
        PluginError: an entry point holds no strategy, or a name is given twice.
    """
    made_by = "@strategy(name, version)"
    return plugins.named(plugins.STRATEGIES, Strategy, made_by, taken=wrappers())


def wrappers() -> dict[str, Wrapper]:
    """All wrappers by name, sorted.

    Raises:
        PluginError: an entry point holds no wrapper, or a name is given twice.
    """
    return plugins.named(plugins.WRAPPERS, Wrapper, "Wrapper(name, wrap, summary)")


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
