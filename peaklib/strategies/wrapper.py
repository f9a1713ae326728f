"""A wrapper: what makes a strategy of another one."""

from collections.abc import Callable
from dataclasses import dataclass

from peaklib.strategies.strategy import Strategy


@dataclass(frozen=True)
class Wrapper:
    """A named way to stand around a strategy; `name(inner)` is what people write.

    Args:
        name: unique among wrappers and strategies.
        wrap: makes the outer strategy; it keeps the inner one's parameters and adds its own.
        summary: one line.
    """

    name: str
    wrap: Callable[[Strategy], Strategy]
    summary: str
