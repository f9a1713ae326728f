"""What must hold of routed calls, and whether it does; what counts is the median."""

from collections.abc import Sequence
from statistics import median
from typing import Final

from chapters.bars import Bar, spread

from models.asking import CALLERS
from models.measure import Measured

MAX_ADDED_MS: Final = 3.0
MIN_SHARE: Final = 40.0
MAX_IMPORT_MS: Final = 200.0


def judge(measured: Measured) -> list[Bar]:
    """All bars."""
    ours, nothing = measured.ours, not measured.loaded
    return [
        _at_most("a routed call, over the bare SDK", ours.added, MAX_ADDED_MS, " ms"),
        Bar(
            f"rate of {CALLERS} callers, of the bare SDK's",
            f"≥ {MIN_SHARE:g} %",
            spread(ours.shares, " %", 1),
            median(ours.shares) >= MIN_SHARE,
        ),
        Bar(
            "start of Python with `import peaklib.llm`",
            f"< {MAX_IMPORT_MS:g} ms",
            spread(ours.started.imported, " ms", 0),
            median(ours.started.imported) < MAX_IMPORT_MS,
        ),
        Bar(
            "libraries of HTTP loaded, with `Router`",
            "none",
            ", ".join(measured.loaded) or "none",
            nothing,
        ),
    ]


def _at_most(what: str, values: Sequence[float], limit: float, unit: str) -> Bar:
    return Bar(what, f"≤ {limit:g}{unit}", spread(values, unit, 2), median(values) <= limit)
