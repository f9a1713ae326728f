"""Research workbench: data, strategies, backtests, notebooks and the evidence they leave.

The sub-packages are the API: ``from peaklib import data, backtest``. They load on
first use, so ``import peaklib`` itself costs almost nothing.
"""

from importlib import import_module
from types import ModuleType

__version__ = "0.1.0"

__all__ = [
    "backtest",
    "config",
    "data",
    "errors",
    "evidence",
    "features",
    "labeling",
    "meta",
    "metrics",
    "plugins",
    "render",
    "runner",
    "strategies",
    "sweep",
]


def __getattr__(name: str) -> ModuleType:
    if name in __all__:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
